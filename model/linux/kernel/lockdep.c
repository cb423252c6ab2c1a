// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lockdep: which locks a thread holds, for the assertions of the tree, and unlocks without a lock.
 *
 * There is no graph of lock order: a deadlock that an order can cause is found by the engine when it happens.
 */
#include <linux/lockdep.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "model/linux/kernel/env.h"

int debug_locks = 1;
int debug_locks_silent;
DEFINE_PER_CPU(unsigned int, lockdep_recursion);
DEFINE_PER_CPU(int, hardirqs_enabled) = 1;
DEFINE_PER_CPU(int, hardirq_context);

void lockdep_init_map_type(struct lockdep_map *map, const char *name, struct lock_class_key *key,
			   int subclass, u8 inner, u8 outer, u8 lock_type)
{
	int i;

	for (i = 0; i < NR_LOCKDEP_CACHING_CLASSES; i++)
		map->class_cache[i] = NULL;
	map->name = name;
	map->key = key;
	map->wait_type_inner = inner;
	map->wait_type_outer = outer;
	map->lock_type = lock_type;
}

void env_hold(const struct lockdep_map *map, int read, unsigned long pc)
{
	struct env_thread *t = env_self;

	if (t->nr_held == ENV_MAX_HELD)
		lnx_internal("a thread holds more than %d locks", ENV_MAX_HELD);
	t->held[t->nr_held++] = (struct env_held){.map = map, .read = read, .pc = pc};
}

/* Nearly always the last one taken. */
void env_unhold(const struct lockdep_map *map, unsigned long pc)
{
	struct env_thread *t = env_self;
	unsigned int i = t->nr_held;

	while (i && t->held[i - 1].map != map)
		i--;
	if (!i)
		lnx_fail("LOCK-01", "unlock of a lock that is not held", pc, "%s",
			 map->name ? map->name : "lock without a name");
	for (; i < t->nr_held; i++)
		t->held[i - 1] = t->held[i];
	t->nr_held--;
}

bool env_holds(const struct lockdep_map *map)
{
	const struct env_thread *t = env_self;
	unsigned int i;

	for (i = 0; i < t->nr_held; i++)
		if (t->held[i].map == map)
			return true;
	return false;
}

void env_check_free(const void *object, unsigned long size, unsigned long pc)
{
	const struct env_thread *t = env_self;
	unsigned int i;

	for (i = 0; i < t->nr_held; i++)
		if ((unsigned long)t->held[i].map - (unsigned long)object < size)
			lnx_fail("LOCK-01", "memory with a lock that is held is freed", pc, "%s",
				 t->held[i].map->name);
}

/* @read: -1 in any way, 0 exclusive, 1 shared; the oldest acquisition answers, as in the kernel. */
int lock_is_held_type(const struct lockdep_map *map, int read)
{
	const struct env_thread *t = env_self;
	unsigned int i;

	for (i = 0; i < t->nr_held; i++)
		if (t->held[i].map == map)
			return read == -1 || !!t->held[i].read == read ? LOCK_STATE_HELD
								       : LOCK_STATE_NOT_HELD;
	return LOCK_STATE_NOT_HELD;
}

/* Without PREEMPT_RCU, rcu_read_lock() is preempt_disable() and this annotation, which alone shows it. */
static bool is_rcu_section(const struct lockdep_map *map)
{
	return !IS_ENABLED(CONFIG_PREEMPT_RCU) && map == &rcu_lock_map;
}

/* Annotations in the tree's own inline functions: RCU and SRCU sections, might_lock(). */
void lock_acquire(struct lockdep_map *map, unsigned int subclass, int trylock, int read, int check,
		  struct lockdep_map *nest_lock, unsigned long ip)
{
	if (is_rcu_section(map) && !env_holds(map))
		lnx_rcu_locked(ip);
	env_hold(map, read, ip);
}

void lock_release(struct lockdep_map *map, unsigned long ip)
{
	env_unhold(map, ip);
	if (is_rcu_section(map) && !env_holds(map))
		lnx_rcu_unlocking(ip);
}

/* Lockdep goes blind after a complaint that it cannot recover from. Here a complaint ends the run, so it
 * never is. */
int debug_locks_off(void)
{
	return debug_locks;
}

int debug_lockdep_rcu_enabled(void)
{
	return debug_locks;
}

/* ---- interrupt state as lockdep sees it; the flag itself is the processor's ---- */

/* The flag goes up right behind this: a grace period need not wait for this section any more. */
void trace_hardirqs_on(void)
{
	this_cpu_write(hardirqs_enabled, 1);
	if (unlikely(env_self->rcu_wanted) && !preempt_count())
		env_rcu_section_left();
}

void trace_hardirqs_off(void)
{
	this_cpu_write(hardirqs_enabled, 0);
}

/* Around guest mode, which has interrupts on although the host's flag is off. */
void lockdep_hardirqs_on(unsigned long ip)
{
	this_cpu_write(hardirqs_enabled, 1);
}

void lockdep_hardirqs_off(unsigned long ip)
{
	this_cpu_write(hardirqs_enabled, 0);
	env_self->in_guest = false;
}

/* Only tracers and lockdep's usage bits, which do not exist here, want to know these. */
void trace_hardirqs_on_prepare(void)
{
}

void trace_hardirqs_off_finish(void)
{
}

void lockdep_hardirqs_on_prepare(void)
{
}

/* Memory reclaim as a lock, for the lock order that is not checked. */
void fs_reclaim_acquire(gfp_t gfp_mask)
{
}

void fs_reclaim_release(gfp_t gfp_mask)
{
}

/* ---- complaints ---- */

void lockdep_rcu_suspicious(const char *file, const int line, const char *s)
{
	env_warn(ENV_PC, "%s:%d %s", file, line, s);
}

void env_lockdep_init(void)
{
	unsigned int i;

	for (i = 0; i < LNX_MAX_THREADS; i++)
		env_threads[i].hardirqs_enabled = 1;
}
