/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What others can see of a call in progress, in order: the entry with its lock, the PAMT entries behind it,
 * CHLDCNT and BEPOCH, looked at from another CPU at each of the call's points and after it.
 */
#include "model/seam/testbed.h"

#define GFN 0
#define MAX_STEPS 12

/**
 * struct watched - a call and what is seen of it
 * @op: of the guest, where @fn is VP.ENTER
 * @large, @small, @table: which PAMT entries count: of the 2M, of its first 4K page, of the table
 * @steps: each as "STATE[+] [large=TYPE] [small=TYPE] [table=TYPE] CHLDCNT-change [b]"; + is locked, b is
 * that BEPOCH has been written
 */
static const struct watched {
	const char *name;
	u64 fn;
	u8 op;
	unsigned int level;
	enum sept_state before;
	bool large, small, table;
	const char *steps[MAX_STEPS];
} calls[] = {
	{"AUG: the entry is open before the PAMT knows of the page",
	 TDH_MEM_PAGE_AUG,
	 0,
	 1,
	 SEPT_FREE,
	 false,
	 true,
	 false,
	 {"FREE small=NDA 0", "FREE+ small=NDA 0", "PENDING small=NDA 1", "PENDING small=REG 1"}},
	{"SEPT.ADD: the table is the TD's before it is linked, and locked when it is",
	 TDH_MEM_SEPT_ADD,
	 0,
	 2,
	 SEPT_FREE,
	 false,
	 false,
	 true,
	 {"FREE table=NDA 0", "FREE+ table=NDA 0", "FREE+ table=EPT 1", "NL_MAPPED+ table=EPT 1",
	  "NL_MAPPED table=EPT 1"}},
	{"SEPT.REMOVE: the entry is open before the table is given back",
	 TDH_MEM_SEPT_REMOVE,
	 0,
	 2,
	 SEPT_NL_MAPPED,
	 false,
	 false,
	 true,
	 {"NL_MAPPED table=EPT 0", "NL_MAPPED+ table=EPT 0", "FREE table=EPT -1", "FREE table=NDA -1"}},
	{"PAGE.REMOVE: the entry is open before the page is given back",
	 TDH_MEM_PAGE_REMOVE,
	 0,
	 1,
	 SEPT_MAPPED,
	 false,
	 true,
	 false,
	 {"MAPPED small=REG 0", "MAPPED+ small=REG 0", "FREE small=REG -1", "FREE small=NDA -1"}},
	{"RANGE.BLOCK: blocked before BEPOCH says when",
	 TDH_MEM_RANGE_BLOCK,
	 0,
	 1,
	 SEPT_MAPPED,
	 false,
	 true,
	 false,
	 {"MAPPED small=REG 0", "MAPPED+ small=REG 0", "BLOCKED+ small=REG 0", "BLOCKED+ small=REG 0 b",
	  "BLOCKED small=REG 0 b"}},
	{"RANGE.UNBLOCK: one store opens and unlocks",
	 TDH_MEM_RANGE_UNBLOCK,
	 0,
	 1,
	 SEPT_BLOCKED,
	 false,
	 true,
	 false,
	 {"BLOCKED small=REG 0 b", "BLOCKED+ small=REG 0 b", "MAPPED small=REG 0 b"}},
	{"DEMOTE: the PAMT is split before the children can be reached",
	 TDH_MEM_PAGE_DEMOTE,
	 0,
	 2,
	 SEPT_MAPPED,
	 true,
	 true,
	 true,
	 {"MAPPED large=REG small=NDA table=NDA 0", "MAPPED+ large=REG small=NDA table=NDA 0",
	  "MAPPED+ large=NDA small=REG table=NDA 0", "NL_MAPPED+ large=NDA small=REG table=NDA 0",
	  "NL_MAPPED+ large=NDA small=REG table=EPT 1", "NL_MAPPED large=NDA small=REG table=EPT 1"}},
	{"PROMOTE: the PAMT is merged before the large leaf is there",
	 TDH_MEM_PAGE_PROMOTE,
	 0,
	 2,
	 SEPT_NL_MAPPED,
	 true,
	 true,
	 true,
	 {"NL_MAPPED large=NDA small=REG table=EPT 0", "NL_MAPPED+ large=NDA small=REG table=EPT 0",
	  "NL_MAPPED+ large=REG small=NDA table=EPT 0", "MAPPED+ large=REG small=NDA table=EPT 0",
	  "MAPPED+ large=REG small=NDA table=NDA -1", "MAPPED large=REG small=NDA table=NDA -1"}},
	{"ACCEPT: open while it is still locked",
	 TDH_VP_ENTER,
	 G_ACCEPT,
	 1,
	 SEPT_PENDING,
	 false,
	 true,
	 false,
	 {"PENDING small=REG 0", "PENDING+ small=REG 0", "MAPPED+ small=REG 0", "MAPPED small=REG 0"}},
	{"ACCEPT 2M: PENDING until all of it is done",
	 TDH_VP_ENTER,
	 G_ACCEPT,
	 2,
	 SEPT_PENDING,
	 true,
	 false,
	 false,
	 {"PENDING large=REG 0", "PENDING+ large=REG 0", "MAPPED+ large=REG 0", "MAPPED large=REG 0"}},
};

