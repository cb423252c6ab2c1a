// SPDX-License-Identifier: GPL-2.0-only
/*
 * SRCU: per srcu_struct two counters of readers, and an index that says which of them a new reader takes. A
 * grace period turns the index over and waits until the counter that it was on is 0. Turning it over once is
 * enough: a reader picks its counter and counts itself without a point in between.
 *
 * The counters are a CPU's own in the kernel, and only a grace period looks at them: without one, a section
 * begins and ends with the access next to it, and that is no point.
 */
#include <linux/slab.h>
#include <linux/srcu.h>

#include "model/linux/kernel/env.h"

#define SRCU_MAGIC 0x73726375u

/**
 * struct env_srcu - what stands behind a srcu_struct, in place of its update side
 * @magic: SRCU_MAGIC
 * @gen: grace periods ever begun; bit 0 is the index of new readers
 * @readers: by index
 * @updating: a grace period is open, of synchronize_srcu() or of @batch
 * @first, @last: callbacks of call_srcu() for which no grace period has begun
 * @batch: callbacks whose grace period is open
 * @pending: callbacks in both lists
 * @next: list of all
 */
struct env_srcu {
	unsigned int magic;
	unsigned int gen;
	unsigned int readers[2];
	bool updating;
	struct rcu_head *first, **last;
	struct rcu_head *batch;
	unsigned long queued, done;
	struct srcu_struct *ssp;
	struct env_srcu *next;
};

static struct env_srcu *all_srcu;

static struct env_srcu *srcu_of(struct srcu_struct *ssp)
{
	struct env_srcu *s = (struct env_srcu *)ssp->srcu_sup;

	if (unlikely(!s || s->magic != SRCU_MAGIC))
		lnx_internal("a srcu_struct that init_srcu_struct() has not seen");
	return s;
}

ENV_SYMBOL(int init_srcu_struct_lockdep(struct srcu_struct *ssp, const char *name,
					struct lock_class_key *key))
{
	struct env_srcu *s = lnx_heap_alloc(sizeof(*s), 64);

	s->magic = SRCU_MAGIC;
	s->last = &s->first;
	s->ssp = ssp;
	s->next = all_srcu;
	all_srcu = s;
	ssp->srcu_sup = (struct srcu_usage *)s;
	lockdep_init_map(&ssp->dep_map, name, key, 0);
	return 0;
}
ENV_ALIAS(__init_srcu_struct, init_srcu_struct_lockdep);

void cleanup_srcu_struct(struct srcu_struct *ssp)
{
	struct env_srcu *s = srcu_of(ssp), **link = &all_srcu;

	if (s->readers[0] || s->readers[1]) {
		env_warn(ENV_PC, "cleanup_srcu_struct() with readers inside");
		return;
	}
	if (s->queued != s->done) {
		env_warn(ENV_PC, "cleanup_srcu_struct() with callbacks that wait");
		return;
	}
	while (*link != s)
		link = &(*link)->next;
	*link = s->next;
	s->magic = 0;
	ssp->srcu_sup = NULL;
	lnx_heap_free(s, sizeof(*s));
}

/* ---- readers ---- */

static void srcu_point(const struct env_srcu *s, enum lnx_kind kind, const void *addr, const char *what,
		       unsigned long pc)
{
	if (s->updating)
		lnx_point(kind, addr, what, pc);
}

int __srcu_read_lock(struct srcu_struct *ssp)
{
	struct env_srcu *s = srcu_of(ssp);
	int idx;

	srcu_point(s, LNX_READ, &s->gen, "srcu_read_lock()", ENV_PC);
	idx = s->gen & 1;
	s->readers[idx]++;
	return idx;
}

void __srcu_read_unlock(struct srcu_struct *ssp, int idx)
{
	struct env_srcu *s = srcu_of(ssp);

	if (idx & ~1 || !s->readers[idx])
		lnx_fail("LOCK-01", "srcu_read_unlock() without srcu_read_lock()", ENV_PC, "index %d", idx);
	srcu_point(s, LNX_OTHER, &s->readers[idx], "srcu_read_unlock()", ENV_PC);
	if (--s->readers[idx] || !s->updating)
		return;
	lnx_wake(s);
	lnx_wake(lnx_alone_obj());
}

