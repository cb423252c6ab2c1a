/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two calls that meet at a page instead of an S-EPT entry, mostly of two TDs: the first one is held at each
 * of its points, and after the last, while the second runs on another CPU. What the second one may return
 * over all points is the whole of a given set: each of its members, and nothing else.
 */
#include "model/seam/testbed.h"

#define BUSY_R8 (TDX_OPERAND_BUSY | TDX_OPERAND_ID_R8)
#define USED_R8 (TDX_PAGE_METADATA_INCORRECT | TDX_OPERAND_ID_R8)
#define BUSY_RCX (TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX)
#define USED_RCX (TDX_PAGE_METADATA_INCORRECT | TDX_OPERAND_ID_RCX)
#define NONE ~0ull
#define MAX_SEEN 8

#define GFN 0

/**
 * struct side - one of the two calls
 * @fn, @level: KVM's level of its entry; 0: RCX is the page
 * @page: which one it names: number of a 4K page in the one 2M that both know, or -1 for all of it
 */
struct side {
	u64 fn;
	unsigned int level;
	int page;
};

/**
 * struct pair - both calls
 * @mapped: the first one's TD has that 2M mapped before: as 2M, or as 4K pages, or only page 0
 * @want: every status of the second
 */
static const struct pair {
	const char *name;
	struct side first, second;
	enum { NOT, LARGE, SMALL, ONE } mapped;
	u64 want[4];
} pairs[] = {
	{"AUG, AUG of the same page",
	 {TDH_MEM_PAGE_AUG, 1, 0},
	 {TDH_MEM_PAGE_AUG, 1, 0},
	 NOT,
	 {0, BUSY_R8, USED_R8, NONE}},
	{"SEPT.ADD, AUG of the same page",
	 {TDH_MEM_SEPT_ADD, 2, 0},
	 {TDH_MEM_PAGE_AUG, 1, 0},
	 NOT,
	 {0, BUSY_R8, USED_R8, NONE}},
	{"AUG, SEPT.ADD of the same page",
	 {TDH_MEM_PAGE_AUG, 1, 0},
	 {TDH_MEM_SEPT_ADD, 2, 0},
	 NOT,
	 {0, BUSY_R8, USED_R8, NONE}},
	{"PAGE.ADD, AUG of the same page",
	 {TDH_MEM_PAGE_ADD, 1, 0},
	 {TDH_MEM_PAGE_AUG, 1, 0},
	 NOT,
	 {0, BUSY_R8, USED_R8, NONE}},
	{"AUG, PAGE.ADD of the same page",
	 {TDH_MEM_PAGE_AUG, 1, 0},
	 {TDH_MEM_PAGE_ADD, 1, 0},
	 NOT,
	 {0, BUSY_R8, USED_R8, NONE}},
	{"RELOCATE, AUG of the same page",
	 {TDH_MEM_PAGE_RELOCATE, 1, 0},
	 {TDH_MEM_PAGE_AUG, 1, 0},
	 NOT,
	 {0, BUSY_R8, USED_R8, NONE}},
	{"AUG, RELOCATE to the same page",
	 {TDH_MEM_PAGE_AUG, 1, 0},
	 {TDH_MEM_PAGE_RELOCATE, 1, 0},
	 NOT,
	 {0, BUSY_R8, USED_R8, NONE}},
	{"DEMOTE, AUG of the same page",
	 {TDH_MEM_PAGE_DEMOTE, 2, 0},
	 {TDH_MEM_PAGE_AUG, 1, 0},
	 NOT,
	 {0, BUSY_R8, USED_R8, NONE}},
	{"AUG, DEMOTE with the same page",
	 {TDH_MEM_PAGE_AUG, 1, 0},
	 {TDH_MEM_PAGE_DEMOTE, 2, 0},
	 NOT,
	 {0, BUSY_R8, USED_R8, NONE}},
	{"AUG, AUG of two pages in one 2M",
	 {TDH_MEM_PAGE_AUG, 1, 0},
	 {TDH_MEM_PAGE_AUG, 1, 1},
	 NOT,
	 {0, NONE}},
	{"AUG 2M, AUG of a page in it",
	 {TDH_MEM_PAGE_AUG, 2, -1},
	 {TDH_MEM_PAGE_AUG, 1, 3},
	 NOT,
	 {0, BUSY_R8, USED_R8, NONE}},
	{"AUG, AUG 2M around it",
	 {TDH_MEM_PAGE_AUG, 1, 3},
	 {TDH_MEM_PAGE_AUG, 2, -1},
	 NOT,
	 {0, BUSY_R8, USED_R8, NONE}},
	{"SEPT.ADD, AUG 2M around it",
	 {TDH_MEM_SEPT_ADD, 2, 3},
	 {TDH_MEM_PAGE_AUG, 2, -1},
	 NOT,
	 {0, BUSY_R8, USED_R8, NONE}},
	{"AUG 2M, WBINVD of a page in it",
	 {TDH_MEM_PAGE_AUG, 2, -1},
	 {TDH_PHYMEM_PAGE_WBINVD, 0, 3},
	 NOT,
	 {0, BUSY_RCX, USED_RCX, NONE}},
	{"PAGE.REMOVE, AUG of the same page",
	 {TDH_MEM_PAGE_REMOVE, 1, 0},
	 {TDH_MEM_PAGE_AUG, 1, 0},
	 ONE,
	 {0, BUSY_R8, USED_R8, NONE}},
	{"PAGE.REMOVE, RDMD",
	 {TDH_MEM_PAGE_REMOVE, 1, 0},
	 {TDH_PHYMEM_PAGE_RDMD, 0, 0},
	 ONE,
	 {0, BUSY_RCX, NONE}},
	{"PAGE.REMOVE, WBINVD",
	 {TDH_MEM_PAGE_REMOVE, 1, 0},
	 {TDH_PHYMEM_PAGE_WBINVD, 0, 0},
	 ONE,
	 {0, BUSY_RCX, USED_RCX, NONE}},
	{"PAGE.REMOVE, RECLAIM",
	 {TDH_MEM_PAGE_REMOVE, 1, 0},
	 {TDH_PHYMEM_PAGE_RECLAIM, 0, 0},
	 ONE,
	 {TDX_LIFECYCLE_STATE_INCORRECT, BUSY_RCX, USED_RCX, NONE}},
	{"DEMOTE, WBINVD of a page in it",
	 {TDH_MEM_PAGE_DEMOTE, 2, -1},
	 {TDH_PHYMEM_PAGE_WBINVD, 0, 3},
	 LARGE,
	 {BUSY_RCX, USED_RCX, NONE}},
	{"PROMOTE, RDMD of a page in it",
	 {TDH_MEM_PAGE_PROMOTE, 2, -1},
	 {TDH_PHYMEM_PAGE_RDMD, 0, 3},
	 SMALL,
	 {0, BUSY_RCX, NONE}},
};

