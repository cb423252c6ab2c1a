/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scenario: program x schedule x fault plan. One in-memory form, two lossless forms on disk: text (.litmus)
 * and binary (.tdpf; a raw fuzz input is a binary scenario without metadata). Fixed size, no pointers,
 * comparable with memcmp() after scn_canonicalize().
 */
#ifndef TDPFUZZ_SCENARIO_H
#define TDPFUZZ_SCENARIO_H

#include "harness/engine/engine.h"
#include "model/subject.h"
#include "model/switches.h"

#define SCN_VERSION 1
#define SCN_MAX_THREADS 6
#define SCN_MAX_OPS 16
#define SCN_MAX_RESULTS 8
#define SCN_MAX_COND 24
#define SCN_MAX_GAPS 128

/* An address relative to levels: @g x 1G + @m x 2M + @k x 4K, so that one test runs in every geometry. */
struct scn_addr {
	u16 g, m, k;
};
gfn_t scn_gfn(struct scn_addr a); /* under the current hw_geom */
gfn_t scn_gfn_bits(struct scn_addr a, unsigned int bits);

/* A number of frames, likewise. */
typedef struct scn_addr scn_size;

enum scn_op_kind {
	/* in a vCPU thread: guest instructions; private unless @shared */
	OP_READ, /* rN := [addr] */
	OP_WRITE, /* [addr] := val */
	OP_EXEC,
	OP_ACCEPT, /* rN := status of ACCEPT addr at @level */
	OP_MAPGPA, /* MapGPA addr, size, to @shared; the VMM converts and resumes */
	/*
	 * Repeat reading addr until it is val (into r7). When nobody is left who could write it the run ends
	 * there: a guest that waits for ever is no fault of the host.
	 */
	OP_AWAIT,
	OP_NOP,
	/* in a host thread: system calls and kernel workers */
	OP_SET_SHARED, /* KVM_SET_MEMORY_ATTRIBUTES addr, size, 0 */
	OP_SET_PRIVATE, /* ..., PRIVATE */
	OP_PUNCH, /* fallocate(PUNCH_HOLE) on the guest_memfd */
	OP_PREFAULT, /* KVM_PRE_FAULT_MEMORY addr, size, @shared on vCPU @reg, which has no program (no
			operations) */
	OP_NX_RECOVER, /* one round of the worker */
	OP_HOST_UNMAP, /* madvise(DONTNEED) of the user memory behind addr, size: notifier */
	OP_HOST_WRITE, /* user space stores val through its mapping */
	OP_NR
};

struct scn_op {
	u8 kind;
	u8 level; /* KVM level, ACCEPT */
	u8 reg;
	u8 shared; /* guest access through the shared alias; MapGPA: wanted state; PREFAULT: which half */
	u8 on_ve; /* guest access: level to ACCEPT at on #VE, 0 = do not */
	u8 pad;
	struct scn_addr addr;
	scn_size size;
	u8 val;
};

/* vCPU threads come first, those without a program after those with one. */
struct scn_thread {
	u8 is_vcpu; /* else a host thread */
	u8 nr_ops;
	struct scn_op ops[SCN_MAX_OPS];
};

/* exists clause in reverse Polish order over atoms. */
enum scn_cond_kind {
	COND_END,
	COND_REG, /* @thread:r@reg = val; SCN_VE: the access ended in an unhandled #VE */
	COND_VIOLATION, /* any invariant, or the one with @id */
	COND_RET, /* host thread @thread: op @reg returned -@val (0 = success) */
	COND_AND,
	COND_OR,
	COND_NOT,
};

struct scn_cond {
	u8 kind, thread, reg, pad;
	u32 val;
	char id[16]; /* COND_VIOLATION: invariant id, "" = any */
};

enum scn_expect { EXPECT_NONE, EXPECT_NEVER, EXPECT_SOMETIMES };

#define SCN_VE 0xffffffffu

/* What a "Result:" line says about the seeded bug. */
enum scn_result_bug { RESULT_BUG_BASE, RESULT_BUG_NONE, RESULT_BUG_SET };

/*
 * One header line, for the variants and the bug that it names; what it does not name is as in the scenario.
 * Only the memory model sc today. Result: Never huge=rfc-v1 Result: Never bug=none Flips-with: freeze=off is
 * a "Result: Sometimes freeze=off" that says why the Never above is worth something
 */
struct scn_result {
	u8 expect;
	u8 flips;
	u8 bug_rule; /* enum scn_result_bug */
	u16 bug; /* RESULT_BUG_SET */
	u8 nr_variants;
	struct {
		u8 id, value;
	} variants[4];
};

