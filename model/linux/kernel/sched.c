// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks: one task_struct for each engine thread, what changes when another of them takes the stage, sleeping
 * and waking, signals and preemption.
 *
 * Each task has a CPU to itself, so that nobody is preempted by another task of the model; a task that is
 * asked to reschedule lets all others run and comes back, with its preempt notifiers called on the way, as if
 * some other task of the machine had run in between.
 */
#include <linux/hardirq.h>
#include <linux/kvm_host.h>
#include <linux/pid.h>
#include <linux/preempt.h>
#include <linux/rcuwait.h>
#include <linux/sched/signal.h>
#include <linux/user-return-notifier.h>

#include "model/linux/kernel/env.h"
#include "model/linux/kernel/fs.h"

struct env_thread env_threads[LNX_MAX_THREADS];
struct env_thread *env_self = &env_threads[LNX_NO_THREAD];

static struct task_struct *tasks;
static struct pid pids[LNX_MAX_THREADS];
static DEFINE_PER_CPU(struct hlist_head, return_notifiers);

void env_sched_init(void)
{
	unsigned int i;

	tasks = lnx_heap_alloc(LNX_MAX_THREADS * sizeof(*tasks), 64);
	for (i = 0; i < LNX_MAX_THREADS; i++) {
		struct task_struct *p = &tasks[i];

		p->mm = p->active_mm = &fs_mm;
		p->group_leader = &tasks[0];
		p->pid = p->tgid = 100 + i;
		p->thread_pid = &pids[i];
		refcount_set(&p->usage, 2);
		refcount_set(&pids[i].count, 1);
		INIT_LIST_HEAD(&p->pending.list);
		INIT_HLIST_HEAD(&p->preempt_notifiers);
		env_threads[i].task = p;
		env_threads[i].preempt_count = PREEMPT_ENABLED;
	}
	this_cpu_write(env_hot_current, env_self->task);
	this_cpu_write(env_hot_preempt_count, PREEMPT_ENABLED);
}

struct env_thread *env_thread_of(struct task_struct *task)
{
	return &env_threads[task - tasks];
}

void lnx_switch_to(unsigned int thread, unsigned int cpu)
{
	struct env_thread *next = &env_threads[thread];

	if (unlikely(!next->task)) /* before lnx_boot() */
		return;
	/* An int before 6.15, whose sign is the reschedule bit. */
	env_self->preempt_count = (typeof(PREEMPT_NEED_RESCHED))this_cpu_read(env_hot_preempt_count);
	env_self->hardirqs_enabled = this_cpu_read(hardirqs_enabled);
	env_set_gs(cpu);
	env_self = next;
	next->task->thread_info.cpu = cpu;
	this_cpu_write(env_hot_current, next->task);
	this_cpu_write(env_hot_preempt_count, next->preempt_count);
	this_cpu_write(hardirqs_enabled, next->hardirqs_enabled);
}

/* ---- preempt notifiers, of the tasks that have any: vCPUs between vcpu_load() and vcpu_put() ---- */

void preempt_notifier_inc(void)
{
}

void preempt_notifier_dec(void)
{
}

void preempt_notifier_register(struct preempt_notifier *notifier)
{
	hlist_add_head(&notifier->link, &current->preempt_notifiers);
}

void preempt_notifier_unregister(struct preempt_notifier *notifier)
{
	hlist_del(&notifier->link);
}

/* Called as from within the scheduler: no preemption, and no interrupts on the way out. */
static void sched_out(void)
{
	struct preempt_notifier *notifier;

	if (likely(hlist_empty(&current->preempt_notifiers)))
		return;
	preempt_disable();
	local_irq_disable();
	hlist_for_each_entry(notifier, &current->preempt_notifiers, link)
		notifier->ops->sched_out(notifier, current);
	local_irq_enable();
	preempt_enable_no_resched();
}

static void sched_in(void)
{
	struct preempt_notifier *notifier;

	if (likely(hlist_empty(&current->preempt_notifiers)))
		return;
	preempt_disable();
	hlist_for_each_entry(notifier, &current->preempt_notifiers, link)
		notifier->ops->sched_in(notifier, raw_smp_processor_id());
	preempt_enable_no_resched();
}

/* ---- sleeping ---- */

void env_might_sleep(const char *what, unsigned long pc)
{
	if (likely(!preempt_count() && !env_self->rcu_nesting && this_cpu_read(hardirqs_enabled)))
		return;
	lnx_fail("LOCK-01", "BUG: sleeping function called from invalid context", pc,
		 "%s with preemption count %#x, RCU nesting %u, interrupts %s", what, preempt_count(),
		 env_self->rcu_nesting, this_cpu_read(hardirqs_enabled) ? "on" : "off");
}

#ifdef CONFIG_DEBUG_ATOMIC_SLEEP
void __might_sleep(const char *file, int line)
{
	env_might_sleep(file, ENV_PC);
}

