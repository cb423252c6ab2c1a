// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spin locks and reader-writer spin locks. State is in the lock's own words, in the bits in which the tree's
 * inline functions look for "locked" and "contended". As in the kernel's queued rwlock a waiting writer keeps
 * new readers out; who of the waiters comes next is the engine's choice instead of the order of arrival, so
 * that more orders are seen than a queue would allow.
 */
#include <linux/spinlock.h>

#include "model/linux/kernel/env.h"

/* ---- spin locks: byte 0 of the word is "locked", the rest counts who waits ---- */

#define SPIN_LOCKED 1u
#define SPIN_WAITER 0x100u

static u32 *spin_word(raw_spinlock_t *lock)
{
	return (u32 *)&lock->raw_lock;
}

void __raw_spin_lock_init(raw_spinlock_t *lock, const char *name, struct lock_class_key *key, short inner)
{
	lockdep_init_map_wait(&lock->dep_map, name, key, 0, inner);
	*spin_word(lock) = 0;
	lock->magic = SPINLOCK_MAGIC;
	lock->owner = SPINLOCK_OWNER_INIT;
	lock->owner_cpu = -1;
}

static __always_inline void spin_check(const raw_spinlock_t *lock, unsigned long pc)
{
	if (unlikely(lock->magic != SPINLOCK_MAGIC))
		lnx_fail("LOCK-01", "spin_lock() on something that is no spin lock", pc, "magic %x",
			 lock->magic);
}

static noinline void spin_wait(raw_spinlock_t *lock, unsigned long pc)
{
	u32 *word = spin_word(lock);

	if (lock->owner == current && env_holds(&lock->dep_map))
		lnx_fail("LOCK-01", "spin_lock() of a lock that the thread holds", pc, "%s",
			 lock->dep_map.name);
	*word += SPIN_WAITER;
	while (*word & SPIN_LOCKED)
		lnx_wait(lock, "spin_lock()", pc);
	*word -= SPIN_WAITER;
}

static __always_inline void spin_taken(raw_spinlock_t *lock, unsigned long pc)
{
	*spin_word(lock) |= SPIN_LOCKED;
	lock->owner = current;
	env_hold(&lock->dep_map, 0, pc);
	lnx_lock_taken(lock, lock->dep_map.name, 1, pc);
}

static __always_inline void spin_lock_at(raw_spinlock_t *lock, unsigned long pc)
{
	spin_check(lock, pc);
	preempt_disable();
	lnx_point(LNX_LOCK, lock, "spin_lock()", pc);
	if (unlikely(*spin_word(lock) & SPIN_LOCKED))
		spin_wait(lock, pc);
	spin_taken(lock, pc);
}

static __always_inline int spin_trylock_at(raw_spinlock_t *lock, unsigned long pc)
{
	spin_check(lock, pc);
	preempt_disable();
	lnx_point(LNX_LOCK, lock, "spin_trylock()", pc);
	if (*spin_word(lock)) {
		preempt_enable();
		return 0;
	}
	spin_taken(lock, pc);
	return 1;
}

/* All but preempt_enable(), which has to come after interrupts are on again. */
static __always_inline void spin_drop(raw_spinlock_t *lock, unsigned long pc)
{
	spin_check(lock, pc);
	lnx_point(LNX_UNLOCK, lock, "spin_unlock()", pc);
	env_unhold(&lock->dep_map, pc);
	lnx_lock_releasing(lock, lock->dep_map.name, 1, pc);
	lock->owner = SPINLOCK_OWNER_INIT;
	*spin_word(lock) &= ~0xffu;
	if (*spin_word(lock))
		lnx_wake(lock);
}

void __lockfunc _raw_spin_lock(raw_spinlock_t *lock)
{
	spin_lock_at(lock, ENV_PC);
}

void __lockfunc _raw_spin_lock_nested(raw_spinlock_t *lock, int subclass)
{
	spin_lock_at(lock, ENV_PC);
}

void __lockfunc _raw_spin_lock_nest_lock(raw_spinlock_t *lock, struct lockdep_map *nest)
{
	spin_lock_at(lock, ENV_PC);
}

void __lockfunc _raw_spin_lock_irq(raw_spinlock_t *lock)
{
	local_irq_disable();
	spin_lock_at(lock, ENV_PC);
}

void __lockfunc _raw_spin_lock_bh(raw_spinlock_t *lock)
{
	local_bh_disable();
	spin_lock_at(lock, ENV_PC);
}

unsigned long __lockfunc _raw_spin_lock_irqsave(raw_spinlock_t *lock)
{
	unsigned long flags;

	local_irq_save(flags);
	spin_lock_at(lock, ENV_PC);
	return flags;
}

unsigned long __lockfunc _raw_spin_lock_irqsave_nested(raw_spinlock_t *lock, int subclass)
{
	unsigned long flags;

	local_irq_save(flags);
	spin_lock_at(lock, ENV_PC);
	return flags;
}

