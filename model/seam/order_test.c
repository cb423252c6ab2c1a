/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of two errors is reported: every pair of error conditions of each MEM call, both at once. The lists
 * are in the order of the checks; of two conditions the earlier one has to win.
 */
#include "model/seam/testbed.h"

#define GFN 0

enum error {
	E_RDX_RESERVED,
	E_TDR_ALIGN,
	E_TDR_BUSY,
	E_OP_STATE_BUSY,
	E_LEVEL,
	E_TREE,
	E_WALK,
	E_ENTRY_LOCK,
	E_STATE,
	E_PAMT_OLD, /* implicit lock of what the entry maps */
	E_NOT_BLOCKED,
	E_R8_ALIGN,
	E_R8_BUSY,
	E_INTERRUPT,
	E_PAMT_LARGE,
	E_NR
};

/* Several conditions need another entry to begin with; the last one of the pair that does decides. */
static const struct call {
	u64 fn;
	unsigned int level;
	enum sept_state good, bad; /* entry for success, entry for E_STATE */
	bool x; /* tree lock */
	u8 nr;
	u8 order[E_NR];
} calls[] = {
	{TDH_MEM_SEPT_ADD,
	 2,
	 SEPT_FREE,
	 SEPT_MAPPED,
	 false,
	 10,
	 {E_RDX_RESERVED, E_TDR_ALIGN, E_TDR_BUSY, E_OP_STATE_BUSY, E_LEVEL, E_TREE, E_WALK, E_ENTRY_LOCK,
	  E_STATE, E_R8_ALIGN}},
	{TDH_MEM_PAGE_AUG,
	 1,
	 SEPT_FREE,
	 SEPT_MAPPED,
	 false,
	 10,
	 {E_TDR_ALIGN, E_TDR_BUSY, E_OP_STATE_BUSY, E_LEVEL, E_TREE, E_WALK, E_ENTRY_LOCK, E_STATE,
	  E_R8_ALIGN, E_R8_BUSY}},
	{TDH_MEM_RANGE_BLOCK,
	 1,
	 SEPT_MAPPED,
	 SEPT_FREE,
	 true,
	 8,
	 {E_TDR_ALIGN, E_TDR_BUSY, E_OP_STATE_BUSY, E_LEVEL, E_TREE, E_WALK, E_ENTRY_LOCK, E_STATE}},
	{TDH_MEM_RANGE_UNBLOCK,
	 1,
	 SEPT_BLOCKED,
	 SEPT_FREE,
	 true,
	 8,
	 {E_TDR_ALIGN, E_TDR_BUSY, E_OP_STATE_BUSY, E_LEVEL, E_TREE, E_WALK, E_ENTRY_LOCK, E_STATE}},
	{TDH_MEM_PAGE_REMOVE,
	 1,
	 SEPT_BLOCKED,
	 SEPT_FREE,
	 false,
	 10,
	 {E_TDR_ALIGN, E_TDR_BUSY, E_OP_STATE_BUSY, E_LEVEL, E_TREE, E_WALK, E_ENTRY_LOCK, E_STATE,
	  E_PAMT_OLD, E_NOT_BLOCKED}},
	{TDH_MEM_PAGE_DEMOTE,
	 2,
	 SEPT_BLOCKED,
	 SEPT_FREE,
	 false,
	 14,
	 {E_RDX_RESERVED, E_TDR_ALIGN, E_TDR_BUSY, E_OP_STATE_BUSY, E_LEVEL, E_TREE, E_WALK, E_ENTRY_LOCK,
	  E_STATE, E_NOT_BLOCKED, E_R8_ALIGN, E_R8_BUSY, E_INTERRUPT, E_PAMT_LARGE}},
	{TDH_MEM_PAGE_PROMOTE,
	 2,
	 SEPT_NL_BLOCKED,
	 SEPT_FREE,
	 false,
	 10,
	 {E_TDR_ALIGN, E_TDR_BUSY, E_OP_STATE_BUSY, E_LEVEL, E_TREE, E_WALK, E_ENTRY_LOCK, E_STATE,
	  E_PAMT_OLD, E_NOT_BLOCKED}},
	{TDH_MEM_SEPT_RD,
	 1,
	 SEPT_MAPPED,
	 SEPT_MAPPED,
	 false,
	 7,
	 {E_TDR_ALIGN, E_TDR_BUSY, E_OP_STATE_BUSY, E_LEVEL, E_TREE, E_WALK, E_ENTRY_LOCK}},
};

static const struct call *call;
static u32 errors; /* bit per enum error */
static u64 status;

static bool want(enum error e)
{
	return errors >> e & 1;
}

