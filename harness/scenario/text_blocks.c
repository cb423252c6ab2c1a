// SPDX-License-Identifier: GPL-2.0-only
/* The text form, reading: machine, vm and thread blocks. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/scenario/text.h"

const char *const scn_choice_names[M_CH_NR] = {
	[M_CH_SCHED] = "sched",	    [M_CH_ALLOC] = "alloc", [M_CH_TLB] = "tlb",
	[M_CH_RESCHED] = "resched", [M_CH_IRQ] = "irq",	    [M_CH_FORCED] = "forced",
};
const char *const scn_vm_kinds[3] = {[VM_TDX] = "tdx", [VM_VMX] = "vmx", [VM_SW_PROTECTED] = "sw-protected"};
const char *const scn_class_names[5] = {"kvm", "seam", "hw", "plain", "locks"};

/* Digits only; false when @text is no number or above @max. */
static bool number(const char *text, u32 max, u32 *out)
{
	u64 value = 0;

	for (const char *c = text; *c; c++) {
		if (!isdigit((unsigned char)*c))
			return false;
		value = value * 10 + (u64)(*c - '0');
		if (value > max)
			return false;
	}
	*out = (u32)value;
	return *text;
}

u32 parse_number(struct parser *p, u32 max)
{
	struct lexer *l = &p->l;
	u32 value = 0;

	if (l->type != TOK_WORD || !number(l->text, max, &value))
		lex_error(l, "expected a number up to %u, found '%.60s'", max, lex_found(l));
	else
		lex_next(l);
	return value;
}

/* "4K", "2M", "1G" as a KVM level, or 0. */
static u8 unit(const struct lexer *l)
{
	static const char *const units[] = {"4K", "2M", "1G"};

	for (u8 i = 0; i < ARRAY_SIZE(units); i++) {
		if (lex_is(l, units[i]))
			return i + 1;
	}
	return 0;
}

/* [N*]1G, [N*]2M, [N*]4K, or N frames. */
static void parse_term(struct parser *p, u32 sum[3])
{
	struct lexer *l = &p->l;
	u32 n = 1;
	u8 level = unit(l);

	if (!level) {
		n = parse_number(p, 0xffff);
		level = 1;
		if (lex_accept(l, "*")) {
			level = unit(l);
			if (!level)
				lex_error(l, "expected 1G, 2M or 4K, found '%.60s'", lex_found(l));
			else
				lex_next(l);
		}
	} else {
		lex_next(l);
	}
	if (level)
		sum[level - 1] += n;
}

struct scn_addr parse_addr(struct parser *p)
{
	struct place at = p->l.at;
	u32 sum[3] = {0, 0, 0};

	do {
		parse_term(p, sum);
	} while (!p->l.failed && lex_accept(&p->l, "+") && sum[0] <= 0xffff && sum[1] <= 0xffff &&
		 sum[2] <= 0xffff);
	if (sum[0] > 0xffff || sum[1] > 0xffff || sum[2] > 0xffff)
		lex_error_at(&p->l, at, "address is out of range");
	return (struct scn_addr){.g = (u16)sum[2], .m = (u16)sum[1], .k = (u16)sum[0]};
}

static u8 parse_level(struct parser *p)
{
	u8 level = unit(&p->l);

	if (!level)
		lex_error(&p->l, "expected 4K or 2M, found '%.60s'", lex_found(&p->l));
	else
		lex_next(&p->l);
	return level;
}

static u8 parse_register(struct parser *p)
{
	struct lexer *l = &p->l;
	u32 reg = 0;

	if (l->type != TOK_WORD || l->text[0] != 'r' || !number(l->text + 1, GUEST_REGS - 1, &reg))
		lex_error(l, "expected a register r0 to r%d, found '%.60s'", GUEST_REGS - 1, lex_found(l));
	else
		lex_next(l);
	return (u8)reg;
}

