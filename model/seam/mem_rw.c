/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDH.MEM.RD and TDH.MEM.WR: the host's window into a debug TD, eight bytes at a time.
 *
 * Simplification: a page's content is one word (model/hw/page.h), and every eight bytes of it are that word.
 */
#include "model/seam/call.h"
#include "model/seam/sept_walk.h"

u64 seam_td_data(struct seam_td *td, pfn_t pfn)
{
	u16 key;
	u64 value = hw_data(pfn, &key);

	return key == td->keyid ? value : HW_BAD_KEY;
}

/* Towards the leaf, of whatever size. Anything else at the end is "not present". */
static u64 walk_to_leaf(struct seam_call *c)
{
	struct sept_path path;

	sept_walk(c->td, c->gfn, 1, &path);
	c->entry = path.entry;
	c->value = path.value;
	c->level = path.level;
	if (!sept_is_leaf(path.value) || !(path.value & EPT_RWX))
		return seam_entry_error(c, TDX_EPT_ENTRY_NOT_PRESENT);
	return TDX_SUCCESS;
}

/* Here the tree is locked before the address is looked at: a shared one can meet BUSY. */
static u64 rw_check(struct seam_call *c)
{
	u64 gpa = c->in.rcx, err = seam_lock_td(c, c->in.rdx, TDX_OPERAND_ID_RDX, SEAM_S);

	if (err)
		return err;
	if (!c->td->debug)
		return TDX_TD_NON_DEBUG;
	if (gpa & 7)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
	err = seam_lock_tree(c, SEAM_S);
	if (err)
		return err;
	c->gfn = gpa >> PAGE_SHIFT;
	if (c->gfn >= c->td->shared_bit)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
	err = walk_to_leaf(c);
	err = err ? err : seam_lock_entry(c);
	if (!err && sept_entry_state(c->value) != SEPT_MAPPED)
		err = seam_state_error(c);
	return err;
}

static pfn_t data_pfn(struct seam_call *c)
{
	return sept_pfn(c->value, c->level) + (c->gfn & (hw_level_pages(c->level) - 1));
}

u64 tdh_mem_rd(struct seam_call *c)
{
	u64 err;

	c->regs->r8 = 0;
	err = rw_check(c);
	if (!err)
		c->regs->r8 = seam_td_data(c->td, data_pfn(c));
	return err;
}

u64 tdh_mem_wr(struct seam_call *c)
{
	u64 err;

	c->regs->r8 = 0;
	err = rw_check(c);
	if (err)
		return err;
	c->regs->r8 = seam_td_data(c->td, data_pfn(c));
	hw_set_data(data_pfn(c), c->in.r8, c->td->keyid);
	return TDX_SUCCESS;
}