static const struct pair *pair;
static struct {
	unsigned int td2;
	hpa_t tdr2;
	hpa_t large; /* the 2M that both know */
	hpa_t own, source; /* operands that only the first one names */
	u64 seen[MAX_SEEN];
	unsigned int nr_seen;
} pc;

static hpa_t page_of(const struct side *s)
{
	return pc.large + (s->page > 0 ? s->page * PAGE_SIZE : 0);
}

static u64 issue(const struct side *s, hpa_t tdr, hpa_t own)
{
	struct tdx_module_args regs = {
		.rcx = tb_gpa(GFN, s->level), .rdx = tdr, .r8 = page_of(s), .r9 = pc.source};

	if (!s->level)
		regs.rcx = page_of(s);
	if (s->fn == TDH_MEM_PAGE_DEMOTE && s->page < 0)
		regs.r8 = own; /* the new table; the 2M is what is mapped */
	return seam_call(s->fn, &regs);
}

/* What the call needs of its own TD's S-EPT: a leaf of another page to relocate or demote, or room. */
static void make_side(const struct side *s)
{
	if (!s->level)
		return;
	if (s->fn == TDH_MEM_PAGE_DEMOTE || s->fn == TDH_MEM_PAGE_RELOCATE)
		tb_state(GFN, s->level, SEPT_PENDING);
	else
		tb_tables(GFN, s->level);
}

static void make_mapped(void)
{
	switch (pair->mapped) {
	case NOT:
		make_side(&pair->first);
		break;
	case LARGE:
		tb_leaf(GFN, 2, true, pc.large);
		break;
	case SMALL:
		for (unsigned int i = 0; i < hw_entries(); i++)
			tb_leaf(GFN + i, 1, true, pc.large + i * PAGE_SIZE);
		break;
	case ONE:
		tb_leaf(GFN, 1, true, pc.large);
		break;
	}
}

static void prepare(void)
{
	unsigned int first;

	tb_reset(3, false);
	first = tb.td;
	pc.large = tb_page(2, HW_GMEM);
	hw_split_block(pc.large >> PAGE_SHIFT, 2);
	pc.own = tb_page(1, HW_SEPT);
	pc.source = tb_page(1, HW_USER);
	make_mapped();
	pc.td2 = seam_td_create(TB_KEY + 1, false);
	pc.tdr2 = seam_tdr_pa(pc.td2);
	tb.td = pc.td2;
	tb.tdr = pc.tdr2;
	make_side(&pair->second);
	tb.td = first;
	tb.tdr = seam_tdr_pa(first);
}

static void run_second(void)
{
	u64 status = issue(&pair->second, pc.tdr2, 0);

	for (unsigned int i = 0; i < pc.nr_seen; i++) {
		if (pc.seen[i] == status)
			return;
	}
	if (pc.nr_seen < MAX_SEEN)
		pc.seen[pc.nr_seen++] = status;
}

static void run_first(void *arg)
{
	(void)arg;
	prepare();
	tb.armed = true;
	issue(&pair->first, tb.tdr, pc.own);
	tb.armed = false;
	if (!tb.beside_ran)
		run_second(); /* afterwards */
}

