/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events: what the layers below tell the oracles and the trace. A layer emits and forgets: it never learns
 * who listens. An event is emitted right after the fact it names (before any further point), so that a
 * listener sees memory exactly as it is at that instant. Listeners only read; they report with m_fail().
 */
#ifndef TDPFUZZ_MODEL_EVENT_H
#define TDPFUZZ_MODEL_EVENT_H

#include "model/machine.h"

/* Operands in the order a, b, c, d. "w" marks a word: a pointer cast to u64, for identity and reading. */
enum m_event_type {
	EV_NONE,
	/* processor and pages */
	EV_STORE, /* w of the entry, old, new: a store to a page-table page or S-EPT page */
	EV_PAGE_ALLOC, /* pfn, level (1 = 4K), enum hw_page_type */
	EV_PAGE_FREE, /* pfn, level, enum hw_page_type that it had; emitted before its generation changes */
	EV_TLB_FILL, /* cpu, struct hw_tlb_entry *, gpa */
	EV_TLB_USE, /* cpu, struct hw_tlb_entry *, gpa, 1 = write */
	EV_TLB_FLUSH, /* cpu, tag, 0 = all */
	EV_WALK_FREED, /* cpu, pfn of the freed table that the walker read */
	EV_GUEST_READ, /* vcpu, gpa, value */
	EV_GUEST_WRITE, /* vcpu, gpa, value */
	EV_GUEST_ACCEPT, /* vcpu, gpa | level, status: an ACCEPT that will not exit; on success right after
			    the entry is MAPPED */
	EV_GUEST_EXIT, /* vcpu, exit reason, gpa */
	/* TDX module */
	EV_SEAMCALL, /* leaf, status, rcx in, rdx or r8 in: on return */
	EV_SEAM_HALT, /* w of a string: the module has halted the platform */
	/* kapi */
	EV_LOCK, /* w of the lock, enum lock_class, 0 = read, 1 = write: acquired */
	EV_UNLOCK, /* same: about to be released, still held */
	EV_RCU_LOCK, /* outermost rcu_read_lock() done */
	EV_RCU_UNLOCK, /* outermost rcu_read_unlock() about to happen */
	EV_WARN, /* w of a string, KVM function in site */
	EV_IPI, /* target cpu, 1 = sender waits */
	/* code under test, at its surface; a kernel tree's adapter can emit these too */
	EV_VM_BUGGED, /* struct subject vm index */
	EV_INVAL_BEGIN, /* vm */
	EV_INVAL_RANGE, /* vm, first gfn, end gfn (exclusive) */
	EV_INVAL_END, /* vm */
	EV_ATTR_STORE, /* vm, gfn, new attributes */
	EV_ATTR_DONE, /* vm, first gfn, end gfn: set-memory-attributes is about to leave its last locked
			 section */
	EV_ZAP_RANGE, /* vm, first gfn, end gfn (exclusive), 1 = private | 2 = shared: what the caller asked
			 to unmap, exactly */
	EV_FLUSH_REMOTE, /* vm: every vCPU has been asked and, if it was in the guest, is out of it */
	EV_YIELD, /* vm: a walker drops mmu_lock to let others run, right before the drop */
	EV_FAULT_ROUND, /* vcpu, gpa, return code (RET_PF_* or -errno): one round of the fault handler */
	EV_ENTER, /* w of the function name: a flow starts, for the trace */
	EV_LEAVE, /* w of the function name, return value */
	EV_NR,
};

struct m_event {
	u16 type;
	u16 thread;
	u16 cpu;
	u64 a, b, c, d;
	struct m_site *site;
};

/* The one listener; set by the harness before a run, may be NULL. It fans out itself. */
extern void (*m_listener)(const struct m_event *ev);

/* Around each call of a listener: race detectors look away from what it reads. */
void event_observe_begin(void);
void event_observe_end(void);
/* A listener is being left by m_fail(): back ends call this before they unwind. */
void event_observers_left(void);

void m_emit_slow(enum m_event_type type, u64 a, u64 b, u64 c, u64 d, struct m_site *site);

#define m_emit4(type, a, b, c, d)                                                                            \
	do {                                                                                                 \
		if (m_listener)                                                                              \
			m_emit_slow(type, (u64)(a), (u64)(b), (u64)(c), (u64)(d), M_SITE(#type));            \
	} while (0)
#define m_emit3(type, a, b, c) m_emit4(type, a, b, c, 0)
#define m_emit2(type, a, b) m_emit4(type, a, b, 0, 0)
#define m_emit1(type, a) m_emit4(type, a, 0, 0, 0)

#endif
