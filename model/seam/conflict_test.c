/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operation x operation: which lock of an operation in progress makes another one busy. The operation of the
 * row is held at each of its points in turn while the one of the column runs on another CPU: it has to be
 * busy, with the operand that the matrix says, exactly as long as the lock in question is held, and must not
 * be busy otherwise. Then the same with the column at another S-EPT entry, where the entry locks are out of
 * the way.
 */
#include "model/seam/sept_walk.h"
#include "model/seam/testbed.h"

enum op {
	SADD,
	AUG,
	REM,
	DEM,
	PRO,
	REL,
	SRD,
	RDWR,
	SREM,
	BLK,
	UNB,
	TRK,
	VPE,
	VPEZ,
	VPF,
	ADD,
	ACC,
	RUN,
	NR_OPS
};

#define NR_COLUMNS (ACC + 1)

/**
 * struct op_info - an operation
 * @low, @high: KVM levels at which it acts on an entry; 0 = on none
 * @x: takes the tree lock exclusive
 * @guest: wants a TD that is RUNNABLE
 */
static const struct op_info {
	const char *name;
	u64 fn;
	u8 low, high;
	bool x, guest;
} ops[NR_OPS] = {
	[SADD] = {"SEPT.ADD", TDH_MEM_SEPT_ADD, 2, 4, false, false},
	[AUG] = {"PAGE.AUG", TDH_MEM_PAGE_AUG, 1, 2, false, false},
	[REM] = {"PAGE.REMOVE", TDH_MEM_PAGE_REMOVE, 1, 3, false, false},
	[DEM] = {"PAGE.DEMOTE", TDH_MEM_PAGE_DEMOTE, 2, 3, false, false},
	[PRO] = {"PAGE.PROMOTE", TDH_MEM_PAGE_PROMOTE, 2, 3, false, false},
	[REL] = {"PAGE.RELOCATE", TDH_MEM_PAGE_RELOCATE, 1, 1, false, false},
	[SRD] = {"SEPT.RD", TDH_MEM_SEPT_RD, 1, 4, false, false},
	[RDWR] = {"MEM.WR", TDH_MEM_WR, 1, 3, false, false},
	[SREM] = {"SEPT.REMOVE", TDH_MEM_SEPT_REMOVE, 2, 4, true, false},
	[BLK] = {"RANGE.BLOCK", TDH_MEM_RANGE_BLOCK, 1, 4, true, false},
	[UNB] = {"RANGE.UNBLOCK", TDH_MEM_RANGE_UNBLOCK, 1, 4, true, false},
	[TRK] = {"MEM.TRACK", TDH_MEM_TRACK, 0, 0, false, false},
	[VPE] = {"VP.ENTER", TDH_VP_ENTER, 0, 0, false, true},
	[VPEZ] = {"VP.ENTER after zero-steps", TDH_VP_ENTER, 0, 0, true, true},
	[VPF] = {"VP.FLUSH", TDH_VP_FLUSH, 0, 0, false, false},
	[ADD] = {"PAGE.ADD", TDH_MEM_PAGE_ADD, 0, 0, false, false},
	[ACC] = {"ACCEPT", TDH_VP_ENTER, 1, 2, false, true},
	[RUN] = {"running guest", TDH_VP_ENTER, 0, 0, false, true},
};

/* Spec 7.3; columns as in enum op. T tree, e entry (host), g entry (guest), R TDR's register, r TDR, E epoch,
 * V TDVPR. */
static const char *const matrix[NR_OPS] = {
	[SADD] = "eeeeeeeeTTT..T.Rg", [AUG] = "eeeeeeeeTTT..T.Rg",  [REM] = "eeeeeeeeTTT..T.Rg",
	[DEM] = "eeeeeeeeTTT..T.Rg",  [PRO] = "eeeeeeeeTTT..T.Rg",  [REL] = "eeeeeeeeTTT..T.Rg",
	[SRD] = "eeeeeeeeTTT..T.Rg",  [RDWR] = "eeeeeeeeTTT..T.Rg", [SREM] = "TTTTTTTTTTT..T.Rg",
	[BLK] = "TTTTTTTTTTT..T.Rg",  [UNB] = "TTTTTTTTTTT..T.Rg",  [TRK] = "...........EEE.R.",
	[VPE] = "...........E..VR.",  [VPEZ] = "TTTTTTTTTTTE.TVR.", [RUN] = "..............VR.",
	[VPF] = "............VVVR.",  [ADD] = "RRRRRRRRRRRRrrrR.",  [ACC] = "eeeeeeeeeee...VRg",
};

