/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDH.VP.ENTER: association with this CPU, the epoch, the flushes, the zero-step filter, and the guest until
 * it exits.
 *
 * Registers are in seam.h. hw_cpus[].in_guest is set from the last flush until the exit. Not modelled: TSC
 * and MONITOR checks, debug exits, the flags in RCX bits 52 and 53 (refused); of what a host may change in
 * the registers of a TDG.VP.VMCALL the guest takes R10 only.
 */
#include "model/event.h"
#include "model/seam/sept_walk.h"
#include "model/seam/vp.h"

#define RCX_RESERVED (GENMASK_ULL(11, 0) | GENMASK_ULL(63, 54))
#define RCX_FLAGS GENMASK_ULL(53, 52)

u64 vp_exit_regs(struct tdx_module_args *regs, u64 rax, u64 qual, u64 eeq, gpa_t gpa)
{
	*regs = (struct tdx_module_args){.rcx = qual, .rdx = eeq, .r8 = gpa & ~(PAGE_SIZE - 1)};
	return rax;
}

u64 seam_lock_vp(struct seam_call *c, u64 hpa, unsigned int reg, enum seam_lock_mode mode,
		 enum seam_lock_mode td_mode, struct seam_vp **vp)
{
	u64 err = seam_hpa_check(hpa, 1, reg);

	if (err)
		return err;
	if (!pamt_walk(hpa >> PAGE_SHIFT, 1, mode, &c->refs[0]))
		return TDX_OPERAND_BUSY | reg;
	*vp = seam_vp_of(hpa >> PAGE_SHIFT);
	if (c->refs[0].level != 1 || c->refs[0].entry->type != PAMT_TDVPR || !*vp)
		return TDX_PAGE_METADATA_INCORRECT | reg;
	if (!pamt_lock_implicit((*vp)->td->tdr, 1, td_mode, &c->td_ref))
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_TDR;
	c->td = (*vp)->td;
	return TDX_SUCCESS;
}

/* Sets *@fresh when this CPU was not the vCPU's before. */
static u64 associate(struct seam_vp *vp, bool *fresh)
{
	u64 here = m_cpu() + 1, where = 0;

	*fresh = m_cas64(&vp->where, &where, here, M_SEAM);
	if (*fresh)
		__atomic_fetch_add(&vp->td->nr_associated, 1, __ATOMIC_ACQ_REL);
	else if (where & VP_ACTIVE)
		return TDX_VCPU_STATE_INCORRECT;
	else if (where != here)
		return TDX_VCPU_ASSOCIATED;
	return TDX_SUCCESS;
}

u64 vp_associate(struct seam_vp *vp)
{
	bool fresh;

	return vp->state == VP_READY ? associate(vp, &fresh) : TDX_VCPU_STATE_INCORRECT;
}

static u64 epoch_add(struct seam_td *td, u64 delta)
{
	u64 old;

	m_point(M_RMW | M_SEAM, &td->epoch, M_SITE("count vCPU in epoch"));
	old = __atomic_fetch_add(&td->epoch, delta, __ATOMIC_ACQ_REL);
	m_value(old, old + delta);
	return old;
}

static void leave_epoch(struct seam_vp *vp)
{
	epoch_add(vp->td, -REFCOUNT_ONE(vp->epoch));
}

static u64 join_epoch(struct seam_vp *vp, bool fresh)
{
	struct seam_td *td = vp->td;
	u64 epoch;

	if (!sharex_lock(&td->epoch_lock, SEAM_S))
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_TD_EPOCH;
	/* TRACK is locked out: the epoch does not change until it is counted, and its read is no point. */
	epoch = EPOCH_OF(__atomic_load_n(&td->epoch, __ATOMIC_ACQUIRE));
	epoch_add(td, REFCOUNT_ONE(epoch));
	sharex_release(&td->epoch_lock, SEAM_S);
	if (epoch != vp->epoch && !fresh)
		hw_tlb_flush_tag(m_cpu(), vp->vmcs.tag);
	vp->epoch = epoch;
	return TDX_SUCCESS;
}

