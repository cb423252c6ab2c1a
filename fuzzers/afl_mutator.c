/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mutator as AFL++ calls it: AFL_CUSTOM_MUTATOR_LIBRARY=libtdpfuzz_mutator.so. afl-fuzz adds its own byte
 * mutations beside it unless AFL_CUSTOM_MUTATOR_ONLY is set.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzzers/fuzz.h"
#include "fuzzers/mutate.h"

#define EXPORT __attribute__((visibility("default")))

struct afl_mutator {
	struct mutate_rng rng;
	u8 out[FUZZ_MAX_SIZE];
};

EXPORT void *afl_custom_init(void *afl, unsigned int seed);
EXPORT void afl_custom_deinit(void *data);
EXPORT size_t afl_custom_fuzz(void *data, u8 *buf, size_t size, u8 **out, u8 *add, size_t add_size,
			      size_t max_size);
EXPORT const char *afl_custom_describe(void *data, size_t max_size);

void *afl_custom_init(void *afl, unsigned int seed)
{
	struct afl_mutator *m = calloc(1, sizeof(*m));

	(void)afl;
	if (m)
		mutate_seed(&m->rng, seed);
	return m;
}

void afl_custom_deinit(void *data)
{
	free(data);
}

/* Size 0 tells afl-fuzz to skip this round. @add is another input of the queue. */
size_t afl_custom_fuzz(void *data, u8 *buf, size_t size, u8 **out, u8 *add, size_t add_size, size_t max_size)
{
	struct afl_mutator *m = data;
	size_t mutant = 0;

	*out = m->out;
	if (max_size > sizeof(m->out))
		max_size = sizeof(m->out);
	if (size > max_size)
		return 0;
	if (add && !mutate_below(&m->rng, 8))
		mutant = mutate_cross_inputs(buf, size, add, add_size, m->out, max_size, &m->rng);
	if (!mutant) {
		memcpy(m->out, buf, size);
		mutant = mutate_input(m->out, size, max_size, &m->rng);
	}
	return mutant;
}

const char *afl_custom_describe(void *data, size_t max_size)
{
	(void)data;
	(void)max_size;
	return "scenario";
}
