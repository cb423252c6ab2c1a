/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of TDs: which key and which page may be given back when, who is in whose way, and what comes of
 * calls on two CPUs.
 */
#include "model/seam/life_testbed.h"

/* ---- the key's end ---- */

static void key_release_order(void *arg)
{
	(void)arg;
	reset(1);
	build(&a, KEY);
	tb_must(call(TDH_MR_FINALIZE, a.tdr, 0), "MR.FINALIZE");
	expect_call(TDH_MNG_KEY_FREEID, a.tdr, 0, TDX_LIFECYCLE_STATE_INCORRECT, "FREEID of a living TD");
	expect_call(TDH_MNG_VPFLUSHDONE, a.tdr, 0, TDX_FLUSHVP_NOT_DONE, "a vCPU is associated");
	expect_call(TDH_PHYMEM_CACHE_WB, 0, 0, TDX_NO_HKID_READY_TO_WBCACHE, "no key id is flushed");
	expect_call(TDH_PHYMEM_CACHE_WB, 2, 0, TDX_OPERAND_INVALID | RCX, "neither start nor resume");
	tb_must(call(TDH_VP_FLUSH, a.tdvpr, 0), "VP.FLUSH");
	expect_call(TDH_VP_RD, a.tdvpr, 0x203c, TDX_SUCCESS, "VP.RD");
	expect_call(TDH_MNG_VPFLUSHDONE, a.tdr, 0, TDX_FLUSHVP_NOT_DONE, "associates it again");
	tb_must(call(TDH_VP_FLUSH, a.tdvpr, 0), "VP.FLUSH");
	expect_call(TDH_MNG_VPFLUSHDONE, a.tdr, 0, TDX_SUCCESS, "VPFLUSHDONE");
	expect_call(TDH_MNG_VPFLUSHDONE, a.tdr, 0, TDX_LIFECYCLE_STATE_INCORRECT, "VPFLUSHDONE twice");
	expect_call(TDH_VP_ENTER, a.tdvpr, 0, TDX_TD_KEYS_NOT_CONFIGURED, "VP.ENTER after it");
	expect_call(TDH_VP_FLUSH, a.tdvpr, 0, TDX_TD_KEYS_NOT_CONFIGURED, "VP.FLUSH after it");
	expect_call(TDH_MEM_RANGE_BLOCK, 0, a.tdr, TDX_TD_KEYS_NOT_CONFIGURED, "BLOCK after it");
	td_of(&a)->fatal = true;
	expect_call(TDH_MEM_RANGE_BLOCK, 0, a.tdr, TDX_TD_FATAL, "BLOCK of a fatal TD");
	expect_call(TDH_MNG_KEY_FREEID, a.tdr, 0, TDX_WBCACHE_NOT_COMPLETE, "FREEID before CACHE.WB");
	expect_call(TDH_PHYMEM_PAGE_RECLAIM, a.tdcx[0], 0, TDX_LIFECYCLE_STATE_INCORRECT,
		    "RECLAIM before FREEID");
	tb_expect(tb.regs.rcx == PAMT_TDCX && tb.regs.rdx == a.tdr && tb.regs.r8 == 0,
		  "which says whose the page is");
	expect_call(TDH_PHYMEM_PAGE_RECLAIM, a.tdr, 0, TDX_LIFECYCLE_STATE_INCORRECT, "RECLAIM of the TDR");
	expect_call(TDH_MNG_CREATE, b.tdr, KEY, TDX_HKID_NOT_FREE, "the key id is not free yet");
	expect_call(TDH_PHYMEM_CACHE_WB, 0, 0, TDX_SUCCESS, "CACHE.WB");
	expect_call(TDH_MNG_KEY_RECLAIMID, a.tdr, 0, TDX_SUCCESS, "KEY.RECLAIMID does nothing");
	expect_call(TDH_MNG_CREATE, b.tdr, KEY, TDX_HKID_NOT_FREE, "nor now");
	expect_call(TDH_MNG_KEY_FREEID, a.tdr, 0, TDX_SUCCESS, "FREEID, also of a fatal TD");
	expect_call(TDH_MNG_CREATE, b.tdr, KEY, TDX_SUCCESS, "the key id is free");
}

