// SPDX-License-Identifier: GPL-2.0-only
/*
 * RCU. Time is a counter that goes up with each grace period asked for; a reader carries the time at which it
 * came in, and a grace period of time T is over when every reader inside came in at T or later. Lifetimes are
 * exact: a callback is never early, and as late as the schedule makes it. None runs inside call_rcu(): the
 * engine's RCU thread runs them.
 *
 * Sections without preemption or interrupts are readers, too. When a grace period begins, those who are in
 * none are noted; the others get their reschedule bit folded into the preemption count, as in the kernel, so
 * that the end of the section comes to preempt_schedule(), which lets the grace period go on.
 */
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "model/linux/kernel/env.h"

struct lockdep_map rcu_lock_map = {.name = "rcu_read_lock"};
struct lockdep_map rcu_bh_lock_map = {.name = "rcu_read_lock_bh"};
struct lockdep_map rcu_sched_lock_map = {.name = "rcu_read_lock_sched"};
struct lockdep_map rcu_callback_map = {.name = "rcu_callback"};

/* A callback that waits. @ptr: kvfree() this instead of calling the function of @head, which may be NULL
 * then. */
struct callback {
	struct rcu_head *head;
	void *ptr;
	u64 time;
};

/**
 * struct env_rcu - RCU of the run
 * @time: number of grace periods asked for
 * @waiters: threads in synchronize_rcu()
 * @ring, @size: callbacks that wait, a ring; @size is a power of two
 * @queued, @done: callbacks ever queued and run; they index @ring
 */
static struct env_rcu {
	u64 time;
	unsigned int waiters;
	struct callback *ring;
	unsigned long size;
	unsigned long queued, done;
} rcu;

void env_rcu_init(void)
{
	rcu.size = 256;
	rcu.ring = lnx_heap_alloc(rcu.size * sizeof(*rcu.ring), 64);
}

/* ---- readers ---- */

/* Without PREEMPT_RCU a reader is a section without preemption, and these are inline. */
#ifdef CONFIG_PREEMPT_RCU
void __rcu_read_lock(void)
{
	struct env_thread *t = env_self;

	if (t->rcu_nesting) {
		t->rcu_nesting++;
		return;
	}
	lnx_point(LNX_READ, &rcu.time, "rcu_read_lock()", ENV_PC);
	t->rcu_nesting = 1;
	t->rcu_since = rcu.time;
	lnx_rcu_locked(ENV_PC);
}
#endif

static bool grace_period_over(u64 time);

/* A grace period may be over: whoever waits for one looks. */
static void reader_left(void)
{
	if (rcu.waiters)
		lnx_wake(&rcu);
	if (rcu.done != rcu.queued && grace_period_over(rcu.ring[rcu.done & (rcu.size - 1)].time))
		lnx_wake(lnx_alone_obj());
}

#ifdef CONFIG_PREEMPT_RCU
void __rcu_read_unlock(void)
{
	struct env_thread *t = env_self;

	if (t->rcu_nesting > 1) {
		t->rcu_nesting--;
		return;
	}
	if (!t->rcu_nesting)
		lnx_fail("LOCK-01", "rcu_read_unlock() without rcu_read_lock()", ENV_PC, "%s",
			 "no section is open");
	lnx_point(LNX_OTHER, t, "rcu_read_unlock()", ENV_PC);
	lnx_rcu_unlocking(ENV_PC);
	t->rcu_nesting = 0;
	reader_left();
}
#endif

int rcu_read_lock_held(void)
{
	return lock_is_held(&rcu_lock_map);
}

int rcu_read_lock_bh_held(void)
{
	return in_softirq() || irqs_disabled();
}

int rcu_read_lock_sched_held(void)
{
	return lock_is_held(&rcu_sched_lock_map) || !preemptible();
}

int rcu_read_lock_any_held(void)
{
	return lock_is_held(&rcu_lock_map) || lock_is_held(&rcu_sched_lock_map) || !preemptible();
}

/* No CPU is ever in the idle loop or in user mode while code of the tree runs on it. */
bool rcu_is_watching(void)
{
	return true;
}

/* ---- grace periods ---- */

bool env_in_section(const struct env_thread *t)
{
	if (t->in_guest)
		return false;
	if (t == env_self)
		return preempt_count() || !this_cpu_read(hardirqs_enabled);
	return (t->preempt_count & ~(unsigned long)PREEMPT_NEED_RESCHED) || !t->hardirqs_enabled;
}

static void ask_for_end_of_section(struct env_thread *t)
{
	t->rcu_wanted = true;
	if (t == env_self)
		set_preempt_need_resched();
	else
		t->preempt_count &= ~(unsigned long)PREEMPT_NEED_RESCHED;
}

static u64 grace_period_begins(void)
{
	u64 time = ++rcu.time;
	unsigned int i;

	for (i = 0; i < LNX_MAX_THREADS; i++) {
		struct env_thread *t = &env_threads[i];

		if (env_in_section(t))
			ask_for_end_of_section(t);
		else
			t->rcu_quiescent = time;
	}
	return time;
}

