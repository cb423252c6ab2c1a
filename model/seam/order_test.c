/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of two errors is reported: every pair of error conditions of each call, both at once. The lists are
 * in the order of the checks; of two conditions the earlier one has to win, and nothing may have changed.
 */
#include "model/seam/sept_walk.h"
#include "model/seam/testbed.h"

#define GFN 0
#define ZERO_STEP_GFN 192

enum error {
	E_NONE,
	E_VERSION, /* a version that the call does not have */
	E_RDX_RESERVED,
	E_TDR_ALIGN,
	E_TDR_RANGE,
	E_TDR_BUSY,
	E_TDR_TYPE,
	E_FATAL,
	E_KEYS,
	E_TDCX,
	E_OP_STATE_BUSY,
	E_OP_STATE,
	E_READ_L2, /* SEPT.RD: the view of an L2 VM */
	E_DEBUG,
	E_NO_VCPUS,
	E_LEVEL,
	E_ALIGN, /* of a GPA without level */
	E_TREE,
	E_SHARED, /* the GPA, where it is looked at after the tree lock */
	E_WALK,
	E_ABSENT, /* no open leaf */
	E_ENTRY_LOCK,
	E_BLOCKED, /* already */
	E_STATE,
	E_SAME, /* RELOCATE to where the page is */
	E_PAMT_OLD, /* implicit lock of what the entry maps */
	E_NOT_BLOCKED,
	E_NOT_TRACKED,
	E_NOT_FREE, /* a child of the table to be removed */
	E_SOURCE, /* PAGE.ADD's R9 */
	E_R8_ALIGN,
	E_R8_RANGE,
	E_R8_BUSY,
	E_R8_TYPE,
	E_L2_PAGE, /* SEPT.ADD version 1: R9 */
	E_CHILD_BUSY, /* PROMOTE: a lower one than the bad one */
	E_CHILD_BAD,
	E_INTERRUPT,
	E_PAMT_LARGE,
	E_EPOCH_LOCK,
	E_PREVIOUS,
	E_RCX_RESERVED, /* here and below: VP.ENTER and VP.FLUSH */
	E_VP_RANGE,
	E_VP_BUSY,
	E_VP_TYPE,
	E_TDR_IMPLICIT,
	E_VP_PAGES,
	E_VP_STATE,
	E_ELSEWHERE, /* associated with another CPU */
	E_FLAGS,
	E_ZERO_STEP_TREE,
	E_NR
};

#define TDR E_TDR_ALIGN, E_TDR_RANGE, E_TDR_BUSY, E_TDR_TYPE, E_FATAL, E_KEYS, E_TDCX
#define TD TDR, E_OP_STATE_BUSY, E_OP_STATE
#define ENTRY E_LEVEL, E_TREE, E_WALK, E_ENTRY_LOCK
#define TRACKED E_NOT_BLOCKED, E_NOT_TRACKED
#define R8 E_R8_ALIGN, E_R8_RANGE, E_R8_BUSY, E_R8_TYPE
#define VP E_RCX_RESERVED, E_VP_RANGE, E_VP_BUSY, E_VP_TYPE, E_TDR_IMPLICIT

/**
 * struct call - a call and its checks
 * @good, @bad: state of the entry for success, and for E_STATE
 * @initialized: its TD is not RUNNABLE yet
 */
