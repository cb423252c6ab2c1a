/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the table of transitions does not say: where a page's content is afterwards, who may use the page that
 * came back, what a guest finds when its TDCALL runs again, and addresses of a TD with five levels.
 */
#include "model/seam/testbed.h"

#define GFN 0
#define OTHER 3

static const struct guest_insn read_page = {.op = G_READ, .gpa = GFN << PAGE_SHIFT};

static void program(const struct guest_insn *insn)
{
	tb.insn[0] = *insn;
	tb.guest.nr = 1;
	tb.guest.pc = 0;
}

static u64 page_of(gfn_t gfn)
{
	return sept_pfn(*tb_entry(gfn, 1), 1);
}

static u64 relocate(hpa_t to)
{
	return tb_mem(TDH_MEM_PAGE_RELOCATE, GFN, 1, to, 0);
}

static void relocated_data(void *arg)
{
	hpa_t to;
	pfn_t old;

	(void)arg;
	tb_reset(3, false);
	tb_state(GFN, 1, SEPT_BLOCKED);
	tb_finalize();
	tb_must(tb_track(), "TRACK");
	old = page_of(GFN);
	hw_set_data(old, 77, TB_KEY);
	to = tb_page(1, HW_GMEM);
	pamt(to >> PAGE_SHIFT, 1)->bepoch = 1;
	tb_expect_u64(relocate(to), TDX_SUCCESS, "RELOCATE of a blocked and tracked page");
	tb_expect_u64(tb.regs.rcx, old << PAGE_SHIFT, "gives the old page back");
	tb_expect(seam_pamt_type(old, 1) == PAMT_NDA && seam_pamt_type(to >> PAGE_SHIFT, 1) == PAMT_REG,
		  "which nobody owns now");
	tb_expect_u64(pamt(to >> PAGE_SHIFT, 1)->bepoch, 0, "BEPOCH of the new one starts over");
	program(&read_page);
	tb_expect_u64(tb_enter(), TDX_EXIT_REASON_DONE, "the guest reads it at once: it is unblocked");
	tb_expect_u64(tb.guest.regs[0], 77, "and finds its data");
	tb_expect_u64(tb_mem(TDH_MEM_PAGE_AUG, OTHER, 1, old << PAGE_SHIFT, 0), TDX_SUCCESS,
		      "the old page can be used elsewhere");
	seam_check_quiescent();
}

static void relocated_pending(void *arg)
{
	hpa_t to;
	u16 key;

	(void)arg;
	tb_reset(3, false);
	tb_state(GFN, 1, SEPT_PENDING);
	hw_set_data(page_of(GFN), 77, TB_KEY);
	to = tb_page(1, HW_GMEM);
	hw_set_data(to >> PAGE_SHIFT, 5, 0);
	tb_expect_u64(relocate(to), TDX_SUCCESS, "RELOCATE of a pending page");
	tb_expect(hw_data(to >> PAGE_SHIFT, &key) == 5 && !key, "copies nothing");
	tb_expect_u64(relocate(to), TDX_OPERAND_INVALID | TDX_OPERAND_ID_R8, "not to where it is");
	tb_expect_u64(relocate(tb.tdr), TDX_OPERAND_BUSY | TDX_OPERAND_ID_R8,
		      "the TD's own TDR: its lock is in the way");
	seam_check_quiescent();
}

