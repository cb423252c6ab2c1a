/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words of page tables in a person's words. The bits are those of the architecture and of the module's ABI,
 * written down here a second time on purpose: a report must not decode with the code that it accuses.
 */
#ifndef TDPFUZZ_TRACE_DECODE_H
#define TDPFUZZ_TRACE_DECODE_H

#include "model/types.h"

/*
 * A SPTE of KVM, EPT flavour: "4K leaf pfn 0x12 RWX AD", "table pfn 0x7", "empty", "FROZEN". @level is KVM's;
 * 0 when it is not known, then a leaf is told by its memory type and software bits, which tables never have.
 */
void decode_spte(u64 spte, unsigned int level, char *buf, size_t size);

/* An entry of the Secure EPT: "MAPPED pfn 0x12", "NL_MAPPED table pfn 0x7 locked". */
void decode_sept(u64 entry, char *buf, size_t size);

/* Did the store only take or release the module's entry lock (or set its host-priority flag)? */
bool decode_sept_lock_only(u64 old, u64 new_);

/* Frame in the entry, ~0 when it holds none. */
u64 decode_spte_pfn(u64 spte);
u64 decode_sept_pfn(u64 entry);

/* "4K", "2M", "1G", "512G"; a level and not a size, the narrow geometry keeps the names. */
const char *decode_level(unsigned int level);

#endif
