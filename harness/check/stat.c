/* SPDX-License-Identifier: GPL-2.0-only */
/* What KVM says of itself: statistics, warnings, and VMs that it gives up. */
#include "harness/check/tables.h"

static void event(const struct m_event *ev)
{
	const char *func = ev->site ? ev->site->func : "?";

	if (ev->type == EV_WARN)
		chk_fail("VM-01", "WARN", func, (const char *)(uintptr_t)ev->a, "in %s", chk_flow(ev));
	else
		chk_fail("VM-01", "VM bugged", ev->b ? (const char *)(uintptr_t)ev->b : func,
			 (const char *)(uintptr_t)ev->c, "in %s", chk_flow(ev));
}

static void quiescent(void)
{
	u64 leafs[HW_MAX_LEVEL + 1] = {0};

	tables_sync();
	for (unsigned int n = 0; n < tables_nr(); n++) {
		struct chk_table *t = table_at(n);

		if (t->life != CHK_LIVE)
			continue;
		for_each_touched(t, i) if (spte_kind(hw_table(t->pfn)[i], t->level) == SPTE_IS_LEAF)
			leafs[t->level]++;
	}
	for (unsigned int level = 1; level <= 3; level++)
		if (check_view->pages_stat(level) != leafs[level])
			chk_fail("STAT-01", "page statistics are wrong",
				 level == 1   ? "4K"
				 : level == 2 ? "2M"
					      : "1G",
				 NULL, "counter %lld, leafs present %llu",
				 (long long)check_view->pages_stat(level), (unsigned long long)leafs[level]);
}

static const struct invariant invariants[] = {
	{"STAT-01", "I13", "page statistics are right",
	 "At quiescence pages_4k, pages_2m and pages_1g equal the present leafs of each level over all "
	 "roots.",
	 "An install or removal was accounted twice, or never: often the only trace of a lost update.",
	 "quiescence", NEEDS_TABLES | NEEDS_INTERNALS},
	{"VM-01", "I42", "KVM neither warns nor gives up",
	 "No WARN fires and no VM is bugged, without a forced fault.",
	 "KVM has met a state that it believes impossible; a bugged VM is dead.", "WARN, KVM_BUG_ON",
	 NEEDS_EVENTS},
	{"BUG-01", "8", "the host does not panic", "No BUG() fires; raised by kapi.",
	 "KVM has met a state after which it will not go on: the host is down.", "BUG_ON", NEEDS_EVENTS},
};

const struct check_family check_stat = {
	.name = "stat",
	.invariants = invariants,
	.nr = ARRAY_SIZE(invariants),
	.event = event,
	.events = BIT_ULL(EV_WARN) | BIT_ULL(EV_VM_BUGGED),
	.quiescent = quiescent,
};
