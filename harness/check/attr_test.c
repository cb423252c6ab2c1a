/* SPDX-License-Identifier: GPL-2.0-only */
/* Attributes, invalidation sections, and zaps that take more than was asked for. */
#include "harness/check/test.h"

/* A conversion of [start, end) by thread 2 up to the store of the attributes. */
static void begin(gfn_t start, gfn_t end, bool private)
{
	t_ev(2, EV_LOCK, 2, LC_SLOTS_LOCK, 1, 0);
	t_lock(2, W);
	subject.inval = 1;
	subject.inval_start = start;
	subject.inval_end = end;
	t_ev(2, EV_INVAL_BEGIN, 0, 0, 0, 0);
	t_ev(2, EV_ZAP_RANGE, 0, start, end, private ? 2 : 1);
}
static void store_attrs(gfn_t start, gfn_t end, bool private)
{
	t_unlock(2, W);
	for (gfn_t gfn = start; gfn < end; gfn++) {
		subject.private[gfn] = private;
		t_ev(2, EV_ATTR_STORE, 0, gfn, private ? 8 : 0, 0);
	}
	t_lock(2, W);
}
static void inval_end(void)
{
	subject.inval = 0;
	t_ev(2, EV_INVAL_END, 0, 0, 0, 0);
}
static void done(gfn_t start, gfn_t end)
{
	t_ev(2, EV_ATTR_DONE, 0, start, end, 0);
	t_unlock(2, W);
	t_ev(2, EV_UNLOCK, 2, LC_SLOTS_LOCK, 1, 0);
}

static void good_conversion(void)
{
	u64 *e = t_map(1, true, 40, 1);

	begin(40, 41, false);
	t_store_as(2, e, SPTE_EMPTY_VALUE, "WRITE_ONCE(*sptep)");
	store_attrs(40, 41, false);
	inval_end();
	subject.mixed[2][40] = 1;
	subject.mixed[3][0] = 1;
	done(40, 41);
}
static void bad_attr_under_leaf(void)
{
	t_map(1, true, 40, 1);
	begin(40, 41, false);
	store_attrs(40, 41, false);
}
static void bad_install_shared(void)
{
	t_map(1, false, 40, 1);
}
static void bad_install_private(void)
{
	t_map(1, true, 8, 1);
}
static void bad_leaf_after_conversion(void)
{
	t_map(1, true, 40, 1);
	subject.private[40] = 0;
	t_ev(2, EV_ATTR_DONE, 0, 40, 41, 0);
}

static void bad_mixed_clear(void)
{
	begin(40, 41, false);
	store_attrs(40, 41, false);
	inval_end();
	done(40, 41);
}
static void bad_mixed_late(void)
{
	begin(40, 41, false);
	store_attrs(40, 41, false);
	inval_end();
	t_unlock(2, W);
}
static void bad_mixed_left_set(void)
{
	subject.mixed[2][40] = 1;
	subject.mixed[3][0] = 1;
	begin(40, 48, true);
	store_attrs(40, 48, true);
	inval_end();
	done(40, 48);
}

static void good_huge(void)
{
	t_map(1, false, 8, 2);
}
static void bad_huge_mixed(void)
{
	subject.mixed[2][8] = 1;
	t_map(1, false, 8, 2);
}
static void bad_huge_differs(void)
{
	subject.private[13] = 1;
	t_map(1, false, 8, 2);
}
static void bad_huge_outside(void)
{
	subject.slot.npages = 12;
	t_map(1, false, 8, 2);
}

static void bad_install_in_section(void)
{
	begin(8, 16, true);
	t_unlock(2, W);
	t_map(1, false, 8, 1);
}
static void bad_huge_across_edge(void)
{
	begin(12, 20, true);
	t_unlock(2, W);
	t_map(1, false, 8, 2);
}
/* The section has a range, its zap has not begun: a boundary split has dropped the lock. */
static void bad_huge_before_zap(void)
{
	t_ev(2, EV_INVAL_BEGIN, 0, 0, 0, 0);
	t_ev(2, EV_INVAL_RANGE, 0, 12, 20, 0);
	subject.inval = 1;
	subject.inval_start = 12;
	subject.inval_end = 20;
	t_map(1, true, 8, 2);
}
/* Private mappings are taken away: a shared one may lie across the edge. */
static void good_huge_across_edge_of_other_kind(void)
{
	begin(12, 20, false);
	t_unlock(2, W);
	t_map(1, false, 8, 2);
}
static void good_install_beside_section(void)
{
	begin(8, 16, true);
	t_unlock(2, W);
	t_map(1, false, 16, 1);
}
static void bad_install_stale_pfn(void)
{
	u64 *e = t_entry(false, 8, 1);

	t_store(1, e, t_leaf(subject.user[16], 1));
}
static void bad_never_ended(void)
{
	begin(8, 16, true);
	t_unlock(2, W);
	t_ev(2, EV_UNLOCK, 2, LC_SLOTS_LOCK, 1, 0);
}
static void bad_ended_twice(void)
{
	begin(8, 16, true);
	inval_end();
	inval_end();
}
static void bad_open_at_the_end(void)
{
	subject.inval = 1;
	check_quiescent();
}

static void zap_huge(gfn_t start, gfn_t end, u64 kinds)
{
	u64 *e = t_map(1, true, 40, 2);

	t_lock(2, W);
	t_ev(2, EV_ZAP_RANGE, 0, start, end, kinds);
	t_store_as(2, e, SPTE_EMPTY_VALUE, "WRITE_ONCE(*sptep)");
}
static void good_zap_whole(void)
{
	zap_huge(32, 64, 1);
}
static void bad_zap_partial(void)
{
	zap_huge(40, 41, 1);
}
static void bad_zap_wrong_kind(void)
{
	zap_huge(32, 64, 2);
}

int main(void)
{
	eng_init();
	T_GOOD(good_conversion);
	T_BAD(bad_attr_under_leaf, "ATTR-01", "under a leaf of the old kind");
	T_BAD(bad_install_shared, "ATTR-01", "installed against the attribute: shared");
	T_BAD(bad_install_private, "ATTR-01", "installed against the attribute: private");
	T_BAD(bad_leaf_after_conversion, "ATTR-01", "after a conversion");
	T_BAD(bad_mixed_clear, "ATTR-02", "MIXED clear");
	T_BAD(bad_mixed_late, "ATTR-02", "MIXED clear");
	T_BAD(bad_mixed_left_set, "ATTR-02", "MIXED set");
	T_GOOD(good_huge);
	T_BAD(bad_huge_mixed, "HUGE-01", "over mixed attributes");
	T_BAD(bad_huge_differs, "HUGE-01", "that differ");
	T_BAD(bad_huge_outside, "HUGE-01", "outside its slot");
	T_BAD(bad_install_in_section, "INV-02", "open invalidation");
	T_GOOD(good_huge_across_edge_of_other_kind);
	T_BAD(bad_huge_across_edge, "HUGE-01", "straddles an open invalidation");
	T_BAD(bad_huge_before_zap, "HUGE-01", "straddles an open invalidation");
	T_GOOD(good_install_beside_section);
	T_BAD(bad_install_stale_pfn, "INV-02", "no longer backs");
	T_BAD(bad_never_ended, "INV-01", "never ended");
	T_BAD(bad_ended_twice, "INV-01", "not begun");
	T_BAD(bad_open_at_the_end, "INV-01", "open at the end");
	T_GOOD(good_zap_whole);
	T_BAD(bad_zap_partial, "ZAP-01", "huge");
	T_BAD(bad_zap_wrong_kind, "ZAP-01", "huge");
	return t_done();
}
