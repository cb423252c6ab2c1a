/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Barriers. The interleavings are sequentially consistent: a barrier changes nothing that another thread
 * could see, and a switch at it leads nowhere that a switch at the access behind it does not. So it is no
 * point. TSan, which has no model of fences, is told what barriers order:
 *
 *   write barrier: every later WRITE_ONCE() of the thread is a release. More than the barrier orders: it
 * hides a missing second barrier, never one that is missing altogether. read barrier:  acquires what the
 * writers of the last READS marked reads released.
 */
#include "model/kapi/internal.h"
#include "model/kapi/kapi.h"

#ifdef TDPFUZZ_TSAN
#define READS 16

/* What one thread has to tell TSan at its next barrier. */
static struct fence {
	bool released;
	unsigned int nr;
	const volatile void *read[READS];
} fences[KAPI_MAX_THREADS];

int kapi_write_order(void)
{
	return fences[m_thread()].released ? __ATOMIC_RELEASE : __ATOMIC_RELAXED;
}

void kapi_note_read(const volatile void *p)
{
	struct fence *f = &fences[m_thread()];

	f->read[f->nr++ % READS] = p;
}

static void order_writes(void)
{
	fences[m_thread()].released = true;
}

static void order_reads(void)
{
	struct fence *f = &fences[m_thread()];

	for (unsigned int i = 0; i < min(f->nr, (unsigned int)READS); i++)
		m_acquire(f->read[i]);
	f->nr = 0;
}

void kapi_barrier_reset(void)
{
	for (unsigned int t = 0; t < KAPI_MAX_THREADS; t++)
		fences[t] = (struct fence){};
}
#else
static void order_writes(void)
{
}

static void order_reads(void)
{
}

void kapi_barrier_reset(void)
{
}
#endif

void smp_mb(void)
{
	order_reads();
	order_writes();
}

void smp_wmb(void)
{
	order_writes();
}

void smp_rmb(void)
{
	order_reads();
}
