/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine interface: the one way in which model/hw, model/seam and model/kapi touch anything that
 * threads share. It is compiled in for one of two back ends:
 *
 *   fibers   (default)            harness/engine: one OS thread, every m_point() may switch, full replay
 *   threads  (-DMACHINE_THREADS)  race/: pthreads, m_point() is jitter, no replay
 *
 * Nothing above this line of the house may use C11 atomics, pthreads, time or random numbers.
 */
#ifndef TDPFUZZ_MODEL_MACHINE_H
#define TDPFUZZ_MODEL_MACHINE_H

#include "model/types.h"

/**
 * struct m_site - one place in the source that touches shared state
 * @file: source file as the compiler saw it
 * @func: enclosing function: what titles and interleavings print
 * @what: the source text of the access
 * @line: line number, for the person who reads a report
 * @id: hash of (base name of @file, @func, ordinal in @func); set once at start. Stable across compilers and
 *      flavours for one source, and across edits outside @func.
 *
 * All sites lie in the linker section "m_sites"; the back end numbers them before the first execution.
 */
struct m_site {
	const char *file;
	const char *func;
	const char *what;
	u32 line;
	u32 id;
};

#define M_SITE(what_)                                                                                        \
	({                                                                                                   \
		static struct m_site m_site_ __attribute__((used, section("m_sites"), aligned(8))) = {       \
			.file = __FILE__, .func = __func__, .what = what_, .line = __LINE__};                \
		&m_site_;                                                                                    \
	})

/*
 * What is about to happen at a point, or'ed with the class of the code that does it. A search may leave a
 * class without scheduling points (struct eng_config.classes); the class is then part of the printed bound.
 */
enum m_kind {
	M_READ = 1, /* marked read */
	M_WRITE = 2, /* marked write */
	M_RMW = 3, /* atomic read-modify-write, compare-exchange included */
	M_LOCK = 4, /* about to try a lock */
	M_UNLOCK = 5, /* about to release a lock */
	M_OTHER = 6, /* barrier, IPI, guest instruction, ... */
	M_KIND_MASK = 7,

	M_KVM = 0x10, /* code under test and kapi */
	M_SEAM = 0x20, /* TDX module */
	M_HW = 0x40, /* processor: walks, TLB, guest instructions */
	/*
	 * Of a kernel tree, whose every access is seen: M_KVM is its marked accesses, atomics and locks. One
	 * of these in addition makes the class smaller or larger.
	 */
	M_PLAIN = 0x80, /* its plain accesses, too */
	M_LOCKS = 0x100, /* its locks and atomic read-modify-writes; for a search without M_KVM */
	M_CLASS_MASK = 0x1f0,
};

/* A choice that is not "who runs next". Option 0 is always what happens when the stream is silent. */
enum m_choice {
	M_CH_SCHED, /* drawn by the engine only: 0 = the running thread goes on */
	M_CH_ALLOC, /* does this allocation fail? 1 = yes */
	M_CH_TLB, /* is this translation evicted instead of cached? 1 = yes */
	M_CH_RESCHED, /* does need_resched() say yes? 1 = yes */
	M_CH_IRQ, /* does a host interrupt hit the restartable SEAMCALL? 1 = yes */
	M_CH_FORCED, /* opt-in fault of one site, printed in the report: 1 = fault */
	M_CH_NR,
};

/*
 * m_point() - a scheduling point. Called immediately before the access it announces; the access that
 * follows is atomic with respect to the model (there is no other point in between).
 * @kind: one of each group of enum m_kind
 * @addr: what is touched; identity only. Two points conflict iff @addr is equal and one of them writes.
 */
void m_point(u32 kind, const volatile void *addr, struct m_site *site);

/* m_choose() - draw a data choice in [0, n). 2 <= n <= 16. Returns 0 when @kind is not enabled in this run.
 */
unsigned int m_choose(enum m_choice kind, unsigned int n, struct m_site *site);

