/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One execution: builds the machine and the VM that a scenario describes, starts its threads, runs them under
 * a strategy with the checkers on, and says what happened.
 */
#ifndef TDPFUZZ_EXEC_H
#define TDPFUZZ_EXEC_H

#include "harness/scenario/scenario.h"
#include "model/event.h"

/**
 * struct exec_result - what one run showed
 * @run: the engine's result; for a failure found after the threads ended (quiescent checks) verdict is
 * ENG_FAILED too
 * @finding: an invariant is broken (including deadlock, livelock and step limit)
 * @known: name of the known issue that it is, or NULL
 * @witness: the exists clause holds (a clause about registers: only without a finding)
 * @title: "ID text: site / site", stable across schedules; NULL without a finding
 */
struct exec_result {
	struct eng_run run;
	bool finding, witness;
	const char *known;
	char title[256];
	u64 regs[SCN_MAX_THREADS][GUEST_REGS];
	int ret[SCN_MAX_THREADS][SCN_MAX_OPS];
};

void exec_init(void); /* once a process */
/* Set up @s for the coming runs; keeps a pointer to it. */
void exec_prepare(const struct scenario *s);
/* false: the strategy's search is over. */
bool exec_run(struct eng_strategy *strategy, struct exec_result *result);
/*
 * The finding of the last exec_run() again, with full history: same choices, step and event callbacks on.
 * False when the two passes differ: nondeterminism, internal error, exit 3.
 */
bool exec_replay_history(const struct eng_record *record, struct exec_result *result,
			 void (*step)(const struct eng_step *), void (*event)(const struct m_event *));
/* @s with the choices of @record as its exact schedule (deep copy), named after the title. */
void exec_make_finding(const struct scenario *s, const struct exec_result *result, struct scenario *finding);

/* Commit, compiler, flavour: what a recording carries. */
const char *build_identity(void);

#endif