#define GFN 0
#define GUEST_GFN 128 /* MAPPED: what running guests read, in a 1G of its own */
#define OTHER_GFN 192 /* the entry of the column that is not the row's */
#define ADD_GFN 256 /* PAGE.ADD's */

/* The pair, and what came of it at the point at hand. */
static struct {
	enum op row, column;
	bool runnable, elsewhere;
	char cell;
	unsigned int level; /* of the entry that both act on, or of the row's alone */
	gfn_t row_gfn, column_gfn;
	unsigned int column_level;
	hpa_t row_page, column_page, source;
	hpa_t vp2;
	struct hw_guest guest2;
	struct guest_insn insn2;
	const char *wrong;
	u64 status;
	struct tdx_module_args regs; /* both of the column */
	unsigned int busy, pages,
		points; /* points at which it was busy: as the cell says; for a PAMT entry */
} cf;

/* ---- the column ---- */

static u64 lock_word(void)
{
	struct seam_td *td = tb_td();

	switch (cf.cell) {
	case 'T':
		return td->tree_lock;
	case 'E':
		return td->epoch_lock;
	case 'R':
	case 'r':
		return pamt(td->tdr, 1)->lock & ~SHAREX_HP;
	case 'V':
		return pamt(tb.tdvpr >> PAGE_SHIFT, 1)->lock & ~SHAREX_HP;
	}
	return 0;
}

static bool wants_x(void)
{
	switch (cf.cell) {
	case 'T':
		return ops[cf.column].x;
	case 'E':
		return cf.column == TRK;
	case 'R':
		return cf.column == ADD;
	case 'V':
		return cf.column == VPF;
	}
	return false;
}

/* The entry that the column would lock: MEM.RD and MEM.WR go to the leaf, and lock it if it is open. */
static const volatile u64 *column_entry(void)
{
	unsigned int level = 1;
	const volatile u64 *e;

	if (cf.column != RDWR)
		return tb_entry(cf.column_gfn, cf.column_level);
	e = seam_peek(tb.td, cf.column_gfn, &level);
	return sept_is_leaf(*e) && (*e & EPT_RWX) ? e : NULL;
}

/* PROMOTE as the column: is one of the children locked, which it locks after its parent? */
static bool child_locked(const volatile u64 *e)
{
	u64 *table;

	if (cf.column != PRO || sept_is_leaf(*e) || sept_entry_state(*e) == SEPT_FREE)
		return false;
	table = sept_child_table(*e);
	for (unsigned int i = 0; i < hw_entries(); i++) {
		if (table[i] & SEPT_TDEL)
			return true;
	}
	return false;
}

/* The word that the column would find in its way. */
static bool held(void)
{
	const volatile u64 *e;

	if (cf.cell == '.')
		return false;
	if (cf.cell != 'e' && cf.cell != 'g')
		return wants_x() ? lock_word() != 0 : lock_word() & SHAREX_X;
	if (cf.elsewhere)
		return false;
	e = column_entry();
	return e && ((*e & SEPT_TDEL) || child_locked(e));
}

/*
 * The page or table behind the entry is still the row's when the entry is not any more: the same status, but
 * without the entry in RCX and RDX.
 */
static bool page_held(const volatile u64 *e)
{
	unsigned int level = e && sept_is_leaf(*e) ? cf.column_level : 1;

	if (!e || sept_entry_state(*e) == SEPT_FREE)
		return false;
	return pamt(sept_pfn(*e, cf.column_level), level)->lock & SHAREX_X;
}

static u64 code(void)
{
	bool rcx = cf.column == TRK;

	switch (cf.cell) {
	case 'T':
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_SEPT_TREE;
	case 'E':
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_TD_EPOCH;
	case 'R':
		return TDX_OPERAND_BUSY | (rcx ? TDX_OPERAND_ID_RCX : TDX_OPERAND_ID_RDX);
	case 'r':
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_TDR;
	}
	return TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX;
}

static u64 enter(hpa_t tdvpr)
{
	struct tdx_module_args regs = {.rcx = tdvpr};
	u64 rax;

	hw_irqs_disable();
	rax = seam_call(TDH_VP_ENTER, &regs);
	return rax;
}

