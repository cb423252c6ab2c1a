/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every row of sept-transitions.csv is brought about, by SEAMCALLs and TDCALLs where there is a way, and
 * compared: the status with its operand, the registers, and the entry afterwards. A row that cannot be
 * brought about is named with the reason; fewer than MIN_DRIVEN is a failure.
 */
#include "model/seam/conformance_row.h"

#define CSV "model/seam/sept-transitions.csv"
#define NR_ROWS 1103
#define MIN_DRIVEN 1103

#define NO_RAX 0x7777 /* in the guest's register when no TDCALL has completed */

/* What the case changes about a plain, successful call, and the outcome. */
static struct {
	u64 fn, rcx, rdx, r8, r9, version;
	gfn_t gfn;
	u64 *lock, lock_value; /* a lock word to hold during the call */
	volatile u64 *lock_entry; /* an S-EPT entry to hold */
	u64 value_before, content;
	struct seam_td saved_td;
	hpa_t beside_page; /* of the AUG on the other CPU */
	volatile u64 *entry;
	u64 status;
	char got[160];
	const char *wrong;
} cs;

/* ---- bringing it about ---- */

static enum sept_state any_state(void)
{
	/* The state does not matter to the row: one in which the call would get as far as possible. */
	if (has("level_not_allowed"))
		return SEPT_FREE;
	if (is_op("TDH.MEM.RANGE.BLOCK") || is_op("TDH.MEM.PAGE.REMOVE") || is_op("TDH.MEM.PAGE.DEMOTE") ||
	    is_op("TDH.MEM.PAGE.RELOCATE") || leaf_op() || attr_op())
		return SEPT_MAPPED;
	if (is_op("TDH.MEM.RANGE.UNBLOCK"))
		return SEPT_BLOCKED;
	if (is_op("TDG.MEM.PAGE.ACCEPT"))
		return SEPT_PENDING;
	if (is_op("TDH.VP.ENTER"))
		return SEPT_MAPPED;
	if (is_op("TDH.MEM.PAGE.PROMOTE") || is_op("TDH.MEM.SEPT.REMOVE"))
		return SEPT_NL_MAPPED;
	return SEPT_FREE;
}

/* PROMOTE: a table with children that fit, or not. */
static void make_children(void)
{
	bool pending = has("children_all_PENDING");
	unsigned int level = row.entry_level - 1;
	u64 size = hw_level_pages(level);
	hpa_t hpa = tb_page(level + 1, HW_GMEM);

	tb_tables(cs.gfn, level);
	for (unsigned int i = 0; i < hw_entries(); i++) {
		if (has("violates") && i == 3)
			continue;
		tb_leaf(cs.gfn + i * size, level, pending, hpa + i * (size << PAGE_SHIFT));
	}
	if (has("child_i_entry_locked"))
		cs.lock_entry = tb_entry(cs.gfn + 3 * size, level);
	if (has("merged_PAMT"))
		cs.lock = &pamt(hpa >> PAGE_SHIFT, level + 1)->lock;
	if (row.before == SEPT_NL_BLOCKED)
		tb_must(tb_mem(TDH_MEM_RANGE_BLOCK, cs.gfn, row.entry_level, 0, 0), "BLOCK");
}

/* SEPT.REMOVE: a table with one entry in use. */
static void make_used_table(void)
{
	if (row.entry_level == 2)
		tb_state(cs.gfn + 3, 1, SEPT_PENDING);
	else
		tb_tables(cs.gfn, row.entry_level - 2);
	if (row.before == SEPT_NL_BLOCKED)
		tb_must(tb_mem(TDH_MEM_RANGE_BLOCK, cs.gfn, row.entry_level, 0, 0), "BLOCK");
}

static bool stale_access(void)
{
	return has("stale_translation");
}