int __lockfunc _raw_spin_trylock(raw_spinlock_t *lock)
{
	return spin_trylock_at(lock, ENV_PC);
}

void __lockfunc _raw_spin_unlock(raw_spinlock_t *lock)
{
	spin_drop(lock, ENV_PC);
	preempt_enable();
}

void __lockfunc _raw_spin_unlock_irq(raw_spinlock_t *lock)
{
	spin_drop(lock, ENV_PC);
	local_irq_enable();
	preempt_enable();
}

void __lockfunc _raw_spin_unlock_bh(raw_spinlock_t *lock)
{
	spin_drop(lock, ENV_PC);
	preempt_enable();
	local_bh_enable();
}

void __lockfunc _raw_spin_unlock_irqrestore(raw_spinlock_t *lock, unsigned long flags)
{
	spin_drop(lock, ENV_PC);
	local_irq_restore(flags);
	preempt_enable();
}

/*
 * ---- reader-writer locks ----
 *
 * The count: bits 0-7 writer, bit 8 a writer waits, from bit 9 on the readers, as in the queued rwlock.
 * wait_lock, which rwlock_is_contended() looks at, counts all who wait, and from bit 16 on the writers among
 * them.
 */
#define RW_WRITER 0xffu
#define RW_WRITER_WAITS 0x100u
#define RW_READER 0x200u
#define RW_WAITER 1u
#define RW_WAITING_WRITER 0x10001u

static u32 *rw_count(rwlock_t *lock)
{
	return (u32 *)&lock->raw_lock.cnts;
}

static u32 *rw_waiters(rwlock_t *lock)
{
	return (u32 *)&lock->raw_lock.wait_lock;
}

void __rwlock_init(rwlock_t *lock, const char *name, struct lock_class_key *key)
{
	lockdep_init_map_wait(&lock->dep_map, name, key, 0, LD_WAIT_CONFIG);
	*rw_count(lock) = *rw_waiters(lock) = 0;
	lock->magic = RWLOCK_MAGIC;
	lock->owner = SPINLOCK_OWNER_INIT;
	lock->owner_cpu = -1;
}

static __always_inline void rw_check(const rwlock_t *lock, unsigned long pc)
{
	if (unlikely(lock->magic != RWLOCK_MAGIC))
		lnx_fail("LOCK-01", "read_lock() or write_lock() on something that is no rwlock", pc,
			 "magic %x", lock->magic);
}

static __always_inline bool rw_blocked(rwlock_t *lock, bool write)
{
	return write ? *rw_count(lock) & ~RW_WRITER_WAITS : *rw_count(lock) & (RW_WRITER | RW_WRITER_WAITS);
}

/* A reader that waits for a writer that waits for this very reader, or a writer for itself, waits for ever.
 */
static void rw_check_recursion(rwlock_t *lock, unsigned long pc)
{
	if (env_holds(&lock->dep_map))
		lnx_fail("LOCK-01", "read_lock() or write_lock() of a lock that the thread holds", pc, "%s",
			 lock->dep_map.name);
}

static noinline void rw_wait(rwlock_t *lock, bool write, unsigned long pc)
{
	u32 *waiters = rw_waiters(lock);

	rw_check_recursion(lock, pc);
	*waiters += write ? RW_WAITING_WRITER : RW_WAITER;
	if (write)
		*rw_count(lock) |= RW_WRITER_WAITS;
	while (rw_blocked(lock, write))
		lnx_wait(lock, write ? "write_lock()" : "read_lock()", pc);
	*waiters -= write ? RW_WAITING_WRITER : RW_WAITER;
	if (*waiters < RW_WAITING_WRITER)
		*rw_count(lock) &= ~RW_WRITER_WAITS;
}

static __always_inline void rw_taken(rwlock_t *lock, bool write, unsigned long pc)
{
	if (write) {
		*rw_count(lock) |= RW_WRITER;
		lock->owner = current;
	} else {
		*rw_count(lock) += RW_READER;
	}
	env_hold(&lock->dep_map, !write, pc);
	lnx_lock_taken(lock, lock->dep_map.name, write, pc);
}

static __always_inline void rw_lock_at(rwlock_t *lock, bool write, unsigned long pc)
{
	rw_check(lock, pc);
	preempt_disable();
	lnx_point(LNX_LOCK, lock, write ? "write_lock()" : "read_lock()", pc);
	if (unlikely(rw_blocked(lock, write)))
		rw_wait(lock, write, pc);
	rw_taken(lock, write, pc);
}

static __always_inline int rw_trylock_at(rwlock_t *lock, bool write, unsigned long pc)
{
	rw_check(lock, pc);
	preempt_disable();
	lnx_point(LNX_LOCK, lock, write ? "write_trylock()" : "read_trylock()", pc);
	if (rw_blocked(lock, write)) {
		preempt_enable();
		return 0;
	}
	rw_taken(lock, write, pc);
	return 1;
}

