/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tdpfuzz litmus: decides each Result line of each test. Sometimes needs one execution that shows it; Never
 * needs every execution within the bound.
 */
#include <limits.h>
#include <string.h>

#include "harness/cli/cli.h"
#include "harness/cli/search.h"
#include "harness/cli/states.h"

enum { DEFAULT_PREEMPTIONS = 2 };

/**
 * struct decision - one Result line, decided
 * @s: the test under the variants and the bug of the line
 * @witness_title: title of the finding that is the witness, or empty
 * @other: title of a finding that is not what the exists clause asks for, or empty
 */
struct decision {
	struct scenario s;
	u8 expect;
	bool flips, internal, strict, has_clause, sometimes, known, complete, ok;
	unsigned int bound, completed;
	u64 executions;
	double seconds;
	char title[256], other[256];
	struct states states;
};

static bool hit(const struct exec_result *r, void *arg)
{
	struct decision *d = arg;
	bool internal = r->run.id && strcmp(r->run.id, "INTERNAL") == 0;
	bool finding = r->finding && !internal && (!r->known || d->strict || d->expect == EXPECT_SOMETIMES);

	states_add(&d->states, r);
	if (internal)
		return true;
	if (finding && d->has_clause && !r->witness && !d->other[0])
		snprintf(d->other, sizeof(d->other), "%s", r->title);
	if (d->has_clause ? r->witness : finding)
		return true;
	/* Whatever the clause says, a broken invariant is not what Never promises. */
	return finding && d->expect == EXPECT_NEVER;
}

static const char *verdict(const struct decision *d)
{
	if (d->sometimes)
		return d->known ? "known-issue" : "sometimes";
	return d->complete ? "never" : "unknown";
}

static const char *expectation(const struct decision *d)
{
	return d->expect == EXPECT_NEVER ? "never" : d->expect == EXPECT_SOMETIMES ? "sometimes" : "none";
}

static bool as_expected(const struct decision *d)
{
	if (d->expect == EXPECT_NEVER)
		return !d->sometimes && d->complete;
	if (d->expect == EXPECT_SOMETIMES)
		return d->sometimes;
	return true;
}

static void search(struct decision *d, const struct cli_options *o)
{
	struct search q = {.hit = hit, .arg = d, .label = o->json ? NULL : d->s.name};
	enum search_end end;

	exec_prepare(&d->s);
	states_init(&d->states, &d->s);
	q.strategy = eng_strategy_exhaustive(d->bound);
	q.max_executions = o->executions;
	q.max_seconds = o->seconds;
	end = search_run(&q);
	d->complete = end == SEARCH_OVER && eng_strategy_exhaustive_complete(q.strategy, &d->completed);
	d->internal = end == SEARCH_HIT && cli_internal(&q.result, d->s.name);
	d->sometimes = end == SEARCH_HIT && !d->internal;
	if (d->sometimes && q.result.finding) {
		d->known = q.result.known != NULL;
		snprintf(d->title, sizeof(d->title), "%s", q.result.title);
	}
	d->executions = q.executions;
	d->seconds = q.seconds;
	q.strategy->destroy(q.strategy);
}

static void decide(struct decision *d, const struct cli_options *o)
{
	d->strict = o->strict;
	d->has_clause = d->s.cond[0].kind != COND_END;
	d->bound = o->preemptions >= 0 ? (unsigned int)o->preemptions
		   : d->s.preemptions  ? d->s.preemptions
				       : DEFAULT_PREEMPTIONS;
	search(d, o);
	d->ok = as_expected(d);
}

static void print_under(FILE *out, const struct scenario *s)
{
	char value[32];

	for (unsigned int i = 0; i < VARIANT_NR; i++)
		if (s->variants[i] && variant_name(i, s->variants[i], value, sizeof(value)))
			fprintf(out, " %s=%s", variant_infos[i].name, value);
	if (s->has_bug)
		fprintf(out, " bug=%s", bug_infos[s->bug].name);
}

static void print_bound(const struct decision *d)
{
	if (!d->complete && !d->sometimes)
		printf("Bound not completed: %llu executions", (unsigned long long)d->executions);
	else if (d->sometimes)
		printf("Bound: found after %llu executions", (unsigned long long)d->executions);
	else if (d->completed == UINT_MAX)
		printf("Bound: all %llu schedules", (unsigned long long)d->executions);
	else
		printf("Bound: all %llu schedules up to %u preemptions", (unsigned long long)d->executions,
		       d->completed);
	printf(", %s geometry, %.1f s\n", d->s.narrow ? "narrow" : "full", d->seconds);
}

