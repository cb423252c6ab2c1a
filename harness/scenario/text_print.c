// SPDX-License-Identifier: GPL-2.0-only
/* The text form, writing: one canonical form for each scenario; what has its default value is left out. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "harness/scenario/program.h"
#include "harness/scenario/text.h"

#define LINE 100

struct out {
	struct scn_writer w;
	size_t line; /* where the current line starts */
};

static void __attribute__((format(printf, 2, 3))) put(struct out *o, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		eng_internal_error("scenario text: piece of %d characters", n);
	wr_bytes(&o->w, text, (size_t)n);
	for (int i = 0; i < n; i++) {
		if (text[i] == '\n')
			o->line = o->w.size - (size_t)n + (size_t)i + 1;
	}
}

/* One more item of a list: on a new line when the current one is full. */
static void put_item(struct out *o, const char *item)
{
	if (o->w.size - o->line + strlen(item) >= LINE)
		put(o, "\n\t       ");
	put(o, " %s", item);
}

/* In pieces that fit a line; adjacent strings are one. */
static void put_string(struct out *o, const char *text)
{
	put(o, "\"");
	for (const char *c = text; *c; c++) {
		if (o->w.size - o->line > LINE - 15 && c > text && c[-1] == ' ')
			put(o, "\"\n\t\"");
		if (*c == '\n' || *c == '"' || *c == '\\')
			wr_byte(&o->w, '\\');
		wr_byte(&o->w, *c == '\n' ? 'n' : (u8)*c);
	}
	put(o, "\"");
}

static void put_variant(struct out *o, unsigned int id, unsigned int value)
{
	char buf[32];

	put(o, "%s=%s", variant_infos[id].name, variant_name(id, value, buf, sizeof(buf)));
}

static void put_result(struct out *o, const struct scn_result *r)
{
	put(o, "%s",
	    r->flips			? "Flips-with:"
	    : r->expect == EXPECT_NEVER ? "Result: Never"
					: "Result: Sometimes");
	for (unsigned int i = 0; i < r->nr_variants; i++) {
		put(o, " ");
		put_variant(o, r->variants[i].id, r->variants[i].value);
	}
	if (r->bug_rule)
		put(o, " bug=%s", r->bug_rule == RESULT_BUG_NONE ? "none" : bug_infos[r->bug].name);
	put(o, "\n");
}

static void put_header(struct out *o, const struct scenario *s)
{
	put(o, "TDPFUZZ litmus %d\n", SCN_VERSION);
	if (s->name[0])
		put(o, "Name: %s\n", s->name);
	if (s->origin[0]) {
		put(o, "Origin: ");
		put_string(o, s->origin);
		put(o, "\n");
	}
	for (unsigned int i = 0; i < s->nr_results; i++)
		put_result(o, &s->results[i]);
	if (s->preemptions)
		put(o, "Bound: preemptions=%u\n", s->preemptions);
	if (s->has_bug)
		put(o, "Bug: %s\n", bug_infos[s->bug].name);
	for (unsigned int i = 0; i < VARIANT_NR; i++) {
		if (!s->variants[i])
			continue;
		put(o, "Variant: ");
		put_variant(o, i, s->variants[i]);
		put(o, "\n");
	}
}

static void put_term(struct out *o, const char **sep, unsigned int n, const char *unit)
{
	if (!n)
		return;
	if (unit[0] && n == 1)
		put(o, "%s%s", *sep, unit);
	else
		put(o, "%s%u%s%s", *sep, n, unit[0] ? "*" : "", unit);
	*sep = "+";
}

static void put_addr(struct out *o, struct scn_addr a)
{
	const char *sep = " ";

	put_term(o, &sep, a.g, "1G");
	put_term(o, &sep, a.m, "2M");
	put_term(o, &sep, a.k, "");
	if (*sep == ' ')
		put(o, " 0");
}

static const char *level_name(unsigned int level)
{
	return level == 1 ? "4K" : level == 2 ? "2M" : "1G";
}

static void put_machine(struct out *o, const struct scenario *s)
{
	put(o, "\nmachine {\n\tgeometry %s;\n", s->narrow ? "narrow" : "wide");
	if (s->classes != SCN_ALL_CLASSES) {
		put(o, "\tpoints");
		for (unsigned int i = 0; i < ARRAY_SIZE(scn_class_names); i++) {
			if (s->classes & 1u << i)
				put(o, " %s", scn_class_names[i]);
		}
		put(o, ";\n");
	}
	if (s->data_choices) {
		put(o, "\tchoices");
		for (unsigned int i = M_CH_ALLOC; i < M_CH_NR; i++) {
			if (s->data_choices & 1u << i)
				put(o, " %s", scn_choice_names[i]);
		}
		put(o, ";\n");
	}
	put(o, "}\n");
}

static void put_vm(struct out *o, const struct scenario *s)
{
	put(o, "\nvm {\n");
	if (s->vm_kind != VM_TDX)
		put(o, "\tkind %s;\n", scn_vm_kinds[s->vm_kind]);
	put(o, "\tmemory");
	put_addr(o, s->memory);
	put(o, ";\n");
	for (unsigned int i = 0; i < s->nr_shared; i++) {
		put(o, "\tshared");
		put_addr(o, s->shared[i].addr);
		put_addr(o, s->shared[i].size);
		put(o, ";\n");
	}
	for (unsigned int i = 0; i < s->nr_added; i++) {
		put(o, "\tadded");
		put_addr(o, s->added[i]);
		put(o, ";\n");
	}
	for (unsigned int i = 0; i < s->nr_mapped; i++) {
		put(o, "\tmapped%s", s->mapped[i].shared ? " shared" : "");
		put_addr(o, s->mapped[i].addr);
		if (s->mapped[i].level > 1)
			put(o, " %s", level_name(s->mapped[i].level));
		put(o, ";\n");
	}
	if (s->pending_ve_disable)
		put(o, "\tpending-ve-disable;\n");
	put(o, "}\n");
}

