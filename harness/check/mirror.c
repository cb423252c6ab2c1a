/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mirror page table and Secure EPT say the same, and the removal protocol (BLOCK, TRACK, kick, REMOVE) is
 * kept. Reads the S-EPT through the module's peek.
 */
#include <stdio.h>

#include "harness/check/tables.h"
#include "model/seam/seam.h"
#include "model/switches.h"

static u64 class_of(u64 status)
{
	return status & TDX_STATUS_MASK;
}

/* The S-EPT entry of (gfn, level), or FREE when its walk ends above. */
static enum sept_state sept_at(gfn_t gfn, unsigned int level, pfn_t *pfn)
{
	unsigned int reached = level;
	const volatile u64 *entry = seam_peek(0, gfn, &reached);
	enum sept_state state;

	*pfn = 0;
	if (!entry)
		return SEPT_FREE;
	state = sept_entry_state(*entry);
	*pfn = spte_pfn(*entry);
	if (reached != level && (state == SEPT_NL_MAPPED || state == SEPT_NL_BLOCKED))
		return SEPT_FREE;
	return state;
}

/* Do a mirror SPTE and the S-EPT entry of the same place agree? */
static bool agrees(u64 spte, gfn_t gfn, unsigned int level, enum sept_state *state)
{
	pfn_t pfn;

	*state = sept_at(gfn, level, &pfn);
	switch (spte_kind(spte, level)) {
	case SPTE_IS_LEAF:
		return (*state == SEPT_MAPPED || *state == SEPT_PENDING) && pfn == spte_pfn(spte);
	case SPTE_IS_TABLE:
		return *state == SEPT_NL_MAPPED;
	default:
		return *state == SEPT_FREE;
	}
}

static void disagreement(const char *when, u64 spte, gfn_t gfn, unsigned int level, enum sept_state state)
{
	static const char *const mirror_names[] = {"empty", "frozen", "MMIO", "leaf", "table"};
	char what[64];

	snprintf(what, sizeof(what), "mirror %s, S-EPT %s", mirror_names[spte_kind(spte, level)],
		 sept_state_name(state));
	chk_fail("MIRROR-01", "mirror and S-EPT disagree", when, what,
		 "gfn %#llx level %u: mirror SPTE %#018llx", (unsigned long long)gfn, level,
		 (unsigned long long)spte);
}

/*
 * After a successful change of the S-EPT: frozen, or write-locked, means that the mirror may still be on
 * either side. In the variants without freezing the store may come on either side of the call too.
 */
static void compare_after(const struct m_event *ev, gfn_t gfn, unsigned int level)
{
	unsigned int reached;
	const volatile u64 *entry;
	enum sept_state state;

	if (chk_threads[chk_tid(ev)].mmu_lock != 'r' || variant(freeze))
		return;
	entry = tables_walk(true, gfn, level, &reached);
	if (!entry || reached != level || *entry == SPTE_FROZEN_VALUE)
		return;
	if (!agrees(*entry, gfn, level, &state))
		disagreement(seam_leaf_name(ev->a), *entry, gfn, level, state);
}

/* An entry that is not in the state that the mirror promised. */
static bool contradicts_mirror(const struct m_event *ev)
{
	u64 class = class_of(ev->b);

	switch (ev->a) {
	case TDH_MEM_SEPT_ADD:
	case TDH_MEM_PAGE_ADD:
	case TDH_MEM_PAGE_AUG:
	case TDH_MEM_RANGE_BLOCK:
	case TDH_MEM_PAGE_REMOVE:
	case TDH_MEM_PAGE_DEMOTE:
	case TDH_MEM_PAGE_RELOCATE:
	case TDH_MEM_SEPT_REMOVE:
		return class == TDX_EPT_WALK_FAILED || class == TDX_EPT_ENTRY_STATE_INCORRECT;
	default:
		return false;
	}
}

