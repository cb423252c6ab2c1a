// SPDX-License-Identifier: GPL-2.0-only
/*
 * The surface of a kernel tree: what scenarios do becomes system calls of the kernel half.
 *
 * Each call begins with host_begin(), which loads the context of the thread that it is made on, and ends with
 * host_leave(), which tells what the thread stored last.
 */
#include <errno.h>
#include <string.h>

#include "harness/check/spte_bits.h"
#include "harness/engine/engine.h"
#include "model/linux/host/host.h"
#include "model/linux/host/subject.h"
#include "model/linux/host/watch.h"
#include "model/seam/seam.h"

/* Around everything that the tree writes; the linker script of the build names it. */
extern char lnx_kdata_start[] __attribute__((weak));
extern char lnx_kdata_end[] __attribute__((weak));

static struct subject_vm_config vm;

const struct subject_vm_config *linux_vm_config(void)
{
	return &vm;
}

/* ---- creation ---- */

static void copy_ranges(struct lnx_range *to, const struct subject_slot *from, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		to[i] = (struct lnx_range){from[i].base, from[i].npages};
}

static struct lnx_vm_config translate(const struct subject_vm_config *config)
{
	static const enum lnx_vm_kind kinds[] = {
		[VM_TDX] = LNX_VM_TDX,
		[VM_VMX] = LNX_VM_VMX,
		[VM_SW_PROTECTED] = LNX_VM_SW_PROTECTED,
	};
	struct lnx_vm_config c = {
		.kind = kinds[config->kind],
		.nr_vcpus = config->nr_vcpus,
		.nr_slots = config->nr_slots,
		.nr_private = config->nr_private,
		.nr_added = config->nr_added,
		.sept_ve_disable = config->pending_ve_disable,
	};

	copy_ranges(c.slots, config->slots, config->nr_slots);
	copy_ranges(c.private, config->attrs_private, config->nr_private);
	for (unsigned int i = 0; i < config->nr_added; i++)
		c.added[i] = config->added[i];
	return c;
}

static void create_vm(const struct subject_vm_config *config)
{
	struct lnx_vm_config c = translate(config);
	const char *what = "?";
	int err;

	host_begin();
	vm = *config;
	seamcall_guests(vm.guests, vm.nr_vcpus);
	if (vm.kind == VM_TDX && !lnx_has_tdx())
		eng_internal_error("this tree has no TDX: scenarios without \"kind\" do not run on it");
	err = lnx_vm_create(&c, &what);
	host_leave();
	if (err)
		m_fail("INTERNAL", "INTERNAL creation of the VM", "%s: %s", what, strerror(-err));
	watch_begin();
}

/* ---- operations ---- */

static void run_vcpu(unsigned int vcpu, struct subject_run *run)
{
	struct lnx_run r = {0};

	host_begin();
	lnx_vcpu_run(vcpu, &r);
	host_leave();
	*run = (struct subject_run){.reason = SUBJ_EXIT_ERROR, .err = r.err};
	if (r.is_done) {
		run->reason = SUBJ_EXIT_DONE;
	} else if (r.is_memory_fault || r.is_mapgpa) {
		run->reason = r.is_mapgpa ? SUBJ_EXIT_MAPGPA : SUBJ_EXIT_MEMORY_FAULT;
		run->gpa = r.gpa;
		run->npages = r.size >> PAGE_SHIFT;
		run->private = r.private;
	} else if (r.err == -EINTR) {
		run->reason = SUBJ_EXIT_INTR;
	}
}

static void signal_vcpu(unsigned int vcpu)
{
	host_begin();
	lnx_vcpu_signal(vcpu);
	host_leave();
}

enum { PRIVATE = 1, SHARED = 2 };

static int set_attributes(gfn_t start, u64 npages, bool private)
{
	const struct watch_op op = {start, start + npages, private ? SHARED : PRIVATE, true, private};
	int ret;

	host_begin();
	watch_op_begin(&op);
	ret = lnx_set_attributes(start, npages, private);
	host_leave();
	watch_op_end();
	if (!ret && m_listener)
		m_emit3(EV_ATTR_DONE, 0, start, start + npages);
	return ret;
}

static int punch_hole(gfn_t start, u64 npages)
{
	const struct watch_op op = {start, start + npages, PRIVATE, false, false};
	int ret;

	host_begin();
	watch_op_begin(&op);
	ret = lnx_punch_hole(start, npages);
	host_leave();
	watch_op_end();
	return ret;
}

static int prefault(unsigned int vcpu, gfn_t start, u64 npages, bool private)
{
	int ret;

	host_begin();
	ret = lnx_prefault(vcpu, start, npages, private);
	host_leave();
	return ret;
}

