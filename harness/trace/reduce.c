/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A finding with fewer switches: a random walk takes a hundred where two are needed, and nobody reads a
 * hundred. Leaves out halves, quarters, ... and single deviations as long as the title stays the same.
 */
#include <string.h>

#include "harness/trace/pilot.h"
#include "harness/trace/trace.h"

static bool still(struct pilot *p, const char *title)
{
	struct exec_result r;

	pilot_run(p, &r);
	return r.finding && strcmp(r.title, title) == 0;
}

static void set_off(struct pilot *p, unsigned int from, unsigned int n, bool off)
{
	for (unsigned int i = from; i < from + n && i < p->nr; i++)
		p->dev[i].off = off;
}

/* Forget what is off, so that the next, smaller chunks are chunks of what is left. */
static void compact(struct pilot *p)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < p->nr; i++)
		if (!p->dev[i].off)
			p->dev[n++] = p->dev[i];
	p->nr = n;
}

static bool pass(struct pilot *p, unsigned int chunk, const char *title)
{
	bool smaller = false;

	/* From the end: late switches are those that a finding needs least. */
	for (unsigned int i = (p->nr + chunk - 1) / chunk; i-- > 0;) {
		set_off(p, i * chunk, chunk, true);
		if (still(p, title))
			smaller = true;
		else
			set_off(p, i * chunk, chunk, false);
	}
	compact(p);
	return smaller;
}

void trace_reduce(struct exec_result *result)
{
	struct exec_result was;
	struct pilot *p;

	trace_copy_result(&was, result);
	p = pilot_new(&was.run.record);
	if (!p->overflow && still(p, was.title)) {
		for (unsigned int chunk = p->nr / 2; chunk > 1; chunk /= 2)
			pass(p, chunk, was.title);
		while (p->nr && pass(p, 1, was.title))
			;
		pilot_run(p, result);
	} else {
		/* It does not follow: what the run is now must be what was found. */
		struct eng_strategy *replay = eng_strategy_replay();

		eng_strategy_replay_set(replay, &was.run.record);
		exec_run(replay, result);
		replay->destroy(replay);
	}
	pilot_free(p);
	trace_free_result(&was);
}
