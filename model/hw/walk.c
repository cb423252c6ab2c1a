/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The EPT walker. Each entry is one load; on a miss the walk starts at the deepest cached paging structure. A
 * and D bits are set by compare-exchange in the shared tree only: the EPT of a TD's private half has them
 * disabled.
 *
 * Simplifications: the shared tree always has A/D bits enabled; memory types are only checked for being
 * legal; no PML.
 */
#include "model/event.h"
#include "model/hw/walk.h"

/**
 * struct walk - one translation in progress
 * @entry, @value, @level: entry at hand
 * @table: frame of the table that holds it
 * @perm: granted so far
 */
struct walk {
	const struct hw_vmcs *vmcs;
	struct hw_exit *exit;
	gpa_t gpa;
	gfn_t gfn;
	u64 access;
	unsigned int cpu, level;
	bool shared;
	pfn_t table;
	volatile u64 *entry;
	u64 value, perm;
};

static bool walk_fault(struct walk *w, enum hw_exit_reason reason)
{
	hw_tlb_drop(w->cpu, w->vmcs->tag, w->gfn);
	*w->exit = (struct hw_exit){
		.reason = reason,
		.gpa = w->gpa,
		.qual = w->access | ((w->value & w->perm & EPT_RWX) << 3),
		.entry = w->value,
		.level = w->level,
	};
	return false;
}

static bool misconfigured(u64 value, unsigned int level)
{
	u64 mt = (value >> 3) & 7;

	if ((value & EPT_RWX) == 0)
		return false;
	if (!(value & EPT_R))
		return value & EPT_W;
	if (level == 1 || (value & EPT_PS))
		return level >= HW_MAX_LEVEL || mt == 2 || mt == 3 || mt == 7;
	return mt != 0;
}

/* The processor reads whatever is there; a table that is no table any more is reported, and ends the walk. */
static bool table_gone(struct walk *w)
{
	enum hw_page_type type = hw_type(w->table);

	if (type == HW_TABLE || type == HW_SEPT)
		return false;
	m_emit2(EV_WALK_FREED, w->cpu, w->table);
	w->value = HW_POISON;
	return true;
}

static bool load_entry(struct walk *w)
{
	if (table_gone(w))
		return false;
	w->entry = &hw_table(w->table)[hw_index(w->gfn, w->level)];
	w->value = m_load64(w->entry, M_HW);
	/* Freed while this thread was held at the point: what it read is the poison. */
	return !table_gone(w);
}

static bool is_leaf(const struct walk *w)
{
	return w->level == 1 || (w->value & EPT_PS);
}

static bool allows(const struct walk *w)
{
	return w->value & w->perm & w->access;
}

static u64 ad_bits(const struct walk *w)
{
	u64 bits = EPT_A;

	if (!w->shared)
		return 0;
	if (is_leaf(w) && w->access == EPT_W)
		bits |= EPT_D;
	return bits;
}

/* Sets A and D. False: the entry has changed, w->value is what it is now. */
static bool update_ad(struct walk *w)
{
	u64 want = ad_bits(w);
	u64 old = w->value;

	if ((old & want) == want)
		return true;
	if (!m_cas64(w->entry, &old, w->value | want, M_HW)) {
		w->value = old;
		return false;
	}
	w->value |= want;
	return true;
}

static void cache(struct walk *w, bool psc)
{
	struct hw_tlb_entry e = {
		.psc = psc,
		.dirty = !psc && (!w->shared || (w->value & EPT_D)),
		.level = w->level,
		.perm = w->value & w->perm & EPT_RWX,
		.tag = w->vmcs->tag,
		.gfn = hw_gfn_round(w->gfn, w->level),
		.pfn = (w->value & EPT_PFN_MASK) >> PAGE_SHIFT,
		.entry = w->entry,
		.value = w->value,
	};

	e.gen = hw_gen(e.pfn);
	hw_tlb_fill(w->cpu, &e, w->gpa);
}

static void start_walk(struct walk *w)
{
	struct hw_tlb_entry *psc = hw_psc_find(w->cpu, w->vmcs->tag, w->gfn);

	w->perm = EPT_RWX;
	w->level = w->vmcs->levels ?: hw_geom.levels;
	w->table = (w->shared ? w->vmcs->shared_root : w->vmcs->private_root) >> PAGE_SHIFT;
	if (!psc)
		return;
	m_emit4(EV_TLB_USE, w->cpu, (uintptr_t)psc, w->gpa, w->access == EPT_W);
	w->perm = psc->perm;
	w->level = psc->level - 1;
	w->table = psc->pfn;
}

/* One entry: 1 = go on below it, 0 = it is the leaf, -1 = fault. */
static int step(struct walk *w)
{
	if (!load_entry(w)) {
		walk_fault(w, HW_EXIT_EPT_VIOLATION);
		return -1;
	}
	do {
		if (misconfigured(w->value, w->level)) {
			walk_fault(w, HW_EXIT_EPT_MISCONFIG);
			return -1;
		}
		if (!allows(w)) {
			walk_fault(w, HW_EXIT_EPT_VIOLATION);
			return -1;
		}
	} while (!update_ad(w));
	if (is_leaf(w))
		return 0;
	cache(w, true);
	w->perm &= w->value;
	w->table = (w->value & EPT_PFN_MASK) >> PAGE_SHIFT;
	w->level--;
	return 1;
}

/* Not-present and leaf entries of a TD with bit 63 clear turn the violation into a #VE. */
static bool convertible(const struct walk *w)
{
	bool last = !(w->value & EPT_RWX) || is_leaf(w);

	return w->vmcs->keyid && w->exit->reason == HW_EXIT_EPT_VIOLATION && last && !(w->value & EPT_SVE) &&
	       w->value != HW_POISON;
}

static pfn_t leaf_pfn(u64 pfn, gfn_t gfn, unsigned int level)
{
	return hw_gfn_round(pfn, level) + (gfn & (hw_level_pages(level) - 1));
}

bool hw_translate(const struct hw_vmcs *vmcs, gpa_t gpa, u64 access, struct hw_translation *t,
		  struct hw_exit *exit)
{
	struct walk w = {
		.vmcs = vmcs,
		.exit = exit,
		.gpa = gpa,
		.gfn = gpa >> PAGE_SHIFT,
		.access = access,
		.cpu = m_cpu(),
		.shared = hw_is_shared(vmcs, gpa),
	};
	struct hw_tlb_entry *hit = hw_tlb_find(w.cpu, vmcs->tag, w.gfn, access);
	int more;

	t->convertible = false;
	if (hit) {
		m_emit4(EV_TLB_USE, w.cpu, (uintptr_t)hit, gpa, access == EPT_W);
		t->pfn = leaf_pfn(hit->pfn, w.gfn, hit->level);
		return true;
	}
	start_walk(&w);
	do {
		more = step(&w);
	} while (more > 0);
	if (more < 0) {
		t->convertible = convertible(&w);
		return false;
	}
	t->pfn = leaf_pfn((w.value & EPT_PFN_MASK) >> PAGE_SHIFT, w.gfn, w.level);
	if (!m_choose(M_CH_TLB, 2, M_SITE("TLB eviction")))
		cache(&w, false);
	return true;
}
