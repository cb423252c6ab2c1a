// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the compiler and the tree's own instrument_*() helpers put before every access of KVM: the callbacks
 * of KCSAN. Each is a scheduling point, a check of the lifetime of what is touched and, for a page table, the
 * event that oracles wait for.
 *
 * A callback comes before the access. A store is therefore remembered, and looked at when its thread calls
 * the next time, whatever for: nobody else has run in between.
 */
#include <stdio.h>

#include "harness/engine/engine.h"
#include "model/hw/page.h"
#include "model/linux/host/host.h"
#include "model/linux/host/watch.h"

struct host host = {.thread = LNX_NO_THREAD, .self = &host.threads[LNX_NO_THREAD]};

/* From the tree's include/linux/kcsan-checks.h: the ABI of __kcsan_check_access(). */
enum { KCSAN_WRITE = 1, KCSAN_COMPOUND = 2, KCSAN_ATOMIC = 4, KCSAN_ASSERT = 8 };

/* How an access was written, or'ed with the enum m_kind of its point. */
enum {
	PLAIN = M_PLAIN,
	MARKED = M_KVM,
	ATOMIC = M_KVM | M_LOCKS,
};

#define MAX_PRIVATE 16
/*
 * Points in a row after which the others run: KVM retries a fault until somebody else has made progress, and
 * with a preemptible kernel there is no call in that loop that says so.
 */
#define TIME_SLICE 4000

/* Of lnx_private(): few, and only asked for what is neither stack nor direct map. */
static struct {
	unsigned long start, size;
} privates[MAX_PRIVATE];
static unsigned int nr_privates;

static bool in_direct_map(unsigned long addr)
{
	return addr - LNX_PAGE_OFFSET < HW_NR_FRAMES << PAGE_SHIFT;
}

static bool in_heap(unsigned long addr)
{
	return addr - LNX_HEAP < LNX_HEAP_SIZE;
}

void host_store_done(void)
{
	struct host_store s = host.store;
	u64 now;

	host.store.word = NULL;
	now = *(volatile u64 *)s.word;
	if (now == s.old)
		return;
	if (in_direct_map((unsigned long)s.word)) {
		watch_flush_done(s.pc);
		m_stored(s.word, s.old, now, site_of(s.pc, s.what));
	} else {
		watch_stored(s.word, s.old, now, s.pc);
	}
}

/* Is @addr in a page that is, or can become, part of a page table? */
static bool in_table(unsigned long addr)
{
	return in_direct_map(addr) && hw_type((addr - LNX_PAGE_OFFSET) >> PAGE_SHIFT) == HW_TABLE;
}

static void expect_store(unsigned long addr, bool rmw, unsigned long pc)
{
	if (!in_table(addr) && !watch_has(addr))
		return;
	host.store.word = (u64 *)(addr & ~7ul);
	host.store.old = *host.store.word;
	host.store.pc = pc;
	host.store.what = rmw ? "cmpxchg" : "WRITE_ONCE";
}

static __attribute__((noinline)) void dead_access(unsigned long addr, bool write, unsigned long pc,
						  const char *what)
{
	char title[160];

	snprintf(title, sizeof(title), "use of %s: %s", what, site_function(pc));
	m_fail("UAF-01", title, "%s at %s", write ? "write" : "read", site_place(pc));
	(void)addr;
}

static inline void check_alive(unsigned long addr, bool write, unsigned long pc)
{
	if (in_direct_map(addr)) {
		if (unlikely(hw_type((addr - LNX_PAGE_OFFSET) >> PAGE_SHIFT) == HW_FREE))
			dead_access(addr, write, pc, "a freed page");
	} else if (in_heap(addr)) {
		enum heap_state state = heap_state(addr);

		if (unlikely(state != HEAP_LIVE))
			dead_access(addr, write, pc,
				    state == HEAP_FREED ? "freed memory" : "memory out of bounds");
	}
}

static bool is_private(unsigned long addr)
{
	for (unsigned int i = 0; i < nr_privates; i++)
		if (addr - privates[i].start < privates[i].size)
			return true;
	return false;
}

