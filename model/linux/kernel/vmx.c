// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMCSs, and VM entry for ordinary VMs: what the instructions of VMX do, and in place of vmenter.S of the
 * tree the way into a guest and out again. build/cpu.h says how the instructions get here.
 *
 * The guest is a program of the scenario (model/hw/guest.c) that accesses guest-physical addresses through
 * the EPT and halts at its end. It has no registers that a VMCS could load, so the guest and host state areas
 * are not checked on entry; what a guest would notice and the model does not do ends the run naming itself.
 */
#include <linux/kvm_host.h>
#include <linux/percpu.h>
#include <asm/irq_vectors.h>
#include <asm/vmx.h>

#include "vmx.h"

#include "model/linux/build/cpu.h"
#include "model/linux/kernel/env.h"
#include "model/linux/kernel/setup.h"

#define VMCS_REVISION 0x13 /* as in MSR_IA32_VMX_BASIC */
#define VMCS_WORDS (PAGE_SIZE / sizeof(u64) - 2)

/**
 * struct vmcs_page - a VMCS as the processor keeps it, in the page that software gives to it
 * @revision: written by software before VMPTRLD
 * @abort: VMX abort indicator; no abort is modelled
 * @cpu: on which it is active, plus 1; 0 = on none. Real processors keep no such note, and corrupt a VMCS
 * that is active on two of them.
 * @launched: launch state
 * @field: by slot_of()
 *
 * Nothing of it is cached in the processor: VMCLEAR writes nothing back.
 */
struct vmcs_page {
	u32 revision, abort;
	u32 cpu, launched;
	u64 field[VMCS_WORDS];
};

/* By width and type of the encoding: how many indices there are, and the place of the first. */
static const struct {
	u16 nr, first;
} areas[4][4] = {
	{{16, 0}, {0, 0}, {16, 16}, {16, 32}}, /* 16 bits: control, exit information, guest, host */
	{{64, 48}, {8, 112}, {32, 120}, {16, 152}}, /* 64 bits */
	{{32, 168}, {16, 200}, {32, 216}, {16, 248}}, /* 32 bits */
	{{32, 264}, {16, 296}, {32, 312}, {32, 344}}, /* natural width */
};

#define FIELD_HIGH(field) ((field) & 1)
#define FIELD_INDEX(field) ((field) >> 1 & 0x1ff)
#define FIELD_TYPE(field) ((field) >> 10 & 3)
#define FIELD_WIDTH(field) ((field) >> 13 & 3)
#define FIELD_TYPE_EXIT_INFO 1

/* The current VMCS of each CPU. */
static DEFINE_PER_CPU(struct vmcs_page *, loaded);

static u64 *slot_of(struct vmcs_page *vmcs, unsigned long field)
{
	unsigned int width = FIELD_WIDTH(field), type = FIELD_TYPE(field);

	BUILD_BUG_ON(344 + 32 > VMCS_WORDS);
	if (field >> 15 || FIELD_HIGH(field) || FIELD_INDEX(field) >= areas[width][type].nr)
		return NULL;
	return &vmcs->field[areas[width][type].first + FIELD_INDEX(field)];
}

static u64 truncate(unsigned long field, u64 value)
{
	switch (FIELD_WIDTH(field)) {
	case 0:
		return (u16)value;
	case 2:
		return (u32)value;
	default:
		return value;
	}
}

static u64 get(struct vmcs_page *vmcs, unsigned long field)
{
	return *slot_of(vmcs, field);
}

static void set(struct vmcs_page *vmcs, unsigned long field, u64 value)
{
	*slot_of(vmcs, field) = truncate(field, value);
}

/* Of an instruction that may only be executed in VMX operation. */
static void check_operation(const char *insn)
{
	if (!setup_in_vmx_operation())
		lnx_internal("%s that would fault", insn);
}

static enum lnx_vmx_result fail(unsigned int error)
{
	struct vmcs_page *vmcs = this_cpu_read(loaded);

	if (!vmcs)
		return LNX_VMX_FAIL_INVALID;
	set(vmcs, VM_INSTRUCTION_ERROR, error);
	return LNX_VMX_FAIL_VALID;
}

