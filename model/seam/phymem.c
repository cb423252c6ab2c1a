/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical pages as the module knows them: TDH.PHYMEM.PAGE.RECLAIM gives a dead TD's pages back, one by one
 * in any order, the TDR last; TDH.PHYMEM.PAGE.RDMD says whose a page is.
 */
#include "model/seam/life.h"

static u64 check_page(struct seam_call *c, enum seam_lock_mode mode)
{
	u64 err = seam_hpa_check(c->in.rcx, 1, TDX_OPERAND_ID_RCX);

	if (err)
		return err;
	if (!pamt_walk(c->in.rcx >> PAGE_SHIFT, 1, mode, &c->refs[0]))
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX;
	return TDX_SUCCESS;
}

static void report(struct seam_call *c)
{
	struct pamt_entry *p = c->refs[0].entry;

	c->regs->rcx = p->type;
	c->regs->rdx = p->owner << PAGE_SHIFT;
	c->regs->r8 = c->refs[0].level - 1;
}

static void set_free(struct seam_call *c)
{
	struct pamt_ref *ref = &c->refs[0];

	m_point(M_WRITE | M_SEAM, &ref->entry->type, M_SITE("PAMT becomes NDA"));
	pamt_set_type(ref->pfn, ref->level, PAMT_NDA);
}

static u64 reclaim_tdr(struct seam_call *c)
{
	struct seam_td *td = seam_td_of(c->refs[0].pfn);

	if (td->lifecycle != TD_TEARDOWN)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	if (__atomic_load_n(&td->chldcnt, __ATOMIC_ACQUIRE))
		return TDX_TD_ASSOCIATED_PAGES_EXIST;
	set_free(c);
	td->tdr = 0;
	return TDX_SUCCESS;
}

/* The TD's lock is shared: others may be giving back other pages. */
static u64 reclaim_child(struct seam_call *c)
{
	struct pamt_ref *ref = &c->refs[0];
	struct seam_vp *vp = ref->entry->type == PAMT_TDVPR ? seam_vp_of(ref->pfn) : NULL;

	if (!pamt_lock_implicit(ref->entry->owner, 1, SEAM_S, &c->td_ref))
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_TDR;
	c->td = seam_td_of(ref->entry->owner);
	if (c->td->lifecycle != TD_TEARDOWN)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	seam_chldcnt_add(c->td, -(s64)hw_level_pages(ref->level));
	set_free(c);
	if (vp)
		vp->tdvpr = 0;
	return TDX_SUCCESS;
}

u64 tdh_phymem_page_reclaim(struct seam_call *c)
{
	struct pamt_ref *ref = &c->refs[0];
	u64 err;

	c->regs->rcx = c->regs->rdx = c->regs->r8 = 0;
	err = check_page(c, SEAM_X);
	if (err)
		return err;
	if (ref->entry->type == PAMT_NDA || ref->entry->type == PAMT_RSVD)
		return TDX_PAGE_METADATA_INCORRECT | TDX_OPERAND_ID_RCX;
	report(c);
	if (hw_gfn_round(ref->pfn, ref->level) != ref->pfn)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
	return ref->entry->type == PAMT_TDR ? reclaim_tdr(c) : reclaim_child(c);
}

/* BEPOCH is a page's that a guest or its S-EPT has. */
u64 tdh_phymem_page_rdmd(struct seam_call *c)
{
	struct pamt_entry *p;
	u64 err;

	c->regs->rcx = c->regs->rdx = c->regs->r8 = c->regs->r9 = 0;
	err = check_page(c, SEAM_S);
	if (err)
		return err;
	report(c);
	p = c->refs[0].entry;
	if (p->type == PAMT_REG || p->type == PAMT_EPT)
		c->regs->r9 = p->bepoch;
	return TDX_SUCCESS;
}
