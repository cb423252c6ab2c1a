/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line: one file a command, one table of them, options that mean the same in each. What a command
 * prints goes to stdout; an error is one line on stderr, and then nothing has been written to any file.
 */
#ifndef TDPFUZZ_CLI_H
#define TDPFUZZ_CLI_H

#include <stdio.h>

#include <cjson/cJSON.h>

#include "harness/cli/options_tree.h"
#include "harness/scenario/exec.h"

enum cli_exit {
	CLI_OK = 0, /* clean within the stated bound */
	CLI_USAGE = 1, /* usage, unreadable input, output that cannot be written */
	CLI_FOUND = 2, /* a violation, or a test differs from its header */
	CLI_INTERNAL = 3, /* internal error, nondeterminism, a replay that diverges */
	CLI_UNKNOWN = 5, /* bound reached, verdict unknown */
	/* of git bisect run */
	CLI_BISECT_SAME = 1,
	CLI_BISECT_SKIP = 125,
	CLI_BISECT_USAGE = 129,
};

/* Groups of options that a command takes. */
enum cli_group {
	CLI_SEARCH = 1,
	CLI_SUBJECT = 2,
	CLI_SAVE = 4,
	CLI_JSON = 8,
	CLI_CORPUS = 16,
	CLI_STRICT = 32,
	CLI_TREE = 64
};

/**
 * struct cli_options - what the user asked for; zero or -1 where nothing was said
 * @seconds: 0 = no limit said
 * @preemptions: -1 = the command's default
 * @bug: enum bug_id, -1 = as the scenario says, BUG_NR = none
 * @variant: value of each variant, -1 = as the scenario says
 * @points: SCN_CLASS_PLAIN or SCN_CLASS_LOCKS, 0 = marked accesses, -1 = as the scenario says
 */
struct cli_options {
	const char *strategy, *save, *corpus;
	u64 executions, seed;
	double seconds;
	int preemptions, bug, variant[VARIANT_NR], points;
	bool json, strict, has_seed;
	char **args;
	unsigned int nr_args;
	struct tree_options tree;
};

struct cli_command {
	const char *name, *args, *summary, *doc;
	unsigned int min_args, max_args, groups;
	int (*run)(const struct cli_options *o);
};

extern const struct cli_command cmd_run, cmd_explore, cmd_litmus, cmd_convert, cmd_bugs, cmd_list, cmd_report;
extern const struct cli_command cmd_check, cmd_quick;

/* The program. Returns its exit code; --help and usage errors leave through exit(). */
int cli_main(int argc, char **argv);

/* One line on stderr. */
void cli_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same, then exit 1, or 129 under git bisect run, to which 1 means a bad tree. */
void cli_usage(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* The worse of two exit codes: internal, usage, found, unknown, clean. */
int cli_worse(int a, int b);

/* Loads @path and applies --bug and --variant. False: reported. The caller frees @s. */
bool cli_load(struct scenario *s, const char *path, const struct cli_options *o);
/* Can the code under test run @s? False: reported as an error of @file, if that is not NULL. */
bool cli_fits(const struct scenario *s, const char *file);
/* Every file must load before the first is used. */
bool cli_check_files(const struct cli_options *o);

/* " --bug X --variant K=V" as given, for a command that reproduces. */
void cli_subject_args(const struct cli_options *o, char *buf, size_t size);

/* One JSON object as a line; frees @object. */
void cli_print_json(cJSON *object);
/* {verdict, title, executions, seconds, file} */
void cli_print_result(const char *verdict, const char *title, u64 executions, double seconds,
		      const char *file);
double cli_round(double seconds); /* to milliseconds */

double cli_now(void);

/* A limit of the harness, not of what it looks at: reported on stderr, exit 3. */
bool cli_internal(const struct exec_result *r, const char *file);

#endif
