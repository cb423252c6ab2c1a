/* SPDX-License-Identifier: GPL-2.0-only */
/* Mirror against a real S-EPT of the modelled module, and the statuses that break the removal protocol. */
#include "harness/check/test.h"

static u64 seamcall(u64 leaf, gfn_t gfn, unsigned int level, pfn_t page)
{
	struct tdx_module_args args = {
		.rcx = gfn << PAGE_SHIFT | (level - 1),
		.rdx = seam_tdr_pa(0),
		.r8 = page << PAGE_SHIFT,
	};

	return seam_call(leaf, &args);
}

/* A TD with a 4K page AUGed at gfn 40, in the module only; thread 0 keeps it as KVM does, write-locked. */
static pfn_t td_with_page(void)
{
	seam_td_create(1, false);
	t_lock(0, W);
	for (unsigned int level = 4; level >= 2; level--)
		if (seamcall(TDH_MEM_SEPT_ADD, hw_gfn_round(40, level), level, hw_alloc(1, HW_SEPT)))
			m_fail("TEST", "SEPT.ADD", "level %u", level);
	if (seamcall(TDH_MEM_PAGE_AUG, 40, 1, subject.gmem[40]))
		m_fail("TEST", "PAGE.AUG", "failed");
	return subject.gmem[40];
}
static u64 *mirror_of(pfn_t pfn)
{
	u64 *e = t_entry(true, 40, 1);

	t_store(0, e, t_leaf(pfn, 1));
	t_unlock(0, W);
	subject.stat[0] = 1;
	return e;
}

static void good_agreement(void)
{
	mirror_of(td_with_page());
	check_quiescent();
}
static void bad_kind_at_the_end(void)
{
	mirror_of(td_with_page());
	subject.private[40] = 0;
	check_quiescent();
}
static void bad_pfn(void)
{
	td_with_page();
	subject.gmem[40] = subject.gmem[48];
	mirror_of(subject.gmem[48]);
	check_quiescent();
}
static void bad_mirror_lags(void)
{
	u64 *e = mirror_of(td_with_page());

	t_lock(0, W);
	t_ev(0, EV_ZAP_RANGE, 0, 40, 41, 1);
	t_store_as(0, e, SPTE_EMPTY_VALUE, "WRITE_ONCE(*sptep)");
	t_unlock(0, W);
	check_quiescent();
}
static void bad_sept_lags(void)
{
	t_map(0, true, 41, 1);
	check_quiescent();
}
/* AUG by a reader whose mirror SPTE is neither frozen nor set. */
static void bad_not_frozen(void)
{
	mirror_of(td_with_page());
	t_lock(0, R);
	t_entry(true, 41, 1);
	seamcall(TDH_MEM_PAGE_AUG, 41, 1, subject.gmem[41]);
}
static void good_frozen(void)
{
	mirror_of(td_with_page());
	t_lock(0, R);
	t_store(0, t_entry(true, 41, 1), SPTE_FROZEN_VALUE);
	seamcall(TDH_MEM_PAGE_AUG, 41, 1, subject.gmem[41]);
	t_store_as(0, t_entry(true, 41, 1), t_leaf(subject.gmem[41], 1), "WRITE_ONCE(*sptep)");
	t_unlock(0, R);
	subject.stat[0] = 2;
	check_quiescent();
}
static void bad_child_before_parent(void)
{
	seam_td_create(1, false);
	seamcall(TDH_MEM_PAGE_AUG, 40, 1, subject.gmem[40]);
}
static void bad_aug_twice(void)
{
	td_with_page();
	seamcall(TDH_MEM_PAGE_AUG, 40, 1, subject.gmem[41]);
}

static void status(u64 leaf, u64 status)
{
	t_ev(1, EV_SEAMCALL, leaf, status, 40ull << PAGE_SHIFT, 0);
}
static void bad_not_blocked(void)
{
	status(TDH_MEM_PAGE_REMOVE, TDX_GPA_RANGE_NOT_BLOCKED | 1);
}
static void bad_not_tracked(void)
{
	status(TDH_MEM_PAGE_DEMOTE, TDX_TLB_TRACKING_NOT_DONE | 1);
}
static void bad_epoch(void)
{
	status(TDH_MEM_TRACK, TDX_PREVIOUS_TLB_EPOCH_BUSY);
}
static void good_busy(void)
{
	status(TDH_MEM_PAGE_AUG, TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX);
	status(TDH_MEM_TRACK, TDX_OPERAND_BUSY | TDX_OPERAND_ID_TD_EPOCH);
}

/* The page belongs to the TD. */
static void bad_free_owned(void)
{
	hw_free(td_with_page(), 2);
}

static void bad_stats(void)
{
	t_map(1, false, 8, 1);
	subject.stat[0] = 2;
	check_quiescent();
}
static void good_stats(void)
{
	t_map(1, false, 8, 1);
	t_map(1, false, 16, 2);
	subject.stat[0] = 1;
	subject.stat[1] = 1;
	check_quiescent();
}
/* The set-up of a run was not seen: the tables are learnt from the roots. */
static void good_unseen_setup(void)
{
	t_map(1, false, 8, 1);
	check_reset();
	t_store(1, t_entry(false, 9, 1), t_leaf(subject.user[9], 1));
	subject.stat[0] = 2;
	check_quiescent();
}

int main(void)
{
	eng_init();
	T_GOOD(good_agreement);
	T_BAD(bad_kind_at_the_end, "ATTR-01", "at quiescence");
	T_BAD(bad_pfn, "MIRROR-01", "mirror leaf, S-EPT PENDING");
	T_BAD(bad_mirror_lags, "MIRROR-01", "mirror empty, S-EPT PENDING");
	T_BAD(bad_sept_lags, "MIRROR-01", "S-EPT FREE");
	T_BAD(bad_not_frozen, "MIRROR-01", "mirror empty, S-EPT PENDING");
	T_GOOD(good_frozen);
	T_BAD(bad_child_before_parent, "MIRROR-01", "EPT_WALK_FAILED");
	T_BAD(bad_aug_twice, "MIRROR-01", "EPT_ENTRY_STATE_INCORRECT");
	T_BAD(bad_not_blocked, "SEAM-02", "GPA_RANGE_NOT_BLOCKED");
	T_BAD(bad_not_tracked, "SEAM-02", "TLB_TRACKING_NOT_DONE");
	T_BAD(bad_epoch, "SEAM-02", "PREVIOUS_TLB_EPOCH_BUSY");
	T_GOOD(good_busy);
	T_BAD(bad_free_owned, "PAGE-01", "while the TD owns it");
	T_BAD(bad_stats, "STAT-01", "4K");
	T_GOOD(good_stats);
	T_GOOD(good_unseen_setup);
	return t_done();
}