static void without_keys(void *arg)
{
	(void)arg;
	reset(1);
	create(&a, KEY);
	expect_call(TDH_MNG_VPFLUSHDONE, a.tdr, 0, TDX_SUCCESS, "a TD whose key was never configured");
	expect_call(TDH_MNG_KEY_CONFIG, a.tdr, 0, TDX_LIFECYCLE_STATE_INCORRECT, "KEY.CONFIG of it");
	tb_must(call(TDH_PHYMEM_CACHE_WB, 0, 0), "CACHE.WB");
	tb_must(call(TDH_MNG_KEY_FREEID, a.tdr, 0), "FREEID");
	expect_call(TDH_PHYMEM_PAGE_RECLAIM, a.tdr, 0, TDX_SUCCESS, "ends by the same calls");
}

static void reclaim_order(void *arg)
{
	(void)arg;
	reset(1);
	build(&a, KEY);
	release_key(&a);
	expect_call(TDH_PHYMEM_PAGE_RECLAIM, b.tdr, 0, TDX_PAGE_METADATA_INCORRECT | RCX, "a page of nobody");
	expect_call(TDH_PHYMEM_PAGE_RECLAIM, HW_NR_FRAMES << PAGE_SHIFT, 0,
		    TDX_OPERAND_ADDR_RANGE_ERROR | RCX, "no page");
	expect_call(TDH_PHYMEM_PAGE_RECLAIM, a.tdr + 1, 0, TDX_OPERAND_INVALID | RCX, "half a page");
	expect_call(TDH_PHYMEM_PAGE_RECLAIM, a.tdr, 0, TDX_TD_ASSOCIATED_PAGES_EXIST, "the TDR first");
	tb_expect(tb.regs.rcx == PAMT_TDR && tb.regs.rdx == 0, "which has no owner");
	reclaim(a.tdvpr); /* its TDCX pages can wait */
	for (unsigned int i = 0; i < SEAM_TDCX_PER_TD; i++)
		reclaim(a.tdcx[i]);
	for (unsigned int i = 1; i < SEAM_TDCX_PER_VP; i++)
		reclaim(a.vp_tdcx[i]);
	expect_call(TDH_PHYMEM_PAGE_RECLAIM, a.tdr, 0, TDX_TD_ASSOCIATED_PAGES_EXIST, "one page is left");
	expect_call(TDH_PHYMEM_PAGE_RDMD, a.vp_tdcx[0], 0, TDX_SUCCESS, "PAGE.RDMD");
	tb_expect(tb.regs.rcx == PAMT_TDCX && tb.regs.rdx == a.tdr && tb.regs.r8 == 0 && tb.regs.r9 == 0,
		  "tells which and whose");
	reclaim(a.vp_tdcx[0]);
	expect_call(TDH_PHYMEM_PAGE_RECLAIM, a.tdr, 0, TDX_SUCCESS, "the TDR last");
	expect_call(TDH_PHYMEM_PAGE_RECLAIM, a.tdr, 0, TDX_PAGE_METADATA_INCORRECT | RCX, "and only once");
}

/* A large page goes back in one call, by its head. */
static void reclaim_large(void *arg)
{
	hpa_t big;

	(void)arg;
	reset(1);
	build(&a, KEY);
	tb.tdr = a.tdr;
	tb.td = td_of(&a)->index;
	big = tb_page(2, HW_GMEM);
	tb_leaf(0, 2, true, big);
	release_key(&a);
	expect_call(TDH_PHYMEM_PAGE_RECLAIM, big + PAGE_SIZE, 0, TDX_OPERAND_INVALID | RCX, "not its head");
	tb_expect(tb.regs.rcx == PAMT_REG && tb.regs.r8 == 1, "which says that the page is large");
	expect_call(TDH_PHYMEM_PAGE_RECLAIM, big, 0, TDX_SUCCESS, "a large page");
	tb_expect_u64(td_of(&a)->chldcnt, 6 + 6 + 2, "counts as many");
}

/* ---- writing back ---- */

