/* SPDX-License-Identifier: GPL-2.0-only */
/* The SEAMCALLs by number. */
#include "model/seam/dpamt.h"
#include "model/seam/sys.h"

static const struct seam_leaf_info leaves[] = {
	[TDH_VP_ENTER] = {tdh_vp_enter, "TDH.VP.ENTER", 0},
	[TDH_MNG_ADDCX] = {tdh_mng_addcx, "TDH.MNG.ADDCX", 0},
	[TDH_MEM_PAGE_ADD] = {tdh_mem_page_add, "TDH.MEM.PAGE.ADD", LEAF_MEM | LEAF_PAGE},
	[TDH_MEM_SEPT_ADD] = {tdh_mem_sept_add, "TDH.MEM.SEPT.ADD", LEAF_V1 | LEAF_MEM | LEAF_PAGE},
	[TDH_VP_ADDCX] = {tdh_vp_addcx, "TDH.VP.ADDCX", 0},
	[TDH_MEM_PAGE_RELOCATE] = {tdh_mem_page_relocate, "TDH.MEM.PAGE.RELOCATE", LEAF_MEM | LEAF_PAGE},
	[TDH_MEM_PAGE_AUG] = {tdh_mem_page_aug, "TDH.MEM.PAGE.AUG", LEAF_MEM | LEAF_PAGE},
	[TDH_MEM_RANGE_BLOCK] = {tdh_mem_range_block, "TDH.MEM.RANGE.BLOCK", LEAF_MEM},
	[TDH_MNG_KEY_CONFIG] = {tdh_mng_key_config, "TDH.MNG.KEY.CONFIG", 0},
	[TDH_MNG_CREATE] = {tdh_mng_create, "TDH.MNG.CREATE", 0},
	[TDH_VP_CREATE] = {tdh_vp_create, "TDH.VP.CREATE", 0},
	[TDH_MNG_RD] = {tdh_mng_rd, "TDH.MNG.RD", 0},
	[TDH_MEM_RD] = {tdh_mem_rd, "TDH.MEM.RD", LEAF_MEM},
	[TDH_MEM_WR] = {tdh_mem_wr, "TDH.MEM.WR", LEAF_MEM},
	[TDH_MEM_PAGE_DEMOTE] = {tdh_mem_page_demote, "TDH.MEM.PAGE.DEMOTE", LEAF_MEM | LEAF_PAGE},
	[TDH_MR_EXTEND] = {tdh_mr_extend, "TDH.MR.EXTEND", LEAF_MEM},
	[TDH_MR_FINALIZE] = {tdh_mr_finalize, "TDH.MR.FINALIZE", 0},
	[TDH_VP_FLUSH] = {tdh_vp_flush, "TDH.VP.FLUSH", 0},
	[TDH_MNG_VPFLUSHDONE] = {tdh_mng_vpflushdone, "TDH.MNG.VPFLUSHDONE", 0},
	[TDH_MNG_KEY_FREEID] = {tdh_mng_key_freeid, "TDH.MNG.KEY.FREEID", 0},
	[TDH_MNG_INIT] = {tdh_mng_init, "TDH.MNG.INIT", 0},
	[TDH_VP_INIT] = {tdh_vp_init, "TDH.VP.INIT", LEAF_V1},
	[TDH_MEM_PAGE_PROMOTE] = {tdh_mem_page_promote, "TDH.MEM.PAGE.PROMOTE", LEAF_V1 | LEAF_MEM},
	[TDH_PHYMEM_PAGE_RDMD] = {tdh_phymem_page_rdmd, "TDH.PHYMEM.PAGE.RDMD", 0},
	[TDH_MEM_SEPT_RD] = {tdh_mem_sept_rd, "TDH.MEM.SEPT.RD", LEAF_MEM},
	[TDH_VP_RD] = {tdh_vp_rd, "TDH.VP.RD", 0},
	[TDH_MNG_KEY_RECLAIMID] = {tdh_mng_key_reclaimid, "TDH.MNG.KEY.RECLAIMID", 0},
	[TDH_PHYMEM_PAGE_RECLAIM] = {tdh_phymem_page_reclaim, "TDH.PHYMEM.PAGE.RECLAIM", 0},
	[TDH_MEM_PAGE_REMOVE] = {tdh_mem_page_remove, "TDH.MEM.PAGE.REMOVE", LEAF_MEM},
	[TDH_MEM_SEPT_REMOVE] = {tdh_mem_sept_remove, "TDH.MEM.SEPT.REMOVE", LEAF_V1 | LEAF_MEM},
	[TDH_SYS_KEY_CONFIG] = {tdh_sys_key_config, "TDH.SYS.KEY.CONFIG", 0},
	[TDH_SYS_INIT] = {tdh_sys_init, "TDH.SYS.INIT", 0},
	[TDH_SYS_RD] = {tdh_sys_rd, "TDH.SYS.RD", 0},
	[TDH_SYS_LP_INIT] = {tdh_sys_lp_init, "TDH.SYS.LP.INIT", 0},
	[TDH_SYS_TDMR_INIT] = {tdh_sys_tdmr_init, "TDH.SYS.TDMR.INIT", 0},
	[TDH_MEM_TRACK] = {tdh_mem_track, "TDH.MEM.TRACK", 0},
	[TDH_MEM_RANGE_UNBLOCK] = {tdh_mem_range_unblock, "TDH.MEM.RANGE.UNBLOCK", LEAF_MEM},
	[TDH_PHYMEM_CACHE_WB] = {tdh_phymem_cache_wb, "TDH.PHYMEM.CACHE.WB", 0},
	[TDH_PHYMEM_PAGE_WBINVD] = {tdh_phymem_page_wbinvd, "TDH.PHYMEM.PAGE.WBINVD", 0},
	[TDH_VP_WR] = {tdh_vp_wr, "TDH.VP.WR", 0},
	[TDH_SYS_CONFIG] = {tdh_sys_config, "TDH.SYS.CONFIG", 0},
	[TDH_PHYMEM_PAMT_ADD] = {tdh_phymem_pamt_add, "TDH.PHYMEM.PAMT.ADD", 0},
	[TDH_PHYMEM_PAMT_REMOVE] = {tdh_phymem_pamt_remove, "TDH.PHYMEM.PAMT.REMOVE", 0},
};

const struct seam_leaf_info *seam_find_leaf(u64 fn)
{
	fn &= 0xffff;
	return fn < ARRAY_SIZE(leaves) && leaves[fn].handler ? &leaves[fn] : NULL;
}

const char *seam_leaf_name(u64 fn)
{
	const struct seam_leaf_info *leaf = seam_find_leaf(fn);

	return leaf ? leaf->name : "SEAMCALL";
}

bool seam_leaf_on_gpa(u64 fn)
{
	const struct seam_leaf_info *leaf = seam_find_leaf(fn);

	return leaf && (leaf->flags & LEAF_MEM);
}
