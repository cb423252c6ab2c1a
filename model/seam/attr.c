/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDG.MEM.PAGE.ATTR.RD and ATTR.WR of a TD without L2 VMs: there is no attribute to set, so that a write
 * changes nothing. Like ACCEPT they take no tree lock and lock whatever entry the walk ends at; unlike ACCEPT
 * they judge the entry as it is under the lock.
 */
#include "model/seam/sept_walk.h"
#include "model/seam/vp.h"

#define L1_ATTRIBUTES GENMASK_ULL(15, 0)
#define RESULT_PENDING BIT_ULL(62)

/**
 * struct attr - one attempt
 * @gpa: RCX as it came; @gfn, @level: what the walk is for, KVM's numbering
 * @path: where the walk ended; @path.value is read again under the lock
 * @exit: the TD exits to the host; else @rax and @rcx, 0 with an error, are what the guest gets
 */
struct attr {
	struct seam_vp *vp;
	const struct guest_insn *insn;
	gfn_t gfn;
	unsigned int level;
	struct sept_path path;
	bool exit, host_priority;
	u64 rax, rcx;
};

/* Whatever the entry is, it is locked. False: @a->rax says busy. */
static bool lock(struct attr *a)
{
	switch (sept_lock_guest(a->path.entry)) {
	case SEPT_HOST_PRIORITY:
		a->host_priority = true;
		/* fall through */
	case SEPT_BUSY:
		a->rax = TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX;
		return false;
	case SEPT_LOCKED:
		break;
	}
	a->path.value = m_load64(a->path.entry, M_SEAM);
	return true;
}

static void report(struct attr *a)
{
	enum sept_state state = sept_entry_state(a->path.value);

	a->exit = state != SEPT_MAPPED && state != SEPT_PENDING;
	a->rax = TDX_SUCCESS;
	a->rcx = hw_gfn_round(a->gfn, a->path.level) << PAGE_SHIFT | (a->path.level - 1) |
		 (state == SEPT_PENDING ? RESULT_PENDING : 0);
}

static void attr_rd(struct attr *a)
{
	if (a->gfn >= a->vp->td->shared_bit) {
		a->rax = TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
		return;
	}
	sept_walk(a->vp->td, a->gfn, 1, &a->path);
	if (!lock(a))
		return;
	report(a);
	sept_unlock(a->path.entry);
}

static u64 wr_operands(const struct attr *a)
{
	const struct guest_insn *insn = a->insn;

	if (insn->val & L1_ATTRIBUTES)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RDX;
	if (insn->n)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_R8;
	if (a->level < 1 || a->level > 3 || hw_gfn_round(a->gfn, a->level) != a->gfn ||
	    a->gfn >= a->vp->td->shared_bit || (insn->gpa & (PAGE_SIZE - 1)))
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
	return TDX_SUCCESS;
}

static void attr_wr(struct attr *a)
{
	a->rax = wr_operands(a);
	if (a->rax)
		return;
	sept_walk(a->vp->td, a->gfn, a->level, &a->path);
	a->exit = a->path.level > a->level;
	if (a->exit || !lock(a))
		return;
	if (!sept_is_leaf(a->path.value) && sept_entry_state(a->path.value) != SEPT_FREE)
		a->rax = TDX_PAGE_SIZE_MISMATCH | (a->path.level - 1);
	else
		report(a);
	sept_unlock(a->path.entry);
}

static u64 leave(struct attr *a, struct tdx_module_args *regs)
{
	u64 qual = 0, eeq = TDX_EEQ_NONE;

	if (a->insn->op == G_ATTR_WR) {
		qual = EPT_W | (a->path.value & EPT_RWX) << 3;
		eeq = vp_entry_eeq(TDX_EEQ_ATTR_WR, a->level, &a->path);
	}
	return vp_exit_regs(regs, TDX_EXIT_REASON_EPT_VIOLATION, qual, eeq, a->gfn << PAGE_SHIFT);
}

bool tdg_attr(struct seam_vp *vp, struct tdx_module_args *regs, u64 *rax)
{
	const struct guest_insn *insn = &vp->guest->insn[vp->guest->pc];
	struct attr a = {.vp = vp, .insn = insn, .gfn = insn->gpa >> PAGE_SHIFT, .level = insn->level};
	bool timeout;

	if (insn->op == G_ATTR_WR)
		attr_wr(&a);
	else
		attr_rd(&a);
	if (a.exit) {
		*rax = leave(&a, regs);
		return true;
	}
	timeout = vp_host_priority_timeout(vp, a.host_priority);
	hw_guest_attr_done(vp->guest, a.rax, a.rcx, 0);
	if (timeout)
		*rax = vp_exit_regs(regs, TDX_HOST_PRIORITY_BUSY_TIMEOUT, 0, 0, 0);
	return timeout;
}
