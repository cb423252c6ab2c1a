/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs, interrupts and rescheduling, on what the processor has of them. */
#include "model/hw/cpu.h"
#include "model/kapi/internal.h"
#include "model/kapi/kapi.h"

/* TIF_NEED_RESCHED: once asked for, a reschedule stays due until the thread lets others run. By thread. */
static bool resched_due[KAPI_MAX_THREADS];

unsigned int smp_processor_id(void)
{
	return m_cpu();
}

void local_irq_disable(void)
{
	hw_irqs_disable();
}

void local_irq_enable(void)
{
	hw_irqs_enable();
}

void smp_call_function_many(u64 mask, bool wait)
{
	mask &= ~BIT_ULL(m_cpu());
	for (unsigned int cpu = 0; cpu < hw_nr_cpus(); cpu++) {
		if (!(mask & BIT_ULL(cpu)))
			continue;
		hw_send_ipi(cpu);
		m_emit2(EV_IPI, cpu, wait);
	}
	for (unsigned int cpu = 0; wait && cpu < hw_nr_cpus(); cpu++)
		if (mask & BIT_ULL(cpu))
			hw_ipi_wait(cpu);
}

bool need_resched(void)
{
	bool *due = &resched_due[m_thread()];

	if (!*due)
		*due = m_choose(M_CH_RESCHED, 2, M_SITE("need_resched()"));
	return *due;
}

void cond_resched(void)
{
	resched_due[m_thread()] = false;
	m_spin(M_SITE("cond_resched()"));
}

bool cond_resched_rwlock_read(rwlock_t *lock)
{
	lockdep_assert_held_read(lock);
	if (!need_resched() && !rwlock_needbreak(lock))
		return false;
	read_unlock(lock);
	cond_resched();
	read_lock(lock);
	return true;
}

bool cond_resched_rwlock_write(rwlock_t *lock)
{
	lockdep_assert_held_write(lock);
	if (!need_resched() && !rwlock_needbreak(lock))
		return false;
	write_unlock(lock);
	cond_resched();
	write_lock(lock);
	return true;
}

void kapi_smp_reset(void)
{
	for (unsigned int t = 0; t < KAPI_MAX_THREADS; t++)
		resched_due[t] = false;
}
