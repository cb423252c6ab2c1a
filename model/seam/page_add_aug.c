/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/seam/call.h"
#include "model/switches.h"

/* A page of the host, read with the shared key. */
static u64 check_source(u64 hpa)
{
	return seam_hpa_check(hpa, 1, 0) ? TDX_OPERAND_INVALID | TDX_OPERAND_ID_R9 : TDX_SUCCESS;
}

static u64 add_check(struct seam_call *c)
{
	u64 err = seam_lock_td(c, c->in.rdx, TDX_OPERAND_ID_RDX, SEAM_X);

	if (!err && c->td->op_state != OP_INITIALIZED)
		err = TDX_OP_STATE_INCORRECT;
	err = err ? err : seam_check_gpa(c, 0, 0);
	err = err ? err : seam_walk(c);
	if (!err && sept_entry_state(c->value) != SEPT_FREE)
		err = seam_state_error(c);
	err = err ? err : check_source(c->in.r9);
	return err ? err : seam_page_4k(c, c->in.r8, TDX_OPERAND_ID_R8, 0);
}

/* The TD's lock is exclusive: neither the tree nor the entry is locked. */
u64 tdh_mem_page_add(struct seam_call *c)
{
	pfn_t pfn = c->in.r8 >> PAGE_SHIFT;
	u64 err = add_check(c);

	if (err)
		return err;
	hw_set_data(pfn, hw_data(c->in.r9 >> PAGE_SHIFT, NULL), c->td->keyid);
	if (m_load64(c->entry, M_SEAM) & SEPT_TDEL)
		seam_halt("PAGE.ADD meets a locked entry");
	m_store64(c->entry, sept_mapped(c->in.r8), M_SEAM);
	seam_chldcnt_add(c->td, 1);
	pamt_assign(pfn, 1, PAMT_REG, c->td->tdr);
	return TDX_SUCCESS;
}

/* The entry is PENDING and unlocked before the PAMT knows of it; that is how the module does it. */
u64 tdh_mem_page_aug(struct seam_call *c)
{
	u64 err = seam_prologue(c, c->in.rdx, 0, 1, SEAM_S);

	if (err)
		return err;
	if (sept_entry_state(c->value) != SEPT_FREE)
		return seam_state_error(c);
	err = seam_page_free_range(c, c->in.r8, TDX_OPERAND_ID_R8, c->level, 0);
	if (err)
		return err;
	m_store64(c->entry, sept_pending(c->in.r8), M_SEAM);
	c->entry_locked = false;
	seam_chldcnt_add(c->td, hw_level_pages(c->level));
	m_point(M_WRITE | M_SEAM, &c->refs[0].entry->type, M_SITE("PAMT becomes REG"));
	if (!bug(aug_forgets_pamt))
		pamt_assign(c->in.r8 >> PAGE_SHIFT, c->level, PAMT_REG, c->td->tdr);
	return TDX_SUCCESS;
}
