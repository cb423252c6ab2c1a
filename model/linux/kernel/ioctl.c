// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system calls of a running VM: what vCPU threads, converters, hole punchers and the rest of a scenario
 * do. Each goes through the file and its operations, as a descriptor's would.
 *
 * A VMM thread whose guest has halted for good has to get out of KVM_RUN, as the local APIC is in the kernel
 * and KVM would wait for an interrupt that nobody sends: it gets a signal at that moment. lnx_vcpu_signal()
 * is the same for a guest that gets nowhere, and stays.
 */
#include <linux/types.h>

#include <linux/falloc.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kvm_host.h>
#include <linux/sched/signal.h>

#include "model/linux/kernel/env.h"
#include "model/linux/kernel/fs.h"
#include "model/linux/kernel/setup.h"
#include "model/linux/kernel/vmm.h"

struct vmm vmm = {.vm_fd = -1, .gmem_fd = -1};

/* ---- system calls ---- */

static struct file *syscall_enter(int fd)
{
	env_syscall_enter();
	return fget(fd);
}

static long syscall_exit(struct file *file, long r)
{
	fput(file);
	fs_return_to_user();
	env_syscall_exit(_RET_IP_);
	return r;
}

long vmm_ioctl(int fd, unsigned int cmd, void *arg)
{
	struct file *file = syscall_enter(fd);

	if (!file)
		lnx_internal("ioctl on a closed descriptor");
	return syscall_exit(file, file->f_op->unlocked_ioctl(file, cmd, (unsigned long)arg));
}

long vmm_fallocate(int fd, int mode, loff_t offset, loff_t len)
{
	struct file *file = syscall_enter(fd);

	if (!file)
		lnx_internal("fallocate on a closed descriptor");
	return syscall_exit(file, file->f_op->fallocate(file, mode, offset, len));
}

/* ---- signals ---- */

/* Around a call that a signal to @vcpu's thread ends. @who: where the thread is found meanwhile. */
static void interruptible_begin(struct task_struct **who, unsigned int vcpu)
{
	*who = current;
	if (vmm.signalled[vcpu])
		env_signal(current);
}

static void interruptible_end(struct task_struct **who)
{
	*who = NULL;
	env_clear_signal(current);
}

void lnx_vcpu_signal(unsigned int vcpu)
{
	vmm.signalled[vcpu] = true;
	if (vmm.runs[vcpu])
		env_signal(vmm.runs[vcpu]);
	if (vmm.prefaults[vcpu])
		env_signal(vmm.prefaults[vcpu]);
}

void setup_guest_halted(void)
{
	unsigned int i;

	for (i = 0; i < vmm.nr_vcpus; i++) {
		if (vmm.runs[i] != current)
			continue;
		vmm.halted[i] = true;
		env_signal(current);
	}
}

/* ---- KVM_RUN ---- */

/* The page that the VMM shares with KVM says why KVM_RUN came back; only if it failed with -EFAULT or
 * -EHWPOISON, or not. */
static void read_exit(unsigned int vcpu, const struct kvm_run *kvm_run, struct lnx_run *run)
{
	run->exit_reason = kvm_run->exit_reason;
	if (run->err == -EINTR) {
		run->is_done = vmm.halted[vcpu];
	} else if (run->exit_reason == KVM_EXIT_MEMORY_FAULT &&
		   (run->err == -EFAULT || run->err == -EHWPOISON)) {
		run->is_memory_fault = 1;
		run->gpa = kvm_run->memory_fault.gpa;
		run->size = kvm_run->memory_fault.size;
		run->private = !!(kvm_run->memory_fault.flags & KVM_MEMORY_EXIT_FLAG_PRIVATE);
	} else if (!run->err && run->exit_reason == KVM_EXIT_HYPERCALL &&
		   kvm_run->hypercall.nr == KVM_HC_MAP_GPA_RANGE) {
		run->is_mapgpa = 1;
		run->gpa = kvm_run->hypercall.args[0];
		run->size = kvm_run->hypercall.args[1] << PAGE_SHIFT;
		run->private = !!(kvm_run->hypercall.args[2] & KVM_MAP_GPA_RANGE_ENCRYPTED);
	} else if (!run->err && run->exit_reason == KVM_EXIT_HLT) {
		run->is_done = 1;
	}
}

