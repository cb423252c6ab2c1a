/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words of the tree whose change is an event that KVM cannot tell of itself: the kernel half names them
 * (lnx_watched()), and access.c sees the stores.
 */
#ifndef TDPFUZZ_LNX_WATCH_H
#define TDPFUZZ_LNX_WATCH_H

#include "model/types.h"

/**
 * struct watch_op - the operation of the scenario that a thread is in
 * @start, @end: gfns
 * @kinds: of mapping that it asks to take away, as in EV_ZAP_RANGE; 0 = none
 * @is_conversion, @to_private: set-memory-attributes
 */
struct watch_op {
	u64 start, end;
	u8 kinds;
	bool is_conversion, to_private;
};
void watch_op_begin(const struct watch_op *op);
void watch_op_end(void);

/* Around all words that are watched: nearly every other address is told apart at once. */
extern unsigned long watch_lo, watch_hi;
bool watch_find(unsigned long addr);

static inline bool watch_has(unsigned long addr)
{
	return unlikely(addr - watch_lo < watch_hi - watch_lo) && watch_find(addr);
}

void watch_stored(volatile u64 *word, u64 old, u64 now, unsigned long pc);
/* The thread is about to do what oracles look at: a remote flush that it began is over. */
void watch_flush_done(unsigned long pc);
/* A VM was created: asks the kernel half anew. */
void watch_begin(void);
void watch_reset(void);

#endif
