// SPDX-License-Identifier: GPL-2.0-only
/*
 * Total reading of fuzz inputs: whatever the bytes said becomes a legal program close to it. A program that
 * is legal already is not changed, so that a saved scenario and a fuzz input of the same bytes run alike.
 */
#include <string.h>

#include "harness/scenario/program.h"

static void clamp_addr(const struct scenario *s, struct scn_addr *a, u64 frames)
{
	unsigned int bits = scn_bits(s);

	if (scn_gfn_bits(*a, bits) < frames)
		return;
	a->g = 0;
	a->m &= 3;
	a->k &= (1u << bits) - 1;
	if (scn_gfn_bits(*a, bits) >= frames)
		a->m = 0;
	if (a->k >= frames)
		a->k = (u16)(a->k % frames);
}

static void clamp_range(const struct scenario *s, struct scn_addr *a, scn_size *size, u64 frames)
{
	unsigned int bits = scn_bits(s);
	u64 n = scn_gfn_bits(*size, bits);

	clamp_addr(s, a, frames);
	if (!n || n > frames || scn_gfn_bits(*a, bits) > frames - n)
		*size = (scn_size){.k = 1};
}

/* The page of @level that @a is in, or a 4K page where that does not fit into memory. */
static void clamp_page(const struct scenario *s, struct scn_addr *a, u8 *level, u64 frames)
{
	unsigned int bits = scn_bits(s);

	clamp_addr(s, a, frames);
	if (*level == 1)
		return;
	if ((scn_gfn_bits(*a, bits) >> bits) + 1 > frames >> bits)
		*level = 1;
	else if (a->k & ((1u << bits) - 1))
		a->k &= (u16) ~((1u << bits) - 1);
}

static bool is_shared(const struct scenario *s, struct scn_addr a, unsigned int level, bool all)
{
	unsigned int bits = scn_bits(s);
	gfn_t gfn = scn_gfn_bits(a, bits), end = gfn + (1ull << (bits * (level - 1)));

	for (unsigned int i = 0; i < s->nr_shared; i++) {
		gfn_t start = scn_gfn_bits(s->shared[i].addr, bits),
		      stop = start + scn_gfn_bits(s->shared[i].size, bits);

		if (all ? gfn >= start && end <= stop : gfn < stop && start < end)
			return true;
	}
	return false;
}

static void repair_shared(struct scenario *s, u64 frames)
{
	unsigned int n = 0, bits = scn_bits(s);

	for (unsigned int i = 0; i < s->nr_shared; i++) {
		gfn_t gfn, end;
		bool hit = false;

		clamp_range(s, &s->shared[i].addr, &s->shared[i].size, frames);
		gfn = scn_gfn_bits(s->shared[i].addr, bits);
		end = gfn + scn_gfn_bits(s->shared[i].size, bits);
		for (unsigned int j = 0; j < n; j++) {
			gfn_t other = scn_gfn_bits(s->shared[j].addr, bits);

			hit |= gfn < other + scn_gfn_bits(s->shared[j].size, bits) && other < end;
		}
		if (!hit)
			s->shared[n++] = s->shared[i];
	}
	s->nr_shared = (u8)n;
}

static void repair_added(struct scenario *s, u64 frames)
{
	unsigned int n = 0, bits = scn_bits(s);

	for (unsigned int i = 0; i < s->nr_added; i++) {
		bool hit;

		clamp_addr(s, &s->added[i], frames);
		hit = is_shared(s, s->added[i], 1, false);
		for (unsigned int j = 0; j < n; j++)
			hit |= scn_gfn_bits(s->added[i], bits) == scn_gfn_bits(s->added[j], bits);
		if (!hit)
			s->added[n++] = s->added[i];
	}
	s->nr_added = (u8)n;
}

static void repair_mapped(struct scenario *s, u64 frames)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->nr_mapped; i++) {
		if (s->vm_kind == VM_VMX)
			s->mapped[i].shared = 0;
		if (s->vm_kind == VM_VMX || s->mapped[i].shared)
			s->mapped[i].level = 1;
		clamp_page(s, &s->mapped[i].addr, &s->mapped[i].level, frames);
		if (s->vm_kind == VM_VMX || is_shared(s, s->mapped[i].addr, s->mapped[i].level,
						      s->mapped[i].shared) == s->mapped[i].shared)
			s->mapped[n++] = s->mapped[i];
	}
	s->nr_mapped = scn_nr_running(s) ? (u8)n : 0;
}

