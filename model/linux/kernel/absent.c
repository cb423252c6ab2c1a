// SPDX-License-Identifier: GPL-2.0-only
/*
 * What KVM asks of parts of the kernel that this machine does not have, or that do nothing here: performance
 * counters, Processor Trace, interrupt remapping, power management, uevents. Each is what the real function
 * does where the hardware or the listener is missing. Floating point state is memory that nobody loads:
 * guests have no registers of that kind.
 */
#include <linux/irq_work.h>
#include <linux/kernel_stat.h>
#include <linux/kobject.h>
#include <linux/kvm_host.h>
#include <linux/perf_event.h>
#include <linux/pvclock_gtod.h>
#include <linux/slab.h>
#include <linux/syscore_ops.h>
#include <asm/cpu_device_id.h>
#include <asm/fpu/api.h>
#include <asm/irq_remapping.h>
#include <asm/memtype.h>
#include <asm/perf_event.h>
#include <asm/tsc.h>

#include "model/linux/kernel/compat.h"
#include "model/linux/kernel/env.h"

/* ---- processor ---- */

static bool matches(const struct x86_cpu_id *id)
{
	const struct cpuinfo_x86 *c = &boot_cpu_data;

	if (id->vendor != X86_VENDOR_ANY && c->x86_vendor != id->vendor)
		return false;
	if (id->family != X86_FAMILY_ANY && c->x86 != id->family)
		return false;
	if (id->model != X86_MODEL_ANY && c->x86_model != id->model)
		return false;
	return id->feature == X86_FEATURE_ANY || cpu_has(c, id->feature);
}

__weak const struct x86_cpu_id *x86_match_cpu(const struct x86_cpu_id *match)
{
	for (; match->vendor | match->family | match->model | match->feature; match++)
		if (matches(match))
			return match;
	return NULL;
}

__weak bool pat_enabled(void)
{
	return true;
}

__weak bool pat_pfn_immune_to_uc_mtrr(unsigned long pfn)
{
	return false;
}

__weak int check_tsc_unstable(void)
{
	return 0;
}

__weak bool cpu_smt_possible(void)
{
	return false;
}

__weak bool gds_ucode_mitigated(void)
{
	return false;
}

__weak void write_ibpb(void)
{
}

__weak void current_save_fsgs(void)
{
}

__weak bool irq_remapping_cap(enum irq_remap_cap cap)
{
	return false;
}

/* An interrupt that made a guest exit is taken when the host turns interrupts on. */
void __weak x86_entry_from_kvm(unsigned int entry_type, unsigned int vector);
void __weak x86_entry_from_kvm(unsigned int entry_type, unsigned int vector)
{
}

void __weak kvm_set_posted_intr_wakeup_handler(void (*handler)(void));
void __weak kvm_set_posted_intr_wakeup_handler(void (*handler)(void))
{
}

/* ---- floating point ---- */

__weak bool fpu_alloc_guest_fpstate(struct fpu_guest *gfpu)
{
	struct fpstate *state = kzalloc(sizeof(*state) + PAGE_SIZE, GFP_KERNEL);

	if (!state)
		return false;
	gfpu->fpstate = state;
	state->is_valloc = true;
	state->is_guest = true;
	gfpu->xfeatures = state->xfeatures = XFEATURE_MASK_FPSSE;
	state->size = state->user_size = 576;
	gfpu->uabi_size = 4096;
	return true;
}

__weak void fpu_free_guest_fpstate(struct fpu_guest *gfpu)
{
	kfree(gfpu->fpstate);
	gfpu->fpstate = NULL;
}

__weak int fpu_swap_kvm_fpstate(struct fpu_guest *gfpu, bool enter_guest)
{
	return 0;
}

__weak void fpstate_clear_xstate_component(struct fpstate *fpstate, unsigned int xfeature)
{
}

__weak void fpu_sync_guest_vmexit_xfd_state(void)
{
}

__weak void switch_fpu_return(void)
{
}

__weak u64 xstate_get_guest_group_perm(void)
{
	return XFEATURE_MASK_FPSSE;
}

/* ---- performance counters, Processor Trace ---- */

