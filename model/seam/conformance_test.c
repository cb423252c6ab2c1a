/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every row of sept-transitions.csv that belongs to an operation that is implemented is brought about and
 * compared: the status with its operand, what RCX and RDX say, and the entry afterwards. Rows that cannot be
 * brought about are counted by reason. Levels in the file are TDX's; here KVM's.
 */
#include <stdlib.h>

#include "model/seam/testbed.h"

#define CSV "model/seam/sept-transitions.csv"

/**
 * struct row - a line of the file, and the case made of it
 * @level: of the operation; @entry_level: of the entry that @before speaks of, an ancestor's or the same
 * @op_state: wanted, or -1 for "does not matter"
 * @variant: of conditions that stand for several
 */
struct row {
	char text[400];
	char *op, *level_text, *kind, *before_text, *cond, *result, *after;
	unsigned int level, entry_level;
	enum sept_state before;
	int op_state;
	bool tracked, runnable;
	unsigned int variant;
};

static struct row row;
static const char *skip; /* why this row cannot be brought about */

/* What the case changes about a plain, successful call, and the outcome. */
static struct {
	u64 fn, rcx, rdx, r8, r9, version;
	gfn_t gfn;
	u64 *lock, lock_value; /* a lock word to hold during the call */
	volatile u64 *lock_entry; /* an S-EPT entry to hold */
	u64 value_before;
	volatile u64 *entry;
	u64 status;
	char got[160];
	const char *wrong;
} cs;

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
	return is_op("TDG.MEM.PAGE.ACCEPT") || is_op("GUEST_ACCESS");
}

