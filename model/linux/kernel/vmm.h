/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMM as far as the kernel sees it: a process with descriptors, mappings and system calls. Kernel half
 * only.
 */
#ifndef TDPFUZZ_LNX_VMM_H
#define TDPFUZZ_LNX_VMM_H

#include <linux/kvm_host.h>

#include "model/linux/lnx.h"

#define VMM_MAX_VCPUS 8

/**
 * struct vmm - the VM that exists, if any
 * @vm_fd, @gmem_fd, @vcpu_fd: descriptors, -1 for none
 * @kvm, @vcpu: what is behind them, for lnx_view_*() and for the pages that a VMM would mmap() of them
 * @gmem: the guest_memfd's file; offset 0 is gfn 0
 * @signalled: lnx_vcpu_signal() was called for this vCPU
 * @runs, @prefaults: the task that is in KVM_RUN, KVM_PRE_FAULT_MEMORY for the vCPU
 * @halted: the guest halted in the KVM_RUN that is under way
 */
struct vmm {
	enum lnx_vm_kind kind;
	unsigned int nr_vcpus;
	int vm_fd, gmem_fd, vcpu_fd[VMM_MAX_VCPUS];
	struct kvm *kvm;
	struct kvm_vcpu *vcpu[VMM_MAX_VCPUS];
	struct file *gmem;
	bool signalled[VMM_MAX_VCPUS], halted[VMM_MAX_VCPUS];
	struct task_struct *runs[VMM_MAX_VCPUS], *prefaults[VMM_MAX_VCPUS];
};
extern struct vmm vmm;

/* A system call on @fd: reference, call, releases on the way back. */
/*
 * KVM_RUN with a signal pending: KVM makes the vCPU's roots and fills its memory caches, and comes back
 * before VM entry. It is part of a VM's creation, as roots are in the model, and is the larger part of a
 * short run.
 */
void vmm_first_run(unsigned int vcpu);
long vmm_ioctl(int fd, unsigned int cmd, void *arg);
long vmm_fallocate(int fd, int mode, loff_t offset, loff_t len);

#endif
