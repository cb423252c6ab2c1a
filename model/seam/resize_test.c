/* SPDX-License-Identifier: GPL-2.0-only */
/* DEMOTE and PROMOTE in both geometries: data and accept status survive, PAMT and CHLDCNT follow, quirks. */
#include "model/seam/testbed.h"

static unsigned int bits;

static u64 resize(u64 fn, u64 r8)
{
	tb.regs = (struct tdx_module_args){.rcx = tb_gpa(0, 2), .rdx = tb.tdr, .r8 = r8};
	return seam_call(fn, &tb.regs);
}

static bool all_children(enum sept_state state, hpa_t hpa)
{
	for (unsigned int i = 0; i < hw_entries(); i++) {
		volatile u64 *e = tb_entry(i, 1);

		if (!e || sept_entry_state(*e) != state || sept_pfn(*e, 1) != (hpa >> PAGE_SHIFT) + i)
			return false;
	}
	return true;
}

static void round_trip(void *arg)
{
	hpa_t page, table;
	pfn_t pfn;

	(void)arg;
	tb_reset(bits, false);
	page = tb_page(2, HW_GMEM);
	pfn = page >> PAGE_SHIFT;
	table = tb_page(1, HW_SEPT);
	tb_leaf(0, 2, false, page);
	tb_expect(seam_pamt_type(pfn, 2) == PAMT_REG && seam_pamt_type(pfn + 1, 1) == PAMT_NDA,
		  "2M by PROMOTE");
	hw_set_data(pfn + 3, 77, TB_KEY);
	tb_finalize();
	tb_expect_u64(resize(TDH_MEM_PAGE_DEMOTE, table), TDX_GPA_RANGE_NOT_BLOCKED | TDX_OPERAND_ID_RCX,
		      "RUNNABLE: DEMOTE wants a block");
	tb_must(tb_mem(TDH_MEM_RANGE_BLOCK, 0, 2, 0, 0), "BLOCK");
	tb_must(tb_track(), "TRACK");
	tb.interrupt = true;
	tb_expect_u64(resize(TDH_MEM_PAGE_DEMOTE, table), TDX_INTERRUPTED_RESTARTABLE, "interrupted");
	tb_expect(sept_entry_state(*tb_entry(0, 2)) == SEPT_BLOCKED &&
			  seam_pamt_type(table >> PAGE_SHIFT, 1) == PAMT_NDA,
		  "with nothing done");
	tb.interrupt = false;
	tb_expect_u64(resize(TDH_MEM_PAGE_DEMOTE, table), TDX_SUCCESS, "started again: done");
	tb_expect(all_children(SEPT_MAPPED, page), "children are MAPPED, unblocked, contiguous");
	tb_expect(hw_data(pfn + 3, NULL) == 77, "data stays");
	seam_check_quiescent();
	tb_must(tb_mem(TDH_MEM_RANGE_BLOCK, 0, 2, 0, 0), "BLOCK");
	tb_must(tb_track(), "TRACK");
	tb_expect_u64(resize(TDH_MEM_PAGE_PROMOTE, 0), TDX_SUCCESS, "PROMOTE");
	tb_expect_u64(tb.regs.rcx, table, "gives the table back");
	tb_expect_u64(sept_entry_state(*tb_entry(0, 2)), SEPT_MAPPED, "and the leaf is MAPPED, unblocked");
	seam_check_quiescent();
}

static void children_decide(void *arg)
{
	hpa_t page;
	u64 invalid = TDX_EPT_INVALID_PROMOTE_CONDITIONS | TDX_OPERAND_ID_RCX;

	(void)arg;
	tb_reset(bits, false);
	page = tb_page(2, HW_GMEM);
	for (unsigned int i = 0; i < hw_entries(); i++)
		tb_leaf(i, 1, i == 2, page + i * PAGE_SIZE);
	tb_expect_u64(resize(TDH_MEM_PAGE_PROMOTE, 0), invalid, "MAPPED and PENDING children do not mix");
	*tb_entry(1, 1) |= SEPT_TDEL;
	tb_expect_u64(resize(TDH_MEM_PAGE_PROMOTE, 0), TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX,
		      "a locked child below the one that does not fit hides it");
	tb_expect(*tb_entry(1, 1) & SEPT_TDHP, "and has host priority now");
	*tb_entry(1, 1) &= ~SEPT_TDEL;
	*tb_entry(3, 1) |= SEPT_TDEL;
	tb_expect_u64(resize(TDH_MEM_PAGE_PROMOTE, 0), invalid, "one above it is hidden");
	tb_expect(!(*tb_entry(3, 1) & SEPT_TDHP) && !(*tb_entry(1, 1) & SEPT_LOCK_BITS),
		  "and untouched; a leftover host priority went with PROMOTE's own lock");
	*tb_entry(3, 1) &= ~SEPT_TDEL;
	seam_check_quiescent();
}

