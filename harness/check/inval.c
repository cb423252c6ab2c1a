/* SPDX-License-Identifier: GPL-2.0-only */
/* Invalidation sections: balanced, and nothing is installed in one or after one from what was read before it.
 */
#include "harness/check/tables.h"
#include "model/kapi/lock.h"

static int open_sections;
static int open_by[CHK_THREADS];
static const char *opener[CHK_THREADS];

/*
 * What the open section of a thread is about: its range and which kind of mapping it takes away (1 private, 2
 * shared, as in EV_ZAP_RANGE). A huge leaf of the other kind may lie across its edge. 0: not told yet;
 * mmu_lock is held for write from the section's begin till then, but for a boundary split that allocates, and
 * that is for private leafs.
 */
static struct {
	gfn_t start, end;
	u8 kinds;
} about[CHK_THREADS];

static void section_range(const struct m_event *ev)
{
	unsigned int t = chk_tid(ev);

	if (ev->type == EV_ZAP_RANGE)
		about[t].kinds |= ev->d;
	about[t].start = min(about[t].start, ev->b);
	about[t].end = max(about[t].end, ev->c);
}

static void section(const struct m_event *ev)
{
	unsigned int t = chk_tid(ev);

	if (ev->type == EV_INVAL_BEGIN) {
		open_sections++;
		open_by[t]++;
		opener[t] = chk_flow(ev);
		if (open_by[t] == 1) {
			about[t].start = ~0ull;
			about[t].end = 0;
			about[t].kinds = 0;
		}
		return;
	}
	open_sections--;
	open_by[t]--;
	if (open_by[t] < 0)
		chk_fail("INV-01", "invalidation ended that was not begun", chk_flow(ev), NULL, "thread %u",
			 t);
}

/* The locks under which all three users of a section open and close it: slots_lock, invalidate_lock,
 * mmap_lock. */
static void unlock(const struct m_event *ev)
{
	unsigned int t = chk_tid(ev);

	if (open_by[t] > 0 &&
	    (ev->b == LC_SLOTS_LOCK || ev->b == LC_INVALIDATE_LOCK || ev->b == LC_MMAP_LOCK))
		chk_fail("INV-01", "invalidation never ended", opener[t], chk_flow(ev),
			 "thread %u leaves with %d open section(s): faults in the range retry for ever", t,
			 open_by[t]);
}

/* The section that takes away mappings of the kind of @c and whose edge lies inside @c. */
static bool straddled(const struct chk_change *c, unsigned int *thread)
{
	gfn_t leaf_end = c->gfn + hw_level_pages(c->level);

	for (unsigned int t = 0; t < CHK_THREADS; t++) {
		if (open_by[t] <= 0 ||
		    (about[t].kinds && !(about[t].kinds & (chk_private(c->table, c->new_) ? 1 : 2))))
			continue;
		*thread = t;
		if (c->gfn < about[t].end && leaf_end > about[t].start &&
		    (c->gfn < about[t].start || leaf_end > about[t].end))
			return true;
	}
	return false;
}

/*
 * The code under test looks at the faulting gfn only, and at one range for all sections. A leaf inside that
 * range should never have come so far; a huge leaf across an edge is judged by the section that the edge
 * belongs to.
 */
static void in_section(const struct m_event *ev, const struct chk_change *c, gfn_t start, gfn_t end)
{
	gfn_t leaf_end = c->gfn + hw_level_pages(c->level);
	const char *kind = chk_private(c->table, c->new_) ? "private" : "shared";
	unsigned int t;

	if (c->gfn >= start && leaf_end <= end)
		chk_fail("INV-02", "SPTE installed inside an open invalidation", chk_flow(ev), kind,
			 "gfn %#llx level %u, invalidated [%#llx, %#llx)", (unsigned long long)c->gfn,
			 c->level, (unsigned long long)start, (unsigned long long)end);
	else if (straddled(c, &t))
		chk_fail("HUGE-01", "illegal huge leaf", "straddles an open invalidation", chk_flow(ev),
			 "%s gfns [%#llx, %#llx), invalidated [%#llx, %#llx)", kind,
			 (unsigned long long)c->gfn, (unsigned long long)leaf_end,
			 (unsigned long long)about[t].start, (unsigned long long)about[t].end);
}

static void install(const struct m_event *ev, const struct chk_change *c)
{
	gfn_t start, end, last = hw_level_pages(c->level) - 1;
	bool private = chk_private(c->table, c->new_);
	pfn_t (*pfn_of)(gfn_t gfn), first_pfn, last_pfn;

	if (check_view->invalidate(&start, &end) > 0 && c->gfn < end && c->gfn + last >= start)
		in_section(ev, c, start, end);
	pfn_of = private ? check_view->gmem_pfn : check_view->user_pfn;
	first_pfn = pfn_of(c->gfn);
	last_pfn = pfn_of(c->gfn + last);
	if (first_pfn != spte_pfn(c->new_) || last_pfn != spte_pfn(c->new_) + last)
		chk_fail("INV-02", "SPTE installed that the host no longer backs", chk_flow(ev),
			 private ? "private" : "shared", "gfn %#llx level %u: pfn %#llx, host has %#llx",
			 (unsigned long long)c->gfn, c->level, (unsigned long long)spte_pfn(c->new_),
			 (unsigned long long)first_pfn);
}

static void event(const struct m_event *ev)
{
	const struct chk_change *c = chk_change;

	if (ev->type == EV_UNLOCK)
		unlock(ev);
	else if (ev->type == EV_INVAL_RANGE || ev->type == EV_ZAP_RANGE)
		section_range(ev);
	else if (ev->type != EV_STORE)
		section(ev);
	else if (c && chk_installs_leaf(c) && c->root_valid)
		install(ev, c);
}

static void quiescent(void)
{
	gfn_t start, end;
	int nr = check_view->invalidate(&start, &end);

	if (nr || open_sections)
		chk_fail("INV-01", "invalidation open at the end", NULL, NULL,
			 "in_progress %d, events say %d", nr, open_sections);
}

static void reset(void)
{
	open_sections = 0;
	for (unsigned int i = 0; i < CHK_THREADS; i++)
		open_by[i] = 0;
}

static const struct invariant invariants[] = {
	{"INV-01", "I17", "invalidations are balanced",
	 "Each end has a begin of the same thread, no thread releases slots_lock, invalidate_lock or "
	 "mmap_lock with a section "
	 "open, and mmu_invalidate_in_progress is 0 at quiescence.",
	 "Faults in the range retry for ever, or a negative count lets stale ones through.",
	 "begin, end, unlock, quiescence", NEEDS_EVENTS | NEEDS_INTERNALS},
	{"INV-02", "I18", "no install during an invalidation",
	 "When a leaf is installed no open invalidation range meets it, and the host (user memory or "
	 "guest_memfd) backs its "
	 "gfns with exactly those frames.",
	 "The guest gets a page that the host is about to reuse, after the zap that should have removed it.",
	 "leaf install", NEEDS_EVENTS | NEEDS_INTERNALS},
};

const struct check_family check_inval = {
	.name = "inval",
	.invariants = invariants,
	.nr = ARRAY_SIZE(invariants),
	.reset = reset,
	.event = event,
	.events = BIT_ULL(EV_STORE) | BIT_ULL(EV_UNLOCK) | BIT_ULL(EV_INVAL_BEGIN) | BIT_ULL(EV_INVAL_END) |
		  BIT_ULL(EV_INVAL_RANGE) | BIT_ULL(EV_ZAP_RANGE),
	.quiescent = quiescent,
};
