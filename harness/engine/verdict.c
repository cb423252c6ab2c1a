/* SPDX-License-Identifier: GPL-2.0-only */
/* How a run ends early, and what is said about it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/engine/state.h"
#include "model/event.h"

void eng_internal_error(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("tdpfuzz: internal error: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	_Exit(3);
}

/* Called on the fiber that ends the run, or by quiescent code on the main stack. */
void eng_stop(enum eng_verdict verdict)
{
	eng.verdict = verdict;
	eng.ended_by = eng.cur;
	event_observers_left();
	if (!eng.inside)
		longjmp(eng.main.base, 1);
	eng.over = true;
	fiber_unwind(&eng.fiber[eng.cur]);
}

static const char *watched;

void eng_watch_only(const char *id)
{
	watched = id;
}

/* What nothing can go on after, and the harness's own limits, end a run whatever is watched. */
static bool is_passed_over(const char *id)
{
	static const char *const fatal[] = {"BUG-01", "SEAM-01", "INTERNAL"};

	if (!watched || !strcmp(watched, id))
		return false;
	for (unsigned int i = 0; i < ARRAY_SIZE(fatal); i++)
		if (!strcmp(fatal[i], id))
			return false;
	return true;
}

void m_fail(const char *id, const char *title, const char *fmt, ...)
{
	va_list ap;

	if (is_passed_over(id))
		return;
	if (!eng.inside && !eng.guarded)
		eng_internal_error("%s %s: outside a run", id, title);
	snprintf(eng.id, sizeof(eng.id), "%s", id);
	snprintf(eng.title, sizeof(eng.title), "%s", title);
	va_start(ap, fmt);
	vsnprintf(eng.state, sizeof(eng.state), fmt, ap);
	va_end(ap);
	eng_stop(ENG_FAILED);
}

static void append(char *buf, size_t size, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf + used, size - used, fmt, ap);
	va_end(ap);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "@what: f / g": the functions that the threads of @mask are in; the same for every order of the threads. */
static void make_title(const char *what, u16 mask)
{
	const struct thread_list *list = &thread_lists[mask];
	const char *func[ENG_MAX_THREADS];
	unsigned int nr = 0;

	for (unsigned int i = 0; i < list->nr; i++) {
		const struct eng_thread *t = &eng.thread[list->thread[i]];

		if (t->site && t->waits != &m_alone_obj)
			func[nr++] = t->site->func;
	}
	qsort(func, nr, sizeof(func[0]), by_name);
	snprintf(eng.title, sizeof(eng.title), "%s", what);
	for (unsigned int i = 0, shown = 0; i < nr; i++)
		if (!i || strcmp(func[i], func[i - 1]))
			append(eng.title, sizeof(eng.title), "%s%s", shown++ ? " / " : ": ", func[i]);
}

static void describe_threads(void)
{
	const struct thread_list *list = &thread_lists[eng.alive];

	eng.state[0] = 0;
	for (unsigned int i = 0; i < list->nr; i++) {
		unsigned int nr = list->thread[i];
		const struct eng_thread *t = &eng.thread[nr];
		const char *how = t->waits		      ? "is blocked in"
				  : eng.spinning & (1u << nr) ? "spins in"
							      : "is in";

		if (t->site)
			append(eng.state, sizeof(eng.state), "%s %s %s(): %s\n", t->name, how, t->site->func,
			       t->site->what);
		else
			append(eng.state, sizeof(eng.state), "%s has not started\n", t->name);
	}
}

static void stop_with(enum eng_verdict verdict, const char *id, const char *what, u16 mask)
{
	snprintf(eng.id, sizeof(eng.id), "%s", id);
	make_title(what, mask);
	describe_threads();
	eng_stop(verdict);
}

void eng_stop_deadlock(void)
{
	stop_with(ENG_DEADLOCK, "DEADLOCK", "deadlock", eng.alive);
	__builtin_unreachable();
}

void eng_stop_livelock(void)
{
	stop_with(ENG_LIVELOCK, "LIVELOCK", "livelock", eng.ready);
	__builtin_unreachable();
}

void eng_stop_steps(const char *limit)
{
	char what[64];

	snprintf(what, sizeof(what), "run exceeds its limit of %s", limit);
	if (!eng.inside)
		eng_internal_error("%s outside a run", what);
	stop_with(ENG_STEPS, "STEPS", what, 1u << eng.cur);
	__builtin_unreachable();
}
