/* SPDX-License-Identifier: GPL-2.0-only */
/* Pre-order walk of a TDP page table. The iterator works on snapshots: old_spte may be older than memory. */
#ifndef TDPFUZZ_KVM_TDP_ITER_H
#define TDPFUZZ_KVM_TDP_ITER_H

#include "model/kvm/kvm_host.h"

/**
 * struct tdp_iter - position of a walk
 * @next_last_level_gfn: where the walk has to go on; the gfn of the next last-level SPTE
 * @yielded_gfn: @next_last_level_gfn at the last yield, or at the start: a walk yields only after progress
 * @pt_path: tables from the root (by level - 1)
 * @sptep, @old_spte: current entry and its value when it was read
 * @gfn: first gfn of the current entry, without direct bits
 * @gfn_bits: bits or'ed into the index of a direct root of a TD
 * @yielded: mmu_lock was dropped: everything above is stale until tdp_iter_next() restarts from the root
 */
struct tdp_iter {
	gfn_t next_last_level_gfn;
	gfn_t yielded_gfn;
	u64 *pt_path[PT64_ROOT_4LEVEL];
	u64 *sptep;
	gfn_t gfn;
	gfn_t gfn_bits;
	int root_level, min_level, level;
	u64 old_spte;
	bool valid, yielded;
};

/* The marked read of a SPTE in table memory that RCU protects; PT-01 when the table has been freed. */
u64 kvm_tdp_mmu_read_spte(u64 *sptep);

void tdp_iter_start(struct tdp_iter *iter, struct kvm_mmu_page *root, int min_level,
		    gfn_t next_last_level_gfn, gfn_t gfn_bits);
void tdp_iter_next(struct tdp_iter *iter);
void tdp_iter_restart(struct tdp_iter *iter);
u64 *spte_to_child_pt(u64 spte, int level);

#define for_each_tdp_pte_min_level(iter, kvm, root, min_level, start, end)                                   \
	for (tdp_iter_start(&(iter), root, min_level, start,                                                 \
			    (root)->role.is_mirror ? 0 : kvm_gfn_direct_bits(kvm));                          \
	     (iter).valid && (iter).gfn < (end); tdp_iter_next(&(iter)))

#define for_each_tdp_pte(iter, kvm, root, start, end)                                                        \
	for_each_tdp_pte_min_level (iter, kvm, root, PG_LEVEL_4K, start, end)

#endif
