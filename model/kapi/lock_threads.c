/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locks on pthreads. Sanitizers know pthread_rwlock_t, so the edges are theirs (and tested in
 * race/edges_test.c): write_unlock() -> later read_lock() and write_lock(); read_unlock() -> later
 * write_lock(), not -> later read_lock().
 */
#include "model/kapi/internal.h"
#include "model/kapi/kapi.h"

void kapi_lock_init(struct kapi_lock *l, enum lock_class class)
{
	pthread_rwlockattr_t attr;

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&l->rw, &attr);
	pthread_rwlockattr_destroy(&attr);
	l->waiters = 0;
	l->class = class;
}

static void sleep_in(struct kapi_lock *l, bool write)
{
	__atomic_fetch_add(&l->waiters, 1, __ATOMIC_RELAXED);
	if (write)
		pthread_rwlock_wrlock(&l->rw);
	else
		pthread_rwlock_rdlock(&l->rw);
	__atomic_fetch_sub(&l->waiters, 1, __ATOMIC_RELAXED);
}

/* @site is for the fiber back end; here the watchdog knows the point before the lock. */
void lock_take(struct kapi_lock *l, bool write, struct m_site *site)
{
	(void)site;
	if (write ? pthread_rwlock_trywrlock(&l->rw) : pthread_rwlock_tryrdlock(&l->rw))
		sleep_in(l, write);
}

void lock_drop(struct kapi_lock *l, bool write)
{
	(void)write;
	pthread_rwlock_unlock(&l->rw);
}

bool kapi_lock_contended(const struct kapi_lock *l)
{
	return __atomic_load_n(&l->waiters, __ATOMIC_RELAXED);
}