/*
 * m_wait() - block until m_wake(@obj) or spuriously. Use as: while (!condition) m_wait(&obj, site);
 * A thread that waits for something that can never come makes the run a deadlock.
 */
void m_wait(const volatile void *obj, struct m_site *site);
void m_wake(const volatile void *obj);

/*
 * m_spin() - cpu_relax(), a lost retry loop round, "nothing to do until somebody else moves". The caller runs
 * again after another thread passed a point; if nobody is left that could, the run is a livelock.
 */
void m_spin(struct m_site *site);

#ifndef MACHINE_THREADS
/*
 * Is every other thread of the run finished? Also true outside a run. A thread that serves the others (RCU
 * callbacks) waits for &m_alone_obj, which is woken when only one is left, and returns then.
 */
bool m_alone(void);
extern char m_alone_obj;
/* Do threads run? Else all is set-up or quiescent code: points are silent, nobody can be waited for. */
bool m_inside(void);
#endif

/*
 * Fibers share one OS thread, and between two points nobody else runs: a locked instruction would only cost.
 * Real threads need them, and TSan has to see them. Same names, so that what they mean needs no second
 * definition.
 */
#if !defined(MACHINE_THREADS) && !defined(TDPFUZZ_TSAN)
#define m_plain_rmw(p, expr)                                                                                 \
	({                                                                                                   \
		__auto_type rmw_p_ = (p);                                                                    \
		__auto_type rmw_old_ = *rmw_p_;                                                              \
		*rmw_p_ = (expr);                                                                            \
		rmw_old_;                                                                                    \
	})
#define __atomic_fetch_add(p, v, order) m_plain_rmw(p, rmw_old_ + (v))
#define __atomic_fetch_sub(p, v, order) m_plain_rmw(p, rmw_old_ - (v))
#define __atomic_fetch_and(p, v, order) m_plain_rmw(p, rmw_old_ &(v))
#define __atomic_fetch_or(p, v, order) m_plain_rmw(p, rmw_old_ | (v))
#define __atomic_exchange_n(p, v, order) m_plain_rmw(p, v)
#define __atomic_store_n(p, v, order) __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define __atomic_compare_exchange_n(p, old, v, weak, success, failure)                                       \
	({                                                                                                   \
		__auto_type cas_p_ = (p);                                                                    \
		__auto_type cas_old_ = (old);                                                                \
		__auto_type cas_now_ = *cas_p_;                                                              \
		bool cas_same_ = cas_now_ == *cas_old_;                                                      \
		if (cas_same_)                                                                               \
			*cas_p_ = (v);                                                                       \
		else                                                                                         \
			*cas_old_ = cas_now_;                                                                \
		cas_same_;                                                                                   \
	})
#endif

/* Current thread (0..n-1, dense, also its CPU's default number) and current CPU. */
#ifdef MACHINE_THREADS
unsigned int m_thread(void);
unsigned int m_cpu(void);
#else
struct m_self {
	u8 thread, cpu;
};
extern const struct m_self *m_self;

static inline unsigned int m_thread(void)
{
	return m_self->thread;
}

static inline unsigned int m_cpu(void)
{
	return m_self->cpu;
}
#endif

/*
 * Bookkeeping of hw and kapi that has no counterpart in the modelled machine (free lists, lazily made
 * records): a short section without a point inside. Fibers are atomic there anyway; threads take one lock
 * that race detectors do not see, so that it hides no missing edge of the code under test.
 */
#ifdef MACHINE_THREADS
void m_lock_internal(void);
void m_unlock_internal(void);
#else
static inline void m_lock_internal(void)
{
}
static inline void m_unlock_internal(void)
{
}
#endif

/*
 * Happens-before edges for race detectors (no-ops in plain builds). m_release() publishes all that the caller
 * did so far to whoever does m_acquire() on the same address later.
 */
void m_acquire(const volatile void *addr);
void m_release(const volatile void *addr);

/*
 * m_fail() - the run is over: a rule of the machine, the module or the kernel is broken.
 * @id: id of the invariant, for example "TLB-01"
 * @title: one line without addresses or numbers that vary between schedules
 * @fmt: the state that breaks the rule, for the report; may span lines
 * Does not return in the fiber back end.
 */
