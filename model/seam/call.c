/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/event.h"
#include "model/seam/call.h"
#include "model/seam/dpamt.h"
#include "model/seam/sys.h"
#include "model/seam/sept_walk.h"

#define HKID_BITS GENMASK_ULL(51, SEAM_KEYID_SHIFT)

u64 seam_hpa_check(u64 hpa, unsigned int level, unsigned int reg)
{
	u64 align = (hw_level_pages(level) << PAGE_SHIFT) - 1;

	if ((hpa & align) || (hpa & HKID_BITS) || (hpa >> 52))
		return TDX_OPERAND_INVALID | reg;
	if (seam_sys_outside(hpa >> PAGE_SHIFT, hw_level_pages(level)))
		return TDX_OPERAND_ADDR_RANGE_ERROR | reg;
	return TDX_SUCCESS;
}

u64 seam_lock_op_state(struct seam_call *c)
{
	c->op_state_locked = sharex_hp_try(&c->td->op_state_lock, SEAM_S);
	return c->op_state_locked ? TDX_SUCCESS : TDX_OPERAND_BUSY | TDX_OPERAND_ID_OP_STATE;
}

u64 seam_lock_tdr(struct seam_call *c, u64 hpa, unsigned int reg, enum seam_lock_mode mode)
{
	u64 err = seam_hpa_check(hpa, 1, reg);

	if (err)
		return err;
	if (!pamt_walk(hpa >> PAGE_SHIFT, 1, mode, &c->td_ref))
		return TDX_OPERAND_BUSY | reg;
	c->td = seam_td_of(hpa >> PAGE_SHIFT);
	if (c->td_ref.level != 1 || c->td_ref.entry->type != PAMT_TDR || !c->td)
		return TDX_PAGE_METADATA_INCORRECT | reg;
	return TDX_SUCCESS;
}

u64 seam_check_build(struct seam_call *c)
{
	if (c->td->fatal)
		return TDX_TD_FATAL;
	if (c->td->lifecycle != TD_KEYS_CONFIGURED)
		return TDX_TD_KEYS_NOT_CONFIGURED;
	return c->td->nr_tdcx < SEAM_TDCX_PER_TD ? TDX_TDCS_NOT_ALLOCATED : TDX_SUCCESS;
}

u64 seam_lock_td(struct seam_call *c, u64 hpa, unsigned int reg, enum seam_lock_mode mode)
{
	u64 err = seam_lock_tdr(c, hpa, reg, mode);

	err = err ? err : seam_check_build(c);
	/* With the TD's lock X nobody else can hold it. */
	if (err || mode == SEAM_X)
		return err;
	err = seam_lock_op_state(c);
	if (!err && c->td->op_state == OP_UNINITIALIZED)
		err = TDX_OP_STATE_INCORRECT;
	return err;
}

u64 seam_check_gpa(struct seam_call *c, unsigned int min_level, unsigned int max_level)
{
	u64 rcx = c->in.rcx;
	unsigned int level = rcx & 7;

	if (max_level == SEAM_TOP)
		max_level = c->td->levels - 1;
	if ((rcx & GENMASK_ULL(11, 3)) || (rcx >> 52) || level < min_level || level > max_level)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
	c->level = level + 1;
	c->gfn = (rcx & EPT_PFN_MASK) >> PAGE_SHIFT;
	if (hw_gfn_round(c->gfn, c->level) != c->gfn || c->gfn >= c->td->shared_bit)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
	return TDX_SUCCESS;
}

u64 seam_lock_tree(struct seam_call *c, enum seam_lock_mode mode)
{
	c->tree_locked = sharex_lock(&c->td->tree_lock, mode);
	c->tree_mode = mode;
	return c->tree_locked ? TDX_SUCCESS : TDX_OPERAND_BUSY | TDX_OPERAND_ID_SEPT_TREE;
}

u64 seam_entry_error(struct seam_call *c, u64 error)
{
	c->regs->rcx = sept_info_rcx(c->value);
	c->regs->rdx = sept_info_rdx(c->value, c->level);
	return error | TDX_OPERAND_ID_RCX;
}