static u64 mem_call(enum op op, gfn_t gfn, unsigned int level, hpa_t page, struct tdx_module_args *out)
{
	struct tdx_module_args regs = {.rcx = tb_gpa(gfn, level), .rdx = tb.tdr, .r8 = page, .r9 = cf.source};

	if (op == RDWR)
		regs.rcx = gfn << PAGE_SHIFT;
	if (op == TRK)
		regs.rcx = tb.tdr;
	*out = regs;
	return seam_call(ops[op].fn, out);
}

/* V is about one vCPU, everything else about two. */
static hpa_t column_vp(void)
{
	return cf.cell == 'V' ? tb.tdvpr : cf.vp2;
}

static u64 run_column(void)
{
	struct tdx_module_args regs = {.rcx = column_vp()};

	switch (cf.column) {
	case VPE:
	case VPEZ:
		return enter(column_vp());
	case VPF:
		return seam_call(TDH_VP_FLUSH, &regs);
	case ACC:
		cf.guest2.regs[0] = 0;
		enter(cf.vp2);
		return cf.guest2.regs[0];
	default:
		return mem_call(cf.column, cf.column_gfn, cf.column_level, cf.column_page, &cf.regs);
	}
}

/* Entry locks: host priority stays behind a host that was busy, and no guest's. */
static bool priority_right(const volatile u64 *e)
{
	return !e || cf.cell == 'T' || cf.column == PRO || !!(*e & SEPT_TDHP) == (cf.cell == 'e');
}

/* VP.ENTER is over when the guest runs; that is a row of its own. */
static bool row_is_there(void)
{
	bool inside = hw_cpus[0].in_guest;

	if (cf.row == VPE || cf.row == VPEZ)
		return !inside;
	return inside || (cf.row != RUN && cf.row != ACC);
}

static void column(void)
{
	bool busy, want, page;
	const volatile u64 *e;

	if (!row_is_there())
		return;
	cf.points++;
	want = held();
	page = page_held(tb_entry(cf.column_gfn, cf.column_level));
	e = want && (cf.cell == 'e' || cf.cell == 'g') ? column_entry() : NULL;
	cf.regs.rcx = 1; /* not a MEM call, unless it becomes 0 */
	cf.status = run_column();
	busy = (cf.status & TDX_STATUS_MASK) == TDX_OPERAND_BUSY;
	if (!want && page && cf.status == code() && !cf.regs.rcx && !cf.regs.rdx) {
		cf.pages++;
		return;
	}
	cf.busy += busy;
	if (busy != want)
		cf.wrong = want ? "the lock is held and it is not busy" : "busy without reason";
	else if (busy && cf.status != code())
		cf.wrong = "another operand";
	else if (busy && !priority_right(e))
		cf.wrong = "host priority";
}

/* ---- the row ---- */

static void make_children(gfn_t gfn)
{
	hpa_t page = tb_page(2, HW_GMEM);

	for (unsigned int i = 0; i < hw_entries(); i++)
		tb_leaf(gfn + i, 1, false, page + i * PAGE_SIZE);
}

/* What the row needs to succeed. */
static void make_entry(enum op op, gfn_t gfn, unsigned int level)
{
	bool block = cf.runnable && (op == REM || op == DEM || op == PRO || op == REL || op == SREM);

	switch (op) {
	case SADD:
	case AUG:
		tb_state(gfn, level, SEPT_FREE);
		break;
	case ACC:
		tb_state(gfn, level, SEPT_PENDING);
		break;
	case SREM:
		tb_state(gfn, level, SEPT_NL_MAPPED);
		break;
	case PRO:
		make_children(gfn);
		break;
	case UNB:
		tb_state(gfn, level, SEPT_BLOCKED);
		break;
	default:
		tb_state(gfn, level, SEPT_MAPPED);
	}
	if (block)
		tb_must(tb_mem(TDH_MEM_RANGE_BLOCK, gfn, level, 0, 0), "BLOCK");
}

static hpa_t page_for(enum op op, unsigned int level)
{
	bool table = op == SADD || op == DEM;

	if (op == RDWR)
		return 0x4242;
	return tb_page(op == AUG ? level : 1, table ? HW_SEPT : HW_GMEM);
}