static const struct call {
	u64 fn;
	unsigned int level;
	enum sept_state good, bad;
	bool initialized;
	u8 order[E_NR];
} calls[] = {
	{TDH_MEM_SEPT_ADD,
	 2,
	 SEPT_FREE,
	 SEPT_MAPPED,
	 false,
	 {E_VERSION, E_RDX_RESERVED, TD, ENTRY, E_STATE, R8}},
	{TDH_MEM_SEPT_ADD | 1 << 16,
	 2,
	 SEPT_FREE,
	 SEPT_MAPPED,
	 false,
	 {E_VERSION, E_RDX_RESERVED, TD, ENTRY, E_STATE, R8, E_L2_PAGE}},
	{TDH_MEM_SEPT_REMOVE,
	 2,
	 SEPT_NL_BLOCKED,
	 SEPT_FREE,
	 false,
	 {E_VERSION, TD, ENTRY, E_STATE, E_PAMT_OLD, TRACKED, E_NOT_FREE}},
	{TDH_MEM_SEPT_RD, 1, SEPT_MAPPED, SEPT_MAPPED, false, {E_VERSION, TD, E_READ_L2, ENTRY}},
	{TDH_MEM_PAGE_ADD,
	 1,
	 SEPT_FREE,
	 SEPT_MAPPED,
	 true,
	 {E_VERSION, TDR, E_OP_STATE, E_LEVEL, E_WALK, E_STATE, E_SOURCE, R8}},
	{TDH_MEM_PAGE_AUG, 1, SEPT_FREE, SEPT_MAPPED, false, {E_VERSION, TD, ENTRY, E_STATE, R8}},
	{TDH_MEM_PAGE_AUG, 2, SEPT_FREE, SEPT_NL_MAPPED, false, {E_VERSION, TD, ENTRY, E_STATE, R8}},
	{TDH_MEM_PAGE_REMOVE,
	 1,
	 SEPT_BLOCKED,
	 SEPT_FREE,
	 false,
	 {E_VERSION, TD, ENTRY, E_STATE, E_PAMT_OLD, TRACKED}},
	{TDH_MEM_RANGE_BLOCK, 1, SEPT_MAPPED, SEPT_FREE, false, {E_VERSION, TD, ENTRY, E_BLOCKED, E_STATE}},
	{TDH_MEM_RANGE_UNBLOCK,
	 1,
	 SEPT_BLOCKED,
	 SEPT_FREE,
	 false,
	 {E_VERSION, TD, ENTRY, E_STATE, E_NOT_TRACKED}},
	{TDH_MEM_PAGE_DEMOTE,
	 2,
	 SEPT_BLOCKED,
	 SEPT_FREE,
	 false,
	 {E_VERSION, E_RDX_RESERVED, TD, ENTRY, E_STATE, TRACKED, R8, E_INTERRUPT, E_PAMT_LARGE}},
	{TDH_MEM_PAGE_PROMOTE,
	 2,
	 SEPT_NL_BLOCKED,
	 SEPT_FREE,
	 false,
	 {E_VERSION, TD, ENTRY, E_STATE, E_PAMT_OLD, TRACKED, E_CHILD_BUSY, E_CHILD_BAD, E_INTERRUPT,
	  E_PAMT_LARGE}},
	{TDH_MEM_PAGE_RELOCATE,
	 1,
	 SEPT_BLOCKED,
	 SEPT_FREE,
	 false,
	 {E_VERSION, TD, ENTRY, E_STATE, E_SAME, E_PAMT_OLD, TRACKED, R8}},
	{TDH_MEM_RD,
	 1,
	 SEPT_MAPPED,
	 SEPT_MAPPED,
	 false,
	 {E_VERSION, TD, E_DEBUG, E_ALIGN, E_TREE, E_SHARED, E_ABSENT, E_ENTRY_LOCK}},
	{TDH_MEM_WR,
	 1,
	 SEPT_MAPPED,
	 SEPT_MAPPED,
	 false,
	 {E_VERSION, TD, E_DEBUG, E_ALIGN, E_TREE, E_SHARED, E_ABSENT, E_ENTRY_LOCK}},
	{TDH_MR_EXTEND, 1, SEPT_MAPPED, SEPT_MAPPED, true, {E_VERSION, TDR, E_OP_STATE, E_ALIGN, E_ABSENT}},
	{TDH_MR_FINALIZE, 1, SEPT_MAPPED, SEPT_MAPPED, true, {E_VERSION, TDR, E_OP_STATE, E_NO_VCPUS}},
	{TDH_MEM_TRACK, 1, SEPT_MAPPED, SEPT_MAPPED, false, {E_VERSION, TD, E_EPOCH_LOCK, E_PREVIOUS}},
	{TDH_VP_ENTER,
	 1,
	 SEPT_MAPPED,
	 SEPT_MAPPED,
	 false,
	 {E_VERSION, VP, E_FATAL, E_KEYS, E_TDCX, E_OP_STATE_BUSY, E_OP_STATE, E_VP_PAGES, E_VP_STATE,
	  E_ELSEWHERE, E_FLAGS, E_EPOCH_LOCK, E_ZERO_STEP_TREE}},
	{TDH_VP_FLUSH, 1, SEPT_MAPPED, SEPT_MAPPED, false, {E_VERSION, VP, E_KEYS, E_VP_PAGES, E_ELSEWHERE}},
};

