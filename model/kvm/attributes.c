// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_SET_MEMORY_ATTRIBUTES. The attributes are stored without mmu_lock, inside an invalidation section: a
 * fault that read the old attribute finds the section open, or the sequence changed.
 */
#include "model/kvm/tdp_mmu.h"

struct attr_change {
	gfn_t start, end;
	u64 attributes;
};

u64 kvm_get_memory_attributes(struct kvm *kvm, gfn_t gfn)
{
	return xa_load(&kvm->mem_attr_array, gfn);
}

static bool slot_overlap(const struct kvm_memory_slot *slot, const struct attr_change *c, gfn_t *start,
			 gfn_t *end)
{
	*start = max(slot->s.base, c->start);
	*end = min(slot->s.base + slot->s.npages, c->end);
	return *start < *end;
}

static bool range_is(struct kvm *kvm, const struct attr_change *c)
{
	for (gfn_t gfn = c->start; gfn < c->end; gfn++) {
		if (xa_peek(&kvm->mem_attr_array, gfn) != c->attributes)
			return false;
	}
	return true;
}

/*
 * The huge page at @gfn of which only a part changes: no fault may map it huge until MIXED says so, hence the
 * whole of it belongs to the invalidated range (9129633d568e).
 */
static void add_straddled(struct kvm *kvm, struct kvm_memory_slot *slot, gfn_t gfn, gfn_t start, gfn_t end,
			  int level)
{
	gfn_t head = hw_gfn_round(gfn, level);
	u64 pages = hw_level_pages(level);

	if (head >= start && head + pages <= end)
		return;
	if (head < slot->s.base || head + pages > slot->s.base + slot->s.npages ||
	    hugepage_test_mixed(slot, head, level))
		return;
	kvm_mmu_invalidate_range_add(kvm, head, head + pages);
}

static int kvm_arch_pre_set_memory_attributes(struct kvm *kvm, struct kvm_memory_slot *slot, gfn_t start,
					      gfn_t end, u64 attributes, bool *flush)
{
	struct kvm_gfn_range range = {
		.slot = slot,
		.start = start,
		.end = end,
		.may_block = true,
		/* What is mapped now is of the other kind. */
		.attr_filter =
			attributes & KVM_MEMORY_ATTRIBUTE_PRIVATE ? KVM_FILTER_SHARED : KVM_FILTER_PRIVATE,
	};
	int r = 0;

	for (int level = PG_LEVEL_2M; level <= PG_LEVEL_1G && !bug(hugepage_during_attr_change); level++) {
		add_straddled(kvm, slot, start, start, end, level);
		add_straddled(kvm, slot, end - 1, start, end, level);
	}
	if (range.attr_filter == KVM_FILTER_PRIVATE)
		r = kvm_split_boundary_leafs(kvm, start, end);
	if (r)
		return r;
	if (bug(sept_remove_shared_lock)) {
		write_unlock(&kvm->mmu_lock);
		read_lock(&kvm->mmu_lock);
		*flush |= kvm_unmap_gfn_range(kvm, &range);
		read_unlock(&kvm->mmu_lock);
		write_lock(&kvm->mmu_lock);
		return 0;
	}
	*flush |= kvm_unmap_gfn_range(kvm, &range);
	return 0;
}

static int kvm_pre_set_memory_attributes(struct kvm *kvm, const struct attr_change *c)
{
	bool flush = false;
	gfn_t start, end;
	int r = 0;

	write_lock(&kvm->mmu_lock);
	kvm_mmu_invalidate_start(kvm);
	for (unsigned int i = 0; i < kvm->nr_slots && !r; i++) {
		if (!slot_overlap(&kvm->memslots[i], c, &start, &end))
			continue;
		kvm_mmu_invalidate_range_add(kvm, start, end);
		r = kvm_arch_pre_set_memory_attributes(kvm, &kvm->memslots[i], start, end, c->attributes,
						       &flush);
	}
	if (flush)
		kvm_flush_remote_tlbs(kvm);
	/* The attributes stay as they are: nothing to wait for. */
	if (r && !bug(split_oom_leaks_invalidate))
		kvm_mmu_invalidate_end(kvm);
	write_unlock(&kvm->mmu_lock);
	return r;
}

static void update_mixed(struct kvm *kvm, struct kvm_memory_slot *slot, gfn_t gfn, int level)
{
	gfn_t head = hw_gfn_round(gfn, level);

	if (head < slot->s.base || head + hw_level_pages(level) > slot->s.base + slot->s.npages)
		return;
	hugepage_set_mixed(slot, head, level,
			   !hugepage_has_attrs(kvm, slot, head, level, xa_peek(&kvm->mem_attr_array, head)));
}

/* Smaller sizes first: a larger one is judged by them. */
static void kvm_arch_post_set_memory_attributes(struct kvm *kvm, struct kvm_memory_slot *slot, gfn_t start,
						gfn_t end)
{
	for (int level = PG_LEVEL_2M; level <= PG_LEVEL_1G; level++) {
		u64 pages = hw_level_pages(level);

		update_mixed(kvm, slot, start, level);
		for (gfn_t gfn = hw_gfn_round(start, level) + pages; gfn + pages < end; gfn += pages)
			hugepage_set_mixed(slot, gfn, level, false);
		update_mixed(kvm, slot, end - 1, level);
	}
}

static void attr_post_slots(struct kvm *kvm, const struct attr_change *c)
{
	gfn_t start, end;

	for (unsigned int i = 0; i < kvm->nr_slots; i++) {
		if (slot_overlap(&kvm->memslots[i], c, &start, &end))
			kvm_arch_post_set_memory_attributes(kvm, &kvm->memslots[i], start, end);
	}
	m_emit3(EV_ATTR_DONE, 0, c->start, c->end);
}

static void kvm_store_memory_attributes(struct kvm *kvm, const struct attr_change *c)
{
	for (gfn_t gfn = c->start; gfn < c->end; gfn++) {
		xa_store(&kvm->mem_attr_array, gfn, c->attributes);
		m_emit3(EV_ATTR_STORE, 0, gfn, c->attributes);
	}
}

/* invalidate_end and MIXED in one locked section: a fault sees both or none. */
static void kvm_post_set_memory_attributes(struct kvm *kvm, const struct attr_change *c)
{
	write_lock(&kvm->mmu_lock);
	if (!bug(attr_stored_outside_invalidate))
		kvm_mmu_invalidate_end(kvm);
	if (bug(mixed_flag_updated_late)) {
		write_unlock(&kvm->mmu_lock);
		write_lock(&kvm->mmu_lock);
	}
	attr_post_slots(kvm, c);
	write_unlock(&kvm->mmu_lock);
}

int kvm_vm_set_mem_attributes(struct kvm *kvm, gfn_t start, gfn_t end, u64 attributes)
{
	struct attr_change c = {start, end, attributes};
	int r = 0;

	flow_enter();
	mutex_lock(&kvm->slots_lock);
	if (range_is(kvm, &c))
		goto out;
	r = kvm_pre_set_memory_attributes(kvm, &c);
	if (r)
		goto out;
	if (bug(attr_stored_outside_invalidate)) {
		write_lock(&kvm->mmu_lock);
		kvm_mmu_invalidate_end(kvm);
		write_unlock(&kvm->mmu_lock);
	}
	kvm_store_memory_attributes(kvm, &c);
	kvm_post_set_memory_attributes(kvm, &c);
out:
	mutex_unlock(&kvm->slots_lock);
	flow_leave(r);
	return r;
}
