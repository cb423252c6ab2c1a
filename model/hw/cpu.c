/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Logical CPUs and their interrupts. The sender sets the pending word before it looks whether the target
 * takes interrupts; the target turns them on before it looks at the pending word: one of the two sees the
 * other.
 */
#include <string.h>

#include "model/event.h"
#include "model/hw/walk.h"

struct hw_cpu hw_cpus[HW_MAX_CPUS];
static unsigned int nr_cpus;

void hw_cpus_reset(unsigned int nr)
{
	if (nr > HW_MAX_CPUS)
		m_fail("INTERNAL", "INTERNAL processors", "more than HW_MAX_CPUS processors");
	for (unsigned int i = 0; i < nr && i < HW_MAX_CPUS; i++) {
		memset(&hw_cpus[i], 0, sizeof(hw_cpus[i]));
		hw_cpus[i].irqs_on = true;
	}
	nr_cpus = nr;
}

unsigned int hw_nr_cpus(void)
{
	return nr_cpus;
}

static bool takes_interrupts(const struct hw_cpu *c)
{
	return __atomic_load_n(&c->irqs_on, __ATOMIC_SEQ_CST) &&
	       !__atomic_load_n(&c->in_guest, __ATOMIC_SEQ_CST);
}

/* What the sender did before the IPI is seen by the target after it, and back by who waits for it. */
static void acknowledge(struct hw_cpu *c)
{
	m_acquire(&c->ipi_pending);
	m_release(&c->irqs_on);
	__atomic_store_n(&c->ipi_pending, 0, __ATOMIC_SEQ_CST);
	m_wake(&c->ipi_pending);
}

void hw_send_ipi(unsigned int cpu)
{
	struct hw_cpu *c = &hw_cpus[cpu];

	m_release(&c->ipi_pending);
	m_xchg64(&c->ipi_pending, 1, M_HW);
	if (takes_interrupts(c))
		acknowledge(c);
}

void hw_ipi_wait(unsigned int cpu)
{
	while (m_load64(&hw_cpus[cpu].ipi_pending, M_HW))
		m_wait(&hw_cpus[cpu].ipi_pending, M_SITE("wait for IPI"));
	m_acquire(&hw_cpus[cpu].irqs_on);
}

/*
 * No point: the flag is this CPU's own. Who sends it an IPI before its next access finds interrupts off, as
 * it would if the CPU had been a little faster; who sends it one before its last access finds them on.
 */
void hw_irqs_disable(void)
{
	struct hw_cpu *c = &hw_cpus[m_cpu()];

	__atomic_store_n(&c->irqs_on, false, __ATOMIC_SEQ_CST);
}

void hw_irqs_enable(void)
{
	struct hw_cpu *c = &hw_cpus[m_cpu()];

	m_point(M_WRITE | M_HW, &c->ipi_pending, M_SITE("sti"));
	m_release(&c->irqs_on); /* whoever finds interrupts on acknowledges for this CPU */
	__atomic_store_n(&c->irqs_on, true, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&c->ipi_pending, __ATOMIC_SEQ_CST))
		acknowledge(c);
}
