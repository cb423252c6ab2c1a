/* SPDX-License-Identifier: GPL-2.0-only */
/* A host brings the module up: each call in its place, TDMRs that are none, and what is reserved in them. */
#include "model/seam/sys.h"
#include "model/seam/testbed.h"

#define RCX TDX_OPERAND_ID_RCX
#define RDX TDX_OPERAND_ID_RDX
#define R8 TDX_OPERAND_ID_R8
#define GB (1ull << 30)
#define KEYID 1
#define NR_CPUS 4

/* The host's memory: a list of TDMR_INFO addresses, and two TDMR_INFOs of 512 bytes. */
#define LIST 0x100000ull
#define INFO(i) (LIST + 512 + 512 * (i))
static u64 memory[192];

u64 seam_host_read64(hpa_t pa)
{
	return pa >= LIST && pa < LIST + sizeof(memory) ? memory[(pa - LIST) / 8] : 0;
}

static u64 *word(hpa_t pa)
{
	return &memory[(pa - LIST) / 8];
}

static void fill_tdmr(unsigned int i, hpa_t base, u64 size)
{
	u64 *info = word(INFO(i));

	*word(LIST + 8 * i) = INFO(i);
	info[0] = base;
	info[1] = size;
	for (unsigned int n = 0; n < 3; n++) {
		info[2 + 2 * n] = 0x200000;
		info[3 + 2 * n] = ((size >> (30 - 9 * n)) * 16 + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
	}
}

/* One megabyte at the start, and a page further up. */
static void two_tdmrs(void)
{
	memset(memory, 0, sizeof(memory));
	fill_tdmr(0, 0, 2 * GB);
	fill_tdmr(1, 2 * GB, GB);
	word(INFO(0))[8] = 0;
	word(INFO(0))[9] = 1 << 20;
	word(INFO(0))[10] = 0x300000;
	word(INFO(0))[11] = PAGE_SIZE;
}

static void reset(unsigned int packages)
{
	hw_geom = (struct hw_geom){.bits = 9, .levels = 4};
	hw_pages_reset();
	hw_cpus_reset(NR_CPUS);
	seam_set_packages(packages);
	seam_sys_forget();
	seam_reset();
	two_tdmrs();
}

static void expect_call(u64 fn, u64 rcx, u64 rdx, u64 r8, u64 want, const char *what)
{
	u64 got = tb_call(fn, rcx, rdx, r8, 0);

	if (!tb_expect(got == want, what))
		printf("# %s: got %s 0x%llx, want %s 0x%llx\n", seam_leaf_name(fn), seam_status_name(got),
		       (unsigned long long)got, seam_status_name(want), (unsigned long long)want);
}

static void start(void)
{
	tb_must(tb_call(TDH_SYS_INIT, 0, 0, 0, 0), "SYS.INIT");
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++) {
		eng_set_cpu(0, cpu);
		tb_must(tb_call(TDH_SYS_LP_INIT, 0, 0, 0, 0), "SYS.LP.INIT");
	}
	eng_set_cpu(0, 0);
}

static void configure(void)
{
	start();
	tb_must(tb_call(TDH_SYS_CONFIG, LIST, 2, KEYID, 0), "SYS.CONFIG");
}

