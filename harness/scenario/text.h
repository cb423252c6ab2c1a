/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files that read the text form. */
#ifndef TDPFUZZ_SCENARIO_TEXT_H
#define TDPFUZZ_SCENARIO_TEXT_H

#include "harness/scenario/lex.h"

/* @machine ...: where each part began, for errors that the validator finds; line 0 = not there. */
struct parser {
	struct lexer l;
	struct scenario *s;
	struct place machine, vm, exists, schedule;
	struct place thread[SCN_MAX_THREADS], op[SCN_MAX_THREADS][SCN_MAX_OPS];
};

/* Names of data choices by enum m_choice, of VMs by enum subject_vm_kind, and of classes by bit. */
extern const char *const scn_choice_names[M_CH_NR];
extern const char *const scn_vm_kinds[3];
extern const char *const scn_class_names[5];

u32 parse_number(struct parser *p, u32 max);
struct scn_addr parse_addr(struct parser *p);
void parse_string(struct parser *p, char *out, size_t size, const char *what);
void parse_machine(struct parser *p);
void parse_vm(struct parser *p);
void parse_thread(struct parser *p);
void parse_exists(struct parser *p);
void parse_schedule(struct parser *p);

#endif
