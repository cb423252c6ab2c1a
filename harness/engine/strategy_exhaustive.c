/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every schedule up to a number of deviations, fewest first: the first violation is one with the fewest.
 * Depth-first by re-execution: the stack holds the choices of the current run, and the next run takes the
 * next option of the last choice that has one left. A deviation is an option that is not free (struct
 * eng_choice): a preemption, a data choice, or letting a spinning thread run before its turn.
 *
 * The level with @level deviations passes through the runs with fewer again; they end as ENG_ABORTED, so that
 * each run counts once. As each level is many times larger than the one below, that costs little.
 */
#include <limits.h>
#include <stdlib.h>

#include "harness/engine/strategy.h"

/* One choice of the current run. @cost: deviations before it. */
struct node {
	u8 sig, option, n, free;
	u32 cost;
};

/**
 * struct exhaustive - state of the search
 * @depth: choices on the stack; when a run starts, those that it must repeat
 * @cut: an alternative was left out for its cost at this level
 * @completed: number of levels done
 */
struct exhaustive {
	struct eng_strategy s;
	unsigned int bound, level, completed;
	bool started, finished, cut;
	u32 depth;
	struct node node[ENG_MAX_CHOICES];
};

static bool deviates(const struct node *n)
{
	return n->option >= n->free;
}

/* Turns the stack into the prefix of the next run of this level; false when there is none. */
static bool backtrack(struct exhaustive *x)
{
	for (; x->depth; x->depth--) {
		struct node *n = &x->node[x->depth - 1];

		if (n->option + 1 == n->n)
			continue;
		if (n->cost + (n->option + 1 >= n->free) > x->level) {
			x->cut = true;
			continue;
		}
		n->option++;
		return true;
	}
	return false;
}

static bool next_level(struct exhaustive *x)
{
	x->completed = x->level + 1;
	x->finished = !x->cut || x->level == x->bound;
	x->level++;
	x->cut = x->finished && x->cut;
	return !x->finished;
}

static bool exhaustive_begin(struct eng_strategy *s)
{
	struct exhaustive *x = container_of(s, struct exhaustive, s);

	if (x->finished)
		return false;
	if (!x->started) {
		x->started = true;
		return true;
	}
	return backtrack(x) || next_level(x);
}

static void push(struct exhaustive *x, const struct eng_choice *c)
{
	const struct node *last = x->depth ? &x->node[x->depth - 1] : NULL;

	x->node[x->depth++] = (struct node){
		.sig = c->kind << 5 | c->n,
		.n = c->n,
		.free = c->free,
		.cost = last ? last->cost + deviates(last) : 0,
	};
}

static int exhaustive_choose(struct eng_strategy *s, const struct eng_choice *c)
{
	struct exhaustive *x = container_of(s, struct exhaustive, s);

	if (c->index == x->depth) {
		push(x, c);
		return 0;
	}
	if (x->node[c->index].sig != (c->kind << 5 | c->n))
		eng_internal_error("exhaustive search: choice %u differs from that of the same run before",
				   c->index);
	return x->node[c->index].option;
}

static void exhaustive_end(struct eng_strategy *s, const struct eng_run *run)
{
	struct exhaustive *x = container_of(s, struct exhaustive, s);
	const struct node *last = x->depth ? &x->node[x->depth - 1] : NULL;

	if (run->choices < x->depth)
		eng_internal_error("exhaustive search: a run ends at choice %u, and not before",
				   run->choices);
	if ((last ? last->cost + deviates(last) : 0) < x->level)
		s->overrule = ENG_ABORTED;
}

static void exhaustive_destroy(struct eng_strategy *s)
{
	free(container_of(s, struct exhaustive, s));
}

struct eng_strategy *eng_strategy_exhaustive(unsigned int bound)
{
	struct exhaustive *x = strategy_alloc(sizeof(*x));

	x->s = (struct eng_strategy){
		.name = "exhaustive",
		.summary = "every schedule up to a number of deviations",
		.begin = exhaustive_begin,
		.choose = exhaustive_choose,
		.end = exhaustive_end,
		.destroy = exhaustive_destroy,
	};
	x->bound = bound;
	return &x->s;
}

bool eng_strategy_exhaustive_complete(const struct eng_strategy *s, unsigned int *completed_bound)
{
	const struct exhaustive *x = container_of(s, struct exhaustive, s);

	if (!x->finished)
		return false;
	*completed_bound = x->cut ? x->completed - 1 : UINT_MAX;
	return true;
}
