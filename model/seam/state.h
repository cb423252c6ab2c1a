/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's state of TDs and vCPUs.
 *
 * Not modelled, here and behind it: what makes a TD fatal, migration, L2 VMs, service TDs, measurements; of a
 * debug TD only MEM.RD and MEM.WR. A TD's control structures are the structs below, not the bytes of its
 * pages: pages are counted, and the fourth TDCX page is the root of the S-EPT.
 */
#ifndef TDPFUZZ_MODEL_SEAM_STATE_H
#define TDPFUZZ_MODEL_SEAM_STATE_H

#include "model/seam/pamt.h"

#define SEAM_MAX_TDS 4
#define SEAM_MAX_VPS 8
#define SEAM_TDCX_PER_TD 6
#define SEAM_MAX_TDCX_PER_TD 9 /* the rest is for L2 VMs */
#define SEAM_TDCX_ROOT 3
#define SEAM_TDCX_PER_VP 5
#define SEAM_ZERO_STEP_THRESHOLD 6
#define SEAM_ZERO_STEP_GPAS 32
/*
 * The module gives up on a guest that keeps running into host priority after a second. There is no time here:
 * this many TDCALLs in a row that fail for it stand for it.
 */
#define SEAM_HP_TIMEOUT_CALLS 16

/* Of the TDR: what of the key there is. Any later state than KEYS_CONFIGURED ends all MEM and VP calls. */
enum seam_lifecycle { TD_HKID_ASSIGNED, TD_KEYS_CONFIGURED, TD_BLOCKED, TD_TEARDOWN };
/* Of the TDCS, while keys are configured. */
enum seam_op_state { OP_UNINITIALIZED, OP_INITIALIZED, OP_RUNNABLE };

/*
 * TD_EPOCH and both counters of vCPUs inside are one 128-bit word in the module and one 64-bit word here, so
 * that the tracking rule reads them at once: epoch in 31:0, counters of even and odd epochs in 47:32 and
 * 63:48.
 */
#define EPOCH_OF(word) ((word) & 0xffffffffull)
#define REFCOUNT_ONE(epoch) (1ull << (((epoch) & 1) ? 48 : 32))
#define REFCOUNT_OF(word, epoch) (((word) >> (((epoch) & 1) ? 48 : 32)) & 0xffff)

/**
 * struct seam_td_params - what MNG.INIT took from TD_PARAMS
 * @cpuid: EAX to EDX of the one configurable leaf
 */
struct seam_td_params {
	u64 attributes, xfam, eptp_controls, config_flags;
	u16 max_vcpus, tsc_frequency;
	u32 cpuid[4];
};

/**
 * struct seam_td - a TD: its TDR and TDCS
 * @tdr: frame of the TDR, whose PAMT lock is the lock of the TD; 0 = slot is free
 * @lifecycle: changed under the TD's lock X, read under S
 * @fatal: the TD is dead; nothing in the model sets it
 * @nr_tdcx: pages of the TDCS so far
 * @keys: packages whose memory controller has the key
 * @tag: of its translations in a TLB; not reused within a run
 * @root: first page of the S-EPT (TDCX number 3)
 * @op_state: changed under the TD's lock X, read under S
 * @op_state_lock: sharex-HP; only migration takes it X, so taking it S is no visible step
 * @tree_lock: sharex. S by everything that walks and changes one entry, X by BLOCK, UNBLOCK and a VP.ENTER
 *that checks the zero-step list; not taken by a guest's ACCEPT
 * @epoch_lock: sharex. X by TRACK, S by VP.ENTER for as long as it joins an epoch
 * @epoch: see EPOCH_OF()
 * @chldcnt: 4K pages that belong to the TD
 * @pending_ve_disable: an access to a PENDING page leaves to the host instead of raising #VE
 * @debug: ATTRIBUTES.DEBUG: the host may use MEM.RD and MEM.WR
 * @levels: of the S-EPT: 4 or 5 (page-walk length of the EPTP)
 * @shared_bit: of a gfn: topmost index bit of four levels (GPAW 0: also with five), or of five (GPAW 1)
 */
struct seam_td {
	pfn_t tdr;
	hpa_t root;
	u16 keyid;
	u8 lifecycle, nr_tdcx, keys;
	bool fatal;
	u32 tag;
	struct seam_td_params params;
	bool pending_ve_disable, debug;
	u8 op_state, index, levels;
	gfn_t shared_bit;
	u64 op_state_lock, tree_lock, epoch_lock;
	u64 epoch;
	u64 chldcnt;
	u32 nr_vps, nr_associated;
};

#define VP_ACTIVE BIT_ULL(63)

enum seam_vp_state { VP_UNINITIALIZED, VP_READY };

/**
 * struct seam_vp_fields - what the host writes with VP.WR, as a VMCS holds it; only the shared EPTP has an
 * effect
 */
struct seam_vp_fields {
	u64 pi_desc, shared_eptp;
	u32 pin_controls, secondary_controls, notify_window;
	u16 pi_vector;
	u8 pend_nmi;
};

/**
 * struct seam_vp - a vCPU: its TDVPS. Everything but @tdvpr is protected by who is in VP.ENTER with it
 * @tdvpr: 0 = slot is free
 * @state: VP.INIT makes it READY, under X of the TDVPR
 * @nr_tdcx: pages behind the TDVPR so far
 * @index: order of VP.INIT; @x2apic_id: the same unless the host said another
 * @where: CPU + 1 that it is associated with, 0 = none; with VP_ACTIVE while it runs there. Atomic: two CPUs
 *may try to enter one vCPU
 * @epoch: TD epoch of the last entry
 * @entry_rip: where the guest was at the last VP.ENTER (zero-step)
 * @stepping: EPT-violation exits at one place without progress, up to SEAM_ZERO_STEP_THRESHOLD
 * @gpas: faults beyond that: VP.ENTER checks them
 * @hp_calls: TDCALLs in a row that failed for host priority
 * @vmcall: the last exit was TDG.VP.VMCALL; its result comes back in R10 of the next entry
 * @vmcall_reg: where the guest wants that result
 */
struct seam_vp {
	pfn_t tdvpr;
	struct seam_td *td;
	struct hw_guest *guest;
	struct hw_vmcs vmcs;
	u8 state, nr_tdcx;
	u32 index, x2apic_id;
	struct seam_vp_fields fields;
	u64 where;
	u64 epoch;
	u32 entry_rip;
	u8 stepping, nr_gpas, hp_calls, vmcall_reg;
	bool vmcall;
	gpa_t gpas[SEAM_ZERO_STEP_GPAS];
};

extern struct seam_td seam_tds[SEAM_MAX_TDS];
extern unsigned int seam_nr_tds;
extern struct seam_vp seam_vps[SEAM_MAX_VPS];
extern unsigned int seam_nr_vps;

struct seam_td *seam_td_of(pfn_t tdr);
struct seam_vp *seam_vp_of(pfn_t tdvpr);

/* Spec 4.3. */
bool seam_tracked(struct seam_td *td, u64 bepoch);
void seam_chldcnt_add(struct seam_td *td, s64 pages);

#endif
