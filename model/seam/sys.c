/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bringing the module up: SYS.INIT, SYS.LP.INIT on each CPU, SYS.RD of what there is, SYS.CONFIG with the
 * memory, SYS.KEY.CONFIG on each package, SYS.TDMR.INIT until all is initialised.
 *
 * Simplifications: the PAMT is not in the memory that the host gives for it, and its size is only checked to
 * be there; one call of TDMR.INIT does a gigabyte of 4K pages; TDX features are those that a kernel asks for.
 */
#include <string.h>

#include "model/seam/life.h"
#include "model/seam/sys.h"

#define TDMR_ALIGN (1ull << 30)
#define TDMR_RESERVED_OFFSET 64 /* of the list of reserved areas in TDMR_INFO */
#define INFO_ALIGN 512

struct seam_sys seam_sys;

void seam_sys_forget(void)
{
	memset(&seam_sys, 0, sizeof(seam_sys));
}

static bool is_bring_up(u32 fn)
{
	return fn == TDH_SYS_INIT || fn == TDH_SYS_LP_INIT;
}

static bool is_sys(u32 fn)
{
	return fn == TDH_SYS_RD || fn == TDH_SYS_CONFIG || fn == TDH_SYS_KEY_CONFIG ||
	       fn == TDH_SYS_TDMR_INIT;
}

u64 seam_sys_admits(u32 fn)
{
	if (seam_sys.state == SYS_NOT_STARTED || is_bring_up(fn))
		return TDX_SUCCESS;
	if (!(seam_sys.lps & 1u << m_cpu()))
		return TDX_SYS_LP_INIT_NOT_DONE;
	return is_sys(fn) || seam_sys.state == SYS_READY ? TDX_SUCCESS : TDX_SYS_NOT_READY;
}

/* ---- memory ---- */

static const struct sys_tdmr *tdmr_of(hpa_t hpa)
{
	for (unsigned int i = 0; i < seam_sys.nr_tdmrs; i++) {
		const struct sys_tdmr *t = &seam_sys.tdmrs[i];

		if (hpa >= t->base && hpa - t->base < t->size)
			return t;
	}
	return NULL;
}

bool seam_sys_outside(pfn_t pfn, u64 pages)
{
	const struct sys_tdmr *t;

	if (pfn + pages > HW_NR_FRAMES)
		return true;
	if (seam_sys.state == SYS_NOT_STARTED)
		return false;
	t = tdmr_of(pfn << PAGE_SHIFT);
	return !t || (pfn + pages) << PAGE_SHIFT > t->next;
}

u64 seam_sys_reserved(pfn_t pfn, u64 pages)
{
	hpa_t first = pfn << PAGE_SHIFT, end = (pfn + pages) << PAGE_SHIFT;
	const struct sys_tdmr *t = tdmr_of(first);
	u64 bytes = 0;

	for (unsigned int i = 0; t && i < t->nr_reserved; i++) {
		hpa_t from = max(first, t->reserved[i].base);
		hpa_t to = min(end, t->reserved[i].base + t->reserved[i].size);

		bytes += from < to ? to - from : 0;
	}
	return bytes >> PAGE_SHIFT;
}

/* ---- bring-up ---- */

u64 tdh_sys_init(struct seam_call *c)
{
	if (c->in.rcx)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
	if (seam_sys.state != SYS_NOT_STARTED)
		return TDX_SYS_INIT_NOT_PENDING;
	seam_sys_forget();
	seam_sys.state = SYS_STARTED;
	return TDX_SUCCESS;
}

u64 tdh_sys_lp_init(struct seam_call *c)
{
	(void)c;
	if (seam_sys.state == SYS_NOT_STARTED)
		return TDX_SYS_INIT_NOT_DONE;
	if (seam_sys.lps & 1u << m_cpu())
		return TDX_SYS_LP_INIT_DONE;
	seam_sys.lps |= 1u << m_cpu();
	return TDX_SUCCESS;
}

/* Reserved areas end with the first of size 0; 4K pages in ascending order inside the TDMR. */
static bool read_reserved(struct sys_tdmr *t, hpa_t info)
{
	hpa_t end = 0;

	for (t->nr_reserved = 0; t->nr_reserved < SYS_MAX_RESERVED; t->nr_reserved++) {
		hpa_t entry = info + TDMR_RESERVED_OFFSET + 16 * t->nr_reserved;
		u64 offset = seam_host_read64(entry), size = seam_host_read64(entry + 8);

		if (!size)
			break;
		if ((offset | size) & (PAGE_SIZE - 1) || offset < end || size > t->size ||
		    offset > t->size - size)
			return false;
		end = offset + size;
		t->reserved[t->nr_reserved].base = t->base + offset;
		t->reserved[t->nr_reserved].size = size;
	}
	return true;
}

/* Base and size are followed by base and size of the PAMT for 1G, 2M and 4K. */
static bool read_pamt(hpa_t info, u64 size)
{
	for (unsigned int i = 0; i < 3; i++) {
		u64 base = seam_host_read64(info + 16 + 16 * i), bytes = seam_host_read64(info + 24 + 16 * i);
		u64 want = (size >> (30 - 9 * i)) * SYS_PAMT_ENTRY_SIZE;

		if (!seam_hpa_shared(base) || (base | bytes) & (PAGE_SIZE - 1) || bytes < want)
			return false;
	}
	return true;
}