/* First the guest caches the translation, then the host blocks. */
static void make_stale(void)
{
	bool leaf = row.before == SEPT_BLOCKED;

	if (leaf)
		tb_state(cs.gfn, row.entry_level, SEPT_MAPPED);
	else
		tb_state(cs.gfn, 1, SEPT_MAPPED);
	tb_finalize();
	tb.insn[0] = (struct guest_insn){.op = G_READ, .reg = 1, .gpa = cs.gfn << PAGE_SHIFT};
	tb.insn[1] = (struct guest_insn){.op = G_VMCALL, .reg = 2};
	tb.insn[2] = tb.insn[0];
	tb.insn[2].reg = 0;
	tb.guest.nr = 3;
	if (tb_enter() != TDX_EXIT_REASON_TDCALL)
		m_fail("TEST", "TEST preparation", "first access");
	tb_must(tb_mem(TDH_MEM_RANGE_BLOCK, cs.gfn, row.entry_level, 0, 0), "BLOCK");
}

static enum sept_state start_state(void)
{
	return has("race:") ? SEPT_FREE : row.before;
}

static void make_entry(void)
{
	if (stale_access()) {
		make_stale();
		return;
	}
	if (is_op("TDH.MEM.PAGE.PROMOTE") && has("child"))
		make_children();
	else if (has("some_child_not_FREE"))
		make_used_table();
	else
		tb_state(cs.gfn, row.entry_level, start_state());
	if (is_op("GUEST_ACCESS") && row.before == SEPT_NL_MAPPED)
		tb_state(cs.gfn, 1, SEPT_MAPPED);
	if (row.runnable)
		tb_finalize();
	if (row.tracked)
		tb_must(tb_track(), "TRACK");
}

static u64 lock_against(const char *needs)
{
	return has(needs) && strstr(row.cond, "needs_X") ? SHAREX_READER : SHAREX_X;
}

static void hold_lock(u64 *lock, u64 value)
{
	cs.lock = lock;
	cs.lock_value = value;
}

static void make_locks(void)
{
	struct seam_td *td = tb_td();
	pfn_t old = cs.entry ? sept_pfn(*cs.entry, row.entry_level) : 0;
	bool leaf = cs.entry && sept_is_leaf(*cs.entry);

	if (cs.lock)
		cs.lock_value = SHAREX_X;
	if (has("TDR_PAMT_lock") || has("tdr_PAMT_lock"))
		hold_lock(&pamt(td->tdr, 1)->lock, lock_against("TDR_PAMT"));
	if (has("TDVPR_PAMT_lock"))
		hold_lock(&pamt(tb.tdvpr >> PAGE_SHIFT, 1)->lock, SHAREX_X);
	if (has("OP_STATE_lock"))
		hold_lock(&td->op_state_lock, SHAREX_X);
	if (has("tree_lock_conflict"))
		hold_lock(&td->tree_lock, lock_against("tree_lock"));
	if (has("epoch_lock"))
		hold_lock(&td->epoch_lock, lock_against("epoch_lock"));
	if (has("new_hpa_PAMT_lock"))
		hold_lock(&pamt(cs.r8 >> PAGE_SHIFT, is_op("TDH.MEM.PAGE.AUG") ? row.level : 1)->lock,
			  SHAREX_X);
	if (has("old_page_PAMT") || has("large_page_PAMT"))
		hold_lock(&pamt(old, leaf ? row.entry_level : 1)->lock, SHAREX_X);
	if (has("entry_lock_held") && !(has("or_HP") && row.variant))
		cs.lock_entry = cs.entry;
}

static void bad_gpa(void)
{
	switch (row.variant) {
	case 0:
		if (row.level == 1)
			cs.rcx |= BIT_ULL(5);
		else
			cs.rcx += hw_level_pages(row.level - 1) << PAGE_SHIFT;
		break;
	case 1:
		cs.rcx |= BIT_ULL(11);
		break;
	case 2:
		cs.rcx |= BIT_ULL(55);
		break;
	case 3:
		cs.rcx |= tb_td()->shared_bit << PAGE_SHIFT;
		break;
	default:
		cs.rcx |= tb_td()->shared_bit << (PAGE_SHIFT + 1);
	}
}

static void bad_hpa(u64 *reg, bool range)
{
	if (range)
		*reg = HW_NR_FRAMES << PAGE_SHIFT;
	else
		*reg |= row.variant ? BIT_ULL(47) : 0x800;
}

