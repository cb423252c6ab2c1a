/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RCU and SRCU on fibers. Time is a counter that goes up with each grace period asked for; a reader carries
 * the time at which it came in, and a grace period of time T is over when every reader inside came in at T or
 * later. Lifetimes are exact: a callback is never early, and as late as the schedule makes it.
 *
 * Edges for race detectors: from each section's end to every later grace period. That is one more than the
 * kernel promises, namely for sections that began after call_rcu() and ended before the callback.
 */
#include "model/kapi/internal.h"
#include "model/kapi/kapi.h"

/* A thread as a reader. @since: time at which it entered its outermost section. */
struct reader {
	u64 since;
	u32 nesting, srcu_nesting;
};

/**
 * struct rcu_state - RCU of the run
 * @time: number of grace periods asked for
 * @first, @last: callbacks that wait, oldest first
 * @queued, @done: callbacks ever queued and run
 */
static struct rcu_state {
	u64 time;
	struct reader reader[KAPI_MAX_THREADS];
	struct rcu_head *first, **last;
	u64 queued, done;
} rcu = {.last = &rcu.first};

unsigned int kapi_rcu_nesting(unsigned int thread)
{
	return rcu.reader[thread].nesting;
}

unsigned int kapi_srcu_nesting(unsigned int thread)
{
	return rcu.reader[thread].srcu_nesting;
}

bool rcu_read_lock_held(void)
{
	return rcu.reader[m_thread()].nesting;
}

void rcu_read_lock(void)
{
	struct reader *r = &rcu.reader[m_thread()];

	if (r->nesting) {
		r->nesting++;
		return;
	}
	m_point(M_READ | M_KVM, &rcu.time, M_SITE("rcu_read_lock()"));
	r->nesting = 1;
	r->since = rcu.time;
	m_emit1(EV_RCU_LOCK, 0);
}

static bool grace_period_over(u64 time)
{
	for (unsigned int t = 0; t < KAPI_MAX_THREADS; t++)
		if (rcu.reader[t].nesting && rcu.reader[t].since < time)
			return false;
	return true;
}

/* A grace period may be over: whoever waits for one looks. */
static void reader_left(void)
{
	m_wake(&rcu);
	if (rcu.first && grace_period_over(rcu.first->stamp))
		m_wake(&m_alone_obj);
}

void rcu_read_unlock(void)
{
	struct reader *r = &rcu.reader[m_thread()];
	struct m_site *site = M_SITE("rcu_read_unlock()");

	if (!r->nesting)
		m_fail("LOCK-01", "rcu_read_unlock() without rcu_read_lock()", "%s", site->what);
	if (r->nesting > 1) {
		r->nesting--;
		return;
	}
	m_point(M_OTHER | M_KVM, r, site);
	m_emit1(EV_RCU_UNLOCK, 0);
	m_release(&rcu);
	r->nesting = 0;
	reader_left();
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	m_point(M_RMW | M_KVM, &rcu.time, M_SITE("call_rcu()"));
	head->func = func;
	head->stamp = ++rcu.time;
	head->next = NULL;
	*rcu.last = head;
	rcu.last = &head->next;
	rcu.queued++;
	m_release(head);
	if (grace_period_over(rcu.first->stamp))
		m_wake(&m_alone_obj);
}

static void run_first_callback(void)
{
	struct rcu_head *head = rcu.first;

	rcu.first = head->next;
	if (!rcu.first)
		rcu.last = &rcu.first;
	m_acquire(head);
	m_acquire(&rcu);
	head->func(head);
	rcu.done++;
	m_release(&rcu.done);
	m_wake(&rcu.done);
}

static bool callback_ready(void)
{
	return rcu.first && grace_period_over(rcu.first->stamp);
}

void rcu_thread(void *unused)
{
	struct m_site *site = M_SITE("RCU callback");

	(void)unused;
	for (;;) {
		if (callback_ready()) {
			m_point(M_READ | M_KVM, &rcu.time, site);
			run_first_callback();
		} else if (!rcu.first && m_alone()) {
			return;
		} else {
			m_wait(&m_alone_obj, site);
		}
	}
}

void synchronize_rcu(void)
{
	struct m_site *site = M_SITE("synchronize_rcu()");
	u64 time;

	kapi_might_sleep(site);
	m_point(M_RMW | M_KVM, &rcu.time, site);
	time = ++rcu.time;
	while (!grace_period_over(time))
		m_wait(&rcu, site);
	m_acquire(&rcu);
}

/* Alone, as after the run, there is no callback thread to wait for. */
void rcu_barrier(void)
{
	struct m_site *site = M_SITE("rcu_barrier()");
	u64 queued;

	kapi_might_sleep(site);
	m_point(M_READ | M_KVM, &rcu.queued, site);
	queued = rcu.queued;
	while (rcu.done < queued) {
		if (m_alone() && callback_ready())
			run_first_callback();
		else
			m_wait(&rcu.done, site);
	}
	m_acquire(&rcu.done);
}

void init_srcu(struct srcu_struct *s)
{
	*s = (struct srcu_struct){};
}

/*
 * The counters of SRCU are a CPU's own, and only synchronize_srcu() looks at them: without an updater a
 * section begins and ends with the access next to it, and that is no point.
 */
static void srcu_point(const struct srcu_struct *s, u32 kind, const volatile void *addr, struct m_site *site)
{
	if (s->updating)
		m_point(kind | M_KVM, addr, site);
}

int srcu_read_lock(struct srcu_struct *s)
{
	int idx;

	srcu_point(s, M_READ, &s->gen, M_SITE("srcu_read_lock()"));
	idx = s->gen & 1;
	s->readers[idx]++;
	rcu.reader[m_thread()].srcu_nesting++;
	return idx;
}

void srcu_read_unlock(struct srcu_struct *s, int idx)
{
	struct m_site *site = M_SITE("srcu_read_unlock()");

	if (!s->readers[idx] || !rcu.reader[m_thread()].srcu_nesting)
		m_fail("LOCK-01", "srcu_read_unlock() without srcu_read_lock()", "%s", site->what);
	srcu_point(s, M_OTHER, &s->readers[idx], site);
	m_release(s);
	rcu.reader[m_thread()].srcu_nesting--;
	if (!--s->readers[idx])
		m_wake(s);
}

/* One flip is enough: a reader picks its counter and counts itself without a point in between. */
void synchronize_srcu(struct srcu_struct *s)
{
	struct m_site *site = M_SITE("synchronize_srcu()");
	int idx;

	kapi_might_sleep(site);
	if (kapi_srcu_nesting(m_thread()))
		m_fail("LOCK-01", "synchronize_srcu() in an SRCU section", "%s", site->what);
	m_point(M_RMW | M_KVM, &s->gen, site);
	while (s->updating)
		m_wait(s, site);
	s->updating = true;
	idx = s->gen++ & 1;
	while (s->readers[idx])
		m_wait(s, site);
	s->updating = false;
	m_wake(s);
	m_acquire(s);
}

void kapi_rcu_reset(void)
{
	rcu = (struct rcu_state){.last = &rcu.first};
}
