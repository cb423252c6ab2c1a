/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls that change no mapping: SEPT.RD, MR.FINALIZE, PHYMEM.PAGE.WBINVD. */
#include "model/seam/call.h"

#define L2_VIEW BIT_ULL(0)

/* A reader that takes the entry's lock: it makes others busy, and leaves host priority when it is busy
 * itself. */
u64 tdh_mem_sept_rd(struct seam_call *c)
{
	u64 err = seam_lock_td(c, c->in.rdx & ~L2_VIEW, TDX_OPERAND_ID_RDX, SEAM_S);

	/* For debug TDs only. */
	if (!err && (c->in.rdx & L2_VIEW) && !c->td->debug)
		err = TDX_OPERAND_INVALID | TDX_OPERAND_ID_RDX;
	err = err ? err : seam_check_gpa(c, 0, SEAM_TOP);
	err = err ? err : seam_lock_tree(c, SEAM_S);
	err = err ? err : seam_walk(c);
	err = err ? err : seam_lock_entry(c);
	if (!err)
		seam_entry_error(c, TDX_SUCCESS); /* what an error would report */
	if (!err && (c->in.rdx & L2_VIEW))
		c->regs->r8 = 0; /* attributes in L2 VMs, none of which exists */
	return err;
}

u64 tdh_mr_finalize(struct seam_call *c)
{
	u64 err = seam_lock_td(c, c->in.rcx, TDX_OPERAND_ID_RCX, SEAM_X);

	if (err)
		return err;
	if (c->td->op_state != OP_INITIALIZED)
		return TDX_OP_STATE_INCORRECT;
	if (!c->td->nr_vps)
		return TDX_NO_VCPUS;
	c->td->op_state = OP_RUNNABLE;
	return TDX_SUCCESS;
}

/* Only for a 4K page that nobody owns any more. Caches are not modelled: nothing to flush. */
u64 tdh_phymem_page_wbinvd(struct seam_call *c)
{
	u64 hpa = c->in.rcx & GENMASK_ULL(45, 0); /* any key id is accepted */
	u64 err = seam_hpa_check(hpa, 1, TDX_OPERAND_ID_RCX);

	if (c->in.rcx >> 52)
		err = TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
	if (err)
		return err;
	if (!pamt_walk(hpa >> PAGE_SHIFT, 1, SEAM_S, &c->refs[0]))
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX;
	if (c->refs[0].level != 1 || c->refs[0].entry->type != PAMT_NDA)
		return TDX_PAGE_METADATA_INCORRECT | TDX_OPERAND_ID_RCX;
	return TDX_SUCCESS;
}