static void make_operands(void)
{
	u64 *page = ops[find_op()].r8 ? &cs.r8 : &cs.rdx;

	if (has("gpa_misaligned") && !guest_op())
		bad_gpa();
	if (has("gpa_not_256B"))
		cs.rcx |= row.variant ? tb_td()->shared_bit << PAGE_SHIFT : 0x80;
	if (has("gpa_not_8B"))
		cs.rcx |= 4;
	if (has("gpa_shared_or_beyond") && !guest_op())
		cs.rcx |= tb_td()->shared_bit << (PAGE_SHIFT + row.variant);
	if (has("target_hpa==current"))
		cs.r8 = sept_pfn(*cs.entry, 1) << PAGE_SHIFT;
	if (has("RDX_reserved"))
		cs.rdx |= row.variant ? BIT_ULL(60) : BIT_ULL(5);
	if (has("new_hpa_misaligned") || has("tdr_hpa_misaligned"))
		bad_hpa(page, false);
	if (has("new_hpa_not_in") || has("tdr_hpa_not_in"))
		bad_hpa(page, true);
	if (has("source_hpa"))
		bad_hpa(&cs.r9, false);
	if (has("tdvpr_hpa_not_in"))
		cs.rcx = HW_NR_FRAMES << PAGE_SHIFT;
	if (has("RCX_reserved"))
		cs.rcx |= row.variant ? BIT_ULL(47) : BIT_ULL(3);
	if (has("tdvpr_page_not"))
		cs.rcx = tb.tdr;
	if (has("tdr_page_not"))
		cs.rdx = tb.tdvpr;
	if (has("recoverability"))
		cs.rcx |= BIT_ULL(52);
	if (has("RAX_reserved"))
		cs.version = row.variant ? 1ull << 32 : 1 << 16;
}

static void use_page_in_use(void)
{
	if (has("any_4K_child_not_NDA") && row.variant)
		tb_leaf(cs.gfn ^ hw_level_pages(tb_td()->levels), 1, true, cs.r8 + (2ull << PAGE_SHIFT));
	else if (has("PAMT_not_NDA"))
		tb_leaf(cs.gfn ^ hw_level_pages(tb_td()->levels), is_op("TDH.MEM.PAGE.AUG") ? row.level : 1,
			true, cs.r8);
}

static void make_version(void)
{
	bool existing = has("allow_existing=1");

	if (has("v1;") || has("v1;R8..R11") || (is_op("TDH.MEM.SEPT.ADD") && has("(v1:") && row.variant))
		cs.version = 1 << 16;
	if (has("R8=NULL_PA") || has("R8..R11=NULL_PA"))
		cs.r8 = NULL_PA;
	if (existing || has("read_L2=1"))
		cs.rdx |= 1;
	if (is_op("TDH.MEM.SEPT.REMOVE") && row.variant)
		cs.version = 1 << 16;
	cs.r9 = is_op("TDH.MEM.SEPT.ADD") ? (has("R9!=NULL_PA") ? 0x1000 : NULL_PA) : tb_page(1, HW_USER);
}

static void make_call(void)
{
	int op = find_op();
	bool table = is_op("TDH.MEM.SEPT.ADD") || is_op("TDH.MEM.PAGE.DEMOTE");
	bool large = is_op("TDH.MEM.PAGE.AUG") && row.level <= 3;

	cs.fn = ops[op].fn;
	cs.rcx = tb_gpa(cs.gfn, row.level);
	cs.rdx = tb.tdr;
	if (leaf_op())
		cs.rcx = cs.gfn << PAGE_SHIFT;
	if (rw_op()) {
		cs.rcx |= 8;
		cs.r8 = 0x5151;
		tb_td()->debug = !has("DEBUG=0");
	}
	if (cs.fn == TDH_MEM_TRACK)
		cs.rcx = tb.tdr;
	if (cs.fn == TDH_VP_ENTER)
		cs.rcx = tb.tdvpr;
	if (ops[op].r8)
		cs.r8 = table ? tb_page(1, HW_SEPT) : tb_page(large ? row.level : 1, HW_GMEM);
	make_version();
	use_page_in_use();
	make_operands();
}

/* ---- the guest's side ---- */

