/* SPDX-License-Identifier: GPL-2.0-only */
/* For conformance_test: what came of the case, in the words of the file, and whether that is what the row
 * says. */
#ifndef TDPFUZZ_MODEL_SEAM_CONFORMANCE_JUDGE_H
#define TDPFUZZ_MODEL_SEAM_CONFORMANCE_JUDGE_H

#include "model/seam/conformance_case.h"

static const char *operand_name(u64 status)
{
	static const struct {
		u32 id;
		const char *name;
	} names[] = {{1, "RCX"},   {2, "RDX"},	       {8, "R8"},	  {9, "R9"},
		     {128, "TDR"}, {146, "SEPT_TREE"}, {169, "TD_EPOCH"}, {172, "OP_STATE"}};

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].id == (u32)status)
			return names[i].name;
	}
	return NULL;
}

static void print_status(u64 status)
{
	const char *operand = operand_name(status), *name = seam_status_name(status);
	u64 code = status & TDX_STATUS_MASK;
	bool rax = code == TDX_OPERAND_INVALID && (u32)status == 0;

	if (code == TDX_PAGE_ALREADY_ACCEPTED || code == TDX_PAGE_SIZE_MISMATCH)
		snprintf(cs.got, sizeof(cs.got), "TDX_%s|level=%u", name, (u32)status);
	else
		snprintf(cs.got, sizeof(cs.got), "TDX_%s%s%s", name, operand || rax ? "|" : "",
			 rax	   ? "RAX"
			 : operand ? operand
				   : "");
}

static void print_exit(void)
{
	u64 info = tb.regs.rdx >> 32;

	switch (tb.regs.rdx & 15) {
	case TDX_EEQ_ACCEPT:
		snprintf(cs.got, sizeof(cs.got),
			 "TDEXIT:EPT_VIOLATION;EEQ=ACCEPT(req=%u;err_level=%u;err_state=%u;leaf=%u)",
			 (u32)(info & 7), (u32)(info >> 3 & 7), (u32)(info >> 6 & 255),
			 (u32)(info >> 14 & 1));
		break;
	case TDX_EEQ_ATTR_WR:
		snprintf(cs.got, sizeof(cs.got), "TDEXIT:EPT_VIOLATION;EEQ=ATTR_WR%s",
			 (info & 7) == row.level - 1 && (info >> 3 & 7) == row.entry_level - 1 ? ""
											       : "(levels)");
		break;
	case TDX_EEQ_PENDING_EPT_VIOLATION:
		snprintf(cs.got, sizeof(cs.got), "TDEXIT:EPT_VIOLATION;EEQ=PENDING_EPT_VIOLATION(6)");
		break;
	default:
		snprintf(cs.got, sizeof(cs.got), "%sTDEXIT:EPT_VIOLATION;EEQ=NONE%s",
			 is_op("TDH.VP.ENTER") ? "FAKE_" : "",
			 is_op("TDH.VP.ENTER") && tb.regs.rcx == 2 && !tb.guest.rounds
				 ? ";RCX=write;guest_not_entered"
				 : "");
	}
}

static void print_outcome(void)
{
	bool inside = guest_op() && !is_op("GUEST_ACCESS");

	if (cs.status == TDX_HOST_PRIORITY_BUSY_TIMEOUT)
		snprintf(cs.got, sizeof(cs.got), "TDEXIT:TDX_HOST_PRIORITY_BUSY_TIMEOUT");
	else if (inside && cs.status == TDX_EXIT_REASON_INTR && tb.guest.regs[0] == NO_RAX && !tb.guest.pc)
		snprintf(cs.got, sizeof(cs.got), "INTERRUPTED(no_RAX_update;RIP_not_advanced)");
	else if (cs.fn != TDH_VP_ENTER || (cs.status >> 63))
		print_status(cs.status);
	else if ((u32)cs.status == TDX_EXIT_REASON_EPT_VIOLATION)
		print_exit();
	else if (is_op("TDH.VP.ENTER"))
		snprintf(cs.got, sizeof(cs.got), "ENTER_GUEST");
	else if (inside)
		print_status(tb.guest.regs[0]);
	else if (tb.guest.regs[0] == GUEST_VE)
		snprintf(cs.got, sizeof(cs.got), "VE(48)");
	else if (row.before == SEPT_NL_MAPPED)
		snprintf(cs.got, sizeof(cs.got), "CONTINUE_TO_LEVEL_%u", row.level - 2);
	else
		snprintf(cs.got, sizeof(cs.got), "OK");
}

/* ---- comparing ---- */

static bool reports_entry(void)
{
	u64 code = cs.status & TDX_STATUS_MASK;

	return code == TDX_EPT_WALK_FAILED || code == TDX_EPT_ENTRY_STATE_INCORRECT ||
	       code == TDX_EPT_ENTRY_NOT_PRESENT || code == TDX_EPT_PAGE_NOT_FREE ||
	       code == TDX_GPA_RANGE_NOT_BLOCKED || code == TDX_GPA_RANGE_ALREADY_BLOCKED ||
	       code == TDX_EPT_INVALID_PROMOTE_CONDITIONS || has("entry_lock_held") ||
	       has("child_i_entry_locked") || (cs.fn == TDH_MEM_SEPT_RD && !cs.status);
}

