// SPDX-License-Identifier: GPL-2.0-only
/* Walks that remove: leafs of a range, tables for NX recovery; and the split before a partial private zap. */
#include "model/kvm/tdp_mmu.h"

gfn_t tdp_mmu_max_gfn_exclusive(struct kvm *kvm)
{
	return kvm_gfn_direct_bits(kvm) ?: hw_level_pages(hw_geom.levels + 1);
}

/*
 * tdp_mmu_iter_cond_resched() - let others run if they want to and this walk has made progress. A flush that
 * the caller owes (@flush) is done first: whoever gets mmu_lock next may free what the zapped SPTEs
 * translated to. Returns true if the lock was dropped: the walk restarts from the root, the caller owes
 * nothing any more.
 */
static bool tdp_mmu_iter_cond_resched(struct kvm *kvm, struct tdp_iter *iter, bool flush, bool shared)
{
	WARN_ON_ONCE(iter->yielded);
	if (iter->next_last_level_gfn == iter->yielded_gfn)
		return false;
	if (!need_resched() && !rwlock_needbreak(&kvm->mmu_lock))
		return false;
	if (flush)
		kvm_flush_remote_tlbs(kvm);
	rcu_read_unlock();
	m_emit1(EV_YIELD, 0);
	if (shared)
		cond_resched_rwlock_read(&kvm->mmu_lock);
	else
		cond_resched_rwlock_write(&kvm->mmu_lock);
	rcu_read_lock();
	WARN_ON_ONCE(iter->gfn > iter->next_last_level_gfn);
	iter->yielded = true;
	return true;
}

bool tdp_mmu_zap_leafs(struct kvm *kvm, struct kvm_mmu_page *root, gfn_t start, gfn_t end, bool can_yield,
		       bool flush)
{
	struct tdp_iter iter;

	end = min(end, tdp_mmu_max_gfn_exclusive(kvm));
	lockdep_assert_held_write(&kvm->mmu_lock);
	flow_enter();
	rcu_read_lock();
	for_each_tdp_pte (iter, kvm, root, start, end) {
		if (can_yield &&
		    tdp_mmu_iter_cond_resched(kvm, &iter, flush && !bug(yield_drops_pending_flush), false)) {
			flush = false;
			continue;
		}
		if (!is_shadow_present_pte(iter.old_spte) || !is_last_spte(iter.old_spte, iter.level))
			continue;
		if (bug(flush_before_spte_write))
			kvm_flush_remote_tlbs(kvm);
		tdp_mmu_iter_set_spte(kvm, &iter, SHADOW_NONPRESENT_VALUE);
		if (!bug(flush_before_spte_write))
			flush = true;
	}
	rcu_read_unlock();
	flow_leave(flush);
	return flush;
}

bool kvm_tdp_mmu_unmap_gfn_range(struct kvm *kvm, struct kvm_gfn_range *range, bool flush)
{
	bool direct = !kvm->tdp_mmu_mirror_root || (range->attr_filter & KVM_FILTER_SHARED);

	if (kvm->tdp_mmu_mirror_root && (range->attr_filter & KVM_FILTER_PRIVATE))
		flush = tdp_mmu_zap_leafs(kvm, kvm->tdp_mmu_mirror_root, range->start, range->end,
					  range->may_block, flush);
	if (direct)
		flush = tdp_mmu_zap_leafs(kvm, kvm->tdp_mmu_root, range->start, range->end, range->may_block,
					  flush);
	return flush;
}

bool kvm_tdp_mmu_zap_possible_nx_huge_page(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	struct tdp_iter iter = {
		.sptep = sp->ptep,
		.level = sp->role.level + 1,
		.gfn = sp->gfn,
	};

	lockdep_assert_held_read(&kvm->mmu_lock);
	WARN_ON_ONCE(!sp->ptep);
	/*
	 * @sp may have been unlinked by somebody else; RCU keeps it and its parent readable, and a removed
	 * parent holds FROZEN, which leads to no table.
	 */
	iter.old_spte = kvm_tdp_mmu_read_spte(iter.sptep);
	if (spte_to_child_pt(iter.old_spte, iter.level) != sp->spt)
		return false;
	if (tdp_mmu_set_spte_atomic(kvm, &iter, SHADOW_NONPRESENT_VALUE)) {
		WARN_ON_ONCE(spte_to_child_pt(iter.old_spte, iter.level) == sp->spt);
		return false;
	}
	return true;
}

bool kvm_tdp_mmu_zap_gfn_range_nested(struct kvm *kvm, struct kvm_mmu_page *root, gfn_t start, gfn_t end)
{
	struct tdp_iter iter;
	bool flush = false;

	rcu_read_lock();
	for_each_tdp_pte (iter, kvm, root, start, end) {
		/* Knows of its own zaps only: what the caller owes is not flushed here. */
		if (tdp_mmu_iter_cond_resched(kvm, &iter, flush, false)) {
			flush = false;
			continue;
		}
		if (!is_shadow_present_pte(iter.old_spte))
			continue;
		if (!is_last_spte(iter.old_spte, iter.level) &&
		    (iter.gfn < start || iter.gfn + hw_level_pages(iter.level) > end))
			continue;
		tdp_mmu_iter_set_spte(kvm, &iter, SHADOW_NONPRESENT_VALUE);
		flush = true;
	}
	rcu_read_unlock();
	return flush;
}

/* Does the leaf at @iter cover @boundary without starting there? */
static bool straddles(const struct tdp_iter *iter, gfn_t boundary)
{
	return is_shadow_present_pte(iter->old_spte) && is_large_pte(iter->old_spte) &&
	       iter->gfn < boundary && iter->gfn + hw_level_pages(iter->level) > boundary;
}

static int split_boundary_leaf(struct kvm *kvm, gfn_t boundary)
{
	struct kvm_mmu_page *root = kvm->tdp_mmu_mirror_root, *sp = NULL;
	struct tdp_iter iter;

	rcu_read_lock();
	for_each_tdp_pte_min_level (iter, kvm, root, PG_LEVEL_2M, boundary, boundary + 1) {
		if (!straddles(&iter, boundary))
			continue;
		if (!sp) {
			/* Allocation may sleep: the lock goes, the walk starts again from the root. */
			rcu_read_unlock();
			write_unlock(&kvm->mmu_lock);
			sp = tdp_mmu_alloc_sp_for_split(true);
			write_lock(&kvm->mmu_lock);
			if (!sp)
				return -ENOMEM;
			rcu_read_lock();
			iter.yielded = true;
			continue;
		}
		tdp_mmu_init_child_sp(sp, &iter, true);
		tdp_mmu_split_huge_page(kvm, &iter, sp, false);
		sp = NULL;
		break;
	}
	rcu_read_unlock();
	if (sp)
		tdp_mmu_free_sp(sp);
	return 0;
}

int kvm_split_boundary_leafs(struct kvm *kvm, gfn_t start, gfn_t end)
{
	int r;

	lockdep_assert_held_write(&kvm->mmu_lock);
	if (variant(huge) != HUGE_RFC_V1 || variant(split) == SPLIT_NONE || bug(zap_partial_huge_private) ||
	    !kvm->tdp_mmu_mirror_root)
		return 0;
	r = split_boundary_leaf(kvm, start);
	return r ?: split_boundary_leaf(kvm, end);
}
