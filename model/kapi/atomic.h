/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marked accesses, atomics and barriers. Memory orders are those of the LKMM as far as C11 can say them: a
 * plain READ_ONCE() or WRITE_ONCE() orders nothing for a race detector, successful compare-exchanges and
 * exchanges are full barriers. Plain C accesses in model/kvm are plain accesses: no scheduling point, and
 * visible to race detectors.
 */
#ifndef TDPFUZZ_KAPI_ATOMIC_H
#define TDPFUZZ_KAPI_ATOMIC_H

#include "model/machine.h"

#define READ_ONCE(x)                                                                                         \
	({                                                                                                   \
		m_point(M_READ | M_KVM, &(x), M_SITE("READ_ONCE(" #x ")"));                                  \
		__typeof__(x) v_ = __atomic_load_n(&(x), __ATOMIC_RELAXED);                                  \
		kapi_note_read(&(x));                                                                        \
		m_value((u64)v_, (u64)v_);                                                                   \
		v_;                                                                                          \
	})

#ifdef TDPFUZZ_TSAN
void __tsan_ignore_thread_begin(void);
void __tsan_ignore_thread_end(void);
#else
#define __tsan_ignore_thread_begin() ((void)0)
#define __tsan_ignore_thread_end() ((void)0)
#endif

/*
 * A read that the kernel leaves racing with plain writes, and whose result is only a hint or is checked again
 * under a lock. A point like any other, that race detectors do not see.
 */
#define data_race(x)                                                                                         \
	({                                                                                                   \
		m_point(M_READ | M_KVM, &(x), M_SITE("data_race(" #x ")"));                                  \
		__tsan_ignore_thread_begin();                                                                \
		__typeof__(x) v_ = __atomic_load_n(&(x), __ATOMIC_RELAXED);                                  \
		__tsan_ignore_thread_end();                                                                  \
		m_value((u64)v_, (u64)v_);                                                                   \
		v_;                                                                                          \
	})

/* A read whose dependents are ordered after it: rcu_dereference(), a SPTE that leads to the child table. */
#define READ_ONCE_DEP(x)                                                                                     \
	({                                                                                                   \
		m_point(M_READ | M_KVM, &(x), M_SITE("READ_ONCE(" #x ")"));                                  \
		__typeof__(x) v_ = __atomic_load_n(&(x), __ATOMIC_ACQUIRE);                                  \
		m_value((u64)v_, (u64)v_);                                                                   \
		v_;                                                                                          \
	})

#define kapi_store(x, v, order, text)                                                                        \
	do {                                                                                                 \
		__typeof__(&(x)) p_ = &(x);                                                                  \
		__typeof__(x) n_ = (v);                                                                      \
		struct m_site *s_ = M_SITE(text);                                                            \
		m_point(M_WRITE | M_KVM, p_, s_);                                                            \
		__typeof__(x) o_ = __atomic_load_n(p_, __ATOMIC_RELAXED);                                    \
		__atomic_store_n(p_, n_, order);                                                             \
		m_value((u64)o_, (u64)n_);                                                                   \
		if (sizeof(*p_) == 8)                                                                        \
			m_stored((u64 *)p_, (u64)o_, (u64)n_, s_);                                           \
	} while (0)

#define WRITE_ONCE(x, v) kapi_store(x, v, kapi_write_order(), "WRITE_ONCE(" #x ")")
#define smp_store_release(p, v) kapi_store(*(p), v, __ATOMIC_RELEASE, "smp_store_release(" #p ")")
#define rcu_assign_pointer(p, v) kapi_store(p, v, __ATOMIC_RELEASE, "rcu_assign_pointer(" #p ")")
#define rcu_dereference(p) READ_ONCE_DEP(p)

#define smp_load_acquire(p) READ_ONCE_DEP(*(p))

/* Full-barrier read-modify-writes; bool try_cmpxchg64(u64 *ptr, u64 *old, u64 new). */
#define try_cmpxchg64(ptr, old, new_)                                                                        \
	({                                                                                                   \
		u64 *p_ = (ptr);                                                                             \
		u64 *op_ = (old);                                                                            \
		u64 o_ = *op_, n_ = (new_);                                                                  \
		struct m_site *s_ = M_SITE("try_cmpxchg64(" #ptr ")");                                       \
		m_point(M_RMW | M_KVM, p_, s_);                                                              \
		bool ok_ =                                                                                   \
			__atomic_compare_exchange_n(p_, op_, n_, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE); \
		m_value(ok_ ? o_ : *op_, ok_ ? n_ : *op_);                                                   \
		if (ok_)                                                                                     \
			m_stored(p_, o_, n_, s_);                                                            \
		ok_;                                                                                         \
	})

#define kapi_rmw(ptr, v, builtin, text)                                                                      \
	({                                                                                                   \
		__typeof__(ptr) p_ = (ptr);                                                                  \
		__typeof__(*p_) n_ = (v);                                                                    \
		struct m_site *s_ = M_SITE(text);                                                            \
		m_point(M_RMW | M_KVM, p_, s_);                                                              \
		__typeof__(*p_) o_ = builtin(p_, n_, __ATOMIC_ACQ_REL);                                      \
		__typeof__(*p_) now_ = __atomic_load_n(p_, __ATOMIC_RELAXED);                                \
		m_value((u64)o_, (u64)now_);                                                                 \
		if (sizeof(*p_) == 8)                                                                        \
			m_stored((u64 *)p_, (u64)o_, (u64)now_, s_);                                         \
		o_;                                                                                          \
	})

/* All return the old value. */
#define xchg(ptr, v) kapi_rmw(ptr, v, __atomic_exchange_n, "xchg(" #ptr ")")
#define fetch_and(ptr, v) kapi_rmw(ptr, v, __atomic_fetch_and, "fetch_and(" #ptr ")")
#define fetch_or(ptr, v) kapi_rmw(ptr, v, __atomic_fetch_or, "fetch_or(" #ptr ")")
#define fetch_add(ptr, v) kapi_rmw(ptr, v, __atomic_fetch_add, "fetch_add(" #ptr ")")

#define cmpxchg(ptr, old, new_)                                                                              \
	({                                                                                                   \
		__typeof__(ptr) p_ = (ptr);                                                                  \
		__typeof__(*p_) o_ = (old), n_ = (new_);                                                     \
		struct m_site *s_ = M_SITE("cmpxchg(" #ptr ")");                                             \
		m_point(M_RMW | M_KVM, p_, s_);                                                              \
		__atomic_compare_exchange_n(p_, &o_, n_, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);         \
		m_value((u64)o_, (u64)__atomic_load_n(p_, __ATOMIC_RELAXED));                                \
		o_;                                                                                          \
	})

/*
 * Barriers. Under sequential consistency they order nothing that is not ordered already; race detectors need
 * them, since TSan knows no fences: after smp_wmb() the next WRITE_ONCE() of the thread publishes, smp_rmb()
 * acquires what the last marked reads of the thread saw. In model/kapi/barrier.c.
 */
void smp_mb(void);
void smp_wmb(void);
void smp_rmb(void);
#define smp_mb__before_atomic() smp_mb()
#define smp_mb__after_atomic() smp_mb()

#ifdef TDPFUZZ_TSAN
int kapi_write_order(void); /* __ATOMIC_RELEASE after smp_wmb() or smp_mb(), else __ATOMIC_RELAXED */
void kapi_note_read(const volatile void *p); /* a marked read for the next smp_rmb() */
#else
#define kapi_write_order() __ATOMIC_RELAXED
#define kapi_note_read(p) ((void)0)
#endif

typedef struct {
	u64 v;
} atomic64_t;
#define atomic64_read(a) READ_ONCE((a)->v)
#define atomic64_add(n, a) ((void)fetch_add(&(a)->v, (u64)(n)))

typedef struct {
	u64 v;
} refcount_t;
void refcount_set(refcount_t *r, u64 v);
bool refcount_inc_not_zero(refcount_t *r);
bool refcount_dec_and_test(refcount_t *r);

#endif