static bool gives_page_back(void)
{
	return !cs.status && (cs.fn == TDH_MEM_PAGE_REMOVE || cs.fn == TDH_MEM_PAGE_PROMOTE ||
			      cs.fn == TDH_MEM_SEPT_REMOVE || cs.fn == TDH_MEM_PAGE_RELOCATE);
}

/* What the host finds after an exit out of a TDCALL. */
static bool exit_regs_right(void)
{
	u64 qual = EPT_W | (cs.value_before & EPT_RWX) << 3;

	return tb.regs.r8 == (tb.insn[0].gpa & ~(PAGE_SIZE - 1)) &&
	       tb.regs.rcx == (is_op("TDG.MEM.PAGE.ATTR.RD") ? 0 : qual);
}

/* What the guest finds in RCX and RDX after ATTR.*. */
static bool attr_regs_right(void)
{
	u64 want = 0;

	if (!tb.guest.regs[0])
		want = tb_gpa(cs.gfn, row.entry_level) | (row.before == SEPT_PENDING ? BIT_ULL(62) : 0);
	return tb.guest.regs[1] == want && !tb.guest.regs[2];
}

/* Registers of a MEM call (spec 2.2): RCX and RDX are the entry with some codes, inputs when restarted, else
 * 0. */
static bool regs_right(void)
{
	u64 rdx = (row.entry_level - 1) | sept_arch_state(cs.value_before) << 8;

	if (!strncmp(row.op, "TDG.", 4) && (u32)cs.status == TDX_EXIT_REASON_EPT_VIOLATION)
		return exit_regs_right();
	if (attr_op())
		return attr_regs_right();
	if ((strncmp(row.op, "TDH.MEM.", 8) && !is_op("TDH.MR.EXTEND")) || cs.fn == TDH_MEM_TRACK)
		return true;
	if (cs.fn == TDH_MEM_SEPT_REMOVE && (tb.regs.r9 == NULL_PA) != !!cs.version)
		return false;
	if (rw_op() && tb.regs.r8 != (cs.status ? 0 : cs.content))
		return false;
	if ((cs.status & TDX_STATUS_MASK) == TDX_INTERRUPTED_RESTARTABLE)
		return tb.regs.rcx == cs.rcx && tb.regs.rdx == cs.rdx;
	if (reports_entry())
		return tb.regs.rdx == rdx && (tb.regs.rcx & EPT_RWX) == (cs.value_before & EPT_RWX);
	if (gives_page_back())
		return tb.regs.rcx == sept_pfn(cs.value_before, row.entry_level) << PAGE_SHIFT &&
		       !tb.regs.rdx;
	return !tb.regs.rcx && !tb.regs.rdx;
}

static bool children_are(enum sept_state state)
{
	for (unsigned int i = 0; i < hw_entries(); i++) {
		volatile u64 *e =
			tb_entry(cs.gfn + i * hw_level_pages(row.entry_level - 1), row.entry_level - 1);

		if (!e || sept_entry_state(*e) != state)
			return false;
	}
	return true;
}

static bool entry_right(void)
{
	u64 hp = strstr(row.after, "(HP_bit_set)") ? SEPT_TDHP : 0;
	const char *children = strstr(row.after, "children_at_level_");
	enum sept_state want;
	char name[32];

	if (!cs.entry)
		return true;
	if (!strncmp(row.after, "UNCHANGED", 9))
		return *cs.entry == (cs.value_before | hp);
	if (strstr(row.after, "accept_counter_advanced"))
		return sept_entry_state(*cs.entry) == SEPT_PENDING && !(*cs.entry & SEPT_LOCK_BITS) &&
		       (*cs.entry & sept_counter_mask(2)) && !(cs.value_before & sept_counter_mask(2));
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(row.after, ";("), row.after);
	if (!parse_state(name, &want) || sept_entry_state(*cs.entry) != want || (*cs.entry & SEPT_LOCK_BITS))
		return false;
	if (children && (!parse_state(strchr(children, '=') + 1, &want) || !children_are(want)))
		return false;
	return true;
}

static bool result_right(void)
{
	char want[160];

	snprintf(want, sizeof(want), "%s", row.result);
	if (strstr(want, "TDR_REG"))
		strcpy(strstr(want, "TDR_REG"), cs.fn == TDH_MEM_TRACK ? "RCX" : "RDX");
	return strcmp(want, cs.got) == 0;
}

static bool content_right(void)
{
	u16 key;

	if (!is_op("TDH.MEM.WR") || cs.status)
		return true;
	return hw_data(sept_pfn(*cs.entry, row.entry_level), &key) == 0x5151 && key == TB_KEY;
}

static void judge(void)
{
	if (has("race:")) /* the AUG beside did that */
		cs.value_before = sept_pending(cs.beside_page);
	if (!result_right())
		cs.wrong = "result";
	else if (!entry_right())
		cs.wrong = "entry afterwards";
	else if (!regs_right())
		cs.wrong = "RCX or RDX";
	else if (!content_right())
		cs.wrong = "content";
}

#endif
