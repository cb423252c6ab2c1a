/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine: runs up to ENG_MAX_THREADS fibers on one OS thread, and draws every choice of the machine
 * interface from one stream. Knows neither KVM nor scenarios.
 *
 * The choices of one run. Each is a number in [0, n), option 0 being what happens when the stream is silent:
 *   scheduling: drawn at each point where more than one thread can run. If the running thread can go on,
 * option 0 is that thread and the others follow by thread number; if it cannot (blocked, finished, or
 * spinning), the options are the runnable threads by number, those that spin after those that do not,
 * starting after the running one. data: m_choose(). A choice with one option is not drawn and not counted. A
 * schedule is thus a sparse set of deviations from 0. Nor is one drawn at the first point after a thread
 * started or came back from m_spin(): it has touched nothing since it was chosen, so that a switch there
 * would only repeat the choice before.
 */
#ifndef TDPFUZZ_ENGINE_H
#define TDPFUZZ_ENGINE_H

#include "model/machine.h"

#define ENG_MAX_THREADS 10
#define ENG_MAX_CHOICES 65536 /* choices recorded a run; a longer run ends as ENG_STEPS */

enum eng_verdict {
	ENG_OK, /* every thread finished */
	ENG_FAILED, /* m_fail() */
	ENG_DEADLOCK, /* nobody can run and somebody has not finished */
	ENG_LIVELOCK, /* only spinning threads are left and none can change anything */
	ENG_STEPS, /* step limit: endless retry, or a run that is too long */
	ENG_DIVERGED, /* strict replay: the run asked for another choice than the recording has */
	ENG_ABORTED, /* the strategy gave the run up (for example: already explored) */
};

/**
 * struct eng_choice - one drawn choice, as a strategy sees it
 * @kind: enum m_choice
 * @n: number of options, >= 2
 * @blocked: scheduling only: 0 = the running thread can go on, 1 = it is blocked, finished or none was
 * running yet, 2 = it spins. Unless 0, no option is a preemption.
 * @thread: running thread
 * @free: scheduling only: options [0, free) are those that a fair scheduler could take at any time: only 0 if
 * the running thread can go on, else the threads that do not spin, or the first if all spin
 * @options: scheduling only: thread of each option
 * @spinning: bit per thread that called m_spin() and has not run since
 * @index: number of this choice in the run
 */
struct eng_choice {
	u8 kind, n, blocked, thread, free;
	const u8 *options;
	u16 spinning;
	u32 index;
};

struct eng_run;

/**
 * struct eng_strategy - a source of choices: three calls
 * @begin: a new run starts; false: the search is over, nothing is left to explore
 * @choose: one choice; returns the option, < n (larger is an internal error), or -1 to give the run up
 * @end: the run is over; @run is its result
 * @overrule: set by choose() or end(): the verdict is this instead; ENG_ABORTED for a run that was explored
 * before, ENG_DIVERGED with the reason in @why
 */
struct eng_strategy {
	const char *name, *summary;
	bool (*begin)(struct eng_strategy *s);
	int (*choose)(struct eng_strategy *s, const struct eng_choice *c);
	void (*end)(struct eng_strategy *s, const struct eng_run *run);
	void (*destroy)(struct eng_strategy *s);
	enum eng_verdict overrule;
	u32 diverged_at;
	char why[96];
};

/**
 * struct eng_config - fixed for the runs until the next eng_configure()
 * @classes: M_KVM|M_SEAM|M_HW: which classes have scheduling points
 * @data_choices: bit per enum m_choice that may be drawn; others are always 0
 * @max_steps: points a run before ENG_STEPS; 0 = default (200000)
 */
struct eng_config {
	u32 classes;
	u32 data_choices;
	u32 max_steps;
};

/* Recorded choices: enough to replay exactly and to say where a replay first differs. */
struct eng_record {
	u32 nr; /* choices drawn */
	u8 *option; /* option taken */
	u8 *sig; /* kind << 5 | n, what was asked; n <= 16 */
};

/* One point of the history pass, in the order in which the accesses happen: when the thread goes on after its
 * point. */
struct eng_step {
	u32 choice; /* number of choices drawn before this access */
	u8 thread, cpu,
		switched; /* switched: 0 no, 1 preempted (the previous thread could go on), 2 it could not */
	u32 kind;
	const volatile void *addr;
	struct m_site *site;
	u64 old, new_;
	bool has_value;
};

/**
 * struct eng_run - the result of a run; valid until the next eng_run()
 * @id, @title, @state: of m_fail(); for the engine's own verdicts id is "DEADLOCK", "LIVELOCK" or "STEPS"
 * @thread, @site: who was running, and its last point
 * @preemptions: switches away from a thread that could go on
 * @deviations: choices that were not 0
 * @hash: over all choices asked and taken and all points: equal for equal runs
 * @diverged_at: choice number, for ENG_DIVERGED
 */
