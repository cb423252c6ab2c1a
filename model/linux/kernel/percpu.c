// SPDX-License-Identifier: GPL-2.0-only
/*
 * Per-CPU memory: one copy of the per-CPU section for each CPU, with room for dynamic allocations behind it.
 * The GS base says which copy the running code works on, as in the kernel; the section itself is only the
 * template.
 */
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#include "model/linux/kernel/env.h"
#include "model/linux/kernel/sys.h"

#define ARCH_SET_GS 0x1001
#define AT_HWCAP2 26
#define HWCAP2_FSGSBASE 2

#define DYNAMIC_SIZE 65536
#define DYNAMIC_GRAIN 16

/* Around the per-CPU section; the link makes them. */
extern char __per_cpu_start[], __per_cpu_end[];

unsigned long __per_cpu_offset[NR_CPUS];

#ifdef ENV_PCPU_HOT
DEFINE_PER_CPU_READ_MOSTLY(unsigned long, this_cpu_off);
DEFINE_PER_CPU_ALIGNED(struct pcpu_hot, pcpu_hot) = {.preempt_count = PREEMPT_ENABLED};
#else
DEFINE_PER_CPU_CACHE_HOT(unsigned long, this_cpu_off);
DEFINE_PER_CPU_CACHE_HOT(struct task_struct *, current_task);
DEFINE_PER_CPU_CACHE_HOT(unsigned long, __preempt_count) = PREEMPT_ENABLED;
DEFINE_PER_CPU_CACHE_HOT(int, cpu_number);
#endif

static bool have_wrgsbase;

/*
 * May a program write the GS base itself? The kernel says so in the auxiliary vector; the CPUID bit alone
 * does not tell whether the kernel has switched it on.
 */
static bool find_wrgsbase(void)
{
	unsigned long aux[64];
	long fd = env_syscall(SYS_OPEN, (unsigned long)"/proc/self/auxv", 0, 0);
	long i, n;

	if (fd < 0)
		return false;
	n = env_syscall(SYS_READ, fd, (unsigned long)aux, sizeof(aux)) / (long)sizeof(aux[0]);
	env_syscall(SYS_CLOSE, fd, 0, 0);
	for (i = 0; i + 1 < n; i += 2)
		if (aux[i] == AT_HWCAP2)
			return aux[i + 1] & HWCAP2_FSGSBASE;
	return false;
}

void env_set_gs(unsigned int cpu)
{
	unsigned long base = __per_cpu_offset[cpu];

	if (likely(have_wrgsbase))
		asm volatile("wrgsbase %0" : : "r"(base) : "memory");
	else if (env_syscall(SYS_ARCH_PRCTL, ARCH_SET_GS, base, 0))
		lnx_internal("arch_prctl(ARCH_SET_GS) fails");
}

static unsigned long static_size(void)
{
	return ALIGN(__per_cpu_end - __per_cpu_start, DYNAMIC_GRAIN);
}

void env_percpu_init(unsigned int nr_cpus)
{
	unsigned long unit = ALIGN(static_size() + DYNAMIC_SIZE, PAGE_SIZE);
	char *area = lnx_heap_alloc(unit * nr_cpus, PAGE_SIZE);
	unsigned int cpu;

	have_wrgsbase = find_wrgsbase();
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		memcpy(area + cpu * unit, __per_cpu_start, __per_cpu_end - __per_cpu_start);
		__per_cpu_offset[cpu] = (unsigned long)(area + cpu * unit) - (unsigned long)__per_cpu_start;
		env_set_gs(cpu);
		this_cpu_write(this_cpu_off, __per_cpu_offset[cpu]);
		this_cpu_write(env_hot_cpu_number, cpu);
	}
	env_set_gs(0);
}

/*
 * Dynamic allocations lie behind the section at the same offset in each copy. They are few and live long:
 * first fit over a map of the grains in use.
 */
static u8 grain_used[DYNAMIC_SIZE / DYNAMIC_GRAIN]; /* 0 free, 1 first of an allocation, 2 in one */

static bool run_is_free(unsigned int first, unsigned int n)
{
	while (n--)
		if (grain_used[first + n])
			return false;
	return true;
}

void __percpu *pcpu_alloc_noprof(size_t size, size_t align, bool reserved, gfp_t gfp)
{
	unsigned int n = DIV_ROUND_UP(max_t(size_t, size, 1), DYNAMIC_GRAIN);
	unsigned int step = max_t(size_t, align / DYNAMIC_GRAIN, 1), i, cpu;
	unsigned long base = (unsigned long)__per_cpu_start + static_size();

	if (align > PAGE_SIZE || env_alloc_fails(gfp, ENV_PC))
		return NULL;
	for (i = 0; i + n <= ARRAY_SIZE(grain_used); i++) {
		if ((base / DYNAMIC_GRAIN + i) % step || !run_is_free(i, n))
			continue;
		memset(grain_used + i, 2, n);
		grain_used[i] = 1;
		for (cpu = 0; cpu < env_nr_cpus; cpu++)
			memset((char *)base + i * DYNAMIC_GRAIN + __per_cpu_offset[cpu], 0,
			       n * DYNAMIC_GRAIN);
		return (void __percpu *)(base + i * DYNAMIC_GRAIN);
	}
	lnx_internal("more than %d bytes of dynamic per-CPU memory", DYNAMIC_SIZE);
}

void free_percpu(void __percpu *ptr)
{
	unsigned long base = (unsigned long)__per_cpu_start + static_size();
	unsigned long i = ((unsigned long)ptr - base) / DYNAMIC_GRAIN;

	if (!ptr)
		return;
	if (i >= ARRAY_SIZE(grain_used) || grain_used[i] != 1)
		lnx_fail("UAF-02", "free_percpu() of what is not allocated", ENV_PC, "%px", (void *)ptr);
	do
		grain_used[i++] = 0;
	while (i < ARRAY_SIZE(grain_used) && grain_used[i] == 2);
}
