// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host mm behind userspace_addr, and KVM's MMU notifier. Simplifications: one mm area for all slots (the
 * user address of a gfn is the gfn); it is unmapped under mmap_lock for write; a page that goes away is
 * freed, never migrated; pages are always writable. A huge page is split, with a notifier section for all of
 * it, before a part of it is unmapped.
 */
#include "model/kvm/tdp_mmu.h"

static struct rw_semaphore mmap_lock;

void host_mm_init(struct kvm *kvm)
{
	init_rwsem(&mmap_lock, LC_MMAP_LOCK);
	backing_init(&kvm->user, HW_USER, true);
}

int host_faultin_pfn(struct kvm *kvm, struct kvm_page_fault *fault)
{
	unsigned int level;

	fault->backing = &kvm->user;
	fault->block = backing_tryget(&kvm->user, fault->gfn, &fault->pfn, &level);
	if (!fault->block) {
		down_read(&mmap_lock);
		fault->block = backing_get(&kvm->user, fault->gfn, &fault->slot->s, &fault->pfn, &level);
		up_read(&mmap_lock);
	}
	fault->max_level = min(fault->max_level, level);
	fault->map_writable = true;
	return RET_PF_CONTINUE;
}

static void kvm_mmu_notifier_invalidate_range_start(struct kvm *kvm, gfn_t start, gfn_t end)
{
	struct kvm_gfn_range range = {
		.start = start, .end = end, .attr_filter = KVM_FILTER_SHARED, .may_block = true};

	write_lock(&kvm->mmu_lock);
	kvm_mmu_invalidate_start(kvm);
	kvm_mmu_invalidate_range_add(kvm, start, end);
	if (kvm_unmap_gfn_range(kvm, &range))
		kvm_flush_remote_tlbs(kvm);
	write_unlock(&kvm->mmu_lock);
}

static void kvm_mmu_notifier_invalidate_range_end(struct kvm *kvm)
{
	write_lock(&kvm->mmu_lock);
	kvm_mmu_invalidate_end(kvm);
	write_unlock(&kvm->mmu_lock);
}

int host_mm_unmap(struct kvm *kvm, gfn_t start, gfn_t end)
{
	gfn_t first;
	u64 npages;

	flow_enter();
	down_write(&mmap_lock);
	while (backing_find_partial(&kvm->user, start, end, &first, &npages)) {
		kvm_mmu_notifier_invalidate_range_start(kvm, first, first + npages);
		backing_split(&kvm->user, first);
		kvm_mmu_notifier_invalidate_range_end(kvm);
	}
	kvm_mmu_notifier_invalidate_range_start(kvm, start, end);
	backing_remove(&kvm->user, start, end);
	kvm_mmu_notifier_invalidate_range_end(kvm);
	up_write(&mmap_lock);
	flow_leave(0);
	return 0;
}

int host_mm_write(struct kvm *kvm, gfn_t gfn, u64 value)
{
	struct kvm_memory_slot *slot = gfn_to_memslot(kvm, gfn);
	struct backing_block *block;
	unsigned int level;
	pfn_t pfn;

	if (!slot)
		return -EFAULT;
	down_read(&mmap_lock);
	block = backing_get(&kvm->user, gfn, &slot->s, &pfn, &level);
	hw_set_data(pfn, value, 0);
	backing_put(&kvm->user, block);
	up_read(&mmap_lock);
	return 0;
}
