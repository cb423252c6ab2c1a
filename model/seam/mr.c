/* SPDX-License-Identifier: GPL-2.0-only */
/* TDH.MR.EXTEND: 256 bytes of the initial image are measured. Checked as in the module; nothing is hashed. */
#include "model/seam/call.h"
#include "model/seam/sept_walk.h"

#define CHUNK 256

static u64 check_chunk(struct seam_call *c)
{
	u64 gpa = c->in.rcx;

	if ((gpa & (CHUNK - 1)) || (gpa >> 52) || gpa >> PAGE_SHIFT >= c->td->shared_bit)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
	c->gfn = gpa >> PAGE_SHIFT;
	return TDX_SUCCESS;
}

/* The TD's lock is exclusive: neither the tree nor the entry is locked. */
u64 tdh_mr_extend(struct seam_call *c)
{
	u64 err = seam_lock_td(c, c->in.rdx, TDX_OPERAND_ID_RDX, SEAM_X);
	struct sept_path path;

	if (!err && c->td->op_state != OP_INITIALIZED)
		err = TDX_OP_STATE_INCORRECT;
	err = err ? err : check_chunk(c);
	if (err)
		return err;
	sept_walk(c->td, c->gfn, 1, &path);
	c->value = path.value;
	c->level = path.level;
	if (!sept_is_leaf(path.value) || !(path.value & EPT_RWX))
		return seam_entry_error(c, TDX_EPT_ENTRY_NOT_PRESENT);
	return sept_entry_state(path.value) == SEPT_MAPPED ? TDX_SUCCESS : TDX_EPT_ENTRY_NOT_PRESENT;
}
