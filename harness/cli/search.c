/* SPDX-License-Identifier: GPL-2.0-only */
#include "harness/cli/search.h"

#include <stdlib.h>
#include <unistd.h>

#include "harness/cli/cli.h"

enum { CLOCK_EVERY = 64, GAP_BYTES = 32 };

bool search_hit_finding(const struct exec_result *r, void *arg)
{
	bool strict = *(const bool *)arg;

	return r->finding && (strict || !r->known);
}

static void progress(const struct search *s, double *last, bool over)
{
	if (!s->label || (!over && s->seconds - *last < 0.5) || (over && *last == 0))
		return;
	*last = s->seconds;
	if (over)
		fprintf(stderr, "\r\033[K");
	else
		fprintf(stderr, "\r\033[K%s: %llu executions, %.0f s, %.0f/s", s->label,
			(unsigned long long)s->executions, s->seconds, (double)s->executions / s->seconds);
	fflush(stderr);
}

static enum search_end search_loop(struct search *s, double start, double *last)
{
	for (u64 runs = 0;; runs++) {
		if (s->max_executions && s->executions >= s->max_executions)
			return SEARCH_EXECUTIONS;
		if (runs % CLOCK_EVERY == 0) {
			s->seconds = cli_now() - start;
			if (s->max_seconds > 0 && s->seconds >= s->max_seconds)
				return SEARCH_TIME;
			progress(s, last, false);
		}
		if (!exec_run(s->strategy, &s->result))
			return SEARCH_OVER;
		if (s->result.run.verdict == ENG_ABORTED)
			continue;
		s->executions++;
		s->known += s->result.finding && s->result.known;
		if (s->hit(&s->result, s->arg))
			return SEARCH_HIT;
	}
}

enum search_end search_run(struct search *s)
{
	double start = cli_now(), last = 0;
	enum search_end end;

	if (!isatty(STDERR_FILENO))
		s->label = NULL;
	s->executions = s->known = 0;
	end = search_loop(s, start, &last);
	s->seconds = cli_now() - start;
	progress(s, &last, true);
	return end;
}

/* splitmix64 feeding the strategy for fuzz bytes. */
struct random_bytes {
	struct eng_strategy s;
	struct eng_strategy *inner;
	u64 state;
	u8 bytes[GAP_BYTES];
};

static u64 next(u64 *state)
{
	u64 z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static bool random_bytes_begin(struct eng_strategy *s)
{
	struct random_bytes *r = container_of(s, struct random_bytes, s);
	size_t size = 2 + next(&r->state) % (GAP_BYTES - 1);

	for (size_t i = 0; i < size; i++)
		r->bytes[i] = next(&r->state);
	eng_strategy_bytes_set(r->inner, r->bytes, size);
	return r->inner->begin(r->inner);
}

static int random_bytes_choose(struct eng_strategy *s, const struct eng_choice *c)
{
	struct random_bytes *r = container_of(s, struct random_bytes, s);

	return r->inner->choose(r->inner, c);
}

static void random_bytes_end(struct eng_strategy *s, const struct eng_run *run)
{
	struct random_bytes *r = container_of(s, struct random_bytes, s);

	r->inner->end(r->inner, run);
}

static void random_bytes_destroy(struct eng_strategy *s)
{
	struct random_bytes *r = container_of(s, struct random_bytes, s);

	r->inner->destroy(r->inner);
	free(r);
}

struct eng_strategy *search_strategy_random_bytes(u64 seed)
{
	struct random_bytes *r = calloc(1, sizeof(*r));

	if (!r)
		eng_internal_error("no memory for a strategy");
	r->s.name = "bytes";
	r->s.begin = random_bytes_begin;
	r->s.choose = random_bytes_choose;
	r->s.end = random_bytes_end;
	r->s.destroy = random_bytes_destroy;
	r->inner = eng_strategy_bytes();
	r->state = seed;
	return &r->s;
}