static int nx_recover(void)
{
	int ret;

	host_begin();
	ret = lnx_nx_recover();
	host_leave();
	return ret;
}

static int host_unmap(gfn_t start, u64 npages)
{
	const struct watch_op op = {start, start + npages, SHARED, false, false};
	int ret;

	host_begin();
	watch_op_begin(&op);
	ret = lnx_host_unmap(start, npages);
	host_leave();
	watch_op_end();
	return ret;
}

static int host_write(gfn_t gfn, u64 value)
{
	int ret;

	host_begin();
	ret = lnx_host_write(gfn, value);
	host_leave();
	return ret;
}

/* RCU callbacks that no grace period has freed yet would read as leaks. */
static void quiesce(void)
{
	host_begin();
	while (lnx_rcu_poll())
		;
	host_leave();
}

static const struct subject_ops linux_subject_ops = {
	.name = "kernel tree",
	.create_vm = create_vm,
	.run_vcpu = run_vcpu,
	.signal_vcpu = signal_vcpu,
	.set_attributes = set_attributes,
	.punch_hole = punch_hole,
	.prefault = prefault,
	.nx_recover = nx_recover,
	.host_unmap = host_unmap,
	.host_write = host_write,
	.quiesce = quiesce,
};

/* ---- boot, reset ---- */

static void keep_kernel(void)
{
	pages_keep(SNAPSHOT_BOOT);
	heap_keep(SNAPSHOT_BOOT);
	snapshot_add(SNAPSHOT_BOOT, "kernel data", lnx_kdata_start, lnx_kdata_end - lnx_kdata_start);
	snapshot_take(SNAPSHOT_BOOT);
}

/* Everything that lasts for the process, and the tree as after its initcalls. */
static void start(void)
{
	void (*listener)(const struct m_event *ev);
	static bool done;
	int err;

	if (done)
		return;
	done = true;
	hw_geom.bits = 9;
	hw_geom.levels = 4;
	site_init();
	heap_init();
	pages_init();
	fault_init();
	eng_reset();
	hw_pages_reset();
	hw_cpus_reset(HW_MAX_CPUS);
	seam_reset();
	host_reset();
	/* No run yet, and nothing that oracles could know. */
	listener = m_listener;
	m_listener = NULL;
	err = lnx_boot(LNX_MAX_CPUS);
	host_leave();
	m_listener = listener;
	if (err)
		lnx_internal("the tree does not start: error %d", err);
	if (!spte_layout_choose(lnx_view_host_writable()))
		lnx_internal("the checkers do not know the SPTEs of this tree");
	keep_kernel();
}

static void reset(void)
{
	host_reset();
	snapshot_drop(SNAPSHOT_VM);
	snapshot_restore(SNAPSHOT_BOOT);
	heap_reset(SNAPSHOT_BOOT);
	pages_reset(SNAPSHOT_BOOT);
	memset(&vm, 0, sizeof(vm));
	load_outside();
}

/* The variables of all layers, by host/restored.h; nowhere if the compiler cannot do that. */
extern char __start_run_bss[] __attribute__((weak)), __stop_run_bss[] __attribute__((weak));
extern char __start_run_data[] __attribute__((weak)), __stop_run_data[] __attribute__((weak));

static bool keep(void)
{
	if (!__start_run_bss)
		return false;
	load_outside();
	pages_keep(SNAPSHOT_VM);
	heap_keep(SNAPSHOT_VM);
	snapshot_add(SNAPSHOT_VM, "kernel data", lnx_kdata_start, lnx_kdata_end - lnx_kdata_start);
	snapshot_add(SNAPSHOT_VM, "zeroed variables", __start_run_bss, __stop_run_bss - __start_run_bss);
	snapshot_add(SNAPSHOT_VM, "variables", __start_run_data, __stop_run_data - __start_run_data);
	snapshot_take(SNAPSHOT_VM);
	return true;
}

static void again(void)
{
	heap_reset(SNAPSHOT_VM);
	pages_reset(SNAPSHOT_VM);
	snapshot_restore(SNAPSHOT_VM);
	load_outside();
}

static void callbacks(void *unused)
{
	(void)unused;
	host_begin();
	lnx_rcu_thread();
	host_leave();
}

static const char *identity(void)
{
	return lnx_tree;
}

static const char *const layers[] = {"kernel tree", NULL};

const struct subject the_subject = {
	.ops = &linux_subject_ops,
	.view = &linux_subject_view,
	.identity = identity,
	.has_tdx = lnx_has_tdx,
	.sw_protected = true,
	.layers = layers,
	.start = start,
	.reset = reset,
	.keep = keep,
	.again = again,
	.callbacks = callbacks,
};