static const struct call *call;
static u64 errors; /* bit per enum error */
static u64 status;
static bool changed;

static bool want(enum error e)
{
	return errors >> e & 1;
}

static u64 leaf(void)
{
	return call->fn & 0xffff;
}

/* Operand id of the register that has the TDR. */
static u64 tdr_reg(void)
{
	return leaf() == TDH_MEM_TRACK || leaf() == TDH_MR_FINALIZE ? TDX_OPERAND_ID_RCX : TDX_OPERAND_ID_RDX;
}

/* ---- what each condition is reported as ---- */

static u64 busy_code(enum error e)
{
	switch (e) {
	case E_TDR_BUSY:
		return tdr_reg();
	case E_OP_STATE_BUSY:
		return TDX_OPERAND_ID_OP_STATE;
	case E_TREE:
	case E_ZERO_STEP_TREE:
		return TDX_OPERAND_ID_SEPT_TREE;
	case E_R8_BUSY:
		return TDX_OPERAND_ID_R8;
	case E_EPOCH_LOCK:
		return TDX_OPERAND_ID_TD_EPOCH;
	case E_TDR_IMPLICIT:
		return TDX_OPERAND_ID_TDR;
	default: /* entry, child, PAMT of what is there, TDVPR */
		return TDX_OPERAND_ID_RCX;
	}
}

static u64 operand_code(enum error e)
{
	switch (e) {
	case E_VERSION:
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RAX;
	case E_RDX_RESERVED:
	case E_READ_L2:
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RDX;
	case E_TDR_ALIGN:
		return TDX_OPERAND_INVALID | tdr_reg();
	case E_TDR_RANGE:
		return TDX_OPERAND_ADDR_RANGE_ERROR | tdr_reg();
	case E_TDR_TYPE:
		return TDX_PAGE_METADATA_INCORRECT | tdr_reg();
	case E_LEVEL:
	case E_ALIGN:
	case E_SHARED:
	case E_RCX_RESERVED:
	case E_FLAGS:
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
	case E_SAME:
	case E_R8_ALIGN:
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_R8;
	case E_R8_RANGE:
		return TDX_OPERAND_ADDR_RANGE_ERROR | TDX_OPERAND_ID_R8;
	case E_R8_TYPE:
		return TDX_PAGE_METADATA_INCORRECT | TDX_OPERAND_ID_R8;
	case E_SOURCE:
	case E_L2_PAGE:
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_R9;
	case E_VP_RANGE:
		return TDX_OPERAND_ADDR_RANGE_ERROR | TDX_OPERAND_ID_RCX;
	case E_VP_TYPE:
		return TDX_PAGE_METADATA_INCORRECT | TDX_OPERAND_ID_RCX;
	default:
		return TDX_OPERAND_BUSY | busy_code(e);
	}
}

static u64 code_of(enum error e)
{
	switch (e) {
	case E_FATAL:
		return TDX_TD_FATAL;
	case E_KEYS:
		return TDX_TD_KEYS_NOT_CONFIGURED;
	case E_TDCX:
		return TDX_TDCS_NOT_ALLOCATED;
	case E_OP_STATE:
		return TDX_OP_STATE_INCORRECT;
	case E_DEBUG:
		return TDX_TD_NON_DEBUG;
	case E_NO_VCPUS:
		return TDX_NO_VCPUS;
	case E_WALK:
		return TDX_EPT_WALK_FAILED | TDX_OPERAND_ID_RCX;
	case E_ABSENT:
		return TDX_EPT_ENTRY_NOT_PRESENT | TDX_OPERAND_ID_RCX;
	case E_BLOCKED:
		return TDX_GPA_RANGE_ALREADY_BLOCKED | TDX_OPERAND_ID_RCX;
	case E_STATE:
		return TDX_EPT_ENTRY_STATE_INCORRECT | TDX_OPERAND_ID_RCX;
	case E_NOT_BLOCKED:
		return TDX_GPA_RANGE_NOT_BLOCKED | TDX_OPERAND_ID_RCX;
	case E_NOT_TRACKED:
		return TDX_TLB_TRACKING_NOT_DONE |
		       (leaf() == TDH_MEM_RANGE_UNBLOCK ? TDX_OPERAND_ID_SEPT_TREE : TDX_OPERAND_ID_RCX);
	case E_NOT_FREE:
		return TDX_EPT_PAGE_NOT_FREE | TDX_OPERAND_ID_RCX;
	case E_CHILD_BAD:
		return TDX_EPT_INVALID_PROMOTE_CONDITIONS | TDX_OPERAND_ID_RCX;
	case E_INTERRUPT:
		return TDX_INTERRUPTED_RESTARTABLE;
	case E_PREVIOUS:
		return TDX_PREVIOUS_TLB_EPOCH_BUSY;
	case E_VP_PAGES:
		return TDX_TDCX_NUM_INCORRECT;
	case E_VP_STATE:
		return TDX_VCPU_STATE_INCORRECT;
	case E_ELSEWHERE:
		return leaf() == TDH_VP_FLUSH ? TDX_VCPU_NOT_ASSOCIATED : TDX_VCPU_ASSOCIATED;
	default:
		return operand_code(e);
	}
}

