/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPTE words as the oracles read them (spec 1.1 to 1.5, EPT with A/D bits). On purpose not the header of the
 * code under test: a constant that is wrong there must not be wrong here too, and a kernel tree has its own.
 */
#ifndef TDPFUZZ_CHECK_SPTE_BITS_H
#define TDPFUZZ_CHECK_SPTE_BITS_H

#include "model/hw/page.h"

#define SPTE_R BIT_ULL(0)
#define SPTE_W BIT_ULL(1)
#define SPTE_X BIT_ULL(2)
#define SPTE_RWX 7ull
#define SPTE_MT GENMASK_ULL(5, 3)
#define SPTE_MEMTYPE_WB (6ull << 3)
#define SPTE_IGNORE_PAT BIT_ULL(6)
#define SPTE_PS BIT_ULL(7)
#define SPTE_ACCESSED BIT_ULL(8)
#define SPTE_DIRTY BIT_ULL(9)
#define SPTE_XU BIT_ULL(10)
#define SPTE_PRESENT BIT_ULL(11) /* shadow-present: the software truth */
#define SPTE_ADDR GENMASK_ULL(51, 12)
#define SPTE_HOST_WRITABLE BIT_ULL(53)
#define SPTE_MMU_WRITABLE BIT_ULL(55)
#define SPTE_AD_TYPE GENMASK_ULL(61, 60)
#define SPTE_SUPPRESS_VE BIT_ULL(63)

#define SPTE_EMPTY_VALUE SPTE_SUPPRESS_VE
#define SPTE_FROZEN_VALUE 0x80000000000001A0ull
/* Everything of a table SPTE but the address of the child. */
#define SPTE_TABLE_BITS 0x8000000000000D07ull

enum spte_kind { SPTE_IS_EMPTY, SPTE_IS_FROZEN, SPTE_IS_MMIO, SPTE_IS_LEAF, SPTE_IS_TABLE };

static inline enum spte_kind spte_kind(u64 spte, unsigned int level)
{
	if (spte & SPTE_PRESENT)
		return level == 1 || (spte & SPTE_PS) ? SPTE_IS_LEAF : SPTE_IS_TABLE;
	if (spte == SPTE_FROZEN_VALUE)
		return SPTE_IS_FROZEN;
	return spte == SPTE_EMPTY_VALUE ? SPTE_IS_EMPTY : SPTE_IS_MMIO;
}

static inline pfn_t spte_pfn(u64 spte)
{
	return (spte & SPTE_ADDR) >> PAGE_SHIFT;
}

/* Bits that hardware or a lockless fault can set at any time, A excepted (spec 1.5). Leafs only. */
static inline bool spte_volatile(u64 spte)
{
	if (!(spte & SPTE_W))
		return spte & SPTE_MMU_WRITABLE;
	return !(spte & SPTE_DIRTY);
}

#endif
