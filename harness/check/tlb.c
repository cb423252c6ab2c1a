/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stale translations. A removal by a thread is pending until its deadline (spec 9.0: D1 the release of
 * mmu_lock by a writer, D2 the end of the RCU section of a reader that unlinks a table, D6 a successful
 * PAGE.REMOVE); then every cached translation that the tables no longer give is marked dead, with who removed
 * it. Entries may stay cached after that: a vCPU outside the guest flushes before it enters. They must not be
 * used.
 */
#include "harness/check/tables.h"
#include "model/kapi/lock.h"
#include "model/seam/seam.h"

#define MAX_PENDING 32

/* @start, @end: gfns with the shared bit, as the TLB has them. */
struct removal {
	gfn_t start, end;
	const char *flow;
	struct m_site *site;
	bool exclusive; /* D1, else D2 */
};

static struct {
	struct removal list[MAX_PENDING];
	unsigned int nr;
} pending[CHK_THREADS];

/* Who removed what the dead entry in a slot of a TLB translated. */
static const char *killer[HW_MAX_CPUS][HW_TLB_ENTRIES];

static void remove_note(const struct m_event *ev, const struct chk_change *c)
{
	struct removal r = {.start = c->gfn | c->table->shared_bit, .flow = chk_flow(ev), .site = ev->site};
	unsigned int t = c->thread;

	r.end = r.start + hw_level_pages(c->level);
	r.exclusive = chk_exclusive(t);
	if (pending[t].nr ==
	    MAX_PENDING) { /* as one range: entries that are still mapped are told apart later */
		struct removal *last = &pending[t].list[MAX_PENDING - 1];

		last->start = min(last->start, r.start);
		last->end = max(last->end, r.end);
		return;
	}
	pending[t].list[pending[t].nr++] = r;
}

static bool removes(const struct chk_change *c)
{
	if (c->was == SPTE_IS_TABLE)
		return c->is != SPTE_IS_TABLE || spte_pfn(c->old) != spte_pfn(c->new_);
	if (c->was != SPTE_IS_LEAF)
		return false;
	return c->is != SPTE_IS_TABLE && (c->is != SPTE_IS_LEAF || spte_pfn(c->old) != spte_pfn(c->new_));
}

/*
 * Do the tables give the translation that @e holds of @gfn, a frame that it covers? @level: of the entry that
 * says so. Frame by frame: a huge entry outlives a split, after which a part of it can be removed.
 */
static bool shared_current(const struct hw_tlb_entry *e, gfn_t gfn, unsigned int *level)
{
	const volatile u64 *entry = tables_walk(false, gfn & ~tables_shared_bit(), 1, level);

	return entry && spte_kind(*entry, *level) == SPTE_IS_LEAF &&
	       spte_pfn(*entry) + (gfn & (hw_level_pages(*level) - 1)) == e->pfn + (gfn - e->gfn);
}

static bool private_current(const struct hw_tlb_entry *e, gfn_t gfn, unsigned int *level)
{
	const volatile u64 *entry;

	*level = 1;
	entry = seam_peek(0, gfn, level);
	return entry && sept_entry_state(*entry) == SEPT_MAPPED &&
	       spte_pfn(*entry) + (gfn & (hw_level_pages(*level) - 1)) == e->pfn + (gfn - e->gfn);
}

static bool leads_to_table(const struct hw_tlb_entry *e, bool private)
{
	unsigned int level = e->level;
	const volatile u64 *entry;
	struct chk_table *t;

	if (!private) {
		t = table_find(e->pfn);
		return t && t->life == CHK_LIVE;
	}
	entry = seam_peek(0, e->gfn, &level);
	return entry && sept_entry_state(*entry) == SEPT_NL_MAPPED && spte_pfn(*entry) == e->pfn;
}

/* Is @e still what the tables give, as far as @r goes? */
static bool still_current(const struct hw_tlb_entry *e, const struct removal *r, bool private)
{
	gfn_t end = min(e->gfn + hw_level_pages(e->level), r->end);
	unsigned int level;

	if (e->psc)
		return leads_to_table(e, private);
	for (gfn_t gfn = max(e->gfn, r->start); gfn < end;
	     gfn = hw_gfn_round(gfn, level) + hw_level_pages(level))
		if (!(private ? private_current(e, gfn, &level) : shared_current(e, gfn, &level)))
			return false;
	return true;
}

/*
 * Past D1 or D6 a CPU in the guest has no such entry: it has been waited for, and flushes before it enters
 * again. (Past D2 that is left to the use of the entry and to the free of the table, which say what came of
 * it.)
 */
static void usable(const struct removal *r, unsigned int cpu, const struct hw_tlb_entry *e)
{
	if (e->psc)
		return;
	chk_fail("TLB-01", "stale leaf usable after zap", r->flow, NULL,
		 "CPU %u is in the guest and caches gfn %#llx level %u -> pfn %#llx, filled from %#018llx",
		 cpu, (unsigned long long)e->gfn, e->level, (unsigned long long)e->pfn,
		 (unsigned long long)e->value);
}

