/* SPDX-License-Identifier: GPL-2.0-only */
/* Options, by argp: groups that commands share, and errors of one line each. */
#include <argp.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/cli/options.h"
#include "harness/scenario/ops.h"

enum {
	OPT_STRATEGY = 0x100,
	OPT_EXECUTIONS,
	OPT_TIME,
	OPT_PREEMPTIONS,
	OPT_SEED,
	OPT_MEMORY,
	OPT_BUG,
	OPT_VARIANT,
	OPT_SAVE,
	OPT_JSON,
	OPT_CORPUS,
	OPT_STRICT,
	OPT_POINTS,
};

static int usage_code = CLI_USAGE;

void cli_error(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	va_start(ap, fmt);
	fprintf(stderr, "tdpfuzz: ");
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

void cli_usage(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	cli_error("%s", line);
	exit(usage_code);
}

/* Known before the options are parsed, because it is about their errors. */
static int usage_code_of(const struct cli_command *c, int argc, char **argv)
{
	if (c->groups & CLI_TREE)
		for (int i = 1; i < argc; i++)
			if (strncmp(argv[i], "--bis", 5) == 0)
				return CLI_BISECT_USAGE;
	return CLI_USAGE;
}

static u64 number(const char *option, const char *arg, u64 max)
{
	char *end;
	u64 value;

	errno = 0;
	value = strtoull(arg, &end, 0);
	if (errno || end == arg || *end || arg[0] == '-' || value > max)
		cli_usage("--%s: '%s' is not a number from 0 to %llu", option, arg, (unsigned long long)max);
	return value;
}

static double seconds(const char *arg)
{
	char *end;
	double value = strtod(arg, &end);

	if (end == arg || *end || !(value > 0) || value > 1e9)
		cli_usage("--time: '%s' is not a number of seconds", arg);
	return value;
}

static const char *strategy(const char *arg)
{
	for (unsigned int i = 0; eng_strategy_names[i][0]; i++)
		if (strcmp(eng_strategy_names[i][0], arg) == 0)
			return arg;
	cli_usage("unknown strategy '%s': see tdpfuzz list strategies", arg);
}

static int bug_arg(const char *arg)
{
	int id = strcmp(arg, "none") == 0 ? BUG_NR : bug_find(arg);

	if (id < 0)
		cli_usage("unknown bug '%s': see tdpfuzz list bugs", arg);
	return id;
}

static void variant_arg(struct cli_options *o, const char *arg)
{
	const char *eq = strchr(arg, '=');
	char name[64];
	int id, value;

	if (!eq || (size_t)(eq - arg) >= sizeof(name))
		cli_usage("--variant: '%s' is not NAME=VALUE", arg);
	snprintf(name, sizeof(name), "%.*s", (int)(eq - arg), arg);
	id = variant_find(name);
	if (id < 0)
		cli_usage("unknown variant '%s': see tdpfuzz list variants", name);
	value = variant_parse(id, eq + 1);
	if (value < 0)
		cli_usage("variant %s has no value '%s', only %s", name, eq + 1, variant_infos[id].values);
	o->variant[id] = value;
}

static int points(const char *arg)
{
	if (strcmp(arg, "locks") == 0)
		return SCN_CLASS_LOCKS;
	if (strcmp(arg, "plain") == 0)
		return SCN_CLASS_PLAIN;
	if (strcmp(arg, "marked") != 0)
		cli_usage("--points: '%s' is not locks, marked or plain", arg);
	return 0;
}

static void memory(const char *arg)
{
	if (strcmp(arg, "sc") != 0)
		cli_usage("unknown memory model '%s': this build has sc", arg);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct cli_options *o = state->input;

	switch (key) {
	case OPT_STRATEGY:
		o->strategy = strategy(arg);
		return 0;
	case OPT_EXECUTIONS:
		o->executions = number("executions", arg, ~0ull >> 1);
		return 0;
	case OPT_TIME:
		o->seconds = seconds(arg);
		return 0;
	case OPT_PREEMPTIONS:
		o->preemptions = number("preemptions", arg, 64);
		return 0;
	case OPT_SEED:
		o->seed = number("seed", arg, ~0ull);
		o->has_seed = true;
		return 0;
	case OPT_MEMORY:
		memory(arg);
		return 0;
	case OPT_BUG:
		o->bug = bug_arg(arg);
		return 0;
	case OPT_VARIANT:
		variant_arg(o, arg);
		return 0;
	case OPT_POINTS:
		o->points = points(arg);
		return 0;
	case OPT_SAVE:
		o->save = arg;
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_CORPUS:
		o->corpus = arg;
		return 0;
	case OPT_STRICT:
		o->strict = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option search_options[] = {
	{"strategy", OPT_STRATEGY, "NAME", 0, "How to search: see tdpfuzz list strategies", 1},
	{"executions", OPT_EXECUTIONS, "N", 0, "Stop after N executions", 1},
	{"time", OPT_TIME, "S", 0, "Stop after S seconds", 1},
	{"preemptions", OPT_PREEMPTIONS, "B", 0,
	 "At most B deviations from the silent schedule (exhaustive); depth (pct)", 1},
	{"seed", OPT_SEED, "N", 0, "Seed of the search (default 1); same seed, same executions", 1},
	{"memory", OPT_MEMORY, "MODEL", 0, "Memory model: sc", 1},
	{0},
};
static const struct argp_option subject_options[] = {
	{"bug", OPT_BUG, "NAME", 0, "Switch a seeded bug on, or all off: none", 2},
	{"variant", OPT_VARIANT, "K=V", 0, "Choose a design variant; may be repeated", 2},
	{"points", OPT_POINTS, "WHICH", 0,
	 "Where a kernel tree under test has points: locks (and atomics), marked, or plain accesses, too", 2},
	{0},
};
static const struct argp_option save_options[] = {
	{"save", OPT_SAVE, "FILE", 0, "Write the finding with its exact schedule (.litmus is text)", 3},
	{0},
};
static const struct argp_option json_options[] = {
	{"json", OPT_JSON, NULL, 0, "One JSON object a line instead of text", 3},
	{0},
};
static const struct argp_option corpus_options[] = {
	{"corpus", OPT_CORPUS, "DIR", 0, "Where the scenarios are (default: corpus of the source tree)", 3},
	{0},
};
static const struct argp_option strict_options[] = {
	{"strict", OPT_STRICT, NULL, 0, "Known issues count as violations", 3},
	{0},
};

static const struct argp group_argp[] = {
	{search_options, parse_option, NULL, NULL, NULL, NULL, NULL},
	{subject_options, parse_option, NULL, NULL, NULL, NULL, NULL},
	{save_options, parse_option, NULL, NULL, NULL, NULL, NULL},
	{json_options, parse_option, NULL, NULL, NULL, NULL, NULL},
	{corpus_options, parse_option, NULL, NULL, NULL, NULL, NULL},
	{strict_options, parse_option, NULL, NULL, NULL, NULL, NULL},
};

/* In the order of enum cli_group. */
static const struct argp *group(unsigned int i)
{
	return i < ARRAY_SIZE(group_argp) ? &group_argp[i] : &cli_tree_argp;
}

/* Input of the parser of arguments; the groups get @options only. */
struct parse {
	struct cli_options *options;
	unsigned int nr_groups;
};

static void init_groups(struct argp_state *state)
{
	struct parse *p = state->input;

	for (unsigned int i = 0; i < p->nr_groups; i++)
		state->child_inputs[i] = p->options;
	/* getopt's own line is enough: no "Try ... --help" after it. */
	state->err_stream = NULL;
}

static error_t parse_args(int key, char *arg, struct argp_state *state)
{
	struct cli_options *o = ((struct parse *)state->input)->options;

	if (key == ARGP_KEY_INIT) {
		init_groups(state);
		return 0;
	}
	if (key == ARGP_KEY_ARG) {
		o->args[o->nr_args++] = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static void options_init(struct cli_options *o, int argc)
{
	memset(o, 0, sizeof(*o));
	o->preemptions = o->bug = o->points = -1;
	o->seed = 1;
	for (unsigned int i = 0; i < VARIANT_NR; i++)
		o->variant[i] = -1;
	o->args = calloc(argc + 1, sizeof(*o->args));
	if (!o->args)
		eng_internal_error("no memory for %d arguments", argc);
}

static void check_args(const struct cli_command *c, const struct cli_options *o)
{
	if (o->nr_args < c->min_args)
		cli_usage("%s: %s missing: see tdpfuzz %s --help", c->name, c->args, c->name);
	if (c->max_args && o->nr_args > c->max_args)
		cli_usage("%s: '%s' is too much: see tdpfuzz %s --help", c->name, o->args[c->max_args],
			  c->name);
}

void cli_parse(const struct cli_command *c, int argc, char **argv, struct cli_options *o)
{
	struct argp_child children[ARRAY_SIZE(group_argp) + 2] = {0};
	struct argp argp = {NULL, parse_args, c->args, c->doc, children, NULL, NULL};
	struct parse parse = {.options = o};
	char name[64];

	for (unsigned int i = 0; i <= ARRAY_SIZE(group_argp); i++)
		if (c->groups & (1u << i))
			children[parse.nr_groups++].argp = group(i);
	options_init(o, argc);
	usage_code = usage_code_of(c, argc, argv);
	snprintf(name, sizeof(name), "tdpfuzz %s", c->name);
	argv[0] = name;
	if (argp_parse(&argp, argc, argv, 0, NULL, &parse))
		exit(usage_code);
	check_args(c, o);
}

double cli_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}
