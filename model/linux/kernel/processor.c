// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processor that the tree believes to run on: identification, model-specific registers, control
 * registers, VMX operation. build/cpu.c turns the instructions into calls of this file; its CPUID says the
 * same.
 *
 * A made-up Intel server processor with VMX, APICv and TDX, of 46 bits of physical address, without
 * mitigations that KVM would have to do, AVX, PMU or any device. Each CPU has its own registers; those of the
 * list exist, hold what was written last and have no effect. Reading or writing any other one ends the run:
 * nobody has said what it is.
 */
#include <linux/cpu.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <asm/cpu_entry_area.h>
#include <asm/cpufeature.h>
#include <asm/fpu/api.h>
#include <asm/msr-index.h>
#include <asm/processor.h>
#include <asm/tlbflush.h>
#include <asm/topology.h>
#include <asm/tsc.h>
#include <asm/vmx.h>

#include "vmx.h"

#include "model/linux/build/cpu.h"
#include "model/linux/kernel/env.h"
#include "model/linux/kernel/setup.h"

/* ---- identification ---- */

struct cpuinfo_x86 boot_cpu_data;
DEFINE_PER_CPU_READ_MOSTLY(struct cpuinfo_x86, cpu_info);
__u32 cpu_caps_set[NCAPINTS + NBUGINTS];
__u32 cpu_caps_cleared[NCAPINTS + NBUGINTS];
unsigned int tsc_khz = 2000000;
int x2apic_mode = 1;
unsigned int pgdir_shift = 39, ptrs_per_p4d = 1; /* four levels */

/* Words of capabilities that are registers of a CPUID leaf. */
static const struct {
	unsigned int leaf, subleaf, reg, word;
} caps[] = {
	{0x00000001, 0, 3, CPUID_1_EDX},	 {0x00000001, 0, 2, CPUID_1_ECX},
	{0x00000007, 0, 1, CPUID_7_0_EBX},	 {0x00000007, 0, 2, CPUID_7_ECX},
	{0x00000007, 0, 3, CPUID_7_EDX},	 {0x0000000d, 1, 0, CPUID_D_1_EAX},
	{0x80000001, 0, 3, CPUID_8000_0001_EDX}, {0x80000001, 0, 2, CPUID_8000_0001_ECX},
};

static void identify_cpu(struct cpuinfo_x86 *c)
{
	unsigned int i, out[4];

	c->x86_vendor = X86_VENDOR_INTEL;
	c->x86 = 6;
	c->x86_model = 0xad; /* Granite Rapids: after the erratum of partial writes to private memory */
	c->cpuid_level = 0xd;
	c->x86_phys_bits = c->x86_cache_bits = SETUP_PHYS_BITS;
	c->x86_virt_bits = 48;
	c->x86_clflush_size = c->x86_cache_alignment = 64;
	for (i = 0; i < ARRAY_SIZE(caps); i++) {
		out[0] = caps[i].leaf;
		out[2] = caps[i].subleaf;
		lnx_cpuid(out);
		c->x86_capability[caps[i].word] = out[caps[i].reg];
	}
	/* What init_intel() adds to CPUID, and what TDX asks of a processor. */
	set_cpu_cap(c, X86_FEATURE_CONSTANT_TSC);
	set_cpu_cap(c, X86_FEATURE_NONSTOP_TSC);
	set_cpu_cap(c, X86_FEATURE_MSR_IA32_FEAT_CTL);
	set_cpu_cap(c, X86_FEATURE_VMX);
	set_cpu_cap(c, X86_FEATURE_XSAVE);
	set_cpu_cap(c, X86_FEATURE_OSXSAVE);
	set_cpu_cap(c, X86_FEATURE_X2APIC);
	set_cpu_cap(c, X86_FEATURE_SELFSNOOP);
	set_cpu_cap(c, X86_FEATURE_MOVDIR64B);
	set_cpu_cap(c, X86_FEATURE_NX);
}

void setup_processor(unsigned int nr_cpus)
{
	unsigned int cpu;

	identify_cpu(&boot_cpu_data);
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		per_cpu(cpu_info, cpu) = boot_cpu_data;
		per_cpu(cpu_info, cpu).cpu_index = cpu;
		per_cpu(cpu_info, cpu).topo.apicid = cpu;
		per_cpu(cpu_info, cpu).topo.core_id = cpu;
	}
}

