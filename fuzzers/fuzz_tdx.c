/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Target: a TD under a program and a schedule, both taken from the input, with all checkers on.
 *
 * The environment says which machine: TDPFUZZ_BUG=NAME switches a seeded bug on, TDPFUZZ_VARIANT=K=V,...
 * design variants, TDPFUZZ_STRICT=1 makes known issues findings. An input cannot: a campaign on the clean
 * model stays clean.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzzers/fuzz.h"
#include "harness/scenario/world.h"
#include "harness/trace/trace.h"

static int the_bug = -1;
static int the_variants[VARIANT_NR]; /* -1: as the input has it */
static bool strict;
static struct eng_strategy *strategy;

static void usage(const char *what, const char *name)
{
	fprintf(stderr, "fuzz_tdx: %s: '%s'\n", what, name);
	exit(1);
}

static void read_variant(char *setting)
{
	char *value = strchr(setting, '=');
	int id, index;

	if (!value)
		usage("TDPFUZZ_VARIANT: not of the form NAME=VALUE", setting);
	*value++ = 0;
	id = variant_find(setting);
	if (id < 0)
		usage("TDPFUZZ_VARIANT: no such variant", setting);
	index = variant_parse(id, value);
	if (index < 0)
		usage("TDPFUZZ_VARIANT: no such value", value);
	the_variants[id] = index;
}

static void read_environment(void)
{
	const char *bug = getenv("TDPFUZZ_BUG"), *variants = getenv("TDPFUZZ_VARIANT"),
		   *s = getenv("TDPFUZZ_STRICT");
	char *copy, *rest;

	if (bug && *bug) {
		the_bug = bug_find(bug);
		if (the_bug < 0)
			usage("TDPFUZZ_BUG: no such bug", bug);
	}
	memset(the_variants, -1, sizeof(the_variants));
	copy = rest = strdup(variants ? variants : "");
	for (char *one; (one = strsep(&rest, ","));)
		if (*one)
			read_variant(one);
	free(copy);
	strict = s && !strcmp(s, "1");
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	read_environment();
	exec_init();
	strategy = eng_strategy_bytes();
	return 0;
}

/* False: under these switches the program is not a legal one. */
static bool set_switches(struct scenario *s)
{
	s->has_bug = the_bug >= 0;
	s->bug = s->has_bug ? the_bug : 0;
	for (int v = 0; v < VARIANT_NR; v++)
		if (the_variants[v] >= 0)
			s->variants[v] = the_variants[v];
	return scn_validate(s, NULL);
}

/* The command line that runs the same input on the same machine. */
static const char *replay_command(void)
{
	static char command[512];
	size_t len = snprintf(command, sizeof(command), "tdpfuzz run");
	char value[64];

	if (the_bug >= 0)
		len += snprintf(command + len, sizeof(command) - len, " --bug %s", bug_infos[the_bug].name);
	for (int v = 0; v < VARIANT_NR; v++)
		if (the_variants[v] >= 0 && len < sizeof(command))
			len += snprintf(command + len, sizeof(command) - len, " --variant %s=%s",
					variant_infos[v].name,
					variant_name(v, the_variants[v], value, sizeof(value)));
	if (len < sizeof(command))
		snprintf(command + len, sizeof(command) - len, " CRASH-FILE");
	return command;
}

static void report(const struct scenario *s, const struct exec_result *result)
{
	static struct exec_result copy;

	trace_copy_result(&copy, result);
	if (!trace_report(stderr, s, &copy, replay_command()))
		eng_internal_error("the same choices gave another run");
	fuzz_finding(copy.title);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scenario s;
	static struct exec_result result;

	scn_init(&s);
	if (size > FUZZ_MAX_SIZE || !scn_decode_fuzz(&s, data, size) || !set_switches(&s)) {
		scn_free(&s);
		return -1;
	}
	eng_set_coverage(fuzz_counters(), FUZZ_COUNTERS);
	exec_prepare(&s);
	eng_strategy_bytes_set(strategy, s.gap_bytes, s.nr_gap_bytes);
	exec_run(strategy, &result);
	if (result.finding && (strict || !result.known))
		report(&s, &result);
	/* Here and not in the next run: what an input covers must not depend on the one before it. */
	world_reset(1);
	scn_free(&s);
	return 0;
}