/* The point of an access; of a class without points only if the engine has to know that something was
 * touched. */
static inline void pass_point(unsigned long addr, u32 kind, unsigned long pc)
{
	static const char *const what[] = {[M_READ] = "read", [M_WRITE] = "write", [M_RMW] = "atomic"};

	if (!(kind & M_KVM) && !host.plain && !host.self->silent)
		return;
	if (addr == (unsigned long)lnx_resched_word(host.thread)) {
		lnx_resched_read(pc);
		return;
	}
	if (unlikely(nr_privates) && is_private(addr))
		return;
	host.self->silent = false;
	if (unlikely(++host.slice > TIME_SLICE)) {
		host.slice = 0;
		m_spin(site_of(pc, what[kind & M_KIND_MASK]));
		host_return();
	}
	m_point(kind, (const volatile void *)addr, site_of(pc, what[kind & M_KIND_MASK]));
	host_return();
}

static inline __attribute__((always_inline)) void access(const volatile void *p, u32 kind, unsigned long pc)
{
	unsigned long addr = (unsigned long)p;
	bool write = (kind & M_KIND_MASK) != M_READ;
	struct host_thread *self = host.self;

	/*
	 * First, as try_cmpxchg() announces its operand on the stack between the announcement of the word and
	 * the operation: the store is not done by then.
	 */
	if (addr - self->stack_lo < self->stack_size)
		return;
	host_leave();
	/* Outside of a run nobody races, but what becomes of page tables is an event there as well. */
	if (host.thread == LNX_NO_THREAD) {
		if (write)
			expect_store(addr, (kind & M_KIND_MASK) == M_RMW, pc);
		return;
	}
	if (!self->atomic) {
		check_alive(addr, write, pc);
		pass_point(addr, kind, pc);
	}
	if (write)
		expect_store(addr, (kind & M_KIND_MASK) == M_RMW, pc);
}

/*
 * A volatile access right behind the announcement of an atomic operation on the same word is that operation:
 * the helpers announce atomic_read() and use READ_ONCE() for it.
 */
static inline __attribute__((always_inline)) void marked_access(const volatile void *p, u32 kind,
								unsigned long pc)
{
	const volatile void *announced = host.self->atomic_on;

	host.self->atomic_on = NULL;
	if (announced == p)
		return;
	access(p, kind, pc);
}

#define CALLER ((unsigned long)__builtin_return_address(0))

#define CALLBACKS(size)                                                                                      \
	void __tsan_read##size(void *p);                                                                     \
	void __tsan_write##size(void *p);                                                                    \
	void __tsan_read_write##size(void *p);                                                               \
	void __tsan_unaligned_read##size(void *p);                                                           \
	void __tsan_unaligned_write##size(void *p);                                                          \
	void __tsan_unaligned_read_write##size(void *p);                                                     \
	void __tsan_volatile_read##size(void *p);                                                            \
	void __tsan_volatile_write##size(void *p);                                                           \
	void __tsan_unaligned_volatile_read##size(void *p);                                                  \
	void __tsan_unaligned_volatile_write##size(void *p);                                                 \
	void __tsan_read##size(void *p)                                                                      \
	{                                                                                                    \
		access(p, M_READ | PLAIN, CALLER);                                                           \
	}                                                                                                    \
	void __tsan_write##size(void *p)                                                                     \
	{                                                                                                    \
		access(p, M_WRITE | PLAIN, CALLER);                                                          \
	}                                                                                                    \
	void __tsan_read_write##size(void *p)                                                                \
	{                                                                                                    \
		access(p, M_WRITE | PLAIN, CALLER);                                                          \
	}                                                                                                    \
	void __tsan_unaligned_read##size(void *p)                                                            \
	{                                                                                                    \
		access(p, M_READ | PLAIN, CALLER);                                                           \
	}                                                                                                    \
	void __tsan_unaligned_write##size(void *p)                                                           \
	{                                                                                                    \
		access(p, M_WRITE | PLAIN, CALLER);                                                          \
	}                                                                                                    \
	void __tsan_unaligned_read_write##size(void *p)                                                      \
	{                                                                                                    \
		access(p, M_WRITE | PLAIN, CALLER);                                                          \
	}                                                                                                    \
	void __tsan_volatile_read##size(void *p)                                                             \
	{                                                                                                    \
		marked_access(p, M_READ | MARKED, CALLER);                                                   \
	}                                                                                                    \
	void __tsan_volatile_write##size(void *p)                                                            \
	{                                                                                                    \
		marked_access(p, M_WRITE | MARKED, CALLER);                                                  \
	}                                                                                                    \
	void __tsan_unaligned_volatile_read##size(void *p)                                                   \
	{                                                                                                    \
		marked_access(p, M_READ | MARKED, CALLER);                                                   \
	}                                                                                                    \
	void __tsan_unaligned_volatile_write##size(void *p)                                                  \
	{                                                                                                    \
		marked_access(p, M_WRITE | MARKED, CALLER);                                                  \
	}