/* ---- model-specific registers ---- */

#define MSR_KEYIDS (0ull | 63ull << 32) /* no MKTME keys, 63 TDX keys from 1 on */

/* Allowed-0 settings are none beyond what KVM itself wants set, so every control of @word may be 0 or 1. */
#define CTLS(word) ((u64)(u32)(word) << 32)

#define PROCBASED2                                                                                           \
	(SECONDARY_EXEC_ENABLE_EPT | SECONDARY_EXEC_ENABLE_VPID | SECONDARY_EXEC_UNRESTRICTED_GUEST |        \
	 SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE | SECONDARY_EXEC_APIC_REGISTER_VIRT |                         \
	 SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY)
#define EPT_VPID_CAP                                                                                         \
	(VMX_EPT_EXECUTE_ONLY_BIT | VMX_EPT_PAGE_WALK_4_BIT | VMX_EPTP_WB_BIT | VMX_EPT_2MB_PAGE_BIT |       \
	 VMX_EPT_1GB_PAGE_BIT | VMX_EPT_INVEPT_BIT | VMX_EPT_AD_BIT | VMX_EPT_EXTENT_CONTEXT_BIT |           \
	 VMX_EPT_EXTENT_GLOBAL_BIT |                                                                         \
	 (u64)(VMX_VPID_INVVPID_BIT | VMX_VPID_EXTENT_SINGLE_CONTEXT_BIT |                                   \
	       VMX_VPID_EXTENT_GLOBAL_CONTEXT_BIT)                                                           \
		 << 32)

/* Registers that say what the processor can do; nobody writes them. */
static const struct {
	u32 msr;
	u64 value;
} capabilities[] = {
	{MSR_IA32_VMX_BASIC, 0x13 | (u64)PAGE_SIZE << 32 | 6ull << 50 | BIT_ULL(60)},
	{MSR_IA32_VMX_PINBASED_CTLS,
	 CTLS(KVM_REQUIRED_VMX_PIN_BASED_VM_EXEC_CONTROL | PIN_BASED_VIRTUAL_NMIS | PIN_BASED_POSTED_INTR)},
	{MSR_IA32_VMX_PROCBASED_CTLS,
	 CTLS(KVM_REQUIRED_VMX_CPU_BASED_VM_EXEC_CONTROL | CPU_BASED_TPR_SHADOW | CPU_BASED_USE_MSR_BITMAPS |
	      CPU_BASED_ACTIVATE_SECONDARY_CONTROLS)},
	{MSR_IA32_VMX_PROCBASED_CTLS2, CTLS(PROCBASED2)},
	{MSR_IA32_VMX_PROCBASED_CTLS3, 0},
	{MSR_IA32_VMX_EXIT_CTLS,
	 CTLS(KVM_REQUIRED_VMX_VM_EXIT_CONTROLS | VM_EXIT_LOAD_IA32_PAT | VM_EXIT_LOAD_IA32_EFER)},
	{MSR_IA32_VMX_ENTRY_CTLS, CTLS(KVM_REQUIRED_VMX_VM_ENTRY_CONTROLS | VM_ENTRY_LOAD_IA32_PAT |
				       VM_ENTRY_LOAD_IA32_EFER | VM_ENTRY_IA32E_MODE)},
	{MSR_IA32_VMX_EPT_VPID_CAP, EPT_VPID_CAP},
	{MSR_IA32_VMX_MISC, 5 | BIT_ULL(6)},
	{MSR_IA32_VMX_CR0_FIXED0, 0x80000021},
	{MSR_IA32_VMX_CR0_FIXED1, 0xffffffff},
	{MSR_IA32_VMX_CR4_FIXED0, 0x2000},
	{MSR_IA32_VMX_CR4_FIXED1, 0x00772fff},
	{MSR_IA32_VMX_VMCS_ENUM, 0x2e},
	{MSR_IA32_VMX_VMFUNC, 0},
	{MSR_IA32_FEAT_CTL, FEAT_CTL_LOCKED | FEAT_CTL_VMX_ENABLED_OUTSIDE_SMX},
	{MSR_IA32_MKTME_KEYID_PARTITIONING, MSR_KEYIDS},
	{MSR_IA32_ARCH_CAPABILITIES, 0},
	{MSR_IA32_PERF_CAPABILITIES, 0},
	{MSR_IA32_MCG_CAP, 0},
};

