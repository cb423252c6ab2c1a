/* SPDX-License-Identifier: GPL-2.0-only */
/* Strict replay: the run must ask for exactly the recorded choices, in kind and number of options. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/engine/strategy.h"

struct replay {
	struct eng_strategy s;
	u32 nr;
	u8 option[ENG_MAX_CHOICES], sig[ENG_MAX_CHOICES];
};

static const char *const choice_name[M_CH_NR] = {
	[M_CH_SCHED] = "sched",	    [M_CH_ALLOC] = "alloc", [M_CH_TLB] = "tlb",
	[M_CH_RESCHED] = "resched", [M_CH_IRQ] = "irq",	    [M_CH_FORCED] = "forced",
};

static const char *sig_name(u8 sig, char *buf, size_t size)
{
	unsigned int kind = sig >> 5;

	snprintf(buf, size, "%s/%u", kind < M_CH_NR ? choice_name[kind] : "?", sig & 31);
	return buf;
}

static void diverged(struct replay *r, u32 index, const char *recorded, const char *now)
{
	r->s.overrule = ENG_DIVERGED;
	r->s.diverged_at = index;
	snprintf(r->s.why, sizeof(r->s.why), "recorded %s, now %s", recorded, now);
}

static bool replay_begin(struct eng_strategy *s)
{
	(void)s;
	return true;
}

static int replay_choose(struct eng_strategy *s, const struct eng_choice *c)
{
	struct replay *r = container_of(s, struct replay, s);
	u8 sig = c->kind << 5 | c->n;
	char then[24] = "end", now[24];

	if (c->index < r->nr && r->sig[c->index] == sig && r->option[c->index] < c->n)
		return r->option[c->index];
	if (c->index < r->nr)
		sig_name(r->sig[c->index], then, sizeof(then));
	diverged(r, c->index, then, sig_name(sig, now, sizeof(now)));
	return -1;
}

static void replay_end(struct eng_strategy *s, const struct eng_run *run)
{
	struct replay *r = container_of(s, struct replay, s);
	char then[24];

	if (s->overrule == ENG_OK && run->choices < r->nr)
		diverged(r, run->choices, sig_name(r->sig[run->choices], then, sizeof(then)), "end");
}

static void replay_destroy(struct eng_strategy *s)
{
	free(container_of(s, struct replay, s));
}

struct eng_strategy *eng_strategy_replay(void)
{
	struct replay *r = strategy_alloc(sizeof(*r));

	r->s = (struct eng_strategy){
		.name = "replay",
		.summary = "the choices of a recording, strictly",
		.begin = replay_begin,
		.choose = replay_choose,
		.end = replay_end,
		.destroy = replay_destroy,
	};
	return &r->s;
}

/* A record that is longer than a run can be is cut, and then diverges at its end. */
void eng_strategy_replay_set(struct eng_strategy *s, const struct eng_record *record)
{
	struct replay *r = container_of(s, struct replay, s);

	r->nr = min(record->nr, (u32)ENG_MAX_CHOICES);
	memcpy(r->option, record->option, r->nr);
	memcpy(r->sig, record->sig, r->nr);
}
