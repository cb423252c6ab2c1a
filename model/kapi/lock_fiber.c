/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locks on fibers. A waiting writer keeps new readers out, as in the kernel's queued rwlock; who of the
 * waiters comes next is the engine's choice and not the order of arrival, so that more orders are seen than a
 * queue would allow.
 *
 * Edges for race detectors: what a writer did is seen by all who come later; what a reader did only by later
 * writers.
 */
#include "model/kapi/internal.h"
#include "model/kapi/kapi.h"

void kapi_lock_init(struct kapi_lock *l, enum lock_class class)
{
	*l = (struct kapi_lock){.class = class};
}

static bool blocked(const struct kapi_lock *l, bool write)
{
	return l->owner || (write ? l->readers != 0 : l->writers_waiting != 0);
}

static void wait_for(struct kapi_lock *l, bool write, struct m_site *site)
{
	l->waiters++;
	l->writers_waiting += write;
	while (blocked(l, write))
		m_wait(l, site);
	l->waiters--;
	l->writers_waiting -= write;
}

void lock_take(struct kapi_lock *l, bool write, struct m_site *site)
{
	if (blocked(l, write))
		wait_for(l, write, site);
	m_acquire(&l->owner);
	if (write) {
		m_acquire(&l->readers);
		l->owner = m_thread() + 1;
	} else {
		l->readers |= 1u << m_thread();
	}
}

void lock_drop(struct kapi_lock *l, bool write)
{
	if (write) {
		m_release(&l->owner);
		l->owner = 0;
	} else {
		m_release(&l->readers);
		l->readers &= ~(1u << m_thread());
	}
	m_wake(l);
}

bool kapi_lock_contended(const struct kapi_lock *l)
{
	return l->waiters;
}
