/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPTE words: well-formed, changed only as the tables allow, frozen and unfrozen by one owner, never lost.
 */
#include <stdio.h>
#include <string.h>

#include "harness/check/tables.h"
#include "model/kapi/lock.h"
#include "model/switches.h"

#define MAX_FROZEN 32

/* Live SPTEs that are frozen now, and by whom. */
static struct {
	const volatile u64 *entry;
	u8 thread;
	const char *flow;
} frozen[MAX_FROZEN];
static unsigned int nr_frozen;

static const char *const kind_names[] = {"empty", "frozen", "MMIO", "leaf", "table"};

static bool leaf_well_formed(const struct chk_change *c)
{
	u64 s = c->new_, mt = s & SPTE_MT;
	bool w = s & SPTE_W, mmu_w = s & SPTE_MMU_WRITABLE, host_w = s & SPTE_HOST_WRITABLE;

	if (!(s & SPTE_SUPPRESS_VE) || (s & spte_layout.zero))
		return false;
	if ((w && !mmu_w) || (mmu_w && !host_w) ||
	    (spte_layout.user_exec && !(s & SPTE_X) != !(s & spte_layout.user_exec)))
		return false;
	if (mt != 0 && mt != SPTE_MEMTYPE_WB)
		return false;
	if (c->level > 3 || !(s & SPTE_PS) != (c->level == 1))
		return false;
	if (spte_pfn(s) & (hw_level_pages(c->level) - 1))
		return false;
	return !c->mirror || (s & SPTE_RWX) == SPTE_RWX;
}

static bool well_formed(const struct chk_change *c)
{
	switch (c->is) {
	case SPTE_IS_LEAF:
		return leaf_well_formed(c);
	case SPTE_IS_TABLE:
		return (c->new_ & ~SPTE_ADDR) == SPTE_TABLE_BITS;
	case SPTE_IS_MMIO:
		return !c->mirror && !(c->new_ & (SPTE_RWX | SPTE_SUPPRESS_VE | SPTE_PRESENT));
	default:
		return true;
	}
}

static void check_well_formed(const struct m_event *ev, const struct chk_change *c)
{
	if (c->table->life != CHK_NEW && !well_formed(c))
		chk_fail("SPTE-01", "malformed SPTE", kind_names[c->is], chk_flow(ev),
			 "%s SPTE of gfn %#llx level %u: %#018llx", c->mirror ? "mirror" : "direct",
			 (unsigned long long)c->gfn, c->level, (unsigned long long)c->new_);
}

/* May a present mirror SPTE be replaced by a present one or be frozen for that? Never in 7.3. */
static bool mirror_overwrite_ok(const struct chk_change *c)
{
	return variant(huge) && c->was == SPTE_IS_LEAF && c->is == SPTE_IS_TABLE && chk_exclusive(c->thread);
}

static bool mirror_legal(const struct chk_change *c)
{
	if (c->was == SPTE_IS_TABLE && (c->is == SPTE_IS_EMPTY || c->is == SPTE_IS_MMIO))
		return false;
	if (c->was != SPTE_IS_LEAF && c->was != SPTE_IS_TABLE)
		return true;
	return c->is == SPTE_IS_EMPTY || mirror_overwrite_ok(c);
}

/* First and last child of a split show what the huge leaf showed. */
static bool split_preserves(const struct chk_change *c)
{
	u64 step = hw_level_pages(c->level - 1), last = hw_entries() - 1;
	u64 *child = hw_table(spte_pfn(c->new_));

	return spte_kind(child[0], c->level - 1) == SPTE_IS_LEAF && spte_pfn(child[0]) == spte_pfn(c->old) &&
	       spte_pfn(child[last]) == spte_pfn(c->old) + last * step;
}

static bool direct_legal(const struct chk_change *c)
{
	if (c->is == SPTE_IS_FROZEN || c->was == SPTE_IS_FROZEN)
		return false;
	if (c->was == SPTE_IS_LEAF && c->is == SPTE_IS_LEAF)
		return spte_pfn(c->old) == spte_pfn(c->new_);
	if (c->was == SPTE_IS_LEAF && c->is == SPTE_IS_MMIO)
		return false;
	return c->was != SPTE_IS_TABLE || c->is != SPTE_IS_TABLE;
}

static bool legal(const struct chk_change *c)
{
	if (!(c->mirror ? mirror_legal(c) : direct_legal(c)))
		return false;
	return c->was != SPTE_IS_LEAF || c->is != SPTE_IS_TABLE || split_preserves(c);
}

