/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Progress of faults. A round that fails because of somebody else (an open invalidation, a frozen SPTE, a
 * busy SEAMCALL), or between which others do anything at all, is charged to them and not counted: what they
 * are about to do may be what this vCPU waits for, and an unfair schedule is no bug. What is left is a vCPU
 * that goes round alone. Threads that keep each other going for ever are the engine's verdict (livelock, step
 * limit).
 */
#include "harness/check/tables.h"
#include "model/seam/seam.h"

#define MAX_ROUNDS                                                                                           \
	40 /* 2 x levels + vCPUs is what the spec expects; far above, and below the engine's step limit */
#define MAX_IDLE_ROUNDS 200 /* others act, but change nothing: they may be going round like this vCPU */
#define MAX_VCPUS 8
#define SEPT_LOCK_BITS                                                                                       \
	(BIT_ULL(11) | BIT_ULL(52)) /* TDEL, host priority: an attempt leaves no more than these */

static struct {
	gpa_t gpa;
	unsigned int rounds, idle_rounds;
	unsigned int outside; /* rounds since it last left the guest: since it was in it, that is */
	u64 seen, seen_stores; /* what others had done, and changed, when the last round ended */
} vcpus[MAX_VCPUS];

/* What was done so far, in all and by each thread. */
static u64 changes, changes_by[CHK_THREADS];
/* The same for changes of tables, attributes and invalidation sections only. */
static u64 stores, stores_by[CHK_THREADS];

static bool charged_to_others(const struct m_event *ev, gfn_t gfn)
{
	gfn_t start, end;

	if (check_view->invalidate(&start, &end) > 0 && gfn >= start && gfn < end)
		return true;
	return chk_frozen_by_other(chk_tid(ev));
}

/*
 * What the rounds were about. A fault that is found resolved each time, although the guest never ran in
 * between, is the module's answer to too many faults at one instruction (zero-step filter).
 */
static const char *title(unsigned int v, s64 ret)
{
	enum { RET_PF_SPURIOUS = 6 };

	if (vcpus[v].outside > MAX_ROUNDS / 2 && ret == RET_PF_SPURIOUS)
		return "vCPU is held out of the guest by the zero-step filter";
	return "vCPU makes no progress";
}

static void fault_round(const struct m_event *ev)
{
	unsigned int v = ev->a % MAX_VCPUS, t = chk_tid(ev);
	gfn_t gfn = (ev->b >> PAGE_SHIFT) & ~tables_shared_bit();
	u64 by_others = changes - changes_by[t], stores_by_others = stores - stores_by[t];

	if (vcpus[v].gpa != ev->b || vcpus[v].seen != by_others || (s64)ev->c < 0)
		vcpus[v].rounds = 0;
	if (vcpus[v].gpa != ev->b || vcpus[v].seen_stores != stores_by_others || (s64)ev->c < 0)
		vcpus[v].idle_rounds = 0;
	vcpus[v].outside++;
	vcpus[v].gpa = ev->b;
	vcpus[v].seen = by_others;
	vcpus[v].seen_stores = stores_by_others;
	if ((s64)ev->c < 0 || charged_to_others(ev, gfn))
		return;
	if (++vcpus[v].rounds > MAX_ROUNDS || ++vcpus[v].idle_rounds > MAX_IDLE_ROUNDS)
		chk_fail("PROG-01", title(v, ev->c), chk_flow(ev), NULL,
			 "vCPU %u: %u rounds for gpa %#llx, last returned %lld, and nobody else has changed "
			 "anything",
			 v, max(vcpus[v].rounds, vcpus[v].idle_rounds), (unsigned long long)ev->b,
			 (long long)ev->c);
}

static void change_by(const struct m_event *ev)
{
	changes++;
	changes_by[chk_tid(ev)]++;
}

static void store_by(const struct m_event *ev)
{
	stores++;
	stores_by[chk_tid(ev)]++;
	change_by(ev);
}

static bool is_lock_only(const struct m_event *ev)
{
	return !((ev->b ^ ev->c) & ~SEPT_LOCK_BITS) &&
	       hw_type(hw_table_pfn((const u64 *)(uintptr_t)ev->a)) == HW_SEPT;
}

static void event(const struct m_event *ev)
{
	switch (ev->type) {
	case EV_FAULT_ROUND:
		fault_round(ev);
		break;
	case EV_STORE:
		if (ev->b == ev->c)
			break;
		if (is_lock_only(ev))
			change_by(ev);
		else
			store_by(ev);
		break;
	case EV_INVAL_BEGIN:
	case EV_INVAL_END:
	case EV_ATTR_STORE:
		store_by(ev);
		break;
	case EV_SEAMCALL:
		if ((ev->b & TDX_STATUS_MASK) == TDX_OPERAND_BUSY) /* somebody holds a lock of the module */
			changes++;
		change_by(ev);
		break;
	case EV_GUEST_READ:
	case EV_GUEST_WRITE:
	case EV_GUEST_ACCEPT:
		vcpus[ev->a % MAX_VCPUS].rounds = 0;
		vcpus[ev->a % MAX_VCPUS].idle_rounds = 0;
		change_by(ev);
		break;
	case EV_GUEST_EXIT:
		vcpus[ev->a % MAX_VCPUS].outside = 0;
		break;
	default:
		change_by(ev);
	}
}

static void reset(void)
{
	changes = stores = 0;
	for (unsigned int i = 0; i < CHK_THREADS; i++)
		changes_by[i] = stores_by[i] = 0;
	for (unsigned int i = 0; i < MAX_VCPUS; i++)
		vcpus[i].rounds = vcpus[i].idle_rounds = vcpus[i].outside = 0;
}

static const struct invariant invariants[] = {
	{"PROG-01", "I29 X4", "a fault makes progress",
	 "A vCPU does not go through more than 40 fault rounds for one gpa without completing an "
	 "instruction, counting only rounds "
	 "that no other thread's activity, open invalidation, frozen SPTE or busy SEAMCALL explains; nor "
	 "through more than "
	 "200 while others act and change no table, attribute or invalidation section.",
	 "Endless EPT violations: the vCPU hangs, burning a CPU.", "every fault round", NEEDS_EVENTS},
};

const struct check_family check_progress = {
	.name = "progress",
	.invariants = invariants,
	.nr = ARRAY_SIZE(invariants),
	.reset = reset,
	.event = event,
	.other_stores = true,
	.events = BIT_ULL(EV_FAULT_ROUND) | BIT_ULL(EV_GUEST_EXIT) | BIT_ULL(EV_STORE) |
		  BIT_ULL(EV_SEAMCALL) | BIT_ULL(EV_GUEST_READ) | BIT_ULL(EV_GUEST_WRITE) |
		  BIT_ULL(EV_GUEST_ACCEPT) | BIT_ULL(EV_INVAL_BEGIN) | BIT_ULL(EV_INVAL_END) |
		  BIT_ULL(EV_ATTR_STORE) | BIT_ULL(EV_LOCK) | BIT_ULL(EV_ENTER) | BIT_ULL(EV_GUEST_EXIT) |
		  BIT_ULL(EV_PAGE_FREE),
};
