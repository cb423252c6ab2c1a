/* SPDX-License-Identifier: GPL-2.0-only */
/* tdpfuzz explore: search the schedules of one scenario. */
#include <string.h>

#include "harness/cli/search.h"
#include "harness/cli/cli.h"
#include "harness/scenario/ops.h"
#include "harness/trace/trace.h"

enum { DEFAULT_EXECUTIONS = 1000000, DEFAULT_PREEMPTIONS = 2 };

/* The search as asked for, with the defaults filled in: what the printed bound and the command to repeat it
 * need. */
struct plan {
	const char *strategy;
	unsigned int preemptions;
	u64 executions;
	bool exhaustive;
};

static struct plan make_plan(const struct cli_options *o, const struct scenario *s)
{
	struct plan p = {.strategy = o->strategy ? o->strategy : "exhaustive", .executions = o->executions};

	p.exhaustive = strcmp(p.strategy, "exhaustive") == 0;
	p.preemptions = o->preemptions >= 0 ? (unsigned int)o->preemptions
			: s->preemptions    ? s->preemptions
					    : DEFAULT_PREEMPTIONS;
	if (!p.executions && !(o->seconds > 0))
		p.executions = DEFAULT_EXECUTIONS;
	return p;
}

static struct eng_strategy *make_strategy(const struct plan *p, const struct cli_options *o)
{
	if (strcmp(p->strategy, "bytes") == 0)
		return search_strategy_random_bytes(o->seed);
	return eng_strategy_by_name(p->strategy, o->seed, p->preemptions);
}

static const char *classes(const struct scenario *s)
{
	static const char *const names[] = {"none",
					    "KVM",
					    "module",
					    "KVM, module",
					    "processor",
					    "KVM, processor",
					    "module, processor",
					    "KVM, module, processor"};

	return names[s->classes & 7];
}

/* How much of the code under test has points, when it is not the default. */
static const char *depth(const struct scenario *s)
{
	if (s->classes & SCN_CLASS_LOCKS)
		return ", KVM's locks and atomics";
	return s->classes & SCN_CLASS_PLAIN ? ", plain accesses too" : "";
}

static void print_bound(const struct plan *p, const struct cli_options *o, const struct scenario *s,
			const struct search *q)
{
	printf("Bound: strategy %s, ", p->strategy);
	if (p->exhaustive)
		printf("up to %u preemptions, ", p->preemptions);
	else
		printf("seed %llu, ", (unsigned long long)o->seed);
	printf("%llu executions in %.1f s, switches at points of: %s%s\n", (unsigned long long)q->executions,
	       q->seconds, classes(s), depth(s));
	if (q->known)
		printf("Known issues met: %llu executions%s\n", (unsigned long long)q->known,
		       o->strict ? "" : " (--strict counts them)");
}

static void repeat_command(char *buf, size_t size, const struct plan *p, const struct cli_options *o,
			   const char *file, u64 executions)
{
	char subject[256], limit[40] = "", seed[32] = "";

	cli_subject_args(o, subject, sizeof(subject));
	if (o->save) {
		snprintf(buf, size, "tdpfuzz run%s %s", o->strict ? " --strict" : "", o->save);
		return;
	}
	if (!p->exhaustive)
		snprintf(seed, sizeof(seed), " --seed %llu", (unsigned long long)o->seed);
	if (executions > DEFAULT_EXECUTIONS)
		snprintf(limit, sizeof(limit), " --executions %llu", (unsigned long long)executions);
	snprintf(buf, size, "tdpfuzz explore %s --strategy %s --preemptions %u%s%s%s%s", file, p->strategy,
		 p->preemptions, seed, limit, o->strict ? " --strict" : "", subject);
}

static int found(const struct plan *p, const struct cli_options *o, const struct scenario *s,
		 struct search *q)
{
	const char *file = o->args[0];
	struct scenario finding;
	struct scn_error err;
	char command[512];
	bool saved = true;

	if (cli_internal(&q->result, file))
		return CLI_INTERNAL;
	trace_reduce(&q->result);
	if (o->save) {
		exec_make_finding(s, &q->result, &finding);
		saved = scn_save(&finding, o->save, &err);
		scn_free(&finding);
	}
	if (!saved) {
		cli_error("%s", err.text);
		return CLI_USAGE;
	}
	if (o->json) {
		cli_print_result("violation", q->result.title, q->executions, q->seconds,
				 o->save ? o->save : file);
		return CLI_FOUND;
	}
	repeat_command(command, sizeof(command), p, o, file, q->executions);
	if (!trace_report(stdout, s, &q->result, command))
		return CLI_INTERNAL;
	print_bound(p, o, s, q);
	return CLI_FOUND;
}

static bool complete(const struct plan *p, const struct cli_options *o, enum search_end end)
{
	if (p->exhaustive)
		return end == SEARCH_OVER;
	/* A sample of a stated size is complete; cut short by --time it is not, unless time is all that was
	 * asked. */
	return end != SEARCH_TIME || !o->executions;
}

static int none(const struct plan *p, const struct cli_options *o, const struct scenario *s,
		const struct search *q, enum search_end end)
{
	bool done = complete(p, o, end);
	const char *verdict = !done ? "unknown" : q->known ? "known-issue" : "clean";

	if (o->json) {
		cli_print_result(verdict, NULL, q->executions, q->seconds, o->args[0]);
	} else {
		printf("%s: %s\n", o->args[0],
		       done ? "no violation within the bound"
			    : "no violation, but the bound was not completed");
		print_bound(p, o, s, q);
	}
	return done ? CLI_OK : CLI_UNKNOWN;
}

static int explore(const struct cli_options *o)
{
	struct search q = {.hit = search_hit_finding, .label = o->json ? NULL : "explore"};
	bool strict = o->strict;
	enum search_end end;
	struct scenario s;
	struct plan p;
	int ret;

	if (!cli_load(&s, o->args[0], o))
		return CLI_USAGE;
	if (!cli_fits(&s, o->args[0])) {
		scn_free(&s);
		return CLI_USAGE;
	}
	exec_init();
	exec_prepare(&s);
	p = make_plan(o, &s);
	q.strategy = make_strategy(&p, o);
	q.arg = &strict;
	q.max_executions = p.executions;
	q.max_seconds = o->seconds;
	end = search_run(&q);
	ret = end == SEARCH_HIT ? found(&p, o, &s, &q) : none(&p, o, &s, &q, end);
	q.strategy->destroy(q.strategy);
	scn_free(&s);
	return ret;
}

const struct cli_command cmd_explore = {
	.name = "explore",
	.args = "FILE",
	.summary = "search the schedules of a scenario until something breaks",
	.doc = "Runs FILE under many schedules. The first violation is printed as an interleaving, and "
	       "written to "
	       "--save FILE.\v"
	       "Without --strategy: exhaustive, every schedule with at most 2 preemptions, or as many as the "
	       "test's "
	       "Bound says. Without a limit: 1000000 executions. The bound that was searched is printed with "
	       "the "
	       "verdict; a search that did not complete its bound ends with exit code 5.",
	.min_args = 1,
	.max_args = 1,
	.groups = CLI_SEARCH | CLI_SUBJECT | CLI_SAVE | CLI_JSON | CLI_STRICT,
	.run = explore,
};