/* ---- bringing them about ---- */

static enum sept_state entry_state(void)
{
	if (want(E_STATE))
		return call->bad;
	if (want(E_ABSENT))
		return SEPT_PENDING;
	if (want(E_BLOCKED))
		return SEPT_BLOCKED;
	if (!want(E_NOT_BLOCKED))
		return call->good;
	return call->good == SEPT_NL_BLOCKED ? SEPT_NL_MAPPED : SEPT_MAPPED;
}

static void make_entry(void)
{
	enum sept_state state = entry_state();
	hpa_t page = tb_page(2, HW_GMEM);

	if (want(E_WALK)) {
		tb_tables(GFN, call->level + 1); /* FREE above */
		return;
	}
	if (leaf() != TDH_MEM_PAGE_PROMOTE || state == SEPT_FREE) {
		tb_state(GFN, call->level, state);
		return;
	}
	for (unsigned int i = 0; i < hw_entries(); i++)
		tb_leaf(GFN + i, 1, false, page + i * PAGE_SIZE);
	if (state == SEPT_NL_BLOCKED)
		tb_must(tb_mem(TDH_MEM_RANGE_BLOCK, GFN, call->level, 0, 0), "BLOCK");
}

/* Straight into the table: after BLOCK no call gets there. */
static void make_children(volatile u64 *e)
{
	u64 *table;

	if (!e || sept_is_leaf(*e) || sept_entry_state(*e) == SEPT_FREE)
		return;
	table = sept_child_table(*e);
	if (want(E_NOT_FREE))
		table[3] = sept_pending(tb_page(1, HW_GMEM));
	if (want(E_CHILD_BAD))
		table[5] = SEPT_FREE_VALUE;
	if (want(E_CHILD_BUSY))
		table[2] |= SEPT_TDEL;
}

static void hold(hpa_t page, unsigned int level)
{
	if (page >> PAGE_SHIFT < HW_NR_FRAMES)
		pamt(page >> PAGE_SHIFT, level)->lock = SHAREX_X;
}

static void hold_old(volatile u64 *e)
{
	bool table = !sept_is_leaf(*e);
	hpa_t page = sept_pfn(*e, call->level) << PAGE_SHIFT;

	if (want(E_PAMT_OLD))
		hold(page, table ? 1 : call->level);
	if (want(E_PAMT_LARGE) && !table)
		hold(page, call->level);
	else if (want(E_PAMT_LARGE))
		hold(sept_pfn(*sept_child_table(*e), 1) << PAGE_SHIFT, call->level);
}

static void make_td(void)
{
	struct seam_td *td = tb_td();

	td->debug = !want(E_DEBUG) && !want(E_READ_L2);
	td->fatal = want(E_FATAL);
	if (want(E_KEYS))
		td->lifecycle = TD_BLOCKED;
	if (want(E_TDCX))
		td->nr_tdcx--;
	if (want(E_OP_STATE))
		td->op_state = call->initialized ? OP_RUNNABLE : OP_UNINITIALIZED;
	if (want(E_OP_STATE_BUSY))
		td->op_state_lock = SHAREX_X;
	if (want(E_TREE) || want(E_ZERO_STEP_TREE))
		td->tree_lock = SHAREX_X;
	if (want(E_EPOCH_LOCK))
		td->epoch_lock = SHAREX_X;
	if (want(E_PREVIOUS))
		td->epoch += REFCOUNT_ONE(EPOCH_OF(td->epoch) - 1);
	if (want(E_NO_VCPUS))
		td->nr_vps = 0;
	if (want(E_TDR_IMPLICIT))
		hold(tb.tdr, 1);
}

