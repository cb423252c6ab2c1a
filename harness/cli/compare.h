/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two builds of tdpfuzz, each on a kernel tree of its own, made to do the same: litmus tests, then
 * time-shared exploration, then a second look, at the other tree, for whatever only one has shown. They are
 * children; whatever becomes of them is a result.
 */
#ifndef TDPFUZZ_CLI_COMPARE_H
#define TDPFUZZ_CLI_COMPARE_H

#include "harness/cli/corpus.h"
#include "harness/cli/tree.h"
#include "model/types.h"

enum compare_side { SIDE_BASE, SIDE_PATCHED, SIDES };

/**
 * struct finding - a title
 * @seen: how often on each side
 * @known: the baseline file says that the base has it
 * @file: scenario that showed it first
 * @how: options of explore that did; "" for a litmus test
 * @saved: its schedule in the cache, or ""
 */
struct finding {
	char *title, *file, *how, *saved;
	unsigned int seen[SIDES];
	bool known;
};

/**
 * struct verdict - what a Result line of a litmus test was decided to be; "" where it was not
 */
struct verdict {
	char *name, *expected;
	char is[SIDES][16];
};

/**
 * struct comparison - the work, and what came of it
 * @bin: NULL for a side that is not looked at
 * @seconds: for the whole search
 * @jobs: children at a time
 * @stop: end at this title, if not NULL
 * @unfit: scenarios that are not for a kernel tree: the child said so
 * @runs: explorations that ended with a verdict of their own; @hits of them with a finding
 * @executions: schedules on each side
 */
struct comparison {
	const char *bin[SIDES];
	const struct corpus *corpus;
	double seconds;
	unsigned int jobs;
	const char *stop;

	struct finding *findings;
	struct verdict *verdicts;
	size_t nr_findings, nr_verdicts;
	unsigned int unfit, decided, runs[SIDES], hits[SIDES];
	u64 executions[SIDES];
	bool stopped;
};

/* In place: without the numbers of lines, which every patch above them changes. */
void title_stable(char *title);

void compare_run(struct comparison *c);
void compare_free(struct comparison *c);

/* Findings on the base from, and to, a file of JSON lines. False: reported. No file yet is no error. */
bool baseline_read(struct comparison *c, const char *path);
bool baseline_write(const struct comparison *c, const char *path, const struct tree *base);

static inline bool finding_is_new(const struct finding *f)
{
	return f->seen[SIDE_PATCHED] && !f->seen[SIDE_BASE] && !f->known;
}

static inline bool finding_is_gone(const struct finding *f)
{
	return f->seen[SIDE_BASE] && !f->seen[SIDE_PATCHED];
}

#endif
