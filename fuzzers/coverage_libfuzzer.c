/* SPDX-License-Identifier: GPL-2.0-only */
/* libFuzzer takes the section as counters. Not static: clang would drop an array that is only written. */
#include "fuzzers/fuzz.h"

extern uint8_t fuzz_extra_counters[FUZZ_COUNTERS];
__attribute__((section("__libfuzzer_extra_counters"))) uint8_t fuzz_extra_counters[FUZZ_COUNTERS];

uint8_t *fuzz_counters(void)
{
	return fuzz_extra_counters;
}
