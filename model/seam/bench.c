/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test bench: makes TDs and vCPUs without the SEAMCALLs, by the steps that those take (model/seam/life.h). A
 * TD has the key in all packages, one TDR and six TDCX pages and is INITIALIZED; a vCPU has one TDVPR and
 * five TDCX pages, is READY and not associated: as after VP.INIT and VP.FLUSH.
 */
#include "model/seam/dpamt.h"
#include "model/seam/life.h"

static struct seam_td_params params_of(bool pending_ve_disable, unsigned int levels, bool wide)
{
	return (struct seam_td_params){
		.attributes = (u64)pending_ve_disable << 28,
		.xfam = 3,
		.eptp_controls = 6 | (levels - 1) << 3,
		.config_flags = wide,
		.max_vcpus = SEAM_MAX_VPS,
		.tsc_frequency = 100,
	};
}

/* In profile dynamic-pamt a host would have given the metadata before. */
static pfn_t bench_page(enum hw_page_type type)
{
	pfn_t pfn = hw_alloc(1, type);

	if (dpamt_missing(pfn))
		dpamt_add(pfn, 0, 0);
	return pfn;
}

unsigned int seam_td_create_levels(u16 keyid, bool pending_ve_disable, unsigned int levels, bool wide)
{
	struct seam_td_params params = params_of(pending_ve_disable, levels, wide);
	struct seam_td *td;

	if (!seam_keyid_private(keyid) || seam_kot.state[keyid] != KOT_FREE)
		m_fail("INTERNAL", "INTERNAL key id of a TD", "the key id is not private, or not free");
	td = seam_td_new(bench_page(HW_CTRL), keyid);
	for (unsigned int i = 0; i < seam_nr_packages; i++)
		seam_td_add_key(td, i);
	for (unsigned int i = 0; i < SEAM_TDCX_PER_TD; i++)
		seam_td_add_tdcx(td, bench_page(i == SEAM_TDCX_ROOT ? HW_SEPT : HW_CTRL));
	seam_td_init(td, &params);
	return td->index;
}

unsigned int seam_td_create(u16 keyid, bool pending_ve_disable)
{
	return seam_td_create_levels(keyid, pending_ve_disable, hw_geom.levels, false);
}

hpa_t seam_tdr_pa(unsigned int td)
{
	return seam_tds[td].tdr << PAGE_SHIFT;
}

u32 seam_td_tag(unsigned int td)
{
	return seam_tds[td].tag;
}

hpa_t seam_vp_create(unsigned int td, struct hw_guest *guest)
{
	struct seam_td *t = &seam_tds[td];
	struct seam_vp *vp = seam_vp_new(t, bench_page(HW_CTRL));

	for (unsigned int i = 0; i < SEAM_TDCX_PER_VP; i++)
		seam_vp_add_tdcx(vp, bench_page(HW_CTRL));
	vp->index = t->nr_vps++;
	seam_vp_init(vp, vp->index);
	vp->guest = guest;
	return vp->tdvpr << PAGE_SHIFT;
}

void seam_vp_set_shared_eptp(hpa_t tdvpr, hpa_t root)
{
	struct seam_vp *vp = seam_vp_of(tdvpr >> PAGE_SHIFT);

	vp->fields.shared_eptp = vp->vmcs.shared_root = root & EPT_PFN_MASK;
}
