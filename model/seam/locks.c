/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/event.h"
#include "model/seam/locks.h"

void seam_halt(const char *condition)
{
	static char title[96]; /* outlives the run */
	size_t n = 0;

	for (const char *s = "TDX module halts: "; *s; s++)
		title[n++] = *s;
	for (const char *s = condition; *s && n < sizeof(title) - 1; s++)
		title[n++] = *s;
	title[n] = 0;
	m_emit1(EV_SEAM_HALT, (uintptr_t)condition);
	m_fail("SEAM-01", title, "%s", condition);
}

static bool cas(u64 *lock, u64 old, u64 new_)
{
	return __atomic_compare_exchange_n(lock, &old, new_, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

bool sharex_try(u64 *lock, enum seam_lock_mode mode)
{
	if (mode == SEAM_X)
		return cas(lock, 0, SHAREX_X);
	return !(__atomic_fetch_add(lock, SHAREX_READER, __ATOMIC_ACQ_REL) & SHAREX_X);
}

void sharex_unlock(u64 *lock, enum seam_lock_mode mode)
{
	u64 old;

	if (mode == SEAM_X) {
		old = __atomic_exchange_n(lock, 0, __ATOMIC_ACQ_REL);
		if (!(old & SHAREX_X))
			seam_halt("exclusive lock released that is not held");
		return;
	}
	old = __atomic_fetch_sub(lock, SHAREX_READER, __ATOMIC_ACQ_REL);
	if (!(old & SHAREX_READERS))
		seam_halt("shared lock released that is not held");
}

static void set_hp(u64 *lock)
{
	__atomic_fetch_or(lock, SHAREX_HP, __ATOMIC_ACQ_REL);
}

static bool sharex_hp_try_x(u64 *lock)
{
	if (cas(lock, 0, SHAREX_X))
		return true;
	/* Losing this second attempt is busy without host priority. */
	if (__atomic_load_n(lock, __ATOMIC_ACQUIRE) == SHAREX_HP)
		return cas(lock, SHAREX_HP, SHAREX_X);
	set_hp(lock);
	return false;
}

bool sharex_hp_try(u64 *lock, enum seam_lock_mode mode)
{
	u64 old;

	if (mode == SEAM_X)
		return sharex_hp_try_x(lock);
	old = __atomic_fetch_add(lock, SHAREX_READER, __ATOMIC_ACQ_REL);
	if (old & SHAREX_X) {
		set_hp(lock);
		return false;
	}
	if (old & SHAREX_HP)
		__atomic_fetch_and(lock, ~SHAREX_HP, __ATOMIC_ACQ_REL);
	return true;
}

void sharex_hp_unlock(u64 *lock, enum seam_lock_mode mode)
{
	u64 old;

	if (mode == SEAM_S) {
		sharex_unlock(lock, SEAM_S);
		return;
	}
	old = __atomic_fetch_and(lock, SHAREX_HP, __ATOMIC_ACQ_REL);
	if (!(old & SHAREX_X))
		seam_halt("exclusive lock released that is not held");
}

bool sharex_hp_promote(u64 *lock)
{
	if (cas(lock, SHAREX_READER, SHAREX_X))
		return true;
	if (__atomic_load_n(lock, __ATOMIC_ACQUIRE) == (SHAREX_READER | SHAREX_HP))
		return cas(lock, SHAREX_READER | SHAREX_HP, SHAREX_X);
	set_hp(lock);
	return false;
}

static u64 entry_or(volatile u64 *entry, u64 bits, struct m_site *site)
{
	u64 old;

	m_point(M_RMW | M_SEAM, entry, site);
	old = __atomic_fetch_or(entry, bits, __ATOMIC_ACQ_REL);
	m_value(old, old | bits);
	m_stored(entry, old, old | bits, site);
	return old;
}

static u64 entry_clear(volatile u64 *entry, u64 bits, struct m_site *site)
{
	u64 old = __atomic_fetch_and(entry, ~bits, __ATOMIC_ACQ_REL);

	m_stored(entry, old, old & ~bits, site);
	return old;
}

bool sept_lock_host(volatile u64 *entry)
{
	u64 old = entry_or(entry, SEPT_TDEL, M_SITE("lock entry (host)"));

	if (old & SEPT_TDEL) {
		/* A second locked operation in the module too: the holder may be gone by now. */
		entry_or(entry, SEPT_TDHP, M_SITE("set host priority"));
		return false;
	}
	if (old & SEPT_TDHP)
		entry_clear(entry, SEPT_TDHP, M_SITE("clear host priority"));
	return true;
}

enum sept_guest_lock sept_lock_guest(volatile u64 *entry)
{
	u64 old = entry_or(entry, SEPT_TDEL, M_SITE("lock entry (guest)"));

	if (old & SEPT_TDEL)
		return SEPT_BUSY;
	if (!(old & SEPT_TDHP))
		return SEPT_LOCKED;
	sept_unlock(entry);
	return SEPT_HOST_PRIORITY;
}

void sept_unlock(volatile u64 *entry)
{
	struct m_site *site = M_SITE("unlock entry");
	u64 old;

	m_point(M_UNLOCK | M_SEAM, entry, site);
	old = entry_clear(entry, SEPT_TDEL, site);
	m_value(old, old & ~SEPT_TDEL);
	if (!(old & SEPT_TDEL))
		seam_halt("entry lock released that is not held");
}