static void bring_up(void *arg)
{
	hpa_t page = 0x400000;

	(void)arg;
	reset(2);
	expect_call(TDH_SYS_LP_INIT, 0, 0, 0, TDX_SYS_INIT_NOT_DONE, "LP.INIT before INIT");
	expect_call(TDH_SYS_INIT, 1, 0, 0, TDX_OPERAND_INVALID | RCX, "unknown attributes");
	expect_call(TDH_SYS_INIT, 0, 0, 0, TDX_SUCCESS, "SYS.INIT");
	expect_call(TDH_SYS_INIT, 0, 0, 0, TDX_SYS_INIT_NOT_PENDING, "SYS.INIT twice");
	expect_call(TDH_SYS_RD, 0, 0x9100000100000008, 0, TDX_SYS_LP_INIT_NOT_DONE,
		    "on a CPU without LP.INIT");
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++) {
		eng_set_cpu(0, cpu);
		expect_call(TDH_SYS_LP_INIT, 0, 0, 0, TDX_SUCCESS, "LP.INIT");
	}
	expect_call(TDH_SYS_LP_INIT, 0, 0, 0, TDX_SYS_LP_INIT_DONE, "LP.INIT twice");
	eng_set_cpu(0, 0);
	expect_call(TDH_MNG_CREATE, page, 5, 0, TDX_SYS_NOT_READY, "a TD before all that");
	expect_call(TDH_SYS_KEY_CONFIG, 0, 0, 0, TDX_SYS_KEY_CONFIG_NOT_PENDING, "KEY.CONFIG before CONFIG");
	expect_call(TDH_SYS_TDMR_INIT, 0, 0, 0, TDX_SYS_NOT_READY, "TDMR.INIT before CONFIG");
	expect_call(TDH_SYS_CONFIG, LIST, 2, KEYID, TDX_SUCCESS, "SYS.CONFIG");
	expect_call(TDH_SYS_CONFIG, LIST, 2, KEYID, TDX_SYS_CONFIG_NOT_PENDING, "SYS.CONFIG twice");
	expect_call(TDH_SYS_KEY_CONFIG, 0, 0, 0, TDX_SUCCESS, "KEY.CONFIG on a package");
	expect_call(TDH_SYS_KEY_CONFIG, 0, 0, 0, TDX_KEY_CONFIGURED, "and again");
	expect_call(TDH_PHYMEM_PAGE_RDMD, page, 0, 0, TDX_SYS_NOT_READY, "one package is missing");
	eng_set_cpu(0, NR_CPUS - 1);
	expect_call(TDH_SYS_KEY_CONFIG, 0, 0, 0, TDX_SUCCESS, "KEY.CONFIG on the other");
	eng_set_cpu(0, 0);
	expect_call(TDH_PHYMEM_PAGE_RDMD, page, 0, 0, TDX_OPERAND_ADDR_RANGE_ERROR | RCX,
		    "memory that is not initialised");
	expect_call(TDH_SYS_TDMR_INIT, GB, 0, 0, TDX_OPERAND_INVALID | RCX, "no TDMR begins there");
	expect_call(TDH_SYS_TDMR_INIT, 0, 0, 0, TDX_SUCCESS, "TDMR.INIT");
	tb_expect_u64(tb.regs.rdx, GB, "does a part and says where to go on");
	expect_call(TDH_PHYMEM_PAGE_RDMD, page, 0, 0, TDX_SUCCESS, "memory of that part");
	expect_call(TDH_SYS_TDMR_INIT, 0, 0, 0, TDX_SUCCESS, "TDMR.INIT again");
	tb_expect_u64(tb.regs.rdx, 2 * GB, "and it is done");
	expect_call(TDH_SYS_TDMR_INIT, 0, 0, 0, TDX_TDMR_ALREADY_INITIALIZED, "there is nothing left");
	expect_call(TDH_MNG_CREATE, page, KEYID, 0, TDX_HKID_NOT_FREE, "a TD with the module's key id");
	expect_call(TDH_MNG_CREATE, page, 5, 0, TDX_SUCCESS, "a TD");
}

static void reserved_memory(void *arg)
{
	(void)arg;
	reset(1);
	configure();
	tb_must(tb_call(TDH_SYS_KEY_CONFIG, 0, 0, 0, 0), "SYS.KEY.CONFIG");
	for (unsigned int i = 0; i < 2; i++)
		tb_must(tb_call(TDH_SYS_TDMR_INIT, 0, 0, 0, 0), "SYS.TDMR.INIT");
	tb_must(tb_call(TDH_SYS_TDMR_INIT, 2 * GB, 0, 0, 0), "SYS.TDMR.INIT");
	seam_reset();
	tb_expect(seam_sys.state == SYS_READY, "a reset of the TDs leaves the module as it is");
	expect_call(TDH_PHYMEM_PAGE_RDMD, 0xff000, 0, 0, TDX_SUCCESS, "a page of the first megabyte");
	tb_expect_u64(tb.regs.rcx, PAMT_RSVD, "is reserved");
	expect_call(TDH_PHYMEM_PAGE_RDMD, 0x100000, 0, 0, TDX_SUCCESS, "the next page");
	tb_expect_u64(tb.regs.rcx, PAMT_NDA, "is not");
	expect_call(TDH_MNG_CREATE, 0x300000, 5, 0, TDX_PAGE_METADATA_INCORRECT | RCX,
		    "a TDR in a reserved page");
	expect_call(TDH_PHYMEM_PAGE_RECLAIM, 0x300000, 0, 0, TDX_PAGE_METADATA_INCORRECT | RCX,
		    "which nobody owns");
	tb_expect(!seam_owns(0, 512), "as far as TDs are concerned");
	expect_call(TDH_PHYMEM_PAGE_RDMD, 3 * GB, 0, 0, TDX_OPERAND_ADDR_RANGE_ERROR | RCX,
		    "outside the TDMRs");
	tb_expect_u64(pamt(512, 2)->used, 1, "a 2M range with a reserved page");
	tb_expect_u64(pamt(1024, 2)->used, 0, "and one without");
}

static void large_page(void *arg)
{
	(void)arg;
	reset(1);
	configure();
	tb_must(tb_call(TDH_SYS_KEY_CONFIG, 0, 0, 0, 0), "SYS.KEY.CONFIG");
	tb_must(tb_call(TDH_SYS_TDMR_INIT, 0, 0, 0, 0), "SYS.TDMR.INIT");
	seam_reset();
	while (hw_alloc(1, HW_CTRL) < 0x800) /* TDs begin behind what is reserved */
		;
	tb.td = seam_td_create(TB_KEY, false);
	tb.tdr = seam_tdr_pa(tb.td);
	tb_tables(0, 2);
	tb_expect_u64(tb_mem(TDH_MEM_PAGE_AUG, 0, 2, 0x200000, 0), TDX_PAGE_METADATA_INCORRECT | R8,
		      "AUG of a 2M page with a hole");
	tb_expect_u64(tb_mem(TDH_MEM_PAGE_AUG, 0, 2, 0x400000, 0), TDX_SUCCESS, "AUG of one without");
}