/* ---- instructions ---- */

enum lnx_vmx_result lnx_cpu_vmread(unsigned long field, unsigned long *value, unsigned long pc)
{
	struct vmcs_page *vmcs = this_cpu_read(loaded);
	u64 *slot;

	check_operation("VMREAD");
	if (!vmcs)
		return LNX_VMX_FAIL_INVALID;
	slot = slot_of(vmcs, field);
	if (!slot)
		return fail(VMXERR_UNSUPPORTED_VMCS_COMPONENT);
	*value = *slot;
	return LNX_VMX_SUCCEED;
}

enum lnx_vmx_result lnx_cpu_vmwrite(unsigned long field, unsigned long value, unsigned long pc)
{
	struct vmcs_page *vmcs = this_cpu_read(loaded);

	check_operation("VMWRITE");
	if (!vmcs)
		return LNX_VMX_FAIL_INVALID;
	if (!slot_of(vmcs, field))
		return fail(VMXERR_UNSUPPORTED_VMCS_COMPONENT);
	if (FIELD_TYPE(field) == FIELD_TYPE_EXIT_INFO)
		return fail(VMXERR_VMWRITE_READ_ONLY_VMCS_COMPONENT);
	set(vmcs, field, value);
	return LNX_VMX_SUCCEED;
}

static bool is_vmcs_address(unsigned long pa)
{
	return !(pa & ~PAGE_MASK) && pa < SETUP_RAM_FRAMES << PAGE_SHIFT;
}

static bool is_active_elsewhere(const struct vmcs_page *vmcs)
{
	return vmcs->cpu && vmcs->cpu != lnx_cpu() + 1;
}

/*
 * On another CPU than the one where it is active, VMCLEAR does not reach what that one caches. KVM clears a
 * new VMCS on any CPU, and is then right as it is active nowhere.
 */
enum lnx_vmx_result lnx_cpu_vmclear(unsigned long pa, unsigned long pc)
{
	struct vmcs_page *vmcs = __va(pa);

	check_operation("VMCLEAR");
	if (!is_vmcs_address(pa))
		return fail(VMXERR_VMCLEAR_INVALID_ADDRESS);
	if (is_active_elsewhere(vmcs))
		lnx_fail("BUG-01", "VMCLEAR of a VMCS that is active on another CPU", pc, "%s", "");
	vmcs->cpu = 0;
	vmcs->launched = 0;
	if (this_cpu_read(loaded) == vmcs)
		this_cpu_write(loaded, NULL);
	return LNX_VMX_SUCCEED;
}

enum lnx_vmx_result lnx_cpu_vmptrld(unsigned long pa, unsigned long pc)
{
	struct vmcs_page *vmcs = __va(pa);

	check_operation("VMPTRLD");
	if (!is_vmcs_address(pa))
		return fail(VMXERR_VMPTRLD_INVALID_ADDRESS);
	if (vmcs->revision != VMCS_REVISION)
		return fail(VMXERR_VMPTRLD_INCORRECT_VMCS_REVISION_ID);
	if (is_active_elsewhere(vmcs))
		lnx_fail("BUG-01", "VMPTRLD of a VMCS that is active on another CPU", pc, "%s", "");
	vmcs->cpu = lnx_cpu() + 1;
	this_cpu_write(loaded, vmcs);
	return LNX_VMX_SUCCEED;
}

/* ---- VM entry and exit ---- */

/* What KVM writes into the VMCS as the address to go on at; here __vmx_vcpu_run() comes back instead. */
void vmx_vmexit(void);
void vmx_vmexit(void)
{
	lnx_internal("vmx_vmexit() is no function");
}

/* Before 7.x KVM calls the handler of the interrupt that made the guest exit. It is taken when the host turns
 * interrupts on.
 */
void vmx_do_interrupt_irqoff(unsigned long entry);
void vmx_do_interrupt_irqoff(unsigned long entry)
{
}

