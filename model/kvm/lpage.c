// SPDX-License-Identifier: GPL-2.0-only
/*
 * lpage_info: which huge ranges of a slot may not be mapped huge, because they reach over its end or because
 * their attributes are mixed. Read and written under mmu_lock.
 */
#include "model/kvm/kvm_host.h"

static struct kvm_lpage_entry *lpage_find(const struct kvm_memory_slot *slot, gfn_t gfn, int level)
{
	u64 key = hw_gfn_round(gfn, level) << 8 | level;

	for (unsigned int i = 0; i < slot->lpage_info.nr; i++) {
		if (slot->lpage_info.entry[i].key == key)
			return (struct kvm_lpage_entry *)&slot->lpage_info.entry[i];
	}
	return NULL;
}

static struct kvm_lpage_entry *lpage_get(struct kvm_memory_slot *slot, gfn_t gfn, int level)
{
	struct kvm_lpage_entry *e = lpage_find(slot, gfn, level);

	if (e)
		return e;
	if (slot->lpage_info.nr == KVM_MAX_LPAGE_ENTRIES)
		m_fail("INTERNAL", "INTERNAL too many mixed huge ranges in one run",
		       "limit KVM_MAX_LPAGE_ENTRIES = %d", KVM_MAX_LPAGE_ENTRIES);
	e = &slot->lpage_info.entry[slot->lpage_info.nr++];
	*e = (struct kvm_lpage_entry){.key = hw_gfn_round(gfn, level) << 8 | level};
	return e;
}

u32 lpage_disallowed(const struct kvm_memory_slot *slot, gfn_t gfn, int level)
{
	gfn_t head = hw_gfn_round(gfn, level);
	const struct kvm_lpage_entry *e;

	/* The blockers at the unaligned ends of a slot, counted without being stored. */
	if (head < slot->s.base || head + hw_level_pages(level) > slot->s.base + slot->s.npages)
		return 1;
	e = lpage_find(slot, gfn, level);
	return e ? e->disallow : 0;
}

bool hugepage_test_mixed(struct kvm_memory_slot *slot, gfn_t gfn, int level)
{
	const struct kvm_lpage_entry *e = lpage_find(slot, gfn, level);

	return e && (e->disallow & KVM_LPAGE_MIXED_FLAG);
}

void hugepage_set_mixed(struct kvm_memory_slot *slot, gfn_t gfn, int level, bool mixed)
{
	struct kvm_lpage_entry *e;

	if (!mixed && !lpage_find(slot, gfn, level))
		return;
	e = lpage_get(slot, gfn, level);
	if (mixed)
		e->disallow |= KVM_LPAGE_MIXED_FLAG;
	else
		e->disallow &= ~KVM_LPAGE_MIXED_FLAG;
}

static bool range_has_attrs(struct kvm *kvm, gfn_t start, gfn_t end, u64 attrs)
{
	for (gfn_t gfn = start; gfn < end; gfn++) {
		if (xa_peek(&kvm->mem_attr_array, gfn) != attrs)
			return false;
	}
	return true;
}

/* A 2M range is judged by its pages; a larger one by its 2M ranges, which are up to date by then. */
bool hugepage_has_attrs(struct kvm *kvm, struct kvm_memory_slot *slot, gfn_t gfn, int level, u64 attrs)
{
	gfn_t start = hw_gfn_round(gfn, level), end = start + hw_level_pages(level);

	if (level == PG_LEVEL_2M)
		return range_has_attrs(kvm, start, end, attrs);
	for (gfn = start; gfn < end; gfn += hw_level_pages(level - 1)) {
		if (hugepage_test_mixed(slot, gfn, level - 1) || xa_peek(&kvm->mem_attr_array, gfn) != attrs)
			return false;
	}
	return true;
}

static void init_mixed_at(struct kvm *kvm, struct kvm_memory_slot *slot, gfn_t boundary)
{
	for (int level = PG_LEVEL_2M; level <= PG_LEVEL_1G; level++) {
		gfn_t head = hw_gfn_round(boundary, level);

		if (head < slot->s.base || head + hw_level_pages(level) > slot->s.base + slot->s.npages)
			continue;
		hugepage_set_mixed(
			slot, head, level,
			!hugepage_has_attrs(kvm, slot, head, level, xa_peek(&kvm->mem_attr_array, head)));
	}
}

void kvm_lpage_init_slot(struct kvm *kvm, struct kvm_memory_slot *slot)
{
	/* Attributes only change at the borders of the initial ranges. */
	for (unsigned int i = 0; i < kvm->mem_attr_array.nr_ranges; i++) {
		init_mixed_at(kvm, slot, kvm->mem_attr_array.range[i].first);
		init_mixed_at(kvm, slot, kvm->mem_attr_array.range[i].end);
	}
}
