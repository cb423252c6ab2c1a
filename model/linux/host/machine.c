// SPDX-License-Identifier: GPL-2.0-only
/* The machine interface for the kernel half: points, waiting, choices, failure, processors. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/engine/engine.h"
#include "harness/engine/fiber.h"
#include "model/hw/cpu.h"
#include "model/linux/host/host.h"
#include "model/linux/host/watch.h"

unsigned int lnx_thread(void)
{
	return m_inside() ? m_thread() : LNX_NO_THREAD;
}

unsigned int lnx_cpu(void)
{
	return m_cpu();
}

static void load_context(unsigned int thread, unsigned int cpu)
{
	host.thread = thread;
	host.cpu = cpu;
	host.self = &host.threads[thread];
	host.self->silent = true;
	host.slice = 0;
	lnx_switch_to(thread, cpu);
}

/* Another thread is in an interrupt handler of this one's CPU. */
static void stand_still(void)
{
	unsigned int cpu = m_cpu();

	while (host.taken[cpu] && host.taken[cpu] != lnx_thread() + 1)
		m_wait(&host.taken[cpu], M_SITE("interrupted"));
}

void host_return(void)
{
	unsigned int thread = lnx_thread();

	if (unlikely(host.taken[m_cpu()]))
		stand_still();
	if (thread != host.thread || m_cpu() != host.cpu)
		load_context(thread, m_cpu());
}

void load_outside(void)
{
	host.plain = eng_classes() & M_PLAIN;
	load_context(LNX_NO_THREAD, 0);
}

/* All frames of the tree are below this one. */
void host_begin(void)
{
	unsigned long here = (unsigned long)__builtin_frame_address(0);
	struct host_thread *t;

	host_leave();
	host_return();
	t = host.self;
	if (here - t->stack_lo >= t->stack_size) {
		t->stack_lo = here - FIBER_STACK;
		t->stack_size = FIBER_STACK;
	}
}

void host_reset(void)
{
	memset(&host, 0, sizeof(host));
	host.thread = LNX_NO_THREAD;
	host.self = &host.threads[LNX_NO_THREAD];
	locks_reset();
	watch_reset();
}

static u32 class_of(enum lnx_kind kind)
{
	return kind == LNX_READ || kind == LNX_WRITE ? M_KVM : M_KVM | M_LOCKS;
}

void lnx_point(enum lnx_kind kind, const volatile void *addr, const char *what, unsigned long pc)
{
	host_leave();
	host.self->silent = false;
	m_point((u32)kind | class_of(kind), addr, site_of(pc, what));
	host_return();
}

void lnx_wait(const volatile void *obj, const char *what, unsigned long pc)
{
	struct host_thread *self = host.self;
	bool woken = self->waits_for == obj && self->woken;

	host_leave();
	self->waits_for = NULL;
	if (woken)
		return;
	m_wait(obj, site_of(pc, what));
	host_return();
}

void lnx_wait_begin(const volatile void *obj)
{
	host_leave();
	host.self->waits_for = obj;
	host.self->woken = false;
}

void lnx_wake(const volatile void *obj)
{
	host_leave();
	for (unsigned int t = 0; t < LNX_MAX_THREADS; t++)
		host.threads[t].woken |= host.threads[t].waits_for == obj;
	m_wake(obj);
}

void lnx_spin(const char *what, unsigned long pc)
{
	host_leave();
	m_spin(site_of(pc, what));
	host_return();
	host.self->silent = true;
}

unsigned int lnx_choose(enum lnx_choice kind, unsigned int n, unsigned long pc)
{
	host_leave();
	return m_choose((enum m_choice)kind, n, site_of(pc, "choice"));
}

int lnx_alone(void)
{
	host_leave();
	return m_alone();
}

void *lnx_alone_obj(void)
{
	return &m_alone_obj;
}

/* ---- failure ---- */