/* Spec 6.2: 0 = enter. An exit reason is the fake EPT violation. */
static u64 filter(struct seam_call *c, struct seam_vp *vp)
{
	gpa_t gpa;
	u64 err;

	if (!vp->nr_gpas)
		return TDX_SUCCESS;
	err = seam_lock_tree(c, SEAM_X);
	if (!err && !zero_step_faults(vp, &gpa))
		return TDX_SUCCESS;
	leave_epoch(vp);
	return err ? err : vp_exit_regs(c->regs, TDX_EXIT_REASON_EPT_VIOLATION, EPT_W, TDX_EEQ_NONE, gpa);
}

static u64 enter_checks(struct seam_call *c, struct seam_vp **vp)
{
	bool fresh;
	u64 err;

	if (c->in.rcx & RCX_RESERVED)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
	err = seam_lock_vp(c, c->in.rcx & ~RCX_FLAGS, TDX_OPERAND_ID_RCX, SEAM_S, SEAM_S, vp);
	err = err ? err : seam_check_build(c);
	err = err ? err : seam_lock_op_state(c);
	if (err)
		return err;
	if (c->td->op_state != OP_RUNNABLE)
		return TDX_OP_STATE_INCORRECT;
	if ((*vp)->nr_tdcx != SEAM_TDCX_PER_VP)
		return TDX_TDCX_NUM_INCORRECT;
	if ((*vp)->state != VP_READY)
		return TDX_VCPU_STATE_INCORRECT;
	err = associate(*vp, &fresh);
	if (!err && (c->in.rcx & RCX_FLAGS))
		err = TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
	err = err ? err : join_epoch(*vp, fresh);
	return err ? err : filter(c, *vp);
}

/* An EPT violation: the module looks at the entry as it is now, unlocked. True: exit. */
static bool ept_violation(struct seam_vp *vp, const struct hw_exit *x, struct tdx_module_args *regs, u64 *rax)
{
	struct sept_path path;
	u64 eeq = TDX_EEQ_NONE;

	if (!((x->gpa >> PAGE_SHIFT) & vp->vmcs.shared_bit)) {
		sept_walk(vp->td, x->gpa >> PAGE_SHIFT, 1, &path);
		if (sept_entry_state(path.value) == SEPT_PENDING) {
			if (!vp->td->pending_ve_disable) {
				hw_guest_ve(vp->guest);
				return false;
			}
			eeq = TDX_EEQ_PENDING_EPT_VIOLATION;
		}
		zero_step_log(vp, x->gpa);
	}
	*rax = vp_exit_regs(regs, TDX_EXIT_REASON_EPT_VIOLATION, x->qual, eeq, x->gpa);
	return true;
}

static bool misconfig(struct seam_vp *vp, const struct hw_exit *x, struct tdx_module_args *regs, u64 *rax)
{
	if (!((x->gpa >> PAGE_SHIFT) & vp->vmcs.shared_bit))
		seam_halt("EPT misconfiguration of a private address");
	*rax = vp_exit_regs(regs, TDX_EXIT_REASON_EPT_MISCONFIG, 0, 0, x->gpa);
	return true;
}

/* A call of the GHCI with two parameters. */
static u64 vmcall_regs(struct tdx_module_args *regs, u64 nr, u64 r12, u64 r13)
{
	u64 rax = vp_exit_regs(regs, TDX_EXIT_REASON_TDCALL, TDG_VP_VMCALL_REGS, 0, 0);

	regs->r11 = nr;
	regs->r12 = r12;
	regs->r13 = r13;
	return rax;
}

/* MapGPA goes to the host; the guest goes on behind it when the host comes back with R10. */
static bool vmcall(struct seam_vp *vp, struct tdx_module_args *regs, u64 *rax)
{
	const struct guest_insn *insn = &vp->guest->insn[vp->guest->pc];

	*rax = vmcall_regs(regs, TDG_VP_VMCALL_MAPGPA, insn->gpa, (u64)insn->n << PAGE_SHIFT);
	vp->vmcall = true;
	vp->vmcall_reg = insn->reg;
	hw_guest_retire(vp->guest);
	return true;
}

static bool tdcall(struct seam_vp *vp, struct tdx_module_args *regs, u64 *rax)
{
	gpa_t gpa;
	unsigned int level;

	if (hw_guest_accepts(vp->guest, &gpa, &level))
		return tdg_accept(vp, regs, rax);
	if (vp->guest->insn[vp->guest->pc].op == G_VMCALL)
		return vmcall(vp, regs, rax);
	return tdg_attr(vp, regs, rax);
}

