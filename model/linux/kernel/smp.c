// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs: their masks, and function calls on another CPU.
 *
 * A call is an IPI; when its target has acknowledged it, the sender runs the function as the target: on the
 * target's per-CPU data, with its number, in hard interrupt context. The target stands still meanwhile, at a
 * place where it has interrupts on. A sender that does not wait leaves the call to whoever next waits for
 * that CPU; KVM sends only empty functions in this way.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/hardirq.h>
#include <linux/smp.h>

#include "model/linux/kernel/env.h"

unsigned int env_nr_cpus = 1;
unsigned int nr_cpu_ids = NR_CPUS;
struct cpumask __cpu_possible_mask, __cpu_online_mask, __cpu_present_mask, __cpu_active_mask;
atomic_t __num_online_cpus;

/* Row 1 + n has bit n set; a mask of one CPU starts inside the row so that the bit lands where it belongs. */
#define MASK_1(n) [(n) + 1][0] = (1ul << (n))
#define MASK_4(n) MASK_1(n), MASK_1(n + 1), MASK_1(n + 2), MASK_1(n + 3)
#define MASK_16(n) MASK_4(n), MASK_4(n + 4), MASK_4(n + 8), MASK_4(n + 12)
const unsigned long cpu_bit_bitmap[BITS_PER_LONG + 1][BITS_TO_LONGS(NR_CPUS)] = {MASK_16(0), MASK_16(16),
										 MASK_16(32), MASK_16(48)};

/* ---- acting as another CPU ---- */

unsigned int env_move_to_cpu(unsigned int cpu)
{
	unsigned int here = lnx_cpu();

	if (cpu == here)
		return here;
	lnx_set_cpu(cpu);
	lnx_switch_to(lnx_thread(), cpu);
	return here;
}

/* Between lnx_cpu_take() and lnx_cpu_give(): nobody else is on @cpu, and interrupts are on there. */
static void call_as(unsigned int cpu, smp_call_func_t func, void *info)
{
	unsigned int here;
	unsigned long flags;

	preempt_disable();
	here = env_move_to_cpu(cpu);
	local_irq_save(flags);
	preempt_count_add(HARDIRQ_OFFSET);
	func(info);
	preempt_count_sub(HARDIRQ_OFFSET);
	local_irq_restore(flags);
	env_move_to_cpu(here);
	preempt_enable();
}

/* ---- calls ---- */

/* Calls that nobody waits for, by target. @func is NULL if there is none. */
static struct {
	smp_call_func_t func;
	void *info;
} left_behind[LNX_MAX_CPUS];

static void run_left_behind(unsigned int cpu)
{
	smp_call_func_t func = left_behind[cpu].func;

	left_behind[cpu].func = NULL;
	if (func)
		call_as(cpu, func, left_behind[cpu].info);
}

static void leave_behind(unsigned int cpu, smp_call_func_t func, void *info)
{
	if (left_behind[cpu].func && (left_behind[cpu].func != func || left_behind[cpu].info != info)) {
		lnx_cpu_take(cpu);
		run_left_behind(cpu);
		lnx_cpu_give(cpu);
	}
	left_behind[cpu].func = func;
	left_behind[cpu].info = info;
}

static void wait_and_call(unsigned int cpu, smp_call_func_t func, void *info)
{
	lnx_cpu_take(cpu);
	run_left_behind(cpu);
	call_as(cpu, func, info);
	lnx_cpu_give(cpu);
}

/* Waiting with interrupts off deadlocks as soon as two CPUs do it. */
static void check_may_wait(unsigned long pc)
{
	if (irqs_disabled())
		env_warn(pc, "a function call on other CPUs with interrupts off");
}

static bool is_target(const struct cpumask *mask, unsigned int cpu, unsigned int here)
{
	return cpu != here && cpumask_test_cpu(cpu, mask);
}

static void call_others(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait,
			unsigned long pc)
{
	unsigned int cpu, here = raw_smp_processor_id();

	check_may_wait(pc);
	preempt_disable();
	for (cpu = 0; cpu < env_nr_cpus; cpu++)
		if (is_target(mask, cpu, here))
			lnx_ipi_send(cpu);
	for (cpu = 0; cpu < env_nr_cpus; cpu++) {
		if (!is_target(mask, cpu, here))
			continue;
		if (wait)
			wait_and_call(cpu, func, info);
		else
			leave_behind(cpu, func, info);
	}
	preempt_enable();
}

void smp_call_function_many(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait)
{
	call_others(mask, func, info, wait, ENV_PC);
}

void smp_call_function(smp_call_func_t func, void *info, int wait)
{
	call_others(cpu_online_mask, func, info, wait, ENV_PC);
}

static void call_here(smp_call_func_t func, void *info)
{
	unsigned long flags;

	local_irq_save(flags);
	func(info);
	local_irq_restore(flags);
}

int smp_call_function_single(int cpu, smp_call_func_t func, void *info, env_smp_wait_t wait)
{
	if ((unsigned int)cpu >= env_nr_cpus)
		return -ENXIO;
	preempt_disable();
	if (cpu == raw_smp_processor_id()) {
		call_here(func, info);
	} else {
		check_may_wait(ENV_PC);
		lnx_ipi_send(cpu);
		if (wait)
			wait_and_call(cpu, func, info);
		else
			leave_behind(cpu, func, info);
	}
	preempt_enable();
	return 0;
}

