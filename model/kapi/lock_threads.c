/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locks on pthreads. Sanitizers know pthread_rwlock_t, so the edges are theirs (and tested in race/edges_test.c):
 *
 *   write_unlock() -> later read_lock(), write_lock()
 *   read_unlock() -> later write_lock(), not -> later read_lock()
 *
 * Order, mode and ownership are checked before the library is reached, each thread's held locks by that thread alone.
 */
#include <stdio.h>
#include <string.h>

#include "model/kapi/kapi.h"

#define MAX_HELD 16

struct held {
	const struct kapi_lock *lock;
	struct m_site *site;
	bool write, sleeps;
};

static __thread struct held held[MAX_HELD];
static __thread unsigned int nr_held;

const char *const lock_class_name[LC_NR] = {
	[LC_KVM_LOCK] = "kvm->lock",
	[LC_VCPU_MUTEX] = "vcpu->mutex",
	[LC_SLOTS_LOCK] = "slots_lock",
	[LC_SLOTS_ARCH_LOCK] = "slots_arch_lock",
	[LC_MMAP_LOCK] = "mmap_lock",
	[LC_INVALIDATE_LOCK] = "invalidate_lock",
	[LC_MMU_LOCK] = "mmu_lock",
	[LC_PAGES_LOCK] = "tdp_mmu_pages_lock",
	[LC_MN_LOCK] = "mn_invalidate_lock",
	[LC_FOLIO_LOCK] = "folio lock",
};

static struct held *find_held(const struct kapi_lock *l)
{
	for (unsigned int i = nr_held; i-- > 0;)
		if (held[i].lock == l)
			return &held[i];
	return NULL;
}

static void fail(const char *what, const struct kapi_lock *l, struct m_site *site)
{
	char title[160], now[160];

	kapi_held(m_thread(), now, sizeof(now));
	snprintf(title, sizeof(title), "%s: %s in %s", what, lock_class_name[l->class], site->func);
	m_fail("LOCK-01", title, "%s\nheld: %s", site->what, now);
}

static void check_order(const struct kapi_lock *l, bool sleeps, struct m_site *site)
{
	if (find_held(l))
		fail("lock taken twice by one thread", l, site);
	for (unsigned int i = 0; i < nr_held; i++) {
		if (held[i].lock->class > l->class || (held[i].lock->class == l->class && l->class != LC_VCPU_MUTEX))
			fail("lock order", l, site);
		if (sleeps && !held[i].sleeps)
			fail("sleeping lock under a spinning one", l, site);
	}
	if (sleeps && rcu_read_lock_held())
		fail("sleeping lock in an RCU section", l, site);
}

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

void kapi_lock(struct kapi_lock *l, bool write, bool sleeps, struct m_site *site)
{
	check_order(l, sleeps, site);
	m_point(M_LOCK | M_KVM, l, site);
	if (write ? pthread_rwlock_trywrlock(&l->rw) : pthread_rwlock_tryrdlock(&l->rw))
		sleep_in(l, write);
	held[nr_held++] = (struct held){ .lock = l, .site = site, .write = write, .sleeps = sleeps };
	m_emit3(EV_LOCK, (uintptr_t)l, l->class, write);
}

void kapi_unlock(struct kapi_lock *l, bool write, struct m_site *site)
{
	struct held *h = find_held(l);

	if (!h || h->write != write)
		fail("lock released that is not held so", l, site);
	m_emit3(EV_UNLOCK, (uintptr_t)l, l->class, write);
	m_point(M_UNLOCK | M_KVM, l, site);
	memmove(h, h + 1, (char *)&held[nr_held] - (char *)(h + 1));
	nr_held--;
	pthread_rwlock_unlock(&l->rw);
}

bool kapi_lock_held(const struct kapi_lock *l, bool write)
{
	const struct held *h = find_held(l);

	return h && h->write == write;
}

bool kapi_lock_contended(const struct kapi_lock *l)
{
	return __atomic_load_n(&l->waiters, __ATOMIC_RELAXED);
}

void kapi_lock_assert(const struct kapi_lock *l, char mode, struct m_site *site)
{
	const struct held *h = find_held(l);

	if (!h || (mode != 'a' && h->write != (mode == 'w')))
		fail("lock not held as it has to be", l, site);
}

void kapi_might_sleep(struct m_site *site)
{
	for (unsigned int i = 0; i < nr_held; i++)
		if (!held[i].sleeps)
			fail("may sleep under a spinning lock", held[i].lock, site);
	if (rcu_read_lock_held())
		m_fail("LOCK-01", "may sleep in an RCU section", "%s in %s", site->what, site->func);
}

/* Only for the calling thread: another one's list changes while it is read. */
void kapi_held(unsigned int thread, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = 0;
	if (thread != m_thread())
		return;
	for (unsigned int i = 0; i < nr_held && at < size; i++)
		at += snprintf(buf + at, size - at, "%s%s %c", at ? ", " : "", lock_class_name[held[i].lock->class],
			       held[i].write ? 'W' : 'R');
	if (rcu_read_lock_held() && at < size)
		snprintf(buf + at, size - at, "%sRCU", at ? ", " : "");
}