/* vCPUs without a program behind those with one; host threads without one are nothing. */
static void repair_threads(struct scenario *s)
{
	struct scn_thread out[SCN_MAX_THREADS];
	unsigned int n = 0;

	memset(out, 0, sizeof(out));
	for (unsigned int pass = 0; pass < 3; pass++) {
		for (unsigned int i = 0; i < s->nr_threads; i++) {
			const struct scn_thread *t = &s->threads[i];
			unsigned int belongs = !t->is_vcpu ? (t->nr_ops ? 2 : 3) : (t->nr_ops ? 0 : 1);

			if (belongs == pass)
				out[n++] = *t;
		}
	}
	memcpy(s->threads, out, sizeof(out));
	s->nr_threads = (u8)n;
}

/* What an ordinary VM does instead of what only a TD has. */
static u8 vmx_kind(u8 kind)
{
	switch (kind) {
	case OP_ACCEPT:
		return OP_READ;
	case OP_MAPGPA:
		return OP_EXEC;
	case OP_SET_SHARED:
	case OP_SET_PRIVATE:
		return OP_HOST_UNMAP;
	case OP_PUNCH:
		return OP_NX_RECOVER;
	default:
		return kind;
	}
}

/* Prefaults are for vCPUs without a program, and there is one. */
static u8 repair_prefault_vcpu(const struct scenario *s, u8 reg)
{
	unsigned int first = scn_nr_running(s), end = scn_nr_vcpus(s);

	return reg >= first && reg < end ? reg : first + reg % (end - first);
}

static u8 repair_kind(const struct scenario *s, const struct scn_op *op)
{
	u8 kind = s->vm_kind == VM_VMX ? vmx_kind(op->kind) : op->kind;

	/* A guest that waits is bounded only by what somebody else does: not for random programs. */
	if (kind == OP_AWAIT)
		return OP_READ;
	if (kind == OP_PREFAULT && scn_nr_running(s) == scn_nr_vcpus(s))
		return s->vm_kind == VM_VMX ? OP_HOST_UNMAP : OP_SET_PRIVATE;
	return kind;
}

/* @left: frames that this and the later operations may cover, and one for each of them on top. */
static void repair_budget(const struct scenario *s, struct scn_op *op, u64 *left)
{
	u64 n = scn_gfn_bits(op->size, scn_bits(s));

	if (n > 1 && n + SCN_MAX_THREADS * SCN_MAX_OPS > *left) {
		op->size = (scn_size){.k = 1};
		n = 1;
	}
	*left -= n;
}

static void repair_op(const struct scenario *s, struct scn_op *op, u64 frames)
{
	u8 fields;

	op->kind = repair_kind(s, op);
	fields = op_fields[op->kind];
	op->reg = fields & F_REG ? op->reg % GUEST_REGS : 0;
	if (op->kind == OP_PREFAULT)
		op->reg = repair_prefault_vcpu(s, op->reg);
	op->val = fields & F_VAL ? op->val : 0;
	op->shared = fields & F_SHARED && s->vm_kind == VM_TDX && op->kind != OP_EXEC ? op->shared : 0;
	op->level = fields & F_LEVEL ? op->level : 0;
	op->on_ve =
		fields & F_VE && s->vm_kind == VM_TDX && !op->shared ? min(op->on_ve, (u8)SCN_MAX_LEVEL) : 0;
	if (!(fields & F_SIZE))
		op->size = (scn_size){0};
	if (!(fields & F_ADDR))
		op->addr = (struct scn_addr){0};
	else if (fields & F_SIZE)
		clamp_range(s, &op->addr, &op->size, frames);
	else if (fields & F_LEVEL)
		clamp_page(s, &op->addr, &op->level, frames);
	else
		clamp_addr(s, &op->addr, frames);
}

bool program_repair(struct scenario *s)
{
	u64 frames, left = SCN_MAX_OP_FRAMES + SCN_MAX_THREADS * SCN_MAX_OPS;

	repair_threads(s);
	if (!scn_nr_running(s))
		return false;
	frames = scn_gfn_bits(s->memory, scn_bits(s));
	if (!frames || frames > scn_max_frames(s)) {
		s->memory = (scn_size){.m = 4};
		frames = scn_gfn_bits(s->memory, scn_bits(s));
	}
	if (s->vm_kind == VM_VMX)
		s->pending_ve_disable = s->nr_shared = s->nr_added = 0;
	repair_shared(s, frames);
	repair_added(s, frames);
	repair_mapped(s, frames);
	for (unsigned int i = 0; i < s->nr_threads; i++) {
		for (unsigned int j = 0; j < s->threads[i].nr_ops; j++) {
			repair_op(s, &s->threads[i].ops[j], frames);
			repair_budget(s, &s->threads[i].ops[j], &left);
		}
	}
	return true;
}
