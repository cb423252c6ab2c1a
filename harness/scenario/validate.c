// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a legal scenario is. Every reader ends here, so that nothing behind it has to doubt a field: the
 * executor runs whatever passes. Unused fields must be zero, which makes equal scenarios equal bytes.
 */
#include <string.h>

#include "harness/check/check.h"
#include "harness/scenario/ops.h"

struct ctx {
	struct scenario *s;
	struct scn_error *err;
	struct scn_where at;
	u64 frames;
	unsigned int bits;
};

static bool in_memory(const struct ctx *c, struct scn_addr a, u64 frames)
{
	gfn_t gfn = scn_gfn_bits(a, c->bits);

	return frames && frames <= c->frames && gfn <= c->frames - frames;
}

static bool aligned(const struct ctx *c, struct scn_addr a, unsigned int level)
{
	return !(scn_gfn_bits(a, c->bits) & ((1ull << (c->bits * (level - 1))) - 1));
}

/* What the text form reads as one word. */
static bool is_word(char *text, size_t size)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._,-";
	size_t len = strnlen(text, size);

	if (len == size || strspn(text, chars) != len || text[0] == '-')
		return false;
	memset(text + len, 0, size - len);
	return true;
}

/* Build is a single line of printable ASCII; the origin may have more lines. */
static bool printable(char *text, size_t size, bool lines)
{
	size_t len = strnlen(text, size);

	if (len == size)
		return false;
	for (size_t i = 0; i < len; i++) {
		if ((text[i] < ' ' || text[i] > '~') && !(lines && text[i] == '\n'))
			return false;
	}
	memset(text + len, 0, size - len);
	return true;
}

static bool check_strings(struct ctx *c)
{
	struct scenario *s = c->s;

	if (!is_word(s->name, sizeof(s->name)))
		return scn_fail(c->err, "name is not a word of at most 63 letters, digits, and . _ , -");
	if (!printable(s->origin, sizeof(s->origin), true))
		return scn_fail(c->err, "origin is not printable ASCII of at most 511 characters");
	if (!printable(s->build, sizeof(s->build), false))
		return scn_fail(c->err, "build is not a line of printable ASCII, at most 95 characters");
	return true;
}

static unsigned int variant_values(unsigned int id)
{
	unsigned int n = 1;

	for (const char *p = variant_infos[id].values; (p = strchr(p, '|')); p++)
		n++;
	return n;
}

static bool check_result(struct ctx *c, struct scn_result *r)
{
	u32 seen = 0;

	if (r->expect == EXPECT_NONE || r->expect > EXPECT_SOMETIMES || r->flips > 1 ||
	    r->bug_rule > RESULT_BUG_SET || r->nr_variants > ARRAY_SIZE(r->variants) ||
	    (r->flips && r->expect != EXPECT_SOMETIMES))
		return scn_fail(c->err, "result line out of range");
	if (r->bug_rule == RESULT_BUG_SET ? r->bug >= BUG_NR : r->bug != 0)
		return scn_fail(c->err, "result line names an unknown bug");
	if (r->flips && !r->nr_variants && r->bug_rule != RESULT_BUG_SET)
		return scn_fail(c->err, "Flips-with names neither variant nor bug");
	for (unsigned int v = 0; v < r->nr_variants; v++) {
		unsigned int id = r->variants[v].id;

		if (id >= VARIANT_NR || r->variants[v].value >= variant_values(id) || (seen & 1u << id))
			return scn_fail(c->err, "result line names an unknown variant, or one twice");
		seen |= 1u << id;
	}
	memset(&r->variants[r->nr_variants], 0,
	       (ARRAY_SIZE(r->variants) - r->nr_variants) * sizeof(r->variants[0]));
	return true;
}