static u8 guest_opcode(void)
{
	if (is_op("TDG.MEM.PAGE.ATTR.RD"))
		return G_ATTR_RD;
	if (is_op("TDG.MEM.PAGE.ATTR.WR"))
		return G_ATTR_WR;
	return is_op("TDG.MEM.PAGE.ACCEPT") ? G_ACCEPT : G_READ;
}

static void guest_operands(struct guest_insn *i)
{
	gpa_t shared = tb_td()->shared_bit << PAGE_SHIFT;

	if (has("gpa_misaligned") && row.variant == 0)
		i->gpa += row.level > 1 ? PAGE_SIZE : 8;
	if (has("gpa_misaligned") && row.variant)
		i->gpa |= shared << (row.variant - 1);
	if (has("gpa_shared_or_beyond"))
		i->gpa |= shared << row.variant;
	i->val = has("L1_attributes_nonzero");
	i->n = has("L1_flags_nonzero");
}

static void make_guest(void)
{
	if (stale_access())
		return;
	tb.insn[0] =
		(struct guest_insn){.op = guest_opcode(), .level = row.level, .gpa = cs.gfn << PAGE_SHIFT};
	if (guest_op())
		guest_operands(&tb.insn[0]);
	tb.guest.nr = 1;
	tb.guest.regs[0] = NO_RAX;
	if (has("elapsed>=")) {
		for (unsigned int i = 1; i < SEAM_HP_TIMEOUT_CALLS; i++)
			tb.insn[i] = tb.insn[0];
		tb.guest.nr = SEAM_HP_TIMEOUT_CALLS;
	}
}

static void make_vp(void)
{
	struct seam_vp *vp = tb_vp();

	if (has("epf_list_contains") || has("all_epf_list") || has("epf_list_nonempty")) {
		vp->gpas[0] = cs.gfn << PAGE_SHIFT;
		vp->nr_gpas = 1;
	}
	if (has("associated_with_other") || has("vcpu_running"))
		vp->where = 3 | (has("vcpu_running") ? VP_ACTIVE : 0); /* CPU 2 */
	if (has("HP_bit=1") || (has("or_HP") && row.variant))
		*cs.entry |= SEPT_TDHP;
	if (has("REFCOUNT_of_previous_epoch!=0"))
		tb_td()->epoch += REFCOUNT_ONE(EPOCH_OF(tb_td()->epoch) - 1);
}

/* A TD or vCPU that is not, or not any more, where calls work on it. */
static void make_life_cycle(void)
{
	struct seam_td *td = tb_td();

	cs.saved_td = *td;
	td->fatal = has("FATAL=1");
	if (has("lifecycle!="))
		td->lifecycle = row.variant ? TD_BLOCKED : TD_HKID_ASSIGNED;
	if (has("NUM_TDCX<6"))
		td->nr_tdcx = SEAM_TDCX_PER_TD - 1;
	if (has("UNINITIALIZED"))
		td->op_state = OP_UNINITIALIZED;
	if (has("page_count"))
		tb_vp()->nr_tdcx--;
}

/* What the case pretends about the vCPU and the TD, taken back. */
static void undo(void)
{
	tb_td()->fatal = cs.saved_td.fatal;
	tb_td()->lifecycle = cs.saved_td.lifecycle;
	tb_td()->nr_tdcx = cs.saved_td.nr_tdcx;
	tb_td()->op_state = cs.saved_td.op_state;
	if (has("page_count"))
		tb_vp()->nr_tdcx++;
	if (has("vcpu_running"))
		tb_vp()->where = 0;
	if (has("REFCOUNT_of_previous_epoch!=0"))
		tb_td()->epoch -= REFCOUNT_ONE(EPOCH_OF(tb_td()->epoch) - 1);
}

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

/* What the guest finds in RCX and RDX after ATTR.*. */
static bool attr_regs_right(void)
{
	u64 want = 0, qual = EPT_W | (cs.value_before & EPT_RWX) << 3;
	bool write = is_op("TDG.MEM.PAGE.ATTR.WR");

	if ((u32)cs.status == TDX_EXIT_REASON_EPT_VIOLATION)
		return tb.regs.r8 == tb.insn[0].gpa && tb.regs.rcx == (write ? qual : 0);
	if (!tb.guest.regs[0])
		want = tb_gpa(cs.gfn, row.entry_level) | (row.before == SEPT_PENDING ? BIT_ULL(62) : 0);
	return tb.guest.regs[1] == want && !tb.guest.regs[2];
}

