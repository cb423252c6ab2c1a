/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest execution. An instruction begins with a look at the interrupt line; from then on it runs to its end
 * or to an exit, so that whoever waits for an IPI of this CPU also waits for the instruction that uses a
 * cached translation.
 */
#include "model/event.h"
#include "model/hw/walk.h"

static u64 access_of(const struct guest_insn *insn)
{
	if (insn->op == G_WRITE)
		return EPT_W;
	return insn->op == G_EXEC ? EPT_X : EPT_R;
}

static u64 read_data(const struct hw_vmcs *vmcs, gpa_t gpa, pfn_t pfn)
{
	u16 key, want = hw_is_shared(vmcs, gpa) ? 0 : vmcs->keyid;
	u64 value = hw_data(pfn, &key);

	return key == want ? value : HW_BAD_KEY;
}

void hw_guest_retire(struct hw_guest *g)
{
	g->pc++;
	g->rounds = 0;
	g->accepting = 0;
}

void hw_guest_ve(struct hw_guest *g)
{
	const struct guest_insn *insn = &g->insn[g->pc];

	if (insn->on_ve) {
		g->accepting = insn->on_ve;
		return;
	}
	g->regs[insn->reg % GUEST_REGS] = GUEST_VE;
	hw_guest_retire(g);
}

bool hw_guest_accepts(const struct hw_guest *g, gpa_t *gpa, unsigned int *level)
{
	const struct guest_insn *insn = &g->insn[g->pc];

	if (g->pc >= g->nr || (!g->accepting && insn->op != G_ACCEPT))
		return false;
	*gpa = insn->gpa;
	*level = insn->level;
	if (g->accepting) {
		*level = g->accepting;
		*gpa = hw_gfn_round(insn->gpa >> PAGE_SHIFT, *level) << PAGE_SHIFT;
	}
	return true;
}

void hw_guest_accepted(struct hw_guest *g, u64 rax, bool ok, unsigned int again)
{
	const struct guest_insn *insn = &g->insn[g->pc];

	if (g->accepting && again) {
		g->accepting = again;
		return;
	}
	if (g->accepting && ok) {
		g->accepting = 0; /* the access is tried again */
		return;
	}
	g->regs[insn->reg % GUEST_REGS] = g->accepting ? GUEST_VE : rax;
	hw_guest_retire(g);
}

void hw_guest_attr_done(struct hw_guest *g, u64 rax, u64 rcx, u64 rdx)
{
	u8 reg = g->insn[g->pc].reg;

	g->regs[reg % GUEST_REGS] = rax;
	g->regs[(reg + 1) % GUEST_REGS] = rcx;
	g->regs[(reg + 2) % GUEST_REGS] = rdx;
	hw_guest_retire(g);
}

/* The access itself, after its translation. */
static void do_access(struct hw_guest *g, const struct hw_vmcs *vmcs, const struct guest_insn *insn,
		      pfn_t pfn)
{
	u64 *reg = &g->regs[insn->reg % GUEST_REGS];

	switch (insn->op) {
	case G_WRITE:
		hw_set_data(pfn, insn->val, hw_is_shared(vmcs, insn->gpa) ? 0 : vmcs->keyid);
		m_emit3(EV_GUEST_WRITE, g->vcpu, insn->gpa, insn->val);
		break;
	case G_READ:
	case G_SPIN_READ:
		*reg = read_data(vmcs, insn->gpa, pfn);
		m_emit3(EV_GUEST_READ, g->vcpu, insn->gpa, *reg);
		break;
	}
	if (insn->op == G_SPIN_READ && *reg != insn->val)
		m_spin(M_SITE("guest spins"));
	else
		hw_guest_retire(g);
}

/* False: the guest leaves. */
static bool run_access(struct hw_guest *g, const struct hw_vmcs *vmcs, const struct guest_insn *insn,
		       struct hw_exit *exit)
{
	struct hw_translation t;

	if (hw_translate(vmcs, insn->gpa, access_of(insn), &t, exit)) {
		do_access(g, vmcs, insn, t.pfn);
		return true;
	}
	if (!t.convertible)
		return false;
	hw_guest_ve(g);
	return true;
}

static bool is_tdcall(const struct guest_insn *insn)
{
	return insn->op == G_ACCEPT || insn->op == G_VMCALL || insn->op == G_ATTR_RD || insn->op == G_ATTR_WR;
}

static bool run_one(struct hw_guest *g, const struct hw_vmcs *vmcs, struct hw_exit *exit)
{
	const struct guest_insn *insn = &g->insn[g->pc];

	if (g->rounds < UINT16_MAX)
		g->rounds++;
	if (g->accepting || is_tdcall(insn)) {
		*exit = (struct hw_exit){.reason = HW_EXIT_TDCALL, .gpa = insn->gpa};
		return false;
	}
	if (insn->op == G_NOP) {
		hw_guest_retire(g);
		return true;
	}
	return run_access(g, vmcs, insn, exit);
}

void hw_guest_run(struct hw_guest *g, const struct hw_vmcs *vmcs, struct hw_exit *exit)
{
	struct hw_cpu *c = &hw_cpus[m_cpu()];

	do {
		*exit = (struct hw_exit){.reason = HW_EXIT_INTR};
		if (m_load64(&c->ipi_pending, M_HW))
			return;
		exit->reason = HW_EXIT_DONE;
		if (g->pc >= g->nr)
			return;
	} while (run_one(g, vmcs, exit));
}
