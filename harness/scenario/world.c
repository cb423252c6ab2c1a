// SPDX-License-Identifier: GPL-2.0-only
/* From a scenario to a machine with a VM in it. */
#include "harness/scenario/world.h"

#include <string.h>

#include "model/seam/seam.h"

/* Exits that a VMM answers before it gives a vCPU up: a guest whose exits never end is its own fault. */
#define MAX_EXITS 64
/* Where instructions without a result register leave a #VE, and AWAIT what it read. */
#define SCRATCH_REG 7

static gpa_t gpa_of(struct scn_addr a, bool shared)
{
	return (scn_gfn(a) | (shared ? hw_shared_gfn_bit() : 0)) << PAGE_SHIFT;
}

static const u8 guest_ops[OP_NR] = {
	[OP_READ] = G_READ,	[OP_WRITE] = G_WRITE,	  [OP_EXEC] = G_EXEC, [OP_ACCEPT] = G_ACCEPT,
	[OP_MAPGPA] = G_VMCALL, [OP_AWAIT] = G_SPIN_READ, [OP_NOP] = G_NOP,
};

static void compile_op(struct guest_insn *insn, const struct scn_op *op)
{
	u8 fields = op_fields[op->kind];

	memset(insn, 0, sizeof(*insn));
	insn->op = guest_ops[op->kind];
	insn->level = op->level;
	insn->reg = fields & F_REG ? op->reg : SCRATCH_REG;
	insn->on_ve = op->on_ve;
	insn->val = op->val;
	insn->n = (u32)scn_gfn(op->size);
	if (fields & F_ADDR)
		insn->gpa = gpa_of(op->addr, op->shared);
}

static void add_private(struct subject_vm_config *c, gfn_t start, gfn_t end)
{
	if (start < end)
		c->attrs_private[c->nr_private++] = (struct subject_slot){start, end - start};
}

/* What is left of memory between the shared ranges, in order. */
static void config_attributes(struct subject_vm_config *c, const struct scenario *s)
{
	gfn_t at = 0, memory = scn_gfn(s->memory);

	while (at < memory) {
		gfn_t next = memory, end = memory;

		for (unsigned int i = 0; i < s->nr_shared; i++) {
			gfn_t start = scn_gfn(s->shared[i].addr);

			if (start >= at && start < next) {
				next = start;
				end = start + scn_gfn(s->shared[i].size);
			}
		}
		add_private(c, at, next);
		at = end;
	}
}

static void config_vm(struct world *w, const struct scenario *s)
{
	struct subject_vm_config *c = &w->config;

	memset(c, 0, sizeof(*c));
	c->kind = s->vm_kind;
	c->nr_vcpus = (u8)scn_nr_vcpus(s);
	c->nr_slots = 1;
	c->slots[0].npages = scn_gfn(s->memory);
	c->pending_ve_disable = s->pending_ve_disable;
	if (s->vm_kind != VM_VMX)
		config_attributes(c, s);
	for (unsigned int i = 0; i < s->nr_added; i++)
		c->added[c->nr_added++] = scn_gfn(s->added[i]);
	for (unsigned int v = 0; v < c->nr_vcpus; v++)
		c->guests[v] = &w->guests[v];
}

static void set_switches(const struct scenario *s)
{
	switches_reset();
	if (s->has_bug)
		bug_enabled[s->bug] = true;
	memcpy(variant_value, s->variants, sizeof(s->variants));
}

void world_prepare(struct world *w, const struct scenario *s)
{
	w->s = s;
	hw_geom.bits = the_subject.narrow ? (u8)scn_bits(s) : SCN_WIDE_BITS;
	hw_geom.levels = 4;
	set_switches(s);
	config_vm(w, s);
	for (unsigned int v = 0; v < w->config.nr_vcpus; v++) {
		w->nr_insn[v] = s->threads[v].nr_ops;
		for (unsigned int i = 0; i < w->nr_insn[v]; i++)
			compile_op(&w->insn[v][i], &s->threads[v].ops[i]);
	}
}

