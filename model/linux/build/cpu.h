/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The instructions that privasm.S takes out of the tree, as C functions of the kernel half. cpu.c has one of
 * each, weak: model/linux/kernel may define its own. "pc" is the address behind the instruction.
 */
#ifndef TDPFUZZ_LNX_CPU_H
#define TDPFUZZ_LNX_CPU_H

/* As thunks.S saves them. RAX, RBX, RCX and RDX are written back. */
struct lnx_cpu_regs {
	unsigned long rbx, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
};

/* The interrupt flag of this CPU lives in cpu.c; lnx_irqs_off() and lnx_irqs_on() are told when it changes.
 */
void lnx_cpu_cli(unsigned long pc);
void lnx_cpu_sti(unsigned long pc);
/* The user-space @flags with the interrupt flag of this CPU in place of the machine's. */
unsigned long lnx_cpu_flags(unsigned long flags);
/* Nonzero while interrupts are off on this CPU. */
int lnx_cpu_irqs_off(void);

void lnx_cpu_pause(unsigned long pc);
void lnx_cpu_cpuid(struct lnx_cpu_regs *regs, unsigned long pc);
void lnx_cpu_rdtsc(struct lnx_cpu_regs *regs, unsigned long pc);
void lnx_cpu_rdtscp(struct lnx_cpu_regs *regs, unsigned long pc);
void lnx_cpu_xgetbv(struct lnx_cpu_regs *regs, unsigned long pc);
void lnx_cpu_rdmsr(struct lnx_cpu_regs *regs, unsigned long pc);
void lnx_cpu_wrmsr(struct lnx_cpu_regs *regs, unsigned long pc);

/* What RDMSR and WRMSR do; nonzero ends the run naming the register, as nobody says what it holds. */
int lnx_msr_read(unsigned int msr, unsigned long *value);
int lnx_msr_write(unsigned int msr, unsigned long value);
/* In: leaf and subleaf in @out[0] and @out[2]; out: EAX to EDX. */
void lnx_cpuid(unsigned int out[4]);

/* How an instruction of VMX ends; thunks.S makes the flags of it by comparing with LNX_VMX_FAIL_VALID. */
enum lnx_vmx_result {
	LNX_VMX_FAIL_INVALID, /* CF: there is no current VMCS to say why */
	LNX_VMX_FAIL_VALID, /* ZF: the current VMCS says why */
	LNX_VMX_SUCCEED,
};
enum lnx_vmx_result lnx_cpu_invept(unsigned long type, unsigned long eptp, unsigned long pc);
enum lnx_vmx_result lnx_cpu_invvpid(unsigned long type, unsigned long desc, unsigned long pc);
/* @value stays as it is if it fails. */
enum lnx_vmx_result lnx_cpu_vmread(unsigned long field, unsigned long *value, unsigned long pc);
enum lnx_vmx_result lnx_cpu_vmwrite(unsigned long field, unsigned long value, unsigned long pc);
enum lnx_vmx_result lnx_cpu_vmclear(unsigned long vmcs, unsigned long pc);
enum lnx_vmx_result lnx_cpu_vmptrld(unsigned long vmcs, unsigned long pc);
enum lnx_vmx_result lnx_cpu_vmxon(unsigned long region, unsigned long pc);
enum lnx_vmx_result lnx_cpu_vmxoff(unsigned long pc);

#endif
