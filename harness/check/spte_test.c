/* SPDX-License-Identifier: GPL-2.0-only */
/* SPTE words, locks held over their changes, and the flushes that removals owe. */
#include "harness/check/test.h"

static void good_install_and_zap(void)
{
	u64 *shared = t_map(1, false, 8, 1), *private = t_map(1, true, 40, 1);

	t_lock(2, W);
	t_ev(2, EV_ZAP_RANGE, 0, 40, 41, 1);
	t_store_as(2, shared, SPTE_EMPTY_VALUE, "WRITE_ONCE(*sptep)");
	t_store_as(2, private, SPTE_EMPTY_VALUE, "WRITE_ONCE(*sptep)");
	t_ev(2, EV_FLUSH_REMOTE, 0, 0, 0, 0);
	t_unlock(2, W);
}
static void good_mmio_direct(void)
{
	t_store(1, t_entry(false, 8, 1), 8ull << PAGE_SHIFT);
}
static void bad_mmio_mirror(void)
{
	t_store(1, t_entry(true, 40, 1), 40ull << PAGE_SHIFT);
}
static void bad_table_without_bit_63(void)
{
	t_store(1, t_entry(false, 8, 2), t_table_spte(t_table()) & ~SPTE_SUPPRESS_VE);
}
static void bad_writable_row(void)
{
	t_store(1, t_entry(false, 8, 1), t_leaf(subject.user[8], 1) & ~SPTE_MMU_WRITABLE);
}
static void bad_huge_alignment(void)
{
	t_store(1, t_entry(false, 8, 2), t_leaf(subject.user[9], 2));
}
static void bad_mirror_read_only(void)
{
	t_store(1, t_entry(true, 40, 1), t_leaf(subject.gmem[40], 1) & ~SPTE_W);
}

static void bad_other_pfn(void)
{
	t_store(1, t_map(1, false, 8, 1), t_leaf(subject.user[9], 1));
}
static void good_dirty_bit(void)
{
	u64 *e = t_entry(false, 8, 1);

	t_store(1, e, t_leaf(subject.user[8], 1) & ~SPTE_DIRTY);
	t_store(2, e, t_leaf(subject.user[8], 1));
}
static void bad_mirror_set_twice(void)
{
	u64 *e = t_map(1, true, 40, 1);

	t_lock(2, R);
	t_store(2, e, SPTE_FROZEN_VALUE);
}
static void bad_mirror_collapse(void)
{
	t_map(1, true, 40, 1);
	t_lock(2, R);
	t_store(2, t_entry(true, 40, 2), SPTE_FROZEN_VALUE);
}
static void bad_direct_frozen(void)
{
	t_store(1, t_entry(false, 8, 1), SPTE_FROZEN_VALUE);
}

/* A 2M mirror leaf of gfn 40 becomes a table of what it mapped. */
static void split_mirror(char mode)
{
	u64 *e;
	pfn_t pt;

	variant_value[VARIANT_huge] = 1;
	e = t_map(1, true, 40, 2);
	pt = t_table();
	for (unsigned int i = 0; i < 8; i++)
		hw_table(pt)[i] = t_leaf(subject.gmem[40 + i], 1);
	t_lock(2, mode);
	t_store(2, e, t_table_spte(pt));
	t_unlock(2, mode);
}
static void good_mirror_split(void)
{
	split_mirror(W);
}
static void bad_mirror_split_under_read(void)
{
	split_mirror(R);
}

static void bad_frozen_by_another(void)
{
	u64 *e = t_entry(true, 40, 1);

	t_lock(1, R);
	t_lock(2, R);
	t_store(1, e, SPTE_FROZEN_VALUE);
	t_store(2, e, SPTE_FROZEN_VALUE);
}
static void good_wait_for_frozen(void)
{
	u64 *e = t_entry(true, 40, 1);

	t_lock(1, R);
	t_store(1, e, SPTE_FROZEN_VALUE);
	t_store_as(2, e, SPTE_FROZEN_VALUE, "xchg(sptep, dead)");
	t_store_as(1, e, SPTE_EMPTY_VALUE, "WRITE_ONCE(*sptep)");
	t_unlock(1, R);
}

