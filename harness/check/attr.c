/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory attributes: mappings agree with them, the MIXED bits too, and huge leafs lie within one attribute.
 */
#include <stdio.h>

#include "harness/check/tables.h"
#include "model/kapi/lock.h"

/*
 * Gfns whose attribute a thread has stored and whose MIXED bits have not been judged yet; contiguous per
 * call.
 * @in_section: INVAL_END has not come yet.
 */
static struct {
	gfn_t start, end;
	bool in_section;
} stored[CHK_THREADS];

#define MAX_EDGES 64
static gfn_t edges[MAX_EDGES]; /* where attributes changed in this run: first and one past last */
static unsigned int nr_edges;

static const char *kind(bool private)
{
	return private ? "private" : "shared";
}

/* Where a leaf of the kind that a gfn is not, with attribute @private, would be. */
static const volatile u64 *walk_other(bool private, gfn_t gfn, unsigned int *level)
{
	return tables_walk(!private && tables_shared_bit(), gfn, 1, level);
}

static void leaf_at(const char *when, gfn_t gfn, bool private, const struct m_event *ev)
{
	unsigned int level;
	const volatile u64 *entry = walk_other(private, gfn, &level);

	if (entry && spte_kind(*entry, level) == SPTE_IS_LEAF &&
	    (tables_shared_bit() || (hw_type(spte_pfn(*entry)) == HW_GMEM) != private))
		chk_fail("ATTR-01", when, kind(!private), chk_flow(ev),
			 "gfn %#llx is %s, but its %s SPTE at level %u is %#018llx", (unsigned long long)gfn,
			 kind(private), kind(!private), level, (unsigned long long)*entry);
}

static void attr_store(const struct m_event *ev)
{
	unsigned int t = chk_tid(ev);
	gfn_t gfn = ev->b;

	if (!stored[t].end) {
		stored[t].start = gfn;
		stored[t].end = gfn;
	}
	if (nr_edges < MAX_EDGES && (gfn != stored[t].end || gfn == stored[t].start))
		edges[nr_edges++] = gfn;
	stored[t].start = min(stored[t].start, gfn);
	stored[t].end = max(stored[t].end, gfn + 1);
	leaf_at("attribute changed under a leaf of the old kind", gfn, check_view->attr_private(gfn), ev);
}

/* Is a range of blocks of the level below uniform, by their MIXED bits and first gfns? */
static bool uniform_blocks(gfn_t gfn, unsigned int level)
{
	u64 step = hw_level_pages(level - 1);
	bool first = check_view->attr_private(gfn);

	for (unsigned int i = 0; i < hw_entries(); i++)
		if (check_view->attr_private(gfn + i * step) != first ||
		    (level > 2 && check_view->lpage_mixed(gfn + i * step, level - 1) == 1))
			return false;
	return true;
}

static void mixed_bit(gfn_t gfn, unsigned int level, gfn_t start, gfn_t end, const struct m_event *ev)
{
	gfn_t last = gfn + hw_level_pages(level) - 1;
	int mixed = check_view->lpage_mixed(gfn, level);
	bool uniform, inside = check_view->attr_private(start);

	if (mixed < 0)
		return;
	if ((gfn < start && check_view->attr_private(start - 1) != inside) ||
	    (last >= end && check_view->attr_private(end) != inside))
		uniform = false; /* differs right at the edge: no need to look at the rest */
	else
		uniform = uniform_blocks(gfn, level);
	if (uniform != !mixed)
		chk_fail("ATTR-02",
			 mixed ? "MIXED set over uniform attributes" : "MIXED clear over mixed attributes",
			 chk_flow(ev), NULL, "gfn %#llx level %u, attributes of [%#llx, %#llx) were set",
			 (unsigned long long)gfn, level, (unsigned long long)start, (unsigned long long)end);
}

/* The huge ranges at both ends of what was set: those between are covered whole and checked by their first
 * gfn. */
static void mixed_bits(gfn_t start, gfn_t end, const struct m_event *ev)
{
	for (unsigned int level = 2; level <= 3; level++) {
		gfn_t head = hw_gfn_round(start, level), tail = hw_gfn_round(end - 1, level);

		mixed_bit(head, level, start, end, ev);
		if (tail != head)
			mixed_bit(tail, level, start, end, ev);
	}
}

/* The section of mmu_lock in which the invalidation ended is over: a fault sees neither from now on. */
static void post_done(const struct m_event *ev)
{
	unsigned int t = chk_tid(ev);

	if (ev->type == EV_UNLOCK && (ev->b != LC_MMU_LOCK || !ev->c || stored[t].in_section))
		return;
	if (!stored[t].end)
		return;
	mixed_bits(stored[t].start, stored[t].end, ev);
	stored[t].end = 0;
}

static void attr_done(const struct m_event *ev)
{
	for (gfn_t gfn = ev->b; gfn < ev->c;) {
		bool private = check_view->attr_private(gfn);
		unsigned int level = 0;

		leaf_at("leaf of the wrong kind after a conversion", gfn, private, ev);
		if (!walk_other(private, gfn, &level))
			break;
		gfn = hw_gfn_round(gfn, level) + hw_level_pages(level);
	}
	post_done(ev);
}

/* Every gfn in the narrow geometry; else each 32nd, the ends, and both sides of every edge that this run
 * made. */