static void make_vp(void)
{
	struct seam_vp *vp = tb_vp();

	if (leaf() == TDH_VP_FLUSH)
		vp->where = 1;
	if (want(E_ELSEWHERE))
		vp->where = 3;
	if (want(E_VP_PAGES))
		vp->nr_tdcx--;
	if (want(E_VP_STATE))
		vp->state = VP_UNINITIALIZED;
	if (want(E_ZERO_STEP_TREE)) {
		vp->gpas[0] = (gpa_t)ZERO_STEP_GFN << PAGE_SHIFT;
		vp->nr_gpas = 1;
	}
}

static u64 tdr_operand(void)
{
	u64 tdr = want(E_TDR_RANGE) ? HW_NR_FRAMES << PAGE_SHIFT : want(E_TDR_TYPE) ? tb.tdvpr : tb.tdr;

	if (want(E_TDR_BUSY))
		hold(tdr, 1);
	return tdr | (want(E_RDX_RESERVED) ? BIT_ULL(60) : 0) | (want(E_TDR_ALIGN) ? BIT_ULL(46) : 0) |
	       want(E_READ_L2);
}

static u64 vp_operand(void)
{
	u64 vp = want(E_VP_RANGE)  ? HW_NR_FRAMES << PAGE_SHIFT
		 : want(E_VP_TYPE) ? tb_page(1, HW_GMEM)
				   : tb.tdvpr;

	if (want(E_VP_BUSY))
		hold(vp, 1);
	return vp | (want(E_RCX_RESERVED) ? 8 : 0) | (want(E_FLAGS) ? BIT_ULL(52) : 0);
}

static u64 gpa_operand(void)
{
	bool plain = leaf() == TDH_MEM_RD || leaf() == TDH_MEM_WR || leaf() == TDH_MR_EXTEND;
	u64 rcx = plain ? (u64)GFN << PAGE_SHIFT : tb_gpa(GFN, call->level);

	return rcx | (want(E_LEVEL) ? 7 : 0) | (want(E_ALIGN) ? 4 : 0) |
	       (want(E_SHARED) ? tb_td()->shared_bit << PAGE_SHIFT : 0);
}

static u64 r8_operand(volatile u64 *e)
{
	bool table = leaf() == TDH_MEM_SEPT_ADD || leaf() == TDH_MEM_PAGE_DEMOTE;
	unsigned int level = leaf() == TDH_MEM_PAGE_AUG ? call->level : 1;
	u64 r8 = tb_page(level, table ? HW_SEPT : HW_GMEM);

	if (want(E_R8_TYPE))
		tb_leaf(ZERO_STEP_GFN, 1, true, r8 + (level > 1 ? PAGE_SIZE : 0));
	if (want(E_R8_RANGE))
		r8 = HW_NR_FRAMES << PAGE_SHIFT;
	if (want(E_R8_BUSY))
		hold(r8, level);
	if (want(E_SAME))
		r8 = sept_pfn(*e, 1) << PAGE_SHIFT;
	return r8 | (want(E_R8_ALIGN) ? 0x800 : 0);
}

