/* SPDX-License-Identifier: GPL-2.0-only */
/* TDs and vCPUs: slots, and the steps that make them. */
#include <string.h>

#include "model/seam/life.h"
#include "model/seam/sept_walk.h"

#define ATTR_DEBUG BIT_ULL(0)
#define ATTR_SEPT_VE_DISABLE BIT_ULL(28)
#define CONFIG_GPAW BIT_ULL(0)
#define EPTP_LEVELS(eptp) ((((eptp) >> 3) & 7) + 1)

struct seam_td seam_tds[SEAM_MAX_TDS];
struct seam_vp seam_vps[SEAM_MAX_VPS];
unsigned int seam_nr_tds, seam_nr_vps;
static u32 next_tag;

void seam_reset(void)
{
	pamt_reset();
	seam_keys_reset();
	seam_nr_tds = seam_nr_vps = 0;
	next_tag = 0;
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

/* Frame 0 is nobody's, so a slot without a TD is found like one. */
static struct seam_td *td_slot(void)
{
	struct seam_td *td = seam_td_of(0);

	if (!td && seam_nr_tds == SEAM_MAX_TDS)
		m_fail("INTERNAL", "INTERNAL TDs", "more than SEAM_MAX_TDS TDs");
	return td ? td : &seam_tds[seam_nr_tds++];
}

static struct seam_vp *vp_slot(void)
{
	struct seam_vp *vp = seam_vp_of(0);

	if (!vp && seam_nr_vps == SEAM_MAX_VPS)
		m_fail("INTERNAL", "INTERNAL vCPUs", "more than SEAM_MAX_VPS vCPUs");
	return vp ? vp : &seam_vps[seam_nr_vps++];
}

void seam_chldcnt_add(struct seam_td *td, s64 pages)
{
	__atomic_fetch_add(&td->chldcnt, pages, __ATOMIC_ACQ_REL);
}

void seam_give_page(struct seam_td *td, pfn_t pfn, enum pamt_type type)
{
	pamt_assign(pfn, 1, type, td->tdr);
	seam_chldcnt_add(td, 1);
}

/* The owner of a TDR is nobody. */
struct seam_td *seam_td_new(pfn_t tdr, u16 keyid)
{
	struct seam_td *td;

	m_lock_internal();
	td = td_slot();
	memset(td, 0, sizeof(*td));
	td->index = td - seam_tds;
	td->keyid = keyid;
	td->tag = ++next_tag;
	td->lifecycle = TD_HKID_ASSIGNED;
	td->tdr = tdr;
	m_unlock_internal();
	seam_kot.state[keyid] = KOT_ASSIGNED;
	pamt_assign(tdr, 1, PAMT_TDR, 0);
	return td;
}

void seam_td_add_key(struct seam_td *td, unsigned int package)
{
	td->keys |= 1u << package;
	if (td->keys == (1u << seam_nr_packages) - 1)
		td->lifecycle = TD_KEYS_CONFIGURED;
}

void seam_td_add_tdcx(struct seam_td *td, pfn_t pfn)
{
	seam_give_page(td, pfn, PAMT_TDCX);
	if (td->nr_tdcx++ != SEAM_TDCX_ROOT)
		return;
	sept_take_page(pfn);
	sept_fill_table(pfn, SEPT_FREE_VALUE, 0);
	td->root = pfn << PAGE_SHIFT;
}

void seam_td_init(struct seam_td *td, const struct seam_td_params *params)
{
	td->params = *params;
	td->debug = params->attributes & ATTR_DEBUG;
	td->pending_ve_disable = params->attributes & ATTR_SEPT_VE_DISABLE;
	td->levels = EPTP_LEVELS(params->eptp_controls);
	td->shared_bit =
		params->config_flags & CONFIG_GPAW ? hw_shared_gfn_bit_of(td->levels) : hw_shared_gfn_bit();
	td->epoch = 1;
	td->op_state = OP_INITIALIZED;
}

struct seam_vp *seam_vp_new(struct seam_td *td, pfn_t tdvpr)
{
	struct seam_vp *vp;

	m_lock_internal();
	vp = vp_slot();
	memset(vp, 0, sizeof(*vp));
	vp->td = td;
	vp->tdvpr = tdvpr;
	m_unlock_internal();
	seam_give_page(td, tdvpr, PAMT_TDVPR);
	return vp;
}

void seam_vp_add_tdcx(struct seam_vp *vp, pfn_t pfn)
{
	seam_give_page(vp->td, pfn, PAMT_TDCX);
	vp->nr_tdcx++;
}

void seam_vp_init(struct seam_vp *vp, u32 x2apic_id)
{
	struct seam_td *td = vp->td;

	vp->vmcs = (struct hw_vmcs){
		.tag = td->tag,
		.keyid = td->keyid,
		.private_root = td->root,
		.shared_bit = td->shared_bit,
		.levels = td->levels,
	};
	vp->x2apic_id = x2apic_id;
	vp->state = VP_READY;
}

void seam_vp_bind_guest(hpa_t tdvpr, struct hw_guest *guest)
{
	struct seam_vp *vp = seam_vp_of(tdvpr >> PAGE_SHIFT);

	if (!tdvpr || !vp) {
		m_fail("INTERNAL", "INTERNAL guest of a vCPU", "there is no vCPU with this TDVPR");
		return;
	}
	vp->guest = guest;
}
