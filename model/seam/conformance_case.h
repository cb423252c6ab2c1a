/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For conformance_test: a row becomes a TD in the state that it speaks of, and the operands, held locks and
 * other circumstances of its condition.
 */
#ifndef TDPFUZZ_MODEL_SEAM_CONFORMANCE_CASE_H
#define TDPFUZZ_MODEL_SEAM_CONFORMANCE_CASE_H

#include "model/seam/conformance_row.h"

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
	if (is_op("TDG.MEM.PAGE.ATTR.RD")) /* any address in the page */
		i->gpa += row.entry_level > 1 ? PAGE_SIZE + 8 : 8;
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

/* Content of the page that MEM.RD and MEM.WR are about. */
static void make_content(void)
{
	cs.content = 0x1234;
	if (rw_op() && sept_is_leaf(*cs.entry))
		hw_set_data(sept_pfn(*cs.entry, row.entry_level), cs.content, TB_KEY);
}

#endif