/*
 * Registers that hold what was written last; these values after reset. KVM finds out by reading which ones
 * there are. Here a read has no way to fault, so that all exist that it tries.
 */
static const struct {
	u32 first, last;
	u64 reset;
} registers[] = {
	{MSR_IA32_APICBASE, MSR_IA32_APICBASE, 0xfee00d00},
	{MSR_IA32_TSC, MSR_IA32_TSC, 0},
	{MSR_IA32_TSC_ADJUST, MSR_IA32_TSC_ADJUST, 0},
	{MSR_IA32_UCODE_REV, MSR_IA32_UCODE_REV, 0},
	{MSR_IA32_SPEC_CTRL, MSR_IA32_PRED_CMD, 0},
	{MSR_IA32_TSX_CTRL, MSR_IA32_TSX_CTRL, 0},
	{MSR_MISC_FEATURES_ENABLES, MSR_MISC_FEATURES_ENABLES, 0},
	{MSR_PLATFORM_INFO, MSR_PLATFORM_INFO, 0},
	{MSR_IA32_SYSENTER_CS, MSR_IA32_SYSENTER_EIP, 0},
	{MSR_IA32_MCG_STATUS, MSR_IA32_MCG_CTL, 0},
	{MSR_IA32_MISC_ENABLE, MSR_IA32_MISC_ENABLE, 1},
	{MSR_IA32_LASTBRANCHFROMIP, MSR_IA32_LASTINTTOIP, 0},
	{MSR_IA32_XFD, MSR_IA32_XFD_ERR, 0},
	{MSR_IA32_DEBUGCTLMSR, MSR_IA32_DEBUGCTLMSR, 0},
	{MSR_IA32_CR_PAT, MSR_IA32_CR_PAT, 0x0407050600070106},
	{MSR_IA32_TSC_DEADLINE, MSR_IA32_TSC_DEADLINE, 0},
	{MSR_IA32_UMWAIT_CONTROL, MSR_IA32_UMWAIT_CONTROL, 0},
	{MSR_IA32_POWER_CTL, MSR_IA32_POWER_CTL, 0},
	{MSR_IA32_RTIT_OUTPUT_BASE, MSR_IA32_RTIT_ADDR3_B, 0},
	{MSR_IA32_U_CET, MSR_IA32_INT_SSP_TAB, 0},
	{MSR_IA32_BNDCFGS, MSR_IA32_BNDCFGS, 0},
	{MSR_VM_HSAVE_PA, MSR_VM_HSAVE_PA, 0},
	{MSR_AMD64_DE_CFG, MSR_AMD64_DE_CFG, 0},
	{MSR_IA32_XSS, MSR_IA32_XSS, 0},
	{MSR_EFER, MSR_EFER, EFER_SCE | EFER_LME | EFER_LMA | EFER_NX},
	{MSR_STAR, MSR_SYSCALL_MASK, 0},
	{MSR_FS_BASE, MSR_TSC_AUX, 0},
};

#define MSR_FILE_SIZE 64

/**
 * struct msr_file - written registers of a CPU
 * @nr: of them; there is no way back to "never written"
 */
struct msr_file {
	unsigned int nr;
	struct {
		u32 msr;
		u64 value;
	} reg[MSR_FILE_SIZE];
};
static DEFINE_PER_CPU(struct msr_file, msr_file);

static u64 *written(u32 msr)
{
	struct msr_file *file = this_cpu_ptr(&msr_file);
	unsigned int i;

	for (i = 0; i < file->nr; i++) {
		if (file->reg[i].msr == msr)
			return &file->reg[i].value;
	}
	return NULL;
}

static int register_of(u32 msr)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(registers); i++) {
		if (msr >= registers[i].first && msr <= registers[i].last)
			return i;
	}
	return -1;
}

int lnx_msr_read(unsigned int msr, unsigned long *value)
{
	u64 *last = written(msr);
	unsigned int i;

	if (msr == MSR_IA32_TSC) {
		*value = rdtsc();
		return 0;
	}
	if (last) {
		*value = *last;
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(capabilities); i++) {
		if (capabilities[i].msr == msr) {
			*value = capabilities[i].value;
			return 0;
		}
	}
	if (register_of(msr) < 0)
		return -1;
	*value = registers[register_of(msr)].reset;
	return 0;
}

