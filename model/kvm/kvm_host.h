/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * State of a VM, as in the kernel's kvm_host.h: this header says what each field is and what protects it.
 *
 * Lock order (outer to inner): slots_lock -> guest_memfd invalidate_lock -> mmu_lock -> tdp_mmu_pages_lock.
 * SRCU (kvm->srcu) is held by every KVM_RUN outside the guest and by the NX recovery worker.
 *
 * Simplifications of this version: one address space, memslots never change, one VM in a machine, no MMIO, no
 * dirty logging, no aging, no fast zap of roots, no teardown. See the README's table.
 */
#ifndef TDPFUZZ_KVM_HOST_H
#define TDPFUZZ_KVM_HOST_H

#include "model/kvm/backing.h"
#include "model/kvm/spte.h"
#include "model/seam/seam.h"
#include "model/switches.h"

#define INVALID_PAGE (~0ull)
#define KVM_MAX_VCPUS SUBJECT_MAX_VCPUS
#define KVM_MEMORY_ATTRIBUTE_PRIVATE BIT_ULL(3)

/* Return codes of the fault path. */
enum {
	RET_PF_CONTINUE = 0,
	RET_PF_RETRY,
	RET_PF_EMULATE,
	RET_PF_WRITE_PROTECTED,
	RET_PF_INVALID,
	RET_PF_FIXED,
	RET_PF_SPURIOUS,
};

/* Page-fault error code. */
#define PFERR_PRESENT_MASK BIT_ULL(0)
#define PFERR_WRITE_MASK BIT_ULL(1)
#define PFERR_FETCH_MASK BIT_ULL(4)
#define PFERR_PRIVATE_ACCESS BIT_ULL(49)

/* Requests: number | flags. */
#define KVM_REQUEST_NO_WAKEUP BIT_ULL(8)
#define KVM_REQUEST_WAIT BIT_ULL(9)
#define KVM_REQUEST_NO_ACTION BIT_ULL(10)
#define KVM_REQUEST_MASK 0xffull
#define KVM_REQ_TLB_FLUSH (0 | KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP)
#define KVM_REQ_VM_DEAD (1 | KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP)
#define KVM_REQ_OUTSIDE_GUEST_MODE (KVM_REQUEST_NO_ACTION | KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP)

enum { OUTSIDE_GUEST_MODE, IN_GUEST_MODE, EXITING_GUEST_MODE };

/**
 * union kvm_mmu_page_role - what a table is; immutable after init but for @invalid (set under mmu_lock write)
 */
struct kvm_mmu_page_role {
	u8 level;
	bool is_mirror;
	bool invalid;
};

/**
 * struct kvm_mmu_page - one page-table page
 * @spt: the table; frame private data points back here (to_shadow_page())
 * @external_spt: mirror tables but the root: the page for the TDX module
 * @ptep: address of the parent SPTE; NULL for roots
 * @gfn: first gfn translated, without the shared bit
 * @nx_huge_page_disallowed: made because an executable mapping may not be huge; tdp_mmu_pages_lock
 * @possible_nx_huge_page_link: membership of kvm->possible_nx_huge_pages; tdp_mmu_pages_lock
 * @tracked: on that list; tdp_mmu_pages_lock
 * @rcu_head: deferred free, after the parent SPTE no longer leads here
 */
struct kvm_mmu_page {
	u64 *spt;
	u64 *external_spt;
	u64 *ptep;
	gfn_t gfn;
	struct kvm_mmu_page_role role;
	bool nx_huge_page_disallowed;
	bool tracked;
	struct list_head possible_nx_huge_page_link;
	struct rcu_head rcu_head;
};

/* The kernel's 40 (minimum 5), cut to what one fault can use up: a table for each level below the root. */
#define KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE (HW_MAX_LEVEL - 1)

/**
 * struct kvm_mmu_memory_cache - objects allocated before mmu_lock is taken; owned by one vCPU
 */
struct kvm_mmu_memory_cache {
	int nobjs;
	void *objects[KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE];
};

/**
 * struct kvm_vcpu
 * @mutex: one ioctl at a time. KVM_RUN does without in the model: a scenario has one thread that runs a vCPU,
 * and prefaults on others only
 * @mode: OUTSIDE_GUEST_MODE, IN_GUEST_MODE or EXITING_GUEST_MODE; written by the vCPU, and IN -> EXITING by
 * kickers
 * @requests: bit per request number; set by anybody, cleared by the vCPU
 * @cpu: CPU it is loaded on
 * @root_hpa, @mirror_root_hpa: direct and mirror root; set before the first entry, never dropped while the VM
 * lives
 * @violation_gfn_start, @violation_gfn_end, @violation_request_level: huge=rfc-v1: range of the last
 * ACCEPT-type exit and the level that the guest asked for; the vCPU's own
 */
