/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What only a second CPU makes happen to TDG.MEM.PAGE.ACCEPT, over all schedules with one preemption; and the
 * #VE handler that accepts.
 */
#include "model/seam/testbed.h"

#define GFN 0

static u64 status, host_status;
static u32 exits; /* VP.ENTERs that came back with an interrupt */
static bool half_seen; /* a 2M entry with a counter that is neither 0 nor all */

static void program(const struct guest_insn *insn)
{
	tb.insn[0] = *insn;
	tb.guest.nr = 1;
}

static void guest_thread(void *arg)
{
	u64 rax;

	(void)arg;
	for (unsigned int i = 0; i < 4; i++) {
		hw_irqs_disable();
		rax = tb_enter();
		hw_irqs_enable();
		if ((u32)rax != TDX_EXIT_REASON_INTR)
			break;
		exits++;
		half_seen |= (*tb_entry(GFN, 2) & sept_counter_mask(2)) &&
			     sept_entry_state(*tb_entry(GFN, 2)) == SEPT_PENDING &&
			     (*tb_entry(GFN, 2) & EPT_PFN_MASK) != sept_leaf_hpa(*tb_entry(GFN, 2), 2);
	}
	status = rax == TDX_EXIT_REASON_DONE ? tb.guest.regs[0] : rax;
}

static void aug_thread(void *arg)
{
	struct tdx_module_args regs = {.rcx = tb_gpa(GFN, 1), .rdx = tb.tdr, .r8 = tb_page(1, HW_GMEM)};

	(void)arg;
	host_status = seam_call(TDH_MEM_PAGE_AUG, &regs);
}

static void ipi_thread(void *arg)
{
	(void)arg;
	hw_send_ipi(0);
	hw_ipi_wait(0);
}

static void rd_thread(void *arg)
{
	struct tdx_module_args regs = {.rcx = tb_gpa(GFN, 1), .rdx = tb.tdr};

	(void)arg;
	host_status = seam_call(TDH_MEM_SEPT_RD, &regs);
}

/* AUG, and PAGE.REMOVE right behind it: the module halts when REMOVE comes before AUG's PAMT update. */
static void remove_thread(void *arg)
{
	struct tdx_module_args regs = {.rcx = tb_gpa(GFN, 1), .rdx = tb.tdr};

	(void)arg;
	seam_call(TDH_MEM_PAGE_REMOVE, &regs);
}

/* Explores @other beside @first; calls @seen after each run. Returns the number of runs for which it said
 * yes. */
static unsigned int explore(void (*prepare)(void), void (*first)(void *), void (*other)(void *),
			    bool (*seen)(const struct eng_run *run))
{
	struct eng_config config = {.classes = M_SEAM | M_HW};
	struct eng_strategy *s = eng_strategy_exhaustive(1);
	unsigned int nr = 0;
	struct eng_run run;

	eng_configure(&config);
	for (;;) {
		eng_reset();
		prepare();
		status = host_status = exits = 0;
		eng_thread("guest", first, NULL);
		eng_thread("host", other, NULL);
		if (!eng_run(s, &run))
			break;
		if (run.verdict == ENG_OK)
			seam_check_quiescent();
		nr += run.verdict != ENG_ABORTED && seen(&run);
	}
	s->destroy(s);
	return nr;
}

static void prepare_free(void)
{
	tb_reset(3, false);
	tb_tables(GFN, 1);
	tb_finalize();
	program(&(struct guest_insn){.op = G_ACCEPT, .level = 1, .gpa = GFN << PAGE_SHIFT});
}

static void prepare_small(void)
{
	tb_reset(3, false);
	tb_state(GFN, 1, SEPT_PENDING);
	tb_finalize();
	program(&(struct guest_insn){.op = G_ACCEPT, .level = 1, .gpa = GFN << PAGE_SHIFT});
}

static void prepare_large(void)
{
	hpa_t page;

	tb_reset(3, false);
	/* A counter that runs over changes the address of this one. */
	do {
		page = tb_page(2, HW_GMEM);
	} while (page >> PAGE_SHIFT & hw_level_pages(2));
	tb_leaf(GFN, 2, true, page);
	tb_finalize();
	program(&(struct guest_insn){.op = G_ACCEPT, .level = 2, .gpa = GFN << PAGE_SHIFT});
}

static bool size_mismatch(const struct eng_run *run)
{
	return run->verdict == ENG_OK && status == TDX_PAGE_SIZE_MISMATCH &&
	       sept_entry_state(*tb_entry(GFN, 1)) == SEPT_PENDING;
}

static bool aug_busy(const struct eng_run *run)
{
	return run->verdict == ENG_OK && host_status == (TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX);
}

static bool guest_busy(const struct eng_run *run)
{
	return run->verdict == ENG_OK && status == (TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX);
}

static bool interrupted(const struct eng_run *run)
{
	bool half = half_seen;

	half_seen = false;
	return run->verdict == ENG_OK && half && exits && status == TDX_SUCCESS;
}

static bool dirty(const struct eng_run *run)
{
	volatile u64 *e = tb_entry(GFN, 2);
	u16 key;

	return run->verdict == ENG_OK &&
	       (sept_entry_state(*e) != SEPT_MAPPED || (*e & sept_counter_mask(2)) ||
		hw_data(sept_pfn(*e, 2) + 3, &key) != 0 || key != TB_KEY);
}

