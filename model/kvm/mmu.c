// SPDX-License-Identifier: GPL-2.0-only
/* The page-fault path: lookup of attribute and frame, the invalidation protocol, and the level of the
 * mapping. */
#include "model/kvm/tdp_mmu.h"

static int topup_cache(struct kvm_mmu_memory_cache *mc, enum hw_page_type type, u64 fill)
{
	int nr = KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE - (bug(topup_one_short) ? 1 : 0);

	while (mc->nobjs < nr) {
		u64 *table = alloc_table(type, fill);

		if (!table)
			return -ENOMEM;
		mc->objects[mc->nobjs++] = table;
	}
	return 0;
}

int mmu_topup_memory_caches(struct kvm_vcpu *vcpu)
{
	struct kvm_mmu_memory_cache *mc = &vcpu->mmu_page_header_cache;

	if (the_kvm()->has_private_mem && topup_cache(&vcpu->mmu_external_spt_cache, HW_SEPT, 0))
		return -ENOMEM;
	if (topup_cache(&vcpu->mmu_shadow_page_cache, HW_TABLE, SHADOW_NONPRESENT_VALUE))
		return -ENOMEM;
	while (mc->nobjs < KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE) {
		void *header = kzalloc(sizeof(struct kvm_mmu_page));

		if (!header)
			return -ENOMEM;
		mc->objects[mc->nobjs++] = header;
	}
	return 0;
}

void *kvm_mmu_memory_cache_alloc(struct kvm_mmu_memory_cache *mc)
{
	BUG_ON(!mc->nobjs);
	return mc->objects[--mc->nobjs];
}

int kvm_mmu_load(struct kvm_vcpu *vcpu)
{
	struct kvm *kvm = the_kvm();
	int r = mmu_topup_memory_caches(vcpu);

	if (r)
		return r;
	if (kvm->tdp_mmu_mirror_root)
		vcpu->mirror_root_hpa = __pa(kvm->tdp_mmu_mirror_root->spt);
	vcpu->root_hpa = __pa(kvm->tdp_mmu_root->spt);
	if (vcpu->tdvpr)
		seam_vp_set_shared_eptp(vcpu->tdvpr, vcpu->root_hpa);
	return 0;
}

/* Largest level that lpage_info and the backing allow. */
static unsigned int kvm_mmu_max_mapping_level(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault)
{
	unsigned int level = min(fault->max_level, (unsigned int)PG_LEVEL_2M);

	while (level > PG_LEVEL_4K && lpage_disallowed(fault->slot, fault->gfn, level))
		level--;
	if (fault->is_private)
		level = min(level,
			    (unsigned int)tdx_gmem_max_mapping_level(vcpu, fault->gfn, fault->prefetch));
	return level;
}

void kvm_mmu_hugepage_adjust(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault)
{
	u64 mask;

	fault->huge_page_disallowed = fault->exec && fault->nx_huge_page_workaround_enabled;
	if (fault->max_level == PG_LEVEL_4K)
		return;
	fault->req_level = kvm_mmu_max_mapping_level(vcpu, fault);
	if (fault->req_level == PG_LEVEL_4K || fault->huge_page_disallowed)
		return;
	fault->goal_level = fault->req_level;
	mask = hw_level_pages(fault->goal_level) - 1;
	KVM_BUG_ON((fault->gfn & mask) != (fault->pfn & mask), the_kvm());
	fault->pfn &= ~mask;
}

void disallowed_hugepage_adjust(struct kvm_page_fault *fault, u64 spte, int cur_level, bool is_mirror)
{
	u64 mask;

	if (cur_level == PG_LEVEL_4K || cur_level != (int)fault->goal_level || !is_shadow_present_pte(spte) ||
	    is_large_pte(spte))
		return;
	/*
	 * A table that was made for an executable 4K mapping stays; so does a mirror table (huge=rfc-v1):
	 * promotion needs 512 children in one state, which KVM cannot know.
	 */
	if (!(is_mirror && !bug(promote_mixed_pending)) &&
	    !data_race(spte_to_child_sp(spte)->nx_huge_page_disallowed))
		return;
	mask = hw_level_pages(cur_level) - hw_level_pages(cur_level - 1);
	fault->pfn |= fault->gfn & mask;
	fault->goal_level--;
}

static int memory_fault_exit(struct kvm_page_fault *fault)
{
	fault->memory_fault = true;
	return -EFAULT;
}

static void kvm_release_faultin_page(struct kvm_page_fault *fault)
{
	if (fault->block)
		backing_put(fault->backing, fault->block);
	fault->block = NULL;
}

/*
 * kvm_mmu_faultin_pfn() - attribute and frame of the gfn, with nothing held. mmu_seq is read first: whatever
 * is read here may be stale by the time mmu_lock is taken, and the sequence says so.
 */
