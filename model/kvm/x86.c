// SPDX-License-Identifier: GPL-2.0-only
/* KVM_RUN: entering the guest against requests and kicks, and what its exits lead to. */
#include "model/kvm/mmu.h"

u64 kvm_ept_violation_error_code(u64 qual)
{
	u64 error_code = 0;

	if (qual & EPT_W)
		error_code |= PFERR_WRITE_MASK;
	if (qual & EPT_X)
		error_code |= PFERR_FETCH_MASK;
	if (qual & (EPT_RWX << 3))
		error_code |= PFERR_PRESENT_MASK;
	return error_code;
}

void vmx_vcpu_run(struct kvm_vcpu *vcpu, struct kvm_exit *exit)
{
	struct hw_cpu *cpu = &hw_cpus[m_cpu()];
	/* One VM, one direct root: the EPTP tag never changes. */
	struct hw_vmcs vmcs = {.tag = 1, .shared_root = vcpu->root_hpa};
	struct hw_exit hw;

	cpu->in_guest = true;
	hw_guest_run(vcpu->guest, &vmcs, &hw);
	cpu->in_guest = false;
	switch (hw.reason) {
	case HW_EXIT_DONE:
		exit->reason = KVM_X_DONE;
		break;
	case HW_EXIT_EPT_VIOLATION:
		*exit = (struct kvm_exit){.reason = KVM_X_EPT_VIOLATION, .gpa = hw.gpa, .qual = hw.qual};
		break;
	default:
		KVM_BUG_ON(hw.reason != HW_EXIT_INTR, the_kvm());
	}
}

int vmx_handle_ept_violation(struct kvm_vcpu *vcpu, const struct kvm_exit *exit, struct kvm_page_fault *fault)
{
	int r = kvm_mmu_do_page_fault(vcpu, exit->gpa, kvm_ept_violation_error_code(exit->qual), false,
				      fault);

	return r;
}

/*
 * vcpu_enter_guest() - one entry. The mode is set before the requests are looked at, with a full barrier in
 * between: pairs with kvm_make_vcpu_request(), which sets the request before it looks at the mode.
 */
static int vcpu_enter_guest(struct kvm_vcpu *vcpu, struct kvm_exit *exit)
{
	struct kvm *kvm = the_kvm();

	exit->reason = KVM_X_NONE;
	if (READ_ONCE(vcpu->requests)) {
		if (kvm_check_request(KVM_REQ_VM_DEAD, vcpu))
			return -EIO;
		if (kvm_check_request(KVM_REQ_TLB_FLUSH, vcpu))
			hw_tlb_flush_all(m_cpu());
	}
	if (vcpu->root_hpa == INVALID_PAGE) {
		int r = kvm_mmu_load(vcpu);

		if (r)
			return r;
	}

	local_irq_disable();
	smp_store_release(&vcpu->mode, (u64)IN_GUEST_MODE);
	srcu_read_unlock(&kvm->srcu, vcpu->srcu_idx);
	smp_mb();
	if (READ_ONCE(vcpu->mode) == IN_GUEST_MODE && !READ_ONCE(vcpu->requests)) {
		if (kvm->has_private_mem)
			tdx_vcpu_run(vcpu, exit);
		else
			vmx_vcpu_run(vcpu, exit);
	}
	WRITE_ONCE(vcpu->mode, (u64)OUTSIDE_GUEST_MODE);
	smp_wmb();
	local_irq_enable();
	vcpu->srcu_idx = srcu_read_lock(&kvm->srcu);
	return 1;
}

static int handle_ept_violation(struct kvm_vcpu *vcpu, const struct kvm_exit *exit, struct subject_run *run)
{
	struct kvm_page_fault fault = {.gfn = 0};
	int r;

	if (the_kvm()->has_private_mem)
		r = tdx_handle_ept_violation(vcpu, exit, &fault);
	else
		r = vmx_handle_ept_violation(vcpu, exit, &fault);
	/* The guest may fault again at once: this is where the time slice ends that would end some day. */
	if (r == RET_PF_RETRY || r == RET_PF_SPURIOUS)
		cond_resched();
	if (r >= 0)
		return 1;
	*run = (struct subject_run){.reason = SUBJ_EXIT_ERROR, .err = r};
	if (r == -EFAULT && fault.memory_fault) {
		run->reason = SUBJ_EXIT_MEMORY_FAULT;
		run->gpa = fault.gfn << PAGE_SHIFT;
		run->npages = 1;
		run->private = fault.is_private;
	}
	return r;
}

/* > 0: go on; else @run is filled. */
static int handle_exit(struct kvm_vcpu *vcpu, const struct kvm_exit *exit, struct subject_run *run)
{
	gpa_t shared = kvm_gfn_direct_bits(the_kvm()) << PAGE_SHIFT;

	switch (exit->reason) {
	case KVM_X_DONE:
		*run = (struct subject_run){.reason = SUBJ_EXIT_DONE};
		return 0;
	case KVM_X_EPT_VIOLATION:
		return handle_ept_violation(vcpu, exit, run);
	case KVM_X_MAPGPA:
		*run = (struct subject_run){
			.reason = SUBJ_EXIT_MAPGPA,
			.gpa = exit->gpa & ~shared,
			.npages = exit->npages,
			.private = !(exit->gpa & shared),
		};
		return 0;
	case KVM_X_BUSY:
		cond_resched();
		return 1;
	default:
		return 1;
	}
}

void kvm_arch_vcpu_ioctl_run(struct kvm_vcpu *vcpu, struct subject_run *run)
{
	struct kvm *kvm = the_kvm();
	struct kvm_exit exit;
	int r;

	/* As vcpu_load(), but a vCPU never moves: a store of what is there is left out. */
	if (vcpu->cpu != (u64)smp_processor_id())
		WRITE_ONCE(vcpu->cpu, (u64)smp_processor_id());
	vcpu->srcu_idx = srcu_read_lock(&kvm->srcu);
	do {
		r = vcpu_enter_guest(vcpu, &exit);
		if (r < 0)
			*run = (struct subject_run){.reason = SUBJ_EXIT_ERROR, .err = r};
		else
			r = handle_exit(vcpu, &exit, run);
		if (r > 0 && kvm_signal_pending(vcpu)) {
			*run = (struct subject_run){.reason = SUBJ_EXIT_INTR, .err = -EINTR};
			r = -EINTR;
		}
	} while (r > 0);
	srcu_read_unlock(&kvm->srcu, vcpu->srcu_idx);
}
