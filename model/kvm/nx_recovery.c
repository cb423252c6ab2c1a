// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NX recovery worker: tables that exist only because an executable mapping may not be huge are zapped
 * after a while, so that the range can become huge again. 7.3 does it with mmu_lock held for read, the list
 * under tdp_mmu_pages_lock, the SPs kept readable by RCU. The recovery ratio is 1: every table of the list.
 */
#include "model/kvm/tdp_mmu.h"

static struct kvm_mmu_page *take_first(struct kvm *kvm)
{
	struct kvm_mmu_page *sp = NULL;

	spin_lock(&kvm->tdp_mmu_pages_lock);
	if (!list_empty(&kvm->possible_nx_huge_pages)) {
		sp = list_first_entry(&kvm->possible_nx_huge_pages, struct kvm_mmu_page,
				      possible_nx_huge_page_link);
		WARN_ON_ONCE(!sp->nx_huge_page_disallowed);
		sp->nx_huge_page_disallowed = false;
		untrack_possible_nx_huge_page(kvm, sp);
	}
	spin_unlock(&kvm->tdp_mmu_pages_lock);
	return sp;
}

static u64 nr_to_zap(struct kvm *kvm)
{
	/* Written plainly under tdp_mmu_pages_lock: a hint of how much there is to do. */
	return data_race(kvm->nr_possible_nx_huge_pages);
}

/* Let others run. What has been zapped is flushed first, while RCU still keeps the tables. */
static bool recover_resched(struct kvm *kvm, bool flush)
{
	if (!need_resched() && !rwlock_needbreak(&kvm->mmu_lock))
		return flush;
	if (flush && !bug(nx_recovery_yield_pending_flush)) {
		kvm_flush_remote_tlbs(kvm);
		flush = false;
	}
	rcu_read_unlock();
	m_emit1(EV_YIELD, 0);
	cond_resched_rwlock_read(&kvm->mmu_lock);
	rcu_read_lock();
	return flush;
}

static void recover_read(struct kvm *kvm)
{
	struct kvm_mmu_page *sp;
	bool flush = false;

	read_lock(&kvm->mmu_lock);
	rcu_read_lock();
	for (u64 n = nr_to_zap(kvm); n; n--) {
		sp = take_first(kvm);
		if (!sp)
			break;
		flush |= kvm_tdp_mmu_zap_possible_nx_huge_page(kvm, sp);
		flush = recover_resched(kvm, flush);
	}
	if (bug(flush_after_rcu_unlock))
		rcu_read_unlock();
	if (flush)
		kvm_flush_remote_tlbs(kvm);
	if (!bug(flush_after_rcu_unlock))
		rcu_read_unlock();
	read_unlock(&kvm->mmu_lock);
}

/* variant nx-recovery=write-nested: 2021, a helper per table that may yield by itself. */
static void recover_write_nested(struct kvm *kvm)
{
	struct kvm_mmu_page *sp;
	bool flush = false;

	write_lock(&kvm->mmu_lock);
	for (u64 n = nr_to_zap(kvm); n; n--) {
		sp = take_first(kvm);
		if (!sp)
			break;
		flush |= kvm_tdp_mmu_zap_gfn_range_nested(kvm, kvm->tdp_mmu_root, sp->gfn,
							  sp->gfn + hw_level_pages(sp->role.level + 1));
		if (!need_resched() && !rwlock_needbreak(&kvm->mmu_lock))
			continue;
		if (flush && !bug(nx_recovery_yield_pending_flush)) {
			kvm_flush_remote_tlbs(kvm);
			flush = false;
		}
		m_emit1(EV_YIELD, 0);
		cond_resched_rwlock_write(&kvm->mmu_lock);
	}
	if (flush)
		kvm_flush_remote_tlbs(kvm);
	write_unlock(&kvm->mmu_lock);
}

int kvm_recover_nx_huge_pages(struct kvm *kvm)
{
	int idx;

	flow_enter();
	idx = srcu_read_lock(&kvm->srcu);
	if (variant(nx_recovery) == NX_RECOVERY_WRITE_NESTED)
		recover_write_nested(kvm);
	else
		recover_read(kvm);
	srcu_read_unlock(&kvm->srcu, idx);
	flow_leave(0);
	return 0;
}
