/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Speed of the engine. One JSON object a line: the median of several repetitions, in CPU time, and as peer
 * the bare switch of the same process: two fibers, a random bit decides at each step whether to switch, and
 * nothing else.
 *
 *   W1  two threads, each 1,000 x fetch_add of one counter: points a second
 *   W2  the frozen-SPTE miniature: executions a second
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "harness/engine/engine.h"
#include "harness/engine/fiber.h"
#include "harness/engine/strategy.h"
#include "harness/engine/w2_test.h"

#define REPETITIONS 7

/* How often each work is done in one repetition: about a tenth of a second. */
#define FLOOR_STEPS 10000000
#define W1_RUNS 2500
#define W2_RUNS 300000

static double cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static struct fiber pair[2], outside;
static unsigned int current;
static u64 steps_left;
static struct rng rng = {1};

static void floor_body(void)
{
	unsigned int self = current;
	u64 bits = 0;

	for (unsigned int i = 0; steps_left; i++) {
		if (!(i & 63))
			bits = rng_next(&rng);
		steps_left--;
		if (bits >> (i & 63) & 1) {
			current = !self;
			fiber_switch(&pair[self], &pair[!self]);
		}
	}
}

static struct fiber *floor_exit(void)
{
	return &outside;
}

/* The fiber that is left behind in its loop starts the next repetition: it finds new steps to make. */
static u64 floor_work(struct eng_strategy *unused)
{
	(void)unused;
	steps_left = FLOOR_STEPS;
	fiber_switch(&outside, &pair[current]);
	return FLOOR_STEPS;
}

static u64 counter;

static void w1_thread(void *unused)
{
	(void)unused;
	for (int i = 0; i < 1000; i++) {
		m_point(M_RMW | M_KVM, &counter, M_SITE("fetch_add(&counter)"));
		__atomic_fetch_add(&counter, 1, __ATOMIC_ACQ_REL);
	}
}

static u64 w1_work(struct eng_strategy *s)
{
	struct eng_run run;
	u64 points = 0;

	for (int i = 0; i < W1_RUNS; i++) {
		counter = 0;
		eng_thread("a", w1_thread, NULL);
		eng_thread("b", w1_thread, NULL);
		eng_run(s, &run);
		eng_reset();
		points += run.steps;
		if (run.verdict != ENG_OK || counter != 2000)
			eng_internal_error("W1: %llu instead of 2000", (unsigned long long)counter);
	}
	return points;
}

static u64 w2_work(struct eng_strategy *s, unsigned int threads)
{
	struct eng_run run;

	for (int i = 0; i < W2_RUNS; i++) {
		w2_spte = w2_mirror = 0;
		eng_thread("A", w2_first, NULL);
		for (uintptr_t t = 1; t < threads; t++)
			eng_thread("B", w2_other, (void *)t);
		eng_run(s, &run);
		eng_reset();
		if (run.verdict != ENG_OK || !w2_agrees())
			eng_internal_error("W2: spte and mirror differ");
	}
	return W2_RUNS;
}

static u64 w2_two(struct eng_strategy *s)
{
	return w2_work(s, 2);
}

static u64 w2_three(struct eng_strategy *s)
{
	return w2_work(s, 3);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Prints and returns the median; @floor: of the bare switch, 0 for itself. */
static double measure(const char *name, const char *unit, u64 (*work)(struct eng_strategy *s),
		      struct eng_strategy *s, double floor)
{
	double value[REPETITIONS], median;

	work(s);
	for (int i = 0; i < REPETITIONS; i++) {
		double start = cpu_seconds();
		u64 done = work(s);

		value[i] = done / (cpu_seconds() - start);
	}
	qsort(value, REPETITIONS, sizeof(value[0]), by_value);
	median = value[REPETITIONS / 2];
	printf("{\"name\":\"%s\",\"value\":%.0f,\"unit\":\"%s\",\"peer\":\"engine-floor\",\"ratio\":%.3f,"
	       "\"runs\":%d,"
	       "\"spread\":%.3f}\n",
	       name, median, unit, floor ? median / floor : 1.0, REPETITIONS,
	       (value[REPETITIONS - 1] - value[0]) / median);
	fflush(stdout);
	return median;
}

static double measure_floor(void)
{
	fiber_adopt(&outside);
	fiber_create(&pair[0], floor_body, floor_exit);
	fiber_create(&pair[1], floor_body, floor_exit);
	return measure("engine-floor", "steps/s", floor_work, NULL, 0);
}

int main(void)
{
	struct eng_strategy *random = eng_strategy_random(1), *pct = eng_strategy_pct(1, 3);
	double floor;

	eng_init();
	eng_configure(&(struct eng_config){.classes = M_KVM});
	floor = measure_floor();
	measure("engine-w1-random", "points/s", w1_work, random, floor);
	measure("engine-w1-pct3", "points/s", w1_work, pct, floor);
	measure("engine-w2-2-random", "executions/s", w2_two, random, floor);
	measure("engine-w2-3-random", "executions/s", w2_three, random, floor);
	measure("engine-w2-2-pct3", "executions/s", w2_two, pct, floor);
	random->destroy(random);
	pct->destroy(pct);
	return 0;
}
