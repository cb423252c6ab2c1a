/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/seam/call.h"
#include "model/seam/sept_walk.h"

#define ALLOW_EXISTING BIT_ULL(0)
#define RDX_RESERVED (GENMASK_ULL(11, 1) | GENMASK_ULL(63, 52))
#define PAGE_UNUSED BIT_ULL(63)

/* Version 1: pages for L2 VMs, none of which exists. */
static u64 check_l2_pages(struct seam_call *c)
{
	if (c->version == 0)
		return TDX_SUCCESS;
	if (c->in.r9 != NULL_PA)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_R9;
	if (c->in.r10 != NULL_PA)
		return TDX_OPERAND_INVALID | (TDX_OPERAND_ID_R9 + 1);
	if (c->in.r11 != NULL_PA)
		return TDX_OPERAND_INVALID | (TDX_OPERAND_ID_R9 + 2);
	return TDX_SUCCESS;
}

static void link_table(struct seam_call *c, hpa_t page)
{
	pfn_t pfn = page >> PAGE_SHIFT;

	sept_fill_table(pfn, SEPT_FREE_VALUE, 0);
	m_point(M_WRITE | M_SEAM, &c->refs[0].entry->type, M_SITE("PAMT becomes EPT"));
	pamt_assign(pfn, 1, PAMT_EPT, c->td->tdr);
	seam_chldcnt_add(c->td, 1);
	m_store64(c->entry, sept_nonleaf(page) | SEPT_TDEL, M_SEAM);
}

/* The entry is NL_MAPPED already. */
static u64 add_existing(struct seam_call *c)
{
	bool null = c->in.r8 == NULL_PA;
	u64 err;

	if (!null && !(c->in.rdx & ALLOW_EXISTING))
		return seam_state_error(c);
	if (c->version && !null)
		c->regs->r8 |= PAGE_UNUSED;
	err = check_l2_pages(c);
	return err;
}

static u64 add_new(struct seam_call *c)
{
	u64 page = c->in.r8 & ~PAGE_UNUSED;
	u64 err = seam_page_4k(c, page, TDX_OPERAND_ID_R8, 0);

	err = err ? err : check_l2_pages(c);
	if (err)
		return err;
	sept_take_page(page >> PAGE_SHIFT);
	link_table(c, page);
	if (c->version)
		c->regs->r8 = NULL_PA;
	return TDX_SUCCESS;
}

u64 tdh_mem_sept_add(struct seam_call *c)
{
	enum sept_state state;
	u64 err;

	if (c->version && c->in.r8 != NULL_PA)
		c->regs->r8 = c->in.r8 & ~PAGE_UNUSED;
	if (c->in.rdx & RDX_RESERVED)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RDX;
	err = seam_prologue(c, c->in.rdx & ~ALLOW_EXISTING, 1, SEAM_TOP, SEAM_S);
	if (err)
		return err;
	state = sept_entry_state(c->value);
	if (state != SEPT_FREE && state != SEPT_NL_MAPPED)
		return seam_state_error(c);
	if (c->in.r8 == NULL_PA && c->version == 0)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_R8;
	if (c->in.r8 == NULL_PA && state != SEPT_NL_MAPPED)
		return seam_state_error(c);
	return state == SEPT_FREE ? add_new(c) : add_existing(c);
}
