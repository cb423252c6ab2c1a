/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RCU and SRCU. A callback never runs synchronously in call_rcu(): it becomes ready when every reader that
 * was inside at call_rcu() has left, and then waits for its own thread ("rcu" in reports; started by the
 * harness as the last thread of a run that has one) to be scheduled. Threads back end: liburcu.
 */
#ifndef TDPFUZZ_KAPI_RCU_H
#define TDPFUZZ_KAPI_RCU_H

#include "model/machine.h"

struct rcu_head {
#ifdef MACHINE_THREADS
	void *lib[4]; /* liburcu's own head, which knows its own function only */
#endif
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
	u64 stamp;
};

void rcu_read_lock(void);
void rcu_read_unlock(void);
bool rcu_read_lock_held(void);
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
void synchronize_rcu(void);
void rcu_barrier(void);
/* Body of the callback thread; returns when all other threads of the run have finished and no callback is
 * left. */
void rcu_thread(void *unused);

/**
 * struct srcu_struct - one domain (kvm->srcu). Readers may sleep.
 * @gen: grace periods begun; its low bit is the counter that new readers use
 * @readers: readers inside, by counter
 * @updating: a grace period is under way; the next one waits
 */
struct srcu_struct {
	u64 gen;
	u32 readers[2];
	bool updating;
};
void init_srcu(struct srcu_struct *s);
int srcu_read_lock(struct srcu_struct *s);
void srcu_read_unlock(struct srcu_struct *s, int idx);
void synchronize_srcu(struct srcu_struct *s);

#endif
