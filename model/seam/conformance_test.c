/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every row of sept-transitions.csv is brought about, by SEAMCALLs and TDCALLs where there is a way, and
 * compared: the status with its operand, the registers, and the entry afterwards. A row that cannot be
 * brought about is named with the reason; fewer than MIN_DRIVEN is a failure.
 */
#include "model/seam/conformance_judge.h"

#define CSV "model/seam/sept-transitions.csv"
#define NR_ROWS 1103
#define MIN_DRIVEN 1103

static void call(void)
{
	u64 saved = cs.lock ? *cs.lock : 0;

	if (cs.lock)
		*cs.lock = cs.lock_value;
	if (cs.lock_entry)
		*cs.lock_entry |= SEPT_TDEL;
	hw_irqs_disable();
	tb.armed = true;
	tb.interrupt = has("host_interrupt_pending");
	cs.status = tb_call(cs.fn | cs.version, cs.rcx, cs.rdx, cs.r8, cs.r9);
	tb.interrupt = tb.armed = false;
	if (cs.lock)
		*cs.lock = saved;
	if (cs.lock_entry)
		*cs.lock_entry &= ~SEPT_TDEL;
}

static void run_case(void *arg)
{
	(void)arg;
	tb_reset_levels(row.bits, has("PENDING_VE_DISABLE=1"), row.five ? 5 : 4, row.five);
	memset(&cs, 0, sizeof(cs));
	cs.gfn = hw_level_pages(3) * 2;
	if (row.entry_level > 3)
		cs.gfn = 0;
	if (has("race:"))
		cs.beside_page = tb_page(row.level, HW_GMEM);
	make_entry();
	cs.entry = tb_entry(cs.gfn, row.entry_level);
	make_content();
	make_call();
	make_guest();
	make_vp();
	make_locks();
	make_life_cycle();
	cs.value_before = cs.entry ? *cs.entry : 0;
	call();
	print_outcome();
	judge();
	undo();
	seam_check_quiescent();
}

/* ---- all rows ---- */

static bool case_right(bool ok, const struct eng_run *run, bool quiet)
{
	if (!ok && !quiet)
		printf("# %s: %s\n", run->title ? run->title : "run ended", run->state ? run->state : "");
	else if (cs.wrong && !quiet)
		printf("# %s: got %s, RCX 0x%llx RDX 0x%llx, entry 0x%llx -> 0x%llx\n", cs.wrong, cs.got,
		       (unsigned long long)tb.regs.rcx, (unsigned long long)tb.regs.rdx,
		       (unsigned long long)cs.value_before, (unsigned long long)(cs.entry ? *cs.entry : 0));
	return ok && !cs.wrong;
}

/* What the other CPU does in the middle of the call. */
static void beside(void)
{
	struct tdx_module_args regs = {.rcx = tb_gpa(cs.gfn, row.level), .rdx = tb.tdr, .r8 = cs.beside_page};

	if (has("guest_side_interrupt"))
		hw_send_ipi(0);
	else
		tb_must(seam_call(TDH_MEM_PAGE_AUG, &regs), "AUG beside");
}

/* A row that another CPU brings about: at one of the call's points it has to come out. */
static bool compare_beside(void)
{
	struct eng_run run;
	unsigned int right = 0;

	for (int hold_at = 0;; hold_at++) {
		bool ok = tb_run_beside(run_case, beside, hold_at, &run);

		if (!tb.beside_ran)
			return right > 0;
		right += case_right(ok, &run, true);
	}
}

static bool compare_once(bool runnable, bool five, unsigned int variant)
{
	struct eng_run run;

	row.runnable = runnable;
	row.five = five;
	row.variant = variant;
	if (has("race:") || has("guest_side_interrupt"))
		return compare_beside();
	return case_right(tb_run(run_case, NULL, &run), &run, false);
}

