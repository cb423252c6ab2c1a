// SPDX-License-Identifier: GPL-2.0-only
#include "model/kvm/spte.h"
#include "model/switches.h"

u64 make_spte(int level, pfn_t pfn, bool writable, bool exec_allowed, bool nx_huge, bool prefetch)
{
	u64 spte = SHADOW_NONPRESENT_VALUE | SPTE_MMU_PRESENT_MASK | PT_PRESENT_MASK | SPTE_MT_WB | SPTE_IPAT;

	if (!prefetch)
		spte |= SPTE_A_MASK;
	if (level > PG_LEVEL_4K)
		spte |= PT_PAGE_SIZE_MASK;
	if (exec_allowed && !(level > PG_LEVEL_4K && nx_huge))
		spte |= SPTE_X_MASK | SPTE_XU_MASK;
	if (writable)
		spte |= PT_WRITABLE_MASK | EPT_SPTE_HOST_WRITABLE | EPT_SPTE_MMU_WRITABLE | SPTE_D_MASK;
	return spte | (pfn << PAGE_SHIFT);
}

u64 make_nonleaf_spte(u64 *child_pt)
{
	u64 spte = SPTE_MMU_PRESENT_MASK | PT_PRESENT_MASK | PT_WRITABLE_MASK | SPTE_X_MASK | SPTE_XU_MASK |
		   SPTE_A_MASK;

	if (!bug(nonleaf_allows_ve))
		spte |= SHADOW_NONPRESENT_VALUE;
	return spte | __pa(child_pt);
}

u64 make_small_spte(u64 huge_spte, int child_level, unsigned int index, bool exec_allowed)
{
	u64 spte = huge_spte + ((index * hw_level_pages(child_level)) << PAGE_SHIFT);

	if (child_level == PG_LEVEL_4K) {
		spte &= ~PT_PAGE_SIZE_MASK;
		if (exec_allowed)
			spte |= SPTE_X_MASK | SPTE_XU_MASK;
	}
	return spte;
}