/* @offsets: preemption count that is all right here in the low byte, RCU nesting above. */
void __might_resched(const char *file, int line, unsigned int offsets)
{
	unsigned int preempt = offsets & 0xff, rcu = offsets >> 8;

	if (likely(preempt_count() == preempt && env_self->rcu_nesting <= rcu))
		return;
	lnx_fail("LOCK-01", "BUG: sleeping function called from invalid context", ENV_PC,
		 "%s:%d with preemption count %#x, RCU nesting %u", file, line, preempt_count(),
		 env_self->rcu_nesting);
}

#endif

void __might_fault(const char *file, int line)
{
	env_might_sleep(file, ENV_PC);
}

/* A kernel that is not preemptible does not see the end of a section; it finds out where a task may sleep. */
static void note_quiescent_state(void)
{
	if (unlikely(env_self->rcu_wanted) && !env_in_section(env_self))
		env_rcu_section_left();
}

void env_sleep(const volatile void *obj, const char *what, unsigned long pc)
{
	/* Preempt notifiers are code of the tree, with points in it: a wake-up may come before the wait. */
	note_quiescent_state();
	env_self->waits_for = obj;
	lnx_wait_begin(obj);
	sched_out();
	lnx_wait(obj, what, pc);
	env_self->waits_for = NULL;
	sched_in();
}

static void reschedule(unsigned long pc)
{
	note_quiescent_state();
	clear_tsk_need_resched(current);
	clear_preempt_need_resched();
	sched_out();
	lnx_spin("schedule()", pc);
	sched_in();
}

bool env_reschedule_if_due(unsigned long pc)
{
	if (!tif_need_resched() || !preemptible())
		return false;
	reschedule(pc);
	return true;
}

static void schedule_at(unsigned long pc)
{
	unsigned int state;

	env_might_sleep("schedule()", pc);
	if (task_is_running(current)) {
		reschedule(pc);
		return;
	}
	lnx_point(LNX_READ, &current->__state, "schedule()", pc);
	while ((state = READ_ONCE(current->__state)) != TASK_RUNNING) {
		if (signal_pending_state(state, current))
			__set_current_state(TASK_RUNNING);
		else
			env_sleep(current, "schedule()", pc);
	}
}

void schedule(void)
{
	schedule_at(ENV_PC);
}

void schedule_preempt_disabled(void)
{
	preempt_enable_no_resched();
	schedule_at(ENV_PC);
	preempt_disable();
}

/* No timer ends a wait by itself; who waits for a limited time waits all of it, and the clock goes on by
 * that. */
signed long schedule_timeout(signed long timeout)
{
	if (timeout == MAX_SCHEDULE_TIMEOUT) {
		schedule_at(ENV_PC);
		return timeout;
	}
	reschedule(ENV_PC);
	__set_current_state(TASK_RUNNING);
	env_advance_time(DIV_ROUND_UP(timeout, HZ));
	return 0;
}

int wake_up_state(struct task_struct *p, unsigned int state)
{
	lnx_point(LNX_RMW, &p->__state, "wake_up_process()", ENV_PC);
	if (!(READ_ONCE(p->__state) & state))
		return 0;
	WRITE_ONCE(p->__state, TASK_RUNNING);
	lnx_wake(p);
	return 1;
}

int wake_up_process(struct task_struct *p)
{
	return wake_up_state(p, TASK_NORMAL);
}

/* ---- rcuwait ---- */

void finish_rcuwait(struct rcuwait *w)
{
	lnx_point(LNX_WRITE, &w->task, "finish_rcuwait()", ENV_PC);
	rcu_assign_pointer(w->task, NULL);
	__set_current_state(TASK_RUNNING);
}

int rcuwait_wake_up(struct rcuwait *w)
{
	struct task_struct *task;
	int ret = 0;

	rcu_read_lock();
	lnx_point(LNX_READ, &w->task, "rcuwait_wake_up()", ENV_PC);
	task = rcu_dereference(w->task);
	if (task)
		ret = wake_up_process(task);
	rcu_read_unlock();
	return ret;
}

/* ---- need_resched() and preemption ---- */

const volatile void *lnx_resched_word(unsigned int thread)
{
	return &tasks[thread].thread_info.flags;
}

/* A preemptible kernel reschedules at once when it may, so that the flag is seen only where it may not. */
void lnx_resched_read(unsigned long pc)
{
	if ((IS_ENABLED(CONFIG_PREEMPTION) && preemptible()) || tif_need_resched())
		return;
	if (!lnx_choose(LNX_CH_RESCHED, 2, pc))
		return;
	set_tsk_need_resched(current);
	set_preempt_need_resched();
}

/* From preempt_enable(), with the reschedule bit folded into the count: by need_resched(), or by a grace
 * period. */
asmlinkage __visible void preempt_schedule(void)
{
	if (!preemptible())
		return;
	clear_preempt_need_resched();
	if (env_self->rcu_wanted)
		env_rcu_section_left();
	if (tif_need_resched())
		reschedule(ENV_PC);
}

asmlinkage __visible void preempt_schedule_notrace(void)
{
	preempt_schedule();
}