static void kill_range(const struct removal *r, bool private)
{
	for (unsigned int cpu = 0; cpu < hw_nr_cpus(); cpu++)
		for (unsigned int i = 0; i < HW_TLB_ENTRIES; i++) {
			struct hw_tlb_entry *e = &hw_cpus[cpu].tlb[i];

			if (!e->valid || e->dead || e->gfn >= r->end ||
			    e->gfn + hw_level_pages(e->level) <= r->start)
				continue;
			if (still_current(e, r, private))
				continue;
			e->dead = true;
			e->dead_site = r->site;
			killer[cpu][i] = r->flow;
			if (hw_cpus[cpu].in_guest && r->exclusive)
				usable(r, cpu, e);
		}
}

/* The deadline of what @thread has removed; @all: of what it removed as a writer too. */
static void deadline(unsigned int thread, bool all)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < pending[thread].nr; i++) {
		struct removal *r = &pending[thread].list[i];

		if (all || !r->exclusive)
			kill_range(r, false);
		else
			pending[thread].list[kept++] = *r;
	}
	pending[thread].nr = kept;
}

/* After it the page or table that was mapped is somebody else's, or mapped in another way. */
static bool retires_mapping(u64 leaf)
{
	return leaf == TDH_MEM_PAGE_REMOVE || leaf == TDH_MEM_PAGE_DEMOTE || leaf == TDH_MEM_PAGE_PROMOTE ||
	       leaf == TDH_MEM_PAGE_RELOCATE || leaf == TDH_MEM_SEPT_REMOVE;
}

static void seamcall(const struct m_event *ev)
{
	gfn_t gfn = (ev->c & SPTE_ADDR) >> PAGE_SHIFT;
	struct removal r = {.start = gfn, .exclusive = true, .flow = chk_flow(ev), .site = ev->site};

	if (ev->b != TDX_SUCCESS || !retires_mapping(ev->a))
		return;
	r.end = gfn + hw_level_pages((ev->c & 7) + 1);
	kill_range(&r, true);
}

static void use(const struct m_event *ev)
{
	struct hw_tlb_entry *e = (struct hw_tlb_entry *)(uintptr_t)ev->b;
	const char *how = ev->d ? "guest write" : "guest read";
	unsigned int slot = e - hw_cpus[ev->a].tlb;

	if (e->dead && e->psc)
		chk_fail("PT-02", "stale paging-structure entry used after zap", killer[ev->a][slot], how,
			 "CPU %u: gfn %#llx level %u -> table %#llx", (unsigned int)ev->a,
			 (unsigned long long)e->gfn, e->level, (unsigned long long)e->pfn);
	else if (e->dead)
		chk_fail("TLB-01", "stale leaf used after zap", killer[ev->a][slot], how,
			 "CPU %u: gfn %#llx level %u -> pfn %#llx, filled from %#018llx", (unsigned int)ev->a,
			 (unsigned long long)e->gfn, e->level, (unsigned long long)e->pfn,
			 (unsigned long long)e->value);
	else if (!e->psc && hw_gen(e->pfn) != e->gen)
		chk_fail("TLB-01", "leaf used after its frame was freed", how, NULL,
			 "CPU %u: gfn %#llx level %u -> pfn %#llx, generation %u, now %u",
			 (unsigned int)ev->a, (unsigned long long)e->gfn, e->level,
			 (unsigned long long)e->pfn, e->gen, hw_gen(e->pfn));
}

static void event(const struct m_event *ev)
{
	const struct chk_change *c = chk_change;

	switch (ev->type) {
	case EV_STORE:
		if (c && chk_live_direct(c) && removes(c))
			remove_note(ev, c);
		break;
	case EV_YIELD:
		deadline(chk_tid(ev), true);
		break;
	case EV_UNLOCK:
		if (ev->b == LC_MMU_LOCK)
			deadline(chk_tid(ev), true);
		break;
	case EV_RCU_UNLOCK:
		deadline(chk_tid(ev), false);
		break;
	case EV_SEAMCALL:
		seamcall(ev);
		break;
	case EV_TLB_FILL:
		((struct hw_tlb_entry *)(uintptr_t)ev->b)->dead = false;
		break;
	case EV_TLB_USE:
		use(ev);
		break;
	}
}

static void reset(void)
{
	for (unsigned int i = 0; i < CHK_THREADS; i++)
		pending[i].nr = 0;
}

static const struct invariant invariants[] = {
	{"TLB-01", "I1 M5", "no stale leaf is used",
	 "A guest access never goes through a cached leaf that the tables did not give any more when the "
	 "deadline of its removal "
	 "passed (D1 mmu_lock released by the zapping writer, D2 RCU section of the unlinking reader left, "
	 "D6 PAGE.REMOVE "
	 "succeeded), nor to a frame that was freed since the fill.",
	 "The guest reads or writes a page that belongs to somebody else.",
	 "every guest access through the TLB", NEEDS_TABLES | NEEDS_EVENTS},
};

const struct check_family check_tlb = {
	.name = "tlb",
	.invariants = invariants,
	.nr = ARRAY_SIZE(invariants),
	.reset = reset,
	.event = event,
	.events = BIT_ULL(EV_STORE) | BIT_ULL(EV_YIELD) | BIT_ULL(EV_UNLOCK) | BIT_ULL(EV_RCU_UNLOCK) |
		  BIT_ULL(EV_SEAMCALL) | BIT_ULL(EV_TLB_FILL) | BIT_ULL(EV_TLB_USE),
};