struct kvm_vcpu {
	struct mutex mutex;
	u64 mode;
	u64 requests;
	u64 cpu;
	bool signal; /* see kvm_signal_pending() */
	unsigned int id;
	hpa_t root_hpa, mirror_root_hpa;
	int srcu_idx;
	struct kvm_mmu_memory_cache mmu_shadow_page_cache;
	struct kvm_mmu_memory_cache mmu_external_spt_cache;
	struct kvm_mmu_memory_cache mmu_page_header_cache;
	struct hw_guest *guest;
	hpa_t tdvpr;
	gfn_t violation_gfn_start, violation_gfn_end;
	int violation_request_level;
};

/* signal_pending() of the thread that runs @vcpu or prefaults for it; no scheduling point, see
 * subject_ops.signal_vcpu. */
static inline bool kvm_signal_pending(const struct kvm_vcpu *vcpu)
{
	return __atomic_load_n(&vcpu->signal, __ATOMIC_RELAXED);
}

/* disallow_lpage of one huge range: low 31 bits a count of blockers, bit 31 MIXED. Written under mmu_lock W.
 */
#define KVM_LPAGE_MIXED_FLAG BIT_ULL(31)
#define KVM_MAX_LPAGE_ENTRIES 64

struct kvm_lpage_entry {
	u64 key; /* gfn << 8 | level */
	u32 disallow;
};

/**
 * struct kvm_lpage_table - lpage_info, sparse: ranges that are not listed have no blocker
 */
struct kvm_lpage_table {
	u16 nr;
	struct kvm_lpage_entry entry[KVM_MAX_LPAGE_ENTRIES];
};

struct kvm_memory_slot {
	struct subject_slot s;
	struct kvm_lpage_table lpage_info;
};

/**
 * struct kvm_tdx - KVM's side of a TD
 * @td: number of the TD in the module
 * @hkid_assigned: from TDH.MNG.CREATE on; teardown, which releases it, is not modelled
 * @runnable: state is TD_STATE_RUNNABLE: leafs are mapped by PAGE.AUG instead of PAGE.ADD
 * @page_add_src: content of the page being added in the build phase; slots_lock
 * @wait_for_sept_zap: vCPUs must not enter: a SEAMCALL is retried; written under mmu_lock W, read by vCPU
 * entry
 */
struct kvm_tdx {
	unsigned int td;
	bool hkid_assigned;
	bool runnable;
	bool page_add_src_valid;
	pfn_t page_add_src;
	u64 wait_for_sept_zap;
};

/**
 * struct kvm - one VM
 * @slots_lock: attributes are changed under it
 * @mmu_lock: the MMU lock
 * @tdp_mmu_pages_lock: NX list and flags; inside mmu_lock
 * @srcu: readers: KVM_RUN outside the guest, workers
 * @tdp_mmu_root, @tdp_mmu_mirror_root: one of each at most in this version; both live as long as the VM
 * @mmu_invalidate_seq, @mmu_invalidate_in_progress, @mmu_invalidate_range_start, @mmu_invalidate_range_end:
 * written under mmu_lock W; the fault path also reads them without it, as a hint
 * @mem_attr_array: gfn -> attributes; written under slots_lock
 * @possible_nx_huge_pages, @nr_possible_nx_huge_pages: tdp_mmu_pages_lock
 * @pages_stat: leafs by level
 * @gfn_direct_bits: the shared bit of a TD as a gfn bit: direct roots translate gfn | bit; 0 otherwise
 * @gmem, @gmem_lock: the guest_memfd inode and its filemap invalidate_lock
 * @user: host user memory behind userspace_addr
 */
struct kvm {
	struct mutex slots_lock;
	rwlock_t mmu_lock;
	spinlock_t tdp_mmu_pages_lock;
	struct srcu_struct srcu;

	struct kvm_mmu_page *tdp_mmu_root, *tdp_mmu_mirror_root;
	u64 mmu_invalidate_seq;
	s64 mmu_invalidate_in_progress;
	gfn_t mmu_invalidate_range_start, mmu_invalidate_range_end;

	struct xarray mem_attr_array;
	struct list_head possible_nx_huge_pages;
	u64 nr_possible_nx_huge_pages;
	atomic64_t pages_stat[3];

	gfn_t gfn_direct_bits;
	bool has_private_mem;
	bool nx_huge_pages;
	bool pre_fault_allowed;
	u64 vm_bugged;

	unsigned int nr_vcpus, nr_slots;
	struct kvm_vcpu vcpus[KVM_MAX_VCPUS];
	struct kvm_memory_slot memslots[SUBJECT_MAX_SLOTS];
	struct rw_semaphore gmem_lock;
	struct backing gmem;
	struct backing user;
	struct kvm_tdx tdx;
};