u64 seam_state_error(struct seam_call *c)
{
	return seam_entry_error(c, TDX_EPT_ENTRY_STATE_INCORRECT);
}

u64 seam_walk(struct seam_call *c)
{
	unsigned int want = c->level;
	struct sept_path path;

	sept_walk(c->td, c->gfn, want, &path);
	c->entry = path.entry;
	c->value = path.value;
	c->level = path.level;
	return path.level == want ? TDX_SUCCESS : seam_entry_error(c, TDX_EPT_WALK_FAILED);
}

u64 seam_lock_entry(struct seam_call *c)
{
	if (!sept_lock_host(c->entry))
		return seam_entry_error(c, TDX_OPERAND_BUSY);
	c->entry_locked = true;
	c->value = m_load64(c->entry, M_SEAM);
	return TDX_SUCCESS;
}

u64 seam_prologue(struct seam_call *c, u64 tdr_hpa, unsigned int min_level, unsigned int max_level,
		  enum seam_lock_mode tree_mode)
{
	u64 err = seam_lock_td(c, tdr_hpa, TDX_OPERAND_ID_RDX, SEAM_S);

	err = err ? err : seam_check_gpa(c, min_level, max_level);
	err = err ? err : seam_lock_tree(c, tree_mode);
	err = err ? err : seam_walk(c);
	return err ? err : seam_lock_entry(c);
}

static bool resizes_unblocked(const struct seam_call *c)
{
	return seam_profile == SEAM_PROFILE_RESIZE_UNBLOCKED &&
	       (c->fn == TDH_MEM_PAGE_DEMOTE || c->fn == TDH_MEM_PAGE_PROMOTE);
}

u64 seam_rule_b(struct seam_call *c, struct pamt_entry *p)
{
	if (c->td->op_state != OP_RUNNABLE || resizes_unblocked(c))
		return TDX_SUCCESS;
	if (!sept_is_blocked(c->value))
		return seam_entry_error(c, TDX_GPA_RANGE_NOT_BLOCKED);
	if (!seam_tracked(c->td, m_load64(&p->bepoch, M_SEAM)))
		return TDX_TLB_TRACKING_NOT_DONE | TDX_OPERAND_ID_RCX;
	return TDX_SUCCESS;
}

void seam_unlock_entry(struct seam_call *c)
{
	if (c->entry_locked)
		sept_unlock(c->entry);
	c->entry_locked = false;
}

void seam_finish(struct seam_call *c)
{
	seam_unlock_entry(c);
	for (unsigned int i = SEAM_MAX_REFS; i--;)
		pamt_unlock(&c->refs[i]);
	if (c->tree_locked)
		sharex_release(&c->td->tree_lock, c->tree_mode);
	if (c->op_state_locked)
		sharex_hp_unlock(&c->td->op_state_lock, SEAM_S);
	pamt_unlock(&c->td_ref);
}

u64 seam_page_4k(struct seam_call *c, u64 hpa, unsigned int reg, unsigned int slot)
{
	struct pamt_ref *ref = &c->refs[slot];
	u64 err = seam_hpa_check(hpa, 1, reg);

	if (err)
		return err;
	if (dpamt_missing(hpa >> PAGE_SHIFT))
		return TDX_MISSING_PAMT_PAGE_PAIR | reg;
	if (!pamt_walk(hpa >> PAGE_SHIFT, 1, SEAM_X, ref))
		return TDX_OPERAND_BUSY | reg;
	if (ref->level != 1 || ref->entry->type != PAMT_NDA)
		return TDX_PAGE_METADATA_INCORRECT | reg;
	return TDX_SUCCESS;
}

u64 seam_page_free_range(struct seam_call *c, u64 hpa, unsigned int reg, unsigned int level,
			 unsigned int slot)
{
	struct pamt_ref *ref = &c->refs[slot];
	u64 err = seam_hpa_check(hpa, level, reg);

	if (err)
		return err;
	if (level == 1 && dpamt_missing(hpa >> PAGE_SHIFT))
		return TDX_MISSING_PAMT_PAGE_PAIR | reg;
	if (!pamt_walk(hpa >> PAGE_SHIFT, level, SEAM_X, ref))
		return TDX_OPERAND_BUSY | reg;
	if (ref->level != level || ref->entry->type != PAMT_NDA)
		return TDX_PAGE_METADATA_INCORRECT | reg;
	if (level > 1 && __atomic_load_n(&ref->entry->used, __ATOMIC_ACQUIRE))
		return TDX_PAGE_METADATA_INCORRECT | reg;
	return TDX_SUCCESS;
}