/* M_LOCKS stands for the part of M_KVM that a search has without it. */
static bool classes_are_legal(unsigned int classes)
{
	if (!(classes & (SCN_ALL_CLASSES | SCN_CLASS_LOCKS)))
		return false;
	if (classes & SCN_CLASS_LOCKS)
		return classes <= (SCN_ALL_CLASSES | SCN_CLASS_LOCKS) && !(classes & (M_KVM >> 4));
	return classes <= (SCN_ALL_CLASSES | SCN_CLASS_PLAIN);
}

static bool check_header(struct ctx *c)
{
	struct scenario *s = c->s;

	c->at.part = PART_HEADER;
	if (s->version != SCN_VERSION)
		return scn_fail(c->err, "version %u, this build reads %u", s->version, SCN_VERSION);
	if (s->nr_results > SCN_MAX_RESULTS)
		return scn_fail(c->err, "more than %d result lines", SCN_MAX_RESULTS);
	for (unsigned int i = 0; i < s->nr_results; i++) {
		if (!check_result(c, &s->results[i]))
			return false;
	}
	memset(&s->results[s->nr_results], 0, (SCN_MAX_RESULTS - s->nr_results) * sizeof(s->results[0]));
	if (s->has_bug > 1 || (s->has_bug ? s->bug >= BUG_NR : s->bug != 0))
		return scn_fail(c->err, "unknown bug");
	for (unsigned int v = 0; v < VARIANT_NR; v++) {
		if (s->variants[v] >= variant_values(v))
			return scn_fail(c->err, "unknown value of variant %s", variant_infos[v].name);
	}
	c->at.part = PART_MACHINE;
	if (s->narrow > 1 || !classes_are_legal(s->classes))
		return scn_fail(c->err, "machine: geometry or points out of range");
	if (s->data_choices & ~SCN_DATA_CHOICES)
		return scn_fail(c->err, "machine: unknown data choice");
	return true;
}

static bool overlaps(const struct ctx *c, struct scn_addr a, u64 an, struct scn_addr b, u64 bn)
{
	gfn_t x = scn_gfn_bits(a, c->bits), y = scn_gfn_bits(b, c->bits);

	return x < y + bn && y < x + an;
}

/* Is any frame (@all: every frame) of the range shared at start? */
static bool starts_shared(const struct ctx *c, struct scn_addr a, u64 n, bool all)
{
	const struct scenario *s = c->s;

	for (unsigned int i = 0; i < s->nr_shared; i++) {
		u64 size = scn_gfn_bits(s->shared[i].size, c->bits);
		gfn_t x = scn_gfn_bits(a, c->bits), y = scn_gfn_bits(s->shared[i].addr, c->bits);

		if (all ? x >= y && x + n <= y + size : overlaps(c, a, n, s->shared[i].addr, size))
			return true;
	}
	return false;
}

static bool check_shared(struct ctx *c)
{
	struct scenario *s = c->s;

	for (unsigned int i = 0; i < s->nr_shared; i++) {
		u64 n = scn_gfn_bits(s->shared[i].size, c->bits);

		if (!in_memory(c, s->shared[i].addr, n))
			return scn_fail(c->err, "shared range %u is empty or outside memory", i + 1);
		for (unsigned int j = 0; j < i; j++) {
			if (overlaps(c, s->shared[i].addr, n, s->shared[j].addr,
				     scn_gfn_bits(s->shared[j].size, c->bits)))
				return scn_fail(c->err, "shared ranges %u and %u overlap", j + 1, i + 1);
		}
	}
	return true;
}

static bool check_added(struct ctx *c)
{
	struct scenario *s = c->s;

	for (unsigned int i = 0; i < s->nr_added; i++) {
		if (!in_memory(c, s->added[i], 1) || starts_shared(c, s->added[i], 1, false))
			return scn_fail(c->err, "added page %u is shared or outside memory", i + 1);
		for (unsigned int j = 0; j < i; j++) {
			if (overlaps(c, s->added[i], 1, s->added[j], 1))
				return scn_fail(c->err, "page added twice");
		}
	}
	return true;
}

