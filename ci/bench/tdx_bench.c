/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Speed of whole executions with all checkers on: the scenario of the first argument. One JSON object a line:
 * the median of several repetitions, in CPU time.
 *
 *   tdx-STRATEGY         executions a second; points a second, with the bare switch of the second argument as
 * peer tdx-memory-flat      cost of an execution with 1 TiB of guest memory, by that with 4 MiB (wide
 * geometry): 1 tdx-linear-ops       cost of an operation among 16 of a thread, by that among 4: at most 1
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/scenario/exec.h"

#define REPETITIONS 7
#define RUNS 3000

/* @rate: executions a CPU second, the median; @spread: highest minus lowest, by the median; @points: a run.
 */
struct speed {
	double rate, spread, points;
};

static double cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Points of the threads of one execution, summed over RUNS of them. */
static u64 repetition(struct eng_strategy *strategy)
{
	static struct exec_result result;
	u64 points = 0;

	for (int i = 0; i < RUNS; i++) {
		exec_run(strategy, &result);
		if (result.finding)
			eng_internal_error("%s", result.title);
		points += result.run.steps;
	}
	return points;
}

static struct speed measure(const struct scenario *s, const char *name)
{
	struct eng_strategy *strategy = eng_strategy_by_name(name, 1, 3);
	double rate[REPETITIONS];
	struct speed speed;
	u64 points = 0;

	exec_prepare(s);
	repetition(strategy);
	for (int i = 0; i < REPETITIONS; i++) {
		double start = cpu_seconds();

		points += repetition(strategy);
		rate[i] = RUNS / (cpu_seconds() - start);
	}
	strategy->destroy(strategy);
	qsort(rate, REPETITIONS, sizeof(rate[0]), by_value);
	speed.rate = rate[REPETITIONS / 2];
	speed.spread = (rate[REPETITIONS - 1] - rate[0]) / speed.rate;
	speed.points = (double)points / RUNS / REPETITIONS;
	return speed;
}

static void print(const char *name, double value, const char *unit, const char *peer, double ratio,
		  double spread)
{
	printf("{\"name\":\"%s\",\"value\":%.*f,\"unit\":\"%s\",\"peer\":\"%s\",\"ratio\":%.3f,\"runs\":%d,"
	       "\"spread\":%.3f}\n",
	       name, value < 100 ? 3 : 0, value, unit, peer, ratio, REPETITIONS, spread);
	fflush(stdout);
}

/* The goal is 30,000 executions a second. */
static void bench_strategy(const struct scenario *s, const char *strategy, double floor)
{
	struct speed speed = measure(s, strategy);
	char name[64];

	snprintf(name, sizeof(name), "tdx-%s", strategy);
	print(name, speed.rate, "executions/s", "goal", speed.rate / 30000, speed.spread);
	snprintf(name, sizeof(name), "tdx-%s-points", strategy);
	if (floor > 0)
		print(name, speed.rate * speed.points, "points/s", "engine-floor",
		      speed.rate * speed.points / floor, speed.spread);
}

static void bench_memory(const struct scenario *s)
{
	struct scenario wide;
	struct speed small, large;

	scn_copy(&wide, s);
	wide.narrow = false;
	wide.memory = (scn_size){.m = 2};
	small = measure(&wide, "random");
	wide.memory = (scn_size){.g = 1024};
	large = measure(&wide, "random");
	print("tdx-memory-flat", small.rate / large.rate, "cost 1 TiB / 4 MiB", "1", small.rate / large.rate,
	      small.spread + large.spread);
	scn_free(&wide);
}

static void bench_operations(const struct scenario *s)
{
	struct speed few = measure(s, "random"), many;
	struct scenario longer;
	double ratio;

	scn_copy(&longer, s);
	for (unsigned int t = 0; t < longer.nr_threads; t++) {
		struct scn_thread *th = &longer.threads[t];

		for (unsigned int i = th->nr_ops; th->nr_ops && i < SCN_MAX_OPS; i++)
			th->ops[i] = th->ops[i % th->nr_ops];
		th->nr_ops = th->nr_ops ? SCN_MAX_OPS : 0;
	}
	many = measure(&longer, "random");
	ratio = few.rate / many.rate / 4;
	print("tdx-linear-ops", ratio, "cost of an operation, 16 / 4", "1", ratio, few.spread + many.spread);
	scn_free(&longer);
}

int main(int argc, char **argv)
{
	double floor = argc > 2 ? atof(argv[2]) : 0;
	struct scenario s;
	struct scn_error err;

	if (argc < 2) {
		fprintf(stderr, "usage: tdx_bench SCENARIO [STEPS-A-SECOND-OF-THE-BARE-SWITCH]\n");
		return 1;
	}
	if (!scn_load(&s, argv[1], &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	exec_init();
	bench_strategy(&s, "random", floor);
	bench_strategy(&s, "pct", floor);
	bench_memory(&s);
	bench_operations(&s);
	scn_free(&s);
	return 0;
}