static bool halts(const struct eng_run *run)
{
	return run->verdict == ENG_FAILED && strcmp(run->id, "SEAM-01") == 0;
}

static bool no_fail(const struct eng_run *run)
{
	return run->verdict != ENG_OK;
}

/* Host priority that nobody clears: each TDCALL is busy, until the module has had enough. */
static void host_priority(void *arg)
{
	unsigned int i;
	u64 rax = 0;

	(void)arg;
	tb_reset(3, false);
	tb_state(GFN, 1, SEPT_PENDING);
	tb_finalize();
	for (i = 0; i < ARRAY_SIZE(tb.insn); i++)
		tb.insn[i] = (struct guest_insn){.op = G_ACCEPT, .level = 1, .gpa = GFN << PAGE_SHIFT};
	tb.guest.nr = ARRAY_SIZE(tb.insn);
	*tb_entry(GFN, 1) |= SEPT_TDHP;
	rax = tb_enter();
	tb_expect_u64(rax, TDX_HOST_PRIORITY_BUSY_TIMEOUT, "host priority that lasts: the TD leaves");
	tb_expect_u64(tb.guest.pc, SEAM_HP_TIMEOUT_CALLS, "behind the TDCALL: trap-like");
	tb_expect_u64(tb.guest.regs[0], TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX, "the guest sees plain busy");
	tb_mem(TDH_MEM_SEPT_RD, GFN, 1, 0, 0);
	tb_expect(!(*tb_entry(GFN, 1) & SEPT_TDHP), "any host lock of the entry clears it");
}

/* A TDCALL that ends in another way starts the count over. */
static void host_priority_reset(void *arg)
{
	const unsigned int last = SEAM_HP_TIMEOUT_CALLS - 1;

	(void)arg;
	tb_reset(3, false);
	tb_state(GFN, 1, SEPT_PENDING);
	tb_state(GFN + 1, 1, SEPT_MAPPED);
	tb_finalize();
	for (unsigned int i = 0; i <= last; i++)
		tb.insn[i] = (struct guest_insn){.op = G_ACCEPT, .level = 1, .gpa = GFN << PAGE_SHIFT};
	tb.insn[last].gpa = (GFN + 1) << PAGE_SHIFT;
	tb.guest.nr = last + 1;
	*tb_entry(GFN, 1) |= SEPT_TDHP;
	tb_expect_u64(tb_enter(), TDX_EXIT_REASON_DONE,
		      "one TDCALL short of the timeout, then another result");
	tb.guest.pc = 0;
	tb_expect_u64(tb_enter(), TDX_EXIT_REASON_DONE, "and once more: it counts from the start");
}

static void ve_handler(void *arg)
{
	(void)arg;
	tb_reset(3, false);
	tb_state(GFN, 1, SEPT_PENDING);
	tb_finalize();
	program(&(struct guest_insn){.op = G_READ, .gpa = GFN << PAGE_SHIFT});
	tb_expect_u64(tb_enter(), TDX_EXIT_REASON_DONE, "#VE without handler");
	tb_expect_u64(tb.guest.regs[0], GUEST_VE, "is recorded");
	tb.guest.pc = 0;
	tb.insn[0].on_ve = 2;
	tb_expect_u64(tb_enter(), TDX_EXIT_REASON_DONE,
		      "handler accepts at 2M, is told the size, accepts at 4K");
	tb_expect_u64(tb.guest.regs[0], 0, "and the access reads zero");
	tb_expect_u64(sept_entry_state(*tb_entry(GFN, 1)), SEPT_MAPPED, "of a page that is MAPPED");
}

int main(void)
{
	struct eng_run run;

	tb_expect(tb_run(host_priority, NULL, &run), "host priority");
	tb_expect(tb_run(host_priority_reset, NULL, &run), "host priority, not in a row");
	tb_expect(tb_run(ve_handler, NULL, &run), "#VE handler");
	tb_expect(explore(prepare_free, guest_thread, aug_thread, size_mismatch) > 0,
		  "AUG between walk and lock: SIZE_MISMATCH of a page that stays PENDING");
	tb_expect(explore(prepare_free, guest_thread, aug_thread, aug_busy) > 0,
		  "ACCEPT of a free entry makes AUG busy");
	tb_expect(explore(prepare_small, guest_thread, rd_thread, guest_busy) > 0,
		  "SEPT.RD makes ACCEPT busy");
	tb_expect(explore(prepare_large, guest_thread, ipi_thread, interrupted) > 0,
		  "an interrupt in a 2M ACCEPT: the TDCALL goes on from its counter");
	tb_expect(explore(prepare_large, guest_thread, ipi_thread, dirty) == 0,
		  "and in every schedule the page is MAPPED and zeroed whole");
	tb_expect(explore(prepare_large, guest_thread, ipi_thread, no_fail) == 0,
		  "no schedule of it deadlocks");
	tb_expect(explore(prepare_free, aug_thread, remove_thread, halts) > 0,
		  "PAGE.REMOVE right behind AUG's store halts the module");
	return tb.failures != 0;
}
