/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between the versions of the kernel that the environment is built for, in one place. */
#ifndef TDPFUZZ_LNX_COMPAT_H
#define TDPFUZZ_LNX_COMPAT_H

#include <linux/version.h>

/* 6.15: the hot per-CPU variables are variables of their own instead of members of pcpu_hot. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
#define env_hot_current current_task
#define env_hot_preempt_count __preempt_count
#define env_hot_cpu_number cpu_number
#else
#define ENV_PCPU_HOT
#define env_hot_current pcpu_hot.current_task
#define env_hot_preempt_count pcpu_hot.preempt_count
#define env_hot_cpu_number pcpu_hot.cpu_number
#endif

/* 6.18: the flags of a page are wrapped in a structure. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
#define env_page_flags(page) ((page)->flags.f)
#else
#define env_page_flags(page) ((page)->flags)
#endif

/*
 * Functions that only got another name, or one more argument that is not looked at here: the older name for
 * the same code. There is no declaration, as the headers of one version know only one of the two.
 */
#define ENV_ALIAS(old_name, name) asm(".globl " #old_name "\n.set " #old_name ", " #name "\n")
/* A definition without a declaration in the headers of some versions. */
#define ENV_SYMBOL(declaration)                                                                              \
	declaration;                                                                                         \
	declaration

/* Before 6.18 the way into the guest knows the vCPU and tells user space of a signal itself. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
#define ENV_XFER_PARAMS void
#define env_xfer_signal_exit() ((void)0)
#else
#define ENV_XFER_PARAMS struct kvm_vcpu *vcpu
#define env_xfer_signal_exit() kvm_handle_signal_exit(vcpu)
#endif

/* Before 7.x the allocator of pages takes a node mask, and the zero page is in the image of the kernel. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#define ENV_ZERO_PAGE
#define env_zero_pfn zero_page_pfn
#define env_kvmalloc_align , unsigned long align
#else
#define ENV_OLD_ALLOC_PAGES
#define env_zero_pfn zero_pfn
#define env_kvmalloc_align
#endif

/* 7.x: a timer that is queued says so in a member of its own, and its function is private. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#define env_hrtimer_set_queued(timer, on) ((timer)->is_queued = (on))
#else
#define env_hrtimer_set_queued(timer, on)                                                                    \
	((timer)->state = (on) ? HRTIMER_STATE_ENQUEUED : HRTIMER_STATE_INACTIVE)
#endif

/* 7.x: the way into an ordinary VM's guest finds the registers in the vCPU. */
#if __has_include("vmenter.h")
#define ENV_VMENTER_PARAMS(vmx, flags) struct vcpu_vmx *vmx, unsigned int flags
#else
#define ENV_VMENTER_PARAMS(vmx, flags) struct vcpu_vmx *vmx, unsigned long *regs, unsigned int flags
#endif
#define ENV_VMENTER_RESUME BIT(0) /* of the flags: VMRESUME instead of VMLAUNCH */

/* smp_call_function_single() got a bool in 7.x. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#define env_smp_wait_t bool
#else
#define env_smp_wait_t int
#endif

/* Before 6.17 writing back all caches returned a value, always 0. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#define env_wbinvd_t void
#define env_wbinvd_done() ((void)0)
#else
#define env_wbinvd_t int
#define env_wbinvd_done() return 0
#endif

/* 7.x: kmalloc() has tokens. */
#ifndef DECL_TOKEN_PARAMS
#define DECL_TOKEN_PARAMS(size, token) size_t(size)
#define DECL_KMALLOC_PARAMS(size, b, token) DECL_BUCKET_PARAMS(size, b)
#endif

#endif
