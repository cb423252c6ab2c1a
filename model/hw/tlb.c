/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TLB and paging-structure cache of each CPU: one small array for both kinds, round-robin replacement. An
 * entry stays until it is flushed, replaced, or dropped by an EPT violation at an address that it covers (as
 * the SDM has it).
 */
#include "model/event.h"
#include "model/hw/walk.h"

static bool covers(const struct hw_tlb_entry *e, u32 tag, gfn_t gfn)
{
	return e->valid && e->tag == tag && hw_gfn_round(gfn, e->level) == e->gfn;
}

struct hw_tlb_entry *hw_tlb_find(unsigned int cpu, u32 tag, gfn_t gfn, u64 access)
{
	struct hw_cpu *c = &hw_cpus[cpu];

	for (unsigned int i = 0; i < HW_TLB_ENTRIES; i++) {
		struct hw_tlb_entry *e = &c->tlb[i];

		if (e->psc || !covers(e, tag, gfn) || !(e->perm & access))
			continue;
		if (access != EPT_W || e->dirty)
			return e;
	}
	return NULL;
}

struct hw_tlb_entry *hw_psc_find(unsigned int cpu, u32 tag, gfn_t gfn)
{
	struct hw_cpu *c = &hw_cpus[cpu];
	struct hw_tlb_entry *best = NULL;

	for (unsigned int i = 0; i < HW_TLB_ENTRIES; i++) {
		struct hw_tlb_entry *e = &c->tlb[i];

		if (e->psc && covers(e, tag, gfn) && (!best || e->level < best->level))
			best = e;
	}
	return best;
}

static struct hw_tlb_entry *slot_for(struct hw_cpu *c, const struct hw_tlb_entry *new_)
{
	for (unsigned int i = 0; i < HW_TLB_ENTRIES; i++) {
		struct hw_tlb_entry *e = &c->tlb[i];

		if (e->valid && e->psc == new_->psc && e->tag == new_->tag && e->level == new_->level &&
		    e->gfn == new_->gfn)
			return e;
	}
	for (unsigned int i = 0; i < HW_TLB_ENTRIES; i++) {
		if (!c->tlb[i].valid)
			return &c->tlb[i];
	}
	c->tlb_next = (c->tlb_next + 1) % HW_TLB_ENTRIES;
	return &c->tlb[c->tlb_next];
}

struct hw_tlb_entry *hw_tlb_fill(unsigned int cpu, const struct hw_tlb_entry *e, gpa_t gpa)
{
	struct hw_tlb_entry *slot = slot_for(&hw_cpus[cpu], e);

	*slot = *e;
	slot->valid = true;
	m_emit3(EV_TLB_FILL, cpu, (uintptr_t)slot, gpa);
	return slot;
}

void hw_tlb_drop(unsigned int cpu, u32 tag, gfn_t gfn)
{
	for (unsigned int i = 0; i < HW_TLB_ENTRIES; i++) {
		struct hw_tlb_entry *e = &hw_cpus[cpu].tlb[i];

		if (covers(e, tag, gfn))
			e->valid = false;
	}
}

void hw_tlb_flush_tag(unsigned int cpu, u32 tag)
{
	for (unsigned int i = 0; i < HW_TLB_ENTRIES; i++) {
		if (hw_cpus[cpu].tlb[i].tag == tag)
			hw_cpus[cpu].tlb[i].valid = false;
	}
	m_emit3(EV_TLB_FLUSH, cpu, tag, 0);
}

void hw_tlb_flush_all(unsigned int cpu)
{
	for (unsigned int i = 0; i < HW_TLB_ENTRIES; i++)
		hw_cpus[cpu].tlb[i].valid = false;
	m_emit3(EV_TLB_FLUSH, cpu, 0, 1);
}
