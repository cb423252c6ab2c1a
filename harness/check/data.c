/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest data: what a TD reads from its private memory is what it wrote there last, or zero after ACCEPT.
 * Contents are one word a frame. A frame is known from its first write or ACCEPT in the run until the host is
 * asked to take it away (a conversion to shared, or a punched hole).
 */
#include "harness/check/tables.h"

#define FRAMES                                                                                               \
	512 /* power of two; more frames than a run can touch guest instruction by guest instruction         \
	     */
#define MAX_ACCEPTS 32

static struct {
	gfn_t gfn;
	u64 value;
	bool used, known;
} frames[FRAMES];
static u16 used_slots[FRAMES]; /* in order of use: what a reset clears */
static unsigned int nr_frames;

/* Ranges accepted whole: zero, as long as no frame of its own says otherwise. Above 4K only. */
static struct {
	gfn_t start, end;
} accepts[MAX_ACCEPTS];
static unsigned int nr_accepts;

/*
 * What a thread has been asked to take away and may not have taken yet: the guest can still write to it, and
 * loses that rightly. One range that covers all of its section.
 */
static struct {
	gfn_t start, end;
} asked[CHK_THREADS];

static unsigned int slot_of(gfn_t gfn)
{
	unsigned int i = (gfn * 0x9e3779b97f4a7c15ull) >> 50 & (FRAMES - 1);

	while (frames[i].used && frames[i].gfn != gfn)
		i = (i + 1) & (FRAMES - 1);
	return i;
}

static bool known_value(gfn_t gfn, u64 *value)
{
	unsigned int i = slot_of(gfn);

	if (frames[i].used) {
		*value = frames[i].value;
		return frames[i].known;
	}
	*value = 0;
	for (unsigned int n = 0; n < nr_accepts; n++)
		if (gfn >= accepts[n].start && gfn < accepts[n].end)
			return true;
	return false;
}

static void set_frame(gfn_t gfn, bool known, u64 value)
{
	unsigned int i = slot_of(gfn);

	if (!frames[i].used) {
		if (nr_frames == FRAMES * 3 / 4)
			return; /* the table must keep a hole; what does not fit is not checked */
		used_slots[nr_frames++] = i;
	}
	frames[i].used = true;
	frames[i].gfn = gfn;
	frames[i].known = known;
	frames[i].value = value;
}

/* The host takes [start, end) away: nothing is known of it until the guest writes or accepts again. */
static void forget(gfn_t start, gfn_t end)
{
	for (unsigned int n = 0; n < nr_frames; n++) {
		unsigned int i = used_slots[n];

		if (frames[i].gfn >= start && frames[i].gfn < end)
			frames[i].known = false;
	}
	for (unsigned int n = 0; n < nr_accepts;
	     n++) /* knowing less of the rest of the range is always right */
		if (accepts[n].start < end && start < accepts[n].end)
			accepts[n].end = accepts[n].start;
}

static void zap_range(const struct m_event *ev)
{
	unsigned int t = chk_tid(ev);

	forget(ev->b, ev->c);
	asked[t].start = asked[t].end ? min(asked[t].start, ev->b) : ev->b;
	asked[t].end = max(asked[t].end, ev->c);
}

/* Faults in the range were blocked until now: nothing in it can have been accepted anew. */
static void section_end(const struct m_event *ev)
{
	unsigned int t = chk_tid(ev);

	if (asked[t].end)
		forget(asked[t].start, asked[t].end);
	asked[t].end = 0;
}

static void guest_read(const struct m_event *ev, gfn_t gfn)
{
	u64 value;

	if (known_value(gfn, &value) && value != ev->c)
		chk_fail("DATA-01", "guest data lost", "guest read", NULL,
			 "vCPU %u reads %#llx from gfn %#llx, last written: %#llx", (unsigned int)ev->a,
			 (unsigned long long)ev->c, (unsigned long long)gfn, (unsigned long long)value);
}

/* A page that held data of the guest can only be accepted again if the host has taken it away unasked. */
static void guest_accept(const struct m_event *ev)
{
	gfn_t gfn = (ev->b & SPTE_ADDR) >> PAGE_SHIFT;
	unsigned int level = max(1u, (unsigned int)(ev->b & 7));
	gfn_t end = gfn + hw_level_pages(level);
	u64 value;

	if (ev->c) /* not a success: nothing was zeroed */
		return;
	if (level == 1) {
		if (known_value(gfn, &value) && value)
			goto lost;
		set_frame(gfn, true, 0);
		return;
	}
	for (unsigned int n = 0; n < nr_frames; n++) {
		unsigned int i = used_slots[n];

		if (frames[i].gfn < gfn || frames[i].gfn >= end)
			continue;
		value = frames[i].value;
		if (frames[i].known && value)
			goto lost;
		frames[i].known = true;
		frames[i].value = 0;
	}
	if (nr_accepts < MAX_ACCEPTS) {
		accepts[nr_accepts].start = gfn;
		accepts[nr_accepts++].end = end;
	}
	return;
lost:
	chk_fail("DATA-01", "guest data lost", "guest accepts a page again that it had written", NULL,
		 "vCPU %u, gfn %#llx level %u, last written: %#llx", (unsigned int)ev->a,
		 (unsigned long long)gfn, level, (unsigned long long)value);
}

static void event(const struct m_event *ev)
{
	gfn_t gfn = ev->b >> PAGE_SHIFT;
	gfn_t bit = tables_shared_bit();
	bool shared = !bit || gfn & bit; /* the host may change it */

	switch (ev->type) {
	case EV_GUEST_READ:
		if (!shared)
			guest_read(ev, gfn);
		break;
	case EV_GUEST_WRITE:
		if (!shared)
			set_frame(gfn, true, ev->c);
		break;
	case EV_GUEST_ACCEPT:
		guest_accept(ev);
		break;
	case EV_ZAP_RANGE:
		if (ev->d & 1)
			zap_range(ev);
		break;
	case EV_INVAL_END:
		section_end(ev);
		break;
	}
}

static void reset(void)
{
	for (unsigned int n = 0; n < nr_frames; n++)
		frames[used_slots[n]].used = false;
	nr_frames = 0;
	nr_accepts = 0;
	for (unsigned int i = 0; i < CHK_THREADS; i++)
		asked[i].end = 0;
}

static const struct invariant invariants[] = {
	{"DATA-01", "I25", "guest data is not lost",
	 "A guest read of private memory gives the value that the guest wrote last, or zero after an ACCEPT; "
	 "an ACCEPT never "
	 "succeeds on a frame that holds data. Not for frames that a conversion or punched hole was asked to "
	 "remove since.",
	 "The guest computes with lost data and is not told.", "guest read, ACCEPT", NEEDS_EVENTS},
};

const struct check_family check_data = {
	.name = "data",
	.invariants = invariants,
	.nr = ARRAY_SIZE(invariants),
	.reset = reset,
	.event = event,
	.events = BIT_ULL(EV_GUEST_READ) | BIT_ULL(EV_GUEST_WRITE) | BIT_ULL(EV_GUEST_ACCEPT) |
		  BIT_ULL(EV_ZAP_RANGE) | BIT_ULL(EV_INVAL_END),
};
