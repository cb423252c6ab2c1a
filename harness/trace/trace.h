/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The evidence of a finding: what happened, as columns of an interleaving; what is broken, what follows from
 * it, what it takes. Text is deterministic: the same finding gives the same bytes in every build of one
 * source.
 */
#ifndef TDPFUZZ_TRACE_H
#define TDPFUZZ_TRACE_H

#include <stdio.h>

#include "harness/scenario/exec.h"

#define TRACE_MAX_LINES 25

/* How the thread of an item came to run. */
enum trace_switch {
	TRACE_SAME, /* it was running already */
	TRACE_CONCURRENT, /* the other thread could go on: both run at once, on different CPUs */
	TRACE_PREEMPTED, /* the other thread could go on, and was preempted: both are on this CPU */
	TRACE_BLOCKED, /* the other thread had ended or could not go on */
};

/**
 * struct trace_item - one thing that a thread did
 * @step: points passed before it
 * @choice: with @sw set: the choice that switched; else the next one to be drawn
 * @thread, @cpu: who and where
 * @sw: enum trace_switch
 * @irqs_off, @in_guest: state of @cpu
 * @fatal: the rule broke here
 * @generic: a plain access, kept only where a switch landed on it
 * @weight: how much it tells; see select.c
 * @gfn, @pfn: what it is about, ~0 when nothing
 * @func: function of the code under test, or of the module
 * @what: one phrase
 * @locks: held by @thread after it, as kapi_held() writes them
 */
struct trace_item {
	u32 step, choice;
	u8 thread, cpu, sw;
	bool irqs_off, in_guest, fatal, generic;
	int weight;
	u64 gfn, pfn;
	char func[48], what[192], locks[64];
};

/* A choice that was not 0 and is no switch: which, by whom, where. */
struct trace_data_choice {
	u32 choice;
	u8 kind, option, thread;
	char func[48];
};

#define TRACE_MAX_DATA 16

struct trace {
	struct trace_item *items;
	size_t nr, cap;
	struct trace_data_choice data[TRACE_MAX_DATA];
	unsigned int nr_data;
	unsigned int nr_threads;
	char names[ENG_MAX_THREADS][16];
};

void trace_init(struct trace *t);
void trace_free(struct trace *t);
struct trace_item *trace_add(struct trace *t);

/* describe.c: the phrase, weight, gfn and pfn of an event; false for one that a report never shows. */
bool trace_describe(const struct m_event *ev, struct trace_item *it);

/* collect.c: listeners for exec_replay_history(), filling @t; the choices of @record name the data choices.
 */
void trace_collect_begin(struct trace *t, const struct eng_record *record);
void trace_collect_step(const struct eng_step *step);
void trace_collect_event(const struct m_event *ev);
/* @threads_ended: a rule of the end state is broken, which no step is to blame for. */
void trace_collect_end(const struct eng_run *run, bool threads_ended);

/* select.c: marks at most @max items, in @keep (an array of t->nr). Returns how many. */
size_t trace_select(const struct trace *t, size_t max, bool *keep);

/* columns.c: the items in @keep, one line each, one column a thread. */
void trace_print_columns(FILE *out, const struct trace *t, const bool *keep);

/* consequence.c: what follows when the invariant @id does not hold. Never NULL. */
struct trace_consequence {
	const char *id, *what, *who;
	bool transient;
};
const struct trace_consequence *trace_consequence(const char *id);

/* counterfactual.c: runs the finding again without one preemption, or without the bug, and prints what
 * changes. */
struct pilot;
void trace_counterfactual(FILE *out, const struct scenario *s, const struct exec_result *result,
			  const struct trace *t, struct pilot *p);

/*
 * reduce.c: @result, the last run of the prepared scenario, becomes the run of a schedule with the same title
 * and as few deviations as leaving out reaches.
 */
void trace_reduce(struct exec_result *result);

/*
 * The whole report of @result, the last run of the prepared scenario @s. @command reproduces it. @s is
 * prepared again afterwards, and what eng_run left is gone. False: the history pass differed from the run, a
 * one-line explanation is in @out, and the finding is nondeterminism of the harness.
 */
bool trace_report(FILE *out, const struct scenario *s, const struct exec_result *result, const char *command);

/* A copy of the result that outlives the next run. */
void trace_copy_result(struct exec_result *to, const struct exec_result *from);
void trace_free_result(struct exec_result *copy);

#endif