static void check_transition(const struct m_event *ev, const struct chk_change *c)
{
	char what[64];

	if (c->old == c->new_ || c->table->life != CHK_LIVE || c->rollback || legal(c))
		return;
	snprintf(what, sizeof(what), "%s %s to %s", c->mirror ? "mirror" : "direct", kind_names[c->was],
		 kind_names[c->is]);
	chk_fail("SPTE-02", "illegal transition", what, chk_flow(ev),
		 "gfn %#llx level %u: %#018llx -> %#018llx, mmu_lock %c", (unsigned long long)c->gfn,
		 c->level, (unsigned long long)c->old, (unsigned long long)c->new_,
		 chk_threads[c->thread].mmu_lock ?: '-');
}

static int frozen_find(const volatile u64 *entry)
{
	for (unsigned int i = 0; i < nr_frozen; i++)
		if (frozen[i].entry == entry)
			return i;
	return -1;
}

static void frozen_add(const struct m_event *ev, const struct chk_change *c)
{
	if (nr_frozen == MAX_FROZEN)
		return; /* more than threads can own: something else is about to be found */
	frozen[nr_frozen].entry = c->entry;
	frozen[nr_frozen].thread = c->thread;
	frozen[nr_frozen++].flow = chk_flow(ev);
}

/* An exchange that reads FROZEN and writes FROZEN transfers nothing: the remover of a table that waits its
 * turn. */
static bool is_xchg(const struct chk_change *c)
{
	return c->site && c->site->what && !strncmp(c->site->what, "xchg", 4);
}

static void check_owner(const struct m_event *ev, const struct chk_change *c)
{
	int i = frozen_find(c->entry);

	if (i < 0 || frozen[i].thread == c->thread) {
		if (i >= 0 && c->is != SPTE_IS_FROZEN)
			frozen[i] = frozen[--nr_frozen];
		return;
	}
	if (c->is != SPTE_IS_FROZEN || !is_xchg(c))
		chk_fail("SPTE-03", "frozen SPTE changed by another thread", frozen[i].flow, chk_flow(ev),
			 "gfn %#llx level %u: frozen by thread %u, thread %u stores %#018llx",
			 (unsigned long long)c->gfn, c->level, frozen[i].thread, c->thread,
			 (unsigned long long)c->new_);
}

static void check_dead_slot(const struct m_event *ev, const struct chk_change *c)
{
	struct chk_table *t = c->table;

	if (c->was == SPTE_IS_FROZEN && c->is != SPTE_IS_FROZEN && frozen_find(c->entry) < 0)
		chk_fail("SPTE-03", "slot of an unlinked table changed", t->unlink_flow, chk_flow(ev),
			 "gfn %#llx level %u: frozen for ever by thread %u, thread %u stores %#018llx",
			 (unsigned long long)c->gfn, c->level, t->unlinker, c->thread,
			 (unsigned long long)c->new_);
	else if (c->is != SPTE_IS_FROZEN && c->thread == t->unlinker)
		chk_fail("SPTE-03", "slot of an unlinked table not left frozen", t->unlink_flow, chk_flow(ev),
			 "gfn %#llx level %u: %#018llx -> %#018llx: a fault can still install here",
			 (unsigned long long)c->gfn, c->level, (unsigned long long)c->old,
			 (unsigned long long)c->new_);
}

static void check_frozen(const struct m_event *ev, const struct chk_change *c)
{
	if (c->table->life == CHK_DEAD)
		check_dead_slot(ev, c);
	if (c->was == SPTE_IS_FROZEN)
		check_owner(ev, c);
	else if (c->is == SPTE_IS_FROZEN && c->table->life == CHK_LIVE)
		frozen_add(ev, c);
}

static void lock_taken(const struct m_event *ev)
{
	if (ev->b == LC_MMU_LOCK && ev->c && nr_frozen)
		chk_fail("SPTE-04", "mmu_lock taken for write over a frozen SPTE", frozen[0].flow,
			 chk_flow(ev), "entry frozen by thread %u, lock taken by thread %u", frozen[0].thread,
			 chk_tid(ev));
}

static void lock_dropped(const struct m_event *ev)
{
	if (ev->b != LC_MMU_LOCK)
		return;
	for (unsigned int i = 0; i < nr_frozen; i++)
		if (frozen[i].thread == chk_tid(ev))
			chk_fail("SPTE-05", "SPTE left frozen", frozen[i].flow, NULL,
				 "thread %u drops mmu_lock and leaves a live SPTE frozen: nobody else may "
				 "unfreeze it",
				 frozen[i].thread);
}

