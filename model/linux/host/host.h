/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of the host half. What the kernel half sees is model/linux/lnx.h. */
#ifndef TDPFUZZ_LNX_HOST_H
#define TDPFUZZ_LNX_HOST_H

#include "model/event.h"
#include "model/linux/lnx.h"
#include "model/subject.h"

/**
 * struct host_thread - what the host half keeps of a thread of the run
 * @stack_lo, @stack_size: its stack below the operation that it carries out
 * @atomic: nesting of lnx_atomic_begin()
 * @silent: has passed no point since it was switched to: its next access is announced whatever its class,
 * because the engine leaves out choices of a thread that has touched nothing yet
 * @atomic_on: word of an atomic operation that was just announced as a whole
 * @waits_for, @woken: what it is about to wait for, and whether that was woken already
 */
struct host_thread {
	unsigned long stack_lo, stack_size;
	unsigned int atomic;
	bool silent;
	const volatile void *atomic_on;
	const volatile void *waits_for;
	bool woken;
};

/**
 * struct host_store - a store that was announced and has not been seen yet
 * @word: eight bytes that contain it, NULL = none
 * @old: what they were
 * @what: how reports and oracles call it
 */
struct host_store {
	u64 *word;
	u64 old;
	unsigned long pc;
	const char *what;
};

/**
 * struct host - the host half during a run
 * @thread, @cpu: whose context the kernel half has loaded; LNX_NO_THREAD outside a run
 * @self: of @thread
 * @plain: do plain accesses have points in this run?
 * @slice: points of @thread since it was switched to
 * @taken: by CPU, one more than the thread that is in an interrupt handler there in place of the CPU's own
 * @in_seamcall: by CPU, inside the module, where interrupts are not taken even if the caller has them on
 * @store: emitted before anything else happens, so that listeners see it in its place
 */
struct host {
	unsigned int thread, cpu;
	struct host_thread *self;
	bool plain;
	u32 slice;
	u8 taken[LNX_MAX_CPUS];
	bool in_seamcall[LNX_MAX_CPUS];
	struct host_store store;
	struct host_thread threads[LNX_MAX_THREADS];
};
extern struct host host;

/* What runs start from: the tree as after its boot, or with the VM of the scenario. */
enum snapshot_nr { SNAPSHOT_BOOT, SNAPSHOT_VM, SNAPSHOT_NR };

/* access.c: the store is done; what does it mean? */
void host_store_done(void);

/* Before any call of the machine below: what the thread has stored is seen before others run. */
static inline void host_leave(void)
{
	if (unlikely(host.store.word))
		host_store_done();
}

/* machine.c: behind any call of the machine that may have let others run. */
void host_return(void);
/* A run begins: nothing is loaded but what is outside of it. */
void load_outside(void);
/* An operation of the scenario begins on the running thread, or outside a run. */
void host_begin(void);
void host_reset(void);

/* site.c. @what lives for ever. */
void site_init(void);
struct m_site *site_of(unsigned long pc, const char *what);
const char *site_function(unsigned long pc);
/* "arch/x86/kvm/mmu/tdp_mmu.c:1234", by way of addr2line; remembered. "?" when unknown. */
const char *site_place(unsigned long pc);

/* heap.c */
void heap_init(void);
/* What is there now is there again after heap_reset(): the areas to restore join @nr. */
void heap_keep(enum snapshot_nr nr);
/* Before the snapshot @nr is restored. */
void heap_reset(enum snapshot_nr nr);
/* One byte for each 16 of the heap, at a fixed address: what an access may find there. */
#define HEAP_SHADOW 0x210000000000ul
enum heap_state { HEAP_NEVER, HEAP_LIVE, HEAP_FREED };
static inline enum heap_state heap_state(unsigned long addr)
{
	return (enum heap_state)((const u8 *)HEAP_SHADOW)[(addr - LNX_HEAP) >> 4];
}

/* pages.c */
void pages_init(void);
void pages_keep(enum snapshot_nr nr);
void pages_reset(enum snapshot_nr nr);

/* snapshot.c */
void snapshot_add(enum snapshot_nr nr, const char *name, void *start, unsigned long size);
void snapshot_take(enum snapshot_nr nr);
void snapshot_restore(enum snapshot_nr nr);
/* Forgets it, and its areas. What is protected for the other instant stays so. */
void snapshot_drop(enum snapshot_nr nr);
/* A write hit a page that is as it was: true if the fault is taken care of. */
bool snapshot_fault(unsigned long addr);

/* fault.c */
void fault_init(void);

/* locks.c */
void locks_reset(void);

/* seamcall.c: what the vCPUs of the run execute */
void seamcall_guests(struct hw_guest *const guests[], unsigned int nr);

/* machine.c */
void host_printk_dump(void);

#endif
