/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the macros of privasm.S call: from the middle of compiled code, with any alignment of the stack, and no register
 * may change but those that the instruction itself writes. Flags need not be kept: gcc takes every asm statement to
 * change them. No SSE register is live in kernel code.
 *
 * The C functions are those of cpu.h. Each gets the address of the instruction last, to name the site.
 */

/* From here to LEAVE 0(%rbp) is the caller's %rbp, 8(%rbp) the return address, 16(%rbp) what the macro pushed last. */
.macro ENTER
	push %rbp
	mov %rsp, %rbp
	and $-16, %rsp
	push %rax
	push %rcx
	push %rdx
	push %rsi
	push %rdi
	push %r8
	push %r9
	push %r10
	push %r11
	push %rbx
	mov %rsp, %rbx
.endm
.set A, 72
.set C, 64
.set D, 56
.set B, 0

.macro LEAVE
	pop %rbx
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rdi
	pop %rsi
	pop %rdx
	pop %rcx
	pop %rax
	mov %rbp, %rsp
	pop %rbp
	ret
.endm

/* %eax is an enum lnx_vmx_result: flags as instructions of VMX leave them. Nothing in LEAVE changes them. */
.macro LEAVE_VMX
	cmp $1, %eax
	LEAVE
.endm

.macro THUNK name:req
	.text
	.globl lnx_asm_\name
	.type lnx_asm_\name, @function
lnx_asm_\name:
.endm

THUNK cli
	ENTER
	mov 8(%rbp), %rdi
	call lnx_cpu_cli
	LEAVE

THUNK sti
	ENTER
	mov 8(%rbp), %rdi
	call lnx_cpu_sti
	LEAVE

THUNK pushf
	ENTER
	mov 16(%rbp), %rdi
	call lnx_cpu_flags
	mov %rax, 16(%rbp)
	LEAVE

THUNK pause
	ENTER
	mov 8(%rbp), %rdi
	call lnx_cpu_pause
	LEAVE

/* Into %rdi: the saved registers as struct lnx_cpu_regs. */
.macro REGS name:req
THUNK \name
	ENTER
	mov %rsp, %rdi
	mov 8(%rbp), %rsi
	call lnx_cpu_\name
	LEAVE
.endm
REGS cpuid
REGS rdtsc
REGS rdtscp
REGS xgetbv
REGS rdmsr
REGS wrmsr

/* Two operands on the stack. */
.macro PAIR name:req
THUNK \name
	ENTER
	mov 16(%rbp), %rdi
	mov 24(%rbp), %rsi
	mov 8(%rbp), %rdx
	call lnx_cpu_\name
	LEAVE_VMX
.endm
PAIR invept
PAIR invvpid
PAIR vmwrite

/* One operand, which the result replaces. */
THUNK vmread
	ENTER
	mov 16(%rbp), %rdi
	lea 16(%rbp), %rsi
	mov 8(%rbp), %rdx
	call lnx_cpu_vmread
	LEAVE_VMX

.macro ONE name:req
THUNK \name
	ENTER
	mov 16(%rbp), %rdi
	mov 8(%rbp), %rsi
	call lnx_cpu_\name
	LEAVE_VMX
.endm
ONE vmclear
ONE vmptrld
ONE vmxon

THUNK vmxoff
	ENTER
	mov 8(%rbp), %rdi
	call lnx_cpu_vmxoff
	LEAVE_VMX

/* What SIDT stores: 256 gates, none present. */
	.section .rodata, "a", @progbits
	.globl lnx_asm_idtr
lnx_asm_idtr:
	.word 4095
	.quad 1f
	.balign 16
1:	.zero 4096

/* Never comes back. */
.macro NONE name:req
THUNK no_\name
	ENTER
	lea 99f(%rip), %rdi
	mov 8(%rbp), %rsi
	call lnx_stub_called
	ud2
	.section .rodata.str1.1, "aMS", @progbits, 1
99:	.string "instruction \name"
	.text
.endm
.irp insn, hlt, lgdt, lidt, ltr, lldt, invlpg, invpcid, wbinvd, wbnoinvd, invd, clts, swapgs, monitor, mwait
NONE \insn
.endr
.irp insn, xsetbv, xsaves, xrstors, rdpmc, vmptrst, vmlaunch, vmresume, vmcall, vmfunc, encls, rsm
NONE \insn
.endr
.irp insn, inb, inw, inl, outb, outw, outl, insb, insw, insl, outsb, outsw, outsl, rdrand, rdseed
NONE \insn
.endr

	.section .note.GNU-stack, "", @progbits
