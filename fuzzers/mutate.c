/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is worth changing follows from what the bugs of this field look like: two threads on one address, or
 * on two addresses under one 2M entry, at a page-table boundary, and a schedule with a handful of
 * preemptions. So addresses are copied between operations more often than invented, and half of all changes
 * are to the schedule.
 */
#include <string.h>

#include "fuzzers/mutate.h"
#include "harness/scenario/program.h"

void mutate_seed(struct mutate_rng *rng, u64 seed)
{
	rng->state = seed * 0x9e3779b97f4a7c15ull + 1;
}

/* splitmix64 */
static u64 next(struct mutate_rng *rng)
{
	u64 z = (rng->state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

u32 mutate_below(struct mutate_rng *rng, u32 n)
{
	return (next(rng) >> 32) * n >> 32;
}

static bool one_in(struct mutate_rng *rng, u32 n)
{
	return !mutate_below(rng, n);
}

/* Addresses */

static bool op_has_addr(const struct scn_op *op)
{
	return op->kind != OP_NOP && op->kind != OP_NX_RECOVER;
}

static bool op_has_size(const struct scn_op *op)
{
	switch (op->kind) {
	case OP_MAPGPA:
	case OP_SET_SHARED:
	case OP_SET_PRIVATE:
	case OP_PUNCH:
	case OP_PREFAULT:
	case OP_HOST_UNMAP:
		return true;
	}
	return false;
}

/* Entries a table: where an address crosses into the next one. */
static u32 table_entries(const struct scenario *s)
{
	return s->narrow ? 8 : 512;
}

/* An address that another operation, or the machine, uses already: where a conflict is. */
static bool borrow_addr(const struct scenario *s, struct mutate_rng *rng, struct scn_addr *out)
{
	struct scn_addr all[SCN_MAX_THREADS * SCN_MAX_OPS + 20];
	u32 nr = 0;

	for (u32 t = 0; t < s->nr_threads; t++)
		for (u32 i = 0; i < s->threads[t].nr_ops; i++)
			if (op_has_addr(&s->threads[t].ops[i]))
				all[nr++] = s->threads[t].ops[i].addr;
	for (u32 i = 0; i < s->nr_shared; i++)
		all[nr++] = s->shared[i].addr;
	for (u32 i = 0; i < s->nr_added; i++)
		all[nr++] = s->added[i];
	for (u32 i = 0; i < s->nr_mapped; i++)
		all[nr++] = s->mapped[i].addr;
	if (!nr)
		return false;
	*out = all[mutate_below(rng, nr)];
	return true;
}

/* First, second, last but one, last entry of a table, or the same entry of its neighbour. */
static void move_to_boundary(const struct scenario *s, struct mutate_rng *rng, struct scn_addr *a)
{
	u32 last = table_entries(s) - 1;

	switch (mutate_below(rng, 7)) {
	case 0:
		a->k = 0;
		break;
	case 1:
		a->k = last;
		break;
	case 2:
		a->k = a->k < last ? a->k + 1 : 0;
		break;
	case 3:
		a->k = (a->k ? a->k : last + 1) - 1;
		break;
	case 4:
		a->m++;
		break;
	case 5:
		a->m = a->m ? a->m - 1 : 0;
		break;
	case 6:
		a->m = 0;
		a->k = 0;
		break;
	}
}

static void mutate_addr(const struct scenario *s, struct mutate_rng *rng, struct scn_addr *a)
{
	if (mutate_below(rng, 3) || !borrow_addr(s, rng, a))
		move_to_boundary(s, rng, a);
}

/* One page, a few pages, all but one of a 2M page, a 2M page, two. */
static void mutate_size(const struct scenario *s, struct mutate_rng *rng, scn_size *size)
{
	*size = (scn_size){0};
	switch (mutate_below(rng, 5)) {
	case 0:
		size->k = 1;
		break;
	case 1:
		size->k = 2 + mutate_below(rng, 3);
		break;
	case 2:
		size->k = table_entries(s) - 1;
		break;
	case 3:
		size->m = 1;
		break;
	case 4:
		size->m = 2;
		break;
	}
}

/* Operations */

/* Fuzz inputs have no AWAIT: what it waits for would seldom come. */
static u8 random_kind(struct mutate_rng *rng, bool is_vcpu)
{
	static const u8 vcpu_kinds[] = {OP_READ, OP_WRITE, OP_EXEC, OP_ACCEPT, OP_MAPGPA, OP_NOP};

	if (is_vcpu)
		return vcpu_kinds[mutate_below(rng, ARRAY_SIZE(vcpu_kinds))];
	return OP_NOP + 1 + mutate_below(rng, OP_NR - OP_NOP - 1);
}

static void new_op(const struct scenario *s, struct mutate_rng *rng, bool is_vcpu, struct scn_op *op)
{
	*op = (struct scn_op){.kind = random_kind(rng, is_vcpu)};
	if (!borrow_addr(s, rng, &op->addr) || one_in(rng, 3))
		move_to_boundary(s, rng, &op->addr);
	if (op_has_size(op))
		mutate_size(s, rng, &op->size);
	op->level = op->kind == OP_ACCEPT ? 1 + mutate_below(rng, 2) : 0;
	op->shared = is_vcpu && op->kind != OP_ACCEPT && one_in(rng, 3);
	op->on_ve = is_vcpu && op->kind <= OP_EXEC && !op->shared ? mutate_below(rng, 3) : 0;
	op->val = 1 + mutate_below(rng, 3);
	op->reg = mutate_below(rng, GUEST_REGS);
}

static void change_op(const struct scenario *s, struct mutate_rng *rng, bool is_vcpu, struct scn_op *op)
{
	switch (mutate_below(rng, 7)) {
	case 0:
		op->kind = random_kind(rng, is_vcpu);
		if (op_has_size(op) && !(op->size.g | op->size.m | op->size.k))
			mutate_size(s, rng, &op->size);
		if (op->kind == OP_ACCEPT && !op->level)
			op->level = 1;
		break;
	case 1:
	case 2:
		mutate_addr(s, rng, &op->addr);
		break;
	case 3:
		mutate_size(s, rng, &op->size);
		break;
	case 4:
		op->shared = !op->shared;
		break;
	case 5:
		if (op->kind == OP_ACCEPT)
			op->level = 3 - op->level;
		else
			op->on_ve = mutate_below(rng, 3);
		break;
	case 6:
		op->val = 1 + mutate_below(rng, 3);
		op->reg = mutate_below(rng, GUEST_REGS);
		break;
	}
}

static void insert_op(struct scn_thread *t, u32 at, const struct scn_op *op)
{
	memmove(&t->ops[at + 1], &t->ops[at], (t->nr_ops - at) * sizeof(*op));
	t->ops[at] = *op;
	t->nr_ops++;
}

static void remove_op(struct scn_thread *t, u32 at)
{
	t->nr_ops--;
	memmove(&t->ops[at], &t->ops[at + 1], (t->nr_ops - at) * sizeof(t->ops[0]));
	memset(&t->ops[t->nr_ops], 0, sizeof(t->ops[0]));
}

static void swap_ops(struct scn_thread *t, u32 i, u32 j)
{
	struct scn_op op = t->ops[i];

	t->ops[i] = t->ops[j];
	t->ops[j] = op;
}

static void mutate_program(struct scenario *s, struct mutate_rng *rng)
{
	struct scn_thread *t;
	struct scn_op op;

	if (!s->nr_threads)
		return;
	t = &s->threads[mutate_below(rng, s->nr_threads)];
	if (!t->nr_ops || (t->nr_ops < SCN_MAX_OPS && one_in(rng, 4))) {
		new_op(s, rng, t->is_vcpu, &op);
		insert_op(t, mutate_below(rng, t->nr_ops + 1), &op);
	} else if (t->nr_ops < SCN_MAX_OPS && one_in(rng, 8)) {
		op = t->ops[mutate_below(rng, t->nr_ops)];
		insert_op(t, mutate_below(rng, t->nr_ops + 1), &op);
	} else if (one_in(rng, 5)) {
		remove_op(t, mutate_below(rng, t->nr_ops));
	} else if (one_in(rng, 6)) {
		swap_ops(t, mutate_below(rng, t->nr_ops), mutate_below(rng, t->nr_ops));
	} else {
		change_op(s, rng, t->is_vcpu, &t->ops[mutate_below(rng, t->nr_ops)]);
	}
}

static void add_thread(struct scenario *s, struct mutate_rng *rng)
{
	struct scn_thread *t = &s->threads[s->nr_threads];

	if (s->nr_threads && one_in(rng, 2)) {
		*t = s->threads[mutate_below(rng, s->nr_threads)];
	} else {
		*t = (struct scn_thread){.is_vcpu = mutate_below(rng, 2)};
		new_op(s, rng, t->is_vcpu, &t->ops[0]);
		/* Only a vCPU without a program can be prefaulted on. */
		t->nr_ops = !(t->is_vcpu && one_in(rng, 3));
	}
	s->nr_threads++;
}

static void remove_thread(struct scenario *s, u32 at)
{
	s->nr_threads--;
	memmove(&s->threads[at], &s->threads[at + 1], (s->nr_threads - at) * sizeof(s->threads[0]));
	memset(&s->threads[s->nr_threads], 0, sizeof(s->threads[0]));
}

static void mutate_threads(struct scenario *s, struct mutate_rng *rng)
{
	if (s->nr_threads < 2 || (s->nr_threads < SCN_MAX_THREADS && one_in(rng, 2)))
		add_thread(s, rng);
	else
		remove_thread(s, mutate_below(rng, s->nr_threads));
}

/* The machine before the threads start */

static void mutate_mapped(struct scenario *s, struct mutate_rng *rng)
{
	u32 nr = s->nr_mapped;

	if (nr && one_in(rng, 2)) {
		s->nr_mapped = --nr;
		memset(&s->mapped[nr], 0, sizeof(s->mapped[0]));
	} else if (nr < 8) {
		borrow_addr(s, rng, &s->mapped[nr].addr);
		s->mapped[nr].level = one_in(rng, 4) ? 2 : 1;
		s->mapped[nr].shared = one_in(rng, 4);
		s->nr_mapped++;
	}
}

static void mutate_shared(struct scenario *s, struct mutate_rng *rng)
{
	u32 nr = s->nr_shared;

	if (nr && one_in(rng, 2)) {
		s->nr_shared = --nr;
		memset(&s->shared[nr], 0, sizeof(s->shared[0]));
	} else if (nr < 4) {
		borrow_addr(s, rng, &s->shared[nr].addr);
		mutate_size(s, rng, &s->shared[nr].size);
		s->nr_shared++;
	}
}

static void mutate_machine(struct scenario *s, struct mutate_rng *rng)
{
	switch (mutate_below(rng, 8)) {
	case 0:
		s->narrow = !s->narrow;
		break;
	case 1:
		s->pending_ve_disable = !s->pending_ve_disable;
		break;
	case 2:
		s->data_choices ^= 1u << (1 + mutate_below(rng, M_CH_FORCED - 1));
		break;
	case 3:
	case 4:
		mutate_shared(s, rng);
		break;
	default:
		mutate_mapped(s, rng);
	}
}

/* The schedule: pairs (gap, option) of eng_strategy_bytes() */

static void insert_gap(struct scenario *s, struct mutate_rng *rng)
{
	u32 pairs = s->nr_gap_bytes / 2, at = 2 * mutate_below(rng, pairs + 1);

	if (s->nr_gap_bytes + 2 > SCN_MAX_GAPS)
		return;
	memmove(&s->gap_bytes[at + 2], &s->gap_bytes[at], s->nr_gap_bytes - at);
	/* Most preemptions that matter are near the one before. From 0xf0 on a gap has a second byte: fuzzers
	 * find it. */
	s->gap_bytes[at] = one_in(rng, 3) ? mutate_below(rng, 0xf0) : mutate_below(rng, 24);
	s->gap_bytes[at + 1] = one_in(rng, 4) ? mutate_below(rng, 256) : mutate_below(rng, 4);
	s->nr_gap_bytes += 2;
}

static void remove_gap(struct scenario *s, struct mutate_rng *rng)
{
	u32 at = 2 * mutate_below(rng, s->nr_gap_bytes / 2);

	s->nr_gap_bytes -= 2;
	memmove(&s->gap_bytes[at], &s->gap_bytes[at + 2], s->nr_gap_bytes - at);
	memset(&s->gap_bytes[s->nr_gap_bytes], 0, SCN_MAX_GAPS - s->nr_gap_bytes);
}

static void mutate_schedule(struct scenario *s, struct mutate_rng *rng)
{
	u32 pairs = s->nr_gap_bytes / 2, at;

	s->schedule = SCHED_GAPS;
	if (!pairs || one_in(rng, 3)) {
		insert_gap(s, rng);
		return;
	}
	at = 2 * mutate_below(rng, pairs);
	switch (mutate_below(rng, 5)) {
	case 0:
		remove_gap(s, rng);
		break;
	case 1:
		s->gap_bytes[at] += one_in(rng, 2) ? 1 : -1;
		break;
	case 2:
		s->gap_bytes[at] = mutate_below(rng, one_in(rng, 2) ? 0xf0 : 32);
		break;
	case 3:
		s->gap_bytes[at + 1]++;
		break;
	case 4:
		/* Slide one preemption without moving those after it. */
		if (at + 2 < s->nr_gap_bytes && s->gap_bytes[at + 2]) {
			s->gap_bytes[at]++;
			s->gap_bytes[at + 2]--;
		}
		break;
	}
}

/* The order that a scenario has its threads in: vCPUs with a program, vCPUs without one, host threads. */
static u32 thread_rank(const struct scn_thread *t)
{
	return t->is_vcpu ? !t->nr_ops : 2;
}

static void sort_threads(struct scenario *s)
{
	for (u32 i = 1; i < s->nr_threads; i++)
		for (u32 j = i; j && thread_rank(&s->threads[j - 1]) > thread_rank(&s->threads[j]); j--) {
			struct scn_thread t = s->threads[j];

			s->threads[j] = s->threads[j - 1];
			s->threads[j - 1] = t;
		}
}

/*
 * What decoding makes of any bytes, it makes of a mutant too: addresses inside memory, operations that the
 * machine has. False: nothing legal is near.
 */
static bool make_legal(struct scenario *s)
{
	sort_threads(s);
	return program_repair(s) && scn_validate(s, NULL);
}

static void mutate_once(struct scenario *s, struct mutate_rng *rng)
{
	u32 what = mutate_below(rng, 100);

	if (what < 50)
		mutate_schedule(s, rng);
	else if (what < 85)
		mutate_program(s, rng);
	else if (what < 93)
		mutate_machine(s, rng);
	else
		mutate_threads(s, rng);
}

/* Each change on a copy: one that leads out of the legal scenarios is dropped. */
void mutate_scenario(struct scenario *s, struct mutate_rng *rng)
{
	static struct scenario tried;
	u32 changes = 1 + mutate_below(rng, 4);

	for (u32 tries = 0; changes && tries < 16; tries++) {
		tried = *s;
		mutate_once(&tried, rng);
		if (!make_legal(&tried))
			continue;
		*s = tried;
		changes--;
	}
}

static void take_schedule(struct scenario *a, const struct scenario *b, struct mutate_rng *rng)
{
	u32 keep = 2 * mutate_below(rng, a->nr_gap_bytes / 2 + 1);
	u32 from = 2 * mutate_below(rng, b->nr_gap_bytes / 2 + 1);
	u32 nr = b->nr_gap_bytes - from;

	if (keep + nr > SCN_MAX_GAPS)
		nr = SCN_MAX_GAPS - keep;
	memset(a->gap_bytes + keep, 0, SCN_MAX_GAPS - keep);
	memcpy(a->gap_bytes + keep, b->gap_bytes + from, nr);
	a->nr_gap_bytes = keep + nr;
	a->schedule = SCHED_GAPS;
}

static void take_thread(struct scenario *a, const struct scenario *b, struct mutate_rng *rng)
{
	u32 at = mutate_below(rng, a->nr_threads + 1);

	if (!b->nr_threads)
		return;
	if (at == a->nr_threads) {
		if (at == SCN_MAX_THREADS)
			return;
		a->nr_threads++;
	}
	a->threads[at] = b->threads[mutate_below(rng, b->nr_threads)];
}

void mutate_cross(struct scenario *a, const struct scenario *b, struct mutate_rng *rng)
{
	static struct scenario tried;

	tried = *a;
	if (one_in(rng, 2))
		take_schedule(&tried, b, rng);
	else
		take_thread(&tried, b, rng);
	if (make_legal(&tried))
		*a = tried;
}

/* Inputs */

/* An encoding that turns out too long leaves @out as it was. */
static size_t encode(const struct scenario *s, u8 *out, size_t max)
{
	static u8 bytes[4096];
	size_t size = scn_encode_fuzz(s, bytes, min(max, sizeof(bytes)));

	memcpy(out, bytes, size);
	return size;
}

size_t mutate_input(u8 *data, size_t size, size_t max, struct mutate_rng *rng)
{
	static struct scenario s;
	size_t out = 0;

	scn_init(&s);
	if (scn_decode_fuzz(&s, data, size)) {
		mutate_scenario(&s, rng);
		out = encode(&s, data, max);
	}
	scn_free(&s);
	return out;
}

size_t mutate_cross_inputs(const u8 *a, size_t a_size, const u8 *b, size_t b_size, u8 *out, size_t max,
			   struct mutate_rng *rng)
{
	static struct scenario first, second;
	size_t size = 0;

	scn_init(&first);
	scn_init(&second);
	if (scn_decode_fuzz(&first, a, a_size) && scn_decode_fuzz(&second, b, b_size)) {
		mutate_cross(&first, &second, rng);
		size = encode(&first, out, max);
	}
	scn_free(&first);
	scn_free(&second);
	return size;
}
