/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Would it have happened without this? Runs the finding again with one switch taken out, or with the bug off.
 * Choice numbers shift when a choice goes away, so a deviation is known by what stays: the thread that ran,
 * and how many choices of that kind it had met.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/trace/trace.h"

enum { MAX_DEVIATIONS = 64 };

/**
 * struct deviation - one choice that was not 0
 * @kind, @thread, @nth: which choice: the @nth of its kind with @thread running
 * @to: thread switched to, or the option of a data choice
 * @preemption: a switch away from a thread that could go on
 * @index: number of the choice in the recording
 */
struct deviation {
	u8 kind, thread, to;
	bool preemption;
	u32 nth, index;
};

/**
 * struct pilot - follows deviations, and is silent elsewhere
 * @s: first, so that the engine's pointer is a pointer to this
 * @skip: deviation left out, -1 for none
 * @inner: set while deviations are learned: the strict replay that knows the options
 */
struct pilot {
	struct eng_strategy s;
	struct eng_strategy *inner;
	struct deviation dev[MAX_DEVIATIONS];
	unsigned int nr;
	int skip;
	bool overflow, ran;
	u32 met[M_CH_NR][ENG_MAX_THREADS + 1];
};

static u32 *counter(struct pilot *p, const struct eng_choice *c)
{
	return &p->met[c->kind][min(c->thread, (u8)ENG_MAX_THREADS)];
}

static void learn(struct pilot *p, const struct eng_choice *c, int option)
{
	struct deviation *d;

	if (p->nr == MAX_DEVIATIONS) {
		p->overflow = true;
		return;
	}
	d = &p->dev[p->nr++];
	d->kind = c->kind;
	d->thread = c->thread;
	d->nth = *counter(p, c);
	d->to = c->kind == M_CH_SCHED ? c->options[option] : option;
	d->preemption = c->kind == M_CH_SCHED && !c->blocked;
	d->index = c->index;
}

static int follow(const struct deviation *d, const struct eng_choice *c)
{
	if (c->kind != M_CH_SCHED)
		return d->to < c->n ? d->to : 0;
	for (int i = 0; i < c->n; i++)
		if (c->options[i] == d->to)
			return i;
	return 0;
}

static int steer(struct pilot *p, const struct eng_choice *c)
{
	for (unsigned int i = 0; i < p->nr; i++) {
		const struct deviation *d = &p->dev[i];

		if ((int)i != p->skip && d->kind == c->kind && d->thread == c->thread &&
		    d->nth == *counter(p, c))
			return follow(d, c);
	}
	return 0;
}

static int pilot_choose(struct eng_strategy *s, const struct eng_choice *c)
{
	struct pilot *p = container_of(s, struct pilot, s);
	int option;

	if (p->inner) {
		option = p->inner->choose(p->inner, c);
		if (option > 0)
			learn(p, c, option);
	} else {
		option = steer(p, c);
	}
	(*counter(p, c))++;
	return option;
}

static bool pilot_begin(struct eng_strategy *s)
{
	struct pilot *p = container_of(s, struct pilot, s);

	memset(p->met, 0, sizeof(p->met));
	return p->inner ? p->inner->begin(p->inner) : true;
}

static void pilot_end(struct eng_strategy *s, const struct eng_run *run)
{
	struct pilot *p = container_of(s, struct pilot, s);

	if (p->inner)
		p->inner->end(p->inner, run);
}

static void pilot_learn(struct pilot *p, const struct eng_record *record)
{
	struct exec_result r;

	p->s.name = "counterfactual";
	p->s.begin = pilot_begin;
	p->s.choose = pilot_choose;
	p->s.end = pilot_end;
	p->skip = -1;
	p->inner = eng_strategy_replay();
	eng_strategy_replay_set(p->inner, record);
	exec_run(&p->s, &r);
	p->inner->destroy(p->inner);
	p->inner = NULL;
}

static const char *outcome(const struct exec_result *r, const struct exec_result *was)
{
	static char text[320];

	if (!r->finding)
		return "the violation is gone";
	if (was->finding && strcmp(r->title, was->title) == 0)
		return "still the same violation";
	snprintf(text, sizeof(text), "another violation: %s", r->title);
	return text;
}

static void without_switch(FILE *out, struct pilot *p, int i, const struct exec_result *was,
			   const struct trace *t)
{
	struct exec_result r;

	p->skip = i;
	exec_run(&p->s, &r);
	fprintf(out, "  without the switch to %s at choice %u: %s\n", t->names[p->dev[i].to], p->dev[i].index,
		outcome(&r, was));
	p->skip = -1;
}

static void without_bug(FILE *out, struct pilot *p, const struct scenario *s, const struct exec_result *was)
{
	struct scenario off;
	struct exec_result r;

	scn_copy(&off, s);
	off.has_bug = false;
	off.bug = 0;
	exec_prepare(&off);
	exec_run(&p->s, &r);
	fprintf(out, "  without the bug %s: %s\n", bug_infos[s->bug].name, outcome(&r, was));
	exec_prepare(s);
	scn_free(&off);
}

static unsigned int preemptions(const struct pilot *p)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < p->nr; i++)
		n += p->dev[i].preemption;
	return n;
}

void trace_counterfactual(FILE *out, const struct scenario *s, const struct exec_result *result,
			  const struct trace *t)
{
	struct pilot *p = calloc(1, sizeof(*p));

	if (!p)
		eng_internal_error("no memory for the counterfactual");
	pilot_learn(p, &result->run.record);
	fprintf(out, "Counterfactual:\n");
	if (p->overflow)
		fprintf(out, "  not tried: more than %u choices differ from the silent schedule\n",
			MAX_DEVIATIONS);
	for (unsigned int i = 0; !p->overflow && i < p->nr; i++)
		if (p->dev[i].preemption)
			without_switch(out, p, i, result, t);
	if (!p->overflow && !preemptions(p))
		fprintf(out, "  no preemption to take out: it needs none\n");
	if (s->has_bug && !p->overflow)
		without_bug(out, p, s, result);
	free(p);
}
