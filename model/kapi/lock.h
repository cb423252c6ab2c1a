/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locks. Each belongs to a class with a fixed place in the lock order (KVM:
 * Documentation/virt/kvm/locking.rst); model/kapi checks order, mode and ownership at every acquisition and
 * reports a violation (LOCK-01) before the lock primitive is reached, so that one bug has one title in every
 * build flavour.
 */
#ifndef TDPFUZZ_KAPI_LOCK_H
#define TDPFUZZ_KAPI_LOCK_H

#include "model/machine.h"

/* Outermost first; a lock may only be taken while every held lock has a smaller class. */
enum lock_class {
	LC_KVM_LOCK, /* kvm->lock */
	LC_VCPU_MUTEX, /* vcpu->mutex; the same class may nest (all vCPUs, in order) */
	LC_SLOTS_LOCK, /* kvm->slots_lock */
	LC_SLOTS_ARCH_LOCK, /* kvm->slots_arch_lock */
	LC_MMAP_LOCK, /* host mm->mmap_lock */
	LC_INVALIDATE_LOCK, /* guest_memfd inode's filemap invalidate_lock */
	LC_MMU_LOCK, /* kvm->mmu_lock, rwlock */
	LC_PAGES_LOCK, /* kvm->arch.tdp_mmu_pages_lock, leaf */
	LC_MN_LOCK, /* kvm->mn_invalidate_lock, leaf */
	LC_FOLIO_LOCK, /* page cache and folio references of one backing file; leaf in the model */
	LC_NR
};
extern const char *const lock_class_name[LC_NR];

#ifdef MACHINE_THREADS
#include "model/kapi/lock_threads.h"
#else
/**
 * struct kapi_lock - spinlock, rwlock, mutex or rw_semaphore; changes only between two points
 * @class: enum lock_class
 * @owner: thread + 1 that holds it for write, 0 = none
 * @waiters: threads that wait, @writers_waiting of them for write
 * @readers: bit mask of the threads that hold it for read
 */
struct kapi_lock {
	u8 class;
	u8 owner;
	u8 waiters, writers_waiting;
	u16 readers;
};
#endif

typedef struct {
	struct kapi_lock l;
} rwlock_t, spinlock_t;
struct mutex {
	struct kapi_lock l;
};
struct rw_semaphore {
	struct kapi_lock l;
};

void kapi_lock_init(struct kapi_lock *l, enum lock_class class);
void kapi_lock(struct kapi_lock *l, bool write, bool sleeps, struct m_site *site);
void kapi_unlock(struct kapi_lock *l, bool write, struct m_site *site);
bool kapi_lock_held(const struct kapi_lock *l, bool write); /* by the caller, in exactly that mode */
bool kapi_lock_contended(const struct kapi_lock *l);
/* LOCK-01 unless the caller holds @l: lockdep_assert_held() family. @mode: 'r', 'w', or 'a' for either. */
void kapi_lock_assert(const struct kapi_lock *l, char mode, struct m_site *site);
/* LOCK-01 if the caller holds a spinning lock or is in an RCU section: might_sleep(). */
void kapi_might_sleep(struct m_site *site);
/* For reports: writes the held locks of @thread as "mmu_lock W, RCU" into @buf. */
void kapi_held(unsigned int thread, char *buf, size_t size);

#define rwlock_init(x, class) kapi_lock_init(&(x)->l, class)
#define spin_lock_init(x, class) kapi_lock_init(&(x)->l, class)
#define mutex_init(x, class) kapi_lock_init(&(x)->l, class)
#define init_rwsem(x, class) kapi_lock_init(&(x)->l, class)

#define read_lock(x) kapi_lock(&(x)->l, false, false, M_SITE("read_lock(" #x ")"))
#define read_unlock(x) kapi_unlock(&(x)->l, false, M_SITE("read_unlock(" #x ")"))
#define write_lock(x) kapi_lock(&(x)->l, true, false, M_SITE("write_lock(" #x ")"))
#define write_unlock(x) kapi_unlock(&(x)->l, true, M_SITE("write_unlock(" #x ")"))
#define spin_lock(x) kapi_lock(&(x)->l, true, false, M_SITE("spin_lock(" #x ")"))
#define spin_unlock(x) kapi_unlock(&(x)->l, true, M_SITE("spin_unlock(" #x ")"))
#define mutex_lock(x) kapi_lock(&(x)->l, true, true, M_SITE("mutex_lock(" #x ")"))
#define mutex_unlock(x) kapi_unlock(&(x)->l, true, M_SITE("mutex_unlock(" #x ")"))
#define down_read(x) kapi_lock(&(x)->l, false, true, M_SITE("down_read(" #x ")"))
#define up_read(x) kapi_unlock(&(x)->l, false, M_SITE("up_read(" #x ")"))
#define down_write(x) kapi_lock(&(x)->l, true, true, M_SITE("down_write(" #x ")"))
#define up_write(x) kapi_unlock(&(x)->l, true, M_SITE("up_write(" #x ")"))

#define rwlock_needbreak(x) kapi_lock_contended(&(x)->l)
#define lockdep_assert_held(x) kapi_lock_assert(&(x)->l, 'a', M_SITE("lockdep_assert_held(" #x ")"))
#define lockdep_assert_held_write(x)                                                                         \
	kapi_lock_assert(&(x)->l, 'w', M_SITE("lockdep_assert_held_write(" #x ")"))
#define lockdep_assert_held_read(x) kapi_lock_assert(&(x)->l, 'r', M_SITE("lockdep_assert_held_read(" #x ")"))
#define might_sleep() kapi_might_sleep(M_SITE("might_sleep()"))

#endif
