/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tdpfuzz bugs: what the checkers and the search are worth. Each seeded bug is switched on and searched for
 * with a portfolio of strategies; then the search that found it runs again without the bug, and must find
 * nothing.
 */
#include <string.h>

#include "harness/cli/cli.h"
#include "model/subject.h"
#include "harness/cli/corpus.h"
#include "harness/cli/search.h"

enum { DEFAULT_SECONDS = 10, STAGE_EXECUTIONS = 20000, MIN_CLEAN = 1000 };

/* What to try, in this order, each on every file; the last two again and again with new seeds until time is
 * up. */
static const struct stage {
	const char *strategy;
	unsigned int bound;
} stages[] = {{"exhaustive", 1}, {"pct", 3}, {"random", 0}, {"exhaustive", 2}, {"pct", 2}, {"random", 0}};

/**
 * struct hunt - search for one bug
 * @by_other: caught by another invariant than model/bugs.def says
 * @dirty: title of what the same search found without the bug, or empty
 */
struct hunt {
	int bug;
	bool found, by_other;
	u64 executions;
	double seconds;
	char invariant[16], title[256], dirty[256], file[256], strategy[32];
};

static struct eng_strategy *make_stage(const struct stage *st, u64 seed)
{
	return eng_strategy_by_name(st->strategy, seed, st->bound);
}

static enum search_end run_stage(struct search *q, const struct scenario *s, const struct stage *st, u64 seed,
				 u64 executions, double seconds)
{
	static bool not_strict;
	enum search_end end;

	exec_prepare(s);
	*q = (struct search){
		.strategy = make_stage(st, seed),
		.hit = search_hit_finding,
		.arg = &not_strict,
		.max_executions = executions,
		.max_seconds = seconds,
	};
	end = search_run(q);
	q->strategy->destroy(q->strategy);
	return end;
}

static void found(struct hunt *h, const struct search *q, const struct stage *st, const char *file)
{
	h->found = true;
	snprintf(h->invariant, sizeof(h->invariant), "%s", q->result.run.id ? q->result.run.id : "");
	snprintf(h->title, sizeof(h->title), "%s", q->result.title);
	snprintf(h->strategy, sizeof(h->strategy), "%s", st->strategy);
	snprintf(h->file, sizeof(h->file), "%s", file);
	h->by_other = strcmp(h->invariant, bug_infos[h->bug].invariant) != 0;
}

/* The same search without the bug, as far as it went and at least MIN_CLEAN executions. */
static void check_clean(struct hunt *h, struct scenario *s, const struct stage *st, u64 seed, u64 executions,
			double limit)
{
	struct search q;

	s->has_bug = false;
	s->bug = 0;
	if (run_stage(&q, s, st, seed, max(executions, (u64)MIN_CLEAN), limit) == SEARCH_HIT)
		snprintf(h->dirty, sizeof(h->dirty), "%s", q.result.title);
}

static bool try_file(struct hunt *h, const char *file, unsigned int stage, u64 seed, double limit,
		     const struct cli_options *o)
{
	const struct stage *st = &stages[stage];
	struct scenario s;
	struct search q;
	bool hit;

	if (!cli_load(&s, file, o))
		return true;
	s.has_bug = true;
	s.bug = h->bug;
	hit = run_stage(&q, &s, st, seed, STAGE_EXECUTIONS, limit - h->seconds) == SEARCH_HIT;
	h->executions += q.executions;
	h->seconds += q.seconds;
	/* A limit of the harness: the hunt is over and the bug not found. */
	if (hit && !cli_internal(&q.result, file)) {
		found(h, &q, st, file);
		check_clean(h, &s, st, seed, q.executions, limit);
	}
	scn_free(&s);
	return hit;
}

static void hunt_in(struct hunt *h, const struct corpus *c, double limit, const struct cli_options *o)
{
	for (u64 round = 0;; round++) {
		unsigned int stage = min(round, (u64)(ARRAY_SIZE(stages) - 2 + round % 2));

		for (size_t i = 0; i < c->nr; i++)
			if (h->seconds >= limit || try_file(h, c->path[i], stage, o->seed + round, limit, o))
				return;
	}
}

static bool for_race_detectors(int bug)
{
	return strcmp(bug_infos[bug].invariant, "RACE") == 0;
}