static const struct watched *call;
static struct {
	hpa_t page, table; /* leaf of the entry, or of its first child; new or old table */
	u64 chldcnt;
	unsigned int nr;
	char steps[64][96];
} seen;

static const char *type_name(enum pamt_type type)
{
	return type == PAMT_NDA ? "NDA" : type == PAMT_REG ? "REG" : type == PAMT_EPT ? "EPT" : "?";
}

static void add_type(char *text, size_t size, const char *name, hpa_t page, unsigned int level)
{
	size_t n = strlen(text);

	snprintf(text + n, size - n, " %s=%s", name, type_name(seam_pamt_type(page >> PAGE_SHIFT, level)));
}

/* Steps that look the same are one. */
static void look(void)
{
	u64 e = *tb_entry(GFN, call->level);
	char text[96];
	size_t n;

	snprintf(text, sizeof(text), "%s%s", sept_state_name(sept_entry_state(e)), e & SEPT_TDEL ? "+" : "");
	if (call->large)
		add_type(text, sizeof(text), "large", seen.page, 2);
	if (call->small)
		add_type(text, sizeof(text), "small", seen.page, 1);
	if (call->table)
		add_type(text, sizeof(text), "table", seen.table, 1);
	n = strlen(text);
	snprintf(text + n, sizeof(text) - n, " %lld%s", (long long)(tb_td()->chldcnt - seen.chldcnt),
		 pamt(seen.page >> PAGE_SHIFT, call->level)->bepoch ? " b" : "");
	if (seen.nr && !strcmp(seen.steps[seen.nr - 1], text))
		return;
	if (seen.nr < ARRAY_SIZE(seen.steps))
		strcpy(seen.steps[seen.nr++], text);
}

static void prepare(void)
{
	tb_reset(3, false);
	seen.page = tb_page(2, HW_GMEM);
	seen.table = tb_page(1, HW_SEPT);
	if (call->before == SEPT_NL_MAPPED) {
		for (unsigned int i = 0; call->fn == TDH_MEM_PAGE_PROMOTE && i < hw_entries(); i++)
			tb_leaf(GFN + i, 1, false, seen.page + i * PAGE_SIZE);
		tb_tables(GFN, 1);
		seen.table = *tb_entry(GFN, 2) & EPT_PFN_MASK;
	} else if (call->before == SEPT_FREE) {
		tb_tables(GFN, call->level);
	} else {
		tb_state(GFN, call->level, call->before);
		seen.page = sept_leaf_hpa(*tb_entry(GFN, call->level), call->level);
	}
	seen.chldcnt = tb_td()->chldcnt;
	tb.insn[0] = (struct guest_insn){.op = call->op, .level = call->level, .gpa = GFN << PAGE_SHIFT};
	tb.guest.nr = 1;
	if (call->op)
		tb_finalize();
}

static void run_call(void *arg)
{
	bool table = call->fn == TDH_MEM_SEPT_ADD || call->fn == TDH_MEM_PAGE_DEMOTE;
	u64 rcx;

	(void)arg;
	prepare();
	rcx = call->op ? tb.tdvpr : tb_gpa(GFN, call->level);
	hw_irqs_disable();
	tb.armed = true;
	tb_call(call->fn, rcx, tb.tdr, table ? seen.table : seen.page, 0);
	tb.armed = false;
	if (!tb.beside_ran)
		look(); /* afterwards */
}

static bool steps_right(void)
{
	for (unsigned int i = 0; i < seen.nr; i++) {
		if (i >= MAX_STEPS || !call->steps[i] || strcmp(call->steps[i], seen.steps[i]))
			return false;
	}
	return seen.nr == MAX_STEPS || !call->steps[seen.nr];
}

static void watch(void)
{
	struct eng_run run;
	bool ok = true;

	seen.nr = 0;
	for (int hold_at = 0;; hold_at++) {
		ok &= tb_run_beside(run_call, look, hold_at, &run);
		if (!tb.beside_ran)
			break;
	}
	if (tb_expect(ok && steps_right(), call->name))
		return;
	for (unsigned int i = 0; i < seen.nr; i++)
		printf("# %s\n", seen.steps[i]);
}

int main(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		call = &calls[i];
		watch();
	}
	return tb.failures != 0;
}
