/* SPDX-License-Identifier: GPL-2.0-only */
/* Stale translations, page-table pages and guest pages that are freed. */
#include "harness/check/test.h"

#define TAG 1

/* What the processor does on a miss: cache what the entry says now. @psc: the entry leads to a table. */
static struct hw_tlb_entry *fill(unsigned int cpu, bool shared, gfn_t gfn, unsigned int level, u64 *entry,
				 bool psc)
{
	struct hw_tlb_entry *e = &hw_cpus[cpu].tlb[hw_cpus[cpu].tlb_next++];

	*e = (struct hw_tlb_entry){.valid = true,
				   .psc = psc,
				   .level = level,
				   .perm = EPT_RWX,
				   .tag = TAG,
				   .entry = entry,
				   .gfn = gfn | (shared ? hw_shared_gfn_bit() : 0),
				   .pfn = spte_pfn(*entry),
				   .value = *entry};
	e->gen = hw_gen(e->pfn);
	t_ev(cpu, EV_TLB_FILL, cpu, (uintptr_t)e, gfn << PAGE_SHIFT, 0);
	return e;
}
static void use(unsigned int cpu, struct hw_tlb_entry *e)
{
	t_ev(cpu, EV_TLB_USE, cpu, (uintptr_t)e, e->gfn << PAGE_SHIFT, 1);
}

static struct hw_tlb_entry *entry_a, *entry_b;

/* gfn 8 is cached by CPU 1 and zapped by thread 2, which flushes as the event stream says; still
 * write-locked. */
static u64 *zap_8(void)
{
	u64 *e = t_map(1, false, 8, 1);

	entry_a = fill(1, true, 8, 1, e, false);
	t_lock(2, W);
	t_enter(2, "tdp_mmu_zap_leafs");
	t_store(2, e, SPTE_EMPTY_VALUE);
	t_ev(2, EV_FLUSH_REMOTE, 0, 0, 0, 0);
	return e;
}
static void good_use_before_deadline(void)
{
	zap_8();
	use(1, entry_a);
}
static void bad_use_after_unlock(void)
{
	zap_8();
	t_unlock(2, W);
	use(1, entry_a);
}
/* A flush that does not wait: CPU 1 is still in the guest when the lock is dropped. */
static void bad_usable_after_unlock(void)
{
	zap_8();
	hw_cpus[1].in_guest = true;
	t_unlock(2, W);
}
static void bad_use_after_yield(void)
{
	zap_8();
	t_ev(2, EV_YIELD, 0, 0, 0, 0);
	use(1, entry_a);
}
static void good_refill_after_unlock(void)
{
	u64 *e = zap_8();

	t_unlock(2, W);
	entry_a->valid = false;
	t_store(1, e, t_leaf(subject.user[8], 1));
	use(1, fill(1, true, 8, 1, e, false));
}
static void good_mapped_again_before_deadline(void)
{
	u64 *e = zap_8();

	t_store(2, e, t_leaf(subject.user[8], 1));
	t_unlock(2, W);
	use(1, entry_a);
}
static void good_neighbour(void)
{
	struct hw_tlb_entry *other;

	other = fill(1, true, 9, 1, t_map(1, false, 9, 1), false);
	zap_8();
	t_unlock(2, W);
	use(1, other);
}
/*
 * CPU 1 caches gfns 16 to 23 as one 2M entry, which outlives the split of the leaf; then gfn 19 is zapped,
 * and the flush does not reach CPU 1.
 */
static void zap_19_of_split(void)
{
	u64 *huge = t_map(1, false, 16, 2);
	pfn_t table = t_table();

	entry_a = fill(1, true, 16, 2, huge, false);
	for (unsigned int i = 0; i < 8; i++)
		hw_table(table)[i] = t_leaf(subject.user[16] + i, 1);
	t_lock(1, R);
	t_store(1, huge, t_table_spte(table));
	t_unlock(1, R);
	t_lock(2, W);
	t_enter(2, "tdp_mmu_zap_leafs");
	t_store(2, &hw_table(table)[3], SPTE_EMPTY_VALUE);
	t_ev(2, EV_FLUSH_REMOTE, 0, 0, 0, 0);
}
static void good_huge_before_deadline(void)
{
	zap_19_of_split();
	use(1, entry_a);
}
static void bad_part_of_huge_after_unlock(void)
{
	zap_19_of_split();
	t_unlock(2, W);
	use(1, entry_a);
}
static void bad_frame_freed(void)
{
	u64 *e = t_map(1, false, 8, 1);

	entry_a = fill(1, true, 8, 1, e, false);
	m_listener = NULL;
	hw_free(subject.user[8], 2);
	use(1, entry_a);
}