/* Controls that this machine knows how to obey, or that a guest of this kind does not notice. */
static void check_controls(struct vmcs_page *vmcs)
{
	if (!(get(vmcs, SECONDARY_VM_EXEC_CONTROL) & SECONDARY_EXEC_ENABLE_EPT))
		lnx_internal("VM entry without EPT");
	if (!(get(vmcs, CPU_BASED_VM_EXEC_CONTROL) & CPU_BASED_HLT_EXITING) ||
	    !(get(vmcs, PIN_BASED_VM_EXEC_CONTROL) & PIN_BASED_EXT_INTR_MASK))
		lnx_internal("VM entry without exits by HLT or interrupts");
	if (get(vmcs, VM_ENTRY_INTR_INFO_FIELD) & INTR_INFO_VALID_MASK)
		lnx_internal("VM entry that injects an event");
	if (get(vmcs, CPU_BASED_VM_EXEC_CONTROL) &
	    (CPU_BASED_INTR_WINDOW_EXITING | CPU_BASED_NMI_WINDOW_EXITING))
		lnx_internal("VM entry with interrupt-window exiting");
	if (get(vmcs, PIN_BASED_VM_EXEC_CONTROL) & PIN_BASED_VMX_PREEMPTION_TIMER)
		lnx_internal("VM entry with the preemption timer");
}

static bool accesses_memory(unsigned int reason)
{
	return reason == EXIT_REASON_EPT_VIOLATION || reason == EXIT_REASON_EPT_MISCONFIG;
}

/* The guest runs without paging, so its linear address is its physical one: valid, and translated. */
static void fill_access(struct vmcs_page *vmcs, const struct lnx_exit *exit)
{
	u64 qual = 0;

	if (exit->reason == EXIT_REASON_EPT_VIOLATION)
		qual = exit->qual | EPT_VIOLATION_GVA_IS_VALID | EPT_VIOLATION_GVA_TRANSLATED;
	set(vmcs, EXIT_QUALIFICATION, qual);
	set(vmcs, GUEST_PHYSICAL_ADDRESS, exit->gpa);
	set(vmcs, GUEST_LINEAR_ADDRESS, exit->gpa);
}

static void fill_interrupt(struct vmcs_page *vmcs)
{
	if (get(vmcs, VM_EXIT_CONTROLS) & VM_EXIT_ACK_INTR_ON_EXIT)
		set(vmcs, VM_EXIT_INTR_INFO, INTR_INFO_VALID_MASK | INTR_TYPE_EXT_INTR | RESCHEDULE_VECTOR);
}

static void fill_exit(struct vmcs_page *vmcs, const struct lnx_exit *exit)
{
	set(vmcs, VM_EXIT_REASON, exit->reason);
	set(vmcs, EXIT_QUALIFICATION, 0);
	set(vmcs, VM_EXIT_INTR_INFO, 0);
	set(vmcs, IDT_VECTORING_INFO_FIELD, 0);
	if (accesses_memory(exit->reason))
		fill_access(vmcs, exit);
	else if (exit->reason == EXIT_REASON_EXTERNAL_INTERRUPT)
		fill_interrupt(vmcs);
	else if (exit->reason == EXIT_REASON_HLT)
		set(vmcs, VM_EXIT_INSTRUCTION_LEN, 1);
	else
		lnx_internal("VM exit of reason %u", exit->reason);
}

static bool vm_fail(unsigned int error)
{
	fail(error);
	return true;
}

/* VMLAUNCH or VMRESUME, and the guest until it exits; false is success. */
bool __vmx_vcpu_run(ENV_VMENTER_PARAMS(vmx, flags))
{
	struct vmcs_page *vmcs = this_cpu_read(loaded);
	struct lnx_exit exit;

	if (!vmcs)
		return true;
	if (!(flags & ENV_VMENTER_RESUME) && vmcs->launched)
		return vm_fail(VMXERR_VMLAUNCH_NONCLEAR_VMCS);
	if ((flags & ENV_VMENTER_RESUME) && !vmcs->launched)
		return vm_fail(VMXERR_VMRESUME_NONLAUNCHED_VMCS);
	check_controls(vmcs);
	vmcs->launched = 1;
	lnx_vmx_run(vmx->vcpu.vcpu_idx, get(vmcs, EPT_POINTER), &exit);
	fill_exit(vmcs, &exit);
	return false;
}
