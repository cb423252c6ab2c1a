/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of two errors a life-cycle call reports: every pair of its error conditions, both at once. The lists
 * are in the order of the checks; of two conditions the earlier one has to win.
 */
#include "model/seam/life_testbed.h"

#define RCX TDX_OPERAND_ID_RCX
#define RDX TDX_OPERAND_ID_RDX
#define MAX_CONDITIONS 12

enum condition {
	ALIGN_RCX,
	ALIGN_RDX,
	RCX_3, /* an operand with bits that mean nothing */
	TDR_BUSY,
	VP_BUSY,
	PAGE_BUSY, /* the page in RCX */
	FATAL,
	LIFE, /* of no use for anything any more */
	FEW_PAGES,
	MANY_PAGES,
	OP_BUSY,
	OP_STATE,
	VP_PAGES,
	VP_STATE,
	ELSEWHERE, /* the vCPU is another CPU's */
	ASSOCIATED,
	NO_VPS,
	KOT_BUSY,
	WB_BUSY,
	WB_MISSING,
	NO_FIELD,
};

/* @life, @op: what the call wants; @rcx, @rdx: offsets of pages in struct pages, or the value itself. */
struct call {
	u64 fn, rcx, rdx;
	bool rcx_page, rdx_page;
	enum seam_lifecycle life;
	enum seam_op_state op;
	enum seam_vp_state vp;
	struct {
		enum condition condition;
		u64 want;
	} checks[MAX_CONDITIONS];
	unsigned int nr;
};

#define PAGE(field) offsetof(struct pages, field)
#define BUSY(operand) (TDX_OPERAND_BUSY | (operand))
#define INVALID(operand) (TDX_OPERAND_INVALID | (operand))
#define BUILD                                                                                                \
	{FATAL, TDX_TD_FATAL}, {LIFE, TDX_TD_KEYS_NOT_CONFIGURED},                                           \
	{                                                                                                    \
		FEW_PAGES, TDX_TDCS_NOT_ALLOCATED                                                            \
	}
#define OP                                                                                                   \
	{OP_BUSY, BUSY(TDX_OPERAND_ID_OP_STATE)},                                                            \
	{                                                                                                    \
		OP_STATE, TDX_OP_STATE_INCORRECT                                                             \
	}
#define VP                                                                                                   \
	{ALIGN_RCX, INVALID(RCX)}, {VP_BUSY, BUSY(RCX)},                                                     \
	{                                                                                                    \
		TDR_BUSY, BUSY(TDX_OPERAND_ID_TDR)                                                           \
	}

