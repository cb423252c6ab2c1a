/* SPDX-License-Identifier: GPL-2.0-only */
/* The final states of a litmus test: values of the registers that its guests load. */
#ifndef TDPFUZZ_CLI_STATES_H
#define TDPFUZZ_CLI_STATES_H

#include <stdio.h>

#include "harness/scenario/exec.h"

#define STATES_MAX 64
#define STATES_MAX_REGS 16

/**
 * struct states - distinct final states seen so far
 * @reg: which registers, in the order of the program
 * @overflow: more than STATES_MAX were seen; the rest is not listed
 */
struct states {
	struct {
		u8 thread, reg;
	} reg[STATES_MAX_REGS];
	u64 value[STATES_MAX][STATES_MAX_REGS];
	u64 count[STATES_MAX];
	unsigned int nr_regs, nr;
	bool overflow;
};

void states_init(struct states *st, const struct scenario *s);
void states_add(struct states *st, const struct exec_result *r);
/* "States 2" and a line for each, in ascending order. */
void states_print(FILE *out, const struct states *st);

#endif