void on_each_cpu_cond_mask(smp_cond_func_t cond, smp_call_func_t func, void *info, bool wait,
			   const struct cpumask *mask)
{
	unsigned int cpu, here;
	struct cpumask others = {};

	preempt_disable();
	here = raw_smp_processor_id();
	for (cpu = 0; cpu < env_nr_cpus; cpu++)
		if (is_target(mask, cpu, here) && (!cond || cond(cpu, info)))
			__cpumask_set_cpu(cpu, &others);
	call_others(&others, func, info, wait, ENV_PC);
	if (cpumask_test_cpu(here, mask) && (!cond || cond(here, info)))
		call_here(func, info);
	preempt_enable();
}

/* In process context, on that CPU. */
int smp_call_on_cpu(unsigned int cpu, int (*func)(void *), void *par, bool phys)
{
	unsigned int here;
	int ret;

	if (cpu >= env_nr_cpus)
		return -ENXIO;
	env_might_sleep("smp_call_on_cpu()", ENV_PC);
	here = env_move_to_cpu(cpu);
	ret = func(par);
	env_move_to_cpu(here);
	return ret;
}

/* A bare kick: the target leaves the guest. */
static void send_reschedule(int cpu)
{
	lnx_ipi_send(cpu);
}

struct smp_ops smp_ops = {
	.smp_send_reschedule = send_reschedule,
};

/* ---- hotplug states: no CPU comes or goes, but setting a state up calls it on each CPU that is there ----
 */

#define MAX_STATES 8

static struct {
	enum cpuhp_state state;
	int (*startup)(unsigned int cpu);
	int (*teardown)(unsigned int cpu);
} states[MAX_STATES];
static unsigned int nr_states;

static int call_state(unsigned int cpu, int (*func)(unsigned int cpu))
{
	unsigned int here = env_move_to_cpu(cpu);
	int ret = func(cpu);

	env_move_to_cpu(here);
	return ret;
}

static int call_states(int (*startup)(unsigned int cpu), int (*teardown)(unsigned int cpu))
{
	unsigned int cpu;
	int ret = 0;

	for (cpu = 0; cpu < env_nr_cpus && !ret; cpu++)
		ret = call_state(cpu, startup);
	if (!ret)
		return 0;
	for (cpu--; cpu > 0 && teardown; cpu--)
		call_state(cpu - 1, teardown);
	return ret;
}

int __cpuhp_setup_state(enum cpuhp_state state, const char *name, bool invoke,
			int (*startup)(unsigned int cpu), int (*teardown)(unsigned int cpu),
			bool multi_instance)
{
	bool dynamic = state == CPUHP_AP_ONLINE_DYN || state == CPUHP_BP_PREPARE_DYN;
	int ret;

	if (nr_states == MAX_STATES || multi_instance)
		lnx_internal("CPU hotplug state %s: more than the environment has", name);
	if (dynamic)
		state += nr_states;
	if (invoke && startup) {
		ret = call_states(startup, teardown);
		if (ret)
			return ret;
	}
	states[nr_states].state = state;
	states[nr_states].startup = startup;
	states[nr_states++].teardown = teardown;
	return dynamic ? state : 0;
}

int __cpuhp_setup_state_cpuslocked(enum cpuhp_state state, const char *name, bool invoke,
				   int (*startup)(unsigned int cpu), int (*teardown)(unsigned int cpu),
				   bool multi_instance)
{
	return __cpuhp_setup_state(state, name, invoke, startup, teardown, multi_instance);
}

void __cpuhp_remove_state(enum cpuhp_state state, bool invoke)
{
	unsigned int i, cpu;

	for (i = 0; i < nr_states && states[i].state != state; i++)
		;
	if (i == nr_states)
		lnx_internal("cpuhp_remove_state() of a state that was not set up");
	for (cpu = 0; cpu < env_nr_cpus && invoke && states[i].teardown; cpu++)
		call_state(cpu, states[i].teardown);
	states[i] = states[--nr_states];
}

/* ---- start ---- */

void env_core_init(unsigned int nr_cpus)
{
	unsigned int cpu;

	if (nr_cpus > LNX_MAX_CPUS || nr_cpus > NR_CPUS)
		lnx_internal("more than %d CPUs", LNX_MAX_CPUS);
	env_nr_cpus = nr_cpu_ids = nr_cpus;
	env_percpu_init(nr_cpus);
	env_sched_init();
	env_lockdep_init();
	env_page_init();
	env_slab_init();
	env_rcu_init();
	env_time_init();
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		__cpumask_set_cpu(cpu, &__cpu_possible_mask);
		__cpumask_set_cpu(cpu, &__cpu_present_mask);
		__cpumask_set_cpu(cpu, &__cpu_online_mask);
		__cpumask_set_cpu(cpu, &__cpu_active_mask);
	}
	__num_online_cpus.counter = nr_cpus;
}
