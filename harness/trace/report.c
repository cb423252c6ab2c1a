/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The report of one finding, in the shape of KCSAN's: a title that stands for the bug, then what happened,
 * then what is needed to judge it. Nothing in it depends on time, addresses or the build, but for the line
 * "Build:".
 */
#include <stdlib.h>
#include <string.h>

#include "harness/check/check.h"
#include "harness/trace/pilot.h"
#include "harness/trace/trace.h"

static const char rule[] = "==================================================================\n";

static void *copy_bytes(const void *from, size_t size)
{
	void *to = malloc(size + 1);

	if (!to)
		eng_internal_error("no memory for a recording of %zu choices", size);
	if (size)
		memcpy(to, from, size);
	((char *)to)[size] = 0;
	return to;
}

static char *copy_text(const char *from)
{
	return from ? copy_bytes(from, strlen(from)) : NULL;
}

void trace_copy_result(struct exec_result *to, const struct exec_result *from)
{
	*to = *from;
	to->run.id = copy_text(from->run.id);
	to->run.title = copy_text(from->run.title);
	to->run.state = copy_text(from->run.state);
	to->run.record.option = copy_bytes(from->run.record.option, from->run.record.nr);
	to->run.record.sig = copy_bytes(from->run.record.sig, from->run.record.nr);
}

void trace_free_result(struct exec_result *copy)
{
	free((char *)copy->run.id);
	free((char *)copy->run.title);
	free((char *)copy->run.state);
	free(copy->run.record.option);
	free(copy->run.record.sig);
	memset(copy, 0, sizeof(*copy));
}

static void variants(FILE *out, const struct scenario *s)
{
	bool any = false;
	char value[32];

	for (unsigned int i = 0; i < VARIANT_NR; i++) {
		if (!s->variants[i] || !variant_name(i, s->variants[i], value, sizeof(value)))
			continue;
		fprintf(out, "%s%s=%s", any ? " " : "", variant_infos[i].name, value);
		any = true;
	}
	fputs(any ? "" : "mainline", out);
}

static void head(FILE *out, const struct scenario *s, const struct exec_result *r)
{
	fputs(rule, out);
	fprintf(out, "BUG: TDPFUZZ: %s\n\n", r->title);
	if (r->known)
		fprintf(out, "Known issue: %s\n", r->known);
	fprintf(out, "Scenario: %s\nVariant: ", s->name[0] ? s->name : "(fuzz input)");
	variants(out, s);
	fprintf(out, "\nSeeded bug: %s\n", s->has_bug ? bug_infos[s->bug].name : "none");
	fprintf(out, "Memory model: sequential consistency\n");
	fprintf(out, "Build: %s\n\n", build_identity());
}

static void legend(FILE *out, size_t shown, const struct exec_result *r)
{
	fprintf(out,
		"\n%zu of %u steps. Switches: \"concurrent\" = on another CPU while the thread before could "
		"go on,\n",
		shown, r->run.steps);
	fprintf(out, "\"preempted\" = the thread before was preempted on this CPU, \"blocked\" = it had "
		     "ended or waits.\n");
	fprintf(out,
		"In brackets: locks held after the step. Schedule: %u choices, %u not 0, %u preemptions.\n\n",
		r->run.choices, r->run.deviations, r->run.preemptions);
}

static void interleaving(FILE *out, const struct trace *t, const struct exec_result *r, bool threads_ended)
{
	bool *keep = calloc(t->nr + 1, sizeof(*keep));
	size_t shown;

	if (!keep)
		eng_internal_error("no memory for %zu steps", t->nr);
	shown = trace_select(t, TRACE_MAX_LINES, keep);
	trace_print_columns(out, t, keep);
	if (!t->nr)
		fprintf(out, " no thread has run yet: what breaks the rule is the set-up of the VM\n");
	if (threads_ended)
		fprintf(out, " all threads have ended: the state that they leave breaks the rule\n");
	legend(out, shown, r);
	free(keep);
}

/* The state text may span lines: indented, it cannot be taken for a part of the report. */
static void indented(FILE *out, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		if (n)
			fprintf(out, "  %.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void judgement(FILE *out, const struct exec_result *r)
{
	const struct trace_consequence *c = trace_consequence(r->run.id);
	const struct invariant *inv = r->run.id ? invariant_find(r->run.id) : NULL;

	fprintf(out, "State that breaks the rule:\n");
	indented(out, r->run.state ? r->run.state
				   : "(the engine's own verdict: see the last step of each thread)");
	if (inv)
		fprintf(out, "Rule %s: %s\n", inv->id, inv->condition);
	fprintf(out, "Consequence: %s\n", c->what);
	fprintf(out, "Who can cause it: %s\n", c->who);
	fprintf(out, "Duration: %s\n",
		c->transient ? "transient, but the harm done in that time stays" : "persistent");
}

static void data_choices(FILE *out, const struct trace *t)
{
	static const char *const kinds[M_CH_NR] = {
		[M_CH_ALLOC] = "allocation fails",
		[M_CH_TLB] = "TLB entry is evicted",
		[M_CH_RESCHED] = "need_resched() is true",
		[M_CH_IRQ] = "interrupt hits the SEAMCALL",
		[M_CH_FORCED] = "FORCED FAULT",
	};

	fprintf(out, "Faults and data choices on the path:%s\n", t->nr_data ? "" : " none");
	for (unsigned int i = 0; i < t->nr_data; i++) {
		const struct trace_data_choice *d = &t->data[i];

		fprintf(out, "  choice %u: %s: %s%s%s\n", d->choice, t->names[d->thread],
			d->kind < M_CH_NR && kinds[d->kind] ? kinds[d->kind] : "unknown",
			d->func[0] ? " in " : "", d->func);
	}
}

static void body(FILE *out, const struct scenario *s, const struct trace *t, const struct exec_result *r,
		 struct pilot *p)
{
	head(out, s, r);
	interleaving(out, t, r, p->threads_ended);
	judgement(out, r);
	data_choices(out, t);
	trace_counterfactual(out, s, r, t, p);
}

bool trace_report(FILE *out, const struct scenario *s, const struct exec_result *result, const char *command)
{
	struct exec_result kept, again = {0};
	struct pilot *p;
	struct trace t;
	bool same;

	trace_copy_result(&kept, result);
	p = pilot_new(&kept.run.record);
	trace_init(&t);
	trace_collect_begin(&t, &kept.run.record);
	same = exec_replay_history(&kept.run.record, &again, trace_collect_step, trace_collect_event) &&
	       strcmp(kept.title, again.title) == 0;
	trace_collect_end(&again.run, p->threads_ended);
	if (same) {
		body(out, s, &t, &kept, p);
		fprintf(out, "Reproduce: %s\n%s", command, rule);
	} else {
		fprintf(out, "nondeterminism: %s: the history pass ended differently from the run\n",
			kept.title);
	}
	pilot_free(p);
	trace_free(&t);
	trace_free_result(&kept);
	return same;
}
