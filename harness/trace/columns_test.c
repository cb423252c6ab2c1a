/* SPDX-License-Identifier: GPL-2.0-only */
/* The interleaving of synthetic steps: what is kept within the budget of lines, and what a line looks like.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/trace/trace.h"

static int failures, tests;

static void check(bool ok, const char *what)
{
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++tests, what);
	failures += !ok;
}

static struct trace_item *item(struct trace *t, u8 thread, int weight, const char *what)
{
	struct trace_item *it = trace_add(t);

	it->thread = it->cpu = thread;
	it->weight = weight;
	it->step = t->nr;
	snprintf(it->func, sizeof(it->func), "func%d", thread);
	snprintf(it->what, sizeof(it->what), "%s", what);
	return it;
}

static void threads(struct trace *t)
{
	trace_init(t);
	t->nr_threads = 2;
	strcpy(t->names[0], "vcpu0");
	strcpy(t->names[1], "host1");
}

static char *print(const struct trace *t)
{
	bool *keep = calloc(t->nr + 1, sizeof(*keep));
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	trace_select(t, TRACE_MAX_LINES, keep);
	trace_print_columns(f, t, keep);
	fclose(f);
	free(keep);
	return text;
}

static void rendering(void)
{
	static const char want[] =
		" choice  CPU  switch      vcpu0   host1\n"
		" ------  ---  ----------  ------  ------\n"
		"           0              func0: takes mmu_lock for read  [mmu_lock R, RCU]\n"
		"     12    1  concurrent  .       func1: IPI to CPU 0  [irqs off]\n"
		"     14    1  preempted   func0: stores  [in guest]  <== HERE\n";
	struct trace t;
	struct trace_item *it;
	char *text;

	threads(&t);
	strcpy(item(&t, 0, 10, "takes mmu_lock for read")->locks, "mmu_lock R, RCU");
	it = item(&t, 1, 10, "IPI to CPU 0");
	it->sw = TRACE_CONCURRENT;
	it->choice = 12;
	it->irqs_off = true;
	it = item(&t, 0, 10, "stores");
	it->sw = TRACE_PREEMPTED;
	it->choice = 14;
	it->cpu = 1;
	it->in_guest = it->fatal = true;
	text = print(&t);
	check(strcmp(text, want) == 0,
	      "one column a thread, switch, locks, state of the CPU, the fatal step");
	if (strcmp(text, want) != 0)
		printf("%s", text);
	free(text);
	trace_free(&t);
}

static unsigned int lines(const char *text)
{
	unsigned int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* 1000 steps, of which few matter; a preemption on a plain access must not be lost among heavy steps. */
static void budget(void)
{
	struct trace t;
	struct trace_item *it;
	char *text;

	threads(&t);
	for (int i = 0; i < 1000; i++)
		item(&t, i & 1, i % 50 == 0 ? 40 : 6, i % 50 == 0 ? "heavy" : "light");
	it = item(&t, 1, 1, "plain access");
	it->sw = TRACE_CONCURRENT;
	it = item(&t, 0, 3, "the end");
	it->fatal = true;
	text = print(&t);
	check(lines(text) == TRACE_MAX_LINES + 2, "25 lines and the header");
	check(strstr(text, "plain access") != NULL, "the preemption is kept");
	check(strstr(text, "the end  <== HERE") != NULL, "the fatal step is kept");
	free(text);
	trace_free(&t);
}

/* Of steps of one kind, those that touch the frame of the fatal step stay. */
static void relevance(void)
{
	bool keep[40];
	struct trace t;
	size_t related = 0;

	threads(&t);
	for (int i = 0; i < 40; i++)
		item(&t, 0, 30, "store")->gfn = i % 4;
	t.items[39].fatal = true;
	trace_select(&t, 10, keep);
	for (int i = 0; i < 40; i++)
		related += keep[i] && i % 4 == 3;
	check(related == 10, "steps on the frame of the fatal step come first");
	trace_free(&t);
}

static void short_trace(void)
{
	bool keep[2] = {true, true};
	struct trace t;

	threads(&t);
	check(trace_select(&t, TRACE_MAX_LINES, keep) == 0, "no steps, no lines");
	item(&t, 0, 1, "alone");
	check(trace_select(&t, TRACE_MAX_LINES, keep) == 1 && keep[0], "one step, one line");
	trace_free(&t);
}

int main(void)
{
	rendering();
	budget();
	relevance();
	short_trace();
	printf("1..%d\n", tests);
	return failures != 0;
}
