/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages of guests: given back only when nothing maps them. */
#include "harness/check/tables.h"
#include "model/seam/seam.h"

static const char *type_name(u64 type)
{
	return type == HW_GMEM ? "guest_memfd" : "user memory";
}

static bool overlaps(pfn_t a, u64 a_pages, pfn_t b, u64 b_pages)
{
	return a < b + b_pages && b < a + a_pages;
}

static void mapped(const struct m_event *ev, pfn_t pfn, u64 pages)
{
	if (!tables_may_map(pfn, pages))
		return;
	for (unsigned int n = 0; n < tables_nr(); n++) {
		struct chk_table *t = table_at(n);

		if (t->life != CHK_LIVE)
			continue;
		for_each_touched(t, i)
		{
			u64 spte = hw_table(t->pfn)[i];

			if (spte_kind(spte, t->level) == SPTE_IS_LEAF &&
			    overlaps(pfn, pages, spte_pfn(spte), hw_level_pages(t->level)))
				chk_fail("PAGE-01", "page freed while a SPTE maps it", type_name(ev->c),
					 chk_flow(ev), "pfn %#llx: %s gfn %#llx level %u: %#018llx",
					 (unsigned long long)pfn, t->mirror ? "mirror" : "direct",
					 (unsigned long long)table_entry_gfn(t, i), t->level,
					 (unsigned long long)spte);
		}
	}
}

/* An entry past its deadline may stay cached; using it is TLB-01. One that is not has not been zapped. */
static void cached(const struct m_event *ev, pfn_t pfn, u64 pages)
{
	for (unsigned int cpu = 0; cpu < hw_nr_cpus(); cpu++) {
		if (!hw_cpus[cpu].in_guest)
			continue;
		for (unsigned int i = 0; i < HW_TLB_ENTRIES; i++) {
			const struct hw_tlb_entry *e = &hw_cpus[cpu].tlb[i];

			if (e->valid && !e->psc && !e->dead && hw_gen(e->pfn) == e->gen &&
			    overlaps(pfn, pages, e->pfn, hw_level_pages(e->level)))
				chk_fail("PAGE-01", "page freed while a CPU in the guest can use it",
					 type_name(ev->c), chk_flow(ev),
					 "pfn %#llx: CPU %u caches gfn %#llx level %u",
					 (unsigned long long)pfn, cpu, (unsigned long long)e->gfn, e->level);
		}
	}
}

static void event(const struct m_event *ev)
{
	u64 pages = hw_level_pages(ev->b);

	if (ev->c != HW_USER && ev->c != HW_GMEM)
		return;
	mapped(ev, ev->a, pages);
	if (!check_view->bugged() && seam_owns(ev->a, pages))
		chk_fail("PAGE-01", "page freed while the TD owns it", type_name(ev->c), chk_flow(ev),
			 "pfn %#llx", (unsigned long long)ev->a);
	cached(ev, ev->a, pages);
}

static const struct invariant invariants[] = {
	{"PAGE-01", "I4 I24", "a freed page is nobody's",
	 "When a frame of guest_memfd or user memory is freed no SPTE of any linked table maps it, no CPU in "
	 "guest mode caches a "
	 "leaf for it whose removal has no passed deadline, and the module does not own it.",
	 "The next tenant of the page shares it with the guest; a host write to a private page is a machine "
	 "check.",
	 "page freed", NEEDS_TABLES | NEEDS_EVENTS},
};

const struct check_family check_page = {
	.name = "page",
	.invariants = invariants,
	.nr = ARRAY_SIZE(invariants),
	.event = event,
	.events = BIT_ULL(EV_PAGE_FREE),
};