static int kvm_mmu_faultin_pfn(struct kvm *kvm, struct kvm_page_fault *fault)
{
	int r;

	KVM_BUG_ON(fault->gfn & kvm_gfn_direct_bits(kvm), kvm);
	fault->mmu_seq = data_race(kvm->mmu_invalidate_seq);
	smp_rmb(); /* pairs with smp_wmb() in kvm_mmu_invalidate_end() */

	if (kvm->has_private_mem && fault->is_private != kvm_mem_is_private(kvm, fault->gfn))
		return memory_fault_exit(fault);
	if (!fault->slot)
		return memory_fault_exit(fault);
	if (mmu_invalidate_retry_gfn_unsafe(kvm, fault->mmu_seq, fault->gfn))
		return RET_PF_RETRY;

	r = fault->is_private ? kvm_gmem_get_pfn(kvm, fault) : host_faultin_pfn(kvm, fault);
	if (r)
		return r;
	/* Saves a trip through mmu_lock; only the check under it counts. */
	if (mmu_invalidate_retry_gfn_unsafe(kvm, fault->mmu_seq, fault->gfn)) {
		kvm_release_faultin_page(fault);
		return RET_PF_RETRY;
	}
	return RET_PF_CONTINUE;
}

static bool is_page_fault_stale(struct kvm *kvm, struct kvm_page_fault *fault)
{
	if (bug(no_seq_recheck_under_lock))
		return false;
	return mmu_invalidate_retry_gfn(kvm, fault->mmu_seq, fault->gfn);
}

static int kvm_tdp_mmu_page_fault(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault)
{
	struct kvm *kvm = the_kvm();
	int r;

	r = mmu_topup_memory_caches(vcpu);
	if (r)
		return r;
	r = kvm_mmu_faultin_pfn(kvm, fault);
	if (r != RET_PF_CONTINUE)
		return r;

	r = RET_PF_RETRY;
	read_lock(&kvm->mmu_lock);
	if (!is_page_fault_stale(kvm, fault))
		r = kvm_tdp_mmu_map(vcpu, fault);
	kvm_release_faultin_page(fault);
	read_unlock(&kvm->mmu_lock);
	return r;
}

int kvm_mmu_do_page_fault(struct kvm_vcpu *vcpu, gpa_t addr, u64 error_code, bool prefetch,
			  struct kvm_page_fault *fault)
{
	struct kvm *kvm = the_kvm();
	int r;

	*fault = (struct kvm_page_fault){
		.addr = addr,
		.gfn = (addr >> PAGE_SHIFT) & ~kvm_gfn_direct_bits(kvm),
		.write = error_code & PFERR_WRITE_MASK,
		.exec = error_code & PFERR_FETCH_MASK,
		.present = error_code & PFERR_PRESENT_MASK,
		.is_private = error_code & PFERR_PRIVATE_ACCESS,
		.prefetch = prefetch,
		.nx_huge_page_workaround_enabled = kvm->nx_huge_pages,
		.max_level = PG_LEVEL_1G,
		.req_level = PG_LEVEL_4K,
		.goal_level = PG_LEVEL_4K,
	};
	flow_enter();
	fault->slot = gfn_to_memslot(kvm, fault->gfn);
	r = kvm_tdp_mmu_page_fault(vcpu, fault);
	KVM_BUG_ON(r == RET_PF_INVALID, kvm);
	m_emit3(EV_FAULT_ROUND, vcpu->id, addr, (s64)r);
	flow_leave(r);
	return r;
}

/*
 * One page. Whether it is private is looked up first, outside of everything: a conversion that comes in
 * between makes the fault fail with -EFAULT.
 */
int kvm_vcpu_pre_fault_memory(struct kvm_vcpu *vcpu, gfn_t gfn)
{
	struct kvm *kvm = the_kvm();
	struct kvm_page_fault fault;
	gpa_t addr = gfn << PAGE_SHIFT;
	u64 error_code = 0;
	int r;

	if (!READ_ONCE(kvm->pre_fault_allowed))
		return -EOPNOTSUPP;
	r = kvm_mmu_load(vcpu);
	if (r)
		return r;
	if (kvm->has_private_mem && kvm_mem_is_private(kvm, gfn))
		error_code |= PFERR_PRIVATE_ACCESS;
	else
		addr |= kvm_gfn_direct_bits(kvm) << PAGE_SHIFT;
	for (;;) {
		if (kvm_signal_pending(vcpu))
			return -EINTR;
		r = kvm_mmu_do_page_fault(vcpu, addr, error_code, true, &fault);
		if (r != RET_PF_RETRY)
			break;
		if (READ_ONCE(kvm->vm_bugged))
			return -EIO;
		cond_resched();
	}
	return r < 0 ? r : 0;
}

int kvm_tdp_mmu_map_private_pfn(struct kvm_vcpu *vcpu, gfn_t gfn, pfn_t pfn)
{
	struct kvm *kvm = the_kvm();
	struct kvm_page_fault fault;
	int r;

	lockdep_assert_held(&kvm->slots_lock);
	r = kvm_mmu_load(vcpu);
	if (r)
		return r;
	do {
		fault = (struct kvm_page_fault){
			.addr = gfn << PAGE_SHIFT,
			.gfn = gfn,
			.is_private = true,
			.prefetch = true,
			.map_writable = true,
			.slot = gfn_to_memslot(kvm, gfn),
			.max_level = PG_LEVEL_4K,
			.req_level = PG_LEVEL_4K,
			.goal_level = PG_LEVEL_4K,
			.pfn = pfn,
		};
		read_lock(&kvm->mmu_lock);
		r = kvm_tdp_mmu_map(vcpu, &fault);
		read_unlock(&kvm->mmu_lock);
	} while (r == RET_PF_RETRY);
	return r == RET_PF_FIXED ? 0 : -EIO;
}