/* KVM_BUG_ON(): the VM is dead, the host lives. */
#define KVM_BUG_ON(cond, kvm)                                                                                \
	({                                                                                                   \
		bool b_ = !!(cond);                                                                          \
		if (unlikely(b_))                                                                            \
			kvm_vm_bugged(kvm, __func__, #cond);                                                 \
		b_;                                                                                          \
	})
void kvm_vm_bugged(struct kvm *kvm, const char *func, const char *what);

static inline gfn_t kvm_gfn_direct_bits(const struct kvm *kvm)
{
	return kvm->gfn_direct_bits;
}

struct kvm_memory_slot *gfn_to_memslot(struct kvm *kvm, gfn_t gfn);

/* requests.c */
#define kvm_for_each_vcpu(i, vcpu, kvm) for (i = 0; i < (kvm)->nr_vcpus && ((vcpu) = &(kvm)->vcpus[i]); i++)
void kvm_make_all_cpus_request(struct kvm *kvm, u64 req);
void kvm_flush_remote_tlbs(struct kvm *kvm);
bool kvm_check_request(u64 req, struct kvm_vcpu *vcpu);

/* invalidate.c: all under mmu_lock W but for the _unsafe check */
void kvm_mmu_invalidate_start(struct kvm *kvm);
void kvm_mmu_invalidate_range_add(struct kvm *kvm, gfn_t start, gfn_t end);
void kvm_mmu_invalidate_end(struct kvm *kvm);
/* The check that counts: the caller holds mmu_lock. True = retry the fault. */
bool mmu_invalidate_retry_gfn(struct kvm *kvm, u64 mmu_seq, gfn_t gfn);
/* Without mmu_lock; may say no although the answer is yes. */
bool mmu_invalidate_retry_gfn_unsafe(struct kvm *kvm, u64 mmu_seq, gfn_t gfn);

/* A range of gfns for the MMU to act on, and which kind of mapping. */
enum kvm_gfn_range_filter { KVM_FILTER_SHARED = 1, KVM_FILTER_PRIVATE = 2 };
struct kvm_gfn_range {
	struct kvm_memory_slot *slot;
	gfn_t start, end;
	enum kvm_gfn_range_filter attr_filter;
	bool may_block;
};
/* Returns true when a flush is owed. mmu_lock W. */
bool kvm_unmap_gfn_range(struct kvm *kvm, struct kvm_gfn_range *range);

/* attributes.c */
int kvm_vm_set_mem_attributes(struct kvm *kvm, gfn_t start, gfn_t end, u64 attributes);
u64 kvm_get_memory_attributes(struct kvm *kvm, gfn_t gfn);
static inline bool kvm_mem_is_private(struct kvm *kvm, gfn_t gfn)
{
	return kvm_get_memory_attributes(kvm, gfn) & KVM_MEMORY_ATTRIBUTE_PRIVATE;
}

/* lpage.c */
void kvm_lpage_init_slot(struct kvm *kvm, struct kvm_memory_slot *slot);
bool hugepage_has_attrs(struct kvm *kvm, struct kvm_memory_slot *slot, gfn_t gfn, int level, u64 attrs);
bool hugepage_test_mixed(struct kvm_memory_slot *slot, gfn_t gfn, int level);
void hugepage_set_mixed(struct kvm_memory_slot *slot, gfn_t gfn, int level, bool mixed);
u32 lpage_disallowed(const struct kvm_memory_slot *slot, gfn_t gfn, int level);

/* guest_memfd.c */
struct kvm_page_fault;
int kvm_gmem_get_pfn(struct kvm *kvm, struct kvm_page_fault *fault);
int kvm_gmem_punch_hole(struct kvm *kvm, gfn_t start, gfn_t end);
int kvm_gmem_populate(struct kvm *kvm, gfn_t gfn);

/* host_mm.c */
void host_mm_init(struct kvm *kvm);
int host_faultin_pfn(struct kvm *kvm, struct kvm_page_fault *fault);
int host_mm_unmap(struct kvm *kvm, gfn_t start, gfn_t end);
int host_mm_write(struct kvm *kvm, gfn_t gfn, u64 value);

/* nx_recovery.c */
int kvm_recover_nx_huge_pages(struct kvm *kvm);

/* x86.c, and its vendor halves */
void kvm_arch_vcpu_ioctl_run(struct kvm_vcpu *vcpu, struct subject_run *run);
/* Enter the guest once; returns an exit number for handle_exit, or -1 when there is nothing to handle. */
struct kvm_exit {
	enum { KVM_X_NONE, KVM_X_DONE, KVM_X_EPT_VIOLATION, KVM_X_MAPGPA, KVM_X_BUSY } reason;
	gpa_t gpa;
	u64 qual, ext_qual;
	u64 npages;
};
void vmx_vcpu_run(struct kvm_vcpu *vcpu, struct kvm_exit *exit);
void tdx_vcpu_run(struct kvm_vcpu *vcpu, struct kvm_exit *exit);
/*
 * Handle an EPT violation: > 0 resume the guest, < 0 -errno to user space; @fault says what a memory fault is
 * about.
 */
int vmx_handle_ept_violation(struct kvm_vcpu *vcpu, const struct kvm_exit *exit,
			     struct kvm_page_fault *fault);
int tdx_handle_ept_violation(struct kvm_vcpu *vcpu, const struct kvm_exit *exit,
			     struct kvm_page_fault *fault);
u64 kvm_ept_violation_error_code(u64 qual);
/* Life cycle, single-threaded: TD, vCPUs; and the build phase's end. */
void tdx_vm_init(struct kvm *kvm, const struct subject_vm_config *config);
int tdx_td_finalize(struct kvm *kvm);

/* The VM of this run. */
struct kvm *the_kvm(void);

#endif
