/* SPDX-License-Identifier: GPL-2.0-only */
/* TDH.MEM.SEPT.REMOVE: an empty table is cut off and given back. The page's bytes stay as they are. */
#include "model/seam/call.h"
#include "model/seam/sept_walk.h"

/* By state bits alone: a locked or prioritised FREE child is FREE. */
static bool table_is_empty(u64 value)
{
	u64 *table = sept_child_table(value);

	for (unsigned int i = 0; i < hw_entries(); i++) {
		if (sept_entry_state(m_load64(&table[i], M_SEAM)) != SEPT_FREE)
			return false;
	}
	return true;
}

static u64 remove_check(struct seam_call *c)
{
	enum sept_state state;
	u64 err = seam_prologue(c, c->in.rdx, 1, SEAM_TOP, SEAM_X);

	if (err)
		return err;
	state = sept_entry_state(c->value);
	if (state != SEPT_NL_MAPPED && state != SEPT_NL_BLOCKED)
		return seam_state_error(c);
	if (!pamt_lock_implicit(sept_pfn(c->value, c->level), 1, SEAM_X, &c->refs[0]))
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX;
	err = seam_rule_b(c, c->refs[0].entry);
	if (!err && !table_is_empty(c->value))
		err = seam_entry_error(c, TDX_EPT_PAGE_NOT_FREE);
	return err;
}

u64 tdh_mem_sept_remove(struct seam_call *c)
{
	pfn_t table;
	u64 err;

	if (c->version)
		c->regs->r9 = c->regs->r10 = c->regs->r11 = NULL_PA;
	err = remove_check(c);
	if (err)
		return err;
	table = sept_pfn(c->value, c->level);
	m_store64(c->entry, SEPT_FREE_VALUE, M_SEAM);
	c->entry_locked = false;
	seam_chldcnt_add(c->td, -1);
	m_point(M_WRITE | M_SEAM, &c->refs[0].entry->type, M_SITE("PAMT becomes NDA"));
	pamt_set_type(table, 1, PAMT_NDA); /* owner and BEPOCH stay */
	c->regs->rcx = table << PAGE_SHIFT;
	return TDX_SUCCESS;
}
