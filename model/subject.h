/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The code under test as its users and its observers see it. Scenarios drive it through struct subject_ops,
 * oracles look at it through struct subject_view; model/kvm provides one of each, a kernel tree will provide
 * another.
 */
#ifndef TDPFUZZ_MODEL_SUBJECT_H
#define TDPFUZZ_MODEL_SUBJECT_H

#include "model/hw/cpu.h"

#define SUBJECT_MAX_SLOTS 4
#define SUBJECT_MAX_VCPUS 4
#define SUBJECT_MAX_ROOTS 8

/*
 * VM_VMX: an ordinary VM: one direct root, no private memory, no attributes (set_attributes is -EINVAL
 * there). The NX recovery worker needs it: KVM ends a TD that executes shared memory, so a TD's shared root
 * never has a table that was made because of an executable 4K mapping.
 *
 * VM_SW_PROTECTED: KVM_X86_SW_PROTECTED_VM: one direct root, too, but private memory as a TD has it, by
 * attributes and guest_memfd. Nothing is encrypted and a gpa has no shared bit: the attribute alone says what
 * an access of the guest reaches.
 */
enum subject_vm_kind { VM_TDX, VM_VMX, VM_SW_PROTECTED };

/* One memslot; every slot of a TD has both a guest_memfd and user memory behind it. Frames of 4 KiB. */
struct subject_slot {
	gfn_t base;
	u64 npages;
};

/**
 * struct subject_vm_config - what the VMM asks for before the first run
 * @added: private gfns that are in the initial image (PAGE.ADD), so MAPPED without ACCEPT
 * @attrs_private: ranges whose attribute is private at start; everything else is shared
 */
struct subject_vm_config {
	enum subject_vm_kind kind;
	u8 nr_vcpus, nr_slots, nr_added, nr_private;
	struct subject_slot slots[SUBJECT_MAX_SLOTS];
	gfn_t added[16];
	struct subject_slot attrs_private[8];
	struct hw_guest *guests[SUBJECT_MAX_VCPUS];
	bool pending_ve_disable;
};

/* Why KVM_RUN came back. */
enum subject_exit {
	SUBJ_EXIT_DONE, /* guest program over */
	SUBJ_EXIT_MEMORY_FAULT, /* KVM_EXIT_MEMORY_FAULT: @gpa, @private: convert and run again */
	SUBJ_EXIT_MAPGPA, /* KVM_EXIT_HYPERCALL(MAP_GPA_RANGE): @gpa, @npages, @private */
	SUBJ_EXIT_INTR, /* -EINTR: a signal */
	SUBJ_EXIT_ERROR, /* @err */
};

struct subject_run {
	enum subject_exit reason;
	gpa_t gpa; /* shared bit stripped */
	u64 npages;
	bool private;
	int err; /* 0 or -errno of KVM_RUN */
};

/*
 * The surface. All calls but reset/create run on an engine thread. Errors are -errno as the system call gives
 * them.
 */
struct subject_ops {
	const char *name;
	void (*create_vm)(
		const struct subject_vm_config *config); /* single-threaded, up to the first KVM_RUN */
	void (*run_vcpu)(unsigned int vcpu, struct subject_run *run);
	/*
	 * A signal for the threads that run the vCPU or prefault for it, from any thread, for good: they give
	 * up with -EINTR before the next entry or try. The harness's own means to end what gets nowhere; no
	 * scenario has it, so it is no scheduling point.
	 */
	void (*signal_vcpu)(unsigned int vcpu);
	int (*set_attributes)(gfn_t start, u64 npages, bool private);
	int (*punch_hole)(gfn_t start, u64 npages); /* guest_memfd offsets, given as gfns */
	int (*prefault)(unsigned int vcpu, gfn_t start, u64 npages, bool private);
	int (*nx_recover)(void); /* one round of the NX recovery worker */
	/* The host mm changes what is behind the user memory: notifier start, PTE change, page freed,
	 * notifier end. */
	int (*host_unmap)(gfn_t start, u64 npages);
	/* Host user space writes through its own mapping of a slot. */
	int (*host_write)(gfn_t gfn, u64 value);
	/* End of the run, single-threaded, all threads joined: leave everything as after the last ioctl. */
	void (*quiesce)(void);
};

/* One root page table. */
struct subject_root {
	hpa_t root;
	bool mirror, valid;
	u8 level;
};

/**
 * struct subject_view - what oracles may ask, at any instant, without a scheduling point
 * @roots: fills @out, returns the number
 * @attr_private: the attribute of @gfn now
 * @slot_of: the slot that contains @gfn, or NULL
 * @lpage_mixed: the MIXED bit of (gfn, level); -1 when no slot covers the whole range. Internals.
 * @invalidate: open invalidation sections and their range; returns the count. Internals.
 * @user_pfn: frame behind the user address of @gfn, or ~0
 * @gmem_pfn: frame of the guest_memfd folio of @gfn, or ~0
 * @pages_stat: KVM's counter pages_{4k,2m,1g}[level - 1]. Internals.
 * @bugged: vm_bugged
 */
struct subject_view {
	unsigned int (*roots)(struct subject_root *out, unsigned int max);
	bool (*attr_private)(gfn_t gfn);
	const struct subject_slot *(*slot_of)(gfn_t gfn);
	int (*lpage_mixed)(gfn_t gfn, unsigned int level);
	int (*invalidate)(gfn_t *start, gfn_t *end);
	pfn_t (*user_pfn)(gfn_t gfn);
	pfn_t (*gmem_pfn)(gfn_t gfn);
	u64 (*pages_stat)(unsigned int level);
	bool (*bugged)(void);
};

extern const struct subject_ops kvm_subject_ops;
extern const struct subject_view kvm_subject_view;

/**
 * struct subject - the code under test of this program: chosen when it is linked
 * @identity: the tree and its configuration, for what a recording carries; NULL for the model, which is part
 * of the program
 * @narrow: knows the narrow geometry; else every scenario runs in the wide one
 * @switches: has the seeded bugs and the design variants
 * @has_tdx: can it run a TD? NULL: yes
 * @sw_protected: can it run a VM_SW_PROTECTED?
 * @layers: paths in which its source lies, NULL-terminated: a function there is what reports name
 * @start: once a process, when the engine stands and before the first run
 * @reset: start of a run: forget all that was
 * @keep: the VM of the scenario stands, in all layers: remember it; false: cannot. NULL: creation is cheap
 * @again: in place of a reset and the creation: all layers are as they were at @keep, the engine's threads
 * and what outlives runs excepted
 * @callbacks: body of the last thread of a run, which runs RCU callbacks until the other threads have ended
 */
struct subject {
	const struct subject_ops *ops;
	const struct subject_view *view;
	const char *(*identity)(void);
	bool narrow, switches, sw_protected;
	int (*has_tdx)(void);
	const char *const *layers;
	void (*start)(void);
	void (*reset)(void);
	bool (*keep)(void);
	void (*again)(void);
	void (*callbacks)(void *unused);
};
extern const struct subject the_subject;

#endif
