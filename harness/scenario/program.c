// SPDX-License-Identifier: GPL-2.0-only
/* The program encoding, both ways (program.h). */
#include "harness/scenario/program.h"

#include <string.h>

#define ESCAPE 0xff

/* Frames within a 2M page that a short address can name: its ends, neighbours of them, the middle of a narrow
 * one. */
static const u16 short_k[6] = {0, 1, 2, 3, 7, 511};
#define SHORT_G 2
#define SHORT_M 4
#define NR_SHORT (SHORT_G * SHORT_M * ARRAY_SIZE(short_k))

static const scn_size short_sizes[8] = {
	{.k = 1}, {.k = 2}, {.m = 1}, {.m = 2}, {.g = 1}, {.k = 3}, {.k = 4}, {.k = 7},
};
static const scn_size short_memory[6] = {
	{.m = 2}, {.m = 4}, {.g = 1}, {.g = 2}, {.m = 1}, {.g = 4},
};

static u16 rd_u16(struct scn_reader *r)
{
	u32 value = rd_varint(r);

	if (value > 0xffff)
		rd_bad(r, "address out of range");
	return (u16)value;
}

static struct scn_addr read_long(struct scn_reader *r)
{
	struct scn_addr a;

	a.g = rd_u16(r);
	a.m = rd_u16(r);
	a.k = rd_u16(r);
	return a;
}

static void write_long(struct scn_writer *w, struct scn_addr a)
{
	wr_byte(w, ESCAPE);
	wr_varint(w, a.g);
	wr_varint(w, a.m);
	wr_varint(w, a.k);
}

static struct scn_addr read_addr(struct scn_reader *r)
{
	unsigned int code = rd_byte(r), nk = ARRAY_SIZE(short_k);

	if (code == ESCAPE)
		return read_long(r);
	if (code >= NR_SHORT)
		rd_bad(r, "unknown short address");
	code %= NR_SHORT;
	return (struct scn_addr){
		.g = code / (SHORT_M * nk), .m = code / nk % SHORT_M, .k = short_k[code % nk]};
}

static void write_addr(struct scn_writer *w, struct scn_addr a)
{
	unsigned int nk = ARRAY_SIZE(short_k);

	for (unsigned int i = 0; i < nk; i++) {
		if (a.k == short_k[i] && a.g < SHORT_G && a.m < SHORT_M) {
			wr_byte(w, (u8)((a.g * SHORT_M + a.m) * nk + i));
			return;
		}
	}
	write_long(w, a);
}

static bool same(struct scn_addr a, struct scn_addr b)
{
	return a.g == b.g && a.m == b.m && a.k == b.k;
}

static scn_size read_size(struct scn_reader *r, const scn_size *table, unsigned int nr)
{
	unsigned int code = rd_byte(r);

	if (code == ESCAPE)
		return read_long(r);
	if (code >= nr)
		rd_bad(r, "unknown short size");
	return table[code % nr];
}

static void write_size(struct scn_writer *w, scn_size size, const scn_size *table, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		if (same(size, table[i])) {
			wr_byte(w, (u8)i);
			return;
		}
	}
	write_long(w, size);
}

/* A count of at most @max; larger ones keep their low bits @mask when reading is total. */
static u8 count(struct scn_reader *r, unsigned int value, unsigned int max, unsigned int mask)
{
	if (value <= max)
		return (u8)value;
	rd_bad(r, "too many entries");
	return value & mask;
}

static const struct shape {
	u8 vm_kind, narrow, number;
} shapes[] = {
	{VM_TDX, 1, 0}, {VM_TDX, 0, 7},		 {VM_VMX, 1, 6},
	{VM_VMX, 0, 5}, {VM_SW_PROTECTED, 1, 4}, {VM_SW_PROTECTED, 0, 3},
};

/* A fuzz input has no VM that only a kernel tree knows: it is a narrow TD, as for all other numbers. */
static const struct shape *find_shape(const struct scn_reader *r, u8 number)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(shapes); i++) {
		if (shapes[i].number == number && !(r->total && shapes[i].vm_kind == VM_SW_PROTECTED))
			return &shapes[i];
	}
	return NULL;
}