static bool grace_period_over(u64 time)
{
	unsigned int i;

	for (i = 0; i < LNX_MAX_THREADS; i++) {
		const struct env_thread *t = &env_threads[i];

		if (t->rcu_nesting && t->rcu_since < time)
			return false;
		if (t->rcu_quiescent < time && env_in_section(t))
			return false;
	}
	return true;
}

void env_rcu_section_left(void)
{
	env_self->rcu_wanted = false;
	env_self->rcu_quiescent = rcu.time;
	reader_left();
}

/*
 * KVM enters the guest: in there the thread is no reader. The kernel takes note here once, and of the rest at
 * the next tick that hits the guest.
 */
void rcu_note_context_switch(bool preempt)
{
	env_self->in_guest = true;
	env_rcu_section_left();
}

static void check_may_wait(const char *title, unsigned long pc)
{
	env_might_sleep(title, pc);
	if (env_self->rcu_nesting)
		lnx_fail("LOCK-01", title, pc, "%s", "in an RCU read-side section");
}

void synchronize_rcu(void)
{
	u64 time;

	check_may_wait("synchronize_rcu() where nobody may sleep", ENV_PC);
	lnx_point(LNX_RMW, &rcu.time, "synchronize_rcu()", ENV_PC);
	time = grace_period_begins();
	rcu.waiters++;
	while (!grace_period_over(time))
		env_sleep(&rcu, "synchronize_rcu()", ENV_PC);
	rcu.waiters--;
}

void synchronize_rcu_expedited(void)
{
	synchronize_rcu();
}

/* ---- callbacks ---- */

static void grow(void)
{
	struct callback *ring = lnx_heap_alloc(2 * rcu.size * sizeof(*ring), 64);
	unsigned long i;

	for (i = rcu.done; i != rcu.queued; i++)
		ring[i & (2 * rcu.size - 1)] = rcu.ring[i & (rcu.size - 1)];
	lnx_heap_free(rcu.ring, rcu.size * sizeof(*ring));
	rcu.ring = ring;
	rcu.size *= 2;
}

static void queue(struct rcu_head *head, void *ptr)
{
	if (rcu.queued - rcu.done == rcu.size)
		grow();
	rcu.ring[rcu.queued++ & (rcu.size - 1)] =
		(struct callback){.head = head, .ptr = ptr, .time = grace_period_begins()};
	reader_left();
}

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	lnx_point(LNX_RMW, &rcu.time, "call_rcu()", ENV_PC);
	head->func = func;
	head->next = NULL;
	queue(head, NULL);
}

#ifdef CONFIG_RCU_LAZY
void call_rcu_hurry(struct rcu_head *head, rcu_callback_t func)
{
	call_rcu(head, func);
}
#endif

/* The type of @head differs between versions. Nothing is written to it. */
void env_kvfree_call_rcu(void *head, void *ptr) asm("kvfree_call_rcu");
void env_kvfree_call_rcu(void *head, void *ptr)
{
	if (!head)
		env_might_sleep("kvfree_rcu_mightsleep()", ENV_PC);
	lnx_point(LNX_RMW, &rcu.time, "kvfree_rcu()", ENV_PC);
	queue(head, ptr);
}

static bool callback_ready(void)
{
	return rcu.done != rcu.queued && grace_period_over(rcu.ring[rcu.done & (rcu.size - 1)].time);
}

/* As from a softirq. */
static void run_first_callback(void)
{
	struct callback cb = rcu.ring[rcu.done++ & (rcu.size - 1)];

	local_bh_disable();
	rcu_lock_acquire(&rcu_callback_map);
	if (cb.ptr)
		kvfree(cb.ptr);
	else
		cb.head->func(cb.head);
	rcu_lock_release(&rcu_callback_map);
	local_bh_enable();
	lnx_wake(&rcu.done);
}

static bool run_ready(void)
{
	if (!callback_ready())
		return env_srcu_poll();
	lnx_point(LNX_READ, &rcu.time, "RCU callback", (unsigned long)run_first_callback);
	if (callback_ready())
		run_first_callback();
	return true;
}

int lnx_rcu_poll(void)
{
	while (run_ready())
		;
	return rcu.done != rcu.queued || env_srcu_pending();
}

void lnx_rcu_thread(void)
{
	for (;;) {
		if (run_ready())
			continue;
		if (lnx_alone() && rcu.done == rcu.queued && !env_srcu_pending())
			return;
		lnx_wait(lnx_alone_obj(), "RCU callback", (unsigned long)lnx_rcu_thread);
	}
}

/* Alone, as after the run, there is no callback thread to wait for. */
void rcu_barrier(void)
{
	unsigned long queued;

	check_may_wait("rcu_barrier() where nobody may sleep", ENV_PC);
	lnx_point(LNX_READ, &rcu.queued, "rcu_barrier()", ENV_PC);
	queued = rcu.queued;
	while ((long)(rcu.done - queued) < 0) {
		if (lnx_alone() && callback_ready())
			run_first_callback();
		else
			env_sleep(&rcu.done, "rcu_barrier()", ENV_PC);
	}
}
