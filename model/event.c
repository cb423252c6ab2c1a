/* SPDX-License-Identifier: GPL-2.0-only */
/* From the layers to whoever listens. */
#include "model/event.h"

void (*m_listener)(const struct m_event *ev);

/*
 * A listener reads what the model's threads write without their locks, as an oracle may: race detectors are
 * told to look away meanwhile.
 */
#if defined(TDPFUZZ_TSAN) && !defined(MACHINE_THREADS)
void __tsan_ignore_thread_begin(void);
void __tsan_ignore_thread_end(void);

static unsigned int observing;

void event_observe_begin(void)
{
	__tsan_ignore_thread_begin();
	observing++;
}

void event_observe_end(void)
{
	observing--;
	__tsan_ignore_thread_end();
}

void event_observers_left(void)
{
	while (observing)
		event_observe_end();
}
#else
void event_observe_begin(void)
{
}

void event_observe_end(void)
{
}

void event_observers_left(void)
{
}
#endif

void m_emit_slow(enum m_event_type type, u64 a, u64 b, u64 c, u64 d, struct m_site *site)
{
	struct m_event ev = {
		.type = type,
		.thread = m_thread(),
		.cpu = m_cpu(),
		.a = a,
		.b = b,
		.c = c,
		.d = d,
		.site = site,
	};

	event_observe_begin();
	m_listener(&ev);
	event_observe_end();
}

void m_stored_table(volatile u64 *p, u64 old, u64 new_, struct m_site *site)
{
	if (m_listener)
		m_emit_slow(EV_STORE, (u64)p, old, new_, 0, site);
}