static unsigned int nr_variants(void)
{
	static const char *const two[] = {
		"hpa_misaligned", "RDX_reserved", "any_4K_child", "(v1:",  "RCX_reserved",
		"gpa_not_256B",	  "RAX_reserved", "gpa_shared",	  "or_HP", "lifecycle!="};

	if (has("gpa_misaligned"))
		return guest_op() ? 3 : 5;
	for (unsigned int i = 0; i < ARRAY_SIZE(two); i++) {
		if (has(two[i]))
			return 2;
	}
	return is_op("TDH.MEM.SEPT.REMOVE") ? 2 : 1;
}

static bool exists_in(int op_state)
{
	bool run_only = guest_op() || is_op("TDH.VP.ENTER");

	if (row.op_state >= 0)
		return row.op_state == op_state;
	return op_state == OP_RUNNABLE ? !is_op("TDH.MEM.PAGE.ADD") && !is_op("TDH.MR.EXTEND") : !run_only;
}

/* In the wide geometry a 1G leaf is made of 262144 pages: too many for each of these rows. */
static bool fits(unsigned int bits)
{
	bool leaf = row.before != SEPT_FREE && row.before != SEPT_NL_MAPPED && row.before != SEPT_NL_BLOCKED;

	return bits == 3 || row.entry_level < 3 || (!leaf && !is_op("TDH.MEM.PAGE.PROMOTE"));
}

static bool compare_levels(bool runnable)
{
	bool ok = true;

	for (int five = needs_five() && !has("level_not_allowed"); five <= 1; five++) {
		for (unsigned int v = 0; v < nr_variants(); v++)
			ok &= compare_once(runnable, five, v);
	}
	return ok;
}

/*
 * A row that does not name the op_state holds in both, as far as the operation exists there; and all hold
 * with five levels, and with four unless the row speaks of the fifth; and in both geometries.
 */
static bool compare(void)
{
	bool ok = true;

	for (row.bits = 3; row.bits <= 9; row.bits += 6) {
		for (int op_state = OP_INITIALIZED; fits(row.bits) && op_state <= OP_RUNNABLE; op_state++) {
			if (exists_in(op_state))
				ok &= compare_levels(op_state == OP_RUNNABLE);
		}
	}
	return ok;
}

/* Counts by operation, in the order of the file. */
static struct {
	char op[32];
	unsigned int rows, driven, failed;
} count[32];

static unsigned int count_of(const char *op)
{
	unsigned int i = 0;

	while (count[i].op[0] && strcmp(count[i].op, op))
		i++;
	snprintf(count[i].op, sizeof(count[i].op), "%s", op);
	return i;
}

static void drive(const char *line)
{
	unsigned int n = count_of(row.op);
	const char *skip = find_op() < 0 ? "operation is not implemented" : NULL;

	count[n].rows++;
	parse_levels();
	row.before = any_state();
	if (!skip && strcmp(row.before_text, "ANY") && !parse_state(row.before_text, &row.before))
		skip = "state of live migration";
	if (skip) {
		printf("# not driven (%s): %s", skip, line);
		return;
	}
	count[n].driven++;
	if (compare())
		return;
	count[n].failed++;
	printf("not ok - %s", line);
}

static bool verdict(void)
{
	unsigned int rows = 0, driven = 0, failed = 0;
	bool ok;

	for (unsigned int i = 0; count[i].op[0]; i++) {
		printf("# %-24s %4u rows, %4u driven\n", count[i].op, count[i].rows, count[i].driven);
		rows += count[i].rows;
		driven += count[i].driven;
		failed += count[i].failed;
	}
	ok = !failed && driven >= MIN_DRIVEN && rows == NR_ROWS;
	printf("%s - %u of %u rows driven, %u differ\n", ok ? "ok" : "not ok", driven, rows, failed);
	return ok;
}

int main(void)
{
	char line[400];
	FILE *f = fopen(CSV, "r");

	if (!f || !fgets(line, sizeof(line), f)) {
		printf("not ok - cannot read %s\n", CSV);
		return 1;
	}
	while (fgets(line, sizeof(line), f)) {
		memset(&row, 0, sizeof(row));
		if (!split_row(line)) {
			printf("not ok - malformed row: %s", line);
			return 1;
		}
		drive(line);
	}
	fclose(f);
	return !verdict();
}
