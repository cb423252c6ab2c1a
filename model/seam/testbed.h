/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the tests of the module: one TD with one vCPU, and ways to bring an S-EPT entry into a state by
 * SEAMCALLs alone. A case is a run of the engine with one thread, so that a failed assertion of the model
 * ends the case only.
 */
#ifndef TDPFUZZ_MODEL_SEAM_TESTBED_H
#define TDPFUZZ_MODEL_SEAM_TESTBED_H

#include <stdio.h>
#include <string.h>

#include "harness/engine/engine.h"
#include "model/seam/call.h"

#define TB_KEY 7

static struct {
	unsigned int td;
	hpa_t tdr, tdvpr;
	struct hw_guest guest;
	struct guest_insn insn[16];
	struct tdx_module_args regs; /* of the last call */
	bool interrupt; /* answer to M_CH_IRQ */
	/* tb_run_beside() */
	bool armed, beside_ran;
	int hold_at;
	void (*beside)(void);
	int tests, failures;
} tb;

static inline bool tb_expect(bool ok, const char *what)
{
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++tb.tests, what);
	tb.failures += !ok;
	return ok;
}

static inline bool tb_expect_u64(u64 got, u64 want, const char *what)
{
	if (!tb_expect(got == want, what))
		printf("# got 0x%llx, want 0x%llx\n", (unsigned long long)got, (unsigned long long)want);
	return got == want;
}

static inline void tb_reset_levels(unsigned int bits, bool pending_ve_disable, unsigned int levels, bool wide)
{
	hw_geom = (struct hw_geom){.bits = bits, .levels = 4};
	hw_pages_reset();
	hw_cpus_reset(4);
	seam_reset();
	memset(&tb.guest, 0, sizeof(tb.guest));
	tb.guest.insn = tb.insn;
	tb.td = seam_td_create_levels(TB_KEY, pending_ve_disable, levels, wide);
	tb.tdr = seam_tdr_pa(tb.td);
	tb.tdvpr = seam_vp_create(tb.td, &tb.guest);
}

static inline void tb_reset(unsigned int bits, bool pending_ve_disable)
{
	tb_reset_levels(bits, pending_ve_disable, 4, false);
}

static inline u64 tb_call(u64 fn, u64 rcx, u64 rdx, u64 r8, u64 r9)
{
	tb.regs = (struct tdx_module_args){
		.rcx = rcx, .rdx = rdx, .r8 = r8, .r9 = r9, .r10 = ~0ull, .r11 = ~0ull};
	return seam_call(fn, &tb.regs);
}

/* @level is KVM's, here and below. */
static inline u64 tb_gpa(gfn_t gfn, unsigned int level)
{
	return gfn << PAGE_SHIFT | (level - 1);
}

static inline u64 tb_mem(u64 fn, gfn_t gfn, unsigned int level, u64 r8, u64 r9)
{
	return tb_call(fn, tb_gpa(gfn, level), tb.tdr, r8, r9);
}

static inline u64 tb_track(void)
{
	return tb_call(TDH_MEM_TRACK, tb.tdr, 0, 0, 0);
}

/* RAX; the end of the guest's program is TDX_EXIT_REASON_DONE. */
static inline u64 tb_enter(void)
{
	u64 rax = tb_call(TDH_VP_ENTER, tb.tdvpr, 0, 0, 0);

	return rax == TDX_EXIT_REASON_TDCALL && tb.regs.r11 == TDG_VP_VMCALL_HLT ? TDX_EXIT_REASON_DONE : rax;
}

static inline struct seam_td *tb_td(void)
{
	return &seam_tds[tb.td];
}

static inline struct seam_vp *tb_vp(void)
{
	return seam_vp_of(tb.tdvpr >> PAGE_SHIFT);
}

static inline hpa_t tb_page(unsigned int level, enum hw_page_type type)
{
	return hw_alloc(level, type) << PAGE_SHIFT;
}

/* A step of the preparation: it has to succeed. */
static inline void tb_must(u64 status, const char *what)
{
	if (status)
		m_fail("TEST", "TEST preparation", "%s: %s 0x%llx", what, seam_status_name(status),
		       (unsigned long long)status);
}

static inline volatile u64 *tb_entry(gfn_t gfn, unsigned int level)
{
	unsigned int reached = level;
	const volatile u64 *e = seam_peek(tb.td, gfn, &reached);

	return reached == level ? (volatile u64 *)e : NULL;
}

static inline void tb_add_table(gfn_t gfn, unsigned int level)
{
	tb_must(tb_mem(TDH_MEM_SEPT_ADD, hw_gfn_round(gfn, level), level, tb_page(1, HW_SEPT), 0),
		"SEPT.ADD");
}

/* Tables down to the one that holds the entry of @level. */
static inline void tb_tables(gfn_t gfn, unsigned int level)
{
	for (unsigned int l = tb_td()->levels; l > level; l--) {
		if (tb_entry(gfn, l) && sept_entry_state(*tb_entry(gfn, l)) == SEPT_FREE)
			tb_add_table(gfn, l);
	}
}

