/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mutants are legal scenarios, decode to themselves, reach every operation, and depend on the seed only. A
 * mutant that does not decode would be thrown away by the target unseen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzzers/mutate.h"

#define ROUNDS 20000
#define MAX 4096

static int failed;

static void ok(bool good, const char *what)
{
	printf("%s - %s\n", good ? "ok" : "not ok", what);
	failed |= !good;
}

/* A vCPU that writes and a thread that punches the page: the smallest race. */
static size_t seed_input(u8 *out)
{
	static struct scenario s;
	struct scn_error err;
	size_t size;

	scn_init(&s);
	s.memory.m = 4;
	s.nr_threads = 2;
	s.threads[0].is_vcpu = 1;
	s.threads[0].nr_ops = 1;
	s.threads[0].ops[0] = (struct scn_op){.kind = OP_WRITE, .on_ve = 1, .val = 1};
	s.threads[1].nr_ops = 1;
	s.threads[1].ops[0] = (struct scn_op){.kind = OP_PUNCH, .size.k = 1};
	if (!scn_validate(&s, &err)) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	size = scn_encode_fuzz(&s, out, MAX);
	scn_free(&s);
	return size;
}

struct survey {
	bool kinds[OP_NR], threads[SCN_MAX_THREADS + 1], narrow[2], mapped, shared;
	u32 illegal, unstable, gaps;
};

static void survey_input(struct survey *v, const u8 *data, size_t size)
{
	static struct scenario s;
	static u8 again[MAX];
	size_t again_size;

	scn_init(&s);
	if (!scn_decode_fuzz(&s, data, size)) {
		v->illegal++;
		return;
	}
	for (u32 t = 0; t < s.nr_threads; t++)
		for (u32 i = 0; i < s.threads[t].nr_ops; i++)
			v->kinds[s.threads[t].ops[i].kind] = true;
	v->threads[s.nr_threads] = true;
	v->narrow[!!s.narrow] = true;
	v->mapped |= s.nr_mapped > 0;
	v->shared |= s.nr_shared > 0;
	if (s.nr_gap_bytes > v->gaps)
		v->gaps = s.nr_gap_bytes;
	again_size = scn_encode_fuzz(&s, again, sizeof(again));
	v->unstable += again_size != size || memcmp(again, data, size);
	scn_free(&s);
}

static void test_survey(const u8 *seed, size_t seed_size)
{
	static u8 data[MAX], other[MAX], crossed[MAX];
	struct survey v = {0};
	struct mutate_rng rng;
	size_t size = seed_size, other_size = seed_size, out;
	u32 refused = 0;
	bool all = true;

	mutate_seed(&rng, 1);
	memcpy(data, seed, size);
	memcpy(other, seed, size);
	for (u32 i = 0; i < ROUNDS; i++) {
		out = mutate_input(data, size, MAX, &rng);
		refused += !out;
		size = out ? out : size;
		survey_input(&v, data, size);
		out = mutate_cross_inputs(data, size, other, other_size, crossed, MAX, &rng);
		refused += !out;
		if (out)
			survey_input(&v, crossed, out);
		if (i % 64 == 0) {
			memcpy(other, data, size);
			other_size = size;
		}
	}
	ok(!v.illegal, "every mutant decodes");
	ok(!v.unstable, "every mutant is in canonical form");
	ok(!refused, "no input that the mutator made is refused by it");
	for (u32 k = 0; k < OP_NR; k++) {
		if (k == OP_AWAIT)
			continue;
		if (!v.kinds[k])
			printf("# never seen: %s\n", scn_op_names[k][0]);
		all &= v.kinds[k];
	}
	ok(all, "every operation but AWAIT is reached");
	ok(v.threads[2] && v.threads[SCN_MAX_THREADS], "two threads, and as many as there can be");
	ok(v.narrow[0] && v.narrow[1] && v.mapped && v.shared, "both geometries, mapped and shared ranges");
	ok(v.gaps >= 32, "a schedule of 16 preemptions");
}

static void test_same_seed(const u8 *seed, size_t seed_size)
{
	static u8 a[MAX], b[MAX];
	struct mutate_rng first, second;
	size_t a_size = seed_size, b_size = seed_size;

	memcpy(a, seed, seed_size);
	memcpy(b, seed, seed_size);
	mutate_seed(&first, 42);
	mutate_seed(&second, 42);
	for (int i = 0; i < 100; i++) {
		a_size = mutate_input(a, a_size, MAX, &first);
		b_size = mutate_input(b, b_size, MAX, &second);
	}
	ok(a_size == b_size && !memcmp(a, b, a_size), "the same seed gives the same mutants");
}

static void test_bounds(const u8 *seed, size_t seed_size)
{
	static u8 data[MAX];
	struct mutate_rng rng;
	bool untouched = true;

	mutate_seed(&rng, 7);
	for (size_t max = 0; max < seed_size; max++) {
		size_t out;

		memcpy(data, seed, seed_size);
		memset(data + seed_size, 0xa5, 64);
		out = mutate_input(data, seed_size, max, &rng);
		untouched &= out <= max && (out || !memcmp(data, seed, seed_size));
		untouched &= data[max > seed_size ? max : seed_size] == 0xa5;
	}
	ok(untouched, "nothing is written beyond the limit, nor without a mutant");
}

int main(void)
{
	static u8 seed[MAX];
	size_t size = seed_input(seed);

	test_survey(seed, size);
	test_same_seed(seed, size);
	test_bounds(seed, size);
	return failed;
}
