/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Metadata fields of a TD and of its vCPUs: TDH.MNG.RD, TDH.VP.RD, TDH.VP.WR. As in the module a VP call
 * associates the vCPU with the CPU that makes it, so that it has to be flushed again.
 *
 * A field is named by its class and code; sizes and counts in the id are ignored, as the kernel leaves them
 * out. Not modelled: version 1, which also returns the id of the next field; fields that a kernel does not
 * ask for.
 */
#include "model/seam/life.h"
#include "model/seam/vp.h"

#define FIELD_ID (BIT_ULL(63) | GENMASK_ULL(61, 56) | GENMASK_ULL(23, 0))
#define FIELD(non_arch, class, code) ((u64)(non_arch) << 63 | (u64)(class) << 56 | (code))
#define FIELD_OF(id, non_arch, class) (((id) & (FIELD_ID & ~GENMASK_ULL(23, 0))) == FIELD(non_arch, class, 0))

/* Classes. */
#define C_VMCS 0
#define C_TD_CONTROLS 17
#define C_VP_STATE 17
#define C_CPUID 20
#define C_VP_MANAGEMENT 32

/* ---- the TD ---- */

static bool td_field(const struct seam_td *td, u64 id, u64 *value)
{
	const struct seam_td_params *p = &td->params;

	switch (id) {
	case FIELD(0, C_TD_CONTROLS, 0):
		*value = p->attributes;
		return true;
	case FIELD(0, C_TD_CONTROLS, 1):
		*value = p->xfam;
		return true;
	case FIELD(0, C_TD_CONTROLS, 2):
		*value = p->max_vcpus;
		return true;
	case FIELD(0, C_TD_CONTROLS, 3):
		*value = p->config_flags & 1;
		return true;
	case FIELD(0, C_TD_CONTROLS, 4):
		*value = p->eptp_controls | td->root;
		return true;
	case FIELD(0, C_TD_CONTROLS, 10): /* TSC offset */
		*value = 0;
		return true;
	case FIELD(0, C_TD_CONTROLS, 11): /* TSC multiplier: 1, with 48 fractional bits */
		*value = BIT_ULL(48);
		return true;
	case FIELD(0, C_TD_CONTROLS, 12):
		*value = p->tsc_frequency;
		return true;
	}
	return false;
}

/* Leaf bit 31 in 16, leaf in 15:9, "has no subleafs" in 8:1, and which half in 0. */
#define CPUID_FIELD(leaf) (((leaf) >> 31) << 16 | ((leaf) & 0x7f) << 9 | 0x1fe)

/* The few leafs that a TD has here, none with subleafs. */
static bool cpuid_leaf(const struct seam_td *td, u32 field, u32 reg[4])
{
	static const struct {
		u32 field, reg[4];
	} leafs[] = {
		{CPUID_FIELD(0u), {1, 0x756e6547, 0x6c65746e, 0x49656e69}}, /* GenuineIntel */
		{CPUID_FIELD(1u), {0x806f8, 0, 1u << 31 | 1u << 21, 0}}, /* a hypervisor, x2APIC */
		{CPUID_FIELD(0x80000000u), {0x80000008, 0, 0, 0}},
		{CPUID_FIELD(0x80000008u), {52 | 48 << 8, 0, 0, 0}},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(leafs); i++) {
		if (leafs[i].field != field)
			continue;
		for (unsigned int r = 0; r < 4; r++)
			reg[r] = leafs[i].reg[r] | (i == 3 ? td->params.cpuid[r] : 0);
		return true;
	}
	return false;
}

static bool cpuid_field(const struct seam_td *td, u64 id, u64 *value)
{
	unsigned int half = (id & 1) * 2;
	u32 reg[4];

	if (!FIELD_OF(id, 1, C_CPUID) || !cpuid_leaf(td, id & 0xfffffe, reg))
		return false;
	*value = reg[half] | (u64)reg[half + 1] << 32;
	return true;
}

u64 tdh_mng_rd(struct seam_call *c)
{
	u64 id = c->in.rdx & FIELD_ID, value, err;

	c->regs->r8 = 0;
	err = seam_lock_td(c, c->in.rcx, TDX_OPERAND_ID_RCX, SEAM_S);
	if (err)
		return err;
	if (!td_field(c->td, id, &value) && !cpuid_field(c->td, id, &value))
		return TDX_METADATA_FIELD_ID_INCORRECT;
	c->regs->r8 = value;
	return TDX_SUCCESS;
}

/* ---- a vCPU ---- */

/**
 * struct vp_field - a field of the TDVPS that the host of a production TD may read
 * @size: bytes at @offset of struct seam_vp_fields; 0: reads as 0
 * @writable: bits that the host may change
 * @must_be_zero: bits of its value
 */