static bool seen(u64 status)
{
	for (unsigned int i = 0; i < pc.nr_seen; i++) {
		if (pc.seen[i] == status)
			return true;
	}
	return false;
}

static bool set_right(void)
{
	unsigned int nr = 0;

	for (; pair->want[nr] != NONE; nr++) {
		if (!seen(pair->want[nr]))
			return false;
	}
	return nr == pc.nr_seen;
}

static void try_pair(void)
{
	unsigned int bad = 0;
	struct eng_run run;

	pc.nr_seen = 0;
	for (int hold_at = 0;; hold_at++) {
		bool ok = tb_run_beside(run_first, run_second, hold_at, &run);

		if (ok)
			seam_check_quiescent();
		else
			printf("# point %d: %s\n", hold_at, run.title ? run.title : "run ended");
		bad += !ok;
		if (!tb.beside_ran)
			break;
	}
	if (!tb_expect(!bad && set_right(), pair->name)) {
		for (unsigned int i = 0; i < pc.nr_seen; i++)
			printf("# %s 0x%llx\n", seam_status_name(pc.seen[i]), (unsigned long long)pc.seen[i]);
	}
}

/* A promotion to X that finds other readers leaves host priority at the large entry, and takes its own S
 * back. */
static void failed_promotion(void *arg)
{
	u64 *lock;
	hpa_t page;

	(void)arg;
	tb_reset(3, false);
	tb_tables(GFN, 2);
	page = tb_page(2, HW_GMEM);
	lock = &pamt(page >> PAGE_SHIFT, 2)->lock;
	*lock = SHAREX_READER; /* somebody works on a page in it */
	tb_expect_u64(tb_mem(TDH_MEM_PAGE_AUG, GFN, 2, page, 0), BUSY_R8, "AUG 2M next to a reader");
	tb_expect_u64(*lock, SHAREX_READER | SHAREX_HP, "leaves the reader, and host priority");
	*lock &= ~SHAREX_READER;
	tb_expect_u64(tb_mem(TDH_MEM_PAGE_AUG, GFN, 2, page, 0), TDX_SUCCESS, "which keeps no host out");
	tb_expect_u64(*lock, 0, "and is gone then");
	seam_check_quiescent();
}

/* The lock itself. */
static void lock_words(void)
{
	u64 lock = 0;

	tb_expect(sharex_hp_try(&lock, SEAM_X) && !sharex_hp_try(&lock, SEAM_S), "S fails next to X");
	tb_expect(lock & SHAREX_HP, "and leaves host priority");
	sharex_hp_unlock(&lock, SEAM_X);
	tb_expect_u64(lock, SHAREX_HP, "which X's release keeps; the failed reader is gone");
	tb_expect(sharex_hp_try(&lock, SEAM_S) && lock == SHAREX_READER, "the next S clears it");
	tb_expect(!sharex_hp_try(&lock, SEAM_X) && lock == (SHAREX_READER | SHAREX_HP), "X fails next to S");
	sharex_hp_unlock(&lock, SEAM_S);
	tb_expect(sharex_hp_try(&lock, SEAM_X) && lock == SHAREX_X, "X takes the word over host priority");
}

/* A call's own locks are in the way of its operand. */
static void own_tdr(void *arg)
{
	hpa_t source;

	(void)arg;
	tb_reset(3, false);
	tb_tables(GFN, 1);
	source = tb_page(1, HW_USER);
	tb_expect_u64(tb_mem(TDH_MEM_PAGE_AUG, GFN, 1, tb.tdr, 0), BUSY_R8,
		      "AUG of the TD's own TDR is busy");
	tb_expect(pamt(tb.tdr >> PAGE_SHIFT, 1)->lock & SHAREX_HP, "which leaves host priority");
	tb_expect_u64(tb_mem(TDH_MEM_SEPT_ADD, hw_level_pages(2), 2, tb.tdr, 0), BUSY_R8,
		      "SEPT.ADD of it, too");
	tb_expect_u64(tb_mem(TDH_MEM_PAGE_ADD, GFN, 1, tb.tdr, source), BUSY_R8, "PAGE.ADD of it, too");
	tb_expect_u64(tb_mem(TDH_MEM_PAGE_AUG, hw_level_pages(2), 2,
			     hw_gfn_round(tb.tdr >> PAGE_SHIFT, 2) << PAGE_SHIFT, 0),
		      BUSY_R8, "AUG of the 2M around it, too");
	tb_expect_u64(tb_mem(TDH_MEM_PAGE_AUG, GFN, 1, tb.tdvpr, 0), USED_R8,
		      "of an idle TDVPR: it is in use");
	seam_check_quiescent();
}

int main(void)
{
	struct eng_run run;

	for (unsigned int i = 0; i < ARRAY_SIZE(pairs); i++) {
		pair = &pairs[i];
		try_pair();
	}
	lock_words();
	tb_expect(tb_run(failed_promotion, NULL, &run), "promotion");
	tb_expect(tb_run(own_tdr, NULL, &run), "a TD's own TDR");
	return tb.failures != 0;
}
