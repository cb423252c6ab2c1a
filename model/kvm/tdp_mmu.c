// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a SPTE changes: freezing, publishing, tearing down what hung below the old value, telling the TDX
 * module.
 *
 * A mirror SPTE is frozen while its SEAMCALL runs: nobody may act on the old value, nobody sees the new one
 * before the S-EPT has it, so that S-EPT parents exist before their children. Whoever holds mmu_lock for
 * write needs no freezing: every other writer of mirror SPTEs needs the lock.
 */
#include "model/kvm/tdp_mmu.h"

static int handle_changed_spte(struct kvm *kvm, bool mirror, gfn_t gfn, u64 old_spte, u64 new_spte, int level,
			       bool shared);

static void kvm_update_page_stats(struct kvm *kvm, int level, int count)
{
	atomic64_t *stat = &kvm->pages_stat[level - 1];

	if (bug(stats_not_atomic)) {
		u64 v = READ_ONCE(stat->v);

		WRITE_ONCE(stat->v, v + count);
		return;
	}
	atomic64_add(count, stat);
}

static void tdp_mmu_unlink_sp(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	/* Plain read: a concurrent NX recovery may clear the flag, and rechecks nothing else of this page. */
	if (!sp->nx_huge_page_disallowed)
		return;
	spin_lock(&kvm->tdp_mmu_pages_lock);
	sp->nx_huge_page_disallowed = false;
	untrack_possible_nx_huge_page(kvm, sp);
	spin_unlock(&kvm->tdp_mmu_pages_lock);
}

/* Takes the SPTE of a dead table out of everybody's hands; returns what it was, or the empty value. */
static u64 freeze_removed_spte(u64 *sptep, bool shared)
{
	u64 dead = bug(disconnected_pt_not_frozen) ? SHADOW_NONPRESENT_VALUE : FROZEN_SPTE;
	u64 old_spte;

	if (shared) {
		/* Another thread may be installing right now: freeze whatever it leaves, so that nothing is
		 * lost. */
		while (is_frozen_spte(old_spte = xchg(sptep, dead)))
			cpu_relax();
		return old_spte;
	}
	old_spte = kvm_tdp_mmu_read_spte(sptep);
	if (!is_shadow_present_pte(old_spte))
		return SHADOW_NONPRESENT_VALUE;
	if (spte_needs_atomic_update(old_spte))
		return xchg(sptep, dead);
	WRITE_ONCE(*sptep, dead);
	return old_spte;
}

/*
 * handle_removed_pt() - the SPTE that led to @pt has been cleared: zap its entries, free it after a grace
 * period. The slots stay frozen for ever, so that a walker that is still inside installs nothing.
 */
static void handle_removed_pt(struct kvm *kvm, u64 *pt, bool shared)
{
	struct kvm_mmu_page *sp = sptep_to_sp(pt);
	int level = sp->role.level;

	tdp_mmu_unlink_sp(kvm, sp);
	for (unsigned int i = 0; i < hw_entries(); i++) {
		gfn_t gfn = sp->gfn + i * hw_level_pages(level);
		u64 old_spte = freeze_removed_spte(&pt[i], shared);

		if (old_spte == SHADOW_NONPRESENT_VALUE)
			continue;
		KVM_BUG_ON(handle_changed_spte(kvm, sp->role.is_mirror, gfn, old_spte, FROZEN_SPTE, level,
					       shared),
			   kvm);
	}
	if (sp->role.is_mirror)
		tdx_sept_free_private_spt(kvm, sp);
	tdp_mmu_free_sp_deferred(sp);
}

/* Stop on changes that no flow may make; the kernel's BUG and WARN conditions. */
static void check_changed_spte(u64 old_spte, u64 new_spte, int level)
{
	bool was_leaf = is_shadow_present_pte(old_spte) && is_last_spte(old_spte, level);
	bool is_leaf = is_shadow_present_pte(new_spte) && is_last_spte(new_spte, level);

	BUG_ON(was_leaf && is_leaf && spte_to_pfn(old_spte) != spte_to_pfn(new_spte));
	if (!is_shadow_present_pte(old_spte) && !is_shadow_present_pte(new_spte))
		WARN_ON_ONCE(!is_frozen_spte(new_spte));
	if (is_leaf) {
		WARN_ON_ONCE(is_mmu_writable_spte(new_spte) && !(new_spte & EPT_SPTE_HOST_WRITABLE));
		WARN_ON_ONCE(is_writable_pte(new_spte) && !is_mmu_writable_spte(new_spte));
	}
}

/*
 * handle_changed_spte() - consequences of a change that is already in memory (or frozen). Order: children,
 * module, statistics; when the module refuses, nothing has been counted.
 */