static const struct call calls[] = {
	{TDH_MNG_KEY_CONFIG,
	 PAGE(tdr),
	 0,
	 true,
	 false,
	 TD_HKID_ASSIGNED,
	 OP_UNINITIALIZED,
	 VP_READY,
	 {{ALIGN_RCX, INVALID(RCX)},
	  {TDR_BUSY, BUSY(RCX)},
	  {FATAL, TDX_TD_FATAL},
	  {LIFE, TDX_LIFECYCLE_STATE_INCORRECT}},
	 4},
	{TDH_MNG_ADDCX,
	 PAGE(vp_tdcx),
	 PAGE(tdr),
	 true,
	 true,
	 TD_KEYS_CONFIGURED,
	 OP_UNINITIALIZED,
	 VP_READY,
	 {{ALIGN_RDX, INVALID(RDX)},
	  {TDR_BUSY, BUSY(RDX)},
	  {FATAL, TDX_TD_FATAL},
	  {LIFE, TDX_TD_KEYS_NOT_CONFIGURED},
	  {MANY_PAGES, TDX_TDCX_NUM_INCORRECT},
	  {ALIGN_RCX, INVALID(RCX)},
	  {PAGE_BUSY, BUSY(RCX)}},
	 7},
	{TDH_MNG_INIT,
	 PAGE(tdr),
	 0,
	 true,
	 false,
	 TD_KEYS_CONFIGURED,
	 OP_UNINITIALIZED,
	 VP_READY,
	 {{ALIGN_RCX, INVALID(RCX)},
	  {TDR_BUSY, BUSY(RCX)},
	  BUILD,
	  {OP_STATE, TDX_OP_STATE_INCORRECT},
	  {ALIGN_RDX, INVALID(RDX)}},
	 7},
	{TDH_MNG_RD,
	 PAGE(tdr),
	 0x110000000000000aull,
	 true,
	 false,
	 TD_KEYS_CONFIGURED,
	 OP_INITIALIZED,
	 VP_READY,
	 {{ALIGN_RCX, INVALID(RCX)},
	  {TDR_BUSY, BUSY(RCX)},
	  BUILD,
	  OP,
	  {NO_FIELD, TDX_METADATA_FIELD_ID_INCORRECT}},
	 8},
	{TDH_VP_CREATE,
	 PAGE(vp_tdcx),
	 PAGE(tdr),
	 true,
	 true,
	 TD_KEYS_CONFIGURED,
	 OP_INITIALIZED,
	 VP_READY,
	 {{ALIGN_RDX, INVALID(RDX)},
	  {TDR_BUSY, BUSY(RDX)},
	  BUILD,
	  OP,
	  {ALIGN_RCX, INVALID(RCX)},
	  {PAGE_BUSY, BUSY(RCX)}},
	 9},
	{TDH_VP_ADDCX,
	 PAGE(vp_tdcx),
	 PAGE(tdvpr),
	 true,
	 true,
	 TD_KEYS_CONFIGURED,
	 OP_INITIALIZED,
	 VP_UNINITIALIZED,
	 {{ALIGN_RDX, INVALID(RDX)},
	  {VP_BUSY, BUSY(RDX)},
	  {TDR_BUSY, BUSY(TDX_OPERAND_ID_TDR)},
	  BUILD,
	  OP,
	  {VP_STATE, TDX_VCPU_STATE_INCORRECT},
	  {VP_PAGES, TDX_TDCX_NUM_INCORRECT},
	  {ALIGN_RCX, INVALID(RCX)}},
	 11},
	{TDH_VP_INIT,
	 PAGE(tdvpr),
	 0,
	 true,
	 false,
	 TD_KEYS_CONFIGURED,
	 OP_INITIALIZED,
	 VP_UNINITIALIZED,
	 {VP, BUILD, OP, {VP_PAGES, TDX_TDCX_NUM_INCORRECT}, {VP_STATE, TDX_VCPU_STATE_INCORRECT}},
	 10},
	{TDH_VP_RD,
	 PAGE(tdvpr),
	 0x203c,
	 true,
	 false,
	 TD_KEYS_CONFIGURED,
	 OP_INITIALIZED,
	 VP_READY,
	 {VP,
	  BUILD,
	  OP,
	  {VP_STATE, TDX_VCPU_STATE_INCORRECT},
	  {ELSEWHERE, TDX_VCPU_ASSOCIATED},
	  {NO_FIELD, TDX_METADATA_FIELD_ID_INCORRECT}},
	 11},
	{TDH_VP_ENTER,
	 PAGE(tdvpr),
	 0,
	 true,
	 false,
	 TD_KEYS_CONFIGURED,
	 OP_RUNNABLE,
	 VP_READY,
	 {VP,
	  BUILD,
	  OP,
	  {VP_PAGES, TDX_TDCX_NUM_INCORRECT},
	  {VP_STATE, TDX_VCPU_STATE_INCORRECT},
	  {ELSEWHERE, TDX_VCPU_ASSOCIATED}},
	 11},
	{TDH_VP_FLUSH,
	 PAGE(tdvpr),
	 0,
	 true,
	 false,
	 TD_KEYS_CONFIGURED,
	 OP_INITIALIZED,
	 VP_READY,
	 {VP,
	  {LIFE, TDX_TD_KEYS_NOT_CONFIGURED},
	  {VP_PAGES, TDX_TDCX_NUM_INCORRECT},
	  {ELSEWHERE, TDX_VCPU_NOT_ASSOCIATED}},
	 6},
	{TDH_MR_EXTEND,
	 0,
	 PAGE(tdr),
	 false,
	 true,
	 TD_KEYS_CONFIGURED,
	 OP_INITIALIZED,
	 VP_READY,
	 {{ALIGN_RDX, INVALID(RDX)},
	  {TDR_BUSY, BUSY(RDX)},
	  BUILD,
	  {OP_STATE, TDX_OP_STATE_INCORRECT},
	  {ALIGN_RCX, INVALID(RCX)}},
	 7},
	{TDH_MR_FINALIZE,
	 PAGE(tdr),
	 0,
	 true,
	 false,
	 TD_KEYS_CONFIGURED,
	 OP_INITIALIZED,
	 VP_READY,
	 {{ALIGN_RCX, INVALID(RCX)},
	  {TDR_BUSY, BUSY(RCX)},
	  BUILD,
	  {OP_STATE, TDX_OP_STATE_INCORRECT},
	  {NO_VPS, TDX_NO_VCPUS}},
	 7},
	{TDH_MNG_VPFLUSHDONE,
	 PAGE(tdr),
	 0,
	 true,
	 false,
	 TD_KEYS_CONFIGURED,
	 OP_INITIALIZED,
	 VP_READY,
	 {{ALIGN_RCX, INVALID(RCX)},
	  {TDR_BUSY, BUSY(RCX)},
	  {KOT_BUSY, BUSY(TDX_OPERAND_ID_KOT)},
	  {LIFE, TDX_LIFECYCLE_STATE_INCORRECT},
	  {ASSOCIATED, TDX_FLUSHVP_NOT_DONE}},
	 5},
	{TDH_PHYMEM_CACHE_WB,
	 0,
	 0,
	 false,
	 false,
	 TD_BLOCKED,
	 OP_INITIALIZED,
	 VP_READY,
	 {{RCX_3, INVALID(RCX)},
	  {WB_BUSY, BUSY(TDX_OPERAND_ID_WBCACHE)},
	  {KOT_BUSY, BUSY(TDX_OPERAND_ID_KOT)}},
	 3},
	{TDH_MNG_KEY_FREEID,
	 PAGE(tdr),
	 0,
	 true,
	 false,
	 TD_BLOCKED,
	 OP_INITIALIZED,
	 VP_READY,
	 {{ALIGN_RCX, INVALID(RCX)},
	  {TDR_BUSY, BUSY(RCX)},
	  {LIFE, TDX_LIFECYCLE_STATE_INCORRECT},
	  {KOT_BUSY, BUSY(TDX_OPERAND_ID_KOT)},
	  {WB_MISSING, TDX_WBCACHE_NOT_COMPLETE}},
	 5},
	{TDH_PHYMEM_PAGE_RECLAIM,
	 PAGE(tdcx),
	 0,
	 true,
	 false,
	 TD_TEARDOWN,
	 OP_INITIALIZED,
	 VP_READY,
	 {{ALIGN_RCX, INVALID(RCX)},
	  {PAGE_BUSY, BUSY(RCX)},
	  {TDR_BUSY, BUSY(TDX_OPERAND_ID_TDR)},
	  {LIFE, TDX_LIFECYCLE_STATE_INCORRECT}},
	 4},
};