static u64 read_tdmr(struct sys_tdmr *t, hpa_t info, hpa_t after)
{
	t->base = t->next = seam_host_read64(info);
	t->size = seam_host_read64(info + 8);
	if (!t->size || (t->base | t->size) & (TDMR_ALIGN - 1) || t->base + t->size < t->base ||
	    !seam_hpa_shared(t->base + t->size - 1))
		return TDX_INVALID_TDMR;
	if (t->base < after)
		return TDX_NON_ORDERED_TDMR;
	if (!read_pamt(info, t->size))
		return TDX_INVALID_PAMT;
	return read_reserved(t, info) ? TDX_SUCCESS : TDX_INVALID_RESERVED_IN_TDMR;
}

static u64 read_tdmrs(hpa_t list, unsigned int nr)
{
	hpa_t after = 0;

	for (unsigned int i = 0; i < nr; i++) {
		struct sys_tdmr *t = &seam_sys.tdmrs[i];
		hpa_t info = seam_host_read64(list + 8 * i);
		u64 err;

		if ((info & (INFO_ALIGN - 1)) || !seam_hpa_shared(info))
			return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
		err = read_tdmr(t, info, after);
		if (err)
			return err | i;
		after = t->base + t->size;
	}
	return TDX_SUCCESS;
}

u64 tdh_sys_config(struct seam_call *c)
{
	u64 err;

	if (seam_sys.state != SYS_STARTED)
		return TDX_SYS_CONFIG_NOT_PENDING;
	if ((c->in.rcx & (INFO_ALIGN - 1)) || !seam_hpa_shared(c->in.rcx))
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
	if (!c->in.rdx || c->in.rdx > SYS_MAX_TDMRS)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RDX;
	if (!seam_keyid_private(c->in.r8))
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_R8;
	err = read_tdmrs(c->in.rcx, c->in.rdx);
	if (err)
		return err;
	seam_sys.nr_tdmrs = c->in.rdx;
	seam_sys.keyid = c->in.r8;
	seam_sys.state = SYS_CONFIGURED;
	seam_reset(); /* the PAMT is new, and one more key id is taken */
	return TDX_SUCCESS;
}

u64 tdh_sys_key_config(struct seam_call *c)
{
	u32 package = 1u << seam_package_of(m_cpu());

	(void)c;
	if (seam_sys.state != SYS_CONFIGURED)
		return TDX_SYS_KEY_CONFIG_NOT_PENDING;
	if (seam_sys.packages & package)
		return TDX_KEY_CONFIGURED;
	seam_sys.packages |= package;
	if (seam_sys.packages == (1u << seam_nr_packages) - 1)
		seam_sys.state = SYS_READY;
	return TDX_SUCCESS;
}

/* RDX is where to go on. */
u64 tdh_sys_tdmr_init(struct seam_call *c)
{
	struct sys_tdmr *t;

	c->regs->rdx = 0;
	if (seam_sys.state != SYS_READY)
		return TDX_SYS_NOT_READY;
	for (t = seam_sys.tdmrs; t < seam_sys.tdmrs + seam_sys.nr_tdmrs; t++) {
		if (t->base == c->in.rcx)
			break;
	}
	if (t == seam_sys.tdmrs + seam_sys.nr_tdmrs)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
	if (t->next == t->base + t->size)
		return TDX_TDMR_ALREADY_INITIALIZED;
	t->next += TDMR_ALIGN;
	c->regs->rdx = t->next;
	return TDX_SUCCESS;
}

/* ---- what the module says ---- */

static u64 features(void)
{
	/* Relaxed concurrency, TD-entry enhancements, host priority, PENDING violations; RBP is kept,
	 * topology. */
	u64 f = BIT_ULL(4) | BIT_ULL(9) | BIT_ULL(10) | BIT_ULL(16) | BIT_ULL(18) | BIT_ULL(20);

	if (seam_profile == SEAM_PROFILE_DYNAMIC_PAMT)
		f |= BIT_ULL(36);
	if (seam_profile == SEAM_PROFILE_DEMOTE_UNINTERRUPTIBLE)
		f |= BIT_ULL(51);
	return f;
}

u64 tdh_sys_rd(struct seam_call *c)
{
	const struct {
		u64 id, value;
	} fields[] = {
		{0x0800000100000003, 5}, /* version 1.5.06 */
		{0x0800000100000004, 1},
		{0x0800000100000005, 6},
		{0x0A00000300000008, features()},
		{0x9100000100000008, SYS_MAX_TDMRS},
		{0x9100000100000009, SYS_MAX_RESERVED},
		{0x9100000100000010, SYS_PAMT_ENTRY_SIZE},
		{0x9100000100000011, SYS_PAMT_ENTRY_SIZE},
		{0x9100000100000012, SYS_PAMT_ENTRY_SIZE},
		{0x9800000100000000, PAGE_SIZE},
		{0x9800000100000100, SEAM_TDCX_PER_TD * PAGE_SIZE},
		{0x9800000100000200, (SEAM_TDCX_PER_VP + 1) * PAGE_SIZE},
		{0x1900000300000000, SYS_ATTRIBUTES_FIXED0},
		{0x1900000300000001, SYS_ATTRIBUTES_FIXED1},
		{0x1900000300000002, SYS_XFAM_FIXED0},
		{0x1900000300000003, SYS_XFAM_FIXED1},
		{0x9900000100000004, SYS_NR_CPUID_CONFIG},
		{0x9900000100000008, SEAM_MAX_VPS},
		{0x9900000300000400, SYS_CPUID_CONFIG_LEAF},
		{0x9900000300000500, SYS_CPUID_CONFIG_EBX << 32},
		{0x9900000300000501, 0},
		{0x8900000100000000, 1}, /* handoff version */
	};

	c->regs->r8 = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++) {
		if (fields[i].id != c->in.rdx)
			continue;
		c->regs->r8 = fields[i].value;
		return TDX_SUCCESS;
	}
	return TDX_METADATA_FIELD_ID_INCORRECT;
}