static bool handle_exit(struct seam_vp *vp, const struct hw_exit *x, struct tdx_module_args *regs, u64 *rax)
{
	switch (x->reason) {
	case HW_EXIT_EPT_VIOLATION:
		return ept_violation(vp, x, regs, rax);
	case HW_EXIT_EPT_MISCONFIG:
		return misconfig(vp, x, regs, rax);
	case HW_EXIT_TDCALL:
		return tdcall(vp, regs, rax);
	case HW_EXIT_INTR:
		*rax = vp_exit_regs(regs, TDX_EXIT_REASON_INTR, 0, 0, 0);
		regs->r9 = TDX_INTR_INFO;
		return true;
	case HW_EXIT_DONE:
		break;
	}
	*rax = vmcall_regs(regs, TDG_VP_VMCALL_HLT, 1, 0);
	return true;
}

static void start_guest(struct seam_call *c, struct seam_vp *vp)
{
	struct hw_cpu *cpu = &hw_cpus[m_cpu()];

	if (!vp->guest)
		m_fail("INTERNAL", "INTERNAL guest of a vCPU", "VP.ENTER, and nobody said what it executes");
	if (c->op_state_locked)
		sharex_hp_unlock(&c->td->op_state_lock, SEAM_S);
	c->op_state_locked = false;
	if (c->tree_locked)
		sharex_release(&c->td->tree_lock, SEAM_X);
	c->tree_locked = false;
	if (cpu->last_tdvpr != vp) {
		hw_tlb_flush_tag(m_cpu(), vp->vmcs.tag);
		cpu->last_tdvpr = vp;
	}
	if (vp->vmcall)
		vp->guest->regs[vp->vmcall_reg % GUEST_REGS] = c->in.r10;
	vp->vmcall = false;
	vp->entry_rip = zero_step_rip(vp);
	__atomic_store_n(&vp->where, (m_cpu() + 1) | VP_ACTIVE, __ATOMIC_RELEASE);
	__atomic_store_n(&cpu->in_guest, true, __ATOMIC_SEQ_CST);
}

/* As KVM names it: TDG.VP.VMCALL of an instruction has the number of that instruction's VM exit. */
static u64 exit_reason(const struct hw_exit *x, u64 rax)
{
	return x->reason == HW_EXIT_DONE ? TDX_EXIT_REASON_DONE : rax & 0xffff;
}

static u64 run_guest(struct seam_call *c, struct seam_vp *vp)
{
	struct hw_exit x;
	u64 rax;

	start_guest(c, vp);
	do {
		hw_guest_run(vp->guest, &vp->vmcs, &x);
		zero_step_progress(vp);
	} while (!handle_exit(vp, &x, c->regs, &rax));
	__atomic_store_n(&hw_cpus[m_cpu()].in_guest, false, __ATOMIC_SEQ_CST);
	__atomic_store_n(&vp->where, m_cpu() + 1, __ATOMIC_RELEASE);
	leave_epoch(vp);
	m_emit3(EV_GUEST_EXIT, vp->guest->vcpu, exit_reason(&x, rax), x.gpa);
	return rax;
}

u64 tdh_vp_enter(struct seam_call *c)
{
	struct seam_vp *vp;
	u64 err = enter_checks(c, &vp);

	return err ? err : run_guest(c, vp);
}

u64 tdh_vp_flush(struct seam_call *c)
{
	unsigned int lp = m_cpu();
	struct seam_vp *vp;
	u64 err = seam_lock_vp(c, c->in.rcx, TDX_OPERAND_ID_RCX, SEAM_X, SEAM_S, &vp);

	if (err)
		return err;
	if (c->td->lifecycle != TD_KEYS_CONFIGURED)
		return TDX_TD_KEYS_NOT_CONFIGURED;
	if (vp->nr_tdcx != SEAM_TDCX_PER_VP)
		return TDX_TDCX_NUM_INCORRECT;
	if (vp->where != lp + 1)
		return TDX_VCPU_NOT_ASSOCIATED;
	hw_tlb_flush_tag(lp, vp->vmcs.tag);
	vp->where = 0;
	__atomic_fetch_sub(&vp->td->nr_associated, 1, __ATOMIC_ACQ_REL);
	hw_cpus[lp].last_tdvpr = NULL;
	return TDX_SUCCESS;
}
