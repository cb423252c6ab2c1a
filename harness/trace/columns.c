/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interleaving as text: choice number, CPU, how the thread came to run, then the threads as columns. A
 * step starts in the column of its thread and runs to the right; what is left of it shows whose turn it is.
 */
#include <string.h>

#include "harness/trace/trace.h"

enum { COLUMN = 8 };

static const char *const switch_names[] = {
	[TRACE_SAME] = "",
	[TRACE_CONCURRENT] = "concurrent",
	[TRACE_PREEMPTED] = "preempted",
	[TRACE_BLOCKED] = "blocked",
};

static void header(FILE *out, const struct trace *t)
{
	fprintf(out, " choice  CPU  switch      ");
	for (unsigned int i = 0; i < t->nr_threads; i++)
		fprintf(out, i + 1 < t->nr_threads ? "%-*s" : "%.*s", i + 1 < t->nr_threads ? COLUMN : 15,
			t->names[i]);
	fprintf(out, "\n ------  ---  ----------  ");
	for (unsigned int i = 0; i < t->nr_threads; i++)
		fprintf(out, i + 1 < t->nr_threads ? "------  " : "------");
	fputc('\n', out);
}

static void context(FILE *out, const struct trace_item *it)
{
	const char *sep = "  [";

	if (it->locks[0]) {
		fprintf(out, "%s%s", sep, it->locks);
		sep = ", ";
	}
	if (it->irqs_off) {
		fprintf(out, "%sirqs off", sep);
		sep = ", ";
	}
	if (it->in_guest) {
		fprintf(out, "%sin guest", sep);
		sep = ", ";
	}
	if (sep[0] == ',')
		fputc(']', out);
}

static void line(FILE *out, const struct trace_item *it)
{
	if (it->sw == TRACE_SAME)
		fprintf(out, " %6s  %3u  %-10s  ", "", it->cpu, "");
	else
		fprintf(out, " %6u  %3u  %-10s  ", it->choice, it->cpu, switch_names[it->sw]);
	for (unsigned int i = 0; i < it->thread; i++)
		fprintf(out, "%-*s", COLUMN, ".");
	if (it->func[0])
		fprintf(out, "%s: ", it->func);
	fputs(it->what, out);
	context(out, it);
	fputs(it->fatal ? "  <== HERE\n" : "\n", out);
}

void trace_print_columns(FILE *out, const struct trace *t, const bool *keep)
{
	header(out, t);
	for (size_t i = 0; i < t->nr; i++)
		if (keep[i])
			line(out, &t->items[i]);
}