static void half_accepted(void *arg)
{
	hpa_t page;
	volatile u64 *e;

	(void)arg;
	tb_reset(bits, false);
	page = tb_page(2, HW_GMEM);
	tb_leaf(0, 2, true, page);
	e = tb_entry(0, 2);
	*e |= 2ull << PAGE_SHIFT; /* as an interrupted ACCEPT leaves it */
	seam_check_quiescent();
	tb_mem(TDH_MEM_SEPT_RD, 0, 2, 0, 0);
	tb_expect(tb.regs.rcx & (2ull << PAGE_SHIFT), "the host sees the accept counter");
	tb_must(resize(TDH_MEM_PAGE_DEMOTE, tb_page(1, HW_SEPT)), "DEMOTE");
	tb_expect(all_children(SEPT_PENDING, page),
		  "DEMOTE forgets it: all children PENDING at their own page");
	tb_must(resize(TDH_MEM_PAGE_PROMOTE, 0), "PROMOTE");
	*e |= 2ull << PAGE_SHIFT;
	tb_must(tb_mem(TDH_MEM_RANGE_BLOCK, 0, 2, 0, 0), "BLOCK");
	tb_expect(!(*e & sept_counter_mask(2)), "BLOCK takes it back");
	tb_must(tb_mem(TDH_MEM_RANGE_UNBLOCK, 0, 2, 0, 0), "UNBLOCK");
	tb_must(tb_mem(TDH_MEM_PAGE_REMOVE, 0, 2, 0, 0), "REMOVE");
	tb_expect_u64(tb.regs.rcx, page, "REMOVE of what came back");
	tb_expect(!seam_owns(page >> PAGE_SHIFT, hw_level_pages(2)), "nobody owns it");
	seam_check_quiescent();
}

/* The oracle itself: each rule trips. */
static u64 damage_bits;

static void damaged(void *arg)
{
	(void)arg;
	tb_reset(bits, false);
	tb_leaf(0, 1, false, tb_page(1, HW_GMEM));
	*tb_entry(0, 1) ^= damage_bits;
	seam_check_quiescent();
}

static void count_damaged(void *arg)
{
	(void)arg;
	tb_reset(bits, false);
	tb_td()->chldcnt++;
	seam_check_quiescent();
}

static void leaked(void *arg)
{
	(void)arg;
	tb_reset(bits, false);
	pamt_assign(tb_page(1, HW_GMEM) >> PAGE_SHIFT, 1, PAMT_REG, tb_td()->tdr);
	seam_check_quiescent();
}

static void mapped_twice(void *arg)
{
	(void)arg;
	tb_reset(bits, false);
	tb_leaf(0, 1, false, tb_page(1, HW_GMEM));
	*tb_entry(1, 1) = *tb_entry(0, 1);
	seam_check_quiescent();
}

static void trips(void (*fn)(void *), const char *rule)
{
	struct eng_run run;
	char what[96];
	bool ok = !tb_run(fn, NULL, &run) && run.id && !strcmp(run.id, "SEAM-03") && strstr(run.title, rule);

	snprintf(what, sizeof(what), "the oracle sees %s", rule);
	tb_expect(ok, what);
}

int main(void)
{
	struct eng_run run;

	for (bits = 3; bits <= 9; bits += 6) {
		printf("# %u entries a table\n", 1u << bits);
		tb_expect(tb_run(round_trip, NULL, &run), "there and back");
		tb_expect(tb_run(children_decide, NULL, &run), "children decide");
		tb_expect(tb_run(half_accepted, NULL, &run), "half accepted");
	}
	bits = 3;
	damage_bits = SEPT_TDEL;
	trips(damaged, "I3");
	damage_bits = EPT_RWX;
	trips(damaged, "I4");
	damage_bits = BIT_ULL(30);
	trips(damaged, "I1 page of a leaf");
	damage_bits = SEPT_TDBW;
	trips(damaged, "no legal state");
	trips(count_damaged, "I2");
	trips(leaked, "I2 the PAMT has other pages in use");
	trips(mapped_twice, "I1 page is mapped twice");
	return tb.failures != 0;
}