__weak void perf_get_x86_pmu_capability(struct x86_pmu_capability *cap)
{
	memset(cap, 0, sizeof(*cap));
}

__weak u64 perf_get_hw_event_config(int hw_event)
{
	return 0;
}

__weak void perf_register_guest_info_callbacks(struct perf_guest_info_callbacks *cbs)
{
}

__weak void perf_unregister_guest_info_callbacks(struct perf_guest_info_callbacks *cbs)
{
}

__weak struct perf_guest_switch_msr *perf_guest_get_msrs(int *nr, void *data)
{
	*nr = 0;
	return NULL;
}

void __weak x86_perf_get_lbr(struct x86_pmu_lbr *lbr)
{
	memset(lbr, 0, sizeof(*lbr));
}

void __weak intel_pt_handle_vmx(int on);
void __weak intel_pt_handle_vmx(int on)
{
}

/* ---- power management, clocks, uevents ---- */

/* Also in stable kernels that are older than the change to it, whose version says nothing. */
struct syscore;
ENV_SYMBOL(__weak void register_syscore(struct syscore *syscore))
{
}

ENV_SYMBOL(__weak void unregister_syscore(struct syscore *syscore))
{
}

/* Nobody crashes with virtualization on. */
ENV_SYMBOL(__weak void cpu_emergency_register_virt_callback(void (*callback)(void)))
{
}

ENV_SYMBOL(__weak void cpu_emergency_unregister_virt_callback(void (*callback)(void)))
{
}

__weak int pvclock_gtod_register_notifier(struct notifier_block *nb)
{
	return 0;
}

__weak int pvclock_gtod_unregister_notifier(struct notifier_block *nb)
{
	return 0;
}

__weak int kobject_uevent_env(struct kobject *kobj, enum kobject_action action, char *envp[])
{
	return 0;
}

__weak int add_uevent_var(struct kobj_uevent_env *env, const char *format, ...)
{
	return 0;
}

/* ---- caches: what memory holds is seen by everybody at once ---- */

env_wbinvd_t __weak wbinvd_on_all_cpus(void);
env_wbinvd_t __weak wbinvd_on_all_cpus(void)
{
	env_wbinvd_done();
}

void __weak wbinvd_on_cpu(int cpu);
void __weak wbinvd_on_cpu(int cpu)
{
}

void __weak wbinvd_on_cpus_mask(struct cpumask *cpus);
void __weak wbinvd_on_cpus_mask(struct cpumask *cpus)
{
}

void __weak clflush_cache_range(void *addr, unsigned int size);
void __weak clflush_cache_range(void *addr, unsigned int size)
{
}

/* ---- per-CPU data of parts that are not here ---- */

/* The scheduler's: only the count of pinned tasks at its start is looked at, by migrate_disable(). */
__weak __section(".data..percpu") unsigned long absent_runqueues[512] asm("runqueues");
__weak __section(".data..percpu") u64 absent_spec_ctrl asm("x86_spec_ctrl_current");
__weak __section(".data..percpu") char absent_gdt[4096] asm("gdt_page") __aligned(4096);
__weak __section(".data..percpu") u32 absent_apicid asm("x86_cpu_to_apicid");
__weak __section(".data..percpu") u16 absent_verw asm("x86_verw_sel");

/*
 * clear_page() and clear_pages() call these from inline assembly: RDI is the address, RCX the length (a
 * page's in the old one), RAX is zero, and nothing else may change.
 */
asm(".text\n"
    ".weak __clear_pages_unrolled\n"
    ".type __clear_pages_unrolled, @function\n"
    "__clear_pages_unrolled:\n"
    "	.byte 0xf3, 0xaa\n" /* rep stosb */
    "	ret\n"
    ".size __clear_pages_unrolled, . - __clear_pages_unrolled\n"
    ".weak clear_page_orig\n"
    ".type clear_page_orig, @function\n"
    "clear_page_orig:\n"
    "	xorl %eax, %eax\n"
    "	movl $4096, %ecx\n"
    "	.byte 0xf3, 0xaa\n"
    "	ret\n"
    ".size clear_page_orig, . - clear_page_orig\n");
