/* SPDX-License-Identifier: GPL-2.0-only */
/* Every strategy against programs whose numbers are known. */
#include <limits.h>

#include "harness/engine/test.h"
#include "harness/engine/w2_test.h"

static void w2_start(unsigned int threads, void (*other)(void *))
{
	w2_spte = w2_mirror = 0;
	eng_thread("A", w2_first, NULL);
	for (uintptr_t t = 1; t < threads; t++)
		eng_thread("B", other, (void *)t);
}

struct count {
	u64 runs, again, bad, ok;
	bool complete;
	unsigned int bound;
};

static struct count w2_exhaustive(unsigned int threads, void (*other)(void *), unsigned int bound)
{
	struct eng_strategy *s = eng_strategy_exhaustive(bound);
	struct count n = {0};
	struct eng_run run;

	for (;; eng_reset()) {
		w2_start(threads, other);
		if (!eng_run(s, &run))
			break;
		n.runs += run.verdict != ENG_ABORTED;
		n.again += run.verdict == ENG_ABORTED;
		n.bad += !w2_agrees();
	}
	eng_reset();
	n.complete = eng_strategy_exhaustive_complete(s, &n.bound);
	s->destroy(s);
	return n;
}

static void test_counts(void)
{
	struct count two = w2_exhaustive(2, w2_other, UINT_MAX), three = w2_exhaustive(3, w2_other, UINT_MAX);
	struct count bug = w2_exhaustive(2, w2_other_bug, UINT_MAX);

	ok(two.runs == 23 && !two.bad, "2 threads: 23 interleavings (%llu)", (unsigned long long)two.runs);
	ok(two.complete && two.bound == UINT_MAX, "search is complete without a bound");
	ok(three.runs == 2630 && !three.bad, "3 threads: 2630 interleavings (%llu)",
	   (unsigned long long)three.runs);
	ok(bug.bad && bug.complete, "the bug is found (%llu of %llu)", (unsigned long long)bug.bad,
	   (unsigned long long)bug.runs);
}

static void test_bounds(void)
{
	u64 before = 0;
	bool grows = true;

	for (unsigned int bound = 0; bound < 4; bound++) {
		struct count n = w2_exhaustive(3, w2_other, bound);

		grows &= n.runs > before && n.complete && n.bound == bound;
		before = n.runs;
	}
	ok(grows, "each bound adds runs and is reported as completed");
	ok(w2_exhaustive(2, w2_other_bug, 0).bad == 0, "the bug needs a preemption");
	ok(w2_exhaustive(2, w2_other_bug, 1).bad > 0, "one preemption is enough");
}

/* Data choices: 0 to 2 deviations of three choices between 2, 3 and 2 options. */
static void data_thread(void *unused)
{
	static const u8 n[] = {2, 3, 2};

	(void)unused;
	for (unsigned int i = 0; i < ARRAY_SIZE(n); i++)
		m_choose(M_CH_ALLOC, n[i], M_SITE("alloc"));
}

static u64 count_data(unsigned int bound)
{
	struct eng_strategy *s = eng_strategy_exhaustive(bound);
	struct eng_run run;
	u64 nr = 0;

	for (;; eng_reset()) {
		eng_thread("data", data_thread, NULL);
		if (!eng_run(s, &run))
			break;
		nr += run.verdict == ENG_OK;
	}
	eng_reset();
	s->destroy(s);
	return nr;
}

static void test_data_choices(void)
{
	eng_configure(&(struct eng_config){.classes = M_KVM, .data_choices = 1u << M_CH_ALLOC});
	ok(count_data(0) == 1, "data choices: one run without deviation");
	ok(count_data(1) == 1 + 4, "four with at most one more");
	ok(count_data(2) == 1 + 4 + 5, "five with two");
	ok(count_data(UINT_MAX) == 12, "2 * 3 * 2 in all");
	eng_configure(&(struct eng_config){.classes = M_KVM});
	ok(count_data(UINT_MAX) == 1, "a kind that is not enabled is not drawn");
}

/* Runs until the bug, at most @max. */
static u64 runs_to_bug(struct eng_strategy *s, u64 max)
{
	struct eng_run run;

	for (u64 nr = 1; nr <= max; nr++) {
		w2_start(2, w2_other_bug);
		eng_run(s, &run);
		eng_reset();
		if (!w2_agrees())
			return nr;
	}
	return 0;
}

static void test_finders(void)
{
	unsigned int random = 0, pct = 0, shallow = 0;

	for (u64 seed = 1; seed <= 20; seed++) {
		struct eng_strategy *s[] = {eng_strategy_random(seed), eng_strategy_pct(seed, 2),
					    eng_strategy_pct(seed, 1)};

		random += runs_to_bug(s[0], 1000) != 0;
		pct += runs_to_bug(s[1], 1000) != 0;
		shallow += runs_to_bug(s[2], 1000) != 0;
		for (unsigned int i = 0; i < ARRAY_SIZE(s); i++)
			s[i]->destroy(s[i]);
	}
	ok(random == 20, "random walk finds the bug from 20 of 20 seeds (%u)", random);
	ok(pct == 20, "PCT of depth 2 does (%u)", pct);
	ok(!shallow, "PCT of depth 1, which never preempts, does not (%u)", shallow);
}

/* Under bytes, the numbers of the choices that deviate, as the strategy sees 5000 choices of 3 options. */
static unsigned int deviations(const u8 *data, size_t size, u32 *place, int *option, unsigned int max)
{
	struct eng_strategy *s = eng_strategy_bytes();
	struct eng_choice c = {.kind = M_CH_SCHED, .n = 3};
	unsigned int nr = 0;

	eng_strategy_bytes_set(s, data, size);
	s->begin(s);
	for (c.index = 0; c.index < 5000; c.index++) {
		int o = s->choose(s, &c);

		if (!o || nr == max)
			continue;
		place[nr] = c.index;
		option[nr++] = o;
	}
	s->destroy(s);
	return nr;
}

static void test_bytes(void)
{
	static const u8 data[] = {2, 0, 0, 3, 0xf1, 0x02, 7, 5};
	u32 place[8];
	int option[8];
	unsigned int nr = deviations(data, sizeof(data), place, option, 8);

	ok(nr == 3, "three deviations, the cut one is silent (%u)", nr);
	ok(place[0] == 2 && option[0] == 1, "gap 2, then option 1");
	ok(place[1] == 3 && option[1] == 2, "gap 0 is the next choice, option 1 + 3 %% 2");
	ok(place[2] == 4 + 0xf0 + 0x102 && option[2] == 2, "long gap (%u)", place[2]);
	ok(deviations(NULL, 0, place, option, 8) == 0, "no bytes, no deviation");
}

int main(void)
{
	test_engine();
	test_counts();
	test_bounds();
	test_data_choices();
	test_finders();
	test_bytes();
	return test_end();
}
