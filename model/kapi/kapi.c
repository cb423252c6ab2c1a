/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>

#include "model/kapi/internal.h"
#include "model/kapi/kapi.h"

void kapi_bug(const char *func, const char *cond)
{
	char title[160];

	snprintf(title, sizeof(title), "BUG_ON(%s) in %s", cond, func);
	m_fail("BUG-01", title, "host panic");
	abort(); /* m_fail() does not return from a thread that runs kernel code */
}

void kapi_reset(void)
{
	kapi_lock_reset();
	kapi_rcu_reset();
	kapi_barrier_reset();
	kapi_kmem_reset();
	kapi_smp_reset();
}
