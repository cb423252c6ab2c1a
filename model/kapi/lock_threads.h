/* SPDX-License-Identifier: GPL-2.0-only */
/* A lock of the real-thread back end: the C library's, so that sanitizers know it by themselves. */
#ifndef TDPFUZZ_KAPI_LOCK_THREADS_H
#define TDPFUZZ_KAPI_LOCK_THREADS_H

#include <pthread.h>

#include "model/types.h"

/**
 * struct kapi_lock - spinlock, rwlock, mutex or rw_semaphore
 * @rw: a lock that is only ever taken for write is a mutex. Writers are preferred, as in the kernel's queued
 *rwlock, which lets no new reader in before a waiting writer (readers in interrupts excepted: the model has
 *none).
 * @class: enum lock_class
 * @waiters: threads that sleep in @rw; atomic
 */
struct kapi_lock {
	pthread_rwlock_t rw;
	u32 waiters;
	u8 class;
};

#endif