static void world_guest(struct world *w, unsigned int vcpu, const struct guest_insn *insn, u16 nr)
{
	struct hw_guest *g = &w->guests[vcpu];

	memset(g, 0, sizeof(*g));
	g->vcpu = (u16)vcpu;
	g->insn = insn;
	g->nr = nr;
}

void world_load_programs(struct world *w)
{
	for (unsigned int v = 0; v < w->config.nr_vcpus; v++)
		world_guest(w, v, w->insn[v], w->nr_insn[v]);
}

void world_reset(unsigned int nr_cpus)
{
	eng_reset();
	hw_pages_reset();
	hw_cpus_reset(nr_cpus);
	seam_reset();
	the_subject.reset();
}

static int accept_page(struct world *w, const struct subject_ops *subject, struct guest_insn *insn)
{
	struct subject_run run;

	world_guest(w, 0, insn, 1);
	subject->run_vcpu(0, &run);
	return run.reason == SUBJ_EXIT_DONE && !w->guests[0].regs[insn->reg] ? 0 : -1;
}

/* A guest that gets no 2M page accepts it in pieces, as Linux does. */
static void map_private(struct world *w, const struct subject_ops *subject, gpa_t gpa, unsigned int level)
{
	struct guest_insn insn = {.op = G_ACCEPT, .level = (u8)level, .gpa = gpa};
	u64 pages = hw_level_pages(level);

	if (!accept_page(w, subject, &insn) || level == 1)
		return;
	for (insn.level = 1; pages; pages--, insn.gpa += PAGE_SIZE)
		accept_page(w, subject, &insn);
}

void world_map(struct world *w, const struct subject_ops *subject)
{
	const struct scenario *s = w->s;

	for (unsigned int i = 0; i < s->nr_mapped; i++) {
		bool shared = s->mapped[i].shared;
		gpa_t gpa = gpa_of(s->mapped[i].addr, shared);
		struct guest_insn insn = {.op = G_READ, .gpa = gpa};

		if (shared || s->vm_kind != VM_TDX)
			accept_page(w, subject, &insn);
		else
			map_private(w, subject, gpa, s->mapped[i].level);
	}
}

/*
 * Returns false when the VMM gives up. A guest without a shared bit asks for neither half: what faults has
 * been converted meanwhile, and the next try sees it.
 */
static bool react(const struct subject_ops *subject, const struct subject_run *run, bool chooses)
{
	u64 npages = run->reason == SUBJ_EXIT_MEMORY_FAULT ? max(run->npages, (u64)1) : run->npages;

	if (run->reason != SUBJ_EXIT_MEMORY_FAULT && run->reason != SUBJ_EXIT_MAPGPA)
		return false;
	return !chooses || !subject->set_attributes(run->gpa >> PAGE_SHIFT, npages, run->private);
}

void world_run_vcpu(const struct world *w, const struct subject_ops *subject, unsigned int vcpu)
{
	struct subject_run run;

	for (unsigned int exits = 0; exits < MAX_EXITS; exits++) {
		subject->run_vcpu(vcpu, &run);
		if (!react(subject, &run, w->s->vm_kind != VM_SW_PROTECTED))
			break;
	}
}

int world_host_op(const struct world *w, const struct subject_ops *subject, const struct scn_op *op)
{
	gfn_t gfn = scn_gfn(op->addr);
	u64 npages = scn_gfn(op->size);

	switch (op->kind) {
	case OP_SET_SHARED:
	case OP_SET_PRIVATE:
		return subject->set_attributes(gfn, npages, op->kind == OP_SET_PRIVATE);
	case OP_PUNCH:
		return subject->punch_hole(gfn, npages);
	case OP_PREFAULT:
		return subject->prefault(op->reg, gfn, npages, !op->shared && w->s->vm_kind != VM_VMX);
	case OP_NX_RECOVER:
		return subject->nx_recover();
	case OP_HOST_UNMAP:
		return subject->host_unmap(gfn, npages);
	case OP_HOST_WRITE:
		return subject->host_write(gfn, op->val);
	}
	eng_internal_error("host thread has operation %u", op->kind);
}