CALLBACKS(1)
CALLBACKS(2)
CALLBACKS(4)
CALLBACKS(8)
CALLBACKS(16)

void __tsan_read_range(void *p, unsigned long size);
void __tsan_write_range(void *p, unsigned long size);
void __kcsan_check_access(const volatile void *p, unsigned long size, int type);

/* A structure is copied: one point, at its first word. */
void __tsan_read_range(void *p, unsigned long size)
{
	(void)size;
	access(p, M_READ | PLAIN, CALLER);
}

void __tsan_write_range(void *p, unsigned long size)
{
	(void)size;
	access(p, M_WRITE | PLAIN, CALLER);
}

/* Only what has "atomic" set is an operation on its own; the rest are plain accesses that inline assembly
 * hides. */
void __kcsan_check_access(const volatile void *p, unsigned long size, int type)
{
	bool write = type & KCSAN_WRITE;
	u32 kind = type & KCSAN_COMPOUND ? M_RMW : write ? M_WRITE : M_READ;

	(void)size;
	if (type & KCSAN_ASSERT)
		return;
	if (!(type & KCSAN_ATOMIC)) {
		access(p, (write ? M_WRITE : M_READ) | PLAIN, CALLER);
		return;
	}
	access(p, kind | (kind == M_RMW ? ATOMIC : MARKED), CALLER);
	host.self->atomic_on = kind == M_RMW ? NULL : p;
}

void lnx_atomic_begin(void)
{
	host_leave();
	host.self->atomic++;
}

void lnx_atomic_end(void)
{
	host_leave();
	if (!host.self->atomic--)
		lnx_internal("lnx_atomic_end() without a beginning");
}

void lnx_private(const volatile void *p, unsigned long size, int on)
{
	unsigned int i = 0;

	while (i < nr_privates && privates[i].start != (unsigned long)p)
		i++;
	if (!on) {
		if (i < nr_privates)
			privates[i] = privates[--nr_privates];
		return;
	}
	if (i == MAX_PRIVATE)
		lnx_internal("more than %d private objects", MAX_PRIVATE);
	privates[i].start = (unsigned long)p;
	privates[i].size = size;
	nr_privates += i == nr_privates;
}

/* What KCSAN's own interface has besides: there is no detector here to be switched off or to be told of
 * order. */
#define NOTHING(name, ...)                                                                                   \
	void name(__VA_ARGS__);                                                                              \
	void name(__VA_ARGS__)                                                                               \
	{                                                                                                    \
	}
NOTHING(__tsan_init, void)
NOTHING(__tsan_func_exit, void)
NOTHING(kcsan_disable_current, void)
NOTHING(kcsan_enable_current, void)
NOTHING(kcsan_enable_current_nowarn, void)
NOTHING(kcsan_nestable_atomic_begin, void)
NOTHING(kcsan_nestable_atomic_end, void)
NOTHING(__kcsan_mb, void)
NOTHING(__kcsan_wmb, void)
NOTHING(__kcsan_rmb, void)
NOTHING(__kcsan_release, void)

void __tsan_func_entry(void *pc);
void __tsan_func_entry(void *pc)
{
	(void)pc;
}

void kcsan_atomic_next(int n);
void kcsan_atomic_next(int n)
{
	(void)n;
}