static void read_kind(struct scn_reader *r, struct scenario *s)
{
	u8 byte = rd_byte(r);
	const struct shape *shape = find_shape(r, byte & 7);

	if (!shape || ((byte >> 4 & 7) == 7 && !(byte & 128)))
		rd_bad(r, "unknown machine");
	s->narrow = shape ? shape->narrow : 1;
	s->vm_kind = shape ? shape->vm_kind : VM_TDX;
	s->pending_ve_disable = byte >> 3 & 1;
	s->classes = (byte >> 4 & 7) ^ 7;
	if ((byte & 128) && !r->total)
		s->classes |= (u8)(rd_byte(r) << 3);
	if (!s->classes)
		s->classes = SCN_ALL_CLASSES;
}

static void write_kind(struct scn_writer *w, const struct scenario *s)
{
	u8 depth = s->classes >> 3, shape = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(shapes); i++) {
		if (shapes[i].vm_kind == s->vm_kind && shapes[i].narrow == s->narrow)
			shape = shapes[i].number;
	}

	wr_byte(w, (u8)(shape | s->pending_ve_disable << 3 | (~s->classes & 7) << 4 | (depth ? 128 : 0)));
	if (depth)
		wr_byte(w, depth);
}

static int variant_by_number(u8 number)
{
	for (int i = 0; i < VARIANT_NR; i++) {
		if (variant_infos[i].number == number)
			return i;
	}
	return -1;
}

/* A fuzz input may choose the shape of mappings; the other variants are designs that are known to be wrong.
 */
static void read_variants(struct scn_reader *r, struct scenario *s)
{
	unsigned int n = rd_byte(r);

	if (r->total)
		n &= 1;
	for (unsigned int i = 0; i < n && !r->bad; i++) {
		int id = variant_by_number(rd_byte(r));
		u8 value = rd_byte(r);

		if (r->total)
			s->variants[VARIANT_huge] = value & 1;
		else if (id < 0)
			rd_bad(r, "unknown variant");
		else
			s->variants[id] = value;
	}
}

static void write_variants(struct scn_writer *w, const struct scenario *s)
{
	u8 n = 0;

	for (unsigned int i = 0; i < VARIANT_NR; i++)
		n += !!s->variants[i];
	wr_byte(w, n);
	for (unsigned int i = 0; i < VARIANT_NR; i++) {
		if (s->variants[i]) {
			wr_byte(w, (u8)variant_infos[i].number);
			wr_byte(w, s->variants[i]);
		}
	}
}

static void read_vm(struct scn_reader *r, struct scenario *s)
{
	u8 counts, mapped;

	s->memory = read_size(r, short_memory, ARRAY_SIZE(short_memory));
	counts = rd_byte(r);
	mapped = rd_byte(r);
	s->nr_shared = count(r, counts & 15, ARRAY_SIZE(s->shared), 1);
	s->nr_added = count(r, counts >> 4, ARRAY_SIZE(s->added), 1);
	s->nr_mapped = count(r, mapped, ARRAY_SIZE(s->mapped), 3);
	for (unsigned int i = 0; i < s->nr_shared; i++) {
		s->shared[i].addr = read_addr(r);
		s->shared[i].size = read_size(r, short_sizes, ARRAY_SIZE(short_sizes));
	}
	for (unsigned int i = 0; i < s->nr_added; i++)
		s->added[i] = read_addr(r);
	for (unsigned int i = 0; i < s->nr_mapped; i++) {
		u8 how = rd_byte(r);

		if (how > 3)
			rd_bad(r, "unknown kind of mapped page");
		s->mapped[i].shared = how & 1;
		s->mapped[i].level = 1 + (how >> 1 & 1);
		s->mapped[i].addr = read_addr(r);
	}
}

static void write_vm(struct scn_writer *w, const struct scenario *s)
{
	write_size(w, s->memory, short_memory, ARRAY_SIZE(short_memory));
	wr_byte(w, (u8)(s->nr_shared | s->nr_added << 4));
	wr_byte(w, s->nr_mapped);
	for (unsigned int i = 0; i < s->nr_shared; i++) {
		write_addr(w, s->shared[i].addr);
		write_size(w, s->shared[i].size, short_sizes, ARRAY_SIZE(short_sizes));
	}
	for (unsigned int i = 0; i < s->nr_added; i++)
		write_addr(w, s->added[i]);
	for (unsigned int i = 0; i < s->nr_mapped; i++) {
		wr_byte(w, (u8)(s->mapped[i].shared | (s->mapped[i].level - 1) << 1));
		write_addr(w, s->mapped[i].addr);
	}
}