/* Registers of a MEM call (spec 2.2): RCX and RDX are the entry with some codes, inputs when restarted, else
 * 0. */
static bool regs_right(void)
{
	u64 rdx = (row.entry_level - 1) | sept_arch_state(cs.value_before) << 8;

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

static void call(void)
{
	u64 saved = cs.lock ? *cs.lock : 0;

	if (cs.lock)
		*cs.lock = cs.lock_value;
	if (cs.lock_entry)
		*cs.lock_entry |= SEPT_TDEL;
	hw_irqs_disable();
	tb.armed = true;
	tb.interrupt = has("host_interrupt_pending");
	cs.status = tb_call(cs.fn | cs.version, cs.rcx, cs.rdx, cs.r8, cs.r9);
	tb.interrupt = tb.armed = false;
	if (cs.lock)
		*cs.lock = saved;
	if (cs.lock_entry)
		*cs.lock_entry &= ~SEPT_TDEL;
}

/* Content of the page that MEM.RD and MEM.WR are about. */
static void make_content(void)
{
	cs.content = 0x1234;
	if (rw_op() && sept_is_leaf(*cs.entry))
		hw_set_data(sept_pfn(*cs.entry, row.entry_level), cs.content, TB_KEY);
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

static void run_case(void *arg)
{
	(void)arg;
	tb_reset_levels(row.bits, has("PENDING_VE_DISABLE=1"), row.five ? 5 : 4, row.five);
	memset(&cs, 0, sizeof(cs));
	cs.gfn = hw_level_pages(3) * 2;
	if (row.entry_level > 3)
		cs.gfn = 0;
	if (has("race:"))
		cs.beside_page = tb_page(row.level, HW_GMEM);
	make_entry();
	cs.entry = tb_entry(cs.gfn, row.entry_level);
	make_content();
	make_call();
	make_guest();
	make_vp();
	make_locks();
	make_life_cycle();
	cs.value_before = cs.entry ? *cs.entry : 0;
	call();
	print_outcome();
	judge();
	undo();
	seam_check_quiescent();
}

/* ---- all rows ---- */

static bool case_right(bool ok, const struct eng_run *run, bool quiet)
{
	if (!ok && !quiet)
		printf("# %s: %s\n", run->title ? run->title : "run ended", run->state ? run->state : "");
	else if (cs.wrong && !quiet)
		printf("# %s: got %s, RCX 0x%llx RDX 0x%llx, entry 0x%llx -> 0x%llx\n", cs.wrong, cs.got,
		       (unsigned long long)tb.regs.rcx, (unsigned long long)tb.regs.rdx,
		       (unsigned long long)cs.value_before, (unsigned long long)(cs.entry ? *cs.entry : 0));
	return ok && !cs.wrong;
}

/* What the other CPU does in the middle of the call. */
static void beside(void)
{
	struct tdx_module_args regs = {.rcx = tb_gpa(cs.gfn, row.level), .rdx = tb.tdr, .r8 = cs.beside_page};

	if (has("guest_side_interrupt"))
		hw_send_ipi(0);
	else
		tb_must(seam_call(TDH_MEM_PAGE_AUG, &regs), "AUG beside");
}

/* A row that another CPU brings about: at one of the call's points it has to come out. */
static bool compare_beside(void)
{
	struct eng_run run;
	unsigned int right = 0;

	for (int hold_at = 0;; hold_at++) {
		bool ok = tb_run_beside(run_case, beside, hold_at, &run);

		if (!tb.beside_ran)
			return right > 0;
		right += case_right(ok, &run, true);
	}
}

static bool compare_once(bool runnable, bool five, unsigned int variant)
{
	struct eng_run run;

	row.runnable = runnable;
	row.five = five;
	row.variant = variant;
	if (has("race:") || has("guest_side_interrupt"))
		return compare_beside();
	return case_right(tb_run(run_case, NULL, &run), &run, false);
}

static unsigned int nr_variants(void)
{
	static const char *const two[] = {
		"hpa_misaligned", "RDX_reserved", "any_4K_child", "(v1:",  "RCX_reserved",
		"gpa_not_256B",	  "RAX_reserved", "gpa_shared",	  "or_HP", "lifecycle!="};

	if (has("gpa_misaligned"))
		return guest_op() ? 3 : 5;
	for (unsigned int i = 0; i < ARRAY_SIZE(two); i++) {
		if (has(two[i]))
			return 2;
	}
	return is_op("TDH.MEM.SEPT.REMOVE") ? 2 : 1;
}

static bool exists_in(int op_state)
{
	bool run_only = guest_op() || is_op("TDH.VP.ENTER");

	if (row.op_state >= 0)
		return row.op_state == op_state;
	return op_state == OP_RUNNABLE ? !is_op("TDH.MEM.PAGE.ADD") && !is_op("TDH.MR.EXTEND") : !run_only;
}

/* In the wide geometry a 1G leaf is made of 262144 pages: too many for each of these rows. */
static bool fits(unsigned int bits)
{
	bool leaf = row.before != SEPT_FREE && row.before != SEPT_NL_MAPPED && row.before != SEPT_NL_BLOCKED;

	return bits == 3 || row.entry_level < 3 || (!leaf && !is_op("TDH.MEM.PAGE.PROMOTE"));
}

static bool compare_levels(bool runnable)
{
	bool ok = true;

	for (int five = needs_five() && !has("level_not_allowed"); five <= 1; five++) {
		for (unsigned int v = 0; v < nr_variants(); v++)
			ok &= compare_once(runnable, five, v);
	}
	return ok;
}

/*
 * A row that does not name the op_state holds in both, as far as the operation exists there; and all hold
 * with five levels, and with four unless the row speaks of the fifth; and in both geometries.
 */
static bool compare(void)
{
	bool ok = true;

	for (row.bits = 3; row.bits <= 9; row.bits += 6) {
		for (int op_state = OP_INITIALIZED; fits(row.bits) && op_state <= OP_RUNNABLE; op_state++) {
			if (exists_in(op_state))
				ok &= compare_levels(op_state == OP_RUNNABLE);
		}
	}
	return ok;
}

/* Counts by operation, in the order of the file. */
static struct {
	char op[32];
	unsigned int rows, driven, failed;
} count[32];

static unsigned int count_of(const char *op)
{
	unsigned int i = 0;

	while (count[i].op[0] && strcmp(count[i].op, op))
		i++;
	snprintf(count[i].op, sizeof(count[i].op), "%s", op);
	return i;
}

static void drive(const char *line)
{
	unsigned int n = count_of(row.op);
	const char *skip = find_op() < 0 ? "operation is not implemented" : NULL;

	count[n].rows++;
	parse_levels();
	row.before = any_state();
	if (!skip && strcmp(row.before_text, "ANY") && !parse_state(row.before_text, &row.before))
		skip = "state of live migration";
	if (skip) {
		printf("# not driven (%s): %s", skip, line);
		return;
	}
	count[n].driven++;
	if (compare())
		return;
	count[n].failed++;
	printf("not ok - %s", line);
}

static bool verdict(void)
{
	unsigned int rows = 0, driven = 0, failed = 0;
	bool ok;

	for (unsigned int i = 0; count[i].op[0]; i++) {
		printf("# %-24s %4u rows, %4u driven\n", count[i].op, count[i].rows, count[i].driven);
		rows += count[i].rows;
		driven += count[i].driven;
		failed += count[i].failed;
	}
	ok = !failed && driven >= MIN_DRIVEN && rows == NR_ROWS;
	printf("%s - %u of %u rows driven, %u differ\n", ok ? "ok" : "not ok", driven, rows, failed);
	return ok;
}

int main(void)
{
	char line[400];
	FILE *f = fopen(CSV, "r");

	if (!f || !fgets(line, sizeof(line), f)) {
		printf("not ok - cannot read %s\n", CSV);
		return 1;
	}
	while (fgets(line, sizeof(line), f)) {
		memset(&row, 0, sizeof(row));
		if (!split_row(line)) {
			printf("not ok - malformed row: %s", line);
			return 1;
		}
		drive(line);
	}
	fclose(f);
	return !verdict();
}
