// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locks that sleep: mutexes, reader-writer semaphores, and the lock against CPU hotplug. Who of the waiters
 * comes next is the engine's choice.
 */
#include <linux/cpu.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>

#include "model/linux/kernel/env.h"

/* ---- mutexes: the owner word is the task that has it ---- */

ENV_SYMBOL(void mutex_init_lockdep(struct mutex *lock, const char *name, struct lock_class_key *key))
{
	*lock = (struct mutex)__MUTEX_INITIALIZER((*lock));
	lockdep_init_map_wait(&lock->dep_map, name, key, 0, LD_WAIT_SLEEP);
}
ENV_ALIAS(__mutex_init, mutex_init_lockdep);

static void mutex_check(const struct mutex *lock, unsigned long pc)
{
#ifdef CONFIG_DEBUG_MUTEXES
	if (lock->magic != lock)
		lnx_fail("LOCK-01", "mutex_lock() on something that is no mutex", pc, "%s",
			 "its magic is not its address");
#endif
}

static bool mutex_free(const struct mutex *lock)
{
	return !lock->owner.counter;
}

static void mutex_taken(struct mutex *lock, unsigned long pc)
{
	lock->owner.counter = (long)current;
	env_hold(&lock->dep_map, 0, pc);
	lnx_lock_taken(lock, lock->dep_map.name, 1, pc);
}

/* @killable: a fatal signal ends the wait. */
static int mutex_lock_at(struct mutex *lock, int state, unsigned long pc)
{
	mutex_check(lock, pc);
	env_might_sleep("mutex_lock()", pc);
	lnx_point(LNX_LOCK, lock, "mutex_lock()", pc);
	while (!mutex_free(lock)) {
		if (lock->owner.counter == (long)current)
			lnx_fail("LOCK-01", "mutex_lock() of a mutex that the thread holds", pc, "%s",
				 lock->dep_map.name);
		if (signal_pending_state(state, current))
			return -EINTR;
		env_sleep(lock, "mutex_lock()", pc);
	}
	mutex_taken(lock, pc);
	return 0;
}

void mutex_lock_nested(struct mutex *lock, unsigned int subclass)
{
	mutex_lock_at(lock, TASK_UNINTERRUPTIBLE, ENV_PC);
}

void _mutex_lock_nest_lock(struct mutex *lock, struct lockdep_map *nest)
{
	mutex_lock_at(lock, TASK_UNINTERRUPTIBLE, ENV_PC);
}

int mutex_lock_interruptible_nested(struct mutex *lock, unsigned int subclass)
{
	return mutex_lock_at(lock, TASK_INTERRUPTIBLE, ENV_PC);
}

ENV_SYMBOL(int _mutex_lock_killable(struct mutex *lock, unsigned int subclass, struct lockdep_map *nest))
{
	return mutex_lock_at(lock, TASK_KILLABLE, ENV_PC);
}
#ifndef mutex_lock_killable_nested
ENV_ALIAS(mutex_lock_killable_nested, _mutex_lock_killable);
#endif

ENV_SYMBOL(int _mutex_trylock_nest_lock(struct mutex *lock, struct lockdep_map *nest))
{
	mutex_check(lock, ENV_PC);
	lnx_point(LNX_LOCK, lock, "mutex_trylock()", ENV_PC);
	if (!mutex_free(lock))
		return 0;
	mutex_taken(lock, ENV_PC);
	return 1;
}
#ifndef mutex_trylock
ENV_ALIAS(mutex_trylock, _mutex_trylock_nest_lock);
#endif

void mutex_unlock(struct mutex *lock)
{
	unsigned long pc = ENV_PC;

	mutex_check(lock, pc);
	lnx_point(LNX_UNLOCK, lock, "mutex_unlock()", pc);
	if (lock->owner.counter != (long)current)
		lnx_fail("LOCK-01", "mutex_unlock() by a thread that does not hold it", pc, "%s",
			 lock->dep_map.name);
	env_unhold(&lock->dep_map, pc);
	lnx_lock_releasing(lock, lock->dep_map.name, 1, pc);
	lock->owner.counter = 0;
	lnx_wake(lock);
}

bool mutex_is_locked(struct mutex *lock)
{
	lnx_point(LNX_READ, lock, "mutex_is_locked()", ENV_PC);
	return !mutex_free(lock);
}

/*
 * ---- reader-writer semaphores ----
 *
 * The count: bit 0 writer, from bit 8 on the readers, as the kernel has it; from bit 32 on the writers that
 * wait: they keep new readers out.
 */
#define RWSEM_READER 0x100l
#define RWSEM_WAITING_WRITER (1l << 32)

void __init_rwsem(struct rw_semaphore *sem, const char *name, struct lock_class_key *key)
{
	*sem = (struct rw_semaphore)__RWSEM_INITIALIZER((*sem));
	lockdep_init_map_wait(&sem->dep_map, name, key, 0, LD_WAIT_SLEEP);
}