struct eng_run {
	enum eng_verdict verdict;
	const char *id, *title, *state;
	u8 thread;
	struct m_site *site;
	u32 steps, choices, preemptions, deviations;
	u64 hash;
	u32 diverged_at;
	char diverged[96]; /* "recorded sched/3, now sched/2" */
	struct eng_record record;
};

/* Once a process. Maps the stacks (guard page below each), numbers the sites. */
void eng_init(void);
void eng_configure(const struct eng_config *config);
/* The classes that have points in the runs to come. */
u32 eng_classes(void);

/* Threads of the coming run, added in order before eng_run(): thread 0, 1, ... @name lives until the run
 * ends. */
void eng_thread(const char *name, void (*fn)(void *arg), void *arg);

/*
 * Run all threads to the end under @s. Returns false when s->begin() said that the search is over. After the
 * run the arena is still readable; eng_reset() clears arena and threads for the next one.
 */
bool eng_run(struct eng_strategy *s, struct eng_run *run);
void eng_reset(void);
/* As eng_reset() for a caller who brings the arena back to an earlier state himself. */
void eng_restart(void);

/*
 * Calls @fn outside a run, after it or before: nothing is scheduled, data choices are 0. False when @fn ended
 * in m_fail(): @run then has the verdict, with the counts and the record of the last run as they were.
 */
bool eng_quiescent(void (*fn)(void *arg), void *arg, struct eng_run *run);
/* Thread @thread is on CPU @cpu instead of the one of its own number; lasts until eng_reset(). */
void eng_set_cpu(unsigned int thread, unsigned int cpu);
/*
 * Between two phases of one execution (set-up, then the program): forgets the threads of the phase that ended
 * and keeps the arena; eng_thread() starts again at 0. Outside a run (before the first phase, after the last)
 * points are silent no-ops, m_choose() is 0, m_thread() and m_cpu() are 0; m_fail() there is an internal
 * error.
 */
void eng_next_phase(void);

/*
 * History pass: call before eng_run(). Every point goes to @step. The result must equal that of the fast pass
 * (hash, verdict, title), else the caller reports nondeterminism (exit 3).
 */
void eng_set_history(void (*step)(const struct eng_step *step));
/* For the listener of events: is @addr what two threads would conflict on; current step number. */
u32 eng_step_nr(void);
u32 eng_choice_nr(void);
const char *eng_thread_name(unsigned int thread);

/*
 * Interleaving coverage: pairs (site, site) of conflicting neighbouring accesses, hashed into @map with
 * saturating counters; NULL switches it off. @size is a power of two.
 */
void eng_set_coverage(u8 *map, size_t size);

/*
 * Only the invariant @id ends a run, NULL = all: shows what stands behind an invariant that fires earlier.
 * Violations that nothing can go on after (host panic, module halt) end a run all the same.
 */
void eng_watch_only(const char *id);

/* Internal errors of the harness: one line on stderr, exit 3. */
void eng_internal_error(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Strategies. Each allocates its state once; destroy() frees it. */
struct eng_strategy *eng_strategy_bytes(void); /* fuzz bytes: a list of (gap, option) deviations */
void eng_strategy_bytes_set(struct eng_strategy *s, const u8 *data, size_t size);
struct eng_strategy *eng_strategy_random(u64 seed); /* uniform over the options of each choice */
struct eng_strategy *eng_strategy_pct(u64 seed, unsigned int depth);
/* Iterative deepening: all runs with 0 deviations, then 1, ... up to @bound. Preemptions and data choices
 * count one each; switches away from a thread that cannot go on are free. */
struct eng_strategy *eng_strategy_exhaustive(unsigned int bound);
/*
 * True when the last search ended because nothing was left, with the bound that it completed: UINT_MAX when
 * no schedule was cut off by the bound. A level repeats runs of the levels below to reach its own: those end
 * as ENG_ABORTED.
 */
bool eng_strategy_exhaustive_complete(const struct eng_strategy *s, unsigned int *completed_bound);
struct eng_strategy *eng_strategy_replay(void); /* strict */
void eng_strategy_replay_set(struct eng_strategy *s, const struct eng_record *record);

/* By name, for the command line: "random", "pct", "bytes", "exhaustive"; NULL if unknown. */
struct eng_strategy *eng_strategy_by_name(const char *name, u64 seed, unsigned int bound);
extern const char *const eng_strategy_names[][2]; /* {name, summary}, NULL-terminated */

#endif
