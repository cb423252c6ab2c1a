/* SPDX-License-Identifier: GPL-2.0-only */
#include "harness/trace/pilot.h"

#include <stdlib.h>
#include <string.h>

static u32 *counter(struct pilot *p, const struct eng_choice *c)
{
	return &p->met[c->kind][min(c->thread, (u8)ENG_MAX_THREADS)];
}

static void learn(struct pilot *p, const struct eng_choice *c, int option)
{
	struct deviation *d;

	if (p->nr == PILOT_MAX) {
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
	u32 nth = *counter(p, c);

	for (unsigned int i = 0; i < p->nr; i++) {
		const struct deviation *d = &p->dev[i];

		if (!d->off && d->kind == c->kind && d->thread == c->thread && d->nth == nth)
			return follow(d, c);
	}
	return 0;
}

static bool pilot_begin(struct eng_strategy *s)
{
	struct pilot *p = container_of(s, struct pilot, s);

	memset(p->met, 0, sizeof(p->met));
	return p->inner ? p->inner->begin(p->inner) : true;
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

static void pilot_end(struct eng_strategy *s, const struct eng_run *run)
{
	struct pilot *p = container_of(s, struct pilot, s);

	if (!p->inner)
		return;
	p->inner->end(p->inner, run);
	p->threads_ended = run->verdict == ENG_OK;
}

struct pilot *pilot_new(const struct eng_record *record)
{
	struct pilot *p = calloc(1, sizeof(*p));
	struct exec_result r;

	if (!p)
		eng_internal_error("no memory for a schedule of %u choices", record->nr);
	p->s.name = "pilot";
	p->s.begin = pilot_begin;
	p->s.choose = pilot_choose;
	p->s.end = pilot_end;
	p->inner = eng_strategy_replay();
	eng_strategy_replay_set(p->inner, record);
	exec_run(&p->s, &r);
	p->inner->destroy(p->inner);
	p->inner = NULL;
	return p;
}

void pilot_free(struct pilot *p)
{
	free(p);
}

void pilot_run(struct pilot *p, struct exec_result *r)
{
	exec_run(&p->s, r);
}
