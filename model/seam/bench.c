/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test bench: makes TDs and vCPUs without the life-cycle SEAMCALLs. A TD has keys configured, one TDR and six
 * TDCX pages (the fourth is the root of its S-EPT) and is INITIALIZED; a vCPU has one TDVPR and five TDCX
 * pages, is READY and not associated.
 */
#include <string.h>

#include "model/seam/sept_walk.h"

#define TDCX_ROOT 3

struct seam_td seam_tds[SEAM_MAX_TDS];
struct seam_vp seam_vps[SEAM_MAX_VPS];
unsigned int seam_nr_tds, seam_nr_vps;

void seam_reset(void)
{
	pamt_reset();
	seam_nr_tds = seam_nr_vps = 0;
}

struct seam_td *seam_td_of(pfn_t tdr)
{
	for (unsigned int i = 0; i < seam_nr_tds; i++) {
		if (seam_tds[i].tdr == tdr)
			return &seam_tds[i];
	}
	return NULL;
}

struct seam_vp *seam_vp_of(pfn_t tdvpr)
{
	for (unsigned int i = 0; i < seam_nr_vps; i++) {
		if (seam_vps[i].tdvpr == tdvpr)
			return &seam_vps[i];
	}
	return NULL;
}

void seam_chldcnt_add(struct seam_td *td, s64 pages)
{
	__atomic_fetch_add(&td->chldcnt, pages, __ATOMIC_ACQ_REL);
}

static pfn_t control_page(struct seam_td *td, enum hw_page_type hw, enum pamt_type type)
{
	pfn_t pfn = hw_alloc(1, hw);

	pamt_assign(pfn, 1, type, td->tdr);
	if (type != PAMT_TDR)
		td->chldcnt++;
	return pfn;
}

static void add_tdcx(struct seam_td *td, unsigned int number)
{
	pfn_t pfn = control_page(td, number == TDCX_ROOT ? HW_SEPT : HW_CTRL, PAMT_TDCX);

	if (number != TDCX_ROOT)
		return;
	sept_fill_table(pfn, SEPT_FREE_VALUE, 0);
	td->root = pfn << PAGE_SHIFT;
}

unsigned int seam_td_create(u16 keyid, bool pending_ve_disable)
{
	return seam_td_create_levels(keyid, pending_ve_disable, hw_geom.levels, false);
}

unsigned int seam_td_create_levels(u16 keyid, bool pending_ve_disable, unsigned int levels, bool wide)
{
	struct seam_td *td = &seam_tds[seam_nr_tds];

	if (seam_nr_tds == SEAM_MAX_TDS)
		m_fail("INTERNAL", "INTERNAL TDs", "more than SEAM_MAX_TDS TDs");
	memset(td, 0, sizeof(*td));
	td->index = seam_nr_tds++;
	td->keyid = keyid;
	td->pending_ve_disable = pending_ve_disable;
	td->epoch = 1;
	td->levels = levels;
	td->shared_bit = wide ? hw_shared_gfn_bit_of(levels) : hw_shared_gfn_bit();
	td->tdr = control_page(td, HW_CTRL, PAMT_TDR);
	for (unsigned int i = 0; i < SEAM_TDCX_PER_TD; i++)
		add_tdcx(td, i);
	return td->index;
}

hpa_t seam_tdr_pa(unsigned int td)
{
	return seam_tds[td].tdr << PAGE_SHIFT;
}

u32 seam_td_tag(unsigned int td)
{
	return td + 1;
}

hpa_t seam_vp_create(unsigned int td, struct hw_guest *guest)
{
	struct seam_vp *vp = &seam_vps[seam_nr_vps];
	struct seam_td *t = &seam_tds[td];

	if (seam_nr_vps == SEAM_MAX_VPS)
		m_fail("INTERNAL", "INTERNAL vCPUs", "more than SEAM_MAX_VPS vCPUs");
	seam_nr_vps++;
	memset(vp, 0, sizeof(*vp));
	vp->td = t;
	vp->guest = guest;
	vp->vmcs = (struct hw_vmcs){
		.tag = seam_td_tag(td),
		.keyid = t->keyid,
		.private_root = t->root,
		.shared_bit = t->shared_bit,
		.levels = t->levels,
	};
	vp->tdvpr = control_page(t, HW_CTRL, PAMT_TDVPR);
	for (unsigned int i = 0; i < SEAM_TDCX_PER_VP; i++)
		control_page(t, HW_CTRL, PAMT_TDCX);
	t->nr_vps++;
	return vp->tdvpr << PAGE_SHIFT;
}

void seam_vp_set_shared_eptp(hpa_t tdvpr, hpa_t root)
{
	struct seam_vp *vp = seam_vp_of(tdvpr >> PAGE_SHIFT);

	vp->vmcs.shared_root = root & EPT_PFN_MASK;
}
