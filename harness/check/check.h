/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The oracles. One family of invariants a file; each family is a struct of callbacks that only look: at
 * events, at the subject's tables through struct subject_view, at the module and the processor. They report
 * with m_fail(id, ...).
 */
#ifndef TDPFUZZ_CHECK_H
#define TDPFUZZ_CHECK_H

#include "model/event.h"
#include "model/subject.h"

/* What an invariant needs of the code under test; the first two also hold on a kernel tree. */
enum check_needs { NEEDS_TABLES = 1, NEEDS_EVENTS = 2, NEEDS_INTERNALS = 4 };

/**
 * struct invariant - one rule
 * @id: "TLB-01"
 * @spec: number in spec/kvm-mmu.md section 9 ("I1") or tdx-module.md section 11 ("M1")
 * @condition: exact condition, one or two sentences
 * @why: what goes wrong when it does not hold
 * @litmus: file in corpus/litmus that shows it, or NULL
 */
struct invariant {
	const char *id, *spec, *summary, *condition, *why, *when;
	u8 needs;
};

struct check_family {
	const char *name;
	const struct invariant *invariants;
	unsigned int nr;
	void (*reset)(void); /* a run starts */
	void (*event)(const struct m_event *ev);
	u64 events; /* bit per enum m_event_type that @event wants */
	bool other_stores; /* EV_STORE to pages that are no tables of KVM too: without it there is a
			      chk_change */
	void (*quiescent)(void); /* all threads ended, subject quiesced */
};

extern const struct check_family *const check_families[]; /* NULL-terminated */
const struct invariant *invariant_find(const char *id);

/**
 * struct known_issue - a finding that is true of mainline, or of the design that a variant models: written
 * up, named
 * @id: invariant
 * @title: how the titles of its findings begin
 * @variant, @value: only under this variant; @value 0: mainline, under any
 * @write_up: what happens, why it is true of the source, where it was reported
 */
struct known_issue {
	const char *id, *name, *title, *write_up;
	u8 variant, value;
};
/* NULL when the finding is no known issue. @title as m_fail() had it. */
const struct known_issue *known_issue_match(const char *id, const char *title);
const struct known_issue *known_issue_find(const struct known_issue *list, const char *id, const char *title);

/*
 * Connects the families to the event stream. A run: check_reset() and the listener on, then the VM is created
 * and set up, so that the oracles see every store; check_quiescent() after subject_ops.quiesce(). Tables that
 * were filled unseen are learnt from the roots when the first store into one of them comes.
 */
void check_init(const struct subject_view *view);
void check_reset(void);
void check_event(const struct m_event *ev);
void check_quiescent(void);

/* For the families. */
extern const struct subject_view *check_view;
/* Is @entry in a tree that starts at a present root? Fills what is known of it. */
struct check_entry {
	gfn_t gfn; /* shared bit stripped */
	u8 level;
	bool mirror, root_valid, linked;
};
bool check_locate(const volatile u64 *entry, struct check_entry *out);

#endif
