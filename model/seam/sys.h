/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module as a whole: how a host brings it up, what it says about itself (TDH.SYS.RD), and what it holds a
 * host's TD_PARAMS against.
 */
#ifndef TDPFUZZ_MODEL_SEAM_SYS_H
#define TDPFUZZ_MODEL_SEAM_SYS_H

#include "model/seam/call.h"

/* FIXED0: bits that may be 1; FIXED1: bits that have to be. */
#define SYS_ATTRIBUTES_FIXED0 (BIT_ULL(28) | BIT_ULL(0)) /* SEPT_VE_DISABLE, DEBUG */
#define SYS_ATTRIBUTES_FIXED1 0ull
#define SYS_XFAM_FIXED0 7ull /* x87, SSE, AVX */
#define SYS_XFAM_FIXED1 3ull
#define SYS_CONFIG_FLAGS 5ull /* GPAW, NO_RBP_MOD */
/* The one CPUID leaf that a host configures: a kernel asks for the address width in it. */
#define SYS_NR_CPUID_CONFIG 1
#define SYS_CPUID_CONFIG_LEAF (0xffffffffull << 32 | 0x80000008)
#define SYS_CPUID_CONFIG_EBX BIT_ULL(9) /* WBNOINVD */
#define SYS_PAMT_ENTRY_SIZE 16

/*
 * NOT_STARTED: nobody has called SYS.INIT. Then the module serves its test bench: it is as if a host had
 * brought it up with all memory in one TDMR.
 */
enum sys_state { SYS_NOT_STARTED, SYS_STARTED, SYS_CONFIGURED, SYS_READY };

#define SYS_MAX_TDMRS 64
#define SYS_MAX_RESERVED 16

/**
 * struct sys_tdmr - memory that TDs may have
 * @next: all before it is initialised
 * @reserved: not TDX's, in ascending order: holes, and the PAMT itself
 */
struct sys_tdmr {
	hpa_t base, size, next;
	unsigned int nr_reserved;
	struct {
		hpa_t base, size;
	} reserved[SYS_MAX_RESERVED];
};

/**
 * struct seam_sys - survives seam_reset(): a run begins with the module as its host left it
 * @lps: CPUs that have done SYS.LP.INIT
 * @packages: that have the module's own key
 * @keyid: that key's id
 *
 * Simplification: the calls that bring the module up take no lock; a host makes them one after another.
 */
struct seam_sys {
	u8 state;
	u32 lps, packages;
	u16 keyid;
	unsigned int nr_tdmrs;
	struct sys_tdmr tdmrs[SYS_MAX_TDMRS];
};
extern struct seam_sys seam_sys;

/* For tests: back to NOT_STARTED. */
void seam_sys_forget(void);
/* Is @fn allowed here and now? */
u64 seam_sys_admits(u32 fn);
/* Pages that no TD can have: outside the TDMRs or not initialised yet; how many of them are reserved. */
bool seam_sys_outside(pfn_t pfn, u64 pages);
u64 seam_sys_reserved(pfn_t pfn, u64 pages);

u64 tdh_sys_init(struct seam_call *c);
u64 tdh_sys_lp_init(struct seam_call *c);
u64 tdh_sys_rd(struct seam_call *c);
u64 tdh_sys_config(struct seam_call *c);
u64 tdh_sys_key_config(struct seam_call *c);
u64 tdh_sys_tdmr_init(struct seam_call *c);

#endif