static bool rwsem_blocked(const struct rw_semaphore *sem, bool write)
{
	long count = sem->count.counter;

	return write ? count & (RWSEM_WAITING_WRITER - 1)
		     : (count & RWSEM_WRITER_LOCKED) || count >= RWSEM_WAITING_WRITER;
}

static void rwsem_taken(struct rw_semaphore *sem, bool write, unsigned long pc)
{
	sem->count.counter += write ? RWSEM_WRITER_LOCKED : RWSEM_READER;
	if (write)
		sem->owner.counter = (long)current;
	env_hold(&sem->dep_map, !write, pc);
	lnx_lock_taken(sem, sem->dep_map.name, write, pc);
}

static int rwsem_wait(struct rw_semaphore *sem, bool write, int state, unsigned long pc)
{
	long waiter = write ? RWSEM_WAITING_WRITER : 0;
	int err = 0;

	if (env_holds(&sem->dep_map))
		lnx_fail("LOCK-01", "down_read() or down_write() of a semaphore that the thread holds", pc,
			 "%s", sem->dep_map.name);
	sem->count.counter += waiter;
	while (rwsem_blocked(sem, write)) {
		if (signal_pending_state(state, current)) {
			err = -EINTR;
			break;
		}
		env_sleep(sem, write ? "down_write()" : "down_read()", pc);
	}
	sem->count.counter -= waiter;
	if (err)
		lnx_wake(sem);
	return err;
}

static int rwsem_lock_at(struct rw_semaphore *sem, bool write, int state, unsigned long pc)
{
	env_might_sleep(write ? "down_write()" : "down_read()", pc);
	lnx_point(LNX_LOCK, sem, write ? "down_write()" : "down_read()", pc);
	if (rwsem_blocked(sem, write) && rwsem_wait(sem, write, state, pc))
		return -EINTR;
	rwsem_taken(sem, write, pc);
	return 0;
}

static int rwsem_trylock_at(struct rw_semaphore *sem, bool write, unsigned long pc)
{
	lnx_point(LNX_LOCK, sem, write ? "down_write_trylock()" : "down_read_trylock()", pc);
	if (rwsem_blocked(sem, write))
		return 0;
	rwsem_taken(sem, write, pc);
	return 1;
}

static void rwsem_unlock_at(struct rw_semaphore *sem, bool write, unsigned long pc)
{
	lnx_point(LNX_UNLOCK, sem, write ? "up_write()" : "up_read()", pc);
	env_unhold(&sem->dep_map, pc);
	lnx_lock_releasing(sem, sem->dep_map.name, write, pc);
	sem->count.counter -= write ? RWSEM_WRITER_LOCKED : RWSEM_READER;
	if (write)
		sem->owner.counter = 0;
	lnx_wake(sem);
}

void down_read(struct rw_semaphore *sem)
{
	rwsem_lock_at(sem, false, TASK_UNINTERRUPTIBLE, ENV_PC);
}

void down_read_nested(struct rw_semaphore *sem, int subclass)
{
	rwsem_lock_at(sem, false, TASK_UNINTERRUPTIBLE, ENV_PC);
}

int down_read_killable(struct rw_semaphore *sem)
{
	return rwsem_lock_at(sem, false, TASK_KILLABLE, ENV_PC);
}

int down_read_trylock(struct rw_semaphore *sem)
{
	return rwsem_trylock_at(sem, false, ENV_PC);
}

void down_write(struct rw_semaphore *sem)
{
	rwsem_lock_at(sem, true, TASK_UNINTERRUPTIBLE, ENV_PC);
}

void down_write_nested(struct rw_semaphore *sem, int subclass)
{
	rwsem_lock_at(sem, true, TASK_UNINTERRUPTIBLE, ENV_PC);
}

int down_write_killable(struct rw_semaphore *sem)
{
	return rwsem_lock_at(sem, true, TASK_KILLABLE, ENV_PC);
}

int down_write_trylock(struct rw_semaphore *sem)
{
	return rwsem_trylock_at(sem, true, ENV_PC);
}

void up_read(struct rw_semaphore *sem)
{
	rwsem_unlock_at(sem, false, ENV_PC);
}

void up_write(struct rw_semaphore *sem)
{
	rwsem_unlock_at(sem, true, ENV_PC);
}

/* ---- CPU hotplug: no CPU comes or goes, so its readers never wait; who holds the lock is still checked ----
 */

static struct lock_class_key cpu_hotplug_key;
static struct lockdep_map cpu_hotplug_map = STATIC_LOCKDEP_MAP_INIT("cpu_hotplug_lock", &cpu_hotplug_key);

void cpus_read_lock(void)
{
	env_might_sleep("cpus_read_lock()", ENV_PC);
	env_hold(&cpu_hotplug_map, 1, ENV_PC);
}

int cpus_read_trylock(void)
{
	env_hold(&cpu_hotplug_map, 1, ENV_PC);
	return 1;
}

void cpus_read_unlock(void)
{
	env_unhold(&cpu_hotplug_map, ENV_PC);
}

void lockdep_assert_cpus_held(void)
{
	if (!lock_is_held_type(&cpu_hotplug_map, -1))
		env_warn(ENV_PC, "cpu_hotplug_lock is not held");
}
