/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Host priority that arrives in the middle of a call: SEPT.RD fails on the entry at each of the call's
 * points. What the call stores at its end was built before, so that the bit is lost, but for two windows:
 * between the lock and the look at the entry where the call writes back what it saw, and between the last
 * store and the unlock. A call that stores nothing keeps it.
 */
#include "model/seam/testbed.h"

#define GFN 0
#define ALL 1000u

static const struct holder {
	const char *name;
	u64 fn; /* of the host; ACCEPT and ATTR.RD are VP.ENTER with @op */
	u8 op;
	unsigned int level;
	enum sept_state before;
	unsigned int kept; /* points at which the bit survives */
} holders[] = {
	{"SEPT.ADD: before the unlock", TDH_MEM_SEPT_ADD, 0, 2, SEPT_FREE, 1},
	{"AUG: never", TDH_MEM_PAGE_AUG, 0, 1, SEPT_FREE, 0},
	{"PAGE.REMOVE: never", TDH_MEM_PAGE_REMOVE, 0, 1, SEPT_MAPPED, 0},
	{"DEMOTE: before the table's PAMT, and before the unlock", TDH_MEM_PAGE_DEMOTE, 0, 2, SEPT_MAPPED, 2},
	{"PROMOTE: the same", TDH_MEM_PAGE_PROMOTE, 0, 2, SEPT_NL_MAPPED, 2},
	{"RELOCATE: before the look, before the unlock", TDH_MEM_PAGE_RELOCATE, 0, 1, SEPT_MAPPED, 2},
	{"ACCEPT: the same", TDH_VP_ENTER, G_ACCEPT, 1, SEPT_PENDING, 2},
	{"ACCEPT 2M: the same", TDH_VP_ENTER, G_ACCEPT, 2, SEPT_PENDING, 2},
	{"ACCEPT of what is MAPPED: always", TDH_VP_ENTER, G_ACCEPT, 1, SEPT_MAPPED, ALL},
	{"ACCEPT that exits: always", TDH_VP_ENTER, G_ACCEPT, 1, SEPT_FREE, ALL},
	{"ATTR.RD: always", TDH_VP_ENTER, G_ATTR_RD, 1, SEPT_MAPPED, ALL},
	{"ATTR.WR: always", TDH_VP_ENTER, G_ATTR_WR, 1, SEPT_MAPPED, ALL},
	{"SEPT.RD: always", TDH_MEM_SEPT_RD, 0, 1, SEPT_MAPPED, ALL},
	{"AUG that fails: always", TDH_MEM_PAGE_AUG, 0, 1, SEPT_PENDING, ALL},
};

static const struct holder *holder;
static bool busy;
static u64 status; /* of the holder */
static unsigned int read_level; /* of SEPT.RD: the holder's, or that of a child */

static void prepare(void)
{
	hpa_t page;

	tb_reset(3, false);
	if (holder->fn == TDH_MEM_PAGE_PROMOTE) {
		page = tb_page(2, HW_GMEM);
		for (unsigned int i = 0; i < hw_entries(); i++)
			tb_leaf(GFN + i, 1, false, page + i * PAGE_SIZE);
	} else {
		tb_state(GFN, holder->level, holder->before);
	}
	tb.insn[0] = (struct guest_insn){.op = holder->op, .level = holder->level, .gpa = GFN << PAGE_SHIFT};
	tb.guest.nr = 1;
	if (holder->op)
		tb_finalize();
}

static void run_holder(void *arg)
{
	bool table = holder->fn == TDH_MEM_SEPT_ADD || holder->fn == TDH_MEM_PAGE_DEMOTE;
	u64 rcx;
	hpa_t page;

	(void)arg;
	prepare();
	page = tb_page(1, table ? HW_SEPT : HW_GMEM);
	rcx = holder->op ? tb.tdvpr : tb_gpa(GFN, holder->level);
	busy = false;
	hw_irqs_disable();
	tb.armed = true;
	status = tb_call(holder->fn, rcx, tb.tdr, page, 0);
	tb.armed = false;
}

static void read_entry(void)
{
	struct tdx_module_args regs = {.rcx = tb_gpa(GFN, read_level), .rdx = tb.tdr};

	busy = seam_call(TDH_MEM_SEPT_RD, &regs) == (TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX);
}

static void try_holder(void)
{
	unsigned int conflicts = 0, kept = 0, bad = 0;
	struct eng_run run;

	read_level = holder->level;
	for (int hold_at = 0;; hold_at++) {
		bool ok = tb_run_beside(run_holder, read_entry, hold_at, &run);
		bool left;

		if (!tb.beside_ran)
			break;
		left = *tb_entry(GFN, holder->level) & SEPT_TDHP;
		conflicts += busy;
		kept += left;
		bad += !ok || (left && !busy);
	}
	if (!tb_expect(!bad && conflicts && kept == (holder->kept == ALL ? conflicts : holder->kept),
		       holder->name))
		printf("# kept at %u of %u points, %u runs failed\n", kept, conflicts, bad);
}

static const struct holder *find(u64 fn)
{
	const struct holder *h = holders;

	while (h->fn != fn)
		h++;
	return h;
}

/* Between DEMOTE's lock and its look: not kept, but copied into every child. */
static void demote_copies(void)
{
	unsigned int nr = 0;
	struct eng_run run;

	holder = find(TDH_MEM_PAGE_DEMOTE);
	read_level = holder->level;
	for (int hold_at = 0;; hold_at++) {
		bool all = tb_run_beside(run_holder, read_entry, hold_at, &run) && !status;

		if (!tb.beside_ran)
			break;
		for (unsigned int i = 0; all && i < hw_entries(); i++)
			all = *tb_entry(GFN + i, 1) & SEPT_TDHP;
		nr += all;
	}
	tb_expect(nr == 1, "DEMOTE: at one point it goes to all children");
}

/* Between PROMOTE's lock of a child and its look at it: the child does not fit any more. */
static void promote_breaks(void)
{
	unsigned int nr = 0;
	struct eng_run run;

	holder = find(TDH_MEM_PAGE_PROMOTE);
	read_level = 1;
	for (int hold_at = 0;; hold_at++) {
		bool ok = tb_run_beside(run_holder, read_entry, hold_at, &run);

		if (!tb.beside_ran)
			break;
		nr += ok && status == (TDX_EPT_INVALID_PROMOTE_CONDITIONS | TDX_OPERAND_ID_RCX);
	}
	tb_expect(nr == 1, "PROMOTE: at one point it makes child 0 differ from the others");
}

int main(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(holders); i++) {
		holder = &holders[i];
		try_holder();
	}
	demote_copies();
	promote_breaks();
	return tb.failures != 0;
}
