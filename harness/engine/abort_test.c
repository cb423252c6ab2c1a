/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs that end early leave nothing behind: 200,000 of them, with frames to drop in every thread. */
#include <stdio.h>

#include "harness/engine/test.h"

#define RUNS 200000

static u64 word;

static __attribute__((noinline)) u64 deep(unsigned int depth)
{
	volatile u64 local[2] = {depth};

	if (!depth)
		m_xchg64(&word, local[0], M_KVM);
	else
		local[1] = deep(depth - 1);
	return local[0] + local[1];
}

static void goes_deep(void *unused)
{
	(void)unused;
	for (;;)
		deep(8);
}

static void fails(void *unused)
{
	(void)unused;
	for (int i = 0; i < 10; i++)
		m_store64(&word, 0, M_KVM);
	m_fail("X-01", "end of this run", "%d", 1);
}

static void blocks(void *unused)
{
	(void)unused;
	deep(3);
	for (;;)
		m_wait(&word, M_SITE("for ever"));
}

static long resident_kib(void)
{
	long pages = 0, size;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%ld %ld", &size, &pages) != 2)
		pages = 0;
	if (f)
		fclose(f);
	return pages * 4;
}

static unsigned int run_many(struct eng_strategy *s, unsigned int runs, enum eng_verdict verdict,
			     const struct test_thread *threads)
{
	unsigned int good = 0;
	struct eng_run run;

	for (unsigned int i = 0; i < runs; i++) {
		add_threads(threads);
		eng_run(s, &run);
		good += run.verdict == verdict;
		eng_reset();
	}
	return good;
}

static void test_kind(const char *name, enum eng_verdict verdict, unsigned int runs,
		      const struct test_thread *t)
{
	struct eng_strategy *s = eng_strategy_random(3);
	unsigned int good = run_many(s, runs / 10, verdict, t);
	long before = resident_kib(), after;

	good += run_many(s, runs - runs / 10, verdict, t);
	after = resident_kib();
	ok(good == runs, "%u runs end in %s (%u)", runs, name, good);
	/* A sanitizer's own tables grow a little; one frame kept a run would be more. */
	ok(after - before < 16384, "and memory stays: %ld -> %ld KiB", before, after);
	s->destroy(s);
}

int main(void)
{
	test_engine();
	test_kind("m_fail()", ENG_FAILED, RUNS,
		  (struct test_thread[]){
			  {"deep", goes_deep, NULL}, {"deep", goes_deep, NULL}, {"f", fails, NULL}, {}});
	test_kind("deadlock", ENG_DEADLOCK, RUNS / 10,
		  (struct test_thread[]){{"b", blocks, NULL}, {"b", blocks, NULL}, {}});
	eng_configure(&(struct eng_config){.classes = M_KVM, .max_steps = 50});
	test_kind("the step limit", ENG_STEPS, RUNS / 10,
		  (struct test_thread[]){{"deep", goes_deep, NULL}, {"deep", goes_deep, NULL}, {}});
	return test_end();
}
