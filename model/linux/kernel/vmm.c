// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a VMM makes a VM and takes it down, in the order of QEMU: VM, its capabilities, TD, vCPUs, guest_memfd,
 * memslots, memory attributes, initial image, finalize. One VM at a time.
 *
 * One guest_memfd serves all slots, its offset 0 is gfn 0; the user memory of gfn 0 is at LNX_USER.
 */
#include <linux/fs.h>
#include <linux/kvm_host.h>

#include "model/linux/kernel/env.h"
#include "model/linux/kernel/fs.h"
#include "model/linux/kernel/vmm.h"

/* Where the VMM has the initial image before it is copied into the TD: below all memslots. */
#define VMM_IMAGE (LNX_USER - (1ul << 20))
#define VMM_XFAM 3 /* x87 and SSE */
#define VMM_PHYS_BITS 48 /* the shared bit is the topmost */
#define VMM_PIC_PINS 24
#define VMM_TDX_ATTR_SEPT_VE_DISABLE BIT_ULL(28)

/* Runs @call, and leaves lnx_vm_create() with @what naming it if it fails. */
#define TRY(call)                                                                                            \
	do {                                                                                                 \
		long try_ = (call);                                                                          \
                                                                                                             \
		if (try_ < 0) {                                                                              \
			*what = #call;                                                                       \
			return try_;                                                                         \
		}                                                                                            \
	} while (0)

static int enable_cap(unsigned int cap, u64 arg)
{
	struct kvm_enable_cap c = {.cap = cap, .args = {arg}};

	return vmm_ioctl(vmm.vm_fd, KVM_ENABLE_CAP, &c);
}

static int vm_type(enum lnx_vm_kind kind)
{
	switch (kind) {
#ifdef CONFIG_KVM_INTEL_TDX
	case LNX_VM_TDX:
		return KVM_X86_TDX_VM;
#endif
	case LNX_VM_VMX:
		return KVM_X86_DEFAULT_VM;
	case LNX_VM_SW_PROTECTED:
		return KVM_X86_SW_PROTECTED_VM;
	default:
		return -EOPNOTSUPP;
	}
}

static int open_kvm(void)
{
	int fd;

	env_syscall_enter();
	fd = fs_open_misc("kvm");
	env_syscall_exit(_RET_IP_);
	return fd;
}

static int close_fd(int *fd)
{
	int r = 0;

	if (*fd < 0)
		return 0;
	env_syscall_enter();
	r = fs_close(*fd);
	env_syscall_exit(_RET_IP_);
	*fd = -1;
	return r;
}

static int create_vm(enum lnx_vm_kind kind)
{
	int type = vm_type(kind), kvm_fd;

	if (type < 0)
		return type;
	kvm_fd = open_kvm();
	if (kvm_fd < 0)
		return kvm_fd;
	vmm.kind = kind;
	vmm.vm_fd = vmm_ioctl(kvm_fd, KVM_CREATE_VM, (void *)(long)type);
	close_fd(&kvm_fd);
	if (vmm.vm_fd >= 0)
		vmm.kvm = fs_file(vmm.vm_fd)->private_data;
	return vmm.vm_fd;
}

/* ---- TD ---- */

#ifdef CONFIG_KVM_INTEL_TDX
static int tdx_command(int fd, unsigned int id, unsigned int flags, void *data)
{
	struct kvm_tdx_cmd cmd = {.id = id, .flags = flags, .data = (u64)data};

	return vmm_ioctl(fd, KVM_MEMORY_ENCRYPT_OP, &cmd);
}

/* What the module lets a VMM choose of CPUID: the width of a guest-physical address, here. */
static struct {
	struct kvm_tdx_init_vm init;
	struct kvm_cpuid_entry2 entry;
} td_params;

