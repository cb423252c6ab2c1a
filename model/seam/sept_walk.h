/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's own walks of a Secure EPT. They look at presence and leaf-ness on the way down and at nothing
 * else: a locked ancestor does not stop them, a blocked one does because its RWX is clear.
 */
#ifndef TDPFUZZ_MODEL_SEAM_SEPT_WALK_H
#define TDPFUZZ_MODEL_SEAM_SEPT_WALK_H

#include "model/seam/state.h"

struct sept_path {
	volatile u64 *entry;
	u64 value; /* snapshot */
	unsigned int level; /* reached, KVM's numbering */
};

/* Towards @level of @gfn; stops above it at a leaf or at RWX = 0. Each entry is one visible read. */
void sept_walk(struct seam_td *td, gfn_t gfn, unsigned int level, struct sept_path *path);
/* Entries of the table that non-leaf entry @value points to. */
u64 *sept_child_table(u64 value);
/* A page of the host's becomes the module's. What the host used it for does not matter any more. */
void sept_take_page(pfn_t pfn);
/* A page becomes a table; it is not reachable yet, so these stores are no visible steps. */
void sept_fill_table(pfn_t pfn, u64 value, u64 stride);

#endif