enum scn_schedule_kind {
	SCHED_NONE, /* silent stream */
	SCHED_GAPS, /* fuzz bytes */
	SCHED_EXACT, /* recorded; @record */
};

struct scenario {
	u16 version;
	char name[64];
	char origin[512]; /* quoted: where the question comes from */
	struct scn_result results[SCN_MAX_RESULTS];
	u8 nr_results;
	u8 preemptions; /* "Bound:" header, 0 = the command's default */
	u8 has_bug;
	u16 bug; /* enum bug_id; files hold its stable number */
	u8 variants[VARIANT_NR];

	/* machine */
	u8 narrow; /* 8-entry tables (bits = 3) instead of 512 */
	u8 classes; /* M_KVM|M_SEAM|M_HW|M_PLAIN|M_LOCKS >> 4: which have scheduling points; SCN_ALL_CLASSES
		     */
	u8 data_choices; /* bit per enum m_choice */

	/*
	 * VM: one slot from gfn 0. TDX: private (attribute) at start unless listed in @shared; executing
	 * shared memory is not a legal program (KVM ends the TD). VMX: ordinary VM, no private memory:
	 * accesses have no shared bit, ACCEPT, MapGPA, SET_* and PUNCH are not legal; NX recovery has
	 * something to do only there. SW-protected: memory as a TD's, accesses as in an ordinary VM: no
	 * shared bit, ACCEPT, MapGPA or added pages. Only a kernel tree knows it.
	 */
	u8 vm_kind; /* enum subject_vm_kind; text: vm { kind tdx|vmx|sw-protected; ... } */
	u8 pending_ve_disable;
	scn_size memory;
	u8 nr_shared, nr_added, nr_mapped;
	struct {
		struct scn_addr addr;
		scn_size size;
	} shared[4];
	struct scn_addr added[8]; /* in the initial image */
	/* faulted in and accepted by the harness before the threads start, at @level */
	struct {
		struct scn_addr addr;
		u8 level, shared;
	} mapped[8];

	u8 nr_threads;
	struct scn_thread threads[SCN_MAX_THREADS];

	struct scn_cond cond[SCN_MAX_COND]; /* kind COND_END first = no clause: any invariant */

	u8 schedule; /* enum scn_schedule_kind */
	u16 nr_gap_bytes;
	u8 gap_bytes[SCN_MAX_GAPS];
	struct {
		u32 nr;
		u8 *option, *sig; /* malloc'ed; the only pointers */
	} record;
	char build[168]; /* identity of the build that recorded @record */
};

/* Errors of reading: one line "file:line:column: message" or "file: message" into @err. */
struct scn_error {
	char text[256];
};

void scn_init(struct scenario *s);
void scn_free(struct scenario *s);
/* Deep copy; @to is uninitialised. */
void scn_copy(struct scenario *to, const struct scenario *from);
/* @to: a copy of @s under the variants and the bug of header line @i. */
void scn_with_result(struct scenario *to, const struct scenario *s, unsigned int i);
bool scn_equal(const struct scenario *a, const struct scenario *b);
/* Out-of-range fields are an error; unused ones become zero. */
bool scn_validate(struct scenario *s, struct scn_error *err);

bool scn_parse_text(struct scenario *s, const char *file, const char *text, size_t size,
		    struct scn_error *err);
char *scn_print_text(const struct scenario *s); /* malloc'ed, canonical */

/* Strict: a file. Total: a fuzz input, every byte string decodes to a legal scenario or is rejected (false).
 */
bool scn_parse_binary(struct scenario *s, const char *file, const u8 *data, size_t size,
		      struct scn_error *err);
bool scn_decode_fuzz(struct scenario *s, const u8 *data, size_t size);
u8 *scn_print_binary(const struct scenario *s, size_t *size); /* malloc'ed, canonical */
/*
 * @s as a raw fuzz input: its program and its gap list, without metadata. Decodes to an equal program, unless
 * @s uses what fuzz inputs do not have (AWAIT, forced faults, variants other than huge). Returns the size, 0
 * when @max is short.
 */
size_t scn_encode_fuzz(const struct scenario *s, u8 *out, size_t max);

/* By extension: .litmus is text, everything else binary. */
bool scn_load(struct scenario *s, const char *path, struct scn_error *err);
bool scn_save(const struct scenario *s, const char *path, struct scn_error *err);

extern const char *const scn_op_names[OP_NR][2]; /* {name, summary} */

#endif