/**
 * struct leaf - a SEAMCALL
 * @version1: RAX version 1 is accepted
 * @mem: RCX and RDX are zeroed at entry
 * @r8: the event shows R8 instead of RDX
 */
static const struct leaf {
	u32 fn;
	bool version1, mem, r8;
	seam_handler handler;
	const char *name;
} leaves[] = {
	{TDH_VP_ENTER, false, false, false, tdh_vp_enter, "TDH.VP.ENTER"},
	{TDH_MEM_PAGE_ADD, false, true, true, tdh_mem_page_add, "TDH.MEM.PAGE.ADD"},
	{TDH_MEM_SEPT_ADD, true, true, true, tdh_mem_sept_add, "TDH.MEM.SEPT.ADD"},
	{TDH_MEM_PAGE_RELOCATE, false, true, true, tdh_mem_page_relocate, "TDH.MEM.PAGE.RELOCATE"},
	{TDH_MEM_PAGE_AUG, false, true, true, tdh_mem_page_aug, "TDH.MEM.PAGE.AUG"},
	{TDH_MEM_RANGE_BLOCK, false, true, false, tdh_mem_range_block, "TDH.MEM.RANGE.BLOCK"},
	{TDH_MEM_RD, false, true, false, tdh_mem_rd, "TDH.MEM.RD"},
	{TDH_MEM_WR, false, true, false, tdh_mem_wr, "TDH.MEM.WR"},
	{TDH_MEM_PAGE_DEMOTE, false, true, true, tdh_mem_page_demote, "TDH.MEM.PAGE.DEMOTE"},
	{TDH_MR_FINALIZE, false, false, false, tdh_mr_finalize, "TDH.MR.FINALIZE"},
	{TDH_VP_FLUSH, false, false, false, tdh_vp_flush, "TDH.VP.FLUSH"},
	{TDH_MEM_PAGE_PROMOTE, true, true, false, tdh_mem_page_promote, "TDH.MEM.PAGE.PROMOTE"},
	{TDH_MEM_SEPT_RD, false, true, false, tdh_mem_sept_rd, "TDH.MEM.SEPT.RD"},
	{TDH_MEM_PAGE_REMOVE, false, true, false, tdh_mem_page_remove, "TDH.MEM.PAGE.REMOVE"},
	{TDH_MEM_SEPT_REMOVE, true, true, false, tdh_mem_sept_remove, "TDH.MEM.SEPT.REMOVE"},
	{TDH_MEM_TRACK, false, false, false, tdh_mem_track, "TDH.MEM.TRACK"},
	{TDH_MEM_RANGE_UNBLOCK, false, true, false, tdh_mem_range_unblock, "TDH.MEM.RANGE.UNBLOCK"},
	{TDH_PHYMEM_PAGE_WBINVD, false, false, false, tdh_phymem_page_wbinvd, "TDH.PHYMEM.PAGE.WBINVD"},
	{TDH_SYS_INIT, false, false, false, tdh_sys_init, "TDH.SYS.INIT"},
	{TDH_SYS_LP_INIT, false, false, false, tdh_sys_lp_init, "TDH.SYS.LP.INIT"},
	{TDH_SYS_RD, false, false, false, tdh_sys_rd, "TDH.SYS.RD"},
	{TDH_SYS_CONFIG, false, false, false, tdh_sys_config, "TDH.SYS.CONFIG"},
	{TDH_SYS_KEY_CONFIG, false, false, false, tdh_sys_key_config, "TDH.SYS.KEY.CONFIG"},
	{TDH_SYS_TDMR_INIT, false, false, false, tdh_sys_tdmr_init, "TDH.SYS.TDMR.INIT"},
	{TDH_PHYMEM_PAMT_ADD, false, false, false, tdh_phymem_pamt_add, "TDH.PHYMEM.PAMT.ADD"},
	{TDH_PHYMEM_PAMT_REMOVE, false, false, false, tdh_phymem_pamt_remove, "TDH.PHYMEM.PAMT.REMOVE"},
	{TDH_MNG_CREATE, false, false, false, tdh_mng_create, "TDH.MNG.CREATE"},
	{TDH_MNG_KEY_CONFIG, false, false, false, tdh_mng_key_config, "TDH.MNG.KEY.CONFIG"},
	{TDH_MNG_ADDCX, false, false, false, tdh_mng_addcx, "TDH.MNG.ADDCX"},
	{TDH_MNG_INIT, false, false, false, tdh_mng_init, "TDH.MNG.INIT"},
	{TDH_MNG_RD, false, false, false, tdh_mng_rd, "TDH.MNG.RD"},
	{TDH_VP_CREATE, false, false, false, tdh_vp_create, "TDH.VP.CREATE"},
	{TDH_VP_ADDCX, false, false, false, tdh_vp_addcx, "TDH.VP.ADDCX"},
	{TDH_VP_INIT, true, false, false, tdh_vp_init, "TDH.VP.INIT"},
	{TDH_VP_RD, false, false, false, tdh_vp_rd, "TDH.VP.RD"},
	{TDH_VP_WR, false, false, false, tdh_vp_wr, "TDH.VP.WR"},
	{TDH_MR_EXTEND, false, true, false, tdh_mr_extend, "TDH.MR.EXTEND"},
	{TDH_MNG_VPFLUSHDONE, false, false, false, tdh_mng_vpflushdone, "TDH.MNG.VPFLUSHDONE"},
	{TDH_PHYMEM_CACHE_WB, false, false, false, tdh_phymem_cache_wb, "TDH.PHYMEM.CACHE.WB"},
	{TDH_MNG_KEY_FREEID, false, false, false, tdh_mng_key_freeid, "TDH.MNG.KEY.FREEID"},
	{TDH_MNG_KEY_RECLAIMID, false, false, false, tdh_mng_key_reclaimid, "TDH.MNG.KEY.RECLAIMID"},
	{TDH_PHYMEM_PAGE_RECLAIM, false, false, false, tdh_phymem_page_reclaim, "TDH.PHYMEM.PAGE.RECLAIM"},
	{TDH_PHYMEM_PAGE_RDMD, false, false, false, tdh_phymem_page_rdmd, "TDH.PHYMEM.PAGE.RDMD"},
};