/* Every reader of one srcu_struct has to be of one kind. */
#ifdef SRCU_READ_FLAVOR_NORMAL
void __srcu_check_read_flavor(struct srcu_struct *ssp, int flavor)
{
	if (!ssp->srcu_reader_flavor)
		ssp->srcu_reader_flavor = flavor;
	else if (ssp->srcu_reader_flavor != flavor)
		env_warn(ENV_PC, "SRCU readers of two kinds");
}
#else
void srcu_check_nmi_safety(struct srcu_struct *ssp, bool nmi_safe)
{
	if (nmi_safe)
		lnx_internal("NMI-safe SRCU readers are not implemented");
}
#endif

/* ---- grace periods ---- */

static int grace_period_begins(struct env_srcu *s)
{
	s->updating = true;
	return s->gen++ & 1;
}

/* The index that readers are waited for on: the one before the turn. */
static bool grace_period_over(const struct env_srcu *s)
{
	return !s->readers[(s->gen - 1) & 1];
}

static void begin_batch(struct env_srcu *s)
{
	s->batch = s->first;
	s->first = NULL;
	s->last = &s->first;
	grace_period_begins(s);
}

static void grace_period_ends(struct env_srcu *s)
{
	s->updating = false;
	if (s->first)
		begin_batch(s);
	lnx_wake(s);
	lnx_wake(lnx_alone_obj());
}

void synchronize_srcu(struct srcu_struct *ssp)
{
	struct env_srcu *s = srcu_of(ssp);

	env_might_sleep("synchronize_srcu()", ENV_PC);
	if (env_holds(&ssp->dep_map))
		lnx_fail("LOCK-01", "synchronize_srcu() in a section of the same srcu_struct", ENV_PC, "%s",
			 ssp->dep_map.name);
	lnx_point(LNX_RMW, &s->gen, "synchronize_srcu()", ENV_PC);
	while (s->updating) {
		if (lnx_alone() && env_srcu_poll())
			continue;
		env_sleep(s, "synchronize_srcu()", ENV_PC);
	}
	grace_period_begins(s);
	while (!grace_period_over(s))
		env_sleep(s, "synchronize_srcu()", ENV_PC);
	grace_period_ends(s);
}

/* Expedited: the same, sooner. */
void synchronize_srcu_expedited(struct srcu_struct *ssp)
{
	synchronize_srcu(ssp);
}

/* ---- callbacks ---- */

void call_srcu(struct srcu_struct *ssp, struct rcu_head *head, rcu_callback_t func)
{
	struct env_srcu *s = srcu_of(ssp);

	lnx_point(LNX_RMW, &s->gen, "call_srcu()", ENV_PC);
	head->func = func;
	head->next = NULL;
	*s->last = head;
	s->last = (struct rcu_head **)&head->next;
	s->queued++;
	if (!s->updating)
		begin_batch(s);
	lnx_wake(lnx_alone_obj());
}

static void run_batch(struct env_srcu *s)
{
	struct rcu_head *head = s->batch;

	s->batch = NULL;
	grace_period_ends(s);
	while (head) {
		struct rcu_head *next = (struct rcu_head *)head->next;

		local_bh_disable();
		head->func(head);
		local_bh_enable();
		s->done++;
		head = next;
	}
	lnx_wake(&s->done);
}

bool env_srcu_poll(void)
{
	struct env_srcu *s;

	for (s = all_srcu; s; s = s->next) {
		if (s->batch && grace_period_over(s)) {
			run_batch(s);
			return true;
		}
	}
	return false;
}

bool env_srcu_pending(void)
{
	struct env_srcu *s;

	for (s = all_srcu; s; s = s->next)
		if (s->queued != s->done)
			return true;
	return false;
}

void srcu_barrier(struct srcu_struct *ssp)
{
	struct env_srcu *s = srcu_of(ssp);
	unsigned long queued;

	env_might_sleep("srcu_barrier()", ENV_PC);
	lnx_point(LNX_READ, &s->queued, "srcu_barrier()", ENV_PC);
	queued = s->queued;
	while ((long)(s->done - queued) < 0) {
		if (lnx_alone() && env_srcu_poll())
			continue;
		env_sleep(&s->done, "srcu_barrier()", ENV_PC);
	}
}