static void removed_table(void *arg)
{
	u64 not_free = TDX_EPT_PAGE_NOT_FREE | TDX_OPERAND_ID_RCX;
	hpa_t large, table;

	(void)arg;
	tb_reset(3, false);
	tb_state(GFN + 3, 1, SEPT_PENDING);
	table = *tb_entry(GFN, 2) & EPT_PFN_MASK;
	large = tb_page(2, HW_GMEM);
	tb_expect_u64(tb_mem(TDH_MEM_SEPT_REMOVE, GFN, 2, 0, 0), not_free, "a page is mapped");
	tb_must(tb_mem(TDH_MEM_PAGE_REMOVE, GFN + 3, 1, 0, 0), "PAGE.REMOVE");
	tb_expect_u64(tb_mem(TDH_MEM_PAGE_AUG, GFN, 2, large, 0),
		      TDX_EPT_ENTRY_STATE_INCORRECT | TDX_OPERAND_ID_RCX,
		      "an empty table is in the way of 2M");
	*tb_entry(GFN + 2, 1) |= SEPT_TDHP;
	tb_expect_u64(tb_mem(TDH_MEM_SEPT_REMOVE, GFN, 2, 0, 0), TDX_SUCCESS,
		      "SEPT.REMOVE; host priority in a child does not matter");
	tb_expect_u64(tb.regs.rcx, table, "gives the table back");
	tb_expect_u64(seam_pamt_type(table >> PAGE_SHIFT, 1), PAMT_NDA, "which nobody owns");
	tb_expect_u64(tb_mem(TDH_MEM_PAGE_AUG, GFN, 2, large, 0), TDX_SUCCESS, "2M can be mapped");
	tb_expect_u64(tb_mem(TDH_MEM_SEPT_REMOVE, GFN, 3, 0, 0), not_free, "the table above is in use");
	seam_check_quiescent();
}

static u64 add_v1(u64 allow_existing, hpa_t page)
{
	return tb_call(TDH_MEM_SEPT_ADD | 1 << 16, tb_gpa(GFN, 2), tb.tdr | allow_existing, page, NULL_PA);
}

/* Version 1 says in R8 what became of the page. */
static void added_table(void *arg)
{
	hpa_t page;

	(void)arg;
	tb_reset(3, false);
	tb_tables(GFN, 2);
	page = tb_page(1, HW_SEPT);
	tb_expect_u64(add_v1(0, page | BIT_ULL(63)), TDX_SUCCESS,
		      "SEPT.ADD version 1; bit 63 does not matter");
	tb_expect_u64(tb.regs.r8, NULL_PA, "the page is used up");
	page = tb_page(1, HW_SEPT);
	tb_expect_u64(add_v1(1, page), TDX_SUCCESS, "there is a table already, and it may be");
	tb_expect_u64(tb.regs.r8, page | BIT_ULL(63), "the page was not needed");
	tb_expect_u64(add_v1(0, page | BIT_ULL(63)), TDX_EPT_ENTRY_STATE_INCORRECT | TDX_OPERAND_ID_RCX,
		      "and may not be");
	tb_expect_u64(tb.regs.r8, page, "the page comes back without bit 63");
	seam_check_quiescent();
}

/* Progress starts the zero-step filter over. */
static void zero_step_progresses(void *arg)
{
	(void)arg;
	tb_reset(3, false);
	tb_tables(GFN, 1);
	tb_finalize();
	for (unsigned int i = 0; i < 2; i++)
		tb.insn[i] = (struct guest_insn){.op = G_READ, .gpa = (GFN + i) << PAGE_SHIFT};
	tb.guest.nr = 2;
	for (unsigned int i = 0; i < SEAM_ZERO_STEP_THRESHOLD; i++)
		tb_enter();
	tb_must(tb_mem(TDH_MEM_PAGE_AUG, GFN, 1, tb_page(1, HW_GMEM), 0), "AUG");
	for (unsigned int i = 0; i < SEAM_ZERO_STEP_THRESHOLD; i++)
		tb_expect_u64(tb_enter(), TDX_EXIT_REASON_EPT_VIOLATION, "the next instruction faults");
	tb_expect(tb.guest.pc == 1 && !tb_vp()->nr_gpas,
		  "six times at each of two places: nothing is listed");
	tb_enter();
	tb_expect_u64(tb_vp()->nr_gpas, 1, "the seventh is");
}

static u64 read_status;

static u64 rw(u64 fn, gpa_t gpa, u64 value)
{
	return tb_call(fn, gpa, tb.tdr, value, 0);
}

