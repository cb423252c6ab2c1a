/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which steps a reader needs. Each item has a weight by what it is; what touches the same frame as the fatal
 * step, what a switch landed on, and what is near the end weighs more. The heaviest stay, in their order.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/trace/trace.h"

enum { BONUS_SWITCH = 70, BONUS_BLOCKED = 8, BONUS_RELATED = 25, BONUS_LATE = 15, BONUS_FATAL = 10000 };

struct ranked {
	size_t index;
	int score;
};

/* What the finding is about: the fatal item, else the last that names a frame. */
static const struct trace_item *subject(const struct trace *t)
{
	const struct trace_item *last = NULL;

	for (size_t i = 0; i < t->nr; i++) {
		const struct trace_item *it = &t->items[i];

		if (it->gfn != ~0ull || it->pfn != ~0ull)
			last = it;
	}
	return last;
}

static bool related(const struct trace_item *it, const struct trace_item *to)
{
	if (!to)
		return false;
	return (it->gfn != ~0ull && it->gfn == to->gfn) || (it->pfn != ~0ull && it->pfn == to->pfn);
}

static int score(const struct trace *t, size_t i, const struct trace_item *about)
{
	const struct trace_item *it = &t->items[i];
	int score = it->weight + (int)(BONUS_LATE * (i + 1) / t->nr);

	if (it->fatal)
		score += BONUS_FATAL;
	if (it->sw == TRACE_CONCURRENT || it->sw == TRACE_PREEMPTED)
		score += BONUS_SWITCH;
	else if (it->sw == TRACE_BLOCKED)
		score += BONUS_BLOCKED;
	if (related(it, about) && it->weight >= 5)
		score += BONUS_RELATED;
	return score;
}

static int heavier(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return x->index < y->index ? 1 : -1; /* of equals the later: nearer to the end */
}

size_t trace_select(const struct trace *t, size_t max, bool *keep)
{
	struct ranked *r = calloc(t->nr + 1, sizeof(*r));
	const struct trace_item *about = subject(t);
	size_t n = min(max, t->nr);

	if (!r)
		eng_internal_error("no memory to rank %zu steps", t->nr);
	memset(keep, 0, t->nr * sizeof(*keep));
	for (size_t i = 0; i < t->nr; i++)
		r[i] = (struct ranked){i, score(t, i, about)};
	qsort(r, t->nr, sizeof(*r), heavier);
	for (size_t i = 0; i < n; i++)
		keep[r[i].index] = true;
	free(r);
	return n;
}
