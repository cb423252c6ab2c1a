/* SPDX-License-Identifier: GPL-2.0-only */
/* Flush discipline: who removes, flushes before it lets others run. Mirror leafs are covered by BLOCK and
 * TRACK. */
#include "harness/check/tables.h"
#include "model/kapi/lock.h"

/* Flow of the last removal without a flush after it; NULL = nothing owed. */
static const char *owes[CHK_THREADS];
static gfn_t owed_gfn[CHK_THREADS];

static bool needs_flush(const struct chk_change *c)
{
	if (c->was == SPTE_IS_TABLE)
		return c->is != SPTE_IS_TABLE;
	if (c->was != SPTE_IS_LEAF || c->is == SPTE_IS_TABLE)
		return false;
	return c->is != SPTE_IS_LEAF || ((c->old & SPTE_MMU_WRITABLE) && !(c->new_ & SPTE_MMU_WRITABLE));
}

static void dropped(const struct m_event *ev, const char *how)
{
	unsigned int t = chk_tid(ev);

	if (!owes[t])
		return;
	chk_fail("FLUSH-01", "mmu_lock dropped with a flush pending", owes[t], how,
		 "thread %u removed gfn %#llx of a valid root and has not flushed since", t,
		 (unsigned long long)owed_gfn[t]);
}

static void event(const struct m_event *ev)
{
	const struct chk_change *c = chk_change;

	switch (ev->type) {
	case EV_STORE:
		if (c && chk_live_direct(c) && needs_flush(c)) {
			owes[c->thread] = chk_flow(ev);
			owed_gfn[c->thread] = c->gfn;
		}
		break;
	case EV_FLUSH_REMOTE:
		owes[chk_tid(ev)] = NULL;
		break;
	case EV_YIELD:
		dropped(ev, "yield");
		break;
	case EV_UNLOCK:
		if (ev->b == LC_MMU_LOCK)
			dropped(ev, "unlock");
		break;
	}
}

static void reset(void)
{
	for (unsigned int i = 0; i < CHK_THREADS; i++)
		owes[i] = NULL;
}

static const struct invariant invariants[] = {
	{"FLUSH-01", "I27 I28", "no flush is pending when mmu_lock is dropped",
	 "A thread that yields or releases mmu_lock, and has removed a leaf, write permission or a table of "
	 "a valid direct root, "
	 "has completed a remote flush after the last removal.",
	 "Others act on the removal while vCPUs still use the old translation.", "yield, mmu_lock released",
	 NEEDS_EVENTS},
};

const struct check_family check_flush = {
	.name = "flush",
	.invariants = invariants,
	.nr = ARRAY_SIZE(invariants),
	.reset = reset,
	.event = event,
	.events = BIT_ULL(EV_STORE) | BIT_ULL(EV_FLUSH_REMOTE) | BIT_ULL(EV_YIELD) | BIT_ULL(EV_UNLOCK),
};
