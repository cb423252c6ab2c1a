/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs, interrupts and rescheduling as kernel code sees them. */
#ifndef TDPFUZZ_KAPI_SMP_H
#define TDPFUZZ_KAPI_SMP_H

#include "model/kapi/lock.h"

unsigned int smp_processor_id(void);
void local_irq_disable(void);
void local_irq_enable(void);

/* IPI to every CPU in @mask but the caller's; with @wait, returns after each has acknowledged. */
void smp_call_function_many(u64 mask, bool wait);

/* A choice (M_CH_RESCHED); false when that kind is not enabled. */
bool need_resched(void);
/* Nothing else to run here: tells the engine that this thread only goes round again. */
void cond_resched(void);
/* Drop @lock if somebody waits for it or need_resched(), let others run, retake it. True if it was dropped.
 */
bool cond_resched_rwlock_read(rwlock_t *lock);
bool cond_resched_rwlock_write(rwlock_t *lock);

#endif
