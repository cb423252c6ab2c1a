/* SPDX-License-Identifier: GPL-2.0-only */
/* Entering a vCPU: TLB tracking (what it takes until a block counts as tracked), association, zero-step
 * filter. */
#include "model/seam/testbed.h"

#define GFN 0

static u64 gpa_of(gfn_t gfn)
{
	return gfn << PAGE_SHIFT;
}

static void prepare(void)
{
	tb_reset(3, true);
	tb_state(GFN, 1, SEPT_MAPPED);
	tb_state(GFN + 1, 1, SEPT_MAPPED);
	tb_finalize();
	for (unsigned int i = 0; i < ARRAY_SIZE(tb.insn); i++)
		tb.insn[i] = (struct guest_insn){.op = G_VMCALL, .reg = 1, .n = 4, .gpa = gpa_of(GFN)};
	tb.guest.nr = ARRAY_SIZE(tb.insn);
}

static u64 block(gfn_t gfn)
{
	return tb_mem(TDH_MEM_RANGE_BLOCK, gfn, 1, 0, 0);
}

static u64 remove_page(gfn_t gfn)
{
	return tb_mem(TDH_MEM_PAGE_REMOVE, gfn, 1, 0, 0);
}

/* As if a second vCPU sat in the guest since this epoch. */
static void inside(int change)
{
	static u64 epoch;

	if (change > 0)
		epoch = EPOCH_OF(tb_td()->epoch);
	tb_td()->epoch += change * REFCOUNT_ONE(epoch);
}

static void tracking(void *arg)
{
	u64 not_done = TDX_TLB_TRACKING_NOT_DONE | TDX_OPERAND_ID_RCX;

	(void)arg;
	prepare();
	tb_expect_u64(remove_page(GFN), TDX_GPA_RANGE_NOT_BLOCKED | TDX_OPERAND_ID_RCX, "no BLOCK");
	tb_expect_u64(tb_enter(), TDX_EXIT_REASON_TDCALL, "the guest runs");
	block(GFN);
	tb_expect_u64(tb_enter(), TDX_EXIT_REASON_TDCALL, "exit and entry in one epoch");
	tb_expect_u64(remove_page(GFN), not_done, "BLOCK without TRACK, all vCPUs re-entered");
	inside(1);
	tb_expect_u64(tb_track(), TDX_SUCCESS, "TRACK with a vCPU in the epoch that ends");
	tb_expect_u64(remove_page(GFN), not_done, "BLOCK, TRACK, an old vCPU still in");
	tb_expect_u64(tb_track(), TDX_PREVIOUS_TLB_EPOCH_BUSY, "a second TRACK while an old vCPU is in");
	tb_expect_u64(EPOCH_OF(tb_td()->epoch), 2, "and the epoch stays");
	inside(-1);
	inside(1);
	tb_expect_u64(remove_page(GFN), TDX_SUCCESS, "old vCPUs out, others in at the new epoch");
	inside(-1);
	block(GFN + 1);
	tb_track();
	tb_track();
	inside(1);
	tb_expect_u64(remove_page(GFN + 1), TDX_SUCCESS, "BLOCK, TRACK, TRACK: refcounts are not looked at");
	inside(-1);
	seam_check_quiescent();
}

static void blocked_before_finalize(void *arg)
{
	(void)arg;
	tb_reset(3, true);
	tb_state(GFN, 1, SEPT_BLOCKED);
	tb_finalize();
	tb_expect_u64(remove_page(GFN), TDX_TLB_TRACKING_NOT_DONE | TDX_OPERAND_ID_RCX,
		      "blocked while INITIALIZED: still needs a TRACK");
	tb_track();
	tb_expect_u64(remove_page(GFN), TDX_SUCCESS, "one TRACK, no kick: the TD never ran");
}

static void vmcall(void *arg)
{
	(void)arg;
	prepare();
	tb_expect_u64(tb_enter(), TDX_EXIT_REASON_TDCALL, "TDG.VP.VMCALL leaves");
	tb_expect(tb.regs.r10 == 0 && tb.regs.r11 == TDG_VP_VMCALL_MAPGPA && tb.regs.r12 == gpa_of(GFN) &&
			  tb.regs.r13 == 4 * PAGE_SIZE && tb.regs.rcx == TDG_VP_VMCALL_REGS,
		  "R11 to R13 hold the request as the GHCI has it");
	tb.regs = (struct tdx_module_args){.rcx = tb.tdvpr, .r10 = 0x77};
	seam_call(TDH_VP_ENTER, &tb.regs);
	tb_expect_u64(tb.guest.regs[1], 0x77, "R10 of the next entry is the guest's result");
	tb_expect_u64(tb_call(TDH_VP_FLUSH, tb.tdvpr, 0, 0, 0), TDX_SUCCESS, "VP.FLUSH");
	tb_expect_u64(tb_call(TDH_VP_FLUSH, tb.tdvpr, 0, 0, 0), TDX_VCPU_NOT_ASSOCIATED, "VP.FLUSH again");
}

