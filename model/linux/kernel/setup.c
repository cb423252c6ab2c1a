// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boot: from nothing to a kernel with KVM, by the tree's own code as far as it goes. What setup_arch() and
 * its like would find out is set by processor.c; what the tree declares as boot code runs: radix_tree_init(),
 * x86_virt_init(), tdx_init(), and all initcalls in their order, which bring up the TDX module by its
 * SEAMCALLs, set KVM's hardware up and register /dev/kvm.
 */
#include <linux/cpu.h>
#include <linux/init.h>
#include <linux/kvm_host.h>
#include <linux/memblock.h>
#include <linux/moduleparam.h>
#include <linux/nodemask.h>
#include <linux/radix-tree.h>
#include <linux/smp.h>
#include <linux/xarray.h>
#include <asm/e820/api.h>

#include "model/linux/kernel/env.h"
#include "model/linux/kernel/fs.h"
#include "model/linux/kernel/setup.h"

/* Where a tree has none of these it needs none. */
void __weak x86_virt_init(void);
void __weak tdx_init(void);

/* All initcalls of what is linked, in order of their levels; the link makes the boundaries. */
extern initcall_entry_t __initcall_start[], __initcall_end[];
extern const struct kernel_param __start___param[], __stop___param[];

#ifdef CONFIG_KVM_INTEL_TDX
extern bool enable_tdx;
#endif

enum system_states system_state;
bool static_key_initialized;
nodemask_t node_states[NR_NODE_STATES] = {
	[N_POSSIBLE] = {{[0] = 1}},
	[N_ONLINE] = {{[0] = 1}},
	[N_MEMORY] = {{[0] = 1}},
	[N_CPU] = {{[0] = 1}},
};

/*
 * The kernel's command line: parameters that must not have their default. TDX is off in KVM unless somebody
 * asks for it.
 */
static const char *const switched_on[] = {"kvm_intel.tdx"};

static void parse_command_line(void)
{
	const struct kernel_param *kp;
	unsigned int i;

	for (kp = __start___param; kp < __stop___param; kp++) {
		for (i = 0; i < ARRAY_SIZE(switched_on); i++) {
			if (!strcmp(kp->name, switched_on[i]))
				*(bool *)kp->arg = true;
		}
	}
}

static int run_initcalls(void)
{
	initcall_entry_t *call;
	int r;

	for (call = __initcall_start; call < __initcall_end; call++) {
		r = initcall_from_entry(call)();
		if (r)
			return r;
	}
	return 0;
}

int lnx_boot(unsigned int nr_cpus)
{
	int r;

	env_core_init(nr_cpus);
	fs_mm_boot();
	setup_processor(nr_cpus);
	setup_runtime_consts();
	static_key_initialized = true;
	parse_command_line();
	env_syscall_enter();
	radix_tree_init();
	if (x86_virt_init)
		x86_virt_init();
	if (tdx_init)
		tdx_init();
	r = run_initcalls();
	env_syscall_exit(_RET_IP_);
	system_state = SYSTEM_RUNNING;
	setup_tests();
	return r;
}

/* ---- what boot code asks about the machine ---- */

/* One range of memory: all frames. */
void __next_mem_pfn_range(int *idx, int nid, unsigned long *start, unsigned long *end, int *out_nid)
{
	if (++*idx) {
		*idx = -1;
		return;
	}
	*start = 0;
	*end = SETUP_RAM_FRAMES;
	if (out_nid)
		*out_nid = 0;
}

bool e820__mapped_raw_any(u64 start, u64 end, enum e820_type type)
{
	return type == E820_TYPE_RAM && start < SETUP_RAM_FRAMES << PAGE_SHIFT;
}