int lnx_msr_write(unsigned int msr, unsigned long value)
{
	struct msr_file *file = this_cpu_ptr(&msr_file);
	u64 *last = written(msr);

	if (register_of(msr) < 0)
		return -1;
	if (!last) {
		if (file->nr == MSR_FILE_SIZE)
			lnx_internal("more than %d registers written on a CPU", MSR_FILE_SIZE);
		file->reg[file->nr].msr = msr;
		last = &file->reg[file->nr++].value;
	}
	*last = value;
	return 0;
}

/* ---- control registers and VMX operation ---- */

#define CR4_AT_BOOT                                                                                          \
	(X86_CR4_PAE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT | X86_CR4_OSXSAVE | X86_CR4_SMEP | X86_CR4_SMAP)

static DEFINE_PER_CPU(unsigned long, cr4) = CR4_AT_BOOT;
static DEFINE_PER_CPU(bool, vmx_operation);

void cr4_update_irqsoff(unsigned long set, unsigned long clear)
{
	this_cpu_write(cr4, (this_cpu_read(cr4) & ~clear) | set);
}

unsigned long cr4_read_shadow(void)
{
	return this_cpu_read(cr4);
}

/* Protected mode with paging, as the kernel sets it up: PE, MP, ET, NE, WP, AM, PG. */
#define CR0_AT_BOOT 0x80050033ul

/* CR2: no page fault is taken that would set it, so it is what KVM writes of its guests. */
static DEFINE_PER_CPU(unsigned long, cr2);

unsigned long __get_current_cr3_fast(void)
{
	return __pa(current->mm->pgd);
}

int lnx_cr_read(unsigned int cr, lnx_u64 *value)
{
	switch (cr) {
	case 0:
		*value = CR0_AT_BOOT;
		return 0;
	case 2:
		*value = this_cpu_read(cr2);
		return 0;
	case 3:
		*value = __get_current_cr3_fast();
		return 0;
	case 4:
		*value = this_cpu_read(cr4);
		return 0;
	default:
		return -1;
	}
}

int lnx_cr_write(unsigned int cr, lnx_u64 value)
{
	if (cr != 2)
		return -1;
	this_cpu_write(cr2, value);
	return 0;
}

bool setup_in_vmx_operation(void)
{
	return this_cpu_read(vmx_operation);
}

/* The VMXON region is the processor's; nothing of it is modelled. */
enum lnx_vmx_result lnx_cpu_vmxon(unsigned long region, unsigned long pc)
{
	if (!(this_cpu_read(cr4) & X86_CR4_VMXE) || this_cpu_read(vmx_operation))
		lnx_internal("VMXON that would fault");
	this_cpu_write(vmx_operation, true);
	return LNX_VMX_SUCCEED;
}

enum lnx_vmx_result lnx_cpu_vmxoff(unsigned long pc)
{
	if (!this_cpu_read(vmx_operation))
		lnx_internal("VMXOFF that would fault");
	this_cpu_write(vmx_operation, false);
	return LNX_VMX_SUCCEED;
}

/* Nothing is there; KVM stores addresses in it in the host state of a VMCS. */
__weak struct cpu_entry_area *get_cpu_entry_area(int cpu)
{
	return (struct cpu_entry_area *)(CPU_ENTRY_AREA_PER_CPU + cpu * CPU_ENTRY_AREA_SIZE);
}

/* There are no descriptor tables that a VM exit could have shortened. */
__weak void load_fixmap_gdt(int cpu)
{
}

/* ---- floating point ---- */

/* Whose state each thread has loaded; NULL is user space's. */
static struct fpstate *loaded_fpstate[LNX_MAX_THREADS];

/* The registers themselves are nobody's: no guest of this machine has any. What remains is who uses which
 * state. */
int fpu_swap_kvm_fpstate(struct fpu_guest *guest, bool enter)
{
	struct fpstate **loaded = &loaded_fpstate[lnx_thread()];

	if (enter ? *loaded != NULL : *loaded != guest->fpstate)
		lnx_internal("fpu_swap_kvm_fpstate: the state that is loaded is not the one to leave");
	*loaded = enter ? guest->fpstate : NULL;
	guest->fpstate->in_use = enter;
	return 0;
}
