/* SPDX-License-Identifier: GPL-2.0-only */
/* For conformance_test: a line of sept-transitions.csv, taken apart. Levels in the file are TDX's; here
 * KVM's. */
#ifndef TDPFUZZ_MODEL_SEAM_CONFORMANCE_ROW_H
#define TDPFUZZ_MODEL_SEAM_CONFORMANCE_ROW_H

#include <stdlib.h>

#include "model/seam/testbed.h"

/**
 * struct row - a line of the file, and the case made of it
 * @level: of the operation; @entry_level: of the entry that @before speaks of, an ancestor's or the same
 * @op_state: wanted, or -1 for "does not matter"
 * @variant: of conditions that stand for several
 * @five: the TD has five levels and GPAW 1
 * @bits: index bits a level
 */
struct row {
	char text[400];
	char *op, *level_text, *kind, *before_text, *cond, *result, *after;
	unsigned int level, entry_level;
	enum sept_state before;
	int op_state;
	bool tracked, runnable, five;
	unsigned int variant, bits;
};

static struct row row;

static bool has(const char *token)
{
	return strstr(row.cond, token) != NULL;
}
static bool is_op(const char *name)
{
	return strcmp(row.op, name) == 0;
}
static bool guest_op(void)
{
	return !strncmp(row.op, "TDG.", 4) || is_op("GUEST_ACCESS");
}
static bool attr_op(void)
{
	return !strncmp(row.op, "TDG.MEM.PAGE.ATTR.", 18);
}
static bool rw_op(void)
{
	return is_op("TDH.MEM.RD") || is_op("TDH.MEM.WR");
}
/* Its operand is an address without level. */
static bool leaf_op(void)
{
	return rw_op() || is_op("TDH.MR.EXTEND");
}

static const struct {
	const char *name;
	u64 fn;
	u8 level; /* a level at which it can be called, KVM's */
	bool r8; /* takes a page */
} ops[] = {
	{"ANY_HOST_TD_CALL", TDH_MEM_RANGE_BLOCK, 1, false},
	{"TDH.MEM.SEPT.ADD", TDH_MEM_SEPT_ADD, 2, true},
	{"TDH.MEM.SEPT.REMOVE", TDH_MEM_SEPT_REMOVE, 2, false},
	{"TDH.MEM.PAGE.RELOCATE", TDH_MEM_PAGE_RELOCATE, 1, true},
	{"TDH.MEM.RD", TDH_MEM_RD, 1, false},
	{"TDH.MEM.WR", TDH_MEM_WR, 1, false},
	{"TDH.MEM.PAGE.ADD", TDH_MEM_PAGE_ADD, 1, true},
	{"TDH.MEM.PAGE.AUG", TDH_MEM_PAGE_AUG, 1, true},
	{"TDH.MEM.RANGE.BLOCK", TDH_MEM_RANGE_BLOCK, 1, false},
	{"TDH.MEM.RANGE.UNBLOCK", TDH_MEM_RANGE_UNBLOCK, 1, false},
	{"TDH.MEM.PAGE.REMOVE", TDH_MEM_PAGE_REMOVE, 1, false},
	{"TDH.MEM.PAGE.DEMOTE", TDH_MEM_PAGE_DEMOTE, 2, true},
	{"TDH.MEM.PAGE.PROMOTE", TDH_MEM_PAGE_PROMOTE, 2, false},
	{"TDH.MEM.SEPT.RD", TDH_MEM_SEPT_RD, 1, false},
	{"TDH.MR.EXTEND", TDH_MR_EXTEND, 1, false},
	{"TDH.MEM.TRACK", TDH_MEM_TRACK, 1, false},
	{"TDH.VP.ENTER", TDH_VP_ENTER, 1, false},
	{"TDG.MEM.PAGE.ACCEPT", TDH_VP_ENTER, 1, false},
	{"TDG.MEM.PAGE.ATTR.RD", TDH_VP_ENTER, 1, false},
	{"TDG.MEM.PAGE.ATTR.WR", TDH_VP_ENTER, 1, false},
	{"GUEST_ACCESS", TDH_VP_ENTER, 1, false},
};

static int find_op(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(ops); i++) {
		if (is_op(ops[i].name))
			return i;
	}
	return -1;
}

static const enum sept_state all_states[] = {SEPT_FREE,	   SEPT_NL_MAPPED, SEPT_NL_BLOCKED,	SEPT_MAPPED,
					     SEPT_BLOCKED, SEPT_PENDING,   SEPT_PENDING_BLOCKED};

static bool parse_state(const char *text, enum sept_state *state)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(all_states); i++) {
		if (strcmp(sept_state_name(all_states[i]), text) == 0) {
			*state = all_states[i];
			return true;
		}
	}
	return false;
}

static bool split_row(const char *line)
{
	char **fields[] = {&row.op,   &row.level_text, &row.kind, &row.before_text,
			   &row.cond, &row.result,     &row.after};
	char *p = row.text;

	snprintf(row.text, sizeof(row.text), "%s", line);
	p[strcspn(p, "\r\n")] = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++) {
		*fields[i] = p;
		p = strchr(p, ',');
		if (!p)
			return i + 1 == ARRAY_SIZE(fields);
		*p++ = 0;
	}
	return false;
}

/* Only a TD with five levels has such an entry. */
static bool needs_five(void)
{
	return strcmp(row.level_text, "4") == 0 || has("ancestor_level=4");
}

static void parse_levels(void)
{
	const char *at = strstr(row.cond, "ancestor_level=");
	int op = find_op();

	row.level = op < 0 ? 1 : ops[op].level;
	if (row.level_text[0] >= '0' && row.level_text[0] <= '9')
		row.level = atoi(row.level_text) + 1;
	if (strcmp(row.kind, "nonleaf") == 0 && row.level == 1)
		row.level = 2;
	row.entry_level = at ? (unsigned int)atoi(at + strlen("ancestor_level=")) + 1 : row.level;
	row.tracked = has("tracked=yes");
	row.op_state = has("op_state=RUNNABLE")	     ? OP_RUNNABLE
		       : has("op_state=INITIALIZED") ? OP_INITIALIZED
						     : -1;
}

#endif