/* NX recovery of the table over gfn 8; its slots get @dead. Returns the table. */
static pfn_t nx_zap(u64 dead)
{
	u64 *leaf = t_map(1, false, 8, 1), *table = t_entry(false, 8, 2);
	pfn_t pt = spte_pfn(*table);

	t_lock(2, R);
	t_ev(2, EV_RCU_LOCK, 0, 0, 0, 0);
	t_store(2, table, SPTE_EMPTY_VALUE);
	for (unsigned int i = 0; i < 8; i++)
		t_store_as(2, &hw_table(pt)[i], dead, "xchg(sptep, dead)");
	t_ev(2, EV_FLUSH_REMOTE, 0, 0, 0, 0);
	t_ev(2, EV_RCU_UNLOCK, 0, 0, 0, 0);
	t_unlock(2, R);
	(void)leaf;
	return pt;
}
static void good_table_zap(void)
{
	hw_free(nx_zap(SPTE_FROZEN_VALUE), 1);
}
static void bad_dead_slots_not_frozen(void)
{
	nx_zap(SPTE_EMPTY_VALUE);
}
static void bad_install_in_dead_table(void)
{
	pfn_t pt = nx_zap(SPTE_FROZEN_VALUE);

	t_store(1, &hw_table(pt)[3], t_leaf(subject.user[11], 1));
}
static void good_late_install_is_picked_up(void)
{
	u64 *table;
	pfn_t pt;

	t_map(1, false, 8, 1);
	table = t_entry(false, 8, 2);
	pt = spte_pfn(*table);
	t_lock(2, R);
	t_store(2, table, SPTE_EMPTY_VALUE);
	t_store(1, &hw_table(pt)[3], t_leaf(subject.user[11], 1));
	for (unsigned int i = 0; i < 8; i++)
		t_store_as(2, &hw_table(pt)[i], SPTE_FROZEN_VALUE, "xchg(sptep, dead)");
	t_ev(2, EV_FLUSH_REMOTE, 0, 0, 0, 0);
	t_unlock(2, R);
	hw_free(pt, 1);
}
static void bad_present_in_freed_table(void)
{
	u64 *table;
	pfn_t pt;

	t_map(1, false, 8, 1);
	table = t_entry(false, 8, 2);
	pt = spte_pfn(*table);
	t_lock(2, R);
	t_store(2, table, SPTE_EMPTY_VALUE);
	hw_free(pt, 1);
}
static void bad_writer_sees_frozen(void)
{
	t_store(1, t_entry(true, 40, 1), SPTE_FROZEN_VALUE);
	t_lock(2, W);
}
static void bad_left_frozen(void)
{
	t_lock(1, R);
	t_store(1, t_entry(true, 40, 1), SPTE_FROZEN_VALUE);
	t_unlock(1, R);
}
static void bad_frozen_at_the_end(void)
{
	t_store(1, t_entry(true, 40, 1), SPTE_FROZEN_VALUE);
	check_quiescent();
}

static void bad_leaf_zapped_under_read(void)
{
	u64 *e = t_map(1, false, 8, 1);

	t_lock(2, R);
	t_store(2, e, SPTE_EMPTY_VALUE);
}
static void good_leaf_zapped_in_invalid_root(void)
{
	u64 *e = t_map(1, false, 8, 1);

	subject.direct_valid = false;
	t_lock(2, R);
	t_store(2, e, SPTE_EMPTY_VALUE);
	t_unlock(2, R);
}
static void bad_private_zapped_under_read(void)
{
	u64 *e = t_map(1, true, 40, 1);

	t_lock(2, R);
	t_ev(2, EV_ZAP_RANGE, 0, 40, 41, 1);
	t_store(2, e, SPTE_EMPTY_VALUE);
}
static void good_unfrozen_publication_taken_back(void)
{
	u64 *e = t_entry(true, 40, 1);

	t_lock(2, R);
	t_store(2, e, t_leaf(subject.gmem[40], 1));
	t_store_as(2, e, SPTE_EMPTY_VALUE, "WRITE_ONCE(*sptep)");
	t_unlock(2, R);
}

static void zap_without_flush(enum m_event_type then)
{
	u64 *e = t_map(1, false, 8, 1);

	t_lock(2, W);
	t_ev(2, EV_FLUSH_REMOTE, 0, 0, 0, 0);
	t_store(2, e, SPTE_EMPTY_VALUE);
	t_ev(2, then, 0, LC_MMU_LOCK, 1, 0);
}
static void bad_yield_pending(void)
{
	zap_without_flush(EV_YIELD);
}
static void bad_unlock_pending(void)
{
	zap_without_flush(EV_UNLOCK);
}

int main(void)
{
	eng_init();
	T_GOOD(good_install_and_zap);
	T_GOOD(good_mmio_direct);
	T_BAD(bad_mmio_mirror, "SPTE-01", "malformed SPTE: MMIO");
	T_BAD(bad_table_without_bit_63, "SPTE-01", "malformed SPTE: table");
	T_BAD(bad_writable_row, "SPTE-01", "malformed SPTE: leaf");
	T_BAD(bad_huge_alignment, "SPTE-01", "malformed SPTE: leaf");
	T_BAD(bad_mirror_read_only, "SPTE-01", "malformed SPTE: leaf");
	T_BAD(bad_other_pfn, "SPTE-02", "direct leaf to leaf");
	T_GOOD(good_dirty_bit);
	T_BAD(bad_mirror_set_twice, "SPTE-02", "mirror leaf to frozen");
	T_BAD(bad_mirror_collapse, "SPTE-02", "mirror table to frozen");
	T_BAD(bad_direct_frozen, "SPTE-02", "direct empty to frozen");
	T_GOOD(good_mirror_split);
	T_BAD(bad_mirror_split_under_read, "SPTE-02", "mirror leaf to table");
	T_BAD(bad_frozen_by_another, "SPTE-03", "changed by another thread");
	T_GOOD(good_wait_for_frozen);
	T_GOOD(good_table_zap);
	T_BAD(bad_dead_slots_not_frozen, "SPTE-03", "not left frozen");
	T_BAD(bad_install_in_dead_table, "SPTE-03", "slot of an unlinked table changed");
	T_GOOD(good_late_install_is_picked_up);
	T_BAD(bad_present_in_freed_table, "LOST-01", "freed");
	T_BAD(bad_writer_sees_frozen, "SPTE-04", "taken for write");
	T_BAD(bad_left_frozen, "SPTE-05", "left frozen");
	T_BAD(bad_frozen_at_the_end, "SPTE-05", "left frozen");
	T_BAD(bad_leaf_zapped_under_read, "LOCK-02", "direct");
	T_GOOD(good_leaf_zapped_in_invalid_root);
	T_BAD(bad_private_zapped_under_read, "LOCK-02", "mirror");
	T_GOOD(good_unfrozen_publication_taken_back);
	T_BAD(bad_yield_pending, "FLUSH-01", "yield");
	T_BAD(bad_unlock_pending, "FLUSH-01", "unlock");
	return t_done();
}