static const struct {
	const char *name;
	u64 fn;
	u8 level; /* a level at which it can be called, KVM's */
	bool r8; /* takes a page */
} ops[] = {
	{"ANY_HOST_TD_CALL", TDH_MEM_RANGE_BLOCK, 1, false},
	{"TDH.MEM.SEPT.ADD", TDH_MEM_SEPT_ADD, 2, true},
	{"TDH.MEM.PAGE.ADD", TDH_MEM_PAGE_ADD, 1, true},
	{"TDH.MEM.PAGE.AUG", TDH_MEM_PAGE_AUG, 1, true},
	{"TDH.MEM.RANGE.BLOCK", TDH_MEM_RANGE_BLOCK, 1, false},
	{"TDH.MEM.RANGE.UNBLOCK", TDH_MEM_RANGE_UNBLOCK, 1, false},
	{"TDH.MEM.PAGE.REMOVE", TDH_MEM_PAGE_REMOVE, 1, false},
	{"TDH.MEM.PAGE.DEMOTE", TDH_MEM_PAGE_DEMOTE, 2, true},
	{"TDH.MEM.PAGE.PROMOTE", TDH_MEM_PAGE_PROMOTE, 2, false},
	{"TDH.MEM.SEPT.RD", TDH_MEM_SEPT_RD, 1, false},
	{"TDH.MEM.TRACK", TDH_MEM_TRACK, 1, false},
	{"TDH.VP.ENTER", TDH_VP_ENTER, 1, false},
	{"TDG.MEM.PAGE.ACCEPT", TDH_VP_ENTER, 1, false},
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

static const char *not_reached(void)
{
	static const char *const life_cycle[] = {"UNINITIALIZED", "FATAL", "lifecycle!=", "NUM_TDCX",
						 "page_count"};

	for (unsigned int i = 0; i < ARRAY_SIZE(life_cycle); i++) {
		if (has(life_cycle[i]))
			return "life cycle before INITIALIZED";
	}
	if (strcmp(row.level_text, "4") == 0 || has("ancestor_level=4") ||
	    (has("level_not_allowed") && row.level > 5))
		return "five-level S-EPT";
	if (has("race:") || has("guest_side_interrupt"))
		return "needs a second CPU: accept_test";
	if (has("elapsed>="))
		return "there is no time: accept_test";
	if (has("vcpu_running"))
		return "needs a second CPU: vp_enter_test";
	if (find_op() < 0)
		return "operation is not implemented";
	return NULL;
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

/* ---- bringing it about ---- */

static enum sept_state any_state(void)
{
	/* The state does not matter to the row: one in which the call would get as far as possible. */
	if (has("level_not_allowed"))
		return SEPT_FREE;
	if (is_op("TDH.MEM.RANGE.BLOCK") || is_op("TDH.MEM.PAGE.REMOVE") || is_op("TDH.MEM.PAGE.DEMOTE"))
		return SEPT_MAPPED;
	if (is_op("TDH.MEM.RANGE.UNBLOCK"))
		return SEPT_BLOCKED;
	if (is_op("TDG.MEM.PAGE.ACCEPT"))
		return SEPT_PENDING;
	if (is_op("TDH.VP.ENTER"))
		return SEPT_MAPPED;
	return is_op("TDH.MEM.PAGE.PROMOTE") ? SEPT_NL_MAPPED : SEPT_FREE;
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

static void make_entry(void)
{
	if (stale_access()) {
		make_stale();
		return;
	}
	if (!is_op("TDH.MEM.PAGE.PROMOTE") || !has("child"))
		tb_state(cs.gfn, row.entry_level, row.before);
	else
		make_children();
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
	if (has("entry_lock_held"))
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
		cs.rcx |= hw_shared_gfn_bit() << PAGE_SHIFT;
		break;
	default:
		cs.rcx |= hw_shared_gfn_bit() << (PAGE_SHIFT + 1);
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
	u64 *page = is_op("TDH.MEM.SEPT.ADD") || is_op("TDH.MEM.PAGE.ADD") || is_op("TDH.MEM.PAGE.AUG") ||
				    is_op("TDH.MEM.PAGE.DEMOTE")
			    ? &cs.r8
			    : &cs.rdx;

	if (has("gpa_misaligned"))
		bad_gpa();
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
		tb_leaf(cs.gfn ^ hw_level_pages(4), 1, true, cs.r8 + (2ull << PAGE_SHIFT));
	else if (has("PAMT_not_NDA"))
		tb_leaf(cs.gfn ^ hw_level_pages(4), is_op("TDH.MEM.PAGE.AUG") ? row.level : 1, true, cs.r8);
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

static void make_guest(void)
{
	struct guest_insn *i = &tb.insn[0];

	if (stale_access())
		return;
	*i = (struct guest_insn){.op = is_op("TDG.MEM.PAGE.ACCEPT") ? G_ACCEPT : G_READ,
				 .level = row.level,
				 .gpa = cs.gfn << PAGE_SHIFT};
	if (has("gpa_misaligned"))
		i->gpa = row.level > 1 && !row.variant ? i->gpa + PAGE_SIZE
						       : i->gpa | hw_shared_gfn_bit() << PAGE_SHIFT;
	tb.guest.nr = 1;
	if (has("epf_list_contains") || has("all_epf_list") || has("epf_list_nonempty")) {
		tb_vp()->gpas[0] = cs.gfn << PAGE_SHIFT;
		tb_vp()->nr_gpas = 1;
	}
	if (has("associated_with_other"))
		tb_vp()->where = 3; /* CPU 2 */
	if (has("HP_bit=1"))
		*cs.entry |= SEPT_TDHP;
	if (has("REFCOUNT_of_previous_epoch!=0"))
		tb_td()->epoch += REFCOUNT_ONE(EPOCH_OF(tb_td()->epoch) - 1);
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
	if (cs.fn != TDH_VP_ENTER || (cs.status >> 63))
		print_status(cs.status);
	else if ((u32)cs.status == TDX_EXIT_REASON_EPT_VIOLATION)
		print_exit();
	else if (is_op("TDH.VP.ENTER"))
		snprintf(cs.got, sizeof(cs.got), "ENTER_GUEST");
	else if (is_op("TDG.MEM.PAGE.ACCEPT"))
		print_status(tb.guest.regs[0]);
	else if (tb.guest.regs[0] == GUEST_VE)
		snprintf(cs.got, sizeof(cs.got), "VE(48)");
	else if (row.before == SEPT_NL_MAPPED)
		snprintf(cs.got, sizeof(cs.got), "CONTINUE_TO_LEVEL_%u", row.level - 2);
	else
		snprintf(cs.got, sizeof(cs.got), "OK");
}

/* ---- comparing ---- */

/* RCX and RDX of a MEM call (spec 2.2): the entry with these codes, inputs when restarted, else nothing. */
static bool regs_right(void)
{
	u64 code = cs.status & TDX_STATUS_MASK;
	bool info = code == TDX_EPT_WALK_FAILED || code == TDX_EPT_ENTRY_STATE_INCORRECT ||
		    code == TDX_GPA_RANGE_NOT_BLOCKED || code == TDX_GPA_RANGE_ALREADY_BLOCKED ||
		    code == TDX_EPT_INVALID_PROMOTE_CONDITIONS || has("entry_lock_held") ||
		    has("child_i_entry_locked") || (cs.fn == TDH_MEM_SEPT_RD && !cs.status);
	u64 rdx = (row.entry_level - 1) | sept_arch_state(cs.value_before) << 8;

	if (strncmp(row.op, "TDH.MEM.", 8) || cs.fn == TDH_MEM_TRACK)
		return true;
	if (code == TDX_INTERRUPTED_RESTARTABLE)
		return tb.regs.rcx == cs.rcx && tb.regs.rdx == cs.rdx;
	if (info)
		return tb.regs.rdx == rdx && (tb.regs.rcx & EPT_RWX) == (cs.value_before & EPT_RWX);
	if (!cs.status && (cs.fn == TDH_MEM_PAGE_REMOVE || cs.fn == TDH_MEM_PAGE_PROMOTE))
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
	tb.interrupt = has("host_interrupt_pending");
	cs.status = tb_call(cs.fn | cs.version, cs.rcx, cs.rdx, cs.r8, cs.r9);
	tb.interrupt = false;
	if (cs.lock)
		*cs.lock = saved;
	if (cs.lock_entry)
		*cs.lock_entry &= ~SEPT_TDEL;
}

static void run_case(void *arg)
{
	(void)arg;
	tb_reset(3, has("PENDING_VE_DISABLE=1"));
	memset(&cs, 0, sizeof(cs));
	cs.gfn = hw_level_pages(3) * 2;
	if (row.entry_level > 3)
		cs.gfn = 0;
	make_entry();
	cs.entry = tb_entry(cs.gfn, row.entry_level);
	make_call();
	make_guest();
	make_locks();
	cs.value_before = cs.entry ? *cs.entry : 0;
	call();
	print_outcome();
	if (!result_right())
		cs.wrong = "result";
	else if (!entry_right())
		cs.wrong = "entry afterwards";
	else if (!regs_right())
		cs.wrong = "RCX or RDX";
	if (has("REFCOUNT_of_previous_epoch!=0"))
		tb_td()->epoch -= REFCOUNT_ONE(EPOCH_OF(tb_td()->epoch) - 1);
	seam_check_quiescent();
}

/* ---- all rows ---- */

static bool compare_once(bool runnable, unsigned int variant)
{
	struct eng_run run;

	row.runnable = runnable;
	row.variant = variant;
	if (!tb_run(run_case, NULL, &run)) {
		printf("# %s: %s\n", run.title ? run.title : "run ended", run.state ? run.state : "");
		return false;
	}
	if (cs.wrong)
		printf("# %s: got %s, RCX 0x%llx RDX 0x%llx, entry 0x%llx -> 0x%llx\n", cs.wrong, cs.got,
		       (unsigned long long)tb.regs.rcx, (unsigned long long)tb.regs.rdx,
		       (unsigned long long)cs.value_before, (unsigned long long)(cs.entry ? *cs.entry : 0));
	return !cs.wrong;
}

static unsigned int nr_variants(void)
{
	if (has("gpa_misaligned"))
		return is_op("TDG.MEM.PAGE.ACCEPT") ? 2 : 5;
	return has("hpa_misaligned") || has("RDX_reserved") || has("any_4K_child") || has("(v1:") ||
			       has("RCX_reserved") || has("RAX_reserved")
		       ? 2
		       : 1;
}

/* A row that does not name the op_state holds in both, as far as the operation exists there. */
static bool compare(void)
{
	bool run_only = guest_op() || is_op("TDH.VP.ENTER");
	bool ok = true;

	for (int op_state = OP_INITIALIZED; op_state <= OP_RUNNABLE; op_state++) {
		if (row.op_state >= 0 ? row.op_state != op_state
				      : (run_only && op_state == OP_INITIALIZED) ||
						(is_op("TDH.MEM.PAGE.ADD") && op_state == OP_RUNNABLE))
			continue;
		for (unsigned int v = 0; v < nr_variants(); v++)
			ok &= compare_once(op_state == OP_RUNNABLE, v);
	}
	return ok;
}

static struct {
	const char *why;
	unsigned int nr;
} skipped[16];

static void count_skip(const char *why)
{
	unsigned int i = 0;

	while (skipped[i].why && strcmp(skipped[i].why, why))
		i++;
	skipped[i].why = why;
	skipped[i].nr++;
}

int main(void)
{
	unsigned int driven = 0, failed = 0, rows = 0;
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
		rows++;
		parse_levels();
		skip = not_reached();
		row.before = any_state();
		if (!skip && strcmp(row.before_text, "ANY") && !parse_state(row.before_text, &row.before))
			skip = "state of live migration";
		if (skip) {
			count_skip(skip);
			continue;
		}
		driven++;
		if (compare())
			continue;
		failed++;
		printf("not ok - %s", line);
	}
	fclose(f);
	for (unsigned int i = 0; skipped[i].why; i++)
		printf("# not driven: %u rows: %s\n", skipped[i].nr, skipped[i].why);
	printf("%s - %u of %u rows driven, %u differ\n", failed || driven < 500 ? "not ok" : "ok", driven,
	       rows, failed);
	return failed || driven < 500;
}
