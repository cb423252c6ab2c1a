/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A large leaf becomes a table of smaller ones, and back. Both look once, right before they commit, whether a
 * host interrupt is pending; then the host starts them again from the beginning.
 *
 * Simplification: the children's table is filled, and the PAMT entries of all children are changed, in one
 * step each.
 */
#include "model/seam/dpamt.h"
#include "model/seam/sept_walk.h"

#define RDX_RESERVED (GENMASK_ULL(11, 1) | GENMASK_ULL(63, 52))

static bool interrupted(struct seam_call *c)
{
	if (!m_choose(M_CH_IRQ, 2, M_SITE("host interrupt")))
		return false;
	c->regs->rcx = c->in.rcx;
	c->regs->rdx = c->in.rdx;
	return true;
}

/* A leaf one level down for the first frame of the large one: unblocked, unlocked, without accept counter. */
static u64 child_value(struct seam_call *c, hpa_t hpa)
{
	u64 e = c->value & SEPT_TDP ? sept_pending(hpa) : sept_mapped(hpa);

	return e | (c->value & SEPT_TDHP); /* a host-priority bit of the parent at this instant is copied */
}

static void split_pamt(struct seam_call *c, pfn_t pfn, unsigned int level)
{
	m_point(M_WRITE | M_SEAM, &pamt(pfn, level)->type, M_SITE("PAMT is split"));
	if (pamt(pfn, level)->type != PAMT_REG)
		seam_halt("DEMOTE of a page that the PAMT has in another size");
	pamt_set_type(pfn, level, PAMT_NDA);
	pamt_assign_children(pfn, level, PAMT_REG, c->td->tdr);
}

static void demote_commit(struct seam_call *c, pfn_t pfn, pfn_t table)
{
	split_pamt(c, pfn, c->level);
	m_store64(c->entry, sept_nonleaf(table << PAGE_SHIFT) | SEPT_TDEL, M_SEAM);
	m_point(M_WRITE | M_SEAM, &c->refs[0].entry->type, M_SITE("PAMT becomes EPT"));
	c->refs[0].entry->owner = c->td->tdr; /* BEPOCH stays */
	pamt_set_type(table, 1, PAMT_EPT);
	seam_chldcnt_add(c->td, 1);
}

/* Profile dynamic-pamt: the 2M range gets 4K metadata. */
static u64 check_pair(struct seam_call *c, pfn_t pfn)
{
	if (c->level != 2 || !dpamt_missing(pfn))
		return TDX_SUCCESS;
	return dpamt_check_pages(c->in.r12, 12, c->in.r13, 13);
}

u64 tdh_mem_page_demote(struct seam_call *c)
{
	pfn_t pfn, table = c->in.r8 >> PAGE_SHIFT;
	u64 err;

	if (c->in.rdx & RDX_RESERVED)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RDX;
	err = seam_prologue(c, c->in.rdx & ~1ull, 1, 2, SEAM_S);
	if (err)
		return err;
	if (!sept_is_leaf(c->value))
		return seam_state_error(c);
	pfn = sept_pfn(c->value, c->level);
	err = seam_rule_b(c, pamt_implicit(pfn, c->level));
	err = err ? err : seam_page_4k(c, c->in.r8, TDX_OPERAND_ID_R8, 0);
	err = err ? err : check_pair(c, pfn);
	if (err)
		return err;
	sept_take_page(table);
	sept_fill_table(table, child_value(c, pfn << PAGE_SHIFT), hw_level_pages(c->level - 1) << PAGE_SHIFT);
	if (seam_profile != SEAM_PROFILE_DEMOTE_UNINTERRUPTIBLE && interrupted(c))
		return TDX_INTERRUPTED_RESTARTABLE;
	if (!pamt_lock_implicit(pfn, c->level, SEAM_X, &c->refs[1]))
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX;
	if (c->level == 2 && dpamt_missing(pfn))
		dpamt_add(pfn, c->in.r12, c->in.r13);
	demote_commit(c, pfn, table);
	return TDX_SUCCESS;
}

/**
 * struct promotion - a PROMOTE in progress
 * @table: children, at @level
 * @first: raw value of child 0 under its lock
 */
struct promotion {
	u64 *table;
	unsigned int level;
	u64 first;
};

/* Bits of a child that do not count: the progress of a half-done 2M ACCEPT. */
static u64 ignored(const struct promotion *p)
{
	return p->level == 2 && sept_entry_state(p->first) == SEPT_PENDING ? sept_counter_mask(2) : 0;
}

