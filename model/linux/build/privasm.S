/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Assembler macros that stand for the instructions which a user-space program cannot execute, or whose result would
 * depend on the machine that runs it. A macro takes the place of the mnemonic wherever gcc or a .S file of the tree writes
 * it, so the tree itself stays as it is. Put in front of each of the tree's files by way of privasm.h, which `build-tree`
 * makes of this file.
 *
 * Each either has an effect, by a call of an lnx_asm_* function (thunks.S), or ends the run naming itself. They may
 * push: kernel code has no red zone. What pushes reads its operands in an order that makes addresses relative to %rsp
 * right: PUSH computes its operand's address before it moves %rsp, POP after.
 *
 * No macro can stand for MOV to and from control and debug registers, as "mov" is needed for itself: these fault, and the
 * host half's handler names them.
 */

/* Interrupts. */
.macro cli
call lnx_asm_cli
.endm
.macro sti
call lnx_asm_sti
.endm
.macro pushf
pushfq
call lnx_asm_pushf
.endm

/* Busy waiting. A bare "rep" is a prefix of what follows: of NOP that makes PAUSE, which is cpu_relax(). */
.macro pause
call lnx_asm_pause
.endm
.macro rep insn:vararg
.ifb \insn
call lnx_asm_pause
.byte 0xf3
.else
.byte 0xf3
\insn
.endif
.endm

/* What identifies the processor, and its clock. */
.macro cpuid
call lnx_asm_cpuid
.endm
.macro rdtsc
call lnx_asm_rdtsc
.endm
.macro rdtscp
call lnx_asm_rdtscp
.endm
.macro xgetbv
call lnx_asm_xgetbv
.endm
.macro rdmsr
call lnx_asm_rdmsr
.endm
.macro wrmsr
call lnx_asm_wrmsr
.endm
/* The prefix only pads "ds wrmsr" for an alternative; behind it the assembler would not see the macro. */
.macro ds insn:vararg
\insn
.endm
/*
 * No descriptor tables: all of them are empty. Ten bytes of zero are 0.0 as the x87 unit stores it. KVM before 7.x reads
 * gates of the IDT to find the handler of an interrupt; there is one with gates of zero. The x87 unit copies any ten bytes.
 */
.macro sgdt mem:vararg
fldz
fstpt \mem
.endm
.macro sidt mem:vararg
fldt lnx_asm_idtr(%rip)
fstpt \mem
.endm
.macro sldt dst:vararg
movw $0, \dst
.endm
.macro str dst:vararg
mov $0, \dst
.endm

/* VMX. The thunks leave in CF and ZF how it went, and nothing behind them changes flags. */
.macro invept desc:req, type:req
pushq \desc
pushq \type
call lnx_asm_invept
lea 16(%rsp), %rsp
.endm
.macro invvpid desc:req, type:req
pushq \desc
pushq \type
call lnx_asm_invvpid
lea 16(%rsp), %rsp
.endm
.macro vmread field:req, dst:req
pushq \field
call lnx_asm_vmread
popq \dst
.endm
.macro vmwrite value:req, field:req
pushq \value
pushq \field
call lnx_asm_vmwrite
lea 16(%rsp), %rsp
.endm
.macro vmclear vmcs:vararg
pushq \vmcs
call lnx_asm_vmclear
lea 8(%rsp), %rsp
.endm
.macro vmptrld vmcs:vararg
pushq \vmcs
call lnx_asm_vmptrld
lea 8(%rsp), %rsp
.endm
.macro vmxon region:vararg
pushq \region
call lnx_asm_vmxon
lea 8(%rsp), %rsp
.endm
.macro vmxoff
call lnx_asm_vmxoff
.endm

/* Nothing in a run may need these; thunks.S has one entry for each name here. */
.irp insn, hlt, lgdt, lidt, ltr, lldt, invlpg, invpcid, wbinvd, wbnoinvd, invd, clts, swapgs, monitor, mwait
.macro \insn args:vararg
call lnx_asm_no_\insn
.endm
.endr
.irp insn, xsetbv, xsaves, xrstors, rdpmc, vmptrst, vmlaunch, vmresume, vmcall, vmfunc, encls, rsm
.macro \insn args:vararg
call lnx_asm_no_\insn
.endm
.endr
.irp insn, inb, inw, inl, outb, outw, outl, insb, insw, insl, outsb, outsw, outsl, rdrand, rdseed
.macro \insn args:vararg
call lnx_asm_no_\insn
.endm
.endr
