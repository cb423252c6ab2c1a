/* SPDX-License-Identifier: GPL-2.0-only */
/* What strategies share: a generator, and memory. */
#ifndef TDPFUZZ_ENGINE_STRATEGY_H
#define TDPFUZZ_ENGINE_STRATEGY_H

#include "harness/engine/engine.h"

/* splitmix64: one word of state, every seed is good. */
struct rng {
	u64 state;
};

static inline u64 rng_next(struct rng *rng)
{
	u64 z = rng->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* In [0, n), n > 0. */
static inline u32 rng_below(struct rng *rng, u32 n)
{
	return (rng_next(rng) >> 32) * n >> 32;
}

/* Zeroed; does not return NULL. */
void *strategy_alloc(size_t size);

#endif