static u64 code_of(enum error e)
{
	switch (e) {
	case E_RDX_RESERVED:
	case E_TDR_ALIGN:
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RDX;
	case E_TDR_BUSY:
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_RDX;
	case E_OP_STATE_BUSY:
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_OP_STATE;
	case E_LEVEL:
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
	case E_TREE:
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_SEPT_TREE;
	case E_WALK:
		return TDX_EPT_WALK_FAILED | TDX_OPERAND_ID_RCX;
	case E_STATE:
		return TDX_EPT_ENTRY_STATE_INCORRECT | TDX_OPERAND_ID_RCX;
	case E_NOT_BLOCKED:
		return TDX_GPA_RANGE_NOT_BLOCKED | TDX_OPERAND_ID_RCX;
	case E_R8_ALIGN:
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_R8;
	case E_R8_BUSY:
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_R8;
	case E_INTERRUPT:
		return TDX_INTERRUPTED_RESTARTABLE;
	case E_ENTRY_LOCK:
	case E_PAMT_OLD:
	case E_PAMT_LARGE:
	case E_NR:
		break;
	}
	return TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX;
}

static enum sept_state entry_state(void)
{
	if (want(E_STATE))
		return call->bad;
	if (!want(E_NOT_BLOCKED))
		return call->good;
	return call->good == SEPT_NL_BLOCKED ? SEPT_NL_MAPPED : SEPT_MAPPED;
}

static void hold(u64 *lock)
{
	*lock = SHAREX_X;
}

static void prepare_entry(void)
{
	if (want(E_WALK)) {
		tb_tables(GFN, call->level + 1); /* FREE above */
		return;
	}
	tb_state(GFN, call->level, entry_state());
}

static void locks(u64 r8)
{
	volatile u64 *e = tb_entry(GFN, call->level);
	bool leaf = e && sept_is_leaf(*e);

	if (want(E_TDR_BUSY))
		hold(&pamt(tb.tdr >> PAGE_SHIFT, 1)->lock);
	if (want(E_OP_STATE_BUSY))
		hold(&tb_td()->op_state_lock);
	if (want(E_TREE))
		hold(&tb_td()->tree_lock);
	if (want(E_ENTRY_LOCK) && e)
		*e |= SEPT_TDEL;
	if ((want(E_PAMT_OLD) || want(E_PAMT_LARGE)) && e)
		hold(&pamt(sept_pfn(*e, call->level), leaf ? call->level : 1)->lock);
	if (want(E_R8_BUSY))
		hold(&pamt(r8 >> PAGE_SHIFT, 1)->lock);
}

static void run_pair(void *arg)
{
	u64 rcx, rdx, r8;

	(void)arg;
	tb_reset(3, false);
	prepare_entry();
	tb_finalize();
	tb_must(tb_track(), "TRACK");
	r8 = tb_page(1, call->level == 2 ? HW_SEPT : HW_GMEM);
	locks(r8);
	rcx = tb_gpa(GFN, call->level) | (want(E_LEVEL) ? 7 : 0);
	rdx = tb.tdr | (want(E_RDX_RESERVED) ? BIT_ULL(60) : 0) | (want(E_TDR_ALIGN) ? BIT_ULL(46) : 0);
	r8 |= want(E_R8_ALIGN) ? 0x800 : 0;
	tb.interrupt = want(E_INTERRUPT);
	status = tb_call(call->fn, rcx, rdx, r8, 0);
	tb.interrupt = false;
}

/* E_WALK and E_STATE are two shapes of the tree, and a FREE entry has no page whose lock could be taken. */
static bool possible(enum error a, enum error b)
{
	bool shape_a = a == E_WALK || a == E_STATE, shape_b = b == E_STATE;

	if (shape_a && (shape_b || b == E_NOT_BLOCKED || b == E_PAMT_OLD || b == E_PAMT_LARGE))
		return false;
	if (a == E_WALK && b == E_ENTRY_LOCK)
		return false;
	return true;
}

static unsigned int pairs_of(const struct call *c, unsigned int *wrong)
{
	unsigned int nr = 0;
	struct eng_run run;

	call = c;
	for (unsigned int i = 0; i < c->nr; i++) {
		for (unsigned int j = i; j < c->nr; j++) {
			if (!possible(c->order[i], c->order[j]))
				continue;
			errors = 1u << c->order[i] | 1u << c->order[j];
			nr++;
			if (tb_run(run_pair, NULL, &run) && status == code_of(c->order[i]))
				continue;
			++*wrong;
			printf("# %s: conditions %u and %u: %s 0x%llx\n", seam_leaf_name(c->fn), c->order[i],
			       c->order[j], run.verdict == ENG_OK ? seam_status_name(status) : run.state,
			       (unsigned long long)status);
		}
	}
	return nr;
}

int main(void)
{
	unsigned int nr = 0, wrong = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		nr += pairs_of(&calls[i], &wrong);
	printf("# %u pairs\n", nr);
	tb_expect(nr > 300, "pairs of error conditions were tried");
	tb_expect(wrong == 0, "the earlier check decides each of them");
	return tb.failures != 0;
}
