/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the tests of the module's life cycle: a host with TD_PARAMS in its memory, pages for two TDs, and the
 * SEAMCALLs that make a TD and take it apart.
 */
#ifndef TDPFUZZ_MODEL_SEAM_LIFE_TESTBED_H
#define TDPFUZZ_MODEL_SEAM_LIFE_TESTBED_H

#include "model/seam/life.h"
#include "model/seam/sys.h"
#include "model/seam/testbed.h"

#define KEY 5
#define TSC_FREQUENCY 100
#define ATTR_VE_DISABLE BIT_ULL(28)

#define RCX TDX_OPERAND_ID_RCX
#define RDX TDX_OPERAND_ID_RDX

/* ---- the host's memory with TD_PARAMS ---- */

static u64 params[128];
static hpa_t params_pa;

u64 seam_host_read64(hpa_t pa)
{
	return pa >= params_pa && pa < params_pa + sizeof(params) ? params[(pa - params_pa) / 8] : 0;
}

static inline void default_params(void)
{
	memset(params, 0, sizeof(params));
	params[0] = ATTR_VE_DISABLE;
	params[1] = 3;
	params[2] = SEAM_MAX_VPS;
	params[3] = 6 | 3 << 3;
	params[5] = TSC_FREQUENCY;
}

/* ---- steps ---- */

/* The pages of a TD with one vCPU. */
struct pages {
	hpa_t tdr, tdcx[SEAM_TDCX_PER_TD], tdvpr, vp_tdcx[SEAM_TDCX_PER_VP];
};
static struct pages a, b;

static inline hpa_t control_page(void)
{
	return tb_page(1, HW_CTRL);
}

static inline void new_pages(struct pages *p)
{
	p->tdr = control_page();
	for (unsigned int i = 0; i < SEAM_TDCX_PER_TD; i++)
		p->tdcx[i] = control_page();
	p->tdvpr = control_page();
	for (unsigned int i = 0; i < SEAM_TDCX_PER_VP; i++)
		p->vp_tdcx[i] = control_page();
}

static inline void reset(unsigned int packages)
{
	hw_geom = (struct hw_geom){.bits = 3, .levels = 4};
	hw_pages_reset();
	hw_cpus_reset(4);
	seam_set_packages(packages);
	seam_reset();
	memset(&tb.guest, 0, sizeof(tb.guest));
	tb.guest.insn = tb.insn;
	tb.interrupt = false;
	params_pa = tb_page(1, HW_USER);
	default_params();
	new_pages(&a);
	new_pages(&b);
}

static inline u64 call(u64 fn, u64 rcx, u64 rdx)
{
	return tb_call(fn, rcx, rdx, 0, 0);
}

static inline void expect_call(u64 fn, u64 rcx, u64 rdx, u64 want, const char *what)
{
	u64 got = call(fn, rcx, rdx);

	if (!tb_expect(got == want, what))
		printf("# %s: got %s 0x%llx, want %s 0x%llx\n", seam_leaf_name(fn), seam_status_name(got),
		       (unsigned long long)got, seam_status_name(want), (unsigned long long)want);
}

static inline void create(const struct pages *p, u16 key)
{
	tb_must(call(TDH_MNG_CREATE, p->tdr, key), "MNG.CREATE");
}

static inline void addcx(const struct pages *p)
{
	for (unsigned int i = 0; i < SEAM_TDCX_PER_TD; i++)
		tb_must(call(TDH_MNG_ADDCX, p->tdcx[i], p->tdr), "MNG.ADDCX");
}

/* One package only. */
static inline void build_td(const struct pages *p, u16 key)
{
	create(p, key);
	tb_must(call(TDH_MNG_KEY_CONFIG, p->tdr, 0), "MNG.KEY.CONFIG");
	addcx(p);
	tb_must(call(TDH_MNG_INIT, p->tdr, params_pa), "MNG.INIT");
}

static inline void build_vp(const struct pages *p)
{
	tb_must(call(TDH_VP_CREATE, p->tdvpr, p->tdr), "VP.CREATE");
	for (unsigned int i = 0; i < SEAM_TDCX_PER_VP; i++)
		tb_must(call(TDH_VP_ADDCX, p->vp_tdcx[i], p->tdvpr), "VP.ADDCX");
	tb_must(call(TDH_VP_INIT, p->tdvpr, 0), "VP.INIT");
}

static inline void build(const struct pages *p, u16 key)
{
	build_td(p, key);
	build_vp(p);
	seam_vp_bind_guest(p->tdvpr, &tb.guest);
}

static inline void release_key(const struct pages *p)
{
	tb_must(call(TDH_VP_FLUSH, p->tdvpr, 0), "VP.FLUSH");
	tb_must(call(TDH_MNG_VPFLUSHDONE, p->tdr, 0), "MNG.VPFLUSHDONE");
	tb_must(call(TDH_PHYMEM_CACHE_WB, 0, 0), "PHYMEM.CACHE.WB");
	tb_must(call(TDH_MNG_KEY_FREEID, p->tdr, 0), "MNG.KEY.FREEID");
}

static inline void reclaim(hpa_t page)
{
	tb_must(call(TDH_PHYMEM_PAGE_RECLAIM, page, 0), "PHYMEM.PAGE.RECLAIM");
}

static inline void reclaim_control(const struct pages *p)
{
	for (unsigned int i = 0; i < SEAM_TDCX_PER_VP; i++)
		reclaim(p->vp_tdcx[i]);
	reclaim(p->tdvpr);
	for (unsigned int i = 0; i < SEAM_TDCX_PER_TD; i++)
		reclaim(p->tdcx[i]);
	reclaim(p->tdr);
}

static inline struct seam_td *td_of(const struct pages *p)
{
	return seam_td_of(p->tdr >> PAGE_SHIFT);
}

static inline struct seam_vp *vp_of(const struct pages *p)
{
	return seam_vp_of(p->tdvpr >> PAGE_SHIFT);
}

static inline void busy(u64 *lock, u64 held, u64 fn, u64 rcx, u64 rdx, u64 operand, const char *what)
{
	*lock = held;
	expect_call(fn, rcx, rdx, TDX_OPERAND_BUSY | operand, what);
	*lock = 0;
}

static inline u64 *lock_of(hpa_t page)
{
	return &pamt(page >> PAGE_SHIFT, 1)->lock;
}

struct life_case {
	void (*fn)(void *arg);
	const char *name;
};

static inline void run_cases(const struct life_case *cases, unsigned int nr)
{
	struct eng_run run;

	for (unsigned int i = 0; i < nr; i++)
		tb_expect(tb_run(cases[i].fn, NULL, &run), cases[i].name);
}

#endif
