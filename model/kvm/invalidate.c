// SPDX-License-Identifier: GPL-2.0-only
/*
 * The invalidation protocol: start and end bracket a change of what is behind a range of gfns (host page
 * tables, guest_memfd, attributes). A fault that looked anything up before or during the section must not
 * install it.
 *
 * The kernel writes these fields plainly under mmu_lock W and reads some of them without it; the stores are
 * marked here, since a race detector would otherwise name every fault.
 */
#include "model/kvm/tdp_mmu.h"

void kvm_mmu_invalidate_start(struct kvm *kvm)
{
	lockdep_assert_held_write(&kvm->mmu_lock);
	WRITE_ONCE(kvm->mmu_invalidate_in_progress, kvm->mmu_invalidate_in_progress + 1);
	if (kvm->mmu_invalidate_in_progress == 1) {
		WRITE_ONCE(kvm->mmu_invalidate_range_start, INVALID_PAGE);
		WRITE_ONCE(kvm->mmu_invalidate_range_end, INVALID_PAGE);
	}
	m_emit1(EV_INVAL_BEGIN, 0);
}

void kvm_mmu_invalidate_range_add(struct kvm *kvm, gfn_t start, gfn_t end)
{
	lockdep_assert_held_write(&kvm->mmu_lock);
	WARN_ON_ONCE(!kvm->mmu_invalidate_in_progress);
	if (kvm->mmu_invalidate_range_start == INVALID_PAGE) {
		WRITE_ONCE(kvm->mmu_invalidate_range_start, start);
		WRITE_ONCE(kvm->mmu_invalidate_range_end, end);
	} else {
		/* Sections overlap: one range that covers all of them, until the last one ends. */
		WRITE_ONCE(kvm->mmu_invalidate_range_start, min(kvm->mmu_invalidate_range_start, start));
		WRITE_ONCE(kvm->mmu_invalidate_range_end, max(kvm->mmu_invalidate_range_end, end));
	}
	m_emit3(EV_INVAL_RANGE, 0, start, end);
}

void kvm_mmu_invalidate_end(struct kvm *kvm)
{
	lockdep_assert_held_write(&kvm->mmu_lock);
	if (bug(seq_bump_after_count_drop)) {
		WRITE_ONCE(kvm->mmu_invalidate_in_progress, kvm->mmu_invalidate_in_progress - 1);
		write_unlock(&kvm->mmu_lock);
		write_lock(&kvm->mmu_lock);
		WRITE_ONCE(kvm->mmu_invalidate_seq, kvm->mmu_invalidate_seq + 1);
	} else {
		WRITE_ONCE(kvm->mmu_invalidate_seq, kvm->mmu_invalidate_seq + 1);
		smp_wmb(); /* pairs with smp_rmb() in kvm_mmu_faultin_pfn() */
		WRITE_ONCE(kvm->mmu_invalidate_in_progress, kvm->mmu_invalidate_in_progress - 1);
	}
	m_emit1(EV_INVAL_END, 0);
	KVM_BUG_ON(kvm->mmu_invalidate_in_progress < 0, kvm);
	WARN_ON_ONCE(kvm->mmu_invalidate_range_start == INVALID_PAGE);
}

bool mmu_invalidate_retry_gfn(struct kvm *kvm, u64 mmu_seq, gfn_t gfn)
{
	lockdep_assert_held(&kvm->mmu_lock);
	if (kvm->mmu_invalidate_in_progress) {
		/* The range must be known before the section that raised the count drops mmu_lock. */
		if (WARN_ON_ONCE(kvm->mmu_invalidate_range_start == INVALID_PAGE))
			return true;
		if (gfn >= kvm->mmu_invalidate_range_start && gfn < kvm->mmu_invalidate_range_end)
			return true;
	}
	return kvm->mmu_invalidate_seq != mmu_seq;
}

bool mmu_invalidate_retry_gfn_unsafe(struct kvm *kvm, u64 mmu_seq, gfn_t gfn)
{
	if (READ_ONCE(kvm->mmu_invalidate_in_progress) && gfn >= data_race(kvm->mmu_invalidate_range_start) &&
	    gfn < data_race(kvm->mmu_invalidate_range_end))
		return true;
	return READ_ONCE(kvm->mmu_invalidate_seq) != mmu_seq;
}

bool kvm_unmap_gfn_range(struct kvm *kvm, struct kvm_gfn_range *range)
{
	bool private = range->attr_filter & KVM_FILTER_PRIVATE,
	     shared = range->attr_filter & KVM_FILTER_SHARED;

	m_emit4(EV_ZAP_RANGE, 0, range->start, range->end, private | shared << 1);
	return kvm_tdp_mmu_unmap_gfn_range(kvm, range, false);
}
