/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A schedule as the list of its deviations from the silent one, to run again with some of them left out.
 * Choice numbers shift when a choice goes away, so a deviation is known by what stays: the thread that ran,
 * and how many choices of that kind it had met.
 */
#ifndef TDPFUZZ_TRACE_PILOT_H
#define TDPFUZZ_TRACE_PILOT_H

#include "harness/scenario/exec.h"

enum { PILOT_MAX = 4096 };

/**
 * struct deviation - one choice that was not 0
 * @kind, @thread, @nth: which choice: the @nth of its kind with @thread running
 * @to: thread switched to, or the option of a data choice
 * @preemption: a switch away from a thread that could go on
 * @off: left out
 * @index: number of the choice in the recording
 */
struct deviation {
	u8 kind, thread, to;
	bool preemption, off;
	u32 nth, index;
};

/**
 * struct pilot - a strategy that follows deviations, and is silent elsewhere
 * @inner: set while deviations are learned: the strict replay that knows the options
 * @overflow: more than PILOT_MAX deviations; the list is not complete
 * @threads_ended: the run that was learned from got to the end of all threads: what broke is a rule of the
 * end state
 */
struct pilot {
	struct eng_strategy s;
	struct eng_strategy *inner;
	struct deviation dev[PILOT_MAX];
	unsigned int nr;
	bool overflow, threads_ended;
	u32 met[M_CH_NR][ENG_MAX_THREADS + 1];
};

/* Learns from one strict replay of @record under the prepared scenario. */
struct pilot *pilot_new(const struct eng_record *record);
void pilot_free(struct pilot *p);
/* One run with the deviations that are not off. */
void pilot_run(struct pilot *p, struct exec_result *r);

#endif