static void debug_window(void *arg)
{
	static const struct guest_insn write_page = {.op = G_WRITE, .gpa = GFN << PAGE_SHIFT, .val = 12};

	(void)arg;
	tb_reset(3, false);
	tb_state(GFN, 1, SEPT_MAPPED);
	tb_finalize();
	tb_expect_u64(rw(TDH_MEM_RD, 8, 1), TDX_TD_NON_DEBUG, "MEM.RD is for debug TDs");
	tb_expect_u64(tb.regs.r8, 0, "and shows nothing");
	tb_td()->debug = true;
	tb_must(rw(TDH_MEM_WR, 8, 11), "MEM.WR");
	program(&read_page);
	tb_enter();
	tb_expect_u64(tb.guest.regs[0], 11, "the guest reads what the host wrote");
	program(&write_page);
	tb_enter();
	tb_must(rw(TDH_MEM_RD, 8, 0), "MEM.RD");
	tb_expect_u64(tb.regs.r8, 12, "and the host what the guest wrote");
	tb_must(rw(TDH_MEM_WR, 8, 13), "MEM.WR");
	tb_expect_u64(tb.regs.r8, 12, "a write returns what was there");
	hw_set_data(page_of(GFN), 14, 0);
	tb_must(rw(TDH_MEM_RD, 8, 0), "MEM.RD");
	tb_expect_u64(tb.regs.r8, HW_BAD_KEY, "what another key wrote is not readable");
}

/* The page goes between MEM.RD's walk and its lock of the entry; both hold the tree shared. */
static void read_page_on_its_way_out(void *arg)
{
	(void)arg;
	tb_reset(3, false);
	tb_state(GFN, 1, SEPT_MAPPED);
	tb_td()->debug = true;
	tb.armed = true;
	read_status = rw(TDH_MEM_RD, 0, 0);
	tb.armed = false;
}

static void remove_beside(void)
{
	struct tdx_module_args regs = {.rcx = tb_gpa(GFN, 1), .rdx = tb.tdr};

	seam_call(TDH_MEM_PAGE_REMOVE, &regs);
}

static void read_race(void)
{
	unsigned int nr = 0, read = 0, absent = 0;
	struct eng_run run;

	for (int hold_at = 0;; hold_at++) {
		bool ok = tb_run_beside(read_page_on_its_way_out, remove_beside, hold_at, &run);

		if (!tb.beside_ran)
			break;
		nr += ok && read_status == (TDX_EPT_ENTRY_STATE_INCORRECT | TDX_OPERAND_ID_RCX);
		absent += ok && read_status == (TDX_EPT_ENTRY_NOT_PRESENT | TDX_OPERAND_ID_RCX);
		read += ok && read_status == TDX_SUCCESS;
	}
	tb_expect(nr == 1, "MEM.RD: a page that goes after the walk is in a wrong state");
	tb_expect(absent && read, "before it is not there, and later it stays until it was read");
}

