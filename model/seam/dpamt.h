/* SPDX-License-Identifier: GPL-2.0-only */
/* Profile dynamic-pamt, for the calls that need 4K metadata. */
#ifndef TDPFUZZ_MODEL_SEAM_DPAMT_H
#define TDPFUZZ_MODEL_SEAM_DPAMT_H

#include "model/seam/call.h"

/* Has the 2M range around @pfn no 4K metadata? Never in other profiles. */
bool dpamt_missing(pfn_t pfn);
/* Two different pages of memory, in these registers. */
u64 dpamt_check_pages(u64 page0, unsigned int reg0, u64 page1, unsigned int reg1);
void dpamt_add(pfn_t pfn, hpa_t page0, hpa_t page1);

u64 tdh_phymem_pamt_add(struct seam_call *c);
u64 tdh_phymem_pamt_remove(struct seam_call *c);

#endif
