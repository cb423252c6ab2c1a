/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RCU on liburcu's memb flavour, which is called out of line, and SRCU with two counters.
 *
 * A race detector does not see into the library, so the edges are annotated here (and tested in
 * race/edges_test.c):
 *
 *   rcu_read_unlock() -> end of synchronize_rcu(), start of a callback, end of rcu_barrier()
 *   call_rcu(head) -> its callback -> end of rcu_barrier()
 *   srcu_read_unlock() -> end of synchronize_srcu() of that domain
 *
 * One token stands for all grace periods: a reader that left is ordered before every later grace period, also
 * before those that it did not hold up. That hides some uses after the section's end; the fiber back end
 * keeps exact lifetimes. There is no edge from a grace period to the readers after it: what they read, they
 * acquire.
 */
#define rcu_head urcu_head
#include <urcu/urcu-memb.h>
#undef rcu_head
/* The kernel's own are in atomic.h. */
#undef rcu_assign_pointer
#undef rcu_dereference

#include "model/kapi/internal.h"
#include "model/kapi/kapi.h"
#include "model/kapi/threads.h"
#include "race/machine_threads.h"

_Static_assert(sizeof(struct urcu_head) <= sizeof(((struct rcu_head *)0)->lib),
	       "struct rcu_head: lib is too small");

static char grace_periods; /* token of the edges from readers */
static char callbacks_done;
static u64 callbacks_pending;
static __thread unsigned int nesting, srcu_nesting;

/* Only of the caller: nobody asks about another thread while it runs. */
unsigned int kapi_rcu_nesting(unsigned int thread)
{
	return thread == m_thread() ? nesting : 0;
}

unsigned int kapi_srcu_nesting(unsigned int thread)
{
	return thread == m_thread() ? srcu_nesting : 0;
}

void kapi_thread_start(void)
{
	urcu_memb_register_thread();
}

void kapi_thread_end(void)
{
	urcu_memb_unregister_thread();
}

void rcu_read_lock(void)
{
	m_point(M_OTHER | M_KVM, &grace_periods, M_SITE("rcu_read_lock()"));
	urcu_memb_read_lock();
	if (nesting++ == 0)
		m_emit1(EV_RCU_LOCK, 0);
}

void rcu_read_unlock(void)
{
	if (!nesting)
		m_fail("LOCK-01", "rcu_read_unlock() without rcu_read_lock()", "rcu_read_unlock()");
	if (nesting == 1)
		m_emit1(EV_RCU_UNLOCK, 0);
	nesting--;
	m_release(&grace_periods);
	urcu_memb_read_unlock();
	m_point(M_OTHER | M_KVM, &grace_periods, M_SITE("rcu_read_unlock()"));
}

bool rcu_read_lock_held(void)
{
	return nesting;
}

static void run_callback(struct urcu_head *lib)
{
	struct rcu_head *head = container_of((void *)lib, struct rcu_head, lib);

	mt_adopt();
	m_acquire(head);
	m_acquire(&grace_periods);
	head->func(head);
	m_release(&callbacks_done);
	__atomic_fetch_sub(&callbacks_pending, 1, __ATOMIC_RELEASE);
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	m_point(M_OTHER | M_KVM, &grace_periods, M_SITE("call_rcu()"));
	head->func = func;
	m_release(head);
	__atomic_fetch_add(&callbacks_pending, 1, __ATOMIC_RELAXED);
	urcu_memb_call_rcu((struct urcu_head *)head->lib, run_callback);
}

void synchronize_rcu(void)
{
	might_sleep();
	urcu_memb_synchronize_rcu();
	m_acquire(&grace_periods);
}

void rcu_barrier(void)
{
	might_sleep();
	/* The library's takes milliseconds even with nothing to wait for. */
	if (__atomic_load_n(&callbacks_pending, __ATOMIC_ACQUIRE))
		urcu_memb_barrier();
	m_acquire(&grace_periods);
	m_acquire(&callbacks_done);
}

/* The library has a thread of its own for callbacks. */
void rcu_thread(void *unused)
{
	(void)unused;
}

void init_srcu(struct srcu_struct *s)
{
	*s = (struct srcu_struct){};
}

int srcu_read_lock(struct srcu_struct *s)
{
	int idx = __atomic_load_n(&s->gen, __ATOMIC_SEQ_CST) & 1;

	m_point(M_OTHER | M_KVM, s, M_SITE("srcu_read_lock()"));
	__atomic_fetch_add(&s->readers[idx], 1, __ATOMIC_SEQ_CST);
	srcu_nesting++;
	return idx;
}

void srcu_read_unlock(struct srcu_struct *s, int idx)
{
	if (!srcu_nesting)
		m_fail("LOCK-01", "srcu_read_unlock() without srcu_read_lock()", "srcu_read_unlock()");
	srcu_nesting--;
	m_release(s);
	m_point(M_OTHER | M_KVM, s, M_SITE("srcu_read_unlock()"));
	__atomic_fetch_sub(&s->readers[idx], 1, __ATOMIC_SEQ_CST);
}

/*
 * A reader may have sampled the index and not yet counted itself, so one flip is not enough: both counters
 * are waited for, each after new readers have been led to the other one.
 */
void synchronize_srcu(struct srcu_struct *s)
{
	static char updater; /* flips of two updaters must not interleave; no edge between them is meant */

	might_sleep();
	if (srcu_nesting)
		m_fail("LOCK-01", "synchronize_srcu() in an SRCU section", "synchronize_srcu()");
	while (__atomic_test_and_set(&updater, __ATOMIC_SEQ_CST))
		m_wait(&updater, M_SITE("synchronize_srcu()"));
	for (int flip = 0; flip < 2; flip++) {
		u64 gen = __atomic_fetch_add(&s->gen, 1, __ATOMIC_SEQ_CST);

		while (__atomic_load_n(&s->readers[gen & 1], __ATOMIC_SEQ_CST))
			m_wait(s, M_SITE("synchronize_srcu()"));
	}
	__atomic_clear(&updater, __ATOMIC_SEQ_CST);
	m_acquire(s);
}

/* The library's state outlives rounds; the runner has waited for all callbacks. */
void kapi_rcu_reset(void)
{
}
