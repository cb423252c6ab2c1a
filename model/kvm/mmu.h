/* SPDX-License-Identifier: GPL-2.0-only */
/* The fault path between exit handling and the TDP MMU. */
#ifndef TDPFUZZ_KVM_MMU_H
#define TDPFUZZ_KVM_MMU_H

#include "model/kvm/kvm_host.h"

/**
 * struct kvm_page_fault - one fault in flight
 * @addr: faulting gpa, shared bit included; @gfn: without it
 * @mmu_seq: snapshot of mmu_invalidate_seq, taken before attribute and frame are looked up
 * @max_level, @req_level, @goal_level: largest level allowed by the backing; what huge-page adjustment asked
 * for; what is being mapped now
 * @block: backing reference, dropped when the fault ends
 */
struct kvm_page_fault {
	gpa_t addr;
	gfn_t gfn;
	bool write, exec, present, is_private, prefetch;
	bool nx_huge_page_workaround_enabled, huge_page_disallowed;
	bool map_writable;
	unsigned int max_level, req_level, goal_level;
	struct kvm_memory_slot *slot;
	u64 mmu_seq;
	pfn_t pfn;
	struct backing *backing;
	struct backing_block *block;
	/* KVM_EXIT_MEMORY_FAULT when the handler returns -EFAULT */
	bool memory_fault;
};

/*
 * Handle a fault; RET_PF_* or -errno. -EFAULT with fault->memory_fault set: the VMM has to convert.
 */
int kvm_mmu_do_page_fault(struct kvm_vcpu *vcpu, gpa_t addr, u64 error_code, bool prefetch,
			  struct kvm_page_fault *fault);
int mmu_topup_memory_caches(struct kvm_vcpu *vcpu);
void *kvm_mmu_memory_cache_alloc(struct kvm_mmu_memory_cache *mc);
void kvm_mmu_hugepage_adjust(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault);
void disallowed_hugepage_adjust(struct kvm_page_fault *fault, u64 spte, int cur_level, bool is_mirror);
int kvm_mmu_load(struct kvm_vcpu *vcpu);
int kvm_tdp_mmu_map_private_pfn(struct kvm_vcpu *vcpu, gfn_t gfn, pfn_t pfn);
int kvm_vcpu_pre_fault_memory(struct kvm_vcpu *vcpu, gfn_t gfn);

#endif
