/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Profile dynamic-pamt: the 4K metadata of a 2M range exists only after the host gave two pages for it
 * (TDH.PHYMEM.PAMT.ADD), and can be taken back while no 4K page of the range is in use (PAMT.REMOVE). DEMOTE
 * of a 2M page brings the two pages along, in R12 and R13.
 *
 * Known from the interface that kernel patches use; all of it is unverified. What is in the pages, and that
 * the host must not touch them, is not modelled.
 */
#include "model/seam/dpamt.h"

#define LEVEL_2M 1

/* By 2M range; valid while the range's PAMT entry says that it is paired. */
static hpa_t pairs[HW_NR_FRAMES / 4][2];

static hpa_t *pair_of(pfn_t pfn)
{
	return pairs[pfn >> hw_geom.bits];
}

bool dpamt_missing(pfn_t pfn)
{
	return seam_profile == SEAM_PROFILE_DYNAMIC_PAMT && !pamt(pfn, 2)->paired;
}

void dpamt_add(pfn_t pfn, hpa_t page0, hpa_t page1)
{
	pair_of(pfn)[0] = page0;
	pair_of(pfn)[1] = page1;
	pamt(pfn, 2)->paired = true;
}

u64 dpamt_check_pages(u64 page0, unsigned int reg0, u64 page1, unsigned int reg1)
{
	u64 err = seam_hpa_check(page0, 1, reg0);

	err = err ? err : seam_hpa_check(page1, 1, reg1);
	return !err && page0 == page1 ? TDX_OPERAND_INVALID | reg1 : err;
}

/* RCX is the range and a level; the range's 2M entry is locked X. */
static u64 lock_range(struct seam_call *c)
{
	u64 hpa = c->in.rcx & ~7ull;
	u64 err = seam_hpa_check(hpa, 2, TDX_OPERAND_ID_RCX);

	if ((c->in.rcx & 7) != LEVEL_2M)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
	if (err)
		return err;
	if (!pamt_walk(hpa >> PAGE_SHIFT, 2, SEAM_X, &c->refs[0]))
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX;
	return TDX_SUCCESS;
}

static bool supported(void)
{
	return seam_profile == SEAM_PROFILE_DYNAMIC_PAMT;
}

u64 tdh_phymem_pamt_add(struct seam_call *c)
{
	u64 err;

	if (!supported())
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RAX;
	err = lock_range(c);
	err = err ? err : dpamt_check_pages(c->in.rdx, TDX_OPERAND_ID_RDX, c->in.r8, TDX_OPERAND_ID_R8);
	if (err)
		return err;
	if (c->refs[0].level != 2 || c->refs[0].entry->type != PAMT_NDA || c->refs[0].entry->paired)
		return TDX_HPA_RANGE_NOT_FREE | TDX_OPERAND_ID_RCX;
	dpamt_add(c->refs[0].pfn, c->in.rdx, c->in.r8);
	return TDX_SUCCESS;
}

/* The two pages come back in RDX and R8. */
u64 tdh_phymem_pamt_remove(struct seam_call *c)
{
	struct pamt_entry *p;
	u64 err;

	if (!supported())
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RAX;
	err = lock_range(c);
	if (err)
		return err;
	p = c->refs[0].entry;
	if (c->refs[0].level != 2 || !p->paired || __atomic_load_n(&p->used, __ATOMIC_ACQUIRE))
		return TDX_HPA_RANGE_NOT_FREE | TDX_OPERAND_ID_RCX;
	p->paired = false;
	c->regs->rdx = pair_of(c->refs[0].pfn)[0];
	c->regs->r8 = pair_of(c->refs[0].pfn)[1];
	return TDX_SUCCESS;
}