static void run_pair(void *arg)
{
	u64 rcx, rdx, r8, r9, before, chldcnt;
	volatile u64 *e;

	(void)arg;
	tb_reset(3, false);
	make_entry();
	if (!call->initialized)
		tb_finalize();
	if (!call->initialized && !want(E_NOT_TRACKED))
		tb_must(tb_track(), "TRACK");
	e = tb_entry(GFN, call->level);
	r8 = r8_operand(e);
	make_children(e);
	if (e)
		hold_old(e);
	if (want(E_ENTRY_LOCK))
		*e |= SEPT_TDEL;
	make_td();
	make_vp();
	rdx = tdr_operand();
	rcx = tdr_reg() == TDX_OPERAND_ID_RCX			 ? rdx
	      : leaf() == TDH_VP_ENTER || leaf() == TDH_VP_FLUSH ? vp_operand()
								 : gpa_operand();
	r9 = leaf() == TDH_MEM_SEPT_ADD ? NULL_PA : tb_page(1, HW_USER);
	if (want(E_L2_PAGE))
		r9 = 0;
	if (want(E_SOURCE))
		r9 |= 0x800;
	before = e ? *e : 0;
	chldcnt = tb_td()->chldcnt;
	tb.interrupt = want(E_INTERRUPT);
	status = tb_call(call->fn + (want(E_VERSION) ? 2 << 16 : 0), rcx, rdx, r8, r9);
	tb.interrupt = false;
	changed = (e && ((*e ^ before) & ~SEPT_TDHP)) || tb_td()->chldcnt != chldcnt;
}

/* ---- all pairs ---- */

#define SET(e) (1ull << (e))
/* Shapes of the tree: one at a time, except that a blocked entry can be tracked or not. */
#define SHAPES (SET(E_WALK) | SET(E_STATE) | SET(E_ABSENT) | SET(E_BLOCKED))
/* Conditions of an entry that maps something. */
#define MAPPING                                                                                              \
	(SET(E_NOT_BLOCKED) | SET(E_NOT_TRACKED) | SET(E_PAMT_OLD) | SET(E_PAMT_LARGE) | SET(E_NOT_FREE) |   \
	 SET(E_CHILD_BUSY) | SET(E_CHILD_BAD) | SET(E_SAME))
#define R8_ANY (SET(E_R8_ALIGN) | SET(E_R8_RANGE) | SET(E_R8_BUSY) | SET(E_R8_TYPE))

static bool possible(enum error a, enum error b)
{
	u64 both = SET(a) | SET(b);

	if (a == b)
		return true;
	if ((both & SHAPES) == both || (both & (SET(E_WALK) | SET(E_STATE)) && both & MAPPING))
		return false;
	if (both == (SET(E_WALK) | SET(E_ENTRY_LOCK)) || both == (SET(E_NOT_BLOCKED) | SET(E_NOT_TRACKED)))
		return false;
	return !(both & SET(E_SAME) && both & R8_ANY);
}

static bool pair_right(enum error a, enum error b)
{
	struct eng_run run;

	errors = SET(a) | SET(b);
	if (tb_run(run_pair, NULL, &run) && status == code_of(a) && !changed)
		return true;
	printf("# %s: conditions %u and %u: %s 0x%llx, want 0x%llx%s\n", seam_leaf_name(call->fn), a, b,
	       run.verdict == ENG_OK ? seam_status_name(status) : run.state, (unsigned long long)status,
	       (unsigned long long)code_of(a), changed ? "; something has changed" : "");
	return false;
}

static unsigned int pairs_of(const struct call *c, unsigned int *wrong)
{
	unsigned int nr = 0;
	struct eng_run run;

	call = c;
	errors = 0; /* without: it succeeds; a guest without program ends with HLT */
	if (!tb_run(run_pair, NULL, &run) ||
	    status != (leaf() == TDH_VP_ENTER ? TDX_EXIT_REASON_TDCALL : 0)) {
		printf("# %s: without error: %s 0x%llx\n", seam_leaf_name(c->fn),
		       run.verdict == ENG_OK ? seam_status_name(status) : run.state,
		       (unsigned long long)status);
		++*wrong;
	}
	for (unsigned int i = 0; c->order[i]; i++) {
		for (unsigned int j = i; c->order[j]; j++) {
			if (!possible(c->order[i], c->order[j]))
				continue;
			nr++;
			*wrong += !pair_right(c->order[i], c->order[j]);
		}
	}
	return nr;
}

int main(void)
{
	unsigned int nr = 0, wrong = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		unsigned int n = pairs_of(&calls[i], &wrong);

		printf("# %-24s %3u pairs\n", seam_leaf_name(calls[i].fn), n);
		nr += n;
	}
	tb_expect(nr > 2000, "pairs of error conditions were tried");
	tb_expect(wrong == 0, "the earlier check decides each of them, and nothing changes");
	return tb.failures != 0;
}