static void print_object(const struct hunt *h)
{
	cJSON *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "name", bug_infos[h->bug].name);
	if (for_race_detectors(h->bug))
		cJSON_AddNullToObject(o, "found");
	else
		cJSON_AddBoolToObject(o, "found", h->found);
	cJSON_AddNumberToObject(o, "executions", h->executions);
	cJSON_AddNumberToObject(o, "seconds", cli_round(h->seconds));
	cJSON_AddStringToObject(o, "invariant", h->found ? h->invariant : bug_infos[h->bug].invariant);
	if (h->found)
		cJSON_AddStringToObject(o, "title", h->title);
	else
		cJSON_AddNullToObject(o, "title");
	cJSON_AddStringToObject(o, "expected", bug_infos[h->bug].invariant);
	if (h->dirty[0])
		cJSON_AddStringToObject(o, "without", h->dirty);
	cli_print_json(o);
}

static void print_row(const struct hunt *h)
{
	const struct bug_info *b = &bug_infos[h->bug];

	if (for_race_detectors(h->bug)) {
		printf("%-34s %-5s %10s %8s  %-10s %s\n", b->name, "race", "-", "-", b->invariant,
		       "a data race: left to the race detectors (ci/run-tests race)");
		return;
	}
	printf("%-34s %-5s %10llu %8.3f  %-10s %s\n", b->name, h->found ? "yes" : "NO",
	       (unsigned long long)h->executions, h->seconds, h->found ? h->invariant : b->invariant,
	       h->found ? h->title : "not found within the limit");
	if (h->by_other)
		printf("%-34s expected %s\n", "", b->invariant);
	if (h->dirty[0])
		printf("%-34s NOT CLEAN without the bug: %s\n", "", h->dirty);
}

static bool hunt_bug(int bug, const struct cli_options *o)
{
	struct hunt h = {.bug = bug};
	struct corpus c;

	if (!for_race_detectors(bug)) {
		if (!corpus_for_bug(&c, o->corpus, bug_infos[bug].name))
			return false;
		hunt_in(&h, &c, o->seconds > 0 ? o->seconds : DEFAULT_SECONDS, o);
		corpus_free(&c);
	}
	if (o->json)
		print_object(&h);
	else
		print_row(&h);
	fflush(stdout);
	return for_race_detectors(bug) || (h.found && !h.by_other && !h.dirty[0]);
}

static void check_names(const struct cli_options *o)
{
	for (unsigned int i = 0; i < o->nr_args; i++)
		if (bug_find(o->args[i]) < 0)
			cli_usage("unknown bug '%s': see tdpfuzz list bugs", o->args[i]);
}

static int bugs(const struct cli_options *o)
{
	unsigned int n = o->nr_args ? o->nr_args : BUG_NR;
	unsigned int good = 0;
	struct corpus c;

	if (!the_subject.switches)
		cli_usage("bugs: a kernel tree has no seeded bugs: see ci/mutants");
	if (o->strategy || o->preemptions >= 0 || o->executions)
		cli_usage("bugs: the stages of its search are fixed: no --strategy, --preemptions or "
			  "--executions");
	check_names(o);
	if (!corpus_for_bug(&c, o->corpus, "?"))
		return CLI_USAGE;
	if (!c.nr)
		cli_usage("no litmus tests in the corpus: give --corpus DIR");
	corpus_free(&c);
	exec_init();
	if (!o->json)
		printf("%-34s %-5s %10s %8s  %-10s %s\n", "bug", "found", "executions", "seconds",
		       "invariant", "title");
	for (unsigned int i = 0; i < n; i++)
		good += hunt_bug(o->nr_args ? bug_find(o->args[i]) : (int)i, o);
	if (!o->json)
		printf("%u of %u as expected\n", good, n);
	return good == n ? CLI_OK : CLI_FOUND;
}

const struct cli_command cmd_bugs = {
	.name = "bugs",
	.args = "[NAME...]",
	.summary = "the seeded bugs: detection table, schedules and seconds to find",
	.doc = "Switches each seeded bug on (or those named) and searches until an invariant breaks: "
	       "exhaustive, PCT "
	       "and random search on the corpus's litmus/bug-NAME.litmus, or, without that file, on all its "
	       "tests. "
	       "Then the same search runs without the bug.\v"
	       "--time is the limit for each bug (default 10 s). Exit code 2 when a bug is not found, is "
	       "caught by "
	       "another invariant than expected, or the model is not clean without it.",
	.groups = CLI_SEARCH | CLI_CORPUS | CLI_JSON,
	.run = bugs,
};