static const struct leaf *find_leaf(u64 fn)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(leaves); i++) {
		if (leaves[i].fn == (fn & 0xffff))
			return &leaves[i];
	}
	return NULL;
}

const char *seam_leaf_name(u64 fn)
{
	const struct leaf *leaf = find_leaf(fn);

	return leaf ? leaf->name : "SEAMCALL";
}

bool seam_leaf_on_gpa(u64 fn)
{
	const struct leaf *leaf = find_leaf(fn);

	return leaf && leaf->mem;
}

u64 seam_call(u64 fn, struct tdx_module_args *args)
{
	const struct leaf *leaf = find_leaf(fn);
	unsigned int version = (fn >> 16) & 0xff;
	struct seam_call c = {.regs = args, .in = *args, .fn = fn & 0xffff, .version = version};
	u64 status;

	if (!leaf || (fn & ~0xffffffull) || (version && !leaf->version1))
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RAX;
	status = seam_sys_admits(c.fn);
	if (unlikely(status))
		return status;
	if (leaf->mem)
		args->rcx = args->rdx = 0;
	if (version > 1 && (c.fn == TDH_MEM_PAGE_PROMOTE || c.fn == TDH_MEM_SEPT_REMOVE))
		args->r9 = args->r10 = args->r11 = NULL_PA;
	if (version > 1)
		status = TDX_OPERAND_INVALID | TDX_OPERAND_ID_RAX;
	else
		status = leaf->handler(&c);
	seam_finish(&c);
	m_emit4(EV_SEAMCALL, c.fn, status, c.in.rcx, leaf->r8 ? c.in.r8 : c.in.rdx);
	return status;
}
