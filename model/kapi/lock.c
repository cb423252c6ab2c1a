/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lock discipline: order, mode and ownership are checked at every call, before the lock itself is reached, on
 * both back ends. A violation is a violation even in a run where nothing deadlocks.
 */
#include <stdio.h>
#include <string.h>

#include "model/kapi/internal.h"
#include "model/kapi/kapi.h"

#define MAX_HELD 16

/* One held lock. */
struct held {
	const struct kapi_lock *lock;
	u8 class;
	bool write, sleeps;
};

/* struct held_list - locks of one thread, in the order in which they were taken; touched by that thread only
 */
static struct held_list {
	struct held held[MAX_HELD];
	unsigned int nr;
} held_lists[KAPI_MAX_THREADS];

const char *const lock_class_name[LC_NR] = {
	[LC_KVM_LOCK] = "kvm->lock",	     [LC_VCPU_MUTEX] = "vcpu->mutex",
	[LC_SLOTS_LOCK] = "slots_lock",	     [LC_SLOTS_ARCH_LOCK] = "slots_arch_lock",
	[LC_MMAP_LOCK] = "mmap_lock",	     [LC_INVALIDATE_LOCK] = "invalidate_lock",
	[LC_MMU_LOCK] = "mmu_lock",	     [LC_PAGES_LOCK] = "tdp_mmu_pages_lock",
	[LC_MN_LOCK] = "mn_invalidate_lock", [LC_FOLIO_LOCK] = "folio lock",
};

static struct held *find_held(const struct kapi_lock *l)
{
	struct held_list *list = &held_lists[m_thread()];

	for (unsigned int i = list->nr; i-- > 0;)
		if (list->held[i].lock == l)
			return &list->held[i];
	return NULL;
}

static void fail(const char *what, unsigned int class, struct m_site *site)
{
	char title[160], now[160];

	kapi_held(m_thread(), now, sizeof(now));
	snprintf(title, sizeof(title), "%s: %s in %s", what, lock_class_name[class], site->func);
	m_fail("LOCK-01", title, "%s\nheld: %s", site->what, now[0] ? now : "nothing");
}

static void check_against(const struct held *h, unsigned int class, bool sleeps, struct m_site *site)
{
	if (h->class > class || (h->class == class && class != LC_VCPU_MUTEX))
		fail("lock order", class, site);
	if (sleeps && !h->sleeps)
		fail("sleeping lock under a spinning one", class, site);
}

/* Holders of these wait for SRCU readers: taken inside an SRCU section they close a cycle. */
static bool excluded_by_srcu(unsigned int class)
{
	return class == LC_KVM_LOCK || class == LC_VCPU_MUTEX || class == LC_SLOTS_LOCK;
}

static void check_order(const struct kapi_lock *l, bool sleeps, struct m_site *site)
{
	const struct held_list *list = &held_lists[m_thread()];

	if (find_held(l))
		fail("lock taken twice by one thread", l->class, site);
	for (unsigned int i = 0; i < list->nr; i++)
		check_against(&list->held[i], l->class, sleeps, site);
	if (sleeps && rcu_read_lock_held())
		fail("sleeping lock in an RCU section", l->class, site);
	if (excluded_by_srcu(l->class) && kapi_srcu_nesting(m_thread()))
		fail("lock in an SRCU section", l->class, site);
}

/* The site is the caller's: titles name kernel functions. */
static void emit(enum m_event_type type, const struct kapi_lock *l, bool write, struct m_site *site)
{
	if (m_listener)
		m_emit_slow(type, (uintptr_t)l, l->class, write, 0, site);
}

void kapi_lock(struct kapi_lock *l, bool write, bool sleeps, struct m_site *site)
{
	struct held_list *list = &held_lists[m_thread()];

	check_order(l, sleeps, site);
	if (list->nr == MAX_HELD)
		fail("too many locks", l->class, site);
	m_point(M_LOCK | M_KVM, l, site);
	lock_take(l, write, site);
	list->held[list->nr++] = (struct held){l, l->class, write, sleeps};
	emit(EV_LOCK, l, write, site);
}

/*
 * A release is seen by who wants the lock and by nobody else, and he blocks until it: whether he comes before
 * or after the release leads to one state, so that it belongs to the last access of the section. Not that of
 * mmu_lock: what its holder has removed is due there (see the oracles), others may still act before, and
 * rwlock_needbreak() looks at who waits.
 */
static bool release_is_point(const struct kapi_lock *l)
{
	return l->class == LC_MMU_LOCK;
}

void kapi_unlock(struct kapi_lock *l, bool write, struct m_site *site)
{
	struct held_list *list = &held_lists[m_thread()];
	struct held *h = find_held(l);

	if (!h || h->write != write)
		return fail("lock released that is not held so", l->class, site);
	if (release_is_point(l))
		m_point(M_UNLOCK | M_KVM, l, site);
	emit(EV_UNLOCK, l, write, site);
	for (list->nr--; h < &list->held[list->nr]; h++)
		*h = h[1];
	lock_drop(l, write);
}

bool kapi_lock_held(const struct kapi_lock *l, bool write)
{
	const struct held *h = find_held(l);

	return h && h->write == write;
}

void kapi_lock_assert(const struct kapi_lock *l, char mode, struct m_site *site)
{
	const struct held *h = find_held(l);

	if (!h || (mode != 'a' && h->write != (mode == 'w')))
		fail("lock not held as it has to be", l->class, site);
}

void kapi_might_sleep(struct m_site *site)
{
	const struct held_list *list = &held_lists[m_thread()];
	char title[160];

	for (unsigned int i = 0; i < list->nr; i++)
		if (!list->held[i].sleeps)
			fail("may sleep under a spinning lock", list->held[i].class, site);
	if (!rcu_read_lock_held())
		return;
	snprintf(title, sizeof(title), "may sleep in an RCU section: %s", site->func);
	m_fail("LOCK-01", title, "%s", site->what);
}

static size_t append(char *buf, size_t size, size_t at, const char *name, const char *mode)
{
	if (at < size)
		at += snprintf(buf + at, size - at, "%s%s%s", at ? ", " : "", name, mode);
	return at;
}

void kapi_held(unsigned int thread, char *buf, size_t size)
{
	const struct held_list *list = &held_lists[thread];
	size_t at = 0;

	buf[0] = 0;
	for (unsigned int i = 0; i < list->nr; i++)
		at = append(buf, size, at, lock_class_name[list->held[i].class],
			    list->held[i].write ? " W" : " R");
	if (kapi_srcu_nesting(thread))
		at = append(buf, size, at, "SRCU", "");
	if (kapi_rcu_nesting(thread))
		append(buf, size, at, "RCU", "");
}

void kapi_lock_reset(void)
{
	for (unsigned int t = 0; t < KAPI_MAX_THREADS; t++)
		held_lists[t].nr = 0;
}
