/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The second back end of model/machine.h: every thread of a scenario is a pthread, and rounds of them run one
 * after another in one process. What it adds to the fibers is a second opinion: real compilers, real
 * processors, real locks and liburcu. What it gives up is replay: a finding is a title, and the round's seed
 * makes it likely again.
 */
#ifndef TDPFUZZ_RACE_MACHINE_THREADS_H
#define TDPFUZZ_RACE_MACHINE_THREADS_H

#include "model/event.h"

#define MT_MAX_THREADS 12

/**
 * struct mt_config - how the threads are disturbed; fixed for a process
 * @seed: of the generators; thread t of round r draws from the stream (@seed, r, t)
 * @data_choices: bit per enum m_choice that may be other than 0
 * @jitter: one point in 2^@jitter spins or yields; 0 = none
 * @pin: thread t is bound to processor t modulo their number
 * @hang_seconds: a round that takes longer is reported as HANG
 * @thread_start, @thread_end: run by each thread of a round before and after its own function
 * @quiesce: run when all threads have come to their end and none has gone: waits for callbacks
 * @describe: prints what runs in this round, after a finding
 */
struct mt_config {
	u64 seed;
	u32 data_choices;
	u8 jitter;
	bool pin;
	u32 hang_seconds;
	void (*thread_start)(void);
	void (*thread_end)(void);
	void (*quiesce)(void);
	void (*describe)(void);
};

/* Once a process: starts the watchdog. */
void mt_init(const struct mt_config *config);

/* A thread of the coming round; numbered from 0 in the order of the calls. */
void mt_thread(const char *name, void (*fn)(void *arg), void *arg);

/*
 * Run all threads of the round to their end. Thread creation and joining order a round after the one before
 * and the caller's checks after the round. Then mt_reset() forgets threads and arena.
 */
void mt_round(void);
void mt_reset(void);
/* Forgets the threads of a phase that ended and keeps the arena: set-up, then the program. */
void mt_next_phase(void);

/* Number of the round, for reports. */
u64 mt_round_nr(void);

/*
 * A thread of a library that is about to execute the model's code (liburcu's callback thread): gives it the
 * number after the last thread of the round.
 */
void mt_adopt(void);

/* The runner's own finding, beside m_fail(): prints it and ends the process with exit code 2. */
void mt_report(const char *id, const char *title, const char *state) __attribute__((noreturn));

#endif
