/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of model/hw: TLB lookup and fill, and the walker. */
#ifndef TDPFUZZ_MODEL_HW_WALK_H
#define TDPFUZZ_MODEL_HW_WALK_H

#include "model/hw/cpu.h"

/* Leaf that serves (@tag, @gfn) with @access, or NULL. A write needs an entry whose D bit is already set. */
struct hw_tlb_entry *hw_tlb_find(unsigned int cpu, u32 tag, gfn_t gfn, u64 access);
/* Deepest paging-structure entry on the way to @gfn, or NULL. */
struct hw_tlb_entry *hw_psc_find(unsigned int cpu, u32 tag, gfn_t gfn);
/* Caches @e, in place of what the TLB has for the same range and kind, else of the next victim. */
struct hw_tlb_entry *hw_tlb_fill(unsigned int cpu, const struct hw_tlb_entry *e, gpa_t gpa);
/* An EPT violation at @gfn drops every cached translation that would be used for it. */
void hw_tlb_drop(unsigned int cpu, u32 tag, gfn_t gfn);

/**
 * struct hw_translation - where an access goes
 * @pfn: 4 KiB frame
 * @convertible: the violation is delivered to the guest as a #VE by the processor
 */
struct hw_translation {
	pfn_t pfn;
	bool convertible;
};

/*
 * Translate @gpa for @access (EPT_R, EPT_W or EPT_X) on the current CPU. False: @exit says why not. The
 * caller's next access to memory may come without a point in between.
 */
bool hw_translate(const struct hw_vmcs *vmcs, gpa_t gpa, u64 access, struct hw_translation *t,
		  struct hw_exit *exit);

static inline bool hw_is_shared(const struct hw_vmcs *vmcs, gpa_t gpa)
{
	return !vmcs->private_root || ((gpa >> PAGE_SHIFT) & vmcs->shared_bit);
}

#endif
