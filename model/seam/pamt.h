/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical Address Metadata Table: who owns a page. One entry for each 4K, 2M and 1G of memory.
 *
 * A 2M mapping is PAMT_2M REG over 4K entries that are NDA; a 4K mapping is PAMT_4K REG under PAMT_2M NDA.
 * NDA keeps owner and BEPOCH of before. RSVD is what the host reserved in SYS.CONFIG. Simplifications: the
 * locks that a walk takes on the entries of 1G, 2M and 4K are taken in one step; the 2M entry knows how many
 * of its 4K entries are not NDA, which stands for the scan of them.
 */
#ifndef TDPFUZZ_MODEL_SEAM_PAMT_H
#define TDPFUZZ_MODEL_SEAM_PAMT_H

#include "model/seam/locks.h"

/**
 * struct pamt_entry - metadata of one page
 * @run: valid only in this run; an entry that nobody touched is NDA
 * @lock: sharex-HP; of a TDR or TDVPR it is the lock of the TD or vCPU
 * @type: enum pamt_type, changed under X of @lock
 * @owner: TDR's frame
 * @bepoch: TD epoch of the last RANGE.BLOCK; accessed without @lock
 * @seen: oracle of the module: last check that met a mapping of the page
 * @used: entries of the size below that are not NDA
 * @paired: of a 2M range in profile dynamic-pamt: the host gave pages for its 4K entries
 */
struct pamt_entry {
	u32 run, used, seen;
	bool paired;
	u64 lock, type, bepoch;
	pfn_t owner;
};

void pamt_reset(void);
struct pamt_entry *pamt(pfn_t pfn, unsigned int level);

/**
 * struct pamt_ref - a locked PAMT entry
 * @walked: its parents are locked shared
 */
struct pamt_ref {
	struct pamt_entry *entry;
	pfn_t pfn;
	u8 level, mode;
	bool walked;
};

/*
 * Walk to the entry of @level (or a REG entry above it), S on parents, @mode on it. False is BUSY. 4K walks
 * at a larger REG page end there: look at ref->level.
 */
bool pamt_walk(pfn_t pfn, unsigned int level, enum seam_lock_mode mode, struct pamt_ref *ref);
/* Entry only; halts when the page is not in use. */
struct pamt_entry *pamt_implicit(pfn_t pfn, unsigned int level);
bool pamt_lock_implicit(pfn_t pfn, unsigned int level, enum seam_lock_mode mode, struct pamt_ref *ref);
/* The same for a page that must not be in use; the caller has looked. */
bool pamt_lock_implicit_free(pfn_t pfn, unsigned int level, enum seam_lock_mode mode, struct pamt_ref *ref);
void pamt_unlock(struct pamt_ref *ref);

/* 4K pages that are not NDA, whatever the size of their entries. */
u64 pamt_in_use(void);
/* Under X: change of type, in the caller's step. */
void pamt_set_type(pfn_t pfn, unsigned int level, enum pamt_type type);
void pamt_assign(pfn_t pfn, unsigned int level, enum pamt_type type, pfn_t owner);
/* The same for all entries below the large page (@pfn, @level), in one step. */
void pamt_assign_children(pfn_t pfn, unsigned int level, enum pamt_type type, pfn_t owner);

#endif
