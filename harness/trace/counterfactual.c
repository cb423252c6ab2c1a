/* SPDX-License-Identifier: GPL-2.0-only */
/* Would it have happened without this? Runs the finding again with one preemption taken out, or with the bug
 * off. */
#include <string.h>

#include "harness/trace/pilot.h"
#include "harness/trace/trace.h"

enum { MAX_TRIES = 12 };

static const char *outcome(const struct exec_result *r, const struct exec_result *was)
{
	static char text[320];

	if (!r->finding)
		return "the violation is gone";
	if (strcmp(r->title, was->title) == 0)
		return "still the same violation";
	snprintf(text, sizeof(text), "another violation: %s", r->title);
	return text;
}

static void without_switch(FILE *out, struct pilot *p, struct deviation *d, const struct exec_result *was,
			   const struct trace *t)
{
	struct exec_result r;

	d->off = true;
	pilot_run(p, &r);
	d->off = false;
	fprintf(out, "  without the switch to %s at choice %u: %s\n", t->names[d->to], d->index,
		outcome(&r, was));
}

static void without_bug(FILE *out, struct pilot *p, const struct scenario *s, const struct exec_result *was)
{
	struct scenario off;
	struct exec_result r;

	scn_copy(&off, s);
	off.has_bug = false;
	off.bug = 0;
	exec_prepare(&off);
	pilot_run(p, &r);
	fprintf(out, "  without the bug %s: %s\n", bug_infos[s->bug].name, outcome(&r, was));
	exec_prepare(s);
	scn_free(&off);
}

static void without_switches(FILE *out, struct pilot *p, const struct exec_result *was, const struct trace *t)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < p->nr; i++) {
		if (!p->dev[i].preemption)
			continue;
		if (n++ < MAX_TRIES)
			without_switch(out, p, &p->dev[i], was, t);
	}
	if (n == 0)
		fprintf(out, "  no preemption to take out: it needs none\n");
	if (n > MAX_TRIES)
		fprintf(out, "  %u more preemptions were not tried\n", n - MAX_TRIES);
}

void trace_counterfactual(FILE *out, const struct scenario *s, const struct exec_result *result,
			  const struct trace *t, struct pilot *p)
{
	fprintf(out, "Counterfactual:\n");
	if (p->overflow) {
		fprintf(out, "  not tried: more than %u choices differ from the silent schedule\n",
			PILOT_MAX);
		return;
	}
	without_switches(out, p, result, t);
	if (s->has_bug)
		without_bug(out, p, s, result);
}
