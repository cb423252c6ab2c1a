/* SPDX-License-Identifier: GPL-2.0-only */
/* The mutator as libFuzzer calls it. */
#include "fuzzers/fuzz.h"
#include "fuzzers/mutate.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2, size_t size2,
				 uint8_t *out, size_t max_out_size, unsigned int seed);

/* One in sixteen stays libFuzzer's own: it knows the dictionary and the comparisons. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	struct mutate_rng rng;
	size_t mutant = 0;

	mutate_seed(&rng, seed);
	if (mutate_below(&rng, 16))
		mutant = mutate_input(data, size, max_size, &rng);
	return mutant ? mutant : LLVMFuzzerMutate(data, size, max_size);
}

/* 0: libFuzzer takes another mutation. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2, size_t size2,
				 uint8_t *out, size_t max_out_size, unsigned int seed)
{
	struct mutate_rng rng;

	mutate_seed(&rng, seed);
	return mutate_cross_inputs(data1, size1, data2, size2, out, max_out_size, &rng);
}
