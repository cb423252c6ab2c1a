/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The structure-aware mutator: decodes an input, changes program, machine or schedule, and encodes it again.
 * Knows no fuzzer: mutator.c gives it to libFuzzer, afl_mutator.c to AFL++.
 */
#ifndef TDPFUZZ_MUTATE_H
#define TDPFUZZ_MUTATE_H

#include "harness/scenario/scenario.h"

/* A generator of our own: the same seed gives the same mutant everywhere. */
struct mutate_rng {
	u64 state;
};

void mutate_seed(struct mutate_rng *rng, u64 seed);
/* Uniform in [0, n), n >= 1. */
u32 mutate_below(struct mutate_rng *rng, u32 n);

/* A few changes to @s, which stays legal. */
void mutate_scenario(struct scenario *s, struct mutate_rng *rng);
/* Program of @a, some threads or the schedule of @b. */
void mutate_cross(struct scenario *a, const struct scenario *b, struct mutate_rng *rng);

/*
 * The same on inputs. The mutant replaces the first @size bytes of @data, at most @max bytes. Returns its
 * size; 0: not a scenario or does not fit, and @data is as it was.
 */
size_t mutate_input(u8 *data, size_t size, size_t max, struct mutate_rng *rng);
size_t mutate_cross_inputs(const u8 *a, size_t a_size, const u8 *b, size_t b_size, u8 *out, size_t max,
			   struct mutate_rng *rng);

#endif