static bool child_fits(const struct promotion *p, unsigned int i, u64 value)
{
	u64 large = (hw_level_pages(p->level + 1) << PAGE_SHIFT) - 1;
	u64 stride = hw_level_pages(p->level) << PAGE_SHIFT;
	enum sept_state state = sept_entry_state(value);

	if (i == 0)
		return (state == SEPT_MAPPED || state == SEPT_PENDING) &&
		       !(sept_leaf_hpa(value, p->level) & large);
	return ((value ^ (p->first + i * stride)) & ~ignored(p)) == 0;
}

static void unlock_children(struct promotion *p, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		sept_unlock(&p->table[i]);
}

/* One pass that locks each child and judges it in turn: the first problem decides. */
static u64 lock_children(struct seam_call *c, struct promotion *p)
{
	for (unsigned int i = 0; i < hw_entries(); i++) {
		u64 value;

		if (!sept_lock_host(&p->table[i])) {
			unlock_children(p, i);
			return seam_entry_error(c, TDX_OPERAND_BUSY);
		}
		value = m_load64(&p->table[i], M_SEAM);
		if (i == 0)
			p->first = value;
		if (!child_fits(p, i, value)) {
			unlock_children(p, i + 1);
			return seam_entry_error(c, TDX_EPT_INVALID_PROMOTE_CONDITIONS);
		}
	}
	return TDX_SUCCESS;
}

static void merge_pamt(struct seam_call *c, pfn_t pfn, unsigned int level)
{
	u64 stride = hw_level_pages(level - 1);

	m_point(M_WRITE | M_SEAM, &pamt(pfn, level)->type, M_SITE("PAMT is merged"));
	for (unsigned int i = 0; i < hw_entries(); i++) {
		struct pamt_entry *child = pamt(pfn + i * stride, level - 1);

		if (child->type != PAMT_REG || child->owner != c->td->tdr)
			seam_halt("PROMOTE of a page that the PAMT does not give to the TD");
	}
	pamt_assign_children(pfn, level, PAMT_NDA, 0);
	pamt(pfn, level)->owner = c->td->tdr; /* BEPOCH stays: the next BLOCK writes it */
	pamt_set_type(pfn, level, PAMT_REG);
}

static u64 promote_commit(struct seam_call *c, struct promotion *p, pfn_t table)
{
	pfn_t pfn = sept_pfn(p->first, c->level);

	if (pamt(pfn, c->level)->type != PAMT_NDA)
		seam_halt("PROMOTE to a large page that the PAMT has in use");
	if (!pamt_lock_implicit_free(pfn, c->level, SEAM_X, &c->refs[1])) {
		unlock_children(p, hw_entries());
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX;
	}
	merge_pamt(c, pfn, c->level);
	/* Child 0 as it is in memory, its lock bit included; the other children's locks go with their page.
	 */
	m_store64(c->entry, p->first | SEPT_TDEL, M_SEAM);
	m_point(M_WRITE | M_SEAM, &c->refs[0].entry->type, M_SITE("PAMT becomes NDA"));
	pamt_set_type(table, 1, PAMT_NDA);
	seam_chldcnt_add(c->td, -1);
	c->regs->rcx = table << PAGE_SHIFT;
	return TDX_SUCCESS;
}

u64 tdh_mem_page_promote(struct seam_call *c)
{
	u64 err = seam_prologue(c, c->in.rdx, 1, 2, SEAM_S);
	struct promotion p = {.level = c->level - 1};
	enum sept_state state;
	pfn_t table;

	if (c->version)
		c->regs->r9 = c->regs->r10 = c->regs->r11 = NULL_PA;
	if (err)
		return err;
	state = sept_entry_state(c->value);
	if (state != SEPT_NL_MAPPED && state != SEPT_NL_BLOCKED)
		return seam_state_error(c);
	table = sept_pfn(c->value, c->level);
	if (!pamt_lock_implicit(table, 1, SEAM_X, &c->refs[0]))
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_RCX;
	err = seam_rule_b(c, c->refs[0].entry);
	if (err)
		return err;
	p.table = sept_child_table(c->value);
	err = lock_children(c, &p);
	if (err)
		return err;
	if (interrupted(c)) {
		unlock_children(&p, hw_entries());
		return TDX_INTERRUPTED_RESTARTABLE;
	}
	return promote_commit(c, &p, table);
}