static void attributes(void *arg)
{
	static const struct guest_insn rd = {.op = G_ATTR_RD, .gpa = (GFN << PAGE_SHIFT) + 0x123};
	static const struct guest_insn wr = {.op = G_ATTR_WR, .gpa = GFN << PAGE_SHIFT, .level = 2};
	struct guest_insn bad = {.op = G_ATTR_WR, .gpa = 1, .level = 5, .val = 1, .n = 1};

	(void)arg;
	tb_reset(3, false);
	tb_tables(GFN, 1);
	tb_finalize();
	program(&rd);
	tb_expect_u64(tb_enter(), TDX_EXIT_REASON_EPT_VIOLATION, "ATTR.RD of nothing leaves");
	tb_expect(!tb.regs.rcx && !tb.regs.rdx && tb.regs.r8 == GFN << PAGE_SHIFT,
		  "with the page's address only");
	tb_must(tb_mem(TDH_MEM_PAGE_AUG, GFN, 1, tb_page(1, HW_GMEM), 0), "AUG");
	tb_expect_u64(tb_enter(), TDX_EXIT_REASON_DONE, "the TDCALL runs again");
	tb_expect(!tb.guest.regs[0] && tb.guest.regs[1] == (GFN << PAGE_SHIFT | BIT_ULL(62)),
		  "and says: pending");
	program(&wr);
	tb_expect_u64(tb_enter(), TDX_EXIT_REASON_DONE, "ATTR.WR of 2M over a table");
	tb_expect_u64(tb.guest.regs[0], TDX_PAGE_SIZE_MISMATCH | 1, "is told the size");
	program(&bad);
	tb_enter();
	tb_expect_u64(tb.guest.regs[0], TDX_OPERAND_INVALID | TDX_OPERAND_ID_RDX,
		      "ATTR.WR: attributes first");
	bad.val = 0;
	program(&bad);
	tb_enter();
	tb_expect_u64(tb.guest.regs[0], TDX_OPERAND_INVALID | TDX_OPERAND_ID_R8, "then flags");
	bad.n = 0;
	program(&bad);
	tb_enter();
	tb_expect_u64(tb.guest.regs[0], TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX, "then level and address");
	for (unsigned int i = 0; i < ARRAY_SIZE(tb.insn); i++)
		tb.insn[i] = rd;
	tb.guest.nr = ARRAY_SIZE(tb.insn);
	tb.guest.pc = 0;
	*tb_entry(GFN, 1) |= SEPT_TDHP;
	tb_expect_u64(tb_enter(), TDX_HOST_PRIORITY_BUSY_TIMEOUT, "host priority that lasts: the TD leaves");
	tb_expect_u64(tb.guest.pc, SEAM_HP_TIMEOUT_CALLS, "after the TDCALL");
}

/* Reads through an own mapping at @gfn. */
static void reads_at(gfn_t gfn, const char *what)
{
	const struct guest_insn insn = {.op = G_READ, .gpa = gfn << PAGE_SHIFT};

	tb_state(gfn, 1, SEPT_MAPPED);
	hw_set_data(page_of(gfn), 55, TB_KEY);
	tb_finalize();
	program(&insn);
	tb_enter();
	tb_expect_u64(tb.guest.regs[0], 55, what);
}

static u64 sept_rd(gfn_t gfn, unsigned int level)
{
	return tb_mem(TDH_MEM_SEPT_RD, gfn, level, 0, 0);
}

static void levels(void *arg)
{
	u64 invalid = TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
	gfn_t high;

	(void)arg;
	tb_reset(3, false);
	tb_expect_u64(sept_rd(0, 5), invalid, "four levels: there is no level 4");
	tb_reset_levels(3, false, 5, false);
	tb_expect_u64(sept_rd(0, 5), TDX_SUCCESS, "five levels: there is one");
	tb_expect_u64(sept_rd(hw_shared_gfn_bit(), 1), invalid,
		      "GPAW 0: the shared bit is that of four levels");
	tb_expect_u64(sept_rd(hw_shared_gfn_bit() * 2, 1), invalid, "and above it is nothing");
	reads_at(9, "GPAW 0: the processor walks five levels");
	tb_reset_levels(3, false, 5, true);
	high = hw_shared_gfn_bit_of(5) / 2 + 9;
	tb_expect_u64(sept_rd(hw_shared_gfn_bit_of(5), 5), invalid,
		      "GPAW 1: the shared bit is the fifth level's");
	reads_at(high, "GPAW 1: an address that four levels do not have");
	seam_check_quiescent();
	tb_reset_levels(9, false, 5, true);
	tb_expect_u64(tb_td()->shared_bit << PAGE_SHIFT, BIT_ULL(51), "wide geometry: bit 51");
	reads_at(BIT_ULL(51 - PAGE_SHIFT) - 1, "the last private page");
	tb_reset_levels(9, false, 5, false);
	tb_expect_u64(tb_td()->shared_bit << PAGE_SHIFT, BIT_ULL(47), "GPAW 0: bit 47");
}

/* As a BLOCK of an earlier use has left it. */
static hpa_t used_page(unsigned int level, enum hw_page_type type)
{
	hpa_t page = tb_page(level, type);

	for (u64 i = 0; i < hw_level_pages(level); i++)
		pamt((page >> PAGE_SHIFT) + i, 1)->bepoch = 1;
	pamt(page >> PAGE_SHIFT, level)->bepoch = 1;
	return page;
}

