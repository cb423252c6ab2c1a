// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel threads that KVM starts: work queues, and the task that recovers NX huge pages. None runs by itself.
 * Work is done when somebody flushes it or when env_run_work() is called, in the order in which it was
 * queued; the NX recovery task runs when a scenario asks.
 */
#include <linux/kthread.h>
#include <linux/sched/vhost_task.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "model/linux/kernel/env.h"

/* ---- work queues ---- */

/**
 * struct workqueue_struct - only a name: all work waits in one list
 */
struct workqueue_struct {
	const char *name;
};

static struct workqueue_struct system_queue = {"system"};
struct workqueue_struct *system_long_wq = &system_queue;
struct workqueue_struct *system_percpu_wq = &system_queue;
struct workqueue_struct *system_wq = &system_queue;

/* Work that waits, and its queue: work_struct has no room for it. */
#define MAX_WORK 64
static struct queued_work {
	struct work_struct *work;
	struct workqueue_struct *wq;
} waiting[MAX_WORK];
static unsigned int nr_waiting;
static struct work_struct *running;

ENV_SYMBOL(struct workqueue_struct *alloc_workqueue_noprof(const char *fmt, unsigned int flags,
							   int max_active, ...))
{
	struct workqueue_struct *wq = kzalloc(sizeof(*wq), GFP_KERNEL);

	if (wq)
		wq->name = fmt;
	return wq;
}
#ifndef alloc_workqueue
ENV_ALIAS(alloc_workqueue, alloc_workqueue_noprof);
#endif

bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	lnx_point(LNX_RMW, work, "queue_work()", ENV_PC);
	if (test_and_set_bit(WORK_STRUCT_PENDING_BIT, work_data_bits(work)))
		return false;
	if (nr_waiting == MAX_WORK)
		lnx_internal("more than %d works wait", MAX_WORK);
	waiting[nr_waiting++] = (struct queued_work){work, wq};
	return true;
}

static void forget(unsigned int i)
{
	for (nr_waiting--; i < nr_waiting; i++)
		waiting[i] = waiting[i + 1];
}

/* The work may free itself. */
static void run(unsigned int i)
{
	struct work_struct *work = waiting[i].work;

	forget(i);
	clear_bit(WORK_STRUCT_PENDING_BIT, work_data_bits(work));
	running = work;
	work->func(work);
	running = NULL;
	lnx_wake(&running);
}

static void wait_for_running(const struct work_struct *work, unsigned long pc)
{
	while (running == work)
		env_sleep(&running, "flush_work()", pc);
}

static int index_of(const struct work_struct *work)
{
	unsigned int i;

	for (i = 0; i < nr_waiting; i++)
		if (waiting[i].work == work)
			return i;
	return -1;
}

bool flush_work(struct work_struct *work)
{
	int i;

	env_might_sleep("flush_work()", ENV_PC);
	lnx_point(LNX_READ, work, "flush_work()", ENV_PC);
	i = index_of(work);
	if (i >= 0)
		run(i);
	wait_for_running(work, ENV_PC);
	return i >= 0;
}

bool cancel_work_sync(struct work_struct *work)
{
	int i;

	env_might_sleep("cancel_work_sync()", ENV_PC);
	lnx_point(LNX_RMW, work, "cancel_work_sync()", ENV_PC);
	i = index_of(work);
	if (i >= 0) {
		forget(i);
		clear_bit(WORK_STRUCT_PENDING_BIT, work_data_bits(work));
	}
	wait_for_running(work, ENV_PC);
	return i >= 0;
}

/* One at a time: one who flushes runs what is queued, another one has to wait for it. */
static void run_queue(const struct workqueue_struct *wq, unsigned long pc)
{
	unsigned int i = 0;

	while (i < nr_waiting) {
		while (running)
			env_sleep(&running, "flush_workqueue()", pc);
		for (i = 0; i < nr_waiting && wq && waiting[i].wq != wq; i++)
			;
		if (i < nr_waiting)
			run(i);
		i = i < nr_waiting ? 0 : i;
	}
	while (running)
		env_sleep(&running, "flush_workqueue()", pc);
}

void __flush_workqueue(struct workqueue_struct *wq)
{
	env_might_sleep("flush_workqueue()", ENV_PC);
	lnx_point(LNX_READ, wq, "flush_workqueue()", ENV_PC);
	run_queue(wq, ENV_PC);
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	run_queue(wq, ENV_PC);
	kfree(wq);
}

void env_run_work(void)
{
	run_queue(NULL, ENV_PC);
}

/* Delayed work: its time comes never, so all that can happen to it is that it is cancelled. */
bool queue_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *work,
			   unsigned long delay)
{
	if (!delay)
		return queue_work_on(cpu, wq, &work->work);
	return !test_and_set_bit(WORK_STRUCT_PENDING_BIT, work_data_bits(&work->work));
}

bool cancel_delayed_work_sync(struct delayed_work *work)
{
	bool was_pending = test_and_clear_bit(WORK_STRUCT_PENDING_BIT, work_data_bits(&work->work));
	int i = index_of(&work->work);

	if (i >= 0)
		forget(i);
	wait_for_running(&work->work, ENV_PC);
	return was_pending;
}

void delayed_work_timer_fn(struct timer_list *t)
{
	lnx_internal("a timer has expired");
}

/* ---- vhost tasks: the NX recovery worker of each VM ---- */

/**
 * struct vhost_task - a task that runs when it is told to
 * @fn: one round; false when it has nothing to do
 */
struct vhost_task {
	bool (*fn)(void *);
	void *arg;
	bool started;
};

#define MAX_VHOST_TASKS 4
static struct vhost_task *vhost_tasks[MAX_VHOST_TASKS];

struct vhost_task *vhost_task_create(bool (*fn)(void *), void (*handle_kill)(void *), void *arg,
				     const char *name)
{
	struct vhost_task *task;
	unsigned int i;

	for (i = 0; i < MAX_VHOST_TASKS && vhost_tasks[i]; i++)
		;
	if (i == MAX_VHOST_TASKS)
		lnx_internal("more than %d vhost tasks", MAX_VHOST_TASKS);
	task = kzalloc(sizeof(*task), GFP_KERNEL);
	if (!task)
		return ERR_PTR(-ENOMEM);
	task->fn = fn;
	task->arg = arg;
	vhost_tasks[i] = task;
	return task;
}

void vhost_task_start(struct vhost_task *task)
{
	task->started = true;
}

/* It looks again when it is asked to run. */
void vhost_task_wake(struct vhost_task *task)
{
}

/* Nobody runs a round of it now: whoever stops it has the last reference to the VM. */
void vhost_task_stop(struct vhost_task *task)
{
	unsigned int i;

	for (i = 0; i < MAX_VHOST_TASKS; i++)
		if (vhost_tasks[i] == task)
			vhost_tasks[i] = NULL;
	kfree(task);
}

unsigned int env_run_vhost_tasks(void *arg)
{
	unsigned int i, n = 0;

	env_advance_time(3600);
	for (i = 0; i < MAX_VHOST_TASKS; i++) {
		struct vhost_task *task = vhost_tasks[i];

		if (!task || !task->started || (arg && task->arg != arg))
			continue;
		task->fn(task->arg);
		n++;
	}
	return n;
}
