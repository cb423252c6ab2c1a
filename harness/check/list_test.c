/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of invariants as a document: complete entries, no id twice, every seeded bug's invariant exists,
 * and every invariant has a seeded bug that trips it or a reason why none does.
 */
#include <stdio.h>
#include <string.h>

#include "harness/check/check.h"
#include "model/switches.h"

static unsigned int nr, failed;

static void check(bool ok, const char *what, const char *id)
{
	nr++;
	failed += !ok;
	printf("%s %u - %s %s\n", ok ? "ok" : "not ok", nr, what, id);
}

/* Invariants that no seeded bug names. */
static const struct {
	const char *id, *reason;
} without_bug[] = {
	{"LOST-01", "behind SPTE-03: second_line_test"},
	{"SPTE-04", "behind SPTE-05: second_line_test"},
	{"LOCK-02", "behind LOCK-01: second_line_test"},
	{"DATA-01", "behind ZAP-01: second_line_test"},
};

static bool named_by_bug(const char *id)
{
	for (unsigned int i = 0; i < BUG_NR; i++)
		if (!strcmp(bug_infos[i].invariant, id))
			return true;
	return false;
}

static const char *reason_for(const char *id)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(without_bug); i++)
		if (!strcmp(without_bug[i].id, id))
			return without_bug[i].reason;
	return NULL;
}

static void check_invariant(const struct invariant *inv)
{
	check(inv->spec && inv->summary && inv->condition && inv->why && inv->when && inv->needs,
	      "complete:", inv->id);
	check(invariant_find(inv->id) == inv, "listed once:", inv->id);
	check(named_by_bug(inv->id) != !!reason_for(inv->id),
	      "tripped by a seeded bug, or a reason:", inv->id);
}

static const struct known_issue sample[] = {
	{"TLB-01", "sample", "stale leaf used after zap: a", "for this test", 0, 0},
	{NULL, NULL, NULL, NULL, 0, 0},
};

int main(void)
{
	for (unsigned int f = 0; check_families[f]; f++)
		for (unsigned int i = 0; i < check_families[f]->nr; i++)
			check_invariant(&check_families[f]->invariants[i]);
	for (unsigned int i = 0; i < BUG_NR; i++)
		/* RACE is what the race detectors say; no oracle. */
		check(!strcmp(bug_infos[i].invariant, "RACE") || invariant_find(bug_infos[i].invariant),
		      "invariant of bug exists:", bug_infos[i].name);
	check(!invariant_find("NONE-01"), "unknown id is not found:", "NONE-01");
	check(known_issue_find(sample, "TLB-01", "stale leaf used after zap: a / guest read") == sample,
	      "known issue", "matches");
	check(!known_issue_find(sample, "TLB-01", "stale leaf used after zap: b"), "other title", "does not");
	check(!known_issue_find(sample, "PT-02", "stale leaf used after zap: a"), "other invariant",
	      "does not");
	printf("1..%u\n", nr);
	return failed != 0;
}