/* A list of names up to ';', as a bit mask. */
static u32 parse_names(struct parser *p, const char *const *names, unsigned int first, unsigned int nr)
{
	struct lexer *l = &p->l;
	u32 mask = 0;

	while (!l->failed && !lex_is(l, ";")) {
		unsigned int i = first;

		while (i < nr && !lex_is(l, names[i]))
			i++;
		if (i == nr) {
			lex_error(l, "unknown name '%.60s'", lex_found(l));
			return 0;
		}
		mask |= 1u << i;
		lex_next(l);
	}
	return mask;
}

/* The opening of a block that may stand once. */
static void open_once(struct parser *p, struct place *place)
{
	if (place->line)
		lex_error(&p->l, "second '%s'", p->l.text);
	*place = p->l.at;
	lex_next(&p->l);
	lex_expect(&p->l, "{");
}

static void machine_line(struct parser *p)
{
	struct lexer *l = &p->l;

	if (lex_accept(l, "geometry")) {
		p->s->narrow = lex_is(l, "narrow");
		if (!p->s->narrow && !lex_is(l, "wide"))
			lex_error(l, "expected narrow or wide, found '%.60s'", lex_found(l));
		lex_next(l);
	} else if (lex_accept(l, "points")) {
		p->s->classes = (u8)parse_names(p, scn_class_names, 0, ARRAY_SIZE(scn_class_names));
	} else if (lex_accept(l, "choices")) {
		p->s->data_choices = (u8)parse_names(p, scn_choice_names, M_CH_ALLOC, M_CH_NR);
	} else {
		lex_error(l, "unknown keyword '%.60s' in machine", lex_found(l));
	}
	lex_expect(l, ";");
}

void parse_machine(struct parser *p)
{
	open_once(p, &p->machine);
	while (!p->l.failed && !lex_accept(&p->l, "}"))
		machine_line(p);
}

static void vm_shared(struct parser *p)
{
	struct scenario *s = p->s;

	if (s->nr_shared == ARRAY_SIZE(s->shared)) {
		lex_error(&p->l, "more than %zu shared ranges", ARRAY_SIZE(s->shared));
		return;
	}
	s->shared[s->nr_shared].addr = parse_addr(p);
	s->shared[s->nr_shared].size = parse_addr(p);
	s->nr_shared++;
}

static void vm_added(struct parser *p)
{
	struct scenario *s = p->s;

	while (!p->l.failed && !lex_is(&p->l, ";")) {
		if (s->nr_added == ARRAY_SIZE(s->added))
			lex_error(&p->l, "more than %zu added pages", ARRAY_SIZE(s->added));
		else
			s->added[s->nr_added++] = parse_addr(p);
	}
}

static void vm_mapped(struct parser *p)
{
	struct scenario *s = p->s;
	unsigned int i = s->nr_mapped;

	if (i == ARRAY_SIZE(s->mapped)) {
		lex_error(&p->l, "more than %zu mapped pages", ARRAY_SIZE(s->mapped));
		return;
	}
	s->nr_mapped++;
	s->mapped[i].shared = lex_accept(&p->l, "shared");
	s->mapped[i].addr = parse_addr(p);
	s->mapped[i].level = 1;
	if (!lex_is(&p->l, ";"))
		s->mapped[i].level = parse_level(p);
}

static void vm_kind(struct parser *p)
{
	u8 kind = 0;

	while (kind < ARRAY_SIZE(scn_vm_kinds) && !lex_is(&p->l, scn_vm_kinds[kind]))
		kind++;
	if (kind == ARRAY_SIZE(scn_vm_kinds))
		lex_error(&p->l, "expected tdx, vmx or sw-protected, found '%.60s'", lex_found(&p->l));
	else
		p->s->vm_kind = kind;
	lex_next(&p->l);
}