static void interrupted_wb(void *arg)
{
	unsigned int n = 0;
	u64 err;

	(void)arg;
	reset(1);
	build(&a, KEY);
	build(&b, KEY + 1);
	tb_must(call(TDH_VP_FLUSH, a.tdvpr, 0), "VP.FLUSH");
	tb_must(call(TDH_VP_FLUSH, b.tdvpr, 0), "VP.FLUSH");
	tb_must(call(TDH_MNG_VPFLUSHDONE, a.tdr, 0), "VPFLUSHDONE");
	expect_call(TDH_PHYMEM_CACHE_WB, 1, 0, TDX_WBCACHE_RESUME_ERROR, "nothing to resume");
	tb.interrupt = true;
	expect_call(TDH_PHYMEM_CACHE_WB, 0, 0, TDX_INTERRUPTED_RESUMABLE, "interrupted");
	expect_call(TDH_MNG_KEY_FREEID, a.tdr, 0, TDX_WBCACHE_NOT_COMPLETE,
		    "half written back is not enough");
	tb_must(call(TDH_MNG_VPFLUSHDONE, b.tdr, 0), "VPFLUSHDONE of another TD in between");
	do {
		err = call(TDH_PHYMEM_CACHE_WB, 1, 0);
	} while (err == TDX_INTERRUPTED_RESUMABLE && ++n < 100);
	tb_expect(err == TDX_SUCCESS && n == 2, "each call gets somewhere");
	expect_call(TDH_PHYMEM_CACHE_WB, 1, 0, TDX_WBCACHE_RESUME_ERROR, "nothing is left to resume");
	expect_call(TDH_MNG_KEY_FREEID, a.tdr, 0, TDX_SUCCESS, "FREEID");
	expect_call(TDH_MNG_KEY_FREEID, b.tdr, 0, TDX_WBCACHE_NOT_COMPLETE,
		    "a key id that was flushed after the start");
	tb.interrupt = false;
	expect_call(TDH_PHYMEM_CACHE_WB, 0, 0, TDX_SUCCESS, "has its own CACHE.WB");
	expect_call(TDH_MNG_KEY_FREEID, b.tdr, 0, TDX_SUCCESS, "FREEID of it");
}

static void two_packages(void *arg)
{
	(void)arg;
	reset(2);
	create(&a, KEY);
	expect_call(TDH_MNG_KEY_CONFIG, a.tdr, 0, TDX_SUCCESS, "the first package");
	expect_call(TDH_MNG_KEY_CONFIG, a.tdr, 0, TDX_KEY_CONFIGURED, "the first package again");
	expect_call(TDH_MNG_ADDCX, a.tdcx[0], a.tdr, TDX_TD_KEYS_NOT_CONFIGURED, "one package is missing");
	eng_set_cpu(0, 3);
	expect_call(TDH_MNG_KEY_CONFIG, a.tdr, 0, TDX_SUCCESS, "the second package");
	expect_call(TDH_MNG_KEY_CONFIG, a.tdr, 0, TDX_LIFECYCLE_STATE_INCORRECT, "all packages have it");
	tb_must(call(TDH_MNG_VPFLUSHDONE, a.tdr, 0), "VPFLUSHDONE");
	tb_must(call(TDH_PHYMEM_CACHE_WB, 0, 0), "CACHE.WB");
	expect_call(TDH_PHYMEM_CACHE_WB, 0, 0, TDX_NO_HKID_READY_TO_WBCACHE, "done for this package");
	expect_call(TDH_MNG_KEY_FREEID, a.tdr, 0, TDX_WBCACHE_NOT_COMPLETE, "the other has not written back");
	eng_set_cpu(0, 0);
	tb_must(call(TDH_PHYMEM_CACHE_WB, 0, 0), "CACHE.WB");
	expect_call(TDH_MNG_KEY_FREEID, a.tdr, 0, TDX_SUCCESS, "both have");
}

/* ---- who is in whose way ---- */