static int handle_changed_spte(struct kvm *kvm, bool mirror, gfn_t gfn, u64 old_spte, u64 new_spte, int level,
			       bool shared)
{
	bool was_present = is_shadow_present_pte(old_spte), is_present = is_shadow_present_pte(new_spte);
	bool was_leaf = was_present && is_last_spte(old_spte, level);
	bool is_leaf = is_present && is_last_spte(new_spte, level);
	bool pfn_changed = spte_to_pfn(old_spte) != spte_to_pfn(new_spte);
	int ret = 0;

	if (old_spte == new_spte)
		return 0;
	check_changed_spte(old_spte, new_spte, level);
	if (!was_present && !is_present)
		return 0;

	if (was_present && !was_leaf && (is_leaf || !is_present || WARN_ON_ONCE(pfn_changed)))
		handle_removed_pt(kvm, spte_to_child_pt(old_spte, level), shared);
	else if (mirror && was_leaf && is_present && !is_leaf)
		ret = tdx_sept_split_private_spte(kvm, gfn, level, spte_to_child_sp(new_spte)->external_spt,
						  shared);
	else if (mirror)
		ret = tdx_sept_set_private_spte(kvm, gfn, old_spte, new_spte, level);
	if (ret)
		return ret;

	if (was_leaf != is_leaf)
		kvm_update_page_stats(kvm, level, is_leaf ? 1 : -1);
	return 0;
}

/* Does this change of a mirror SPTE freeze it first? Mainline: always. */
static bool freezes(const struct tdp_iter *iter, u64 new_spte)
{
	bool link = is_shadow_present_pte(new_spte) && !is_last_spte(new_spte, iter->level);

	if (link && bug(sept_child_before_parent))
		return false;
	switch (variant(freeze)) {
	case FREEZE_OFF:
		return false;
	case FREEZE_NO_LINK:
		return !link;
	case FREEZE_NO_LEAF:
		return link;
	default:
		return true;
	}
}

static int __tdp_mmu_set_spte_atomic(struct kvm *kvm, struct tdp_iter *iter, u64 new_spte)
{
	u64 old_spte = iter->old_spte;
	u64 during = freezes(iter, new_spte) ? FROZEN_SPTE : new_spte;
	int ret;

	if (!try_cmpxchg64(iter->sptep, &iter->old_spte, during))
		return -EBUSY;
	ret = handle_changed_spte(kvm, true, iter->gfn, old_spte, new_spte, iter->level, true);
	if (ret && bug(mirror_left_frozen_on_busy))
		return ret;
	/* Nobody but the freezer writes a frozen SPTE: a plain unfreeze cannot lose anything. */
	if (ret || during != new_spte)
		WRITE_ONCE(*iter->sptep, ret ? old_spte : new_spte);
	return ret;
}

int tdp_mmu_set_spte_atomic(struct kvm *kvm, struct tdp_iter *iter, u64 new_spte)
{
	bool mirror = sptep_to_sp(iter->sptep)->role.is_mirror;
	u64 old_spte = iter->old_spte;

	lockdep_assert_held_read(&kvm->mmu_lock);
	/* The second half of this WARN is younger than the bug that it would catch. */
	WARN_ON_ONCE(iter->yielded || (is_frozen_spte(old_spte) && !bug(map_over_frozen_spte)));
	if (mirror)
		return __tdp_mmu_set_spte_atomic(kvm, iter, new_spte);
	if (!try_cmpxchg64(iter->sptep, &iter->old_spte, new_spte))
		return -EBUSY;
	KVM_BUG_ON(handle_changed_spte(kvm, false, iter->gfn, old_spte, new_spte, iter->level, true), kvm);
	return 0;
}

u64 tdp_mmu_iter_set_spte(struct kvm *kvm, struct tdp_iter *iter, u64 new_spte)
{
	bool mirror = sptep_to_sp(iter->sptep)->role.is_mirror;
	u64 old_spte = iter->old_spte;

	lockdep_assert_held_write(&kvm->mmu_lock);
	WARN_ON_ONCE(iter->yielded || is_frozen_spte(old_spte) || is_frozen_spte(new_spte));
	if (is_shadow_present_pte(old_spte) && is_last_spte(old_spte, iter->level) &&
	    spte_needs_atomic_update(old_spte))
		old_spte = xchg(iter->sptep, new_spte);
	else
		WRITE_ONCE(*iter->sptep, new_spte);
	KVM_BUG_ON(handle_changed_spte(kvm, mirror, iter->gfn, old_spte, new_spte, iter->level, false), kvm);
	return old_spte;
}

int tdp_mmu_link_sp(struct kvm *kvm, struct tdp_iter *iter, struct kvm_mmu_page *sp, bool shared)
{
	u64 spte = make_nonleaf_spte(sp->spt);

	if (shared)
		return tdp_mmu_set_spte_atomic(kvm, iter, spte);
	tdp_mmu_iter_set_spte(kvm, iter, spte);
	return 0;
}

int tdp_mmu_split_huge_page(struct kvm *kvm, struct tdp_iter *iter, struct kvm_mmu_page *sp, bool shared)
{
	u64 huge_spte = iter->old_spte;
	int ret;

	/* Nobody sees the child table before it is linked: plain stores. */
	for (unsigned int i = 0; i < hw_entries(); i++) {
		sp->spt[i] = make_small_spte(huge_spte, iter->level - 1, i, true);
		m_stored(&sp->spt[i], SHADOW_NONPRESENT_VALUE, sp->spt[i],
			 M_SITE("sp->spt[i] = make_small_spte()"));
	}
	ret = tdp_mmu_link_sp(kvm, iter, sp, shared);
	if (ret)
		return ret;
	/* Counted after publication, as the kernel does: the statistics dip in between. */
	kvm_update_page_stats(kvm, iter->level - 1, hw_entries());
	return 0;
}
