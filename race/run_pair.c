/* SPDX-License-Identifier: GPL-2.0-only */
/* Not instrumented: what it keeps for itself is not part of the programs that it runs. */
#include <stdio.h>
#include <stdlib.h>

#include "model/kapi/kapi.h"
#include "race/run_pair.h"

static unsigned int reports;

/* Called by TSan before it prints a report. */
void __tsan_on_report(void *report);
void __tsan_on_report(void *report)
{
	(void)report;
	__atomic_fetch_add(&reports, 1, __ATOMIC_RELAXED);
}

/* Programs share addresses and library frames, so equal ones do not make a report a duplicate. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "halt_on_error=0:exitcode=0:atexit_sleep_ms=0:suppress_equal_stacks=0:suppress_equal_"
	       "addresses=0:"
	       "report_signal_unsafe=0:report_thread_leaks=0";
}

#ifdef MACHINE_THREADS
#include "model/kapi/threads.h"
#include "race/machine_threads.h"

/* The one of race/tsan.supp, where the argument for it is. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
	return "race:urcu_*_barrier\n";
}

void pair_init(void)
{
	const struct mt_config config = {
		.seed = 1,
		.jitter = 2,
		.hang_seconds = 60,
		.thread_start = kapi_thread_start,
		.thread_end = kapi_thread_end,
		.quiesce = rcu_barrier,
	};

	mt_init(&config);
	kapi_thread_start();
}

static void one_round(void (*const *fn)(void *), unsigned int nr)
{
	static const char *const names[] = {"one", "two", "three"};

	for (unsigned int i = 0; i < nr; i++)
		mt_thread(names[i], fn[i], NULL);
	mt_round();
}

static void forget(void)
{
	mt_reset();
}
#else
#include "harness/engine/engine.h"

static struct eng_strategy *strategy;

void pair_init(void)
{
	const struct eng_config config = {.classes = M_KVM | M_SEAM | M_HW};

	eng_init();
	eng_configure(&config);
	strategy = eng_strategy_random(1);
}

static void one_round(void (*const *fn)(void *), unsigned int nr)
{
	static const char *const names[] = {"one", "two", "three"};
	struct eng_run run;

	for (unsigned int i = 0; i < nr; i++)
		eng_thread(names[i], fn[i], NULL);
	eng_run(strategy, &run);
	if (run.verdict == ENG_OK)
		return;
	printf("# verdict %d: %s %s\n%s\n", run.verdict, run.id, run.title, run.state ? run.state : "");
	exit(1);
}

static void forget(void)
{
	eng_reset();
}
#endif

unsigned int pair_run(void (*setup)(void), void (*const *fn)(void *), unsigned int nr, unsigned int rounds)
{
	reports = 0;
	for (unsigned int i = 0; i < rounds && !__atomic_load_n(&reports, __ATOMIC_RELAXED); i++) {
		setup();
		one_round(fn, nr);
		forget();
	}
	return __atomic_load_n(&reports, __ATOMIC_RELAXED);
}