static bool check_mapped(struct ctx *c)
{
	struct scenario *s = c->s;

	for (unsigned int i = 0; i < s->nr_mapped; i++) {
		unsigned int level = s->mapped[i].level;
		bool shared = s->mapped[i].shared || s->vm_kind != VM_TDX;
		u64 n;

		if (s->mapped[i].shared > 1 || !level || level > SCN_MAX_LEVEL || (shared && level != 1))
			return scn_fail(c->err, "mapped page %u: level out of range", i + 1);
		n = 1ull << (c->bits * (level - 1));
		if (!in_memory(c, s->mapped[i].addr, n) || !aligned(c, s->mapped[i].addr, level))
			return scn_fail(c->err, "mapped page %u is unaligned or outside memory", i + 1);
		if (s->vm_kind == VM_TDX && starts_shared(c, s->mapped[i].addr, n, shared) != shared)
			return scn_fail(c->err, "mapped page %u is %s at start", i + 1,
					shared ? "private" : "(partly) shared");
	}
	if (s->nr_mapped && !scn_nr_running(s))
		return scn_fail(c->err, "mapped pages need a vCPU with a program");
	return true;
}

static bool check_vm(struct ctx *c)
{
	struct scenario *s = c->s;

	c->at.part = PART_VM;
	if (s->vm_kind > VM_SW_PROTECTED || s->pending_ve_disable > 1)
		return scn_fail(c->err, "vm: kind out of range");
	if (!c->frames || c->frames > scn_max_frames(s))
		return scn_fail(c->err, "vm: memory is empty or larger than the geometry has");
	if (s->nr_shared > ARRAY_SIZE(s->shared) || s->nr_added > ARRAY_SIZE(s->added) ||
	    s->nr_mapped > ARRAY_SIZE(s->mapped))
		return scn_fail(c->err, "vm: too many shared, added or mapped entries");
	if (s->vm_kind == VM_VMX && (s->pending_ve_disable || s->nr_shared || s->nr_added))
		return scn_fail(c->err, "vm: kind vmx has no shared, added or pending-ve-disable");
	if (s->vm_kind == VM_SW_PROTECTED && (s->pending_ve_disable || s->nr_added))
		return scn_fail(c->err, "vm: kind sw-protected has no added or pending-ve-disable");
	if (!check_shared(c) || !check_added(c) || !check_mapped(c))
		return false;
	memset(&s->shared[s->nr_shared], 0, (ARRAY_SIZE(s->shared) - s->nr_shared) * sizeof(s->shared[0]));
	memset(&s->added[s->nr_added], 0, (ARRAY_SIZE(s->added) - s->nr_added) * sizeof(s->added[0]));
	memset(&s->mapped[s->nr_mapped], 0, (ARRAY_SIZE(s->mapped) - s->nr_mapped) * sizeof(s->mapped[0]));
	return true;
}

/* Needs the TDX module, or a guest that chooses one of two aliases. */
static bool tdx_only(const struct scn_op *op)
{
	return op->kind == OP_ACCEPT || op->kind == OP_MAPGPA || op->shared || op->on_ve;
}

/* Needs a guest_memfd or attributes. */
static bool private_only(const struct scn_op *op)
{
	switch (op->kind) {
	case OP_SET_SHARED:
	case OP_SET_PRIVATE:
	case OP_PUNCH:
		return true;
	default:
		return false;
	}
}

static bool check_fields(const struct ctx *c, const struct scn_op *op, u8 fields)
{
	const struct scn_addr zero = {0, 0, 0};

	if ((!(fields & F_REG) && op->reg) || (!(fields & F_VAL) && op->val) ||
	    (!(fields & F_LEVEL) && op->level) || (!(fields & F_SHARED) && op->shared) ||
	    (!(fields & F_VE) && op->on_ve) || op->pad)
		return false;
	if ((!(fields & F_ADDR) && memcmp(&op->addr, &zero, sizeof(zero))) ||
	    (!(fields & F_SIZE) && memcmp(&op->size, &zero, sizeof(zero))))
		return false;
	if (op->reg >= GUEST_REGS || op->shared > 1 || op->on_ve > SCN_MAX_LEVEL || (op->shared && op->on_ve))
		return false;
	if (fields & F_LEVEL)
		return op->level && op->level <= SCN_MAX_LEVEL && aligned(c, op->addr, op->level);
	return true;
}