static const struct vp_field {
	u64 id;
	u8 size;
	size_t offset;
	u64 writable, must_be_zero;
} vp_fields[] = {
	{FIELD(0, C_VMCS, 0x0002), 2, offsetof(struct seam_vp_fields, pi_vector), 0xffff, 0xff00},
	{FIELD(0, C_VMCS, 0x2016), 8, offsetof(struct seam_vp_fields, pi_desc), ~0ull, 63},
	{FIELD(0, C_VMCS, 0x203c), 8, offsetof(struct seam_vp_fields, shared_eptp), ~0ull, PAGE_SIZE - 1},
	/* Process posted interrupts. */
	{FIELD(0, C_VMCS, 0x4000), 4, offsetof(struct seam_vp_fields, pin_controls), BIT_ULL(7), 0},
	/* Bus-lock detection, notify VM exit. */
	{FIELD(0, C_VMCS, 0x401e), 4, offsetof(struct seam_vp_fields, secondary_controls),
	 GENMASK_ULL(31, 30), 0},
	{FIELD(0, C_VMCS, 0x4024), 4, offsetof(struct seam_vp_fields, notify_window), 0xffffffff, 0},
	{FIELD(0, C_VP_MANAGEMENT, 11), 1, offsetof(struct seam_vp_fields, pend_nmi), 0xff, 0xfe},
	/* VCPU_STATE_DETAILS: no virtual interrupt is ever pending. */
	{FIELD(1, C_VP_STATE, 0x100), 0, 0, 0, 0},
};

static const struct vp_field *find_vp_field(u64 id)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(vp_fields); i++) {
		if (vp_fields[i].id == (id & FIELD_ID))
			return &vp_fields[i];
	}
	return NULL;
}

static u64 get_field(const struct seam_vp *vp, const struct vp_field *f)
{
	const void *p = (const char *)&vp->fields + f->offset;

	switch (f->size) {
	case 1:
		return *(const u8 *)p;
	case 2:
		return *(const u16 *)p;
	case 4:
		return *(const u32 *)p;
	case 8:
		return *(const u64 *)p;
	}
	return 0;
}

static void set_field(struct seam_vp *vp, const struct vp_field *f, u64 value)
{
	void *p = (char *)&vp->fields + f->offset;

	switch (f->size) {
	case 1:
		*(u8 *)p = value;
		break;
	case 2:
		*(u16 *)p = value;
		break;
	case 4:
		*(u32 *)p = value;
		break;
	case 8:
		*(u64 *)p = value;
		break;
	}
	vp->vmcs.shared_root = vp->fields.shared_eptp & EPT_PFN_MASK;
}

/* Up to the association. */
static u64 open_vp(struct seam_call *c, struct seam_vp **vp)
{
	u64 err = seam_lock_vp(c, c->in.rcx, TDX_OPERAND_ID_RCX, SEAM_S, SEAM_S, vp);

	err = err ? err : seam_check_build(c);
	err = err ? err : seam_lock_op_state(c);
	if (!err && c->td->op_state == OP_UNINITIALIZED)
		err = TDX_OP_STATE_INCORRECT;
	return err ? err : vp_associate(*vp);
}

u64 tdh_vp_rd(struct seam_call *c)
{
	const struct vp_field *f = find_vp_field(c->in.rdx);
	struct seam_vp *vp;
	u64 err;

	c->regs->r8 = 0;
	err = open_vp(c, &vp);
	if (err)
		return err;
	if (!f)
		return TDX_METADATA_FIELD_ID_INCORRECT;
	c->regs->r8 = get_field(vp, f);
	return TDX_SUCCESS;
}

static u64 write_field(struct seam_vp *vp, const struct vp_field *f, u64 data, u64 mask)
{
	u64 old = get_field(vp, f), value = (old & ~mask) | (data & mask);

	if (!(mask & f->writable))
		return TDX_METADATA_FIELD_NOT_WRITABLE;
	if (((value ^ old) & ~f->writable) || (value & f->must_be_zero))
		return TDX_METADATA_FIELD_VALUE_NOT_VALID;
	if (f->size == 8 && !seam_hpa_shared(value))
		return TDX_METADATA_FIELD_VALUE_NOT_VALID; /* both are addresses in the host's memory */
	set_field(vp, f, value);
	return TDX_SUCCESS;
}

/* R8 returns what was there before. */
u64 tdh_vp_wr(struct seam_call *c)
{
	const struct vp_field *f = find_vp_field(c->in.rdx);
	struct seam_vp *vp;
	u64 err, old;

	c->regs->r8 = 0;
	err = open_vp(c, &vp);
	if (err)
		return err;
	if (!f)
		return TDX_METADATA_FIELD_ID_INCORRECT;
	old = get_field(vp, f);
	err = write_field(vp, f, c->in.r8, c->in.r9);
	if (!err)
		c->regs->r8 = old;
	return err;
}
