/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/kapi/kapi.h"

void refcount_set(refcount_t *r, u64 v)
{
	WRITE_ONCE(r->v, v);
}

bool refcount_inc_not_zero(refcount_t *r)
{
	u64 old;

	m_point(M_RMW | M_KVM, &r->v, M_SITE("refcount_inc_not_zero()"));
	old = __atomic_load_n(&r->v, __ATOMIC_RELAXED);
	while (old &&
	       !__atomic_compare_exchange_n(&r->v, &old, old + 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	m_value(old, old ? old + 1 : 0);
	return old;
}

bool refcount_dec_and_test(refcount_t *r)
{
	u64 old;

	m_point(M_RMW | M_KVM, &r->v, M_SITE("refcount_dec_and_test()"));
	old = __atomic_fetch_sub(&r->v, 1, __ATOMIC_ACQ_REL);
	m_value(old, old - 1);
	WARN_ON_ONCE(!old);
	return old == 1;
}