static void print_text(const struct decision *d)
{
	static const char *const words[] = {"", "Never", "Sometimes"};
	u64 positive = d->sometimes;

	printf("Test %s", d->s.name);
	print_under(stdout, &d->s);
	printf("\n%s%s\n",
	       d->expect == EXPECT_NONE ? "No Result line"
	       : d->flips		? "Flips to "
					: "Expected ",
	       words[d->expect]);
	states_print(stdout, &d->states);
	printf("%s\nWitnesses\nPositive: %llu Negative: %llu\n", d->sometimes ? "Ok" : "No",
	       (unsigned long long)positive, (unsigned long long)(d->executions - positive));
	if (d->title[0])
		printf("Finding: %s%s\n", d->title, d->known ? " (known issue)" : "");
	if (d->other[0] && strcmp(d->other, d->title) != 0)
		printf("Other finding: %s\n", d->other);
	printf("Observation %s %s %llu %llu\n", d->s.name,
	       d->sometimes  ? "Sometimes"
	       : d->complete ? "Never"
			     : "Unknown",
	       (unsigned long long)positive, (unsigned long long)(d->executions - positive));
	print_bound(d);
	printf("%s\n\n", d->ok ? "ok" : "FAIL");
}

static void print_object(const struct decision *d, const char *file)
{
	cJSON *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "name", d->s.name);
	cJSON_AddStringToObject(o, "expected", expectation(d));
	cJSON_AddStringToObject(o, "verdict", verdict(d));
	cJSON_AddBoolToObject(o, "ok", d->ok);
	cJSON_AddBoolToObject(o, "complete", d->complete);
	cJSON_AddNumberToObject(o, "executions", d->executions);
	cJSON_AddNumberToObject(o, "seconds", cli_round(d->seconds));
	cJSON_AddStringToObject(o, "file", file);
	if (d->title[0])
		cJSON_AddStringToObject(o, "title", d->title);
	cli_print_json(o);
}

static int conclude(struct decision *d, const char *file, const struct cli_options *o)
{
	decide(d, o);
	if (o->json)
		print_object(d, file);
	else
		print_text(d);
	fflush(stdout);
	scn_free(&d->s);
	if (d->internal)
		return CLI_INTERNAL;
	if (d->ok && (d->expect != EXPECT_NONE || d->complete || d->sometimes))
		return CLI_OK;
	return !d->sometimes && !d->complete ? CLI_UNKNOWN : CLI_FOUND;
}

static int litmus_file(const char *file, const struct cli_options *o)
{
	struct decision d;
	struct scenario s;
	unsigned int decided = 0;
	int ret = CLI_OK;

	if (!cli_load(&s, file, o))
		return CLI_USAGE;
	for (unsigned int i = 0; i < (s.nr_results ? s.nr_results : 1u); i++) {
		memset(&d, 0, sizeof(d));
		if (s.nr_results) {
			scn_with_result(&d.s, &s, i);
			d.expect = s.results[i].expect;
			d.flips = s.results[i].flips;
		} else {
			scn_copy(&d.s, &s);
		}
		/* A line about a bug or a variant of the model says nothing about a kernel tree. */
		if (!cli_fits(&d.s, NULL)) {
			scn_free(&d.s);
			continue;
		}
		ret = cli_worse(ret, conclude(&d, file, o));
		decided++;
	}
	if (!decided) {
		if (cli_fits(&s, file))
			cli_error("%s: none of its Result lines is about this kernel tree", file);
		ret = CLI_USAGE;
	}
	scn_free(&s);
	return ret;
}

static int litmus(const struct cli_options *o)
{
	int ret = CLI_OK;

	if (o->strategy)
		cli_usage("litmus: --strategy: a test is decided by exhaustive search only");
	if (!cli_check_files(o))
		return CLI_USAGE;
	exec_init();
	for (unsigned int i = 0; i < o->nr_args; i++)
		ret = cli_worse(ret, litmus_file(o->args[i], o));
	return ret;
}

const struct cli_command cmd_litmus = {
	.name = "litmus",
	.args = "FILE...",
	.summary = "decide each test, compare with its Result header",
	.doc = "Decides each Result and Flips-with line of each test by exhaustive search, under the "
	       "variants and the "
	       "bug that the line names, up to the test's Bound or --preemptions, and prints it as herd7 "
	       "does.\v"
	       "Sometimes: an execution was found that the exists clause describes; without a clause, one "
	       "that breaks "
	       "an invariant. Never: the search was complete within the bound and showed none. Exit code 2 "
	       "when a "
	       "test differs from its header, 5 when a search was cut short by --executions or --time.",
	.min_args = 1,
	.groups = CLI_SEARCH | CLI_SUBJECT | CLI_JSON | CLI_STRICT,
	.run = litmus,
};