static u64 operand(u64 value, bool page)
{
	return page ? *(const hpa_t *)((const char *)&a + value) : value;
}

static void set_up(const struct call *c)
{
	struct seam_td *td;

	reset(1);
	build(&a, KEY);
	td = td_of(&a);
	td->lifecycle = c->life;
	td->op_state = c->op;
	td->keys = c->life != TD_HKID_ASSIGNED;
	vp_of(&a)->state = c->vp;
	td->nr_associated = 0;
	vp_of(&a)->where = c->fn == TDH_VP_FLUSH;
	/* A call that adds a page gets one that is nobody's. */
	if (c->rcx_page && c->rcx == PAGE(vp_tdcx)) {
		a.vp_tdcx[0] = b.vp_tdcx[0];
		vp_of(&a)->nr_tdcx = c->fn == TDH_VP_ADDCX ? 1 : SEAM_TDCX_PER_VP;
	}
}

static void bring_about(const struct call *c, enum condition condition, struct tdx_module_args *regs)
{
	struct seam_td *td = td_of(&a);
	struct seam_vp *vp = vp_of(&a);
	hpa_t page = operand(c->rcx, c->rcx_page);

	switch (condition) {
	case ALIGN_RCX:
		regs->rcx |= 8;
		break;
	case ALIGN_RDX:
		regs->rdx |= 8;
		break;
	case RCX_3:
		regs->rcx = 3;
		break;
	case TDR_BUSY:
		*lock_of(a.tdr) = SHAREX_X;
		break;
	case VP_BUSY:
		*lock_of(a.tdvpr) = SHAREX_X;
		break;
	case PAGE_BUSY:
		*lock_of(page) = SHAREX_X;
		break;
	case FATAL:
		td->fatal = true;
		break;
	case LIFE:
		td->lifecycle = c->life == TD_TEARDOWN ? TD_BLOCKED : TD_TEARDOWN;
		break;
	case FEW_PAGES:
		td->nr_tdcx = SEAM_TDCX_PER_TD - 1;
		break;
	case MANY_PAGES:
		td->nr_tdcx = SEAM_MAX_TDCX_PER_TD;
		break;
	case OP_BUSY:
		td->op_state_lock = SHAREX_X;
		break;
	case OP_STATE:
		td->op_state = c->op == OP_UNINITIALIZED ? OP_RUNNABLE : OP_UNINITIALIZED;
		break;
	case VP_PAGES:
		vp->nr_tdcx = c->fn == TDH_VP_ADDCX ? SEAM_TDCX_PER_VP : 1;
		break;
	case VP_STATE:
		vp->state = c->vp == VP_READY ? VP_UNINITIALIZED : VP_READY;
		break;
	case ELSEWHERE:
		vp->where = 2;
		break;
	case ASSOCIATED:
		td->nr_associated = 1;
		break;
	case NO_VPS:
		td->nr_vps = 0;
		break;
	case KOT_BUSY:
		seam_kot.lock = SHAREX_X;
		break;
	case WB_BUSY:
		seam_packages[0].lock = SHAREX_X;
		break;
	case WB_MISSING:
		seam_kot.wbinvd[KEY] = 1;
		break;
	case NO_FIELD:
		regs->rdx = 0x7f;
		break;
	}
}

