/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is behind guest memory: the page cache of a guest_memfd inode, or the host page tables and pages of
 * user memory. KVM gets frames out of it with a reference, and nothing in KVM keeps that reference after the
 * fault.
 *
 * Simplifications: one index space, the gfn; a block (folio) is created on first use, huge where the slot
 * allows it and huge backing is on; block records of a run are never reused.
 */
#ifndef TDPFUZZ_KVM_BACKING_H
#define TDPFUZZ_KVM_BACKING_H

#include "model/kapi/kapi.h"
#include "model/subject.h"

#define BACKING_CHUNK 8 /* blocks allocated at once */
#define BACKING_MAX_BLOCKS 2048

/**
 * struct backing_block - one folio
 * @first: gfn of its first frame
 * @pfn, @level: physical block; KVM level 1 or 2
 * @refs: references of faults in flight
 * @split: the folio has been split; its frames are freed one by one
 * @present: bit per frame: still in the page cache (or mapped by the host page table)
 * @dying: removed from the cache while referenced; freed with the last reference
 * All under the file's lock.
 */
struct backing_block {
	gfn_t first;
	pfn_t pfn;
	u32 refs;
	u8 level;
	bool split;
	u64 present[HW_MAX_ENTRIES / 64];
	u64 dying[HW_MAX_ENTRIES / 64];
};

/**
 * struct backing - one file or mm area
 * @lock: page cache and reference counts (stands for folio locks, the xarray's lock and the host's page-table
 * lock)
 * @type: HW_GMEM or HW_USER
 * @chunk: blocks in the order of creation; memory of the run
 * @huge: blocks of level 2 where a whole aligned one lies inside a slot
 */
struct backing {
	spinlock_t lock;
	enum hw_page_type type;
	bool huge;
	u16 nr;
	struct backing_block *chunk[BACKING_MAX_BLOCKS / BACKING_CHUNK];
};

void backing_init(struct backing *b, enum hw_page_type type, bool huge);
/*
 * Frame of @gfn, created if absent, with a reference on its block. @slot bounds the size of a new block.
 * *max_level: largest mapping of the block that contains @gfn.
 */
struct backing_block *backing_get(struct backing *b, gfn_t gfn, const struct subject_slot *slot, pfn_t *pfn,
				  unsigned int *max_level);
/* Only if @gfn is there already: what GUP-fast does. NULL otherwise. */
struct backing_block *backing_tryget(struct backing *b, gfn_t gfn, pfn_t *pfn, unsigned int *max_level);
void backing_put(struct backing *b, struct backing_block *block);
/* Remove [start, end): truncate or unmap. Frames without a reference are freed at once. */
void backing_remove(struct backing *b, gfn_t start, gfn_t end);
/* A huge block of which [start, end) covers a part only: false if there is none. */
bool backing_find_partial(struct backing *b, gfn_t start, gfn_t end, gfn_t *first, u64 *npages);
/* The huge block at @first is mapped by 4K from now on. */
void backing_split(struct backing *b, gfn_t first);
/* For observers and host user space: no scheduling point, no reference. ~0 if absent. */
pfn_t backing_peek(const struct backing *b, gfn_t gfn);

#endif