static void make_guests(void)
{
	gpa_t gpa = (gpa_t)GUEST_GFN << PAGE_SHIFT;

	tb.insn[0] = (struct guest_insn){.op = G_READ, .reg = 1, .gpa = gpa};
	if (cf.row == ACC)
		tb.insn[0] = (struct guest_insn){
			.op = G_ACCEPT, .level = cf.level, .gpa = cf.row_gfn << PAGE_SHIFT};
	tb.guest.nr = 1;
	memset(&cf.guest2, 0, sizeof(cf.guest2));
	cf.insn2 = (struct guest_insn){
		.op = G_ACCEPT, .level = cf.column_level, .gpa = cf.column_gfn << PAGE_SHIFT};
	cf.guest2.insn = &cf.insn2;
	cf.guest2.nr = cf.column == ACC;
	cf.guest2.vcpu = 1;
	cf.vp2 = seam_vp_create(tb.td, &cf.guest2);
	if (cf.row == VPEZ) {
		tb_vp()->gpas[0] = gpa;
		tb_vp()->nr_gpas = 1;
	}
	if (cf.column == VPEZ) {
		struct seam_vp *vp = seam_vp_of(column_vp() >> PAGE_SHIFT);

		vp->gpas[0] = gpa;
		vp->nr_gpas = 1;
	}
	if (cf.row == VPF) {
		tb_vp()->where = 1;
		tb_td()->nr_associated++;
	}
}

static void prepare(void)
{
	tb_reset(3, false);
	tb_td()->debug = true;
	cf.wrong = NULL;
	make_entry(cf.row, cf.row_gfn, cf.level);
	if (cf.elsewhere)
		make_entry(cf.column, cf.column_gfn, cf.column_level);
	tb_state(GUEST_GFN, 1, SEPT_MAPPED);
	tb_tables(ADD_GFN, 1);
	if (cf.runnable) {
		make_guests();
		tb_finalize();
		tb_must(tb_track(), "TRACK");
	} else {
		make_guests();
	}
	cf.source = tb_page(1, HW_USER);
	cf.row_page = page_for(cf.row, cf.level);
	cf.column_page = page_for(cf.column, cf.column_level);
}

static void run_row(void *arg)
{
	struct tdx_module_args regs = {.rcx = tb.tdvpr};

	(void)arg;
	prepare();
	regs.rcx = tb.tdvpr;
	tb.armed = true;
	if (ops[cf.row].guest)
		enter(tb.tdvpr);
	else if (cf.row == VPF)
		seam_call(TDH_VP_FLUSH, &regs);
	else
		mem_call(cf.row, cf.row_gfn, cf.level, cf.row_page, &regs);
	tb.armed = false;
}

/* Nobody is inside: no lock is left. */
static bool unlocked(void)
{
	struct seam_td *td = tb_td();

	return !td->tree_lock && !td->epoch_lock && !td->op_state_lock &&
	       !(pamt(td->tdr, 1)->lock & ~SHAREX_HP) &&
	       !(pamt(tb.tdvpr >> PAGE_SHIFT, 1)->lock & ~SHAREX_HP);
}

/* ---- all pairs ---- */

/* AUG's entry is open before the PAMT knows of the page: who looks it up in between stops the module. */
static bool may_halt(void)
{
	return !cf.elsewhere && cf.row == AUG && (cf.column == REM || cf.column == DEM || cf.column == REL);
}

static unsigned int failures, pairs, runs, halts, conflicts;

static void complain(int hold_at, const struct eng_run *run, const char *what)
{
	failures++;
	printf("# %s, then %s%s, %s, point %d: %s; got %s 0x%llx %s\n", ops[cf.row].name, ops[cf.column].name,
	       cf.elsewhere ? " elsewhere" : "", cf.runnable ? "RUNNABLE" : "INITIALIZED", hold_at, what,
	       seam_status_name(cf.status), (unsigned long long)cf.status, run->state ? run->state : "");
}

/* Returns the number of points at which the column was busy. */
static unsigned int explore_pair(void)
{
	bool halted = false;
	struct eng_run run;

	cf.busy = cf.points = 0;
	for (int hold_at = 0;; hold_at++) {
		bool ok = tb_run_beside(run_row, column, hold_at, &run);

		if (!tb.beside_ran)
			break;
		runs++;
		if (!ok && may_halt() && run.id && !strcmp(run.id, "SEAM-01"))
			halted = true;
		else if (!ok)
			complain(hold_at, &run, run.title ? run.title : "run ended");
		else if (cf.wrong)
			complain(hold_at, &run, cf.wrong);
		else if (!unlocked())
			complain(hold_at, &run, "a lock is left");
		else
			seam_check_quiescent();
	}
	halts += halted;
	if (halted != may_halt())
		complain(-1, &run, "the module has to halt at one point");
	if (!cf.points)
		complain(-1, &run, "no point was tried");
	return cf.busy;
}

