// SPDX-License-Identifier: GPL-2.0-only
/* TD entry, EPT violations of a TD, and the little of its life cycle that comes before the first entry. */
#include "model/tdx/tdx.h"

#define EEQ_TYPE(ext_qual) ((ext_qual) & 0xf)
#define ACCEPT_LEVEL(ext_qual) (((ext_qual) >> 32) & 7)

static void ept_violation_exit(struct kvm_exit *exit, const struct tdx_module_args *args)
{
	*exit = (struct kvm_exit){
		.reason = KVM_X_EPT_VIOLATION,
		.gpa = args->r8,
		.qual = args->rcx,
		.ext_qual = args->rdx,
	};
}

/* TDG.VP.VMCALL, as the GHCI numbers its calls. */
static void tdvmcall_exit(struct kvm_exit *exit, const struct tdx_module_args *args)
{
	switch (args->r11) {
	case TDG_VP_VMCALL_HLT:
		exit->reason = KVM_X_DONE;
		break;
	case TDG_VP_VMCALL_MAPGPA:
		*exit = (struct kvm_exit){
			.reason = KVM_X_MAPGPA, .gpa = args->r12, .npages = args->r13 >> PAGE_SHIFT};
		break;
	default:
		KVM_BUG_ON(1, the_kvm());
	}
}

void tdx_vcpu_run(struct kvm_vcpu *vcpu, struct kvm_exit *exit)
{
	struct tdx_module_args args = {.rcx = vcpu->tdvpr};
	u64 err;

	/* Pairs with tdh_do_no_vcpus(). A vCPU that reads 0 is IN_GUEST already, and is waited for. */
	if (READ_ONCE(the_kvm()->tdx.wait_for_sept_zap)) {
		exit->reason = KVM_X_BUSY;
		return;
	}
	err = seam_call(TDH_VP_ENTER, &args);
	if (tdx_operand_busy(err)) {
		exit->reason = KVM_X_BUSY;
		return;
	}
	/* A guest whose TDCALLs ran into host priority for too long: nothing for KVM to do, the guest tries
	 * again. */
	if ((err & TDX_STATUS_MASK) == TDX_HOST_PRIORITY_BUSY_TIMEOUT) {
		exit->reason = KVM_X_BUSY;
		return;
	}
	if (TDX_BUG_ON(err & TDX_STATUS_MASK, "TDH.VP.ENTER", the_kvm()))
		return;
	switch ((u32)err) {
	case TDX_EXIT_REASON_EPT_VIOLATION:
		ept_violation_exit(exit, &args);
		break;
	case TDX_EXIT_REASON_TDCALL:
		tdvmcall_exit(exit, &args);
		break;
	default:
		exit->reason = KVM_X_NONE;
	}
}

/* huge=rfc-v1: what the guest asked for decides how its range is mapped; per vCPU, until its next violation.
 */
static void note_accept_level(struct kvm_vcpu *vcpu, const struct kvm_exit *exit)
{
	int level = ACCEPT_LEVEL(exit->ext_qual) + 1;
	gfn_t gfn = exit->gpa >> PAGE_SHIFT;

	if (variant(huge) == HUGE_OFF || bug(accept_level_ignored))
		return;
	if (EEQ_TYPE(exit->ext_qual) != TDX_EEQ_ACCEPT) {
		vcpu->violation_gfn_start = vcpu->violation_gfn_end = 0;
		return;
	}
	vcpu->violation_gfn_start = hw_gfn_round(gfn, level);
	vcpu->violation_gfn_end = vcpu->violation_gfn_start + hw_level_pages(level);
	vcpu->violation_request_level = level;
}

/*
 * A private fault is retried here instead of in the guest: entering again and again at one instruction makes
 * the module suspect single-stepping, and its answer makes other vCPUs' S-EPT operations busy.
 *
 * Simplification: a guest that touches memory before it ACCEPTs ends this vCPU with -EIO; the kernel also
 * declares the VM dead, so that the others leave at their next entry.
 */
static int handle_private_violation(struct kvm_vcpu *vcpu, const struct kvm_exit *exit,
				    struct kvm_page_fault *fault)
{
	int r;

	if (EEQ_TYPE(exit->ext_qual) == TDX_EEQ_PENDING_EPT_VIOLATION && !(exit->qual & (EPT_RWX << 3)))
		return -EIO;
	note_accept_level(vcpu, exit);
	for (;;) {
		r = kvm_mmu_do_page_fault(vcpu, exit->gpa, PFERR_WRITE_MASK | PFERR_PRIVATE_ACCESS, false,
					  fault);
		if (r != RET_PF_RETRY)
			return r;
		if (kvm_signal_pending(vcpu))
			return r;
		if (READ_ONCE(the_kvm()->vm_bugged))
			return -EIO;
		cond_resched();
	}
}

int tdx_handle_ept_violation(struct kvm_vcpu *vcpu, const struct kvm_exit *exit, struct kvm_page_fault *fault)
{
	struct kvm *kvm = the_kvm();
	bool private = !((exit->gpa >> PAGE_SHIFT) & kvm_gfn_direct_bits(kvm));

	if (private)
		return handle_private_violation(vcpu, exit, fault);
	if (KVM_BUG_ON(exit->qual & EPT_X, kvm))
		return -EIO;
	return vmx_handle_ept_violation(vcpu, exit, fault);
}

void tdx_vm_init(struct kvm *kvm, const struct subject_vm_config *config)
{
	kvm->tdx.td = seam_td_create(1, config->pending_ve_disable);
	kvm->tdx.hkid_assigned = true;
	kvm->gfn_direct_bits = hw_shared_gfn_bit();
	kvm->has_private_mem = true;
	for (unsigned int i = 0; i < kvm->nr_vcpus; i++)
		kvm->vcpus[i].tdvpr = seam_vp_create(kvm->tdx.td, kvm->vcpus[i].guest);
}

int tdx_td_finalize(struct kvm *kvm)
{
	struct tdx_module_args args = {.rcx = seam_tdr_pa(kvm->tdx.td)};

	if (TDX_BUG_ON(seam_call(TDH_MR_FINALIZE, &args), "TDH.MR.FINALIZE", kvm))
		return -EIO;
	WRITE_ONCE(kvm->tdx.runnable, true);
	smp_wmb(); /* pairs with smp_rmb() in tdx_sept_map_leaf_spte() */
	WRITE_ONCE(kvm->pre_fault_allowed, true);
	return 0;
}
