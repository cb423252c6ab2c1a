/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The environment of a kernel tree under test, shared by all files of the kernel half: what a thread is
 * besides its task_struct, and what the parts offer each other. Functions that the tree calls have the
 * kernel's own names and stand in the kernel's own headers.
 */
#ifndef TDPFUZZ_LNX_ENV_H
#define TDPFUZZ_LNX_ENV_H

#include <linux/kernel.h>
#include <linux/types.h>
#include <linux/gfp.h>
#include <linux/mm_types.h>
#include <linux/sched.h>
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/preempt.h>

#include "model/linux/kernel/compat.h"
#include "model/linux/lnx.h"

#ifndef CONFIG_PROVE_LOCKING
#error "the environment needs CONFIG_PROVE_LOCKING: without it, locks are inline and cannot be seen"
#endif
#ifndef CONFIG_PREEMPT_COUNT
#error "the environment needs CONFIG_PREEMPT_COUNT: a section without preemption is an RCU reader"
#endif

/* The caller in the tree of the environment function in which this stands. */
#define ENV_PC _RET_IP_

#define ENV_MAX_HELD 48

/**
 * struct env_held - a lock that a thread holds, as lockdep sees it
 * @map: which
 * @read: 0 = exclusive, 1 = shared, 2 = shared and recursive
 * @pc: where it was taken
 */
struct env_held {
	const struct lockdep_map *map;
	int read;
	unsigned long pc;
};

/**
 * struct env_thread - an engine thread as a task of the kernel
 * @preempt_count, @hardirqs_enabled: the per-CPU words of that name while another thread has the stage
 * @held, @nr_held: locks, oldest first
 * @rcu_nesting: rcu_read_lock() that are open
 * @rcu_since: RCU time at which the outermost began
 * @rcu_quiescent: RCU time at which it was last known to be in no section without preemption or interrupts
 * @rcu_wanted: a grace period waits for such a section of this thread to end
 * @in_guest: between guest_state_enter_irqoff() and guest_state_exit_irqoff(): no reader of anything
 * @waits_for: object of its lnx_wait(), so that a signal can end a killable wait
 */
struct env_thread {
	struct task_struct *task;
	unsigned long preempt_count;
	int hardirqs_enabled;
	unsigned int nr_held;
	struct env_held held[ENV_MAX_HELD];
	unsigned int rcu_nesting;
	u64 rcu_since, rcu_quiescent;
	bool rcu_wanted, in_guest;
	const volatile void *waits_for;
};
extern struct env_thread env_threads[LNX_MAX_THREADS];
extern struct env_thread *env_self; /* the one that runs */
extern unsigned int env_nr_cpus;

/* smp.c, percpu.c, sched.c, page.c, slab.c, time.c: once, from lnx_boot(), in this order, before anything of
 * the tree is called. */
void env_core_init(unsigned int nr_cpus);
void env_page_init(void);
void env_slab_init(void);
void env_rcu_init(void);
void env_percpu_init(unsigned int nr_cpus);
void env_sched_init(void);
void env_lockdep_init(void);
void env_time_init(void);

/* lockdep.c */
void env_hold(const struct lockdep_map *map, int read, unsigned long pc);
void env_unhold(const struct lockdep_map *map, unsigned long pc);
/* This very lock, in any way: taking it again would wait for ever. */
bool env_holds(const struct lockdep_map *map);
/* [object, object + size) goes away: the running thread must not hold a lock in there. */
void env_check_free(const void *object, unsigned long size, unsigned long pc);

/*
 * sched.c. A sleeping wait, used as: while (!condition) env_sleep(obj, "mutex_lock()", pc); the task is
 * scheduled out in between, so that preempt notifiers run.
 */
void env_sleep(const volatile void *obj, const char *what, unsigned long pc);
/* Reschedules if need_resched() says so and preemption is on: true if it did. */
bool env_reschedule_if_due(unsigned long pc);
/* "BUG: sleeping function called from invalid context" */
void env_might_sleep(const char *what, unsigned long pc);
/* A signal for the task of a thread, from any thread: ends its interruptible sleep. */
void env_signal(struct task_struct *task);
void env_clear_signal(struct task_struct *task);
struct env_thread *env_thread_of(struct task_struct *task);
/*
 * Around each system call (or what stands for one): leaving checks that no lock and no RCU section is left
 * behind, calls the return-to-user notifiers and lets others run if that is due.
 */
void env_syscall_enter(void);
void env_syscall_exit(unsigned long pc);

/* rcu.c, srcu.c */
bool env_in_section(const struct env_thread *t); /* without preemption or interrupts */
void env_rcu_section_left(void); /* a section that a grace period waited for is over */
bool env_srcu_poll(void); /* starts and ends grace periods of call_srcu(); was there anything to do? */
bool env_srcu_pending(void);

/*
 * page.c. Frames by type for the page cache and the host mm; @gfp: __GFP_ZERO, and whether it may fail and
 * sleep. NULL if it fails. The reference count is 1.
 */
struct page *env_alloc_pages(unsigned int order, enum lnx_page type, gfp_t gfp, unsigned long pc);
void env_free_pages(struct page *page, unsigned int order, unsigned long pc);
/* Does the scenario let this allocation fail? */
bool env_alloc_fails(gfp_t gfp, unsigned long pc);

/**
 * struct env_account - what is allocated now
 * @pages: frames of the page allocator
 * @objects: of slab caches, kmalloc and vmalloc
 */
struct env_account {
	unsigned long pages, objects;
};
/* For the leak check: remember what there is, and later how much more there is. Prints the difference by
 * cache. */
unsigned long env_nr_pages(void);
void env_account_mark(void);
struct env_account env_account_leaked(void);

/* work.c: what kernel threads have to do when a scenario asks. */
/* One round of each NX recovery worker (or the one of @arg if not NULL), an interval of time later. Number of
 * workers that ran. */
unsigned int env_run_vhost_tasks(void *arg);
/* Work that is queued now, until the queue is empty. */
void env_run_work(void);

/* time.c: jiffies and clocks go on by that much. */
void env_advance_time(unsigned long seconds);

/* printk.c, bug.c */
void env_warn(unsigned long pc, const char *fmt, ...) __printf(2, 3);
extern unsigned int env_nr_warns;

/* percpu.c */
void env_set_gs(unsigned int cpu);

/* smp.c: the running thread goes on as @cpu; the CPU that it was on, to go back to. */
unsigned int env_move_to_cpu(unsigned int cpu);

#endif