static __always_inline void rw_drop(rwlock_t *lock, bool write, unsigned long pc)
{
	rw_check(lock, pc);
	lnx_point(LNX_UNLOCK, lock, write ? "write_unlock()" : "read_unlock()", pc);
	env_unhold(&lock->dep_map, pc);
	lnx_lock_releasing(lock, lock->dep_map.name, write, pc);
	if (write) {
		lock->owner = SPINLOCK_OWNER_INIT;
		*rw_count(lock) &= ~RW_WRITER;
	} else {
		*rw_count(lock) -= RW_READER;
	}
	if (*rw_waiters(lock))
		lnx_wake(lock);
}

void __lockfunc _raw_read_lock(rwlock_t *lock)
{
	rw_lock_at(lock, false, ENV_PC);
}

void __lockfunc _raw_write_lock(rwlock_t *lock)
{
	rw_lock_at(lock, true, ENV_PC);
}

void __lockfunc _raw_write_lock_nested(rwlock_t *lock, int subclass)
{
	rw_lock_at(lock, true, ENV_PC);
}

void __lockfunc _raw_read_lock_irq(rwlock_t *lock)
{
	local_irq_disable();
	rw_lock_at(lock, false, ENV_PC);
}

void __lockfunc _raw_write_lock_irq(rwlock_t *lock)
{
	local_irq_disable();
	rw_lock_at(lock, true, ENV_PC);
}

unsigned long __lockfunc _raw_read_lock_irqsave(rwlock_t *lock)
{
	unsigned long flags;

	local_irq_save(flags);
	rw_lock_at(lock, false, ENV_PC);
	return flags;
}

unsigned long __lockfunc _raw_write_lock_irqsave(rwlock_t *lock)
{
	unsigned long flags;

	local_irq_save(flags);
	rw_lock_at(lock, true, ENV_PC);
	return flags;
}

int __lockfunc _raw_read_trylock(rwlock_t *lock)
{
	return rw_trylock_at(lock, false, ENV_PC);
}

int __lockfunc _raw_write_trylock(rwlock_t *lock)
{
	return rw_trylock_at(lock, true, ENV_PC);
}

void __lockfunc _raw_read_unlock(rwlock_t *lock)
{
	rw_drop(lock, false, ENV_PC);
	preempt_enable();
}

void __lockfunc _raw_write_unlock(rwlock_t *lock)
{
	rw_drop(lock, true, ENV_PC);
	preempt_enable();
}

void __lockfunc _raw_read_unlock_irq(rwlock_t *lock)
{
	rw_drop(lock, false, ENV_PC);
	local_irq_enable();
	preempt_enable();
}

void __lockfunc _raw_write_unlock_irq(rwlock_t *lock)
{
	rw_drop(lock, true, ENV_PC);
	local_irq_enable();
	preempt_enable();
}

void __lockfunc _raw_read_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
	rw_drop(lock, false, ENV_PC);
	local_irq_restore(flags);
	preempt_enable();
}

void __lockfunc _raw_write_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
	rw_drop(lock, true, ENV_PC);
	local_irq_restore(flags);
	preempt_enable();
}

/*
 * ---- cond_resched_rwlock_read() and so on: drop the lock and let others run, if that is due or somebody
 * waits ----
 *
 * A preemptible kernel reschedules in preempt_enable(). Else, and with nobody to reschedule to, the CPU
 * relaxes.
 */
static int cond_resched_rwlock_at(rwlock_t *lock, bool write, unsigned long pc)
{
	if (!tif_need_resched() && !rwlock_needbreak(lock))
		return 0;
	rw_drop(lock, write, pc);
	preempt_enable();
	if (!env_reschedule_if_due(pc))
		lnx_spin("cpu_relax()", pc);
	rw_lock_at(lock, write, pc);
	return 1;
}

int __cond_resched_rwlock_read(rwlock_t *lock)
{
	if (!lock_is_held_type(&lock->dep_map, 1))
		env_warn(ENV_PC, "cond_resched_rwlock_read(): %s is not held for read", lock->dep_map.name);
	return cond_resched_rwlock_at(lock, false, ENV_PC);
}

int __cond_resched_rwlock_write(rwlock_t *lock)
{
	if (!lock_is_held_type(&lock->dep_map, 0))
		env_warn(ENV_PC, "cond_resched_rwlock_write(): %s is not held for write", lock->dep_map.name);
	return cond_resched_rwlock_at(lock, true, ENV_PC);
}

int __cond_resched_lock(spinlock_t *lock)
{
	unsigned long pc = ENV_PC;

	if (!tif_need_resched() && !spin_needbreak(lock))
		return 0;
	spin_drop(&lock->rlock, pc);
	preempt_enable();
	if (!env_reschedule_if_due(pc))
		lnx_spin("cpu_relax()", pc);
	spin_lock_at(&lock->rlock, pc);
	return 1;
}
