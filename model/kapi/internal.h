/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of kapi share. Both back ends have the same checks (lock.c) and differ in how they block:
 * *_fiber.c and rcu.c on fibers, *_threads.c on pthreads.
 */
#ifndef TDPFUZZ_KAPI_INTERNAL_H
#define TDPFUZZ_KAPI_INTERNAL_H

#include "model/kapi/lock.h"

#define KAPI_MAX_THREADS 16

/* The lock itself, without checks or events; the point has been passed. In lock_fiber.c or lock_threads.c. */
void lock_take(struct kapi_lock *l, bool write, struct m_site *site);
void lock_drop(struct kapi_lock *l, bool write);

/* SRCU sections that the calling thread is in, for the rule which locks may not be taken inside. */
unsigned int kapi_srcu_nesting(unsigned int thread);
unsigned int kapi_rcu_nesting(unsigned int thread);

void kapi_lock_reset(void);
void kapi_rcu_reset(void);
void kapi_barrier_reset(void);
void kapi_kmem_reset(void);
void kapi_smp_reset(void);

#endif
