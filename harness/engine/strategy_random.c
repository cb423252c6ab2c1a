/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random walk: each choice is uniform over its options (to within n / 65536 where n is no power of two),
 * whatever was chosen before. The generator runs on from one run to the next.
 */
#include <stdlib.h>

#include "harness/engine/strategy.h"

struct random_walk {
	struct eng_strategy s;
	struct rng rng;
	u64 bits;
	unsigned int nr_bits;
};

static bool random_begin(struct eng_strategy *s)
{
	(void)s;
	return true;
}

static inline u64 take(struct random_walk *r, unsigned int nr)
{
	u64 v;

	if (unlikely(r->nr_bits < nr)) {
		r->bits = rng_next(&r->rng);
		r->nr_bits = 64;
	}
	v = r->bits & ((1u << nr) - 1);
	r->bits >>= nr;
	r->nr_bits -= nr;
	return v;
}

static int random_choose(struct eng_strategy *s, const struct eng_choice *c)
{
	struct random_walk *r = container_of(s, struct random_walk, s);

	if (c->n == 2)
		return take(r, 1);
	return take(r, 16) * c->n >> 16;
}

static void random_end(struct eng_strategy *s, const struct eng_run *run)
{
	(void)s;
	(void)run;
}

static void random_destroy(struct eng_strategy *s)
{
	free(container_of(s, struct random_walk, s));
}

struct eng_strategy *eng_strategy_random(u64 seed)
{
	struct random_walk *r = strategy_alloc(sizeof(*r));

	r->s = (struct eng_strategy){
		.name = "random",
		.summary = "random walk: each choice uniform over its options",
		.begin = random_begin,
		.choose = random_choose,
		.end = random_end,
		.destroy = random_destroy,
	};
	r->rng.state = seed;
	return &r->s;
}
