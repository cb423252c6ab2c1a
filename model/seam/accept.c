/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDG.MEM.PAGE.ACCEPT. Takes no tree lock; locks whatever entry the walk ends at.
 *
 * Simplifications: a 2M page is accepted in four steps of a quarter each (512 chunks in the module) with a
 * look at the interrupt line after each but the last, and all of it is zeroed at the end, nobody being able
 * to see it before.
 */
#include "model/event.h"
#include "model/seam/sept_walk.h"
#include "model/seam/vp.h"

#define ACCEPT_STEPS 4

enum accept_result { ACCEPT_DONE, ACCEPT_INTERRUPTED, ACCEPT_EXIT };

/**
 * struct accept - one attempt
 * @gfn, @level: operand, KVM's numbering
 * @path: where the walk ended; @path.value is read again under the lock
 * @rax: for ACCEPT_DONE
 */
struct accept {
	struct seam_vp *vp;
	gfn_t gfn;
	unsigned int level;
	struct sept_path path;
	u64 rax;
	bool host_priority;
};

/* Right after the store that makes the page MAPPED: from then on other vCPUs may write to it. */
static enum accept_result done(struct accept *a, u64 rax)
{
	a->rax = rax;
	m_emit3(EV_GUEST_ACCEPT, a->vp->guest->vcpu, a->gfn << PAGE_SHIFT | a->level, rax);
	return ACCEPT_DONE;
}

static enum accept_result accept_small(struct accept *a)
{
	u64 e = a->path.value;

	hw_set_data(sept_pfn(e, 1), 0, a->vp->td->keyid);
	m_store64(a->path.entry, (e & ~SEPT_TDP) | EPT_RWX, M_SEAM);
	return done(a, TDX_SUCCESS);
}

static enum accept_result accept_large(struct accept *a)
{
	u64 mask = sept_counter_mask(2), total = hw_level_pages(2);
	u64 e = a->path.value, count = (e & mask) >> PAGE_SHIFT;
	u64 *line = &hw_cpus[m_cpu()].ipi_pending;

	for (;;) {
		count += total / ACCEPT_STEPS;
		if (count >= total)
			break;
		if (m_load64(line, M_SEAM)) {
			m_store64(a->path.entry, (e & ~mask) | count << PAGE_SHIFT, M_SEAM);
			return ACCEPT_INTERRUPTED;
		}
	}
	hw_fill_data(sept_pfn(e, 2), 2, 0, a->vp->td->keyid);
	m_store64(a->path.entry, (e & ~(SEPT_TDP | mask)) | EPT_RWX, M_SEAM);
	return done(a, TDX_SUCCESS);
}

/* Under the entry's lock. @leaf is what the unlocked walk saw: the module does not look again (spec 5.2). */
static enum accept_result accept_locked(struct accept *a, bool leaf)
{
	u64 tdx_level = a->path.level - 1;
	enum sept_state state;

	a->path.value = m_load64(a->path.entry, M_SEAM);
	state = sept_entry_state(a->path.value);
	if (state == SEPT_FREE)
		return ACCEPT_EXIT;
	if (!leaf)
		return done(a, TDX_PAGE_SIZE_MISMATCH | tdx_level);
	if (state == SEPT_MAPPED)
		return done(a, TDX_PAGE_ALREADY_ACCEPTED | tdx_level);
	if (state != SEPT_PENDING)
		return ACCEPT_EXIT;
	return a->level == 1 ? accept_small(a) : accept_large(a);
}

static enum accept_result accept_walk(struct accept *a)
{
	enum accept_result result;
	bool leaf;

	sept_walk(a->vp->td, a->gfn, a->level, &a->path);
	leaf = sept_is_leaf(a->path.value);
	if (a->path.level > a->level) {
		if (sept_entry_state(a->path.value) == SEPT_MAPPED)
			return done(a, TDX_PAGE_ALREADY_ACCEPTED | (a->path.level - 1));
		return ACCEPT_EXIT;
	}
	switch (sept_lock_guest(a->path.entry)) {
	case SEPT_HOST_PRIORITY:
		a->host_priority = true;
		/* fall through */
	case SEPT_BUSY:
		return done(a, TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX);
	case SEPT_LOCKED:
		break;
	}
	result = accept_locked(a, leaf);
	sept_unlock(a->path.entry);
	return result;
}

static enum accept_result try_accept(struct accept *a, gpa_t gpa)
{
	if (a->level < 1 || a->level > 2 || hw_gfn_round(a->gfn, a->level) != a->gfn ||
	    a->gfn >= a->vp->td->shared_bit || (gpa & (PAGE_SIZE - 1)))
		return done(a, TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX);
	return accept_walk(a);
}

/* The host learns what the guest asked for and what was in the way. */
u64 vp_entry_eeq(u64 type, unsigned int level, const struct sept_path *path)
{
	u64 e = path->value;
	u64 info =
		(level - 1) | (path->level - 1) << 3 | sept_arch_state(e) << 6 | (u64)sept_is_leaf(e) << 14;

	return type | info << 32;
}

/* What the guest's #VE handler does next: the level to ACCEPT at again, 0 = nothing. */
static unsigned int handler_again(const struct accept *a)
{
	switch (a->rax & TDX_STATUS_MASK) {
	case TDX_OPERAND_BUSY:
		return a->level;
	case TDX_PAGE_SIZE_MISMATCH:
		return a->level > 1 ? a->level - 1 : a->level;
	}
	return 0;
}

static void complete(struct accept *a)
{
	u64 status = a->rax & TDX_STATUS_MASK;
	bool ok = status == TDX_SUCCESS || status == TDX_PAGE_ALREADY_ACCEPTED;
	struct hw_guest *g = a->vp->guest;
	bool spin = g->accepting && status == TDX_OPERAND_BUSY;

	hw_guest_accepted(g, a->rax, ok, handler_again(a));
	if (spin)
		m_spin(M_SITE("guest's #VE handler waits for the entry"));
}

bool vp_host_priority_timeout(struct seam_vp *vp, bool host_priority)
{
	if (!host_priority) {
		vp->hp_calls = 0;
		return false;
	}
	if (++vp->hp_calls < SEAM_HP_TIMEOUT_CALLS)
		return false;
	vp->hp_calls = 0;
	return true;
}

bool tdg_accept(struct seam_vp *vp, struct tdx_module_args *regs, u64 *rax)
{
	struct accept a = {.vp = vp};
	bool timeout;
	gpa_t gpa = 0;

	if (!hw_guest_accepts(vp->guest, &gpa, &a.level))
		seam_halt("TDCALL of an instruction that is none");
	a.gfn = gpa >> PAGE_SHIFT;
	switch (try_accept(&a, gpa)) {
	case ACCEPT_INTERRUPTED:
		vp->hp_calls = 0;
		return false;
	case ACCEPT_EXIT:
		*rax = vp_exit_regs(regs, TDX_EXIT_REASON_EPT_VIOLATION,
				    EPT_W | (a.path.value & EPT_RWX) << 3,
				    vp_entry_eeq(TDX_EEQ_ACCEPT, a.level, &a.path), gpa);
		return true;
	case ACCEPT_DONE:
		break;
	}
	timeout = vp_host_priority_timeout(vp, a.host_priority);
	complete(&a);
	if (timeout)
		*rax = vp_exit_regs(regs, TDX_HOST_PRIORITY_BUSY_TIMEOUT, 0, 0, 0);
	return timeout;
}