void lnx_fail(const char *id, const char *title, unsigned long pc, const char *fmt, ...)
{
	char text[2048];
	size_t n;
	va_list ap;

	host_leave();
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < sizeof(text))
		snprintf(text + n, sizeof(text) - n, "%sat %s, in %s()", n ? "\n" : "", site_place(pc),
			 site_function(pc));
	m_fail(id, title, "%s", text);
	/* Not what is watched for, but the caller cannot go on: the engine always ends a run for this one. */
	m_fail("BUG-01", title, "%s", text);
	abort();
}

void lnx_warn(const char *text, unsigned long pc)
{
	host_leave();
	if (m_listener)
		m_emit_slow(EV_WARN, (uintptr_t)text, 0, 0, 0, site_of(pc, "WARN"));
}

void lnx_emit(unsigned int type, lnx_u64 a, lnx_u64 b, lnx_u64 c, lnx_u64 d, unsigned long pc)
{
	host_leave();
	watch_flush_done(pc);
	if (m_listener)
		m_emit_slow((enum m_event_type)type, a, b, c, d, site_of(pc, "event"));
}

void lnx_internal(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	host_printk_dump();
	eng_internal_error("kernel environment: %s", text);
}

void lnx_stub_called(const char *symbol, unsigned long pc)
{
	lnx_internal("%s is not implemented; called by %s() at %s", symbol, site_function(pc),
		     site_place(pc));
}

/* ---- printk: the last lines ---- */

#define LOG_LINES 64

static char log_lines[LOG_LINES][160];
static unsigned int log_next;

void lnx_printk(const char *fmt, va_list ap)
{
	char *line = log_lines[log_next++ % LOG_LINES];

	if (fmt[0] == '\001' && fmt[1])
		fmt += 2; /* the level */
	vsnprintf(line, sizeof(log_lines[0]), fmt, ap);
	line[strcspn(line, "\n")] = 0;
	if (getenv("TDPFUZZ_PRINTK"))
		fprintf(stderr, "printk: %s\n", line);
}

void host_printk_dump(void)
{
	unsigned int first = log_next > LOG_LINES ? log_next - LOG_LINES : 0;

	for (unsigned int i = first; i < log_next; i++)
		fprintf(stderr, "printk: %s\n", log_lines[i % LOG_LINES]);
}

/* ---- processors ---- */

void lnx_set_cpu(unsigned int cpu)
{
	host_leave();
	eng_set_cpu(m_thread(), cpu);
	host.cpu = cpu;
}

void lnx_ipi_send(unsigned int cpu)
{
	host_leave();
	hw_send_ipi(cpu);
	host_return();
}

/*
 * An acknowledged IPI says that the target took interrupts at that time; by now it may be in a section
 * without them or in the guest again, where no handler runs. Then it is as if this IPI had come a little
 * later. The caller's own CPU may be taken meanwhile; it goes on all the same, as the handler does not need
 * that one.
 */
void lnx_cpu_take(unsigned int cpu)
{
	const struct hw_cpu *c = &hw_cpus[cpu];

	host_leave();
	for (;;) {
		hw_ipi_wait(cpu);
		if (!c->irqs_on || c->in_guest)
			hw_send_ipi(cpu);
		else if (host.taken[cpu] || host.in_seamcall[cpu])
			m_wait(&host.taken[cpu], M_SITE("wait for an interrupt handler"));
		else
			break;
	}
	host.taken[cpu] = (u8)(lnx_thread() + 1);
	if (lnx_thread() != host.thread || m_cpu() != host.cpu)
		load_context(lnx_thread(), m_cpu());
}

void lnx_cpu_give(unsigned int cpu)
{
	host_leave();
	host.taken[cpu] = 0;
	m_wake(&host.taken[cpu]);
	host_return();
}

void lnx_irqs_off(void)
{
	host_leave();
	hw_irqs_disable();
}

void lnx_irqs_on(void)
{
	host_leave();
	hw_irqs_enable();
	host_return();
}