static bool check_op(struct ctx *c, const struct scn_thread *t, const struct scn_op *op)
{
	const struct scenario *s = c->s;
	u8 fields;

	if (op->kind >= OP_NR || !(op_fields[op->kind] & F_VCPU) == !!t->is_vcpu)
		return scn_fail(c->err, "operation of the other kind of thread");
	fields = op_fields[op->kind];
	if (s->vm_kind == VM_SW_PROTECTED && tdx_only(op))
		return scn_fail(c->err, "%s: only in a TD, not with kind sw-protected",
				scn_op_names[op->kind][0]);
	if (s->vm_kind == VM_VMX && (tdx_only(op) || private_only(op)))
		return scn_fail(c->err, "%s: not in an ordinary VM (kind vmx)", scn_op_names[op->kind][0]);
	if (!check_fields(c, op, fields))
		return scn_fail(c->err, "%s: register, level, alignment or an unused field out of range",
				scn_op_names[op->kind][0]);
	if (s->vm_kind == VM_TDX && op->kind == OP_EXEC && op->shared)
		return scn_fail(c->err, "exec: a TD that executes shared memory is ended by KVM");
	if ((fields & F_ADDR) && !in_memory(c, op->addr,
					    fields & F_SIZE    ? scn_gfn_bits(op->size, c->bits)
					    : fields & F_LEVEL ? 1ull << (c->bits * (op->level - 1))
							       : 1))
		return scn_fail(c->err, "%s: range is empty or outside memory", scn_op_names[op->kind][0]);
	if (op->kind == OP_PREFAULT && (op->reg < scn_nr_running(s) || op->reg >= scn_nr_vcpus(s)))
		return scn_fail(c->err, "prefault: vCPU %u has a program or does not exist", op->reg);
	return true;
}

static bool check_threads(struct ctx *c)
{
	struct scenario *s = c->s;
	unsigned int vcpus, running;
	u64 frames = 0;

	if (s->nr_threads > SCN_MAX_THREADS)
		return scn_fail(c->err, "more than %d threads", SCN_MAX_THREADS);
	vcpus = scn_nr_vcpus(s);
	running = scn_nr_running(s);

	c->at.part = PART_NONE;
	if (!vcpus || vcpus > SUBJECT_MAX_VCPUS)
		return scn_fail(c->err, "the first 1 to %d threads must be vCPUs", SUBJECT_MAX_VCPUS);
	for (unsigned int i = 0; i < s->nr_threads; i++) {
		struct scn_thread *t = &s->threads[i];

		c->at = (struct scn_where){.part = PART_THREAD, .thread = i};
		if (t->is_vcpu > 1 || t->nr_ops > SCN_MAX_OPS || (t->is_vcpu && i >= vcpus) ||
		    (t->nr_ops && i >= running && i < vcpus))
			return scn_fail(c->err,
					"vCPU threads come first, those without operations last among them");
		c->at.part = PART_OP;
		for (unsigned int j = 0; j < t->nr_ops; j++) {
			c->at.op = j;
			if (!check_op(c, t, &t->ops[j]))
				return false;
			frames += scn_gfn_bits(t->ops[j].size, c->bits);
			if (frames > SCN_MAX_OP_FRAMES)
				return scn_fail(c->err, "operations cover more than %d frames together",
						SCN_MAX_OP_FRAMES);
		}
		memset(&t->ops[t->nr_ops], 0, (SCN_MAX_OPS - t->nr_ops) * sizeof(t->ops[0]));
	}
	memset(&s->threads[s->nr_threads], 0, (SCN_MAX_THREADS - s->nr_threads) * sizeof(s->threads[0]));
	return true;
}

