/* SPDX-License-Identifier: GPL-2.0-only */
/* tdpfuzz run: scenarios and crash files under their own schedule. */
#include <string.h>

#include "harness/cli/cli.h"
#include "harness/trace/trace.h"

static struct eng_strategy *own_schedule(const struct scenario *s)
{
	struct eng_strategy *st;

	if (s->schedule == SCHED_EXACT) {
		struct eng_record record = {s->record.nr, s->record.option, s->record.sig};

		st = eng_strategy_replay();
		eng_strategy_replay_set(st, &record);
		return st;
	}
	st = eng_strategy_bytes();
	eng_strategy_bytes_set(st, s->gap_bytes, s->schedule == SCHED_GAPS ? s->nr_gap_bytes : 0);
	return st;
}

static void other_build(const char *file, const struct scenario *s)
{
	if (s->schedule == SCHED_EXACT && s->build[0] && strcmp(s->build, build_identity()) != 0)
		cli_error("%s: note: recorded by %s, this is %s", file, s->build, build_identity());
}

static int diverged(const char *file, const struct exec_result *r, const struct cli_options *o)
{
	cli_error("%s: the replay diverges at choice %u: %s", file, r->run.diverged_at, r->run.diverged);
	if (o->json)
		cli_print_result("diverged", NULL, 1, 0, file);
	return CLI_INTERNAL;
}

static bool save(const struct scenario *s, const struct exec_result *r, const char *path)
{
	struct scenario finding;
	struct scn_error err;
	bool ok;

	exec_make_finding(s, r, &finding);
	ok = scn_save(&finding, path, &err);
	if (!ok)
		cli_error("%s", err.text);
	scn_free(&finding);
	return ok;
}

static int violation(const char *file, const struct scenario *s, const struct exec_result *r,
		     const struct cli_options *o)
{
	bool known = r->known && !o->strict;
	char command[512], subject[256];

	if (o->save && !save(s, r, o->save))
		return CLI_USAGE;
	if (o->json) {
		cli_print_result(known ? "known-issue" : "violation", r->title, 1, 0, file);
		return known ? CLI_OK : CLI_FOUND;
	}
	cli_subject_args(o, subject, sizeof(subject));
	snprintf(command, sizeof(command), "tdpfuzz run%s%s %s", o->strict ? " --strict" : "", subject, file);
	if (!trace_report(stdout, s, r, command))
		return CLI_INTERNAL;
	return known ? CLI_OK : CLI_FOUND;
}

static int clean(const char *file, const struct exec_result *r, const struct cli_options *o)
{
	if (o->json)
		cli_print_result(r->witness ? "witness" : "clean", NULL, 1, 0, file);
	else
		printf("%s: no violation in this schedule (%u steps, %u choices)%s\n", file, r->run.steps,
		       r->run.choices, r->witness ? ", and its exists clause holds" : "");
	return CLI_OK;
}

static int run_file(const char *file, const struct cli_options *o)
{
	struct eng_strategy *st;
	struct exec_result r;
	struct scenario s;
	int ret;

	if (!cli_load(&s, file, o))
		return CLI_USAGE;
	if (!cli_fits(&s, file)) {
		scn_free(&s);
		return CLI_USAGE;
	}
	other_build(file, &s);
	exec_prepare(&s);
	st = own_schedule(&s);
	exec_run(st, &r);
	if (cli_internal(&r, file))
		ret = CLI_INTERNAL;
	else if (r.run.verdict == ENG_DIVERGED)
		ret = diverged(file, &r, o);
	else if (r.finding)
		ret = violation(file, &s, &r, o);
	else
		ret = clean(file, &r, o);
	st->destroy(st);
	scn_free(&s);
	return ret;
}

static int run(const struct cli_options *o)
{
	int ret = CLI_OK;

	if (o->save && o->nr_args > 1)
		cli_usage("run: --save takes one file to run");
	if (!cli_check_files(o))
		return CLI_USAGE;
	exec_init();
	for (unsigned int i = 0; i < o->nr_args; i++)
		ret = cli_worse(ret, run_file(o->args[i], o));
	return ret;
}

const struct cli_command cmd_run = {
	.name = "run",
	.args = "FILE...",
	.summary = "replay scenarios or crash files under their own schedule",
	.doc = "Replays each FILE (.litmus, .tdpf, or a fuzz input without extension) under the schedule "
	       "that it "
	       "carries, and prints the interleaving of what breaks.\v"
	       "An exact schedule must fit choice by choice: if it does not, the choice where it parts is "
	       "printed and "
	       "the exit code is 3. A file without a schedule runs the silent one: each thread until it "
	       "blocks.",
	.min_args = 1,
	.groups = CLI_SUBJECT | CLI_SAVE | CLI_JSON | CLI_STRICT,
	.run = run,
};