/* A leaf at @hpa. MAPPED needs op_state INITIALIZED. Large ones that no call makes directly come from
 * PROMOTE. */
static inline void tb_leaf(gfn_t gfn, unsigned int level, bool pending, hpa_t hpa)
{
	hpa_t source;

	tb_tables(gfn, level);
	if (pending && level <= 2) {
		tb_must(tb_mem(TDH_MEM_PAGE_AUG, gfn, level, hpa, 0), "AUG");
		return;
	}
	if (level == 1) {
		source = tb_page(1, HW_USER);
		tb_must(tb_mem(TDH_MEM_PAGE_ADD, gfn, 1, hpa, source), "PAGE.ADD");
		return;
	}
	for (unsigned int i = 0; i < hw_entries(); i++)
		tb_leaf(gfn + i * hw_level_pages(level - 1), level - 1, pending,
			hpa + i * (hw_level_pages(level - 1) << PAGE_SHIFT));
	tb_must(tb_mem(TDH_MEM_PAGE_PROMOTE, gfn, level, 0, 0), "PROMOTE");
}

/* Brings the entry of (@gfn, @level) into @state, all by SEAMCALLs of op_state INITIALIZED. */
static inline void tb_state(gfn_t gfn, unsigned int level, enum sept_state state)
{
	bool pending = state == SEPT_PENDING || state == SEPT_PENDING_BLOCKED;
	bool leaf = pending || state == SEPT_MAPPED || state == SEPT_BLOCKED;
	bool blocked = state == SEPT_BLOCKED || state == SEPT_PENDING_BLOCKED || state == SEPT_NL_BLOCKED;

	tb_tables(gfn, level);
	if (leaf)
		tb_leaf(gfn, level, pending, tb_page(level, HW_GMEM));
	else if (state != SEPT_FREE)
		tb_add_table(gfn, level);
	if (blocked)
		tb_must(tb_mem(TDH_MEM_RANGE_BLOCK, gfn, level, 0, 0), "BLOCK");
}

static inline void tb_finalize(void)
{
	tb_must(tb_call(TDH_MR_FINALIZE, tb.tdr, 0, 0, 0), "FINALIZE");
}

static inline bool tb_begin(struct eng_strategy *s)
{
	(void)s;
	return true;
}

static inline int tb_choose(struct eng_strategy *s, const struct eng_choice *c)
{
	(void)s;
	return c->kind == M_CH_IRQ && tb.interrupt;
}

static inline void tb_end(struct eng_strategy *s, const struct eng_run *run)
{
	(void)s;
	(void)run;
}

static inline void tb_init_once(void)
{
	static bool started;

	if (!started)
		eng_init();
	started = true;
}

/* Runs @fn as the only thread. */
static inline bool tb_run(void (*fn)(void *arg), void *arg, struct eng_run *run)
{
	static struct eng_strategy strategy = {
		.name = "silent", .begin = tb_begin, .choose = tb_choose, .end = tb_end};
	static const struct eng_config config = {.classes = M_KVM | M_SEAM | M_HW,
						 .data_choices = 1 << M_CH_IRQ};

	tb_init_once();
	eng_configure(&config);
	eng_reset();
	eng_thread("test", fn, arg);
	eng_run(&strategy, run);
	return run->verdict == ENG_OK;
}

/*
 * The same with a second thread, on CPU 1: at point number @hold_at after the first one has set tb.armed, it
 * is held there, tb.beside() runs to its end, and the first goes on. tb.beside_ran says whether there was
 * such a point.
 */
static inline int tb_hold_choose(struct eng_strategy *s, const struct eng_choice *c)
{
	(void)s;
	if (c->kind == M_CH_IRQ)
		return tb.interrupt;
	if (c->kind != M_CH_SCHED || c->blocked || c->thread || !tb.armed || tb.hold_at-- > 0)
		return 0;
	tb.armed = false;
	tb.beside_ran = true;
	return 1;
}

static inline void tb_beside(void *arg)
{
	(void)arg;
	if (tb.beside_ran)
		tb.beside();
}

static inline bool tb_run_beside(void (*fn)(void *arg), void (*beside)(void), int hold_at,
				 struct eng_run *run)
{
	static struct eng_strategy strategy = {
		.name = "hold", .begin = tb_begin, .choose = tb_hold_choose, .end = tb_end};
	static const struct eng_config config = {.classes = M_SEAM | M_HW, .data_choices = 1 << M_CH_IRQ};

	tb.armed = tb.beside_ran = false;
	tb.hold_at = hold_at;
	tb.beside = beside;
	tb_init_once();
	eng_configure(&config);
	eng_reset();
	eng_thread("test", fn, NULL);
	eng_thread("beside", tb_beside, NULL);
	eng_run(&strategy, run);
	return run->verdict == ENG_OK;
}

#endif
