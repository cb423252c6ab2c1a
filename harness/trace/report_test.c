/* SPDX-License-Identifier: GPL-2.0-only */
/* A real finding: its report has every part that a finding must have, in the same bytes each time. */
#include <stdlib.h>
#include <string.h>

#include "harness/trace/trace.h"

static const char file[] = "corpus/litmus/bug-sept-child-before-parent.litmus";
static int failures, tests;

static void check(bool ok, const char *what)
{
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++tests, what);
	failures += !ok;
}

/* First finding of @st within @runs runs. */
static bool find(struct eng_strategy *st, unsigned int runs, struct exec_result *r)
{
	while (runs-- && exec_run(st, r))
		if (r->finding)
			return true;
	return false;
}

static char *report(const struct scenario *s, const struct exec_result *r)
{
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);
	bool same = trace_report(f, s, r, "tdpfuzz run X");

	fclose(f);
	check(same, "history pass agrees with the run");
	return text;
}

static void has(const char *text, const char *part)
{
	check(strstr(text, part) != NULL, part);
}

static void parts(const char *text)
{
	has(text, "BUG: TDPFUZZ: MIRROR-01 ");
	has(text, "Scenario: bug-sept-child-before-parent\n");
	has(text, "Variant: mainline\n");
	has(text, "Seeded bug: sept-child-before-parent\n");
	has(text, "Memory model: ");
	has(text, "Build: ");
	has(text, "  concurrent  ");
	has(text, "[mmu_lock R, SRCU, RCU]");
	has(text, "[irqs off]");
	has(text, "TDH.MEM.PAGE.AUG gfn 0x2 4K = EPT_WALK_FAILED");
	has(text, "  <== HERE\n");
	has(text, "State that breaks the rule:\n  ");
	has(text, "Consequence: ");
	has(text, "Who can cause it: ");
	has(text, "Duration: ");
	has(text, "Faults and data choices on the path:");
	has(text, "Counterfactual:\n  without the switch to vcpu1 at choice ");
	has(text, "  without the bug sept-child-before-parent: the violation is gone\n");
	has(text, "Reproduce: tdpfuzz run X\n");
}

static void budget(const char *text)
{
	const char *from = strstr(text, " ------  ---"), *end = from ? strstr(from, "\n\n") : NULL;
	unsigned int lines = 0;

	for (; end && from < end; from++)
		lines += *from == '\n';
	check(lines > 5 && lines <= TRACE_MAX_LINES, "at most 25 lines of interleaving");
}

static void same_again(const struct scenario *s, const struct eng_record *record, const char *text)
{
	struct eng_strategy *replay = eng_strategy_replay();
	struct exec_result r;
	char *again;

	eng_strategy_replay_set(replay, record);
	exec_run(replay, &r);
	again = report(s, &r);
	check(strcmp(text, again) == 0, "the same bytes again");
	free(again);
	replay->destroy(replay);
}

/* What a random walk finds becomes as short as what exhaustive search finds. */
static void reduction(void)
{
	struct eng_strategy *st = eng_strategy_random(1);
	struct exec_result r;
	char title[256];

	check(find(st, 20000, &r), "random walk finds it");
	snprintf(title, sizeof(title), "%s", r.title);
	trace_reduce(&r);
	check(r.finding && strcmp(r.title, title) == 0, "reduced: the same title");
	check(r.run.deviations <= 3, "reduced: at most 3 deviations");
	st->destroy(st);
}

int main(void)
{
	struct eng_strategy *st = eng_strategy_exhaustive(1);
	struct exec_result r, kept;
	struct scenario s;
	struct scn_error err;
	char *text;

	if (!scn_load(&s, file, &err)) {
		printf("not ok 1 - %s\n", err.text);
		return 1;
	}
	exec_init();
	exec_prepare(&s);
	if (!find(st, 20000, &r)) {
		printf("not ok 1 - not found\n");
		return 1;
	}
	trace_copy_result(&kept, &r);
	text = report(&s, &r);
	parts(text);
	budget(text);
	same_again(&s, &kept.run.record, text);
	reduction();
	free(text);
	trace_free_result(&kept);
	st->destroy(st);
	scn_free(&s);
	printf("1..%d\n", tests);
	return failures != 0;
}
