/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of the xarray that KVM uses for memory attributes and guest_memfd: index -> non-zero value. One
 * access is one scheduling point. Kept as a sparse table of the indices that a run touched, plus initial
 * ranges that cost nothing however large they are.
 */
#ifndef TDPFUZZ_KAPI_XARRAY_H
#define TDPFUZZ_KAPI_XARRAY_H

#include "model/kapi/atomic.h"

#define XA_MAX_RANGES 8
#define XA_BUCKETS 128

struct xarray {
	struct xa_slot *bucket[XA_BUCKETS]; /* indices that this run touched, arena memory */
	u8 nr_ranges;
	struct {
		u64 first, end, value;
	} range[XA_MAX_RANGES]; /* set before the first thread starts */
};

void xa_init(struct xarray *xa);
void xa_init_range(struct xarray *xa, u64 first, u64 end, u64 value);
/* Both are safe against each other without a lock; xa_store() callers exclude each other. 0 = no entry. */
u64 xa_load(struct xarray *xa, u64 index);
void xa_store(struct xarray *xa, u64 index, u64 value);
/* Without a scheduling point, for observers. */
u64 xa_peek(const struct xarray *xa, u64 index);

#endif