static bool check_atom(struct ctx *c, const struct scn_cond *a)
{
	const struct scenario *s = c->s;

	if (a->kind != COND_VIOLATION && a->id[0])
		return false;
	switch (a->kind) {
	case COND_REG:
		return a->thread < scn_nr_running(s) && a->reg < GUEST_REGS;
	case COND_RET:
		return a->thread < s->nr_threads && a->thread >= scn_nr_vcpus(s) &&
		       a->reg < s->threads[a->thread].nr_ops && a->val < 4096;
	case COND_VIOLATION:
		return !a->thread && !a->reg && !a->val && strnlen(a->id, sizeof(a->id)) < sizeof(a->id) &&
		       (!a->id[0] || invariant_find(a->id));
	case COND_AND:
	case COND_OR:
	case COND_NOT:
		return !a->thread && !a->reg && !a->val;
	}
	return false;
}

static bool check_cond(struct ctx *c)
{
	struct scn_cond *cond = c->s->cond;
	unsigned int i, depth = 0;

	c->at.part = PART_EXISTS;
	for (i = 0; i < SCN_MAX_COND && cond[i].kind != COND_END; i++) {
		unsigned int needs = cond[i].kind == COND_NOT ? 1 : cond[i].kind >= COND_AND ? 2 : 0;

		if (cond[i].pad || !check_atom(c, &cond[i]))
			return scn_fail(c->err,
					"exists: thread, register, operation or invariant does not exist");
		if (depth < needs)
			return scn_fail(c->err, "exists: not an expression");
		depth = depth - needs + 1;
		memset(cond[i].id + strlen(cond[i].id), 0, sizeof(cond[i].id) - strlen(cond[i].id));
	}
	if (i && depth != 1)
		return scn_fail(c->err, "exists: not an expression");
	memset(&cond[i], 0, (SCN_MAX_COND - i) * sizeof(*cond));
	return true;
}

static bool check_schedule(struct ctx *c)
{
	struct scenario *s = c->s;

	c->at.part = PART_SCHEDULE;
	if (s->schedule > SCHED_EXACT || s->nr_gap_bytes > SCN_MAX_GAPS || s->record.nr > ENG_MAX_CHOICES)
		return scn_fail(c->err, "schedule out of range");
	if ((s->schedule != SCHED_GAPS && s->nr_gap_bytes) ||
	    (s->schedule == SCHED_GAPS && !s->nr_gap_bytes) ||
	    (s->schedule != SCHED_EXACT && (s->record.nr || s->build[0])))
		return scn_fail(c->err, "schedule has parts of another kind");
	for (u32 i = 0; i < s->record.nr; i++) {
		u8 kind = s->record.sig[i] >> 5, n = s->record.sig[i] & 31;

		if (kind >= M_CH_NR || n < 2 || n > 16 || s->record.option[i] >= n)
			return scn_fail(c->err, "schedule: choice %u out of range", i);
	}
	memset(&s->gap_bytes[s->nr_gap_bytes], 0, SCN_MAX_GAPS - s->nr_gap_bytes);
	return true;
}

bool scn_validate_at(struct scenario *s, struct scn_error *err, struct scn_where *where)
{
	struct ctx c = {.s = s, .err = err, .bits = scn_bits(s)};
	bool ok;

	c.frames = scn_gfn_bits(s->memory, c.bits);
	ok = check_strings(&c) && check_header(&c) && check_threads(&c) && check_vm(&c) && check_cond(&c) &&
	     check_schedule(&c);
	*where = c.at;
	return ok;
}

bool scn_validate(struct scenario *s, struct scn_error *err)
{
	struct scn_where where;

	return scn_validate_at(s, err, &where);
}