static bool uniform(gfn_t gfn, u64 pages)
{
	bool first = check_view->attr_private(gfn);
	u64 step = pages <= 64 ? 1 : pages / 16;

	for (u64 i = 1; i < pages; i += step)
		if (check_view->attr_private(gfn + i) != first)
			return false;
	for (unsigned int i = 0; i < nr_edges; i++)
		if (edges[i] > gfn && edges[i] < gfn + pages &&
		    (check_view->attr_private(edges[i]) != first ||
		     check_view->attr_private(edges[i] - 1) != first))
			return false;
	return check_view->attr_private(gfn + pages - 1) == first;
}

static void huge(const struct m_event *ev, const struct chk_change *c)
{
	u64 pages = hw_level_pages(c->level);
	const struct subject_slot *slot = check_view->slot_of(c->gfn);
	const char *why = NULL;

	if (!slot || c->gfn + pages > slot->base + slot->npages)
		why = "outside its slot";
	else if (check_view->lpage_mixed(c->gfn, c->level) == 1)
		why = "over mixed attributes";
	else if (!uniform(c->gfn, pages))
		why = "over attributes that differ";
	if (why)
		chk_fail("HUGE-01", "illegal huge leaf", why, chk_flow(ev), "gfn %#llx level %u: %#018llx",
			 (unsigned long long)c->gfn, c->level, (unsigned long long)c->new_);
}

static void install(const struct m_event *ev, const struct chk_change *c)
{
	bool private = chk_private(c->table, c->new_);

	if (check_view->attr_private(c->gfn) != private)
		chk_fail("ATTR-01", "leaf installed against the attribute", kind(private), chk_flow(ev),
			 "gfn %#llx level %u is %s", (unsigned long long)c->gfn, c->level, kind(!private));
	if (c->level > 1)
		huge(ev, c);
}

static void event(const struct m_event *ev)
{
	switch (ev->type) {
	case EV_STORE:
		if (chk_change && chk_installs_leaf(chk_change) && chk_change->root_valid)
			install(ev, chk_change);
		break;
	case EV_INVAL_BEGIN:
		stored[chk_tid(ev)].in_section = true;
		break;
	case EV_INVAL_END:
		stored[chk_tid(ev)].in_section = false;
		break;
	case EV_ATTR_STORE:
		attr_store(ev);
		break;
	case EV_ATTR_DONE:
		attr_done(ev);
		break;
	case EV_UNLOCK:
		post_done(ev);
		break;
	}
}

/* Only leafs that were stored in this run; the MIXED bits around them. */
static void quiescent(void)
{
	for (unsigned int n = 0; n < tables_nr(); n++) {
		struct chk_table *t = table_at(n);

		if (t->life != CHK_LIVE)
			continue;
		for_each_touched(t, i)
		{
			gfn_t gfn = table_entry_gfn(t, i);
			u64 spte = hw_table(t->pfn)[i];
			bool private = chk_private(t, spte);

			if (spte_kind(spte, t->level) == SPTE_IS_LEAF &&
			    check_view->attr_private(gfn) != private)
				chk_fail("ATTR-01", "leaf of the wrong kind at quiescence", kind(private),
					 NULL, "gfn %#llx level %u", (unsigned long long)gfn, t->level);
		}
	}
}

static void reset(void)
{
	for (unsigned int i = 0; i < CHK_THREADS; i++) {
		stored[i].end = 0;
		stored[i].in_section = false;
	}
	nr_edges = 0;
}

static const struct invariant invariants[] = {
	{"ATTR-01", "I19", "mappings agree with attributes",
	 "A leaf of the mirror root is installed, and present when the gfn's attribute is stored, at the end "
	 "of a conversion "
	 "and at quiescence, only if the attribute is private; a leaf of a direct root only if it is shared; "
	 "where there is no mirror root, a "
	 "leaf of guest_memfd is a private one.",
	 "The guest reads through one alias what the host believes to be the other.",
	 "leaf install, attribute store, end of conversion, quiescence", NEEDS_TABLES | NEEDS_EVENTS},
	{"ATTR-02", "I20", "MIXED bits are right",
	 "When the mmu_lock section that ends a conversion is left, the MIXED bit of each 2M and 1G range "
	 "that the converted "
	 "range straddles, and that lies in one slot, is set iff the attributes in it differ.",
	 "The next fault maps a huge page over both kinds.", "end of conversion",
	 NEEDS_EVENTS | NEEDS_INTERNALS},
	{"HUGE-01", "I21 X5", "huge leafs are legal",
	 "A huge leaf is installed only inside one slot, not across the edge of an open invalidation, with "
	 "MIXED clear, over uniform attributes (each gfn "
	 "in the narrow "
	 "geometry; a sample and every edge made in the run in the wide one).",
	 "A private page becomes reachable through a shared mapping or the reverse.", "leaf install above 4K",
	 NEEDS_EVENTS | NEEDS_INTERNALS},
};

const struct check_family check_attr = {
	.name = "attr",
	.invariants = invariants,
	.nr = ARRAY_SIZE(invariants),
	.reset = reset,
	.event = event,
	.events = BIT_ULL(EV_STORE) | BIT_ULL(EV_UNLOCK) | BIT_ULL(EV_INVAL_BEGIN) | BIT_ULL(EV_INVAL_END) |
		  BIT_ULL(EV_ATTR_STORE) | BIT_ULL(EV_ATTR_DONE),
	.quiescent = quiescent,
};
