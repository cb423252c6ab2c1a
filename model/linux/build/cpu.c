// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processor as far as single instructions see it: what the macros of privasm.S call. Everything that
 * tells one machine from another (CPUID, clock, model-specific registers) is fixed, so that a run is the same
 * everywhere.
 */
#include <linux/percpu.h>
#include <asm/processor-flags.h>

#include "model/linux/build/cpu.h"
#include "model/linux/lnx.h"

/* ---- interrupts ---- */

/* The interrupt flag of each CPU, inverted. A thread goes on where it stopped, so no thread needs its own. */
static DEFINE_PER_CPU(int, irqs_off);

void lnx_cpu_cli(unsigned long pc)
{
	if (this_cpu_read(irqs_off))
		return;
	this_cpu_write(irqs_off, 1);
	lnx_irqs_off();
}

/* Pending interrupts are delivered in lnx_irqs_on(), and see the flag already set. */
void lnx_cpu_sti(unsigned long pc)
{
	if (!this_cpu_read(irqs_off))
		return;
	this_cpu_write(irqs_off, 0);
	lnx_irqs_on();
}

unsigned long lnx_cpu_flags(unsigned long flags)
{
	return this_cpu_read(irqs_off) ? flags & ~X86_EFLAGS_IF : flags | X86_EFLAGS_IF;
}

int lnx_cpu_irqs_off(void)
{
	return this_cpu_read(irqs_off);
}

void lnx_cpu_pause(unsigned long pc)
{
	lnx_spin("cpu_relax", pc);
}

/* ---- what a program sees of the processor ---- */

/*
 * A made-up Intel processor with VMX and 46 bits of physical address. Leaves that it does not have read as
 * zero, as the architecture says of leaves within the limits of leaf 0.
 */
static const struct {
	unsigned int leaf, subleaf, out[4];
} cpuid_leaves[] = {
	{0x00000000, 0, {0x0000000d, 0x756e6547, 0x6c65746e, 0x49656e69}}, /* GenuineIntel */
	{0x00000001, 0, {0x000a06d1, 0x00000800, 0x7ffafbff, 0xbfebfbff}},
	{0x00000007, 0, {0x00000000, 0x00000281, 0x00000000, 0x00000000}},
	{0x0000000d, 0, {0x00000003, 0x00000240, 0x00000240, 0x00000000}}, /* x87 and SSE */
	{0x80000000, 0, {0x80000008, 0, 0, 0}},
	{0x80000001, 0, {0x00000000, 0x00000000, 0x00000121, 0x2c100800}},
	{0x80000007, 0, {0, 0, 0, 0x00000100}}, /* constant TSC */
	{0x80000008, 0, {0x0000302e, 0, 0, 0}}, /* 46 bits physical, 48 virtual */
};

void __weak lnx_cpuid(unsigned int out[4])
{
	unsigned int leaf = out[0], subleaf = out[2], i, j;

	for (j = 0; j < 4; j++)
		out[j] = 0;
	for (i = 0; i < ARRAY_SIZE(cpuid_leaves); i++)
		if (cpuid_leaves[i].leaf == leaf && cpuid_leaves[i].subleaf == subleaf)
			for (j = 0; j < 4; j++)
				out[j] = cpuid_leaves[i].out[j];
}

void lnx_cpu_cpuid(struct lnx_cpu_regs *regs, unsigned long pc)
{
	unsigned int out[4] = {regs->rax, 0, regs->rcx, 0};

	lnx_cpuid(out);
	regs->rax = out[0];
	regs->rbx = out[1];
	regs->rcx = out[2];
	regs->rdx = out[3];
}

/* The clock moves by being read, by 1 us of a 2 GHz processor: who waits for a deadline gets there. */
static unsigned long tsc;

void lnx_cpu_rdtsc(struct lnx_cpu_regs *regs, unsigned long pc)
{
	tsc += 2000;
	regs->rax = (unsigned int)tsc;
	regs->rdx = tsc >> 32;
}

void lnx_cpu_rdtscp(struct lnx_cpu_regs *regs, unsigned long pc)
{
	lnx_cpu_rdtsc(regs, pc);
	regs->rcx = lnx_cpu();
}

/* XCR0: x87 and SSE. XCR1 to the same effect: no state component is in its initial configuration. */
void lnx_cpu_xgetbv(struct lnx_cpu_regs *regs, unsigned long pc)
{
	regs->rax = 3;
	regs->rdx = 0;
}

/* ---- model-specific registers ---- */

int __weak lnx_msr_read(unsigned int msr, unsigned long *value)
{
	return -1;
}

int __weak lnx_msr_write(unsigned int msr, unsigned long value)
{
	return -1;
}

void lnx_cpu_rdmsr(struct lnx_cpu_regs *regs, unsigned long pc)
{
	unsigned long value = 0;

	if (lnx_msr_read(regs->rcx, &value))
		lnx_internal("RDMSR of %#x: nobody says what it holds", (unsigned int)regs->rcx);
	regs->rax = (unsigned int)value;
	regs->rdx = value >> 32;
}

void lnx_cpu_wrmsr(struct lnx_cpu_regs *regs, unsigned long pc)
{
	unsigned long value = (unsigned int)regs->rax | regs->rdx << 32;

	if (lnx_msr_write(regs->rcx, value))
		lnx_internal("WRMSR of %#x: nobody says what it does", (unsigned int)regs->rcx);
}

/* ---- VMX ---- */

enum lnx_vmx_result lnx_cpu_invept(unsigned long type, unsigned long eptp, unsigned long pc)
{
	if (type == 1)
		lnx_tlb_flush_root(eptp);
	else if (type == 2)
		lnx_tlb_flush_all();
	else
		lnx_internal("INVEPT of type %lu", type);
	return LNX_VMX_SUCCEED;
}

/* Translations tagged with a VPID are linear or combined ones; the model's TLB holds guest-physical ones
 * only. */
enum lnx_vmx_result lnx_cpu_invvpid(unsigned long type, unsigned long desc, unsigned long pc)
{
	return LNX_VMX_SUCCEED;
}
