/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of the commands that compare kernel trees. */
#include "harness/cli/options_tree.h"

#include <stdlib.h>

#include "harness/cli/cli.h"

enum {
	OPT_TREE = 0x200,
	OPT_BASE,
	OPT_SERIES,
	OPT_RANGE,
	OPT_MINUTES,
	OPT_JOBS,
	OPT_JUNIT,
	OPT_BASELINE,
	OPT_BISECT
};

static double minutes(const char *arg)
{
	char *end;
	double value = strtod(arg, &end);

	if (end == arg || *end || !(value > 0) || value > 1e6)
		cli_usage("--minutes: '%s' is not a number of minutes", arg);
	return value;
}

static unsigned int jobs(const char *arg)
{
	char *end;
	unsigned long value = strtoul(arg, &end, 10);

	if (end == arg || *end || arg[0] == '-' || value < 1 || value > 64)
		cli_usage("--jobs: '%s' is not a number from 1 to 64", arg);
	return value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct tree_options *o = &((struct cli_options *)state->input)->tree;

	switch (key) {
	case OPT_TREE:
		o->tree = arg;
		return 0;
	case OPT_BASE:
		o->base = arg;
		return 0;
	case OPT_SERIES:
		o->series = arg;
		return 0;
	case OPT_RANGE:
		o->range = arg;
		return 0;
	case OPT_MINUTES:
		o->minutes = minutes(arg);
		return 0;
	case OPT_JOBS:
		o->jobs = jobs(arg);
		return 0;
	case OPT_JUNIT:
		o->junit = arg;
		return 0;
	case OPT_BASELINE:
		o->baseline = arg;
		return 0;
	case OPT_BISECT:
		o->bisect = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option options[] = {
	{"tree", OPT_TREE, "T", 0, "Kernel tree: a git work tree, as its files are now, or a directory", 4},
	{"base", OPT_BASE, "REV", 0, "What to compare with: a revision of T, or a directory", 4},
	{"series", OPT_SERIES, "MBOX", 0, "The patched tree is the base with these patches on it", 4},
	{"range", OPT_RANGE, "A..B", 0, "Compare revision B of T with revision A", 4},
	{"minutes", OPT_MINUTES, "N", 0, "How long to search, builds not counted", 4},
	{"jobs", OPT_JOBS, "J", 0, "Programs at a time (default: processors)", 4},
	{"junit", OPT_JUNIT, "FILE", 0, "Write the result as JUnit XML, too", 4},
	{"baseline", OPT_BASELINE, "FILE", 0,
	 "Findings on the base, read and added to (default: in the cache)", 4},
	{"bisect", OPT_BISECT, "TITLE", 0, "Is this finding in T? For git bisect run", 4},
	{0},
};

const struct argp cli_tree_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};
