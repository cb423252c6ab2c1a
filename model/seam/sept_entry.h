/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A Secure-EPT entry, bit by bit.
 *
 *   2:0   RWX    all set or all clear; set means that a walk goes on (non-leaf) or the guest has access
 * (leaf) 5:3   MT     6 (WB) in leaves, 0 elsewhere 6     IPAT   part of the state 7     PS     leaf; set in
 * 4K leaves too; part of the state 9     D      part of the state, migration only 11    TDEL   entry lock
 *   51:12 HPA    page or child table, without key id. In a PENDING 2M leaf the lowest bits above 12 count the
 *                chunks that ACCEPT has done
 *   52    TDHP   host priority
 *   53-56 TDEX, TDBW, TDB (blocked), TDP (pending): part of the state
 *   63    SVE    suppress #VE: set in everything that the module writes
 *
 * TDEL and TDHP are no part of the state: a locked FREE entry is FREE. Not modelled: migration (TDEX, TDBW,
 * D), the alias bits of L2 VMs.
 */
#ifndef TDPFUZZ_MODEL_SEAM_SEPT_ENTRY_H
#define TDPFUZZ_MODEL_SEAM_SEPT_ENTRY_H

#include "model/seam/seam.h"

#define SEPT_MT_WB (6ull << 3)
#define SEPT_MT_MASK (7ull << 3)
#define SEPT_IPAT BIT_ULL(6)
#define SEPT_D BIT_ULL(9)
#define SEPT_TDEL BIT_ULL(11)
#define SEPT_TDHP BIT_ULL(52)
#define SEPT_TDEX BIT_ULL(53)
#define SEPT_TDBW BIT_ULL(54)
#define SEPT_TDB BIT_ULL(55)
#define SEPT_TDP BIT_ULL(56)
#define SEPT_LOCK_BITS (SEPT_TDEL | SEPT_TDHP)

#define SEPT_FREE_VALUE 0x80E0000000000000ull
#define SEPT_LEAF_BITS (SEPT_MT_WB | SEPT_IPAT | EPT_PS)

static inline u64 sept_nonleaf(hpa_t table)
{
	return EPT_SVE | table | EPT_RWX;
}
static inline u64 sept_mapped(hpa_t page)
{
	return EPT_SVE | page | SEPT_LEAF_BITS | EPT_RWX;
}
static inline u64 sept_pending(hpa_t page)
{
	return EPT_SVE | SEPT_TDP | page | SEPT_LEAF_BITS;
}

static inline bool sept_is_leaf(u64 e)
{
	return e & EPT_PS;
}
static inline bool sept_is_blocked(u64 e)
{
	enum sept_state s = sept_entry_state(e);

	return s == SEPT_BLOCKED || s == SEPT_PENDING_BLOCKED || s == SEPT_NL_BLOCKED;
}

/* Bits of the HPA field that are address bits of a leaf at KVM @level; the rest is the accept counter. */
static inline hpa_t sept_leaf_hpa(u64 e, unsigned int level)
{
	return e & EPT_PFN_MASK & ~((hw_level_pages(level) << PAGE_SHIFT) - 1);
}
static inline pfn_t sept_pfn(u64 e, unsigned int level)
{
	return (sept_is_leaf(e) ? sept_leaf_hpa(e, level) : (e & EPT_PFN_MASK)) >> PAGE_SHIFT;
}
static inline u64 sept_counter_mask(unsigned int level)
{
	return ((hw_level_pages(level) - 1) << PAGE_SHIFT) & EPT_PFN_MASK;
}

/* What the host sees of an entry (RCX, RDX). @level is KVM's. */
static inline u64 sept_arch_state(u64 e)
{
	switch (sept_entry_state(e)) {
	case SEPT_NL_MAPPED:
		return 132;
	case SEPT_NL_BLOCKED:
		return 129;
	case SEPT_MAPPED:
		return 4;
	case SEPT_BLOCKED:
		return 1;
	case SEPT_PENDING:
		return 2;
	case SEPT_PENDING_BLOCKED:
		return 3;
	case SEPT_FREE:
		break;
	}
	return 0;
}
static inline u64 sept_info_rdx(u64 e, unsigned int level)
{
	return (level - 1) | sept_arch_state(e) << 8;
}
static inline u64 sept_info_rcx(u64 e)
{
	if (sept_entry_state(e) == SEPT_FREE)
		return EPT_SVE;
	if (!sept_is_leaf(e))
		return e & (EPT_RWX | EPT_PS);
	return e & (EPT_RWX | SEPT_MT_MASK | EPT_PFN_MASK | SEPT_IPAT | EPT_PS | EPT_SVE);
}

#endif