static void locks(void *arg)
{
	u64 *tdr = lock_of(a.tdr), *kot = &seam_kot.lock;

	(void)arg;
	reset(1);
	tdr = lock_of(a.tdr);
	busy(kot, SHAREX_READER, TDH_MNG_CREATE, a.tdr, KEY, TDX_OPERAND_ID_KOT, "CREATE next to CACHE.WB");
	busy(lock_of(b.tdr), SHAREX_READER, TDH_MNG_CREATE, b.tdr, KEY, RCX, "CREATE of a page in use");
	create(&a, KEY);
	busy(tdr, SHAREX_READER, TDH_MNG_KEY_CONFIG, a.tdr, 0, RCX, "KEY.CONFIG wants the TD X");
	tb_must(call(TDH_MNG_KEY_CONFIG, a.tdr, 0), "KEY.CONFIG");
	busy(tdr, SHAREX_READER, TDH_MNG_ADDCX, a.tdcx[0], a.tdr, RDX, "ADDCX wants the TD X");
	addcx(&a);
	busy(tdr, SHAREX_READER, TDH_MNG_INIT, a.tdr, params_pa, RCX, "INIT wants the TD X");
	tb_must(call(TDH_MNG_INIT, a.tdr, params_pa), "INIT");
	busy(tdr, SHAREX_X, TDH_VP_CREATE, a.tdvpr, a.tdr, RDX, "VP.CREATE wants it S");
	tb_must(call(TDH_VP_CREATE, a.tdvpr, a.tdr), "VP.CREATE");
	busy(tdr, SHAREX_X, TDH_VP_ADDCX, a.vp_tdcx[0], a.tdvpr, TDX_OPERAND_ID_TDR, "and so does VP.ADDCX");
	busy(lock_of(a.tdvpr), SHAREX_READER, TDH_VP_ADDCX, a.vp_tdcx[0], a.tdvpr, RDX,
	     "which has the vCPU X");
	for (unsigned int i = 0; i < SEAM_TDCX_PER_VP; i++)
		tb_must(call(TDH_VP_ADDCX, a.vp_tdcx[i], a.tdvpr), "VP.ADDCX");
	busy(tdr, SHAREX_X, TDH_VP_INIT, a.tdvpr, 0, TDX_OPERAND_ID_TDR, "VP.INIT wants the TD S");
	*tdr = SHAREX_READER;
	tb_must(call(TDH_VP_INIT, a.tdvpr, 0), "VP.INIT next to a reader");
	*tdr = 0;
	busy(lock_of(a.tdvpr), SHAREX_X, TDH_VP_RD, a.tdvpr, 0x203c, RCX, "VP.RD wants the vCPU S");
	tb_must(call(TDH_VP_FLUSH, a.tdvpr, 0), "VP.FLUSH");
	busy(tdr, SHAREX_READER, TDH_MNG_VPFLUSHDONE, a.tdr, 0, RCX, "VPFLUSHDONE wants the TD X");
	busy(kot, SHAREX_READER, TDH_MNG_VPFLUSHDONE, a.tdr, 0, TDX_OPERAND_ID_KOT, "and the KOT X");
	tb_must(call(TDH_MNG_VPFLUSHDONE, a.tdr, 0), "VPFLUSHDONE");
	busy(&seam_packages[0].lock, SHAREX_X, TDH_PHYMEM_CACHE_WB, 0, 0, TDX_OPERAND_ID_WBCACHE,
	     "one CACHE.WB a package");
	busy(kot, SHAREX_X, TDH_PHYMEM_CACHE_WB, 0, 0, TDX_OPERAND_ID_KOT, "CACHE.WB wants the KOT S");
	tb_must(call(TDH_PHYMEM_CACHE_WB, 0, 0), "CACHE.WB");
	busy(kot, SHAREX_READER, TDH_MNG_KEY_FREEID, a.tdr, 0, TDX_OPERAND_ID_KOT, "FREEID wants the KOT X");
	tb_must(call(TDH_MNG_KEY_FREEID, a.tdr, 0), "FREEID");
	busy(tdr, SHAREX_X, TDH_PHYMEM_PAGE_RECLAIM, a.tdcx[0], 0, TDX_OPERAND_ID_TDR, "RECLAIM: TD S");
	busy(lock_of(a.tdcx[0]), SHAREX_READER, TDH_PHYMEM_PAGE_RECLAIM, a.tdcx[0], 0, RCX, "page X");
	busy(tdr, SHAREX_READER, TDH_PHYMEM_PAGE_RECLAIM, a.tdr, 0, RCX, "the TDR next to a page of it");
}

/* ---- two CPUs, every schedule with one preemption ---- */

static u64 status[2];

static void thread_call(unsigned int i, u64 fn, u64 rcx, u64 rdx)
{
	struct tdx_module_args regs = {.rcx = rcx, .rdx = rdx};

	status[i] = seam_call(fn, &regs);
}

static void create_a(void *arg)
{
	(void)arg;
	thread_call(0, TDH_MNG_CREATE, a.tdr, KEY);
}

static void create_b(void *arg)
{
	(void)arg;
	thread_call(1, TDH_MNG_CREATE, b.tdr, KEY);
}

static void reclaim_0(void *arg)
{
	(void)arg;
	thread_call(0, TDH_PHYMEM_PAGE_RECLAIM, a.tdcx[0], 0);
}

static void reclaim_1(void *arg)
{
	(void)arg;
	thread_call(1, TDH_PHYMEM_PAGE_RECLAIM, a.tdcx[1], 0);
}

