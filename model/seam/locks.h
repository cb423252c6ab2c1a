/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's locks. Each is tried once: nothing in the module waits.
 *
 *   sharex     tree, epoch. S adds a reader and then fails if X is set; the reader is not taken back, X's
 * release zeroes the word. X is a compare-exchange from 0. No fairness. sharex-HP  PAMT entries, OP_STATE. As
 * above with a host-priority bit: a host that fails sets it, a host that gets S clears it, a host may take X
 * over it; X's release keeps it and drops the readers. entry      TDEL and TDHP of each S-EPT entry. A host
 * that fails sets TDHP, a host that succeeds clears it; a guest fails on either.
 *
 * Order: TDVPR PAMT, TDR PAMT, OP_STATE, tree, entry, PAMT of the page at hand; epoch inside VP.ENTER and
 * TRACK only.
 */
#ifndef TDPFUZZ_MODEL_SEAM_LOCKS_H
#define TDPFUZZ_MODEL_SEAM_LOCKS_H

#include "model/seam/sept_entry.h"

#define SHAREX_X BIT_ULL(0)
#define SHAREX_READER BIT_ULL(1)
#define SHAREX_READERS GENMASK_ULL(14, 1)
#define SHAREX_HP BIT_ULL(15)

enum seam_lock_mode { SEAM_S, SEAM_X };

/* One step each; the caller has announced it with m_point(). */
bool sharex_try(u64 *lock, enum seam_lock_mode mode);
void sharex_unlock(u64 *lock, enum seam_lock_mode mode);
bool sharex_hp_try(u64 *lock, enum seam_lock_mode mode);
void sharex_hp_unlock(u64 *lock, enum seam_lock_mode mode);
bool sharex_hp_promote(u64 *lock); /* S -> X, only for a sole reader */

/* With a point of their own. */
#define sharex_lock(lock, mode)                                                                              \
	({                                                                                                   \
		m_point(M_LOCK | M_SEAM, lock, M_SITE("try " #lock));                                        \
		sharex_try(lock, mode);                                                                      \
	})
/*
 * The release of X is a point: until then every other attempt is busy. The release of S is none: only who
 * wants X sees it, and he finds the lock held at every point of the section that lies before.
 */
#define sharex_release(lock, mode)                                                                           \
	({                                                                                                   \
		enum seam_lock_mode m_ = (mode);                                                             \
		if (m_ == SEAM_X)                                                                            \
			m_point(M_UNLOCK | M_SEAM, lock, M_SITE("unlock " #lock));                           \
		sharex_unlock(lock, m_);                                                                     \
	})

bool sept_lock_host(volatile u64 *entry);

enum sept_guest_lock { SEPT_LOCKED, SEPT_BUSY, SEPT_HOST_PRIORITY };
enum sept_guest_lock sept_lock_guest(volatile u64 *entry);
/* Keeps TDHP. */
void sept_unlock(volatile u64 *entry);

void seam_halt(const char *condition);

#endif
