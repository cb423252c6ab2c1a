/* SPDX-License-Identifier: GPL-2.0-only */
/* For the unit tests of the engine and of kapi: TAP lines, and a run in one call. */
#ifndef TDPFUZZ_ENGINE_TEST_H
#define TDPFUZZ_ENGINE_TEST_H

#include <stdio.h>
#include <string.h>

#include "harness/engine/engine.h"

static unsigned int test_nr, test_failed;

__attribute__((format(printf, 2, 3))) static inline void ok(bool good, const char *fmt, ...)
{
	__builtin_va_list ap;

	printf("%s %u - ", good ? "ok" : "not ok", ++test_nr);
	__builtin_va_start(ap, fmt);
	vprintf(fmt, ap);
	__builtin_va_end(ap);
	putchar('\n');
	test_failed += !good;
}

static inline int test_end(void)
{
	printf("1..%u\n", test_nr);
	return test_failed != 0;
}

/* A thread of a test. */
struct test_thread {
	const char *name;
	void (*fn)(void *arg);
	void *arg;
};

static inline void add_threads(const struct test_thread *t)
{
	for (; t->fn; t++)
		eng_thread(t->name, t->fn, t->arg);
}

/* Engine with points in the class of kernel code and no data choices. */
static inline void test_engine(void)
{
	eng_init();
	eng_configure(&(struct eng_config){.classes = M_KVM});
}

#endif
