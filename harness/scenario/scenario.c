// SPDX-License-Identifier: GPL-2.0-only
/* The in-memory form: life cycle, copies, addresses, names of operations. */
#include "harness/scenario/scenario.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/scenario/ops.h"
#include "model/hw/page.h"

const char *const scn_op_names[OP_NR][2] = {
	[OP_READ] = {"read", "guest: rN := [addr]"},
	[OP_WRITE] = {"write", "guest: [addr] := value"},
	[OP_EXEC] = {"exec", "guest: instruction fetch from addr"},
	[OP_ACCEPT] = {"accept", "guest: TDG.MEM.PAGE.ACCEPT of addr at a level, rN := status"},
	[OP_MAPGPA] = {"mapgpa",
		       "guest: MapGPA of a range to shared or private; the VMM converts and resumes"},
	[OP_AWAIT] = {"await", "guest: repeat reading addr until it has the value"},
	[OP_NOP] = {"nop", "guest: an instruction boundary"},
	[OP_SET_SHARED] = {"set-shared", "host: KVM_SET_MEMORY_ATTRIBUTES of a range to shared"},
	[OP_SET_PRIVATE] = {"set-private", "host: KVM_SET_MEMORY_ATTRIBUTES of a range to private"},
	[OP_PUNCH] = {"punch", "host: fallocate(PUNCH_HOLE) of a range of the guest_memfd"},
	[OP_PREFAULT] = {"prefault", "host: KVM_PRE_FAULT_MEMORY of a range on a vCPU without program"},
	[OP_NX_RECOVER] = {"nx-recover", "host: one round of the NX huge page recovery worker"},
	[OP_HOST_UNMAP] = {"host-unmap", "host: user memory behind a range is unmapped (MMU notifier)"},
	[OP_HOST_WRITE] = {"host-write", "host: user space stores a value through its own mapping"},
};

const u8 op_fields[OP_NR] = {
	[OP_READ] = F_VCPU | F_ADDR | F_REG | F_SHARED | F_VE,
	[OP_WRITE] = F_VCPU | F_ADDR | F_VAL | F_SHARED | F_VE,
	[OP_EXEC] = F_VCPU | F_ADDR | F_SHARED | F_VE,
	[OP_ACCEPT] = F_VCPU | F_ADDR | F_REG | F_LEVEL,
	[OP_MAPGPA] = F_VCPU | F_ADDR | F_SIZE | F_REG | F_SHARED,
	[OP_AWAIT] = F_VCPU | F_ADDR | F_VAL | F_SHARED,
	[OP_NOP] = F_VCPU,
	[OP_SET_SHARED] = F_ADDR | F_SIZE,
	[OP_SET_PRIVATE] = F_ADDR | F_SIZE,
	[OP_PUNCH] = F_ADDR | F_SIZE,
	[OP_PREFAULT] = F_ADDR | F_SIZE | F_REG | F_SHARED,
	[OP_NX_RECOVER] = 0,
	[OP_HOST_UNMAP] = F_ADDR | F_SIZE,
	[OP_HOST_WRITE] = F_ADDR | F_VAL,
};

gfn_t scn_gfn_bits(struct scn_addr a, unsigned int bits)
{
	return ((gfn_t)a.g << (2 * bits)) + ((gfn_t)a.m << bits) + a.k;
}

gfn_t scn_gfn(struct scn_addr a)
{
	return scn_gfn_bits(a, hw_geom.bits);
}

void scn_init(struct scenario *s)
{
	memset(s, 0, sizeof(*s));
	s->version = SCN_VERSION;
	s->classes = SCN_ALL_CLASSES;
}

static void drop_record(struct scenario *s)
{
	free(s->record.option);
	free(s->record.sig);
	memset(&s->record, 0, sizeof(s->record));
}

void scn_free(struct scenario *s)
{
	drop_record(s);
	scn_init(s);
}

void scn_copy(struct scenario *to, const struct scenario *from)
{
	memcpy(to, from, sizeof(*to));
	memset(&to->record, 0, sizeof(to->record));
	if (from->record.nr)
		scn_set_record(to, from->record.option, from->record.sig, from->record.nr);
}

void scn_set_record(struct scenario *s, const u8 *option, const u8 *sig, u32 nr)
{
	drop_record(s);
	if (!nr)
		return;
	s->record.option = malloc(nr);
	s->record.sig = malloc(nr);
	if (!s->record.option || !s->record.sig)
		eng_internal_error("out of memory for a schedule of %u choices", nr);
	memcpy(s->record.option, option, nr);
	memcpy(s->record.sig, sig, nr);
	s->record.nr = nr;
}

void scn_with_result(struct scenario *to, const struct scenario *s, unsigned int i)
{
	const struct scn_result *r = &s->results[i];

	scn_copy(to, s);
	for (unsigned int v = 0; v < r->nr_variants; v++)
		to->variants[r->variants[v].id] = r->variants[v].value;
	if (r->bug_rule != RESULT_BUG_BASE) {
		to->has_bug = r->bug_rule == RESULT_BUG_SET;
		to->bug = to->has_bug ? r->bug : 0;
	}
}

bool scn_equal(const struct scenario *a, const struct scenario *b)
{
	struct scenario x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	memset(&x.record, 0, sizeof(x.record));
	memset(&y.record, 0, sizeof(y.record));
	if (memcmp(&x, &y, sizeof(x)) || a->record.nr != b->record.nr)
		return false;
	return !a->record.nr || (!memcmp(a->record.option, b->record.option, a->record.nr) &&
				 !memcmp(a->record.sig, b->record.sig, a->record.nr));
}

bool scn_fail(struct scn_error *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return false;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	for (char *p = err->text; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	}
	return false;
}