static int td_init(const struct lnx_vm_config *config)
{
	memset(&td_params, 0, sizeof(td_params));
	td_params.init.attributes = config->sept_ve_disable ? VMM_TDX_ATTR_SEPT_VE_DISABLE : 0;
	td_params.init.xfam = VMM_XFAM;
	td_params.init.cpuid.nent = 1;
	td_params.entry.function = 0x80000008;
	td_params.entry.eax = VMM_PHYS_BITS << 16;
	return tdx_command(vmm.vm_fd, KVM_TDX_INIT_VM, 0, &td_params);
}

static int td_init_vcpu(unsigned int i)
{
	return tdx_command(vmm.vcpu_fd[i], KVM_TDX_INIT_VCPU, 0, NULL);
}

/* One page of the initial image, with measurement. */
static int td_add_page(u64 gfn)
{
	struct kvm_tdx_init_mem_region region = {
		.source_addr = VMM_IMAGE,
		.gpa = gfn << PAGE_SHIFT,
		.nr_pages = 1,
	};

	return tdx_command(vmm.vcpu_fd[0], KVM_TDX_INIT_MEM_REGION, KVM_TDX_MEASURE_MEMORY_REGION, &region);
}

static int td_finalize(void)
{
	return tdx_command(vmm.vm_fd, KVM_TDX_FINALIZE_VM, 0, NULL);
}
#else
static int td_init(const struct lnx_vm_config *config)
{
	return -EOPNOTSUPP;
}

static int td_init_vcpu(unsigned int i)
{
	return -EOPNOTSUPP;
}

static int td_add_page(u64 gfn)
{
	return -EOPNOTSUPP;
}

static int td_finalize(void)
{
	return -EOPNOTSUPP;
}
#endif

/* ---- vCPUs ---- */

static struct {
	struct kvm_cpuid2 cpuid;
	struct kvm_cpuid_entry2 entries[4];
} guest_cpuid;

static int set_cpuid(unsigned int i)
{
	static const struct kvm_cpuid_entry2 entries[] = {
		{.function = 0, .eax = 1, .ebx = 0x756e6547, .ecx = 0x6c65746e, .edx = 0x49656e69},
		{.function = 1, .eax = 0xa06d1, .ecx = BIT(21) /* x2APIC */, .edx = 0x0781abfd},
		{.function = 0x80000000, .eax = 0x80000008},
		{.function = 0x80000008, .eax = 48 << 8 | VMM_PHYS_BITS},
	};

	guest_cpuid.cpuid.nent = ARRAY_SIZE(entries);
	memcpy(guest_cpuid.entries, entries, sizeof(entries));
	return vmm_ioctl(vmm.vcpu_fd[i], KVM_SET_CPUID2, &guest_cpuid);
}

static int create_vcpu(unsigned int i, const char **what)
{
	TRY(vmm.vcpu_fd[i] = vmm_ioctl(vmm.vm_fd, KVM_CREATE_VCPU, (void *)(long)i));
	vmm.vcpu[i] = fs_file(vmm.vcpu_fd[i])->private_data;
	vmm.nr_vcpus = i + 1;
	TRY(set_cpuid(i));
	if (vmm.kind == LNX_VM_TDX)
		TRY(td_init_vcpu(i));
	return 0;
}

/* ---- memory ---- */

static int create_gmem(const struct lnx_vm_config *config)
{
	struct kvm_create_guest_memfd args = {};
	unsigned int i;

	for (i = 0; i < config->nr_slots; i++)
		args.size = max(args.size, (config->slots[i].gfn + config->slots[i].npages) << PAGE_SHIFT);
	vmm.gmem_fd = vmm_ioctl(vmm.vm_fd, KVM_CREATE_GUEST_MEMFD, &args);
	if (vmm.gmem_fd >= 0)
		vmm.gmem = fs_file(vmm.gmem_fd);
	return vmm.gmem_fd;
}

