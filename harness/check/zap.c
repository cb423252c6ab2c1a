/* SPDX-License-Identifier: GPL-2.0-only */
/* What is zapped is what was asked for. A private page that is zapped too much loses its contents. */
#include "harness/check/tables.h"

#define ZAP_PRIVATE 1

/* What the thread has been asked to unmap in its open section; @end == 0: nothing. */
static struct {
	gfn_t start, end;
	u64 kinds;
} asked[CHK_THREADS];

static void removed(const struct m_event *ev, const struct chk_change *c)
{
	unsigned int t = c->thread;
	gfn_t end = c->gfn + hw_level_pages(c->level);

	if (asked[t].kinds & ZAP_PRIVATE && c->gfn >= asked[t].start && end <= asked[t].end)
		return;
	chk_fail("ZAP-01", "private leaf zapped outside the requested range", c->level > 1 ? "huge" : "4K",
		 chk_flow(ev),
		 "gfns [%#llx, %#llx) removed, [%#llx, %#llx) asked for: the guest's data is lost",
		 (unsigned long long)c->gfn, (unsigned long long)end, (unsigned long long)asked[t].start,
		 (unsigned long long)asked[t].end);
}

static void event(const struct m_event *ev)
{
	const struct chk_change *c = chk_change;
	unsigned int t = chk_tid(ev);

	switch (ev->type) {
	case EV_STORE:
		if (c && c->mirror && !c->rollback && c->table->life == CHK_LIVE && c->was == SPTE_IS_LEAF &&
		    c->is == SPTE_IS_EMPTY)
			removed(ev, c);
		break;
	case EV_ZAP_RANGE:
		asked[t].start = ev->b;
		asked[t].end = ev->c;
		asked[t].kinds = ev->d;
		break;
	case EV_INVAL_END:
		asked[t].end = 0;
		asked[t].kinds = 0;
		break;
	}
}

static void reset(void)
{
	for (unsigned int i = 0; i < CHK_THREADS; i++) {
		asked[i].end = 0;
		asked[i].kinds = 0;
	}
}

static const struct invariant invariants[] = {
	{"ZAP-01", "I25 I41 X1", "no private leaf is zapped that was not asked for",
	 "A mirror leaf is removed only by a thread that was asked, by a conversion to shared or a punched "
	 "hole, to unmap private "
	 "gfns that contain the whole leaf.",
	 "A zapped private page comes back zeroed and unaccepted: the guest's data is gone.",
	 "mirror leaf removed", NEEDS_EVENTS},
};

const struct check_family check_zap = {
	.name = "zap",
	.invariants = invariants,
	.nr = ARRAY_SIZE(invariants),
	.reset = reset,
	.event = event,
	.events = BIT_ULL(EV_STORE) | BIT_ULL(EV_ZAP_RANGE) | BIT_ULL(EV_INVAL_END),
};
