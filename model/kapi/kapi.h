/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's primitives with the kernel's names and meanings: the only way in which model/kvm and model/tdx
 * reach anything shared. Every marked access, lock operation and barrier is a scheduling point (class M_KVM).
 */
#ifndef TDPFUZZ_KAPI_H
#define TDPFUZZ_KAPI_H

#include <errno.h>

#include "model/event.h"
#include "model/kapi/atomic.h"
#include "model/kapi/lock.h"
#include "model/kapi/rcu.h"
#include "model/kapi/smp.h"
#include "model/kapi/mm.h"
#include "model/kapi/xarray.h"
#include "model/kapi/list.h"

/* WARN_ON_ONCE() of correct code never fires: a listener treats it as a finding. */
#define WARN_ON_ONCE(cond)                                                                                   \
	({                                                                                                   \
		bool w_ = !!(cond);                                                                          \
		if (unlikely(w_))                                                                            \
			m_emit1(EV_WARN, (uintptr_t)#cond);                                                  \
		w_;                                                                                          \
	})

/* BUG(): host panic, the run is over. */
#define BUG_ON(cond)                                                                                         \
	do {                                                                                                 \
		if (unlikely(cond))                                                                          \
			kapi_bug(__func__, #cond);                                                           \
	} while (0)
void kapi_bug(const char *func, const char *cond) __attribute__((noreturn));

#define cpu_relax() m_spin(M_SITE("cpu_relax()"))

/* Entry and exit of a flow, for the interleaving in a report. */
#define flow_enter() m_emit1(EV_ENTER, (uintptr_t)__func__)
#define flow_leave(ret) m_emit2(EV_LEAVE, (uintptr_t)__func__, (s64)(ret))

/* Start of a run: forget all locks, callbacks and per-CPU state. */
void kapi_reset(void);

#endif
