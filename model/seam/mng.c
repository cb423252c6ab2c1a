/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDH.MNG.ADDCX and TDH.MNG.INIT: a TD gets its control pages, and becomes what TD_PARAMS describes.
 *
 * Of TD_PARAMS the model has what a host can see the effect of. Its reserved fields have to be zero; the
 * identities of the owner are not measured, as nothing is.
 */
#include "model/seam/life.h"
#include "model/seam/sys.h"

/* Offsets in TD_PARAMS. */
#define P_ATTRIBUTES 0
#define P_XFAM 8
#define P_MAX_VCPUS 16 /* 15:0, the rest is reserved */
#define P_EPTP_CONTROLS 24
#define P_CONFIG_FLAGS 32
#define P_TSC_FREQUENCY 40 /* 15:0 in 25 MHz, the rest is reserved, up to 79 */
#define P_MRCONFIGID 80
#define P_RESERVED2 224
#define P_CPUID 256
#define P_SIZE 1024

static u64 addcx_check(struct seam_call *c)
{
	struct seam_td *td = c->td;

	if (td->fatal)
		return TDX_TD_FATAL;
	if (td->lifecycle != TD_KEYS_CONFIGURED)
		return TDX_TD_KEYS_NOT_CONFIGURED;
	if (td->nr_tdcx >= SEAM_MAX_TDCX_PER_TD)
		return TDX_TDCX_NUM_INCORRECT;
	if (td->nr_tdcx >= SEAM_TDCX_PER_TD && td->op_state != OP_UNINITIALIZED)
		return TDX_OP_STATE_INCORRECT;
	return TDX_SUCCESS;
}

u64 tdh_mng_addcx(struct seam_call *c)
{
	u64 err = seam_lock_tdr(c, c->in.rdx, TDX_OPERAND_ID_RDX, SEAM_X);

	err = err ? err : addcx_check(c);
	err = err ? err : seam_page_4k(c, c->in.rcx, TDX_OPERAND_ID_RCX, 0);
	if (err)
		return err;
	m_point(M_WRITE | M_SEAM, &c->refs[0].entry->type, M_SITE("PAMT becomes TDCX"));
	seam_td_add_tdcx(c->td, c->in.rcx >> PAGE_SHIFT);
	return TDX_SUCCESS;
}

static bool zero(hpa_t pa, unsigned int from, unsigned int to)
{
	for (; from < to; from += 8) {
		if (seam_host_read64(pa + from))
			return false;
	}
	return true;
}

/* Bits that may be set, and bits that have to be. */
static bool fixed_ok(u64 value, u64 fixed0, u64 fixed1)
{
	return !(value & ~fixed0) && (value & fixed1) == fixed1;
}

/* Write-back, no A/D bits, four or five levels; an address width of 52 bits needs five. */
static bool eptp_ok(const struct seam_td_params *p)
{
	u64 levels = p->eptp_controls >> 3;

	if ((p->eptp_controls & 7) != 6 || (levels != 3 && levels != 4))
		return false;
	return levels == 4 || !(p->config_flags & 1);
}

static u64 params_check(const struct seam_td_params *p)
{
	if (!fixed_ok(p->attributes, SYS_ATTRIBUTES_FIXED0, SYS_ATTRIBUTES_FIXED1))
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_ATTRIBUTES;
	if (!fixed_ok(p->xfam, SYS_XFAM_FIXED0, SYS_XFAM_FIXED1))
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_XFAM;
	if (!p->max_vcpus)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_MAX_VCPUS;
	if (p->config_flags & ~SYS_CONFIG_FLAGS)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_EXEC_CONTROLS;
	if (!eptp_ok(p))
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_EPTP_CONTROLS;
	if (p->tsc_frequency < 4 || p->tsc_frequency > 400)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_TSC_FREQUENCY;
	return TDX_SUCCESS;
}

static bool reserved_ok(hpa_t pa)
{
	return !(seam_host_read64(pa + P_MAX_VCPUS) >> 16) &&
	       !(seam_host_read64(pa + P_TSC_FREQUENCY) >> 16) &&
	       zero(pa, P_TSC_FREQUENCY + 8, P_MRCONFIGID) && zero(pa, P_RESERVED2, P_CPUID) &&
	       zero(pa, P_CPUID + 16 * SYS_NR_CPUID_CONFIG, P_SIZE);
}

/* The one configurable leaf; RCX says which one was wrong. */
static u64 cpuid_check(struct seam_call *c, const struct seam_td_params *p)
{
	const u32 allowed[4] = {0, SYS_CPUID_CONFIG_EBX, 0, 0};

	for (unsigned int i = 0; i < 4; i++) {
		if (!(p->cpuid[i] & ~allowed[i]))
			continue;
		c->regs->rcx = SYS_CPUID_CONFIG_LEAF;
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_CPUID_CONFIG;
	}
	return TDX_SUCCESS;
}

static u64 read_params(struct seam_call *c, hpa_t pa, struct seam_td_params *p)
{
	u64 low = seam_host_read64(pa + P_CPUID), high = seam_host_read64(pa + P_CPUID + 8), err;

	*p = (struct seam_td_params){
		.attributes = seam_host_read64(pa + P_ATTRIBUTES),
		.xfam = seam_host_read64(pa + P_XFAM),
		.max_vcpus = (u16)seam_host_read64(pa + P_MAX_VCPUS),
		.eptp_controls = seam_host_read64(pa + P_EPTP_CONTROLS),
		.config_flags = seam_host_read64(pa + P_CONFIG_FLAGS),
		.tsc_frequency = (u16)seam_host_read64(pa + P_TSC_FREQUENCY),
		.cpuid = {(u32)low, low >> 32, (u32)high, high >> 32},
	};
	err = params_check(p);
	if (!err && !reserved_ok(pa))
		err = TDX_OPERAND_INVALID | TDX_OPERAND_ID_RDX;
	return err ? err : cpuid_check(c, p);
}

u64 tdh_mng_init(struct seam_call *c)
{
	u64 err = seam_lock_td(c, c->in.rcx, TDX_OPERAND_ID_RCX, SEAM_X);
	struct seam_td_params params;
	hpa_t pa = c->in.rdx;

	c->regs->rcx = 0;
	if (err)
		return err;
	if (c->td->op_state != OP_UNINITIALIZED)
		return TDX_OP_STATE_INCORRECT;
	if ((pa & (P_SIZE - 1)) || !seam_hpa_shared(pa))
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RDX;
	err = read_params(c, pa, &params);
	if (!err)
		seam_td_init(c->td, &params);
	return err;
}
