/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One SEAMCALL in progress: the checks and locks that all of them begin with, in the module's order, and the
 * one way out that drops what was taken.
 */
#ifndef TDPFUZZ_MODEL_SEAM_CALL_H
#define TDPFUZZ_MODEL_SEAM_CALL_H

#include "model/seam/state.h"

#define SEAM_MAX_REFS 3
#define NULL_PA ~0ull

/**
 * struct seam_call - state of one call
 * @regs: output registers; @in: as they came
 * @fn, @version: from RAX
 * @td_ref: TDR's lock
 * @refs: other PAMT locks, released before the entry's
 * @gfn, @level: operand of a MEM call; level is KVM's
 * @entry, @value: entry that the walk ended at, and what it said: before P13 the unlocked snapshot, after P14
 *the value under the lock
 */
struct seam_call {
	struct tdx_module_args *regs, in;
	u32 fn;
	u8 version;
	struct seam_td *td;
	struct pamt_ref td_ref;
	struct pamt_ref refs[SEAM_MAX_REFS];
	bool op_state_locked, tree_locked, entry_locked;
	enum seam_lock_mode tree_mode;
	gfn_t gfn;
	unsigned int level;
	volatile u64 *entry;
	u64 value;
};

typedef u64 (*seam_handler)(struct seam_call *c);

#define LEAF_V1 1 /* RAX version 1 is accepted */
#define LEAF_MEM 2 /* RCX is a level and a GPA; RCX and RDX are zeroed at entry */
#define LEAF_PAGE 4 /* has a page in R8, which is what its event shows instead of RDX */

struct seam_leaf_info {
	seam_handler handler;
	const char *name;
	u32 flags;
};
const struct seam_leaf_info *seam_find_leaf(u64 fn);

/* P1..P4: the TDR is locked and is one. */
u64 seam_lock_tdr(struct seam_call *c, u64 hpa, unsigned int reg, enum seam_lock_mode mode);
/* P5..P7: the TD can be worked on. */
u64 seam_check_build(struct seam_call *c);
/* P1..P9; with X P9 is the caller's. @reg: operand id of the register with the TDR; @hpa: its value. */
u64 seam_lock_td(struct seam_call *c, u64 hpa, unsigned int reg, enum seam_lock_mode mode);
/* P8; for calls that hold the TD's lock shared. */
u64 seam_lock_op_state(struct seam_call *c);
/* P10. Levels as TDX counts them; SEAM_TOP is the one of the TD's root. */
#define SEAM_TOP 8
u64 seam_check_gpa(struct seam_call *c, unsigned int min_level, unsigned int max_level);
/* P11, P12. */
u64 seam_lock_tree(struct seam_call *c, enum seam_lock_mode mode);
u64 seam_walk(struct seam_call *c);
/* P13, and the re-read of P14. */
u64 seam_lock_entry(struct seam_call *c);
/* P1..P14 but the state check. */
u64 seam_prologue(struct seam_call *c, u64 tdr_hpa, unsigned int min_level, unsigned int max_level,
		  enum seam_lock_mode tree_mode);
/* Rule B: blocked and tracked. @bepoch of the page or table behind the entry. */
u64 seam_rule_b(struct seam_call *c, struct pamt_entry *p);
/* Status @error | RCX with the entry in RCX and RDX. */
u64 seam_entry_error(struct seam_call *c, u64 error);
u64 seam_state_error(struct seam_call *c);
/* The entry's lock is gone: dropped here, or overwritten by a store. */
void seam_unlock_entry(struct seam_call *c);
void seam_finish(struct seam_call *c);

/* Page operands (spec 2.3). The lock goes to c->refs[slot]. */
u64 seam_page_4k(struct seam_call *c, u64 hpa, unsigned int reg, unsigned int slot);
u64 seam_page_free_range(struct seam_call *c, u64 hpa, unsigned int reg, unsigned int level,
			 unsigned int slot);
u64 seam_hpa_check(u64 hpa, unsigned int level, unsigned int reg);
/* An address of the host's own memory: no private key id. Unlike a page operand it may be outside all TDMRs.
 */
static inline bool seam_hpa_shared(u64 hpa)
{
	return !(hpa >> SEAM_KEYID_SHIFT);
}

/* What the TD would read there with its key. */
u64 seam_td_data(struct seam_td *td, pfn_t pfn);

/* Handlers. */
u64 tdh_mem_sept_add(struct seam_call *c);
u64 tdh_mem_page_add(struct seam_call *c);
u64 tdh_mem_page_aug(struct seam_call *c);
u64 tdh_mem_range_block(struct seam_call *c);
u64 tdh_mem_range_unblock(struct seam_call *c);
u64 tdh_mem_track(struct seam_call *c);
u64 tdh_mem_page_remove(struct seam_call *c);
u64 tdh_mem_page_relocate(struct seam_call *c);
u64 tdh_mem_sept_remove(struct seam_call *c);
u64 tdh_mem_rd(struct seam_call *c);
u64 tdh_mem_wr(struct seam_call *c);
u64 tdh_mem_page_demote(struct seam_call *c);
u64 tdh_mem_page_promote(struct seam_call *c);
u64 tdh_mem_sept_rd(struct seam_call *c);
u64 tdh_mr_finalize(struct seam_call *c);
u64 tdh_vp_enter(struct seam_call *c);
u64 tdh_vp_flush(struct seam_call *c);
u64 tdh_phymem_page_wbinvd(struct seam_call *c);
u64 tdh_phymem_page_reclaim(struct seam_call *c);
u64 tdh_phymem_page_rdmd(struct seam_call *c);
u64 tdh_phymem_cache_wb(struct seam_call *c);
u64 tdh_mng_create(struct seam_call *c);
u64 tdh_mng_key_config(struct seam_call *c);
u64 tdh_mng_addcx(struct seam_call *c);
u64 tdh_mng_init(struct seam_call *c);
u64 tdh_mng_rd(struct seam_call *c);
u64 tdh_mng_vpflushdone(struct seam_call *c);
u64 tdh_mng_key_freeid(struct seam_call *c);
u64 tdh_mng_key_reclaimid(struct seam_call *c);
u64 tdh_vp_create(struct seam_call *c);
u64 tdh_vp_addcx(struct seam_call *c);
u64 tdh_vp_init(struct seam_call *c);
u64 tdh_vp_rd(struct seam_call *c);
u64 tdh_vp_wr(struct seam_call *c);
u64 tdh_mr_extend(struct seam_call *c);

#endif
