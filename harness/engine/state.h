/* SPDX-License-Identifier: GPL-2.0-only */
/* State of the engine that its own files share. Nobody else includes this. */
#ifndef TDPFUZZ_ENGINE_STATE_H
#define TDPFUZZ_ENGINE_STATE_H

#include "harness/engine/engine.h"
#include "harness/engine/fiber.h"

/* A set of threads as a bit mask, and spelled out: saves the loops over bits at each point. */
struct thread_list {
	u8 thread[15];
	u8 nr;
} __attribute__((aligned(16)));
extern struct thread_list thread_lists[1 << ENG_MAX_THREADS];

/**
 * struct eng_thread - one thread of the run
 * @who: its number and its CPU's, as the model reads them
 * @site: its last point
 * @waits: what it is blocked on, or NULL
 */
struct eng_thread {
	const char *name;
	void (*fn)(void *arg);
	void *arg;
	struct m_site *site;
	const volatile void *waits;
	struct m_self who;
};

/**
 * struct eng - the engine
 *
 * Masks have one bit a thread:
 * @alive: has not finished
 * @started: its fiber has frames to drop if the run ends now
 * @ready: alive and not blocked
 * @fresh: touched nothing since it was chosen (started, or back from m_spin()): no choice at its next point
 * @others: threads that a choice at the running thread's next point can go to; 0 while it is fresh
 * @spinning: called m_spin() and has not run since
 * @stalled: of those, no other thread passed a point since
 *
 * @rich: points report to the coverage map or the history
 * @inside: fibers run; else all calls of the machine interface come from set-up or quiescent code
 * @over: the verdict stands, and fibers are being unwound
 * @ended_by: thread that ended the run
 * @writes: points that may change memory, for the livelock rule
 * @idle_spins, @idle_mask, @writes_then: m_spin() calls since the last such point, by whom, and @writes then
 */
struct eng {
	struct eng_thread *self;
	u32 cur;
	u16 alive, started, ready, fresh, others, spinning, stalled;
	bool rich, inside, over, guarded;
	u8 nr_threads;
	u32 steps, limit, classes, data_choices;
	u32 writes;
	u64 hash;
	struct eng_strategy *strategy;
	struct eng_choice choice;
	u32 nr_choices, deviations, preemptions;
	u32 idle_spins, writes_then;
	u16 idle_mask;
	u8 options[ENG_MAX_THREADS + 16];
	struct eng_thread thread[ENG_MAX_THREADS];
	struct fiber fiber[ENG_MAX_THREADS];
	struct fiber main;
	struct eng_config config;
	enum eng_verdict verdict;
	u8 ended_by;
	char id[16], title[256], state[4096];
	u8 option[ENG_MAX_CHOICES], sig[ENG_MAX_CHOICES];
};
extern struct eng eng;

/* Thread @t is the running one. */
static inline void eng_become(unsigned int t)
{
	eng.cur = t;
	eng.self = &eng.thread[t];
	m_self = &eng.self->who;
}

/* sched.c */
void sched_prepare(void);
bool sched_first(void); /* false: the strategy gave up */
struct fiber *sched_exit(void); /* whom to switch to after the running fiber ended */

/* verdict.c */
void eng_stop(enum eng_verdict verdict) __attribute__((noreturn));
void eng_stop_deadlock(void) __attribute__((noreturn));
void eng_stop_livelock(void) __attribute__((noreturn));
void eng_stop_steps(const char *limit) __attribute__((noreturn));

/* site.c */
void sites_number(void);

/* arena.c */
void arena_init(void);
void arena_reset(void);

/* history.c */
void history_begin(void);
void history_end(void);
void history_switched(unsigned int how); /* 1 = preempted, 2 = could not go on */
void history_access(u32 kind, const volatile void *addr, struct m_site *site);

static inline u64 hash_mix(u64 hash, u64 value)
{
	return (((hash << 7) | (hash >> 57)) ^ value) * 0x9e3779b97f4a7c15ull;
}

#ifdef TDPFUZZ_TSAN
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);
#else
static inline void __tsan_acquire(void *addr)
{
	(void)addr;
}
static inline void __tsan_release(void *addr)
{
	(void)addr;
}
#endif

#endif
