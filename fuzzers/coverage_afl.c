/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A part of AFL++'s map of our own. Compiled by plain clang: afl-clang-fast renames a variable called
 * __afl_area_ptr. The runtime hands out map indices to arrays of guards, consecutive within an array and
 * before the fork server starts; so we register an array that no edge uses.
 */
#include "fuzzers/fuzz.h"

extern uint8_t *__afl_area_ptr;
void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);

static uint32_t guards[FUZZ_COUNTERS];

__attribute__((constructor(3))) static void reserve(void)
{
	__sanitizer_cov_trace_pc_guard_init(guards, guards + FUZZ_COUNTERS);
}

/* A runtime that samples edges (AFL_INST_RATIO) leaves holes: then there is no region to write to. */
uint8_t *fuzz_counters(void)
{
	if (!__afl_area_ptr || guards[FUZZ_COUNTERS - 1] - guards[0] != FUZZ_COUNTERS - 1)
		return NULL;
	return __afl_area_ptr + guards[0];
}
