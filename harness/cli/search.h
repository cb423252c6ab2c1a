/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs of one scenario under one strategy until something is found or a limit is reached. */
#ifndef TDPFUZZ_CLI_SEARCH_H
#define TDPFUZZ_CLI_SEARCH_H

#include "harness/scenario/exec.h"

enum search_end {
	SEARCH_OVER, /* the strategy has nothing left */
	SEARCH_HIT, /* @hit said yes; the result is in @result */
	SEARCH_EXECUTIONS, /* limit */
	SEARCH_TIME, /* limit */
};

/**
 * struct search - one search
 * @max_executions, @max_seconds: 0 = no limit
 * @hit: is this what we look for? Called for every run that was not given up
 * @label: of the progress line; NULL = no progress. Progress needs a terminal on stderr
 * @executions: runs that counted
 * @known: runs that ended in a known issue
 */
struct search {
	struct eng_strategy *strategy;
	u64 max_executions;
	double max_seconds;
	bool (*hit)(const struct exec_result *r, void *arg);
	void *arg;
	const char *label;

	u64 executions, known;
	double seconds;
	struct exec_result result;
};

enum search_end search_run(struct search *s);

/* A finding, known issues aside unless @arg points to true (strict). */
bool search_hit_finding(const struct exec_result *r, void *arg);

/* Gap lists drawn from @seed: what a fuzzer without feedback would feed the strategy "bytes". */
struct eng_strategy *search_strategy_random_bytes(u64 seed);

#endif
