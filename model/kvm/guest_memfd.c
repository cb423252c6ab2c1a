// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_memfd: one inode for the whole VM. A fault takes no invalidate_lock: what closes its race with a
 * punched hole is the invalidation section around the truncation.
 */
#include "model/kvm/tdp_mmu.h"

int kvm_gmem_get_pfn(struct kvm *kvm, struct kvm_page_fault *fault)
{
	unsigned int level;

	fault->backing = &kvm->gmem;
	fault->block = backing_get(&kvm->gmem, fault->gfn, &fault->slot->s, &fault->pfn, &level);
	fault->max_level = min(fault->max_level, level);
	fault->map_writable = true;
	return RET_PF_CONTINUE;
}

static int kvm_gmem_invalidate_start(struct kvm *kvm, gfn_t start, gfn_t end)
{
	struct kvm_gfn_range range = {
		.start = start, .end = end, .attr_filter = KVM_FILTER_PRIVATE, .may_block = true};
	int r;

	write_lock(&kvm->mmu_lock);
	kvm_mmu_invalidate_start(kvm);
	kvm_mmu_invalidate_range_add(kvm, start, end);
	r = kvm_split_boundary_leafs(kvm, start, end);
	if (!r && kvm_unmap_gfn_range(kvm, &range))
		kvm_flush_remote_tlbs(kvm);
	write_unlock(&kvm->mmu_lock);
	return r;
}

static void kvm_gmem_invalidate_end(struct kvm *kvm)
{
	write_lock(&kvm->mmu_lock);
	kvm_mmu_invalidate_end(kvm);
	write_unlock(&kvm->mmu_lock);
}

int kvm_gmem_punch_hole(struct kvm *kvm, gfn_t start, gfn_t end)
{
	int r;

	flow_enter();
	down_write(&kvm->gmem_lock);
	if (bug(gmem_truncate_before_zap))
		backing_remove(&kvm->gmem, start, end);
	r = kvm_gmem_invalidate_start(kvm, start, end);
	if (!r)
		backing_remove(&kvm->gmem, start, end);
	kvm_gmem_invalidate_end(kvm);
	up_write(&kvm->gmem_lock);
	flow_leave(r);
	return r;
}

/* KVM_TDX_INIT_MEM_REGION for one page, source content 0. Build phase only: nothing else runs. */
int kvm_gmem_populate(struct kvm *kvm, gfn_t gfn)
{
	struct kvm_memory_slot *slot = gfn_to_memslot(kvm, gfn);
	struct backing_block *block;
	unsigned int level;
	pfn_t pfn;
	int r;

	lockdep_assert_held(&kvm->slots_lock);
	down_write(&kvm->gmem_lock);
	block = backing_get(&kvm->gmem, gfn, &slot->s, &pfn, &level);
	kvm->tdx.page_add_src = hw_alloc(1, HW_USER);
	kvm->tdx.page_add_src_valid = true;
	r = kvm_tdp_mmu_map_private_pfn(&kvm->vcpus[0], gfn, pfn);
	kvm->tdx.page_add_src_valid = false;
	hw_free(kvm->tdx.page_add_src, 1);
	backing_put(&kvm->gmem, block);
	up_write(&kvm->gmem_lock);
	return r;
}
