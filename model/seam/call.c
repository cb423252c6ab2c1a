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

u64 seam_call(u64 fn, struct tdx_module_args *args)
{
	const struct seam_leaf_info *leaf = seam_find_leaf(fn);
	unsigned int version = (fn >> 16) & 0xff;
	struct seam_call c = {.regs = args, .in = *args, .fn = fn & 0xffff, .version = version};
	u64 status;

	if (!leaf || (fn & ~0xffffffull) || (version && !(leaf->flags & LEAF_V1)))
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RAX;
	status = seam_sys_admits(c.fn);
	if (unlikely(status))
		return status;
	if (leaf->flags & LEAF_MEM)
		args->rcx = args->rdx = 0;
	if (version > 1 && (c.fn == TDH_MEM_PAGE_PROMOTE || c.fn == TDH_MEM_SEPT_REMOVE))
		args->r9 = args->r10 = args->r11 = NULL_PA;
	if (version > 1)
		status = TDX_OPERAND_INVALID | TDX_OPERAND_ID_RAX;
	else
		status = leaf->handler(&c);
	seam_finish(&c);
	m_emit4(EV_SEAMCALL, c.fn, status, c.in.rcx, leaf->flags & LEAF_PAGE ? c.in.r8 : c.in.rdx);
	return status;
}
