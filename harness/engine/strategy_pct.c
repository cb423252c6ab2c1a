/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCT: Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized Scheduler with Probabilistic Guarantees of
 * Finding Bugs", ASPLOS 2010. Each thread has a random priority, and the highest that can run does; at d - 1
 * random places the thread about to run falls to a priority below all initial ones. Finds a bug of depth d
 * with a probability of at least 1 / (n k^(d-1)).
 *
 * Deviations:
 * - k is unknown: a run counts the choices drawn, and places are drawn over the longest of the last runs (a
 *   maximum that decays by 1/16 a run), so that the bound holds for the estimate and not for the run.
 * - At most one place in four choices is a change of priority: with a depth near the length of the run every
 * step would be one, and the strategy a bad random walk.
 * - A thread that spins falls below every other, or it would starve whom it waits for.
 * - The paper has no data choices: here each is 0 with probability 3/4, else uniform over the others.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/engine/strategy.h"

#define MAX_CHANGES 64
#define FIRST_LENGTH 64

/**
 * struct pct - state of the search
 * @length: estimate of the number of choices of a run
 * @change, @nr_changes, @next: places where the priority changes, ascending, and the next of them
 * @priority: by thread, all different: initial ones are above 0
 * @lowest: lowest priority given out
 * @demoted: threads that spin and fell for it
 */
struct pct {
	struct eng_strategy s;
	struct rng rng;
	unsigned int depth;
	u32 length;
	u32 change[MAX_CHANGES];
	unsigned int nr_changes, next;
	s32 priority[ENG_MAX_THREADS];
	s32 lowest;
	u16 demoted;
};

static void draw_priorities(struct pct *p)
{
	for (unsigned int t = 0; t < ENG_MAX_THREADS; t++) {
		unsigned int other = rng_below(&p->rng, t + 1);

		p->priority[t] = p->priority[other];
		p->priority[other] = t + 1;
	}
	p->lowest = 0;
	p->demoted = 0;
}

static int by_place(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return (x > y) - (x < y);
}

static void draw_changes(struct pct *p)
{
	unsigned int sane = 1 + p->length / 4;

	p->nr_changes = min(p->depth ? p->depth - 1 : 0, min(sane, (unsigned int)MAX_CHANGES));
	for (unsigned int i = 0; i < p->nr_changes; i++)
		p->change[i] = rng_below(&p->rng, p->length);
	qsort(p->change, p->nr_changes, sizeof(p->change[0]), by_place);
	p->next = 0;
}

static bool pct_begin(struct eng_strategy *s)
{
	struct pct *p = container_of(s, struct pct, s);

	draw_priorities(p);
	draw_changes(p);
	return true;
}

static int highest(const struct pct *p, const struct eng_choice *c)
{
	int best = 0;

	for (int i = 1; i < c->n; i++)
		if (p->priority[c->options[i]] > p->priority[c->options[best]])
			best = i;
	return best;
}

static int choose_data(struct pct *p, const struct eng_choice *c)
{
	u64 bits = rng_next(&p->rng);

	return bits & 3 ? 0 : 1 + (bits >> 32) % (c->n - 1);
}

/* No choice is drawn when only one other can run, so that its first one tells of the spin. */
static void demote_spinning(struct pct *p, u16 spinning)
{
	u16 new_ = spinning & ~p->demoted;

	p->demoted = spinning;
	for (; new_; new_ &= new_ - 1)
		p->priority[__builtin_ctz(new_)] = --p->lowest;
}

static int pct_choose(struct eng_strategy *s, const struct eng_choice *c)
{
	struct pct *p = container_of(s, struct pct, s);

	if (c->kind != M_CH_SCHED)
		return choose_data(p, c);
	demote_spinning(p, c->spinning);
	while (p->next < p->nr_changes && c->index >= p->change[p->next]) {
		p->priority[c->options[highest(p, c)]] = --p->lowest;
		p->next++;
	}
	return highest(p, c);
}

static void pct_end(struct eng_strategy *s, const struct eng_run *run)
{
	struct pct *p = container_of(s, struct pct, s);

	p->length = max(max(run->choices, p->length - p->length / 16), 1u);
}

static void pct_destroy(struct eng_strategy *s)
{
	free(container_of(s, struct pct, s));
}

struct eng_strategy *eng_strategy_pct(u64 seed, unsigned int depth)
{
	struct pct *p = strategy_alloc(sizeof(*p));

	p->s = (struct eng_strategy){
		.name = "pct",
		.summary = "probabilistic concurrency testing",
		.begin = pct_begin,
		.choose = pct_choose,
		.end = pct_end,
		.destroy = pct_destroy,
	};
	p->rng.state = seed;
	p->depth = depth;
	p->length = FIRST_LENGTH;
	return &p->s;
}
