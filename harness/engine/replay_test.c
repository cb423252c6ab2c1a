/* SPDX-License-Identifier: GPL-2.0-only */
/* A recorded run replays bit by bit, and a run that is another one says where it differs. */
#include <stdlib.h>

#include "harness/engine/test.h"

static u64 word[2];
static bool lock_taken;

static void take_lock(void)
{
	m_point(M_LOCK | M_KVM, &lock_taken, M_SITE("lock"));
	while (__atomic_load_n(&lock_taken, __ATOMIC_RELAXED))
		m_wait(&lock_taken, M_SITE("lock"));
	m_acquire(&word);
	__atomic_store_n(&lock_taken, true, __ATOMIC_RELAXED);
}

static void drop_lock(void)
{
	m_release(&word);
	__atomic_store_n(&lock_taken, false, __ATOMIC_RELAXED);
	m_wake(&lock_taken);
}

/* A bit of everything: marked accesses, a lock, spinning, data choices. */
static void mixed(void *nr)
{
	for (int i = 0; i < 10; i++) {
		take_lock();
		m_store64(&word[0], word[0] + 1, M_KVM);
		drop_lock();
		if (m_choose(M_CH_ALLOC, 3, M_SITE("alloc")) == 1)
			m_spin(M_SITE("relax"));
		m_xchg64(&word[1], (uintptr_t)nr, M_SEAM);
	}
}

static void start(unsigned int threads)
{
	word[0] = word[1] = 0;
	lock_taken = false;
	for (uintptr_t t = 0; t < threads; t++)
		eng_thread("mixed", mixed, (void *)t);
}

struct copy {
	struct eng_record record;
	u64 hash, end;
};

static struct copy record(struct eng_strategy *s, unsigned int threads)
{
	struct copy c;
	struct eng_run run;

	start(threads);
	eng_run(s, &run);
	c.record.nr = run.record.nr;
	c.record.option = malloc(run.record.nr + 1);
	c.record.sig = malloc(run.record.nr + 1);
	memcpy(c.record.option, run.record.option, run.record.nr);
	memcpy(c.record.sig, run.record.sig, run.record.nr);
	c.hash = run.hash;
	c.end = word[1];
	eng_reset();
	return c;
}

static void release(struct copy *c)
{
	free(c->record.option);
	free(c->record.sig);
}

static void test_replay(void)
{
	struct eng_strategy *random = eng_strategy_random(7), *replay = eng_strategy_replay();
	unsigned int same = 0, distinct = 0;
	struct eng_run run;
	u64 last = 0;

	for (int i = 0; i < 1000; i++) {
		struct copy c = record(random, 3);

		eng_strategy_replay_set(replay, &c.record);
		start(3);
		eng_run(replay, &run);
		same += run.verdict == ENG_OK && run.hash == c.hash && word[1] == c.end;
		distinct += c.hash != last;
		last = c.hash;
		eng_reset();
		release(&c);
	}
	ok(same == 1000, "1000 random runs replay with the same hash (%u)", same);
	ok(distinct == 1000, "and are not one and the same run (%u)", distinct);
	random->destroy(random);
	replay->destroy(replay);
}

static void test_once_more(void)
{
	struct eng_strategy *random = eng_strategy_random(8), *replay = eng_strategy_replay();
	struct copy c = record(random, 3);
	unsigned int same = 0;
	struct eng_run run;

	eng_strategy_replay_set(replay, &c.record);
	for (int i = 0; i < 1000; i++) {
		start(3);
		eng_run(replay, &run);
		same += run.hash == c.hash;
		eng_reset();
	}
	ok(same == 1000, "one run replays 1000 times");
	release(&c);
	random->destroy(random);
	replay->destroy(replay);
}

static void diverge(const struct copy *c, unsigned int threads, u32 at, const char *why)
{
	struct eng_strategy *replay = eng_strategy_replay();
	struct eng_run run;

	eng_strategy_replay_set(replay, &c->record);
	start(threads);
	eng_run(replay, &run);
	eng_reset();
	ok(run.verdict == ENG_DIVERGED && run.diverged_at == at && !strcmp(run.diverged, why),
	   "choice %u: %s (is %u: %s)", at, why, run.diverged_at, run.diverged);
	replay->destroy(replay);
}

static void test_divergence(void)
{
	struct eng_strategy *silent = eng_strategy_bytes();
	struct copy c = record(silent, 3);

	/* Choice 1: the first thread's second point, three can run. */
	diverge(&c, 2, 0, "recorded sched/3, now sched/2");
	c.record.sig[1] = M_CH_IRQ << 5 | 2;
	diverge(&c, 3, 1, "recorded irq/2, now sched/3");
	c.record.nr = 1;
	diverge(&c, 3, 1, "recorded end, now sched/3");
	release(&c);

	/* Alone, a thread draws its ten data choices. */
	c = record(silent, 1);
	c.record.nr++;
	c.record.sig[10] = M_CH_TLB << 5 | 2;
	diverge(&c, 1, 10, "recorded tlb/2, now end");
	release(&c);
	silent->destroy(silent);
}

int main(void)
{
	eng_init();
	eng_configure(&(struct eng_config){.classes = M_KVM | M_SEAM, .data_choices = 1u << M_CH_ALLOC});
	test_replay();
	test_once_more();
	test_divergence();
	return test_end();
}
