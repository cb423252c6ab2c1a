/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPTE layout of the EPT flavour with A/D bits, as in 7.3: bits, values, predicates and constructors. A SPTE
 * is the 64-bit word that the processor walks; mirror SPTEs have the same format and nobody walks them.
 *
 * Not modelled: MMIO SPTEs, A/D-disabled and access-tracked SPTEs, memory type variations (always WB + ignore
 * PAT), write protection and dirty logging.
 */
#ifndef TDPFUZZ_KVM_SPTE_H
#define TDPFUZZ_KVM_SPTE_H

#include "model/kapi/kapi.h"

#define PG_LEVEL_4K 1
#define PG_LEVEL_2M 2
#define PG_LEVEL_1G 3
#define PT64_ROOT_4LEVEL 4

#define PT_PRESENT_MASK BIT_ULL(0) /* R */
#define PT_WRITABLE_MASK BIT_ULL(1)
#define SPTE_X_MASK BIT_ULL(2)
#define SPTE_MT_WB (6ull << 3)
#define SPTE_IPAT BIT_ULL(6)
#define PT_PAGE_SIZE_MASK BIT_ULL(7)
#define SPTE_A_MASK BIT_ULL(8)
#define SPTE_D_MASK BIT_ULL(9)
#define SPTE_XU_MASK BIT_ULL(10)
#define SPTE_MMU_PRESENT_MASK BIT_ULL(11)
#define SPTE_BASE_ADDR_MASK GENMASK_ULL(51, 12)
#define EPT_SPTE_HOST_WRITABLE BIT_ULL(53)
#define EPT_SPTE_MMU_WRITABLE BIT_ULL(55)
#define SHADOW_NONPRESENT_VALUE BIT_ULL(63) /* suppress #VE; also set in every present SPTE */
#define FROZEN_SPTE (SHADOW_NONPRESENT_VALUE | 0x1a0ull)

static inline bool is_shadow_present_pte(u64 spte)
{
	return spte & SPTE_MMU_PRESENT_MASK;
}
static inline bool is_frozen_spte(u64 spte)
{
	return spte == FROZEN_SPTE;
}
static inline bool is_last_spte(u64 spte, int level)
{
	return level == PG_LEVEL_4K || (spte & PT_PAGE_SIZE_MASK);
}
static inline bool is_large_pte(u64 spte)
{
	return spte & PT_PAGE_SIZE_MASK;
}
static inline pfn_t spte_to_pfn(u64 spte)
{
	return (spte & SPTE_BASE_ADDR_MASK) >> PAGE_SHIFT;
}
static inline bool is_writable_pte(u64 spte)
{
	return spte & PT_WRITABLE_MASK;
}
static inline bool is_executable_pte(u64 spte)
{
	return spte & SPTE_X_MASK;
}
static inline bool is_mmu_writable_spte(u64 spte)
{
	return spte & EPT_SPTE_MMU_WRITABLE;
}

/*
 * Can somebody else (the processor's A/D update, the fast page fault) change @spte at any time, so that a
 * read-modify-write must be atomic? Spec 1.5: a missing A bit alone is not volatile.
 */
static inline bool spte_needs_atomic_update(u64 spte)
{
	if (!is_writable_pte(spte) && is_mmu_writable_spte(spte))
		return true;
	return is_writable_pte(spte) && !(spte & SPTE_D_MASK);
}

/* @exec: may the mapping be executed; @nx_huge: the NX huge-page mitigation is on. */
u64 make_spte(int level, pfn_t pfn, bool writable, bool exec_allowed, bool nx_huge, bool prefetch);
u64 make_nonleaf_spte(u64 *child_pt);
/* One of the SPTEs that a huge one is split into. */
u64 make_small_spte(u64 huge_spte, int child_level, unsigned int index, bool exec_allowed);

#endif
