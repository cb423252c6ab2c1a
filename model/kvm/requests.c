// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests and kicks. The request bit is set before vcpu->mode is sampled; the vCPU sets its mode before it
 * looks at its requests. Whoever comes second sees the other: no request is lost, and nobody waits for a vCPU
 * in vain.
 */
#include "model/kvm/kvm_host.h"

static void kvm_set_request(struct kvm_vcpu *vcpu, u64 req)
{
	if (req & KVM_REQUEST_NO_ACTION)
		return;
	smp_wmb(); /* pairs with smp_mb() in kvm_check_request(): what the request is about comes first */
	fetch_or(&vcpu->requests, BIT_ULL(req & KVM_REQUEST_MASK));
}

/* Must an IPI be sent, and waited for? Full barrier, pairs with the one in vcpu_enter_guest(). */
static bool kvm_request_needs_ipi(struct kvm_vcpu *vcpu, u64 req)
{
	u64 mode = cmpxchg(&vcpu->mode, (u64)IN_GUEST_MODE, (u64)EXITING_GUEST_MODE);

	if (req & KVM_REQUEST_WAIT)
		return mode != OUTSIDE_GUEST_MODE;
	return mode == IN_GUEST_MODE;
}

static bool kvm_make_vcpu_request(struct kvm_vcpu *vcpu, u64 req)
{
	bool needs_ipi;

	if (bug(kick_before_request)) {
		needs_ipi = kvm_request_needs_ipi(vcpu, req);
		kvm_set_request(vcpu, req);
		return needs_ipi;
	}
	kvm_set_request(vcpu, req);
	return kvm_request_needs_ipi(vcpu, req);
}

void kvm_make_all_cpus_request(struct kvm *kvm, u64 req)
{
	struct kvm_vcpu *vcpu;
	unsigned int i;
	u64 mask = 0;

	kvm_for_each_vcpu(i, vcpu, kvm)
	{
		if (kvm_make_vcpu_request(vcpu, req))
			mask |= BIT_ULL(READ_ONCE(vcpu->cpu));
	}
	if (mask)
		smp_call_function_many(mask, req & KVM_REQUEST_WAIT);
}

void kvm_flush_remote_tlbs(struct kvm *kvm)
{
	u64 req = KVM_REQ_TLB_FLUSH;

	flow_enter();
	if (bug(flush_request_without_wait))
		req &= ~KVM_REQUEST_WAIT;
	kvm_make_all_cpus_request(kvm, req);
	m_emit1(EV_FLUSH_REMOTE, 0);
	flow_leave(0);
}

bool kvm_check_request(u64 req, struct kvm_vcpu *vcpu)
{
	u64 bit = BIT_ULL(req & KVM_REQUEST_MASK);

	if (!(READ_ONCE(vcpu->requests) & bit))
		return false;
	fetch_and(&vcpu->requests, ~bit);
	smp_mb(); /* pairs with smp_wmb() in kvm_set_request() */
	return true;
}

void kvm_vm_bugged(struct kvm *kvm, const char *func, const char *what)
{
	m_emit4(EV_VM_BUGGED, 0, (uintptr_t)func, (uintptr_t)what, 0);
	WRITE_ONCE(kvm->vm_bugged, 1);
	kvm_make_all_cpus_request(kvm, KVM_REQ_VM_DEAD);
}
