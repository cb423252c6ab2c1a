/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * race_replay: scenarios on fibers under ThreadSanitizer. A switch of fibers is no synchronisation, so that a
 * plain access that races with another thread's is reported in whichever order the two ran; and since the
 * order comes from the choice stream, the report comes again each time, from the file that is saved here.
 *
 * Each file is run under its own schedule, if it has one, and then under the exhaustive search (all schedules
 * up to
 * --preemptions) and random schedules of a fixed seed, --executions each. Broken rules are not looked for:
 * tdpfuzz does that. What TSan cannot see: its shadow remembers four accesses of a word, so a fifth reader
 * can hide a race of the first; other schedules of the same file find it.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/scenario/exec.h"
#include "race/options.h"

static struct {
	u64 executions, seed;
	unsigned int preemptions;
	int bug;
	bool no_bug;
	const char *save;
} options = {.executions = 200, .seed = 1, .preemptions = 1, .bug = -1, .save = "."};

/* ---- the report ---- */

int __tsan_get_report_mop(void *report, unsigned long idx, int *tid, void **addr, int *size, int *write,
			  int *atomic, void **trace, unsigned long trace_size);
void __sanitizer_symbolize_pc(void *pc, const char *fmt, char *out, size_t size);
void __tsan_on_report(void *report);

static bool raced;
static char function[2][96];

/* Innermost function of a stack; both sides of an inlined call are there. */
static void name_access(void *report, unsigned long idx, char *name, size_t size)
{
	void *trace[16] = {NULL}, *addr;
	int tid, bytes, write, atomic;

	snprintf(name, size, "?");
	if (__tsan_get_report_mop(report, idx, &tid, &addr, &bytes, &write, &atomic, trace,
				  ARRAY_SIZE(trace)))
		__sanitizer_symbolize_pc(trace[0], "%f", name, size);
}

/* Called by TSan, on the fiber that makes the second access, before it prints the report. */
void __tsan_on_report(void *report)
{
	if (raced)
		return;
	raced = true;
	name_access(report, 0, function[0], sizeof(function[0]));
	name_access(report, 1, function[1], sizeof(function[1]));
}

/* Keeps going, as the schedule has to be saved; a duplicate is news when the schedule is another one. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "halt_on_error=0:exitcode=0:atexit_sleep_ms=0:suppress_equal_stacks=0:report_signal_unsafe=0:"
	       "history_size=4";
}

/* ---- files ---- */

static void save(const struct scenario *s, struct exec_result *r, const char *title)
{
	static struct scenario finding;
	struct scn_error err;
	char path[4096];

	snprintf(r->title, sizeof(r->title), "%s", title);
	exec_make_finding(s, r, &finding);
	snprintf(path, sizeof(path), "%s/%s.litmus", options.save, finding.name);
	if (scn_save(&finding, path, &err))
		printf("  reproduce: race_replay %s\n", path);
	else
		printf("  not saved: %s\n", err.text);
	scn_free(&finding);
}

/* One title for both orders of the two accesses. */
static void report_race(const char *file, const struct scenario *s, struct exec_result *r)
{
	bool swap = strcmp(function[0], function[1]) > 0;
	char title[256];

	snprintf(title, sizeof(title), "RACE data-race in %.95s / %.95s", function[swap], function[!swap]);
	printf("%s\n  input: %s, %u choices, %u of them not 0\n", title, file, r->run.choices,
	       r->run.deviations);
	save(s, r, title);
}

/* Runs of one strategy. False: a race. */
static bool replay(const char *file, const struct scenario *s, struct eng_strategy *strategy, u64 max,
		   u64 *executions)
{
	static struct exec_result r;

	for (u64 i = 0; i < max && exec_run(strategy, &r); i++) {
		if (r.run.verdict == ENG_DIVERGED)
			printf("%s: recorded by another build, choice %u differs\n", file, r.run.diverged_at);
		++*executions;
		if (raced) {
			report_race(file, s, &r);
			return false;
		}
	}
	return true;
}

static bool replay_and_destroy(const char *file, const struct scenario *s, struct eng_strategy *strategy,
			       u64 max, u64 *executions)
{
	bool clean = replay(file, s, strategy, max, executions);

	strategy->destroy(strategy);
	return clean;
}

static struct eng_strategy *own_schedule(const struct scenario *s)
{
	struct eng_record record = {.nr = s->record.nr, .option = s->record.option, .sig = s->record.sig};
	struct eng_strategy *strategy;

	if (s->schedule == SCHED_EXACT) {
		strategy = eng_strategy_replay();
		eng_strategy_replay_set(strategy, &record);
	} else {
		strategy = eng_strategy_bytes();
		eng_strategy_bytes_set(strategy, s->gap_bytes, s->nr_gap_bytes);
	}
	return strategy;
}

static bool replay_file(const char *file, u64 *executions)
{
	static struct scenario s;
	struct scn_error err;
	bool clean;

	scn_init(&s);
	if (!scn_load(&s, file, &err)) {
		fprintf(stderr, "race_replay: %s\n", err.text);
		exit(1);
	}
	if (options.no_bug) {
		s.has_bug = false;
		s.bug = 0;
	} else if (options.bug >= 0) {
		s.has_bug = true;
		s.bug = (u16)options.bug;
	}
	exec_prepare(&s);
	clean = replay_and_destroy(file, &s, own_schedule(&s), 1, executions) &&
		(!options.executions ||
		 (replay_and_destroy(file, &s, eng_strategy_exhaustive(options.preemptions),
				     options.executions, executions) &&
		  replay_and_destroy(file, &s, eng_strategy_random(options.seed), options.executions,
				     executions)));
	scn_free(&s);
	return clean;
}

/* ---- command line ---- */

static const char help[] = "usage: race_replay [options] FILE...\n"
			   "Replays scenarios on fibers under ThreadSanitizer and reports data races.\n"
			   "  --executions N   of the exhaustive and of the random search each (200); 0 = "
			   "the file's own schedule only\n"
			   "  --preemptions N  bound of the exhaustive search (1)\n"
			   "  --seed N         of the random search (1)\n"
			   "  --bug NAME       switch a seeded bug on\n"
			   "  --save DIR       where the file that reproduces a race is written (.)\n"
			   "Exit code: 0 no race, 1 usage or unreadable file, 77 a data race.\n";

static void parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{"executions", 1, NULL, 'n'}, {"preemptions", 1, NULL, 'p'},
		{"seed", 1, NULL, 'e'},	      {"bug", 1, NULL, 'b'},
		{"no-bug", 0, NULL, 'c'},     {"save", 1, NULL, 'o'},
		{"help", 0, NULL, 'h'},	      {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (c) {
		case 'n':
			options.executions = race_number(optarg, "--executions");
			break;
		case 'p':
			options.preemptions = (unsigned int)race_number(optarg, "--preemptions");
			break;
		case 'e':
			options.seed = race_number(optarg, "--seed");
			break;
		case 'b':
			options.bug = race_bug(optarg);
			break;
		case 'c':
			options.no_bug = true;
			break;
		case 'o':
			options.save = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			exit(0);
		default:
			exit(1);
		}
	}
	if (optind == argc) {
		fputs(help, stderr);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	u64 executions = 0;
	int files;

	parse(argc, argv);
	exec_init();
	files = argc - optind;
	for (int i = optind; i < argc; i++)
		if (!replay_file(argv[i], &executions))
			return 77;
	printf("race_replay: %d files, %llu executions: no data race\n", files,
	       (unsigned long long)executions);
	return 0;
}
