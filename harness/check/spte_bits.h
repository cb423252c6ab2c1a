/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPTE words as the oracles read them (spec 1.1 to 1.5, EPT with A/D bits). On purpose not the header of the
 * code under test: a constant that is wrong there must not be wrong here too. Where kernels differ, struct
 * spte_layout has both.
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
#define SPTE_PRESENT BIT_ULL(11) /* shadow-present: the software truth */
#define SPTE_ADDR GENMASK_ULL(51, 12)
#define SPTE_SUPPRESS_VE BIT_ULL(63)

#define SPTE_EMPTY_VALUE SPTE_SUPPRESS_VE

/**
 * struct spte_layout - software bits of an SPTE, which have moved with the versions
 * @frozen: the value of an SPTE that a thread has frozen
 * @table_bits: everything of a table SPTE but the address of the child
 * @host_writable: the host mapping is writable; first of all, to tell the layouts by it
 * @mmu_writable: KVM may make it writable
 * @user_exec: execution in user mode has a bit of its own, which is as the one of the supervisor; 0: it has
 * not
 * @zero: what is never set in a leaf, with A/D bits on
 */
struct spte_layout {
	u64 frozen, table_bits, host_writable, mmu_writable, user_exec, zero;
};
extern struct spte_layout spte_layout;
/* The layout with that bit instead of the one of the model and of 7.x; false: there is none. */
bool spte_layout_choose(u64 host_writable);

#define SPTE_FROZEN_VALUE (spte_layout.frozen)
#define SPTE_TABLE_BITS (spte_layout.table_bits)
#define SPTE_HOST_WRITABLE (spte_layout.host_writable)
#define SPTE_MMU_WRITABLE (spte_layout.mmu_writable)

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