/* The TLB keeps what it has until an entry in a new epoch. */
static void stale_until_epoch(void *arg)
{
	(void)arg;
	prepare();
	tb.insn[0] = tb.insn[2] = tb.insn[4] = (struct guest_insn){.op = G_READ, .gpa = gpa_of(GFN)};
	tb_enter();
	block(GFN);
	tb_expect_u64(tb_enter(), TDX_EXIT_REASON_TDCALL, "same epoch: the cached translation still works");
	tb_track();
	tb_expect_u64(tb_enter(), TDX_EXIT_REASON_EPT_VIOLATION, "new epoch: it was flushed");
}

static void zero_step(void *arg)
{
	unsigned int i;

	(void)arg;
	prepare();
	tb.insn[0] = (struct guest_insn){.op = G_READ, .gpa = gpa_of(GFN + 2) + 8};
	for (i = 0; i < 7; i++) {
		tb_enter();
		if (tb.regs.rcx != 1)
			break;
	}
	tb_expect(i == 7, "seven real faults at one instruction");
	tb_expect_u64(tb_enter(), TDX_EXIT_REASON_EPT_VIOLATION, "the eighth is made up");
	tb_expect(tb.regs.rcx == 2 && tb.regs.r8 == gpa_of(GFN + 2),
		  "a write to the page, whatever the access was");
	tb_leaf(GFN + 2, 1, true, tb_page(1, HW_GMEM));
	tb_enter();
	tb_expect(tb.regs.rcx == 2 && tb.regs.rdx == 0, "AUG alone does not help: PENDING counts as a fault");
	tb_td()->tree_lock = SHAREX_READER;
	tb_expect_u64(tb_enter(), TDX_OPERAND_BUSY | TDX_OPERAND_ID_SEPT_TREE,
		      "any user of the tree is in the way");
	tb_td()->tree_lock = 0;
	*tb_entry(GFN + 2, 1) =
		sept_mapped(sept_leaf_hpa(*tb_entry(GFN + 2, 1), 1)); /* another vCPU's ACCEPT */
	tb_expect_u64(tb_enter(), TDX_EXIT_REASON_TDCALL, "MAPPED lets it in");
	tb_expect(tb_vp()->nr_gpas == 0 && tb_td()->tree_lock == 0,
		  "progress empties the list; the tree is free");
	seam_check_quiescent();
}

/* ---- two CPUs ---- */

static u64 second_status;

static void enter_thread(void *arg)
{
	struct tdx_module_args regs = {.rcx = tb.tdvpr};
	u64 rax = seam_call(TDH_VP_ENTER, &regs);

	(void)arg;
	if (rax >> 63)
		second_status = rax;
}

static bool seen(u64 want)
{
	struct eng_config config = {.classes = M_SEAM | M_HW};
	struct eng_strategy *s = eng_strategy_exhaustive(1);
	struct eng_run run;
	bool found = false;

	eng_configure(&config);
	for (;;) {
		eng_reset();
		prepare();
		tb.guest.nr = 1;
		second_status = 0;
		eng_thread("a", enter_thread, NULL);
		eng_thread("b", enter_thread, NULL);
		if (!eng_run(s, &run) || run.verdict == ENG_FAILED)
			break;
		found |= second_status == want;
	}
	s->destroy(s);
	return found;
}

int main(void)
{
	struct eng_run run;

	tb_expect(tb_run(tracking, NULL, &run), "tracking");
	tb_expect(tb_run(blocked_before_finalize, NULL, &run), "blocked before FINALIZE");
	tb_expect(tb_run(vmcall, NULL, &run), "VMCALL and VP.FLUSH");
	tb_expect(tb_run(stale_until_epoch, NULL, &run), "stale until the epoch changes");
	tb_expect(tb_run(zero_step, NULL, &run), "zero-step filter");
	tb_expect(seen(TDX_VCPU_STATE_INCORRECT), "a vCPU that runs elsewhere: VCPU_STATE_INCORRECT");
	tb_expect(seen(TDX_VCPU_ASSOCIATED), "a vCPU that ran elsewhere: VCPU_ASSOCIATED");
	return tb.failures != 0;
}
