/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What mainline, or an unmerged design, itself does against an invariant. An entry is a finding that was
 * checked against the source or the posting and written up; it is reported under its name, and is a violation
 * under --strict. Never silence one by bending a model or an invariant. With a seeded bug switched on nothing
 * is a known issue.
 */
#include <string.h>

#include "harness/check/check.h"
#include "model/switches.h"

/* Ends with an entry without a name. */
static const struct known_issue known_issues[] = {
	{"HUGE-01", "rfc-v1-punch-hole-neighbour",
	 "illegal huge leaf: straddles an open invalidation / kvm_tdp_mmu_map",
	 "A 4K hole is punched in a 2M folio. The invalidation covers the hole only (set-attributes widens "
	 "its range to "
	 "whole huge pages, punch-hole does not), so that a fault on a neighbour maps 2M over the hole "
	 "before the "
	 "truncate: the freed page stays mapped. Q4.12, corpus/litmus/Q4.12-neighbour-fault.litmus.",
	 VARIANT_huge, HUGE_RFC_V1},
	{"PROG-01", "rfc-v1-touch-then-accept-4k", "vCPU makes no progress",
	 "A guest touches private memory first, which maps 2M, and then ACCEPTs only at 4K: the split that "
	 "this asks for "
	 "is refused under the shared mmu_lock, and the ACCEPT exits for ever. The posting knows it and says "
	 "that Linux "
	 "guests do not do this. Q4.1, corpus/litmus/Q4.1-touch-then-accept.litmus.",
	 VARIANT_huge, HUGE_RFC_V1},
	{"PROG-01", "zero-step-pending", "vCPU is held out of the guest by the zero-step filter",
	 "After seven private EPT violations at one instruction (here: two vCPUs of a guest that disagree "
	 "whether a page is "
	 "private, and a VMM that converts it for each) VP.ENTER answers with the same violation until the "
	 "page is MAPPED. "
	 "KVM finds its SPTE present, returns spurious, and enters again; the vCPU that would ACCEPT the "
	 "page is the one "
	 "that cannot run. Ends only when another vCPU ACCEPTs. Q0.4, "
	 "corpus/regressions/zero-step-pending.litmus.",
	 0, 0},
	{NULL, NULL, NULL, NULL, 0, 0},
};

static bool applies(const struct known_issue *issue)
{
	return !issue->value || variant_value[issue->variant] == issue->value;
}

static bool bug_is_on(void)
{
	for (unsigned int i = 0; i < BUG_NR; i++)
		if (bug_enabled[i])
			return true;
	return false;
}

const struct known_issue *known_issue_find(const struct known_issue *list, const char *id, const char *title)
{
	for (; list->name; list++)
		if (applies(list) && !strcmp(id, list->id) &&
		    !strncmp(title, list->title, strlen(list->title)))
			return list;
	return NULL;
}

const struct known_issue *known_issue_match(const char *id, const char *title)
{
	return bug_is_on() ? NULL : known_issue_find(known_issues, id, title);
}
