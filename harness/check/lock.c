/* SPDX-License-Identifier: GPL-2.0-only */
/* Lock discipline. Order, mode and ownership are checked by kapi at each acquisition; here: what a mode
 * allows. */
#include "harness/check/tables.h"

static void event(const struct m_event *ev)
{
	const struct chk_change *c = chk_change;

	if (!c || c->table->life != CHK_LIVE || c->was != SPTE_IS_LEAF || c->is != SPTE_IS_EMPTY)
		return;
	if (c->rollback || chk_exclusive(c->thread) || (!c->mirror && !c->root_valid))
		return;
	chk_fail("LOCK-02", "leaf removed without mmu_lock held for write", c->mirror ? "mirror" : "direct",
		 chk_flow(ev), "gfn %#llx level %u: %#018llx, thread %u holds mmu_lock %c",
		 (unsigned long long)c->gfn, c->level, (unsigned long long)c->old, c->thread,
		 chk_threads[c->thread].mmu_lock ?: '-');
}

static const struct invariant invariants[] = {
	{"LOCK-01", "I26", "locks are taken in order and held where they must be",
	 "Every acquisition has a larger class than each lock held; lockdep_assert_held*() and might_sleep() "
	 "hold. Raised by "
	 "kapi before the lock primitive is reached.",
	 "Deadlock, or two threads in a section that excludes them.", "every lock operation", NEEDS_EVENTS},
	{"LOCK-02", "I6 I26", "leafs are removed under mmu_lock write",
	 "A leaf of a valid direct root, or of a mirror root, becomes empty only while the thread holds "
	 "mmu_lock for write; a "
	 "whole table may be unlinked under read.",
	 "Removal SEAMCALLs race with installs; a concurrent fault sees an entry that is being blocked.",
	 "every store", NEEDS_EVENTS},
};

const struct check_family check_lock = {
	.name = "lock",
	.invariants = invariants,
	.nr = ARRAY_SIZE(invariants),
	.event = event,
	.events = BIT_ULL(EV_STORE),
};