/* The table can no longer be walked by anybody: what was in it was removed, or is lost. */
static void table_freed(const struct m_event *ev)
{
	struct chk_table *t = ev->c == HW_TABLE ? table_find(ev->a) : NULL;
	u64 *words;

	if (!t || (t->life != CHK_LIVE && t->life != CHK_DEAD))
		return;
	words = hw_table(t->pfn);
	for_each_touched(t, i) if (words[i] & SPTE_PRESENT)
		chk_fail("LOST-01", "present SPTE in a table that is freed", t->unlink_flow, NULL,
			 "gfn %#llx level %u: %#018llx was never removed",
			 (unsigned long long)table_entry_gfn(t, i), t->level, (unsigned long long)words[i]);
}

static void event(const struct m_event *ev)
{
	const struct chk_change *c = chk_change;

	switch (ev->type) {
	case EV_STORE:
		if (!c)
			break;
		check_well_formed(ev, c);
		check_frozen(ev, c);
		check_transition(ev, c);
		break;
	case EV_LOCK:
		lock_taken(ev);
		break;
	case EV_UNLOCK:
		lock_dropped(ev);
		break;
	case EV_PAGE_FREE:
		table_freed(ev);
		break;
	}
}

static void quiescent(void)
{
	for (unsigned int n = 0; n < tables_nr(); n++) {
		struct chk_table *t = table_at(n);

		if (t->life != CHK_LIVE)
			continue;
		for_each_touched(t, i) if (hw_table(t->pfn)[i] == SPTE_FROZEN_VALUE)
			chk_fail("SPTE-05", "SPTE left frozen", nr_frozen ? frozen[0].flow : NULL, NULL,
				 "gfn %#llx level %u is frozen and no thread is left",
				 (unsigned long long)table_entry_gfn(t, i), t->level);
	}
}

static void reset(void)
{
	nr_frozen = 0;
}

bool chk_frozen_by_other(unsigned int thread)
{
	for (unsigned int i = 0; i < nr_frozen; i++)
		if (frozen[i].thread != thread)
			return true;
	return false;
}

static const struct invariant invariants[] = {
	{"SPTE-01", "I5", "SPTE words are well-formed",
	 "A value stored into a linked table is empty, FROZEN, a TD's MMIO pattern (direct only), a table "
	 "SPTE with exactly "
	 "the bits of 1.3, or a leaf with legal reserved bits, PS, alignment, suppress-#VE and writable row.",
	 "A malformed SPTE delivers #VE, misconfigures EPT or grants what no rule granted.", "every store",
	 NEEDS_EVENTS},
	{"SPTE-02", "I6 X6", "SPTE transitions are legal",
	 "old -> new of a linked SPTE is legal in table 4.7 for its tree: no other pfn under a direct leaf, "
	 "no table to "
	 "table, no frozen direct SPTE; a present mirror SPTE only becomes empty, or is split under mmu_lock "
	 "write with "
	 "huge=rfc-v1.",
	 "Promotion, demotion and double mapping that the S-EPT cannot follow.", "every store", NEEDS_EVENTS},
	{"SPTE-03", "I7", "FROZEN has one owner",
	 "A frozen SPTE is replaced only by the thread that froze it; a thread that unlinks a table leaves "
	 "its slots FROZEN, "
	 "and they never change again.",
	 "Two threads finish the same update, or a mapping is installed in a table that nobody walks.",
	 "every store", NEEDS_EVENTS},
	{"SPTE-04", "I8", "a writer never sees FROZEN",
	 "No linked SPTE is FROZEN when mmu_lock is acquired for write.",
	 "Write-locked walkers take FROZEN for empty and skip what is behind it.",
	 "mmu_lock acquired for write", NEEDS_EVENTS},
	{"SPTE-05", "I9", "nothing stays frozen",
	 "A thread that drops mmu_lock has unfrozen every linked SPTE that it froze; none is FROZEN at "
	 "quiescence.",
	 "Only the owner may unfreeze: faults on the gfn retry for ever.", "mmu_lock released, quiescence",
	 NEEDS_EVENTS},
	{"LOST-01", "I10", "no SPTE is lost",
	 "A table that was linked is freed only when no present SPTE is left in it.",
	 "The mapping is never accounted nor flushed: a translation that nobody will ever zap.",
	 "table page freed", NEEDS_EVENTS},
};

const struct check_family check_spte = {
	.name = "spte",
	.invariants = invariants,
	.nr = ARRAY_SIZE(invariants),
	.reset = reset,
	.event = event,
	.events = BIT_ULL(EV_STORE) | BIT_ULL(EV_LOCK) | BIT_ULL(EV_UNLOCK) | BIT_ULL(EV_PAGE_FREE),
	.quiescent = quiescent,
};
