/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/seam/call.h"
#include "model/switches.h"

/* TDH.MEM.PAGE.REMOVE. The page's bytes stay as they are: flushing and clearing is up to the host. */
u64 tdh_mem_page_remove(struct seam_call *c)
{
	u64 err = seam_prologue(c, c->in.rdx, 0, 2, SEAM_S);
	pfn_t pfn;

	if (err)
		return err;
	if (!sept_is_leaf(c->value))
		return seam_state_error(c);
	pfn = sept_pfn(c->value, c->level);
	if (!pamt_lock_implicit(pfn, c->level, SEAM_X, &c->refs[0]))
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX;
	err = seam_rule_b(c, c->refs[0].entry);
	if (err)
		return err;
	m_store64(c->entry, SEPT_FREE_VALUE, M_SEAM);
	c->entry_locked = false;
	if (!bug(remove_keeps_chldcnt))
		seam_chldcnt_add(c->td, -(s64)hw_level_pages(c->level));
	m_point(M_WRITE | M_SEAM, &c->refs[0].entry->type, M_SITE("PAMT becomes NDA"));
	pamt_set_type(pfn, c->level, PAMT_NDA);
	c->regs->rcx = pfn << PAGE_SHIFT;
	return TDX_SUCCESS;
}
