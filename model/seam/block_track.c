/* SPDX-License-Identifier: GPL-2.0-only */
/* Blocking a range, tracking that no vCPU still uses it, and taking the block back. */
#include "model/seam/call.h"

bool seam_tracked(struct seam_td *td, u64 bepoch)
{
	u64 word = m_load64(&td->epoch, M_SEAM);
	u64 epoch = EPOCH_OF(word);

	return bepoch + 1 < epoch || (bepoch + 1 == epoch && REFCOUNT_OF(word, bepoch) == 0);
}

/* PAMT entry with the BEPOCH of what @c's entry maps: the page at its level, or the table. Unlocked. */
static struct pamt_entry *bepoch_entry(struct seam_call *c)
{
	return pamt_implicit(sept_pfn(c->value, c->level), sept_is_leaf(c->value) ? c->level : 1);
}

static u64 blocked_value(struct seam_call *c)
{
	u64 e = (c->value & ~EPT_RWX) | SEPT_TDB;

	/* Blocking takes the chunks back that a half-done 2M ACCEPT has counted. */
	if (sept_entry_state(c->value) == SEPT_PENDING && c->level == 2)
		e &= ~sept_counter_mask(2);
	return e;
}

u64 tdh_mem_range_block(struct seam_call *c)
{
	u64 err = seam_prologue(c, c->in.rdx, 0, SEAM_TOP, SEAM_X);
	struct pamt_entry *p;

	if (err)
		return err;
	if (sept_is_blocked(c->value))
		return seam_entry_error(c, TDX_GPA_RANGE_ALREADY_BLOCKED);
	if (sept_entry_state(c->value) == SEPT_FREE)
		return seam_state_error(c);
	p = bepoch_entry(c);
	m_store64(c->entry, blocked_value(c), M_SEAM);
	m_store64(&p->bepoch, EPOCH_OF(m_load64(&c->td->epoch, M_SEAM)), M_SEAM);
	return TDX_SUCCESS;
}

static u64 unblocked_value(u64 e)
{
	e &= ~(SEPT_TDB | SEPT_TDEL); /* a host priority since the lock was taken goes back */
	return e & SEPT_TDP ? e : e | EPT_RWX;
}

u64 tdh_mem_range_unblock(struct seam_call *c)
{
	u64 err = seam_prologue(c, c->in.rdx, 0, SEAM_TOP, SEAM_X);
	struct pamt_entry *p;

	if (err)
		return err;
	if (!sept_is_blocked(c->value))
		return seam_state_error(c);
	p = bepoch_entry(c);
	if (c->td->op_state == OP_RUNNABLE && !seam_tracked(c->td, m_load64(&p->bepoch, M_SEAM)))
		return TDX_TLB_TRACKING_NOT_DONE | TDX_OPERAND_ID_SEPT_TREE;
	m_store64(c->entry, unblocked_value(c->value), M_SEAM);
	c->entry_locked = false;
	return TDX_SUCCESS;
}

/* One atomic check of the previous epoch and step of this one; the epoch lock keeps VP.ENTER out. */
static u64 advance(struct seam_td *td)
{
	u64 word = m_load64(&td->epoch, M_SEAM);

	do {
		if (REFCOUNT_OF(word, EPOCH_OF(word) - 1))
			return TDX_PREVIOUS_TLB_EPOCH_BUSY;
	} while (!m_cas64(&td->epoch, &word, word + 1, M_SEAM));
	return TDX_SUCCESS;
}

u64 tdh_mem_track(struct seam_call *c)
{
	u64 err = seam_lock_td(c, c->in.rcx, TDX_OPERAND_ID_RCX, SEAM_S);

	if (err)
		return err;
	if (!sharex_lock(&c->td->epoch_lock, SEAM_X))
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_TD_EPOCH;
	err = advance(c->td);
	sharex_release(&c->td->epoch_lock, SEAM_X);
	return err;
}
