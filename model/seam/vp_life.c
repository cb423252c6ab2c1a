/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDH.VP.CREATE, TDH.VP.ADDCX and TDH.VP.INIT: a vCPU gets its pages and starts life on the CPU that does the
 * last of them. A TD takes vCPUs until MR.FINALIZE.
 */
#include "model/seam/life.h"
#include "model/seam/vp.h"

static u64 initialized(struct seam_call *c)
{
	return c->td->op_state == OP_INITIALIZED ? TDX_SUCCESS : TDX_OP_STATE_INCORRECT;
}

u64 tdh_vp_create(struct seam_call *c)
{
	u64 err = seam_lock_td(c, c->in.rdx, TDX_OPERAND_ID_RDX, SEAM_S);

	err = err ? err : initialized(c);
	err = err ? err : seam_page_4k(c, c->in.rcx, TDX_OPERAND_ID_RCX, 0);
	if (err)
		return err;
	m_point(M_WRITE | M_SEAM, &c->refs[0].entry->type, M_SITE("PAMT becomes TDVPR"));
	seam_vp_new(c->td, c->in.rcx >> PAGE_SHIFT);
	return TDX_SUCCESS;
}

u64 tdh_vp_addcx(struct seam_call *c)
{
	struct seam_vp *vp;
	u64 err = seam_lock_vp(c, c->in.rdx, TDX_OPERAND_ID_RDX, SEAM_X, SEAM_S, &vp);

	err = err ? err : seam_check_build(c);
	err = err ? err : seam_lock_op_state(c);
	err = err ? err : initialized(c);
	if (err)
		return err;
	if (vp->state != VP_UNINITIALIZED)
		return TDX_VCPU_STATE_INCORRECT;
	if (vp->nr_tdcx >= SEAM_TDCX_PER_VP)
		return TDX_TDCX_NUM_INCORRECT;
	err = seam_page_4k(c, c->in.rcx, TDX_OPERAND_ID_RCX, 1);
	if (err)
		return err;
	m_point(M_WRITE | M_SEAM, &c->refs[1].entry->type, M_SITE("PAMT becomes TDCX"));
	seam_vp_add_tdcx(vp, c->in.rcx >> PAGE_SHIFT);
	return TDX_SUCCESS;
}

static bool x2apic_id_taken(const struct seam_td *td, u32 id)
{
	for (unsigned int i = 0; i < seam_nr_vps; i++) {
		const struct seam_vp *vp = &seam_vps[i];

		if (vp->tdvpr && vp->td == td && vp->state == VP_READY && vp->x2apic_id == id)
			return true;
	}
	return false;
}

/* Numbers are given out without a lock when the TD's is shared. */
static u64 take_index(struct seam_vp *vp)
{
	struct seam_td *td = vp->td;
	u32 index = __atomic_fetch_add(&td->nr_vps, 1, __ATOMIC_ACQ_REL);

	if (index >= td->params.max_vcpus) {
		__atomic_fetch_sub(&td->nr_vps, 1, __ATOMIC_ACQ_REL);
		return TDX_MAX_VCPUS_EXCEEDED;
	}
	vp->index = index;
	return TDX_SUCCESS;
}

/* Version 1 has an x2APIC id in R8; that of version 0 is the index. */
static u64 init_locked(struct seam_call *c, struct seam_vp *vp)
{
	u64 err;

	if (vp->nr_tdcx != SEAM_TDCX_PER_VP)
		return TDX_TDCX_NUM_INCORRECT;
	if (vp->state != VP_UNINITIALIZED)
		return TDX_VCPU_STATE_INCORRECT;
	if (c->version && (c->in.r8 >> 32))
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_R8;
	if (c->version && x2apic_id_taken(c->td, c->in.r8))
		return TDX_X2APIC_ID_NOT_UNIQUE;
	m_point(M_RMW | M_SEAM, &c->td->nr_vps, M_SITE("vCPU gets its number"));
	err = take_index(vp);
	if (err)
		return err;
	seam_vp_init(vp, c->version ? c->in.r8 : vp->index);
	return vp_associate(vp);
}

u64 tdh_vp_init(struct seam_call *c)
{
	bool exclusive = seam_profile == SEAM_PROFILE_VP_INIT_EXCLUSIVE;
	struct seam_vp *vp;
	u64 err = seam_lock_vp(c, c->in.rcx, TDX_OPERAND_ID_RCX, SEAM_X, exclusive ? SEAM_X : SEAM_S, &vp);

	err = err ? err : seam_check_build(c);
	if (!err && !exclusive)
		err = seam_lock_op_state(c);
	err = err ? err : initialized(c);
	return err ? err : init_locked(c, vp);
}
