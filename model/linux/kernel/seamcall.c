// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SEAMCALL instruction: what arch/x86/virt/vmx/tdx/seamcall.S is to the kernel. Above this line are the
 * tree's own wrappers, below it is the module.
 *
 * The three entry points differ in what they write back: nothing; RCX to R11; all that a module leaves in
 * registers. RAX is the return value. SEAMCALL is an undefined instruction outside of VMX operation, which
 * the kernel's entry points make an error code of.
 */
#include <linux/kernel.h>

#ifdef CONFIG_INTEL_TDX_HOST

#include <asm/shared/tdx.h>
#include <asm/tdx.h>
#include <asm/trapnr.h>
#include <asm/vmx.h>

#include "model/linux/kernel/env.h"
#include "model/linux/kernel/setup.h"

#define FS_TDH_VP_ENTER 0
#define FS_EXIT_REASON(rax) ((u32)(rax))
#define FS_EXIT_REASON_TDCALL 77
#define FS_TDVMCALL_HLT 12

static void to_module(struct lnx_seam_regs *regs, const struct tdx_module_args *args)
{
	*regs = (struct lnx_seam_regs){
		.rcx = args->rcx,
		.rdx = args->rdx,
		.r8 = args->r8,
		.r9 = args->r9,
		.r10 = args->r10,
		.r11 = args->r11,
		.r12 = args->r12,
		.r13 = args->r13,
		.r14 = args->r14,
		.r15 = args->r15,
		.rbx = args->rbx,
		.rdi = args->rdi,
		.rsi = args->rsi,
	};
}

static void first_half(struct tdx_module_args *args, const struct lnx_seam_regs *regs)
{
	args->rcx = regs->rcx;
	args->rdx = regs->rdx;
	args->r8 = regs->r8;
	args->r9 = regs->r9;
	args->r10 = regs->r10;
	args->r11 = regs->r11;
}

static void second_half(struct tdx_module_args *args, const struct lnx_seam_regs *regs)
{
	args->r12 = regs->r12;
	args->r13 = regs->r13;
	args->r14 = regs->r14;
	args->r15 = regs->r15;
	args->rbx = regs->rbx;
	args->rdi = regs->rdi;
	args->rsi = regs->rsi;
}

/* A guest whose program is over halts: it asked for HLT by TDG.VP.VMCALL of the GHCI's kind. */
static bool halts(u64 rax, const struct lnx_seam_regs *regs)
{
	return !(rax >> 63) && FS_EXIT_REASON(rax) == FS_EXIT_REASON_TDCALL && !regs->r10 &&
	       regs->r11 == FS_TDVMCALL_HLT;
}

static u64 call_module(u64 fn, const struct tdx_module_args *args, struct lnx_seam_regs *regs)
{
	u64 rax;

	if (!setup_in_vmx_operation())
		return TDX_SW_ERROR | X86_TRAP_UD;
	to_module(regs, args);
	rax = lnx_seamcall(fn, regs);
	if ((u16)fn == FS_TDH_VP_ENTER && halts(rax, regs))
		setup_guest_halted();
	return rax;
}

u64 __seamcall(u64 fn, struct tdx_module_args *args)
{
	struct lnx_seam_regs regs;

	return call_module(fn, args, &regs);
}

u64 __seamcall_ret(u64 fn, struct tdx_module_args *args)
{
	struct lnx_seam_regs regs;
	u64 rax = call_module(fn, args, &regs);

	if (rax != (TDX_SW_ERROR | X86_TRAP_UD))
		first_half(args, &regs);
	return rax;
}

u64 __seamcall_saved_ret(u64 fn, struct tdx_module_args *args)
{
	struct lnx_seam_regs regs;
	u64 rax = call_module(fn, args, &regs);

	if (rax != (TDX_SW_ERROR | X86_TRAP_UD)) {
		first_half(args, &regs);
		second_half(args, &regs);
	}
	return rax;
}

#endif