static void put_op(struct out *o, const struct scn_op *op)
{
	u8 fields = op_fields[op->kind];

	put(o, "\t%s", scn_op_names[op->kind][0]);
	if (op->kind == OP_PREFAULT)
		put(o, " %u", op->reg);
	if (op->shared)
		put(o, " shared");
	else if (op->kind == OP_MAPGPA)
		put(o, " private");
	if (fields & F_ADDR)
		put_addr(o, op->addr);
	if (fields & F_SIZE)
		put_addr(o, op->size);
	if (fields & F_LEVEL)
		put(o, " %s", level_name(op->level));
	if (fields & F_VAL)
		put(o, " = %u", op->val);
	if ((fields & F_REG) && op->kind != OP_PREFAULT)
		put(o, " -> r%u", op->reg);
	if (op->on_ve)
		put(o, " ve %s", level_name(op->on_ve));
	put(o, ";\n");
}

static void put_threads(struct out *o, const struct scenario *s)
{
	for (unsigned int i = 0; i < s->nr_threads; i++) {
		put(o, "\nthread %s {\n", s->threads[i].is_vcpu ? "vcpu" : "host");
		for (unsigned int j = 0; j < s->threads[i].nr_ops; j++)
			put_op(o, &s->threads[i].ops[j]);
		put(o, "}\n");
	}
}

static void put_atom(struct out *o, const struct scn_cond *c)
{
	if (c->kind == COND_VIOLATION)
		put(o, "violation%s%s", c->id[0] ? " " : "", c->id);
	else if (c->kind == COND_RET)
		put(o, "%u:ret%u = %s%u", c->thread, c->reg, c->val ? "-" : "", c->val);
	else if (c->val == SCN_VE)
		put(o, "%u:r%u = ve", c->thread, c->reg);
	else
		put(o, "%u:r%u = %u", c->thread, c->reg, c->val);
}

/* First term of the expression that ends at @last. */
static int first_term(const struct scn_cond *cond, int last)
{
	int needs = 1;

	for (; needs; last--)
		needs += cond[last].kind == COND_NOT ? 0 : cond[last].kind >= COND_AND ? 1 : -1;
	return last + 1;
}

static int binds(u8 kind)
{
	return kind == COND_OR ? 0 : kind == COND_AND ? 1 : 2;
}

/* With the fewest parentheses that keep the tree: operators of equal rank group to the left. */
static void put_expr(struct out *o, const struct scn_cond *cond, int last, int rank)
{
	bool paren = binds(cond[last].kind) < rank;

	if (paren)
		put(o, "(");
	if (cond[last].kind == COND_NOT) {
		put(o, "~");
		put_expr(o, cond, last - 1, 2);
	} else if (cond[last].kind >= COND_AND) {
		put_expr(o, cond, first_term(cond, last - 1) - 1, binds(cond[last].kind));
		put(o, cond[last].kind == COND_AND ? " /\\ " : " \\/ ");
		put_expr(o, cond, last - 1, binds(cond[last].kind) + 1);
	} else {
		put_atom(o, &cond[last]);
	}
	if (paren)
		put(o, ")");
}

static void put_exists(struct out *o, const struct scenario *s)
{
	int n = 0;

	while (n < SCN_MAX_COND && s->cond[n].kind != COND_END)
		n++;
	if (!n)
		return;
	put(o, "\nexists (");
	put_expr(o, s->cond, n - 1, 0);
	put(o, ")\n");
}

static void put_asked(struct out *o, const struct scenario *s)
{
	char item[32];

	put(o, "\tasked");
	for (u32 i = 0, run; i < s->record.nr; i += run) {
		u8 sig = s->record.sig[i];
		int n = snprintf(item, sizeof(item), "%s/%u", scn_choice_names[sig >> 5], sig & 31);

		for (run = 1; i + run < s->record.nr && s->record.sig[i + run] == sig;)
			run++;
		if (run > 1)
			snprintf(item + n, sizeof(item) - (size_t)n, "*%u", run);
		put_item(o, item);
	}
	put(o, ";\n");
}

static void put_exact(struct out *o, const struct scenario *s)
{
	char item[32];

	put(o, "\nschedule exact {\n");
	if (s->build[0]) {
		put(o, "\tbuild ");
		put_string(o, s->build);
		put(o, ";\n");
	}
	put_asked(o, s);
	put(o, "\ttook");
	for (u32 i = 0; i < s->record.nr; i++) {
		if (!s->record.option[i])
			continue;
		snprintf(item, sizeof(item), "%u:%u", i, s->record.option[i]);
		put_item(o, item);
	}
	put(o, ";\n}\n");
}

static void put_gaps(struct out *o, const struct scenario *s)
{
	char item[4];

	put(o, "\nschedule gaps");
	for (unsigned int i = 0; i < s->nr_gap_bytes; i++) {
		snprintf(item, sizeof(item), "%02x", s->gap_bytes[i]);
		put_item(o, item);
	}
	put(o, ";\n");
}

char *scn_print_text(const struct scenario *s)
{
	struct out o = {.w = {.grow = true}};

	put_header(&o, s);
	put_machine(&o, s);
	put_vm(&o, s);
	put_threads(&o, s);
	put_exists(&o, s);
	if (s->schedule == SCHED_GAPS)
		put_gaps(&o, s);
	else if (s->schedule == SCHED_EXACT)
		put_exact(&o, s);
	wr_byte(&o.w, 0);
	return (char *)o.w.data;
}