static u64 bepoch(hpa_t page, unsigned int level)
{
	return pamt(page >> PAGE_SHIFT, level)->bepoch;
}

static void bepochs(void *arg)
{
	hpa_t page, table, large;

	(void)arg;
	tb_reset(3, false);
	tb_tables(GFN, 2);
	table = used_page(1, HW_SEPT);
	tb_must(tb_mem(TDH_MEM_SEPT_ADD, GFN, 2, table, 0), "SEPT.ADD");
	tb_expect_u64(bepoch(table, 1), 0, "SEPT.ADD starts BEPOCH over");
	page = used_page(1, HW_GMEM);
	tb_must(tb_mem(TDH_MEM_PAGE_ADD, GFN, 1, page, tb_page(1, HW_USER)), "PAGE.ADD");
	tb_expect_u64(bepoch(page, 1), 0, "PAGE.ADD, too");
	tb_must(tb_mem(TDH_MEM_RANGE_BLOCK, GFN, 1, 0, 0), "BLOCK");
	tb_expect_u64(bepoch(page, 1), 1, "BLOCK sets it to TD_EPOCH");
	tb_must(tb_mem(TDH_MEM_RANGE_UNBLOCK, GFN, 1, 0, 0), "UNBLOCK");
	tb_expect_u64(bepoch(page, 1), 1, "UNBLOCK keeps it");
	tb_must(tb_mem(TDH_MEM_PAGE_REMOVE, GFN, 1, 0, 0), "REMOVE");
	tb_expect(bepoch(page, 1) == 1 && pamt(page >> PAGE_SHIFT, 1)->owner == tb.tdr >> PAGE_SHIFT,
		  "REMOVE leaves it, and the owner");
	tb_must(tb_mem(TDH_MEM_SEPT_REMOVE, GFN, 2, 0, 0), "SEPT.REMOVE");
	tb_expect_u64(pamt(table >> PAGE_SHIFT, 1)->owner, tb.tdr >> PAGE_SHIFT, "so does SEPT.REMOVE");
	large = used_page(2, HW_GMEM);
	tb_must(tb_mem(TDH_MEM_PAGE_AUG, GFN, 2, large, 0), "AUG");
	tb_expect_u64(bepoch(large, 2), 0, "AUG starts over");
	pamt(large >> PAGE_SHIFT, 2)->bepoch = 1;
	table = used_page(1, HW_SEPT);
	tb_must(tb_mem(TDH_MEM_PAGE_DEMOTE, GFN, 2, table, 0), "DEMOTE");
	tb_expect(!bepoch(large, 1) && !bepoch(large + 7 * PAGE_SIZE, 1), "DEMOTE: so do the small pages");
	tb_expect(bepoch(table, 1) == 1, "but not the new table");
	tb_must(tb_mem(TDH_MEM_PAGE_PROMOTE, GFN, 2, 0, 0), "PROMOTE");
	tb_expect_u64(bepoch(large, 2), 1, "PROMOTE does not write that of the large page");
	seam_check_quiescent();
}

int main(void)
{
	struct eng_run run;

	tb_expect(tb_run(relocated_data, NULL, &run), "RELOCATE");
	tb_expect(tb_run(relocated_pending, NULL, &run), "RELOCATE of a pending page");
	tb_expect(tb_run(removed_table, NULL, &run), "SEPT.REMOVE");
	tb_expect(tb_run(added_table, NULL, &run), "SEPT.ADD version 1");
	tb_expect(tb_run(zero_step_progresses, NULL, &run), "zero-step filter");
	tb_expect(tb_run(debug_window, NULL, &run), "MEM.RD and MEM.WR");
	read_race();
	tb_expect(tb_run(attributes, NULL, &run), "ATTR.RD and ATTR.WR");
	tb_expect(tb_run(bepochs, NULL, &run), "BEPOCH");
	tb_expect(tb_run(levels, NULL, &run), "four and five levels");
	return tb.failures != 0;
}