/* NX recovery of the table over gfn 8; CPU 1 caches the leaf and the pointer to the table. Still in the RCU
 * section. */
static pfn_t unlink_table(void)
{
	u64 *leaf = t_map(1, false, 8, 1), *table = t_entry(false, 8, 2);
	pfn_t pt = spte_pfn(*table);

	entry_a = fill(1, true, 8, 1, leaf, false);
	entry_b = fill(1, true, 8, 2, table, true);
	t_lock(2, R);
	t_ev(2, EV_RCU_LOCK, 0, 0, 0, 0);
	t_enter(2, "kvm_recover_nx_huge_pages");
	t_store(2, table, SPTE_EMPTY_VALUE);
	for (unsigned int i = 0; i < 8; i++)
		t_store_as(2, &hw_table(pt)[i], SPTE_FROZEN_VALUE, "xchg(sptep, dead)");
	return pt;
}
static void good_psc_before_deadline(void)
{
	unlink_table();
	use(1, entry_b);
	use(1, entry_a);
}
static void bad_psc_after_rcu(void)
{
	unlink_table();
	t_ev(2, EV_RCU_UNLOCK, 0, 0, 0, 0);
	use(1, entry_b);
}
static void bad_leaf_after_rcu(void)
{
	unlink_table();
	t_ev(2, EV_RCU_UNLOCK, 0, 0, 0, 0);
	use(1, entry_a);
}
static void bad_table_freed_under_psc(void)
{
	pfn_t pt = unlink_table();

	hw_cpus[1].in_guest = true;
	hw_free(pt, 1);
}
static void good_table_freed_outside_guest(void)
{
	pfn_t pt = unlink_table();

	hw_free(pt, 1);
}
static void bad_walk_of_freed(void)
{
	t_ev(1, EV_WALK_FREED, 1, unlink_table(), 0, 0);
}

static void bad_free_mapped(void)
{
	t_map(1, false, 8, 1);
	hw_free(subject.user[8], 2);
}
static void bad_free_mapped_huge(void)
{
	t_map(1, false, 16, 2);
	hw_split_block(subject.user[16], 2);
	hw_free(subject.user[19], 1);
}
static void good_free_other(void)
{
	t_map(1, false, 8, 1);
	hw_free(subject.user[16], 2);
}
static void free_8(bool unlocked)
{
	zap_8();
	if (unlocked)
		t_unlock(2, W);
	hw_cpus[1].in_guest = true; /* an entry past its deadline is judged by its use */
	hw_free(subject.user[8], 2);
}
static void good_free_after_deadline(void)
{
	free_8(true);
}
static void bad_free_before_deadline(void)
{
	free_8(false);
}

int main(void)
{
	eng_init();
	T_GOOD(good_use_before_deadline);
	T_BAD(bad_use_after_unlock, "TLB-01", "tdp_mmu_zap_leafs / guest write");
	T_BAD(bad_usable_after_unlock, "TLB-01", "usable after zap: tdp_mmu_zap_leafs");
	T_BAD(bad_use_after_yield, "TLB-01", "tdp_mmu_zap_leafs / guest write");
	T_GOOD(good_refill_after_unlock);
	T_GOOD(good_mapped_again_before_deadline);
	T_GOOD(good_neighbour);
	T_GOOD(good_huge_before_deadline);
	T_BAD(bad_part_of_huge_after_unlock, "TLB-01", "tdp_mmu_zap_leafs / guest write");
	T_BAD(bad_frame_freed, "TLB-01", "after its frame was freed");
	T_GOOD(good_psc_before_deadline);
	T_BAD(bad_psc_after_rcu, "PT-02", "kvm_recover_nx_huge_pages / guest write");
	T_BAD(bad_leaf_after_rcu, "TLB-01", "kvm_recover_nx_huge_pages / guest write");
	T_BAD(bad_table_freed_under_psc, "PT-02", "usable paging-structure entry");
	T_GOOD(good_table_freed_outside_guest);
	T_BAD(bad_walk_of_freed, "PT-02", "walked a freed table");
	T_BAD(bad_free_mapped, "PAGE-01", "while a SPTE maps it");
	T_BAD(bad_free_mapped_huge, "PAGE-01", "while a SPTE maps it");
	T_GOOD(good_free_other);
	T_GOOD(good_free_after_deadline);
	T_BAD(bad_free_before_deadline, "PAGE-01", "CPU in the guest");
	return t_done();
}
