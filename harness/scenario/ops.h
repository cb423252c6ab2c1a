/* SPDX-License-Identifier: GPL-2.0-only */
/* What the readers, writers and the validator of scenarios share: which fields an operation has, and limits.
 */
#ifndef TDPFUZZ_SCENARIO_OPS_H
#define TDPFUZZ_SCENARIO_OPS_H

#include <stdio.h>

#include "harness/scenario/scenario.h"

/* Fields of an operation; all others are zero in a legal scenario. */
enum op_field {
	F_VCPU = 1, /* in a vCPU thread, else in a host thread */
	F_ADDR = 2,
	F_SIZE = 4,
	F_REG = 8,
	F_VAL = 16,
	F_SHARED = 32,
	F_LEVEL = 64,
	F_VE = 128,
};
extern const u8 op_fields[OP_NR];

#define SCN_ALL_CLASSES 7 /* the default */
#define SCN_CLASS_PLAIN 8 /* M_PLAIN, M_LOCKS: of a kernel tree, at most one of them */
#define SCN_CLASS_LOCKS 16
#define SCN_MAX_LEVEL 2 /* of ACCEPT and of what is mapped at start */
/* Data choices that a scenario may switch on; and the part of them that a fuzz input may: faults are opt-in.
 */
#define SCN_DATA_CHOICES ((1u << M_CH_NR) - 2)
#define SCN_FUZZ_CHOICES (SCN_DATA_CHOICES & ~(1u << M_CH_FORCED))

#define SCN_NARROW_BITS 3
#define SCN_WIDE_BITS 9

static inline unsigned int scn_bits(const struct scenario *s)
{
	return s->narrow ? SCN_NARROW_BITS : SCN_WIDE_BITS;
}
/* Frames below the shared bit: no memory can lie above. */
/*
 * Frames that all operations of a program may cover together: what one run can walk below the engine's step
 * limit, in a time that a fuzzer accepts. The size of memory has no such limit.
 */
#define SCN_MAX_OP_FRAMES 1600

static inline u64 scn_max_frames(const struct scenario *s)
{
	return 1ull << (scn_bits(s) * 4 - 1);
}

/* vCPUs, and those of them that have a program. */
static inline unsigned int scn_nr_vcpus(const struct scenario *s)
{
	unsigned int n = 0;

	while (n < s->nr_threads && s->threads[n].is_vcpu)
		n++;
	return n;
}
static inline unsigned int scn_nr_running(const struct scenario *s)
{
	unsigned int n = 0;

	while (n < s->nr_threads && s->threads[n].is_vcpu && s->threads[n].nr_ops)
		n++;
	return n;
}

/* Replaces the recorded schedule; copies. */
void scn_set_record(struct scenario *s, const u8 *option, const u8 *sig, u32 nr);

/* Where the validator stopped: readers of text turn it into a line and a column. */
enum scn_part {
	PART_NONE,
	PART_HEADER,
	PART_MACHINE,
	PART_VM,
	PART_THREAD,
	PART_OP,
	PART_EXISTS,
	PART_SCHEDULE
};
struct scn_where {
	enum scn_part part;
	u8 thread, op;
};
bool scn_validate_at(struct scenario *s, struct scn_error *err, struct scn_where *where);

/* Always false. One line, whatever the input had in it: control characters become '?'. @err may be NULL. */
bool scn_fail(struct scn_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
