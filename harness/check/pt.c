/* SPDX-License-Identifier: GPL-2.0-only */
/* Page-table pages: nobody may still be able to walk one that is freed. */
#include "harness/check/tables.h"

static void table_freed(const struct m_event *ev)
{
	for (unsigned int cpu = 0; cpu < hw_nr_cpus(); cpu++) {
		if (!hw_cpus[cpu].in_guest)
			continue;
		for (unsigned int i = 0; i < HW_TLB_ENTRIES; i++) {
			const struct hw_tlb_entry *e = &hw_cpus[cpu].tlb[i];
			struct chk_table *t;

			if (!e->valid || !e->psc || e->pfn != ev->a || e->gen != hw_gen(e->pfn))
				continue;
			t = table_find(ev->a);
			chk_fail("PT-02", "table freed under a usable paging-structure entry",
				 t ? t->unlink_flow : NULL, NULL,
				 "CPU %u is in the guest and caches gfn %#llx level %u -> table %#llx", cpu,
				 (unsigned long long)e->gfn, e->level, (unsigned long long)ev->a);
		}
	}
}

static void event(const struct m_event *ev)
{
	struct chk_table *t;

	if (ev->type == EV_PAGE_FREE) {
		if (ev->c == HW_TABLE || ev->c == HW_SEPT)
			table_freed(ev);
		return;
	}
	t = table_find(ev->b);
	chk_fail("PT-02", "processor walked a freed table", t ? t->unlink_flow : NULL, NULL,
		 "CPU %u, table %#llx", (unsigned int)ev->a, (unsigned long long)ev->b);
}

static const struct invariant invariants[] = {
	{"PT-01", "I3", "software never reads a freed table",
	 "No walker of KVM reads an entry of a page-table page that has been freed. Raised by kapi at the "
	 "read.",
	 "The walker follows, or changes, words of the page's next owner.", "every table read", NEEDS_EVENTS},
	{"PT-02", "I3 S-psc", "hardware never reads a freed table",
	 "No walk reads a freed table; none starts from a paging-structure entry whose table was unlinked "
	 "and whose deadline (D2) "
	 "has passed; no CPU in guest mode caches a pointer to a table when it is freed.",
	 "The processor takes the next owner's data for translations.", "walks, table page freed",
	 NEEDS_EVENTS},
};

const struct check_family check_pt = {
	.name = "pt",
	.invariants = invariants,
	.nr = ARRAY_SIZE(invariants),
	.event = event,
	.events = BIT_ULL(EV_PAGE_FREE) | BIT_ULL(EV_WALK_FREED),
};
