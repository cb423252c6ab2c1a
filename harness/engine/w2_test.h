/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The miniature of the mirror/S-EPT race that engines are compared on: an entry is frozen, its mirror is set,
 * then the entry. Known counts: 23 interleavings with two threads, 2,630 with three.
 */
#ifndef TDPFUZZ_W2_TEST_H
#define TDPFUZZ_W2_TEST_H

#include "model/machine.h"

#define W2_NONE 0ull
#define W2_FROZEN 1ull
#define W2_VALUE(t) (0x1000ull * ((t) + 1) + 7)

static u64 w2_spte, w2_mirror;

static inline bool w2_freeze_set(u64 t)
{
	u64 old = W2_NONE;

	if (!m_cas64(&w2_spte, &old, W2_FROZEN, M_KVM))
		return false;
	m_store64(&w2_mirror, W2_VALUE(t), M_KVM);
	m_store64(&w2_spte, W2_VALUE(t), M_KVM);
	return true;
}

static inline void w2_first(void *unused)
{
	(void)unused;
	w2_freeze_set(0);
}

static inline void w2_other(void *nr)
{
	for (int i = 0; i < 3; i++) {
		u64 spte = m_load64(&w2_spte, M_KVM);

		if (spte == W2_FROZEN)
			continue;
		if (spte != W2_NONE || w2_freeze_set((uintptr_t)nr))
			return;
	}
}

/* The bug: without freezing. */
static inline void w2_other_bug(void *nr)
{
	for (int i = 0; i < 3; i++) {
		u64 spte = m_load64(&w2_spte, M_KVM);

		if (spte == W2_FROZEN)
			continue;
		if (spte != W2_NONE)
			return;
		m_store64(&w2_mirror, W2_VALUE((uintptr_t)nr), M_KVM);
		m_store64(&w2_spte, W2_VALUE((uintptr_t)nr), M_KVM);
		return;
	}
}

static inline bool w2_agrees(void)
{
	return w2_mirror == w2_spte;
}

#endif