static int set_slot(unsigned int id, const struct lnx_range *slot)
{
	struct kvm_userspace_memory_region2 region = {
		.slot = id,
		.flags = vmm.gmem_fd >= 0 ? KVM_MEM_GUEST_MEMFD : 0,
		.guest_phys_addr = slot->gfn << PAGE_SHIFT,
		.memory_size = slot->npages << PAGE_SHIFT,
		.userspace_addr = LNX_USER + (slot->gfn << PAGE_SHIFT),
		.guest_memfd = vmm.gmem_fd >= 0 ? vmm.gmem_fd : 0,
		.guest_memfd_offset = slot->gfn << PAGE_SHIFT,
	};
	int r = fs_mmap(region.userspace_addr, region.memory_size);

	return r ? r : vmm_ioctl(vmm.vm_fd, KVM_SET_USER_MEMORY_REGION2, &region);
}

static int create_memory(const struct lnx_vm_config *config, const char **what)
{
	unsigned int i;

	if (config->kind != LNX_VM_VMX)
		TRY(create_gmem(config));
	for (i = 0; i < config->nr_slots; i++)
		TRY(set_slot(i, &config->slots[i]));
	for (i = 0; i < config->nr_private; i++)
		TRY(lnx_set_attributes(config->private[i].gfn, config->private[i].npages, 1));
	return 0;
}

static int create_image(const struct lnx_vm_config *config, const char **what)
{
	unsigned int i;

	if (config->nr_added)
		TRY(fs_mmap(VMM_IMAGE, PAGE_SIZE));
	for (i = 0; i < config->nr_added; i++)
		TRY(td_add_page(config->added[i]));
	TRY(td_finalize());
	return 0;
}

static int create(const struct lnx_vm_config *config, const char **what)
{
	unsigned int i;
	int r = 0;

	TRY(create_vm(config->kind));
	if (config->kind == LNX_VM_TDX) {
		TRY(enable_cap(KVM_CAP_SPLIT_IRQCHIP, VMM_PIC_PINS));
		TRY(enable_cap(KVM_CAP_EXIT_HYPERCALL, BIT(KVM_HC_MAP_GPA_RANGE)));
		TRY(td_init(config));
	}
	for (i = 0; i < config->nr_vcpus && !r; i++)
		r = create_vcpu(i, what);
	if (!r)
		r = create_memory(config, what);
	if (!r && config->kind == LNX_VM_TDX)
		r = create_image(config, what);
	for (i = 0; i < config->nr_vcpus && !r; i++)
		vmm_first_run(i);
	return r;
}

int lnx_vm_create(const struct lnx_vm_config *config, const char **what)
{
	unsigned int i;

	if (config->nr_vcpus > VMM_MAX_VCPUS)
		lnx_internal("more than %d vCPUs", VMM_MAX_VCPUS);
	memset(&vmm, 0, sizeof(vmm));
	vmm.vm_fd = vmm.gmem_fd = -1;
	for (i = 0; i < VMM_MAX_VCPUS; i++)
		vmm.vcpu_fd[i] = -1;
	*what = "";
	/* Made when it is first needed, and stays for ever. */
	fs_anon_inode();
	env_account_mark();
	return create(config, what);
}

/* Exit of the VMM: descriptors are closed in order, then its memory goes. */
unsigned long lnx_vm_destroy(void)
{
	struct env_account left;
	unsigned int i;

	for (i = 0; i < vmm.nr_vcpus; i++)
		close_fd(&vmm.vcpu_fd[i]);
	close_fd(&vmm.vm_fd);
	close_fd(&vmm.gmem_fd);
	vmm.kvm = NULL;
	vmm.gmem = NULL;
	vmm.nr_vcpus = 0;
	env_syscall_enter();
	fs_munmap_all();
	env_run_work();
	rcu_barrier();
	fs_return_to_user();
	env_syscall_exit(_RET_IP_);
	left = env_account_leaked();
	return left.pages + left.objects + fs_nr_files() + fs_nr_inodes();
}
