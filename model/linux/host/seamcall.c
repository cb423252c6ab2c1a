// SPDX-License-Identifier: GPL-2.0-only
/* The processor and the TDX module for the kernel half. */
#include <string.h>

#include "model/linux/host/host.h"
#include "model/seam/seam.h"

#define EPTP_PFN GENMASK_ULL(51, 12)
/* Tags of TDs count from 1; those of ordinary VMs are made of their root's frame. */
#define TAG_OF_ROOT(root) (0x80000000u | (u32)((root) >> PAGE_SHIFT))

static struct hw_guest *guests[SUBJECT_MAX_VCPUS];
static unsigned int nr_guests, nr_bound;

void seamcall_guests(struct hw_guest *const g[], unsigned int nr)
{
	memcpy(guests, g, nr * sizeof(guests[0]));
	nr_guests = nr;
	nr_bound = 0;
}

u64 seam_host_read64(hpa_t pa)
{
	return *(const volatile u64 *)(HW_DIRECT_BASE + pa);
}

/* vCPUs are created in their order. */
static void bind_guest(u64 fn, hpa_t tdvpr, u64 rax)
{
	if ((fn & 0xffff) != TDH_VP_CREATE || rax)
		return;
	if (nr_bound == nr_guests)
		lnx_internal("more virtual processors than the scenario has vCPUs");
	seam_vp_bind_guest(tdvpr, guests[nr_bound++]);
}

lnx_u64 lnx_seamcall(lnx_u64 fn, struct lnx_seam_regs *regs)
{
	struct tdx_module_args args = {
		.rcx = regs->rcx,
		.rdx = regs->rdx,
		.r8 = regs->r8,
		.r9 = regs->r9,
		.r10 = regs->r10,
		.r11 = regs->r11,
		.r12 = regs->r12,
		.r13 = regs->r13,
		.r14 = regs->r14,
		.r15 = regs->r15,
		.rbx = regs->rbx,
		.rdi = regs->rdi,
		.rsi = regs->rsi,
	};
	unsigned int cpu = m_cpu();
	u64 rax;

	host_leave();
	host.in_seamcall[cpu] = true;
	rax = seam_call(fn, &args);
	host.in_seamcall[cpu] = false;
	m_wake(&host.taken[cpu]);
	host_return();
	bind_guest(fn, regs->rcx, rax);
	*regs = (struct lnx_seam_regs){
		.rcx = args.rcx,
		.rdx = args.rdx,
		.r8 = args.r8,
		.r9 = args.r9,
		.r10 = args.r10,
		.r11 = args.r11,
		.r12 = args.r12,
		.r13 = args.r13,
		.r14 = args.r14,
		.r15 = args.r15,
		.rbx = args.rbx,
		.rdi = args.rdi,
		.rsi = args.rsi,
	};
	return rax;
}

void lnx_tlb_flush_all(void)
{
	host_leave();
	hw_tlb_flush_all(m_cpu());
}

void lnx_tlb_flush_root(lnx_u64 eptp)
{
	host_leave();
	hw_tlb_flush_tag(m_cpu(), TAG_OF_ROOT(eptp & EPTP_PFN));
}

static void fill_exit(struct lnx_exit *exit, const struct hw_exit *x)
{
	static const unsigned int reasons[] = {
		[HW_EXIT_DONE] = TDX_EXIT_REASON_DONE,
		[HW_EXIT_INTR] = TDX_EXIT_REASON_INTR,
		[HW_EXIT_EPT_VIOLATION] = TDX_EXIT_REASON_EPT_VIOLATION,
		[HW_EXIT_EPT_MISCONFIG] = TDX_EXIT_REASON_EPT_MISCONFIG,
	};

	if (x->reason >= ARRAY_SIZE(reasons))
		lnx_internal("an ordinary guest executes an instruction of a TD");
	exit->reason = reasons[x->reason];
	exit->qual = x->qual;
	exit->gpa = x->gpa;
}

void lnx_vmx_run(unsigned int vcpu, lnx_u64 eptp, struct lnx_exit *exit)
{
	struct hw_cpu *cpu = &hw_cpus[m_cpu()];
	struct hw_vmcs vmcs = {.tag = TAG_OF_ROOT(eptp & EPTP_PFN), .shared_root = eptp & EPTP_PFN};
	struct hw_exit x;

	host_leave();
	if (vcpu >= nr_guests)
		lnx_internal("vCPU %u has no guest", vcpu);
	cpu->in_guest = true;
	hw_guest_run(guests[vcpu], &vmcs, &x);
	cpu->in_guest = false;
	host_return();
	fill_exit(exit, &x);
}