void m_fail(const char *id, const char *title, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Memory of one execution, zeroed, released all at once at the end of the run. Never fails: running out of
 * the fixed arena is an internal error (exit 3) that names the limit. */
void *m_arena_alloc(size_t size);

/* Value of the access announced by the last m_point() of this thread; only recorded in the history pass. */
extern bool m_history;
void m_note_value(u64 old, u64 new_);

#define m_value(old, new_)                                                                                   \
	do {                                                                                                 \
		if (unlikely(m_history))                                                                     \
			m_note_value((u64)(old), (u64)(new_));                                               \
	} while (0)

/*
 * Accesses of the hardware and of the module, 64 bits wide. @k carries the class. KVM's code uses
 * model/kapi/atomic.h instead.
 */
#define m_load64(p, k)                                                                                       \
	({                                                                                                   \
		const volatile u64 *p_ = (p);                                                                \
		m_point(M_READ | (k), p_, M_SITE("load " #p));                                               \
		u64 v_ = __atomic_load_n(p_, __ATOMIC_ACQUIRE);                                              \
		m_value(v_, v_);                                                                             \
		v_;                                                                                          \
	})

#define m_store64(p, v, k)                                                                                   \
	({                                                                                                   \
		volatile u64 *p_ = (p);                                                                      \
		u64 n_ = (v);                                                                                \
		struct m_site *s_ = M_SITE("store " #p);                                                     \
		m_point(M_WRITE | (k), p_, s_);                                                              \
		u64 o_ = __atomic_load_n(p_, __ATOMIC_RELAXED);                                              \
		__atomic_store_n(p_, n_, __ATOMIC_RELEASE);                                                  \
		m_value(o_, n_);                                                                             \
		m_stored(p_, o_, n_, s_);                                                                    \
	})

/* Returns true and stores @n_ if *p == *old; else false and *old is what was there. */
#define m_cas64(p, old, new_, k)                                                                             \
	({                                                                                                   \
		volatile u64 *p_ = (p);                                                                      \
		u64 *op_ = (old);                                                                            \
		u64 o_ = *op_, n_ = (new_);                                                                  \
		struct m_site *s_ = M_SITE("cmpxchg " #p);                                                   \
		m_point(M_RMW | (k), p_, s_);                                                                \
		bool ok_ =                                                                                   \
			__atomic_compare_exchange_n(p_, op_, n_, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE); \
		m_value(*op_, ok_ ? n_ : *op_);                                                              \
		if (ok_)                                                                                     \
			m_stored(p_, o_, n_, s_);                                                            \
		ok_;                                                                                         \
	})

/* Returns the old value. */
#define m_xchg64(p, new_, k)                                                                                 \
	({                                                                                                   \
		volatile u64 *p_ = (p);                                                                      \
		u64 n_ = (new_);                                                                             \
		struct m_site *s_ = M_SITE("xchg " #p);                                                      \
		m_point(M_RMW | (k), p_, s_);                                                                \
		u64 o_ = __atomic_exchange_n(p_, n_, __ATOMIC_ACQ_REL);                                      \
		m_value(o_, n_);                                                                             \
		m_stored(p_, o_, n_, s_);                                                                    \
		o_;                                                                                          \
	})

/*
 * Every marked store of eight bytes ends here; words inside a page-table page (model/hw/page.h) become an
 * EV_STORE event, all others are ignored. Range check inline, the event out of line.
 */
extern u64 *m_watch_lo, *m_watch_hi; /* [lo, hi) of table memory, set once by model/hw */
void m_stored_table(volatile u64 *p, u64 old, u64 new_, struct m_site *site);

static inline void m_stored(volatile u64 *p, u64 old, u64 new_, struct m_site *site)
{
	if ((u64 *)p >= m_watch_lo && (u64 *)p < m_watch_hi)
		m_stored_table(p, old, new_, site);
}

#endif
