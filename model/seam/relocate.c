/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDH.MEM.PAGE.RELOCATE: a 4K page moves to another frame and is unblocked by it. A pending page has nothing
 * to move.
 */
#include "model/seam/call.h"

static u64 relocate_check(struct seam_call *c)
{
	u64 err = seam_prologue(c, c->in.rdx, 0, 0, SEAM_S);
	pfn_t old;

	if (err)
		return err;
	if (!sept_is_leaf(c->value))
		return seam_state_error(c);
	old = sept_pfn(c->value, 1);
	if (c->in.r8 == old << PAGE_SHIFT)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_R8;
	if (!pamt_lock_implicit(old, 1, SEAM_X, &c->refs[0]))
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX;
	err = seam_rule_b(c, c->refs[0].entry);
	return err ? err : seam_page_4k(c, c->in.r8, TDX_OPERAND_ID_R8, 1);
}

static u64 relocated_value(struct seam_call *c)
{
	u64 e = (c->value & ~(EPT_PFN_MASK | SEPT_TDB)) | c->in.r8;

	return e & SEPT_TDP ? e : e | EPT_RWX;
}

u64 tdh_mem_page_relocate(struct seam_call *c)
{
	u64 err = relocate_check(c);
	pfn_t old, page = c->in.r8 >> PAGE_SHIFT;

	if (err)
		return err;
	old = sept_pfn(c->value, 1);
	if (!(c->value & SEPT_TDP))
		hw_set_data(page, seam_td_data(c->td, old), c->td->keyid);
	m_point(M_WRITE | M_SEAM, &c->refs[0].entry->type, M_SITE("PAMT of the old page becomes NDA"));
	pamt_set_type(old, 1, PAMT_NDA); /* owner and BEPOCH stay */
	m_point(M_WRITE | M_SEAM, &c->refs[1].entry->type, M_SITE("PAMT of the new page becomes REG"));
	pamt_assign(page, 1, PAMT_REG, c->td->tdr);
	/* From a copy taken right after locking: the lock bit stays until it is dropped. */
	m_store64(c->entry, relocated_value(c), M_SEAM);
	c->regs->rcx = old << PAGE_SHIFT;
	return TDX_SUCCESS;
}
