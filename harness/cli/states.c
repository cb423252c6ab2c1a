/* SPDX-License-Identifier: GPL-2.0-only */
#include "harness/cli/states.h"

#include <string.h>

static bool loads(const struct scn_op *op, u8 *reg)
{
	*reg = op->kind == OP_AWAIT ? 7 : op->reg;
	return op->kind == OP_READ || op->kind == OP_ACCEPT || op->kind == OP_MAPGPA || op->kind == OP_AWAIT;
}

static void add_reg(struct states *st, u8 thread, u8 reg)
{
	for (unsigned int i = 0; i < st->nr_regs; i++)
		if (st->reg[i].thread == thread && st->reg[i].reg == reg)
			return;
	if (st->nr_regs == STATES_MAX_REGS || reg >= GUEST_REGS)
		return;
	st->reg[st->nr_regs].thread = thread;
	st->reg[st->nr_regs++].reg = reg;
}

void states_init(struct states *st, const struct scenario *s)
{
	u8 reg;

	memset(st, 0, sizeof(*st));
	for (unsigned int t = 0; t < s->nr_threads; t++)
		for (unsigned int i = 0; s->threads[t].is_vcpu && i < s->threads[t].nr_ops; i++)
			if (loads(&s->threads[t].ops[i], &reg))
				add_reg(st, t, reg);
}

void states_add(struct states *st, const struct exec_result *r)
{
	u64 value[STATES_MAX_REGS] = {0};

	if (!st->nr_regs || r->finding)
		return;
	for (unsigned int i = 0; i < st->nr_regs; i++)
		value[i] = r->regs[st->reg[i].thread][st->reg[i].reg];
	for (unsigned int i = 0; i < st->nr; i++) {
		if (memcmp(st->value[i], value, sizeof(value)) == 0) {
			st->count[i]++;
			return;
		}
	}
	if (st->nr == STATES_MAX) {
		st->overflow = true;
		return;
	}
	memcpy(st->value[st->nr], value, sizeof(value));
	st->count[st->nr++] = 1;
}

static bool below(const struct states *st, unsigned int a, unsigned int b)
{
	for (unsigned int i = 0; i < st->nr_regs; i++)
		if (st->value[a][i] != st->value[b][i])
			return st->value[a][i] < st->value[b][i];
	return false;
}

static void print_state(FILE *out, const struct states *st, unsigned int n)
{
	fprintf(out, "%-8llu:>", (unsigned long long)st->count[n]);
	for (unsigned int i = 0; i < st->nr_regs; i++) {
		fprintf(out, "%d:r%d=", st->reg[i].thread, st->reg[i].reg);
		if (st->value[n][i] == GUEST_VE)
			fprintf(out, "#VE; ");
		else
			fprintf(out, "0x%llx; ", (unsigned long long)st->value[n][i]);
	}
	fputc('\n', out);
}

void states_print(FILE *out, const struct states *st)
{
	bool done[STATES_MAX] = {false};

	if (!st->nr_regs)
		return;
	fprintf(out, "States %u%s\n", st->nr, st->overflow ? " and more" : "");
	for (unsigned int n = 0; n < st->nr; n++) {
		int first = -1;

		for (unsigned int i = 0; i < st->nr; i++)
			if (!done[i] && (first < 0 || below(st, i, first)))
				first = i;
		done[first] = true;
		print_state(out, st, first);
	}
}