/* A guest that halted has another program now; no interrupt wakes it, so its VMM does. */
static void wake(unsigned int vcpu)
{
	struct kvm_mp_state state = {.mp_state = KVM_MP_STATE_RUNNABLE};

	if (vmm_ioctl(vmm.vcpu_fd[vcpu], KVM_SET_MP_STATE, &state))
		lnx_internal("KVM_SET_MP_STATE failed");
}

void lnx_vcpu_run(unsigned int vcpu, struct lnx_run *run)
{
	struct kvm_run *kvm_run = vmm.vcpu[vcpu]->run;

	memset(run, 0, sizeof(*run));
	/* The answer to a hypercall that the last KVM_RUN came back with: it was done. */
	if (kvm_run->exit_reason == KVM_EXIT_HYPERCALL)
		kvm_run->hypercall.ret = 0;
	kvm_run->exit_reason = KVM_EXIT_UNKNOWN;
	if (vmm.halted[vcpu])
		wake(vcpu);
	vmm.halted[vcpu] = false;
	interruptible_begin(&vmm.runs[vcpu], vcpu);
	run->err = vmm_ioctl(vmm.vcpu_fd[vcpu], KVM_RUN, NULL);
	interruptible_end(&vmm.runs[vcpu]);
	read_exit(vcpu, kvm_run, run);
}

void vmm_first_run(unsigned int vcpu)
{
	struct lnx_run run;

	vmm.signalled[vcpu] = true;
	lnx_vcpu_run(vcpu, &run);
	vmm.signalled[vcpu] = false;
	if (run.err != -EINTR)
		lnx_internal("KVM_RUN with a signal pending: %d", run.err);
}

/* ---- what else a scenario does ---- */

int lnx_set_attributes(lnx_u64 gfn, lnx_u64 npages, int private)
{
	struct kvm_memory_attributes attrs = {
		.address = gfn << PAGE_SHIFT,
		.size = npages << PAGE_SHIFT,
		.attributes = private ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0,
	};

	return vmm_ioctl(vmm.vm_fd, KVM_SET_MEMORY_ATTRIBUTES, &attrs);
}

int lnx_punch_hole(lnx_u64 gfn, lnx_u64 npages)
{
	if (vmm.gmem_fd < 0)
		return -EBADF;
	return vmm_fallocate(vmm.gmem_fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, gfn << PAGE_SHIFT,
			     npages << PAGE_SHIFT);
}

/*
 * KVM looks up itself whether a gfn is private now, so @private is only what the scenario believes. The ioctl
 * reports success when it got anywhere, and says how far; a VMM goes on until all is done or an error comes
 * back.
 */
int lnx_prefault(unsigned int vcpu, lnx_u64 gfn, lnx_u64 npages, int private)
{
	struct kvm_pre_fault_memory range = {
		.gpa = gfn << PAGE_SHIFT,
		.size = npages << PAGE_SHIFT,
	};
	long r = 0;

	interruptible_begin(&vmm.prefaults[vcpu], vcpu);
	while (range.size && !r)
		r = vmm_ioctl(vmm.vcpu_fd[vcpu], KVM_PRE_FAULT_MEMORY, &range);
	interruptible_end(&vmm.prefaults[vcpu]);
	return r;
}

int lnx_nx_recover(void)
{
	return env_run_vhost_tasks(NULL) ? 0 : -ENOENT;
}

int lnx_host_unmap(lnx_u64 gfn, lnx_u64 npages)
{
	int r;

	env_syscall_enter();
	r = fs_zap_range(LNX_USER + (gfn << PAGE_SHIFT), npages << PAGE_SHIFT);
	fs_return_to_user();
	env_syscall_exit(_RET_IP_);
	return r;
}

/* A store instruction of user space and the page fault that it may take. */
int lnx_host_write(lnx_u64 gfn, lnx_u64 value)
{
	int r;

	env_syscall_enter();
	r = fs_user_store(LNX_USER + (gfn << PAGE_SHIFT), value);
	env_syscall_exit(_RET_IP_);
	return r;
}

int lnx_has_tdx(void)
{
	return IS_ENABLED(CONFIG_KVM_INTEL_TDX);
}