/* @second is ignored when it is the first. */
static void try_pair(const struct call *c, unsigned int first, unsigned int second)
{
	struct tdx_module_args regs;
	u64 got, want = c->checks[first].want;
	char what[96];

	set_up(c);
	regs = (struct tdx_module_args){.rcx = operand(c->rcx, c->rcx_page),
					.rdx = c->fn == TDH_MNG_INIT ? params_pa
								     : operand(c->rdx, c->rdx_page)};
	bring_about(c, c->checks[first].condition, &regs);
	if (second != first)
		bring_about(c, c->checks[second].condition, &regs);
	got = seam_call(c->fn, &regs);
	snprintf(what, sizeof(what), "%s: check %u before %u", seam_leaf_name(c->fn), first, second);
	tb_expect_u64(got, want, what);
}

static void try_call(void *arg)
{
	const struct call *c = arg;

	for (unsigned int i = 0; i < c->nr; i++) {
		for (unsigned int j = i; j < c->nr; j++)
			try_pair(c, i, j);
	}
}

/* Without any of the conditions there is none of their errors. */
static void try_good(void *arg)
{
	const struct call *c = arg;
	struct tdx_module_args regs;
	u64 got;
	bool bad = false;

	set_up(c);
	regs = (struct tdx_module_args){.rcx = operand(c->rcx, c->rcx_page),
					.rdx = c->fn == TDH_MNG_INIT ? params_pa
								     : operand(c->rdx, c->rdx_page)};
	tb.guest.nr = 0;
	got = seam_call(c->fn, &regs);
	for (unsigned int i = 0; i < c->nr; i++)
		bad |= got == c->checks[i].want;
	tb_expect(!bad, seam_leaf_name(c->fn));
}

int main(void)
{
	struct eng_run run;

	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		tb_expect(tb_run(try_call, (void *)&calls[i], &run), "every pair");
		tb_expect(tb_run(try_good, (void *)&calls[i], &run), "none of them");
	}
	return tb.failures != 0;
}