static void vm_line(struct parser *p)
{
	struct lexer *l = &p->l;

	if (lex_accept(l, "kind"))
		vm_kind(p);
	else if (lex_accept(l, "memory"))
		p->s->memory = parse_addr(p);
	else if (lex_accept(l, "shared"))
		vm_shared(p);
	else if (lex_accept(l, "added"))
		vm_added(p);
	else if (lex_accept(l, "mapped"))
		vm_mapped(p);
	else if (lex_accept(l, "pending-ve-disable"))
		p->s->pending_ve_disable = 1;
	else
		lex_error(l, "unknown keyword '%.60s' in vm", lex_found(l));
	lex_expect(l, ";");
}

void parse_vm(struct parser *p)
{
	open_once(p, &p->vm);
	while (!p->l.failed && !lex_accept(&p->l, "}"))
		vm_line(p);
}

static int op_find(const struct lexer *l)
{
	for (int i = 0; i < OP_NR; i++) {
		if (l->type == TOK_WORD && !strcmp(l->text, scn_op_names[i][0]))
			return i;
	}
	return -1;
}

/* "shared" before the address; MapGPA names either half. */
static u8 parse_half(struct parser *p, const struct scn_op *op)
{
	if (lex_accept(&p->l, "shared"))
		return 1;
	if (op->kind == OP_MAPGPA)
		lex_expect(&p->l, "private");
	return 0;
}

static void parse_op_fields(struct parser *p, struct scn_op *op)
{
	struct lexer *l = &p->l;
	u8 fields = op_fields[op->kind];

	if (op->kind == OP_PREFAULT)
		op->reg = (u8)parse_number(p, SUBJECT_MAX_VCPUS - 1);
	if (fields & F_SHARED)
		op->shared = parse_half(p, op);
	if (fields & F_ADDR)
		op->addr = parse_addr(p);
	if (fields & F_SIZE)
		op->size = parse_addr(p);
	if (fields & F_LEVEL)
		op->level = parse_level(p);
	if (fields & F_VAL) {
		lex_expect(l, "=");
		op->val = (u8)parse_number(p, 255);
	}
	if ((fields & F_REG) && op->kind != OP_PREFAULT) {
		lex_expect(l, "->");
		op->reg = parse_register(p);
	}
	if ((fields & F_VE) && lex_accept(l, "ve"))
		op->on_ve = parse_level(p);
}

static void parse_op(struct parser *p, struct scn_thread *t, struct place *at)
{
	struct lexer *l = &p->l;
	int kind = op_find(l);

	if (kind < 0)
		lex_error(l, "unknown operation '%.60s'", lex_found(l));
	else if (!(op_fields[kind] & F_VCPU) == !!t->is_vcpu)
		lex_error(l, "'%s' does not belong in a %s thread", l->text, t->is_vcpu ? "vcpu" : "host");
	else if (t->nr_ops == SCN_MAX_OPS)
		lex_error(l, "more than %d operations in a thread", SCN_MAX_OPS);
	if (l->failed)
		return;
	at[t->nr_ops] = l->at;
	t->ops[t->nr_ops].kind = (u8)kind;
	lex_next(l);
	parse_op_fields(p, &t->ops[t->nr_ops++]);
	lex_expect(l, ";");
}

void parse_thread(struct parser *p)
{
	struct lexer *l = &p->l;
	unsigned int i = p->s->nr_threads;
	struct scn_thread *t = &p->s->threads[i];

	if (i == SCN_MAX_THREADS) {
		lex_error(l, "more than %d threads", SCN_MAX_THREADS);
		return;
	}
	p->thread[i] = l->at;
	p->s->nr_threads++;
	lex_next(l);
	t->is_vcpu = lex_is(l, "vcpu");
	if (!t->is_vcpu && !lex_is(l, "host"))
		lex_error(l, "expected vcpu or host, found '%.60s'", lex_found(l));
	lex_next(l);
	lex_expect(l, "{");
	while (!l->failed && !lex_accept(l, "}"))
		parse_op(p, t, p->op[i]);
}
