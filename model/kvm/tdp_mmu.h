/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TDP MMU. Locks: "R" and "W" are mmu_lock held for read and for write.
 */
#ifndef TDPFUZZ_KVM_TDP_MMU_H
#define TDPFUZZ_KVM_TDP_MMU_H

#include "model/kvm/mmu.h"
#include "model/kvm/tdp_iter.h"

/* The shadow page of a table. */
struct kvm_mmu_page *sptep_to_sp(const u64 *sptep);
struct kvm_mmu_page *spte_to_child_sp(u64 spte);

/* tdp_mmu_sp.c: life of a table */
struct kvm_mmu_page *tdp_mmu_alloc_sp(struct kvm_vcpu *vcpu, bool mirror);
/* For a split: allocates under no lock; NULL when out of memory. */
struct kvm_mmu_page *tdp_mmu_alloc_sp_for_split(bool mirror);
void tdp_mmu_init_child_sp(struct kvm_mmu_page *sp, struct tdp_iter *iter, bool mirror);
struct kvm_mmu_page *tdp_mmu_alloc_root(struct kvm *kvm, bool mirror);
/* Never linked, or not visible any more. */
void tdp_mmu_free_sp(struct kvm_mmu_page *sp);
/* Unlinked: readers under RCU may still be inside. */
void tdp_mmu_free_sp_deferred(struct kvm_mmu_page *sp);
void track_possible_nx_huge_page(struct kvm *kvm, struct kvm_mmu_page *sp);
void untrack_possible_nx_huge_page(struct kvm *kvm, struct kvm_mmu_page *sp);

/* tdp_mmu.c: changing a SPTE */
/* R. -EBUSY: somebody else changed it (iter->old_spte is what is there now), or the module was busy. */
int tdp_mmu_set_spte_atomic(struct kvm *kvm, struct tdp_iter *iter, u64 new_spte);
/* W. Returns the value that was really replaced. */
u64 tdp_mmu_iter_set_spte(struct kvm *kvm, struct tdp_iter *iter, u64 new_spte);
/* R (shared) or W. */
int tdp_mmu_link_sp(struct kvm *kvm, struct tdp_iter *iter, struct kvm_mmu_page *sp, bool shared);
int tdp_mmu_split_huge_page(struct kvm *kvm, struct tdp_iter *iter, struct kvm_mmu_page *sp, bool shared);

/* tdp_mmu_map.c */
int kvm_tdp_mmu_map(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault);

/* tdp_mmu_zap.c */
gfn_t tdp_mmu_max_gfn_exclusive(struct kvm *kvm);
bool tdp_mmu_zap_leafs(struct kvm *kvm, struct kvm_mmu_page *root, gfn_t start, gfn_t end, bool can_yield,
		       bool flush);
bool kvm_tdp_mmu_unmap_gfn_range(struct kvm *kvm, struct kvm_gfn_range *range, bool flush);
bool kvm_tdp_mmu_zap_possible_nx_huge_page(struct kvm *kvm, struct kvm_mmu_page *sp);
/* The helper of 2021 that NX recovery called under W: zaps whole tables of [start, end), may yield by itself.
 */
bool kvm_tdp_mmu_zap_gfn_range_nested(struct kvm *kvm, struct kvm_mmu_page *root, gfn_t start, gfn_t end);
/* huge=rfc-v1: split the mirror's huge leafs that straddle @start or @end. W, dropped to allocate. */
int kvm_split_boundary_leafs(struct kvm *kvm, gfn_t start, gfn_t end);

/* The vendor's hooks, model/tdx/sept.c. Errors: -EBUSY (only with R), -EIO (VM bugged). */
int tdx_sept_set_private_spte(struct kvm *kvm, gfn_t gfn, u64 old_spte, u64 new_spte, int level);
void tdx_sept_free_private_spt(struct kvm *kvm, struct kvm_mmu_page *sp);
/* huge=rfc-v1 */
int tdx_sept_split_private_spte(struct kvm *kvm, gfn_t gfn, int level, u64 *external_spt, bool shared);
int tdx_gmem_max_mapping_level(struct kvm_vcpu *vcpu, gfn_t gfn, bool prefetch);

#endif