/*
 * Level at which both act on one entry. 0: there is none, one being for 4K pages only and the other for
 * tables.
 */
static unsigned int common_level(enum op a, enum op b)
{
	if (!ops[a].low)
		return ops[b].low ? ops[b].low : 1;
	if (!ops[b].low)
		return ops[a].low;
	if (ops[a].low <= 2 && ops[a].high >= 2 && ops[b].low <= 2 && ops[b].high >= 2)
		return 2;
	return ops[a].low == 1 && ops[b].low == 1 ? 1 : 0;
}

/* Cells that name a conflict which this pair cannot come to. */
static const char *impossible(enum op row, enum op column, bool runnable)
{
	if (row == ADD && column == ACC)
		return "the guest that accepts holds the TDR";
	if (column != RDWR)
		return NULL;
	if (row == SADD || row == AUG || (runnable && (row == REM || row == DEM)))
		return "there is no open leaf while the row holds the entry";
	return NULL;
}

static void try_pair(enum op row, enum op column, bool runnable)
{
	unsigned int busy, level = common_level(row, column);
	bool tree = matrix[row][column] == 'T';

	cf.row = row;
	cf.column = column;
	cf.runnable = runnable;
	cf.cell = matrix[row][column];
	cf.row_gfn = row == ADD ? ADD_GFN : GFN;
	cf.elsewhere = !level;
	cf.level = level && ops[row].low ? level : max((unsigned int)ops[row].low, 1u);
	cf.column_level = level && ops[column].low ? level : max((unsigned int)ops[column].low, 1u);
	cf.column_gfn = column == ADD ? ADD_GFN + (row == ADD) : level ? GFN : OTHER_GFN;
	pairs++;
	busy = explore_pair();
	conflicts += busy;
	if (!busy && cf.cell != '.' && (level || tree) && !impossible(row, column, runnable))
		complain(-1, &(struct eng_run){0}, "never busy");
	if (!level || !ops[row].low || !ops[column].low)
		return;
	cf.elsewhere = true;
	cf.column_gfn = OTHER_GFN;
	explore_pair();
}

/* TDH.MEM.PAGE.PROMOTE and what acts on one of the entries that it collapses. */
static void try_child(enum op row, enum op column)
{
	static const char cell_of_child = 'e';

	cf.row = row;
	cf.column = column;
	cf.runnable = cf.elsewhere = false;
	cf.cell = cell_of_child;
	cf.row_gfn = cf.column_gfn = GFN;
	cf.level = row == PRO ? 2 : 1;
	cf.column_level = column == PRO ? 2 : 1;
	pairs++;
	if (!explore_pair())
		complain(-1, &(struct eng_run){0}, "child: never busy");
}

static void try_all(enum op row, enum op column, bool runnable)
{
	bool guest = ops[row].guest || ops[column].guest;
	const char *why = impossible(row, column, runnable);

	/* In INITIALIZED a vCPU comes as far as the TD's lock; PAGE.ADD is at home there. */
	if (runnable ? row == ADD : guest && row != ADD)
		return;
	if (why)
		printf("# %s, then %s, %s: %s\n", ops[row].name, ops[column].name,
		       runnable ? "RUNNABLE" : "INITIALIZED", why);
	if (row != ADD || column != ACC)
		try_pair(row, column, runnable);
}

int main(void)
{
	static const enum op on_child[] = {REL, SRD, REM, RDWR};

	for (enum op row = 0; row < NR_OPS; row++) {
		if (strlen(matrix[row]) != NR_COLUMNS) {
			printf("not ok - matrix row %d\n", row);
			return 1;
		}
		for (enum op column = 0; column < NR_COLUMNS; column++)
			for (int runnable = 0; runnable <= 1; runnable++)
				try_all(row, column, runnable);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(on_child); i++) {
		try_child(PRO, on_child[i]);
		if (on_child[i] != REM && on_child[i] != REL)
			try_child(on_child[i], PRO);
	}
	printf("# %u pairs, %u runs, in %u of them the lock, in %u the page is taken; %u pairs halt the "
	       "module\n",
	       pairs, runs, conflicts, cf.pages, halts);
	tb_expect(cf.pages > 0,
		  "a page that is not given back yet makes busy without the entry in RCX and RDX");
	tb_expect(!failures, "each pair conflicts as the matrix says, and only while the lock is held");
	tb_expect(runs > 5000 && conflicts > 1000, "at every point of the operation in progress");
	return tb.failures != 0;
}