static bool breaks_protocol(const struct m_event *ev)
{
	u64 class = class_of(ev->b);

	switch (ev->a) {
	case TDH_MEM_PAGE_REMOVE:
	case TDH_MEM_PAGE_DEMOTE:
	case TDH_MEM_PAGE_PROMOTE:
	case TDH_MEM_PAGE_RELOCATE:
	case TDH_MEM_SEPT_REMOVE:
		return class == TDX_GPA_RANGE_NOT_BLOCKED || class == TDX_TLB_TRACKING_NOT_DONE;
	case TDH_MEM_TRACK:
		return class == TDX_PREVIOUS_TLB_EPOCH_BUSY;
	default:
		return false;
	}
}

static void event(const struct m_event *ev)
{
	gfn_t gfn = (ev->c & SPTE_ADDR) >> PAGE_SHIFT;
	unsigned int level = (ev->c & 7) + 1;

	if (contradicts_mirror(ev))
		chk_fail("MIRROR-01", "SEAMCALL finds another S-EPT than the mirror", seam_leaf_name(ev->a),
			 seam_status_name(ev->b), "gfn %#llx level %u: status %#llx, in %s",
			 (unsigned long long)gfn, level, (unsigned long long)ev->b, chk_flow(ev));
	else if (breaks_protocol(ev))
		chk_fail("SEAM-02", "removal protocol broken", seam_leaf_name(ev->a), seam_status_name(ev->b),
			 "gfn %#llx level %u: status %#llx, in %s", (unsigned long long)gfn, level,
			 (unsigned long long)ev->b, chk_flow(ev));
	else if (ev->b == TDX_SUCCESS &&
		 (ev->a == TDH_MEM_SEPT_ADD || ev->a == TDH_MEM_PAGE_AUG || ev->a == TDH_MEM_PAGE_REMOVE))
		compare_after(ev, gfn, level);
}

static void quiescent(void)
{
	enum sept_state state;

	if (check_view->bugged())
		return;
	for (unsigned int n = 0; n < tables_nr(); n++) {
		struct chk_table *t = table_at(n);
		u64 *words;

		if (t->life != CHK_LIVE || !t->mirror)
			continue;
		words = hw_table(t->pfn);
		for_each_touched(t, i) if (!agrees(words[i], table_entry_gfn(t, i), t->level, &state))
			disagreement("quiescence", words[i], table_entry_gfn(t, i), t->level, state);
	}
}

static const struct invariant invariants[] = {
	{"MIRROR-01", "I22 X3", "mirror and S-EPT agree",
	 "Mirror leaf present iff the S-EPT entry is MAPPED or PENDING with the same pfn and level, mirror "
	 "table iff NL_MAPPED, "
	 "else FREE; frozen, or with mmu_lock held for write, either side. No SEPT.ADD, AUG, BLOCK, REMOVE "
	 "or DEMOTE returns "
	 "EPT_WALK_FAILED or EPT_ENTRY_STATE_INCORRECT.",
	 "KVM acts on a map of guest memory that is not the one in use; the next SEAMCALL on it bugs the VM.",
	 "SEAMCALL return, quiescence", NEEDS_TABLES | NEEDS_EVENTS},
	{"SEAM-01", "M-10", "the module does not halt",
	 "No SEAMCALL drives the module into a fatal check. Raised by the module.",
	 "The platform loses TDX until reboot.", "every SEAMCALL", NEEDS_EVENTS},
	{"SEAM-02", "I23", "BLOCK, TRACK, kick, REMOVE",
	 "PAGE.REMOVE, SEPT.REMOVE, RELOCATE, DEMOTE and PROMOTE never return GPA_RANGE_NOT_BLOCKED or "
	 "TLB_TRACKING_NOT_DONE, TRACK "
	 "never "
	 "PREVIOUS_TLB_EPOCH_BUSY.",
	 "KVM bugs the VM; without the module's check a vCPU would go on using the page.", "SEAMCALL return",
	 NEEDS_EVENTS},
	{"SEAM-03", "M1-M10", "the module's own state is consistent",
	 "The oracles of the module over PAMT, CHLDCNT, entry locks, epochs and accept counters. Raised by "
	 "the module.",
	 "A page with two owners or none.", "quiescence", NEEDS_EVENTS},
};

const struct check_family check_mirror = {
	.name = "mirror",
	.invariants = invariants,
	.nr = ARRAY_SIZE(invariants),
	.event = event,
	.events = BIT_ULL(EV_SEAMCALL),
	.quiescent = quiescent,
};
