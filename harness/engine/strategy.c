/* SPDX-License-Identifier: GPL-2.0-only */
/* Strategies by name. */
#include <stdlib.h>
#include <string.h>

#include "harness/engine/strategy.h"

const char *const eng_strategy_names[][2] = {
	{"random", "random walk: each choice uniform over its options"},
	{"pct", "probabilistic concurrency testing: random priorities, --preemptions N changes of priority"},
	{"exhaustive", "every schedule with 0, 1, ... up to --preemptions N deviations"},
	{"bytes", "the choices of a fuzz input; without one, no deviation at all"},
	{NULL, NULL},
};

void *strategy_alloc(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		eng_internal_error("no memory for a strategy");
	return p;
}

struct eng_strategy *eng_strategy_by_name(const char *name, u64 seed, unsigned int bound)
{
	if (!strcmp(name, "random"))
		return eng_strategy_random(seed);
	if (!strcmp(name, "pct"))
		return eng_strategy_pct(seed, bound + 1);
	if (!strcmp(name, "exhaustive"))
		return eng_strategy_exhaustive(bound);
	if (!strcmp(name, "bytes"))
		return eng_strategy_bytes();
	return NULL;
}