static void bad_config(void *arg)
{
	static const struct {
		unsigned int tdmr, word;
		u64 value, want;
		const char *what;
	} bad[] = {
		{0, 0, 4096, TDX_INVALID_TDMR, "a TDMR that begins anywhere"},
		{0, 1, GB + 4096, TDX_INVALID_TDMR, "or ends anywhere"},
		{0, 1, 0, TDX_INVALID_TDMR, "an empty one"},
		{1, 0, GB, TDX_NON_ORDERED_TDMR | 1, "one inside the other"},
		{0, 3, 0, TDX_INVALID_PAMT, "no PAMT for 1G pages"},
		{1, 7, 4096, TDX_INVALID_PAMT | 1, "too little PAMT for 4K pages"},
		{0, 9, 2 * GB + 4096, TDX_INVALID_RESERVED_IN_TDMR, "a reserved area beyond the TDMR"},
		{0, 9, 100, TDX_INVALID_RESERVED_IN_TDMR, "half a reserved page"},
		{0, 10, 0x80000, TDX_INVALID_RESERVED_IN_TDMR, "reserved areas out of order"},
	};

	(void)arg;
	reset(1);
	start();
	expect_call(TDH_SYS_CONFIG, LIST + 8, 2, KEYID, TDX_OPERAND_INVALID | RCX, "a list not aligned");
	expect_call(TDH_SYS_CONFIG, LIST, 0, KEYID, TDX_OPERAND_INVALID | RDX, "no TDMRs");
	expect_call(TDH_SYS_CONFIG, LIST, SYS_MAX_TDMRS + 1, KEYID, TDX_OPERAND_INVALID | RDX, "too many");
	expect_call(TDH_SYS_CONFIG, LIST, 2, 0, TDX_OPERAND_INVALID | R8, "no private key id");
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		two_tdmrs();
		word(INFO(bad[i].tdmr))[bad[i].word] = bad[i].value;
		expect_call(TDH_SYS_CONFIG, LIST, 2, KEYID, bad[i].want, bad[i].what);
	}
	two_tdmrs();
	expect_call(TDH_SYS_CONFIG, LIST, 2, KEYID, TDX_SUCCESS, "and all of it right");
}

/* What arch/x86/virt/vmx/tdx of a kernel reads, all of it there. */
static void metadata(void *arg)
{
	static const struct {
		u64 id, value;
	} wanted[] = {
		{0x0800000100000003, 5},
		{0x0800000100000004, 1},
		{0x0800000100000005, 6},
		{0x9100000100000008, 64},
		{0x9100000100000009, 16},
		{0x9100000100000010, 16},
		{0x9100000100000011, 16},
		{0x9100000100000012, 16},
		{0x9800000100000000, 4096},
		{0x9800000100000100, 6 * 4096},
		{0x9800000100000200, 6 * 4096},
		{0x1900000300000001, 0},
		{0x1900000300000003, 3},
		{0x9900000100000004, 1},
		{0x9900000300000400, 0xffffffff80000008},
		{0x9900000300000501, 0},
	};

	(void)arg;
	reset(1);
	for (unsigned int i = 0; i < ARRAY_SIZE(wanted); i++) {
		tb_must(tb_call(TDH_SYS_RD, 0, wanted[i].id, 0, 0), "SYS.RD");
		tb_expect_u64(tb.regs.r8, wanted[i].value, "a field");
	}
	tb_must(tb_call(TDH_SYS_RD, 0, 0x0A00000300000008, 0, 0), "SYS.RD of the features");
	tb_expect((tb.regs.r8 >> 18 & 1) && (tb.regs.r8 >> 20 & 1) && !(tb.regs.r8 >> 51),
		  "RBP is kept, topology, and DEMOTE can be interrupted");
	seam_set_profile(SEAM_PROFILE_DEMOTE_UNINTERRUPTIBLE);
	tb_must(tb_call(TDH_SYS_RD, 0, 0x0A00000300000008, 0, 0), "SYS.RD of the features");
	seam_set_profile(SEAM_PROFILE_1_5);
	tb_expect(tb.regs.r8 >> 51 & 1, "or not, as the profile has it");
	tb_expect_u64(tb_call(TDH_SYS_RD, 0, 0x7700000100000000, 0, 0), TDX_METADATA_FIELD_ID_INCORRECT,
		      "a field that is none");
	tb_expect_u64(tb.regs.r8, 0, "reads as 0");
}

int main(void)
{
	static const struct {
		void (*fn)(void *arg);
		const char *name;
	} cases[] = {
		{bring_up, "bring-up"},
		{reserved_memory, "reserved memory"},
		{large_page, "a large page with a hole"},
		{bad_config, "TDMRs that are none"},
		{metadata, "SYS.RD"},
	};
	struct eng_run run;

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		tb_expect(tb_run(cases[i].fn, NULL, &run), cases[i].name);
	return tb.failures != 0;
}