/* Any number names an operation of the kind of thread that it stands in. */
static u8 total_kind(unsigned int kind, bool vcpu)
{
	static const u8 spare[2][2] = {{OP_SET_SHARED, OP_SET_PRIVATE}, {OP_READ, OP_ACCEPT}};

	if (kind >= OP_NR)
		return spare[vcpu][kind & 1];
	if (!(op_fields[kind] & F_VCPU) == !vcpu)
		return (u8)kind;
	return (u8)(vcpu ? kind - OP_SET_SHARED : kind + OP_SET_SHARED);
}

static void read_op(struct scn_reader *r, struct scn_op *op, bool vcpu)
{
	u8 byte = rd_byte(r), fields;

	op->kind = r->total ? total_kind(byte & 15, vcpu) : byte & 15;
	if (op->kind >= OP_NR) {
		rd_bad(r, "unknown operation");
		return;
	}
	fields = op_fields[op->kind];
	op->shared = byte >> 4 & 1;
	op->on_ve = byte >> 6;
	op->level = fields & F_LEVEL ? 1 + (byte >> 5 & 1) : 0;
	if (!(fields & F_LEVEL) && (byte & 32))
		rd_bad(r, "operation has a level");
	if (fields & F_ADDR)
		op->addr = read_addr(r);
	if (fields & F_SIZE)
		op->size = read_size(r, short_sizes, ARRAY_SIZE(short_sizes));
	if (fields & F_REG)
		op->reg = rd_byte(r);
	if (fields & F_VAL)
		op->val = rd_byte(r);
}

static void write_op(struct scn_writer *w, const struct scn_op *op)
{
	u8 fields = op_fields[op->kind];

	wr_byte(w, (u8)(op->kind | op->shared << 4 | (op->level == 2) << 5 | op->on_ve << 6));
	if (fields & F_ADDR)
		write_addr(w, op->addr);
	if (fields & F_SIZE)
		write_size(w, op->size, short_sizes, ARRAY_SIZE(short_sizes));
	if (fields & F_REG)
		wr_byte(w, op->reg);
	if (fields & F_VAL)
		wr_byte(w, op->val);
}

static void read_threads(struct scn_reader *r, struct scenario *s)
{
	unsigned int n = rd_byte(r);

	if (r->total)
		n = n <= SCN_MAX_THREADS ? n : 1 + n % SCN_MAX_THREADS;
	s->nr_threads = count(r, n, SCN_MAX_THREADS, 0);
	for (unsigned int i = 0; i < s->nr_threads && !r->bad; i++) {
		struct scn_thread *t = &s->threads[i];
		u8 byte = rd_byte(r);

		t->is_vcpu = byte >> 7;
		if (r->total)
			t->is_vcpu = !i || (t->is_vcpu && s->threads[i - 1].is_vcpu && i < SUBJECT_MAX_VCPUS);
		t->nr_ops = count(r, byte & 127, SCN_MAX_OPS, 7);
		for (unsigned int j = 0; j < t->nr_ops && !r->bad; j++)
			read_op(r, &t->ops[j], t->is_vcpu);
	}
}

void program_read(struct scn_reader *r, struct scenario *s)
{
	u8 choices;

	read_kind(r, s);
	choices = rd_byte(r);
	s->data_choices = (u8)(choices << 1) & (r->total ? SCN_FUZZ_CHOICES : SCN_DATA_CHOICES);
	if (choices != s->data_choices >> 1)
		rd_bad(r, "unknown data choice");
	read_variants(r, s);
	read_vm(r, s);
	read_threads(r, s);
}

void program_write(struct scn_writer *w, const struct scenario *s)
{
	write_kind(w, s);
	wr_byte(w, s->data_choices >> 1);
	write_variants(w, s);
	write_vm(w, s);
	wr_byte(w, s->nr_threads);
	for (unsigned int i = 0; i < s->nr_threads; i++) {
		wr_byte(w, (u8)(s->threads[i].is_vcpu << 7 | s->threads[i].nr_ops));
		for (unsigned int j = 0; j < s->threads[i].nr_ops; j++)
			write_op(w, &s->threads[i].ops[j]);
	}
}