/* Called from inline assembly that tells the compiler of no register that changes. */
#define PRESERVING_THUNK(name, function)                                                                     \
	asm(".text\n.globl " #name "\n.type " #name ", @function\n" #name ":\n"                              \
	    "	push %rbp\n	mov %rsp, %rbp\n	and $-16, %rsp\n"                                                 \
	    "	push %rax\n	push %rcx\n	push %rdx\n	push %rsi\n	push %rdi\n"                                   \
	    "	push %r8\n	push %r9\n	push %r10\n	push %r11\n	push %rbx\n"                                     \
	    "	call " #function "\n"                                                                        \
	    "	pop %rbx\n	pop %r11\n	pop %r10\n	pop %r9\n	pop %r8\n"                                          \
	    "	pop %rdi\n	pop %rsi\n	pop %rdx\n	pop %rcx\n	pop %rax\n"                                        \
	    "	leave\n	ret\n")
PRESERVING_THUNK(preempt_schedule_thunk, preempt_schedule);
PRESERVING_THUNK(preempt_schedule_notrace_thunk, preempt_schedule_notrace);

int __cond_resched(void)
{
	note_quiescent_state();
	return env_reschedule_if_due(ENV_PC);
}

void __local_bh_disable_ip(unsigned long ip, unsigned int cnt)
{
	preempt_count_add(cnt);
}

/* No softirq is ever pending: what one would do has a thread of its own. */
void __local_bh_enable_ip(unsigned long ip, unsigned int cnt)
{
	preempt_count_sub(cnt);
	preempt_check_resched();
}

/* Nobody is ever moved to another CPU against its will. Up to 6.17 both are functions, later only the slow
 * part of one is. */
ENV_SYMBOL(void ___migrate_enable(void))
{
}

ENV_ALIAS(migrate_disable, ___migrate_enable);
ENV_ALIAS(migrate_enable, ___migrate_enable);

/* Each CPU has one task, and boosting another one that runs is what the scheduler answers with -ESRCH. */
bool single_task_running(void)
{
	return true;
}

int yield_to(struct task_struct *p, bool preempt)
{
	return -ESRCH;
}

/* ---- signals and the way out to user space and to the guest ---- */

void env_signal(struct task_struct *task)
{
	struct env_thread *t = env_thread_of(task);

	set_tsk_thread_flag(task, TIF_SIGPENDING);
	if (READ_ONCE(task->__state) & TASK_INTERRUPTIBLE)
		WRITE_ONCE(task->__state, TASK_RUNNING);
	if (t->waits_for)
		lnx_wake(t->waits_for);
}

void env_clear_signal(struct task_struct *task)
{
	clear_tsk_thread_flag(task, TIF_SIGPENDING);
}

int xfer_to_guest_mode_handle_work(ENV_XFER_PARAMS)
{
	if (signal_pending(current)) {
		env_xfer_signal_exit();
		return -EINTR;
	}
	if (tif_need_resched())
		schedule_at(ENV_PC);
	return 0;
}

void user_return_notifier_register(struct user_return_notifier *urn)
{
	hlist_add_head(&urn->link, this_cpu_ptr(&return_notifiers));
}

void user_return_notifier_unregister(struct user_return_notifier *urn)
{
	hlist_del(&urn->link);
}

static void fire_return_notifiers(void)
{
	struct user_return_notifier *urn;
	struct hlist_node *next;

	hlist_for_each_entry_safe(urn, next, this_cpu_ptr(&return_notifiers), link) urn->on_user_return(urn);
}

void env_syscall_enter(void)
{
	env_might_sleep("system call", ENV_PC);
}

void env_syscall_exit(unsigned long pc)
{
	const struct env_thread *t = env_self;

	if (t->nr_held)
		lnx_fail("LOCK-01", "lock held when returning to user space", t->held[t->nr_held - 1].pc,
			 "%s", t->held[t->nr_held - 1].map->name);
	env_might_sleep("return to user space", pc);
	if (!task_is_running(current))
		lnx_fail("LOCK-01", "task not running when returning to user space", pc, "state %#x",
			 READ_ONCE(current->__state));
	fire_return_notifiers();
	note_quiescent_state();
	if (tif_need_resched())
		reschedule(pc);
}

/* ---- process ids: one each, for ever ---- */

struct pid *get_task_pid(struct task_struct *task, enum pid_type type)
{
	refcount_inc(&task->thread_pid->count);
	return task->thread_pid;
}

void put_pid(struct pid *pid)
{
	if (!pid)
		return;
	if (refcount_read(&pid->count) == 1)
		lnx_fail("UAF-02", "put_pid() of a reference that nobody has", ENV_PC, "pid %ld",
			 (long)(pid - pids));
	refcount_dec(&pid->count);
}

struct task_struct *get_pid_task(struct pid *pid, enum pid_type type)
{
	struct task_struct *task = pid ? &tasks[pid - pids] : NULL;

	if (task)
		refcount_inc(&task->usage);
	return task;
}

pid_t pid_vnr(struct pid *pid)
{
	return pid ? tasks[pid - pids].pid : 0;
}