static void reclaim_tdr(void *arg)
{
	(void)arg;
	thread_call(1, TDH_PHYMEM_PAGE_RECLAIM, a.tdr, 0);
}

static void enter_a(void *arg)
{
	(void)arg;
	thread_call(0, TDH_VP_ENTER, a.tdvpr, 0);
}

static void flush_done_a(void *arg)
{
	(void)arg;
	thread_call(1, TDH_MNG_VPFLUSHDONE, a.tdr, 0);
}

static unsigned int nr_seen;
static u64 seen[8][2];

static void note_outcome(void)
{
	for (unsigned int i = 0; i < nr_seen; i++) {
		if (seen[i][0] == status[0] && seen[i][1] == status[1])
			return;
	}
	if (nr_seen < ARRAY_SIZE(seen))
		memcpy(seen[nr_seen++], status, sizeof(status));
}

static bool was_seen(u64 first, u64 second)
{
	for (unsigned int i = 0; i < nr_seen; i++) {
		if (seen[i][0] == first && seen[i][1] == second)
			return true;
	}
	return false;
}

static void all_schedules(void (*prepare)(void), void (*one)(void *), void (*two)(void *))
{
	struct eng_config config = {.classes = M_SEAM};
	struct eng_strategy *s = eng_strategy_exhaustive(1);
	struct eng_run run;

	nr_seen = 0;
	eng_configure(&config);
	for (;;) {
		eng_reset();
		prepare();
		eng_thread("a", one, NULL);
		eng_thread("b", two, NULL);
		if (!eng_run(s, &run) || run.verdict == ENG_FAILED)
			break;
		note_outcome();
	}
	s->destroy(s);
}

static void prepare_empty(void)
{
	reset(1);
}

static void prepare_dead(void)
{
	reset(1);
	build(&a, KEY);
	release_key(&a);
}

static void prepare_runnable(void)
{
	reset(1);
	build(&a, KEY);
	tb_must(call(TDH_MR_FINALIZE, a.tdr, 0), "MR.FINALIZE");
}

static void prepare_last(void)
{
	prepare_dead();
	for (unsigned int i = 0; i < SEAM_TDCX_PER_VP; i++)
		reclaim(a.vp_tdcx[i]);
	reclaim(a.tdvpr);
	for (unsigned int i = 1; i < SEAM_TDCX_PER_TD; i++)
		reclaim(a.tdcx[i]);
}

static void concurrent(void)
{
	u64 kot = TDX_OPERAND_BUSY | TDX_OPERAND_ID_KOT;

	all_schedules(prepare_empty, create_a, create_b);
	tb_expect(was_seen(0, TDX_HKID_NOT_FREE) && was_seen(0, kot) && !was_seen(0, 0) &&
			  !was_seen(kot, kot) && !was_seen(kot, TDX_HKID_NOT_FREE),
		  "two CREATEs with one key id: one of them has it");
	all_schedules(prepare_dead, reclaim_0, reclaim_1);
	tb_expect(nr_seen == 1 && was_seen(0, 0), "RECLAIMs of two pages are not in each other's way");
	all_schedules(prepare_runnable, enter_a, flush_done_a);
	tb_expect(nr_seen == 3 && was_seen(TDX_EXIT_REASON_TDCALL, TDX_OPERAND_BUSY | RCX) &&
			  was_seen(TDX_EXIT_REASON_TDCALL, TDX_FLUSHVP_NOT_DONE) &&
			  was_seen(TDX_OPERAND_BUSY | TDX_OPERAND_ID_TDR, TDX_FLUSHVP_NOT_DONE),
		  "VPFLUSHDONE next to a vCPU that enters and leaves");
	all_schedules(prepare_last, reclaim_0, reclaim_tdr);
	tb_expect(was_seen(0, 0) && was_seen(0, TDX_OPERAND_BUSY | RCX) &&
			  was_seen(0, TDX_TD_ASSOCIATED_PAGES_EXIST),
		  "RECLAIM of the TDR next to that of the last page");
}

int main(void)
{
	static const struct life_case cases[] = {
		{key_release_order, "release of the key"},
		{without_keys, "a TD without keys"},
		{reclaim_order, "RECLAIM in order"},
		{reclaim_large, "RECLAIM of a large page"},
		{interrupted_wb, "CACHE.WB interrupted"},
		{two_packages, "two packages"},
		{locks, "locks"},
	};

	run_cases(cases, ARRAY_SIZE(cases));
	concurrent();
	return tb.failures != 0;
}
