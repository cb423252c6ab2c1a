// SPDX-License-Identifier: GPL-2.0-only
/*
 * What checkers may know of KVM at any instant: its structures, read as they are, between two points and by
 * no lock. Functions of the tree that are instrumented run in atomic sections.
 */
#include <linux/kvm_host.h>

#include "mmu.h"
#include "mmu_internal.h"
#include "spte.h"

#include "model/linux/kernel/env.h"
#include "model/linux/kernel/fs.h"
#include "model/linux/kernel/vmm.h"

#define LPAGE_MIXED BIT(31) /* KVM_LPAGE_MIXED_FLAG of mmu.c */

unsigned int lnx_view_roots(struct lnx_root *out, unsigned int max)
{
	const struct kvm_mmu_page *root;
	unsigned int n = 0;

	if (!vmm.kvm)
		return 0;
	list_for_each_entry(root, &vmm.kvm->arch.tdp_mmu_roots, link)
	{
		if (n == max)
			break;
		out[n++] = (struct lnx_root){
			.hpa = __pa(root->spt),
#ifdef CONFIG_KVM_INTEL_TDX
			.mirror = root->role.is_mirror,
#endif
			.valid = !root->role.invalid,
			.level = root->role.level,
		};
	}
	return n;
}

/*
 * xa_load() without its instrumentation, for checkers that look at each page of a huge range. Between two
 * points no entry is half way.
 */
static const void *xa_peek(const struct xarray *xa, unsigned long index)
{
	const void *entry = rcu_access_pointer(xa->xa_head);
	const struct xa_node *node;

	if (xa_is_node(entry) ? index >> xa_to_node(entry)->shift > XA_CHUNK_MASK : index)
		return NULL;
	while (xa_is_node(entry)) {
		node = xa_to_node(entry);
		entry = rcu_access_pointer(node->slots[(index >> node->shift) & XA_CHUNK_MASK]);
		if (xa_is_sibling(entry))
			entry = rcu_access_pointer(node->slots[xa_to_sibling(entry)]);
	}
	return entry;
}

int lnx_view_attr_private(lnx_u64 gfn)
{
	if (!vmm.kvm)
		return 0;
	return !!(xa_to_value(xa_peek(&vmm.kvm->mem_attr_array, gfn)) & KVM_MEMORY_ATTRIBUTE_PRIVATE);
}

/* The slot that contains [gfn, gfn + npages), in the active set of the first address space. */
static const struct kvm_memory_slot *slot_of(u64 gfn, u64 npages)
{
	const struct kvm_memslots *slots = rcu_access_pointer(vmm.kvm->memslots[0]);
	const struct rb_node *node;

	for (node = slots->gfn_tree.rb_node; node;) {
		const struct kvm_memory_slot *slot =
			container_of(node, struct kvm_memory_slot, gfn_node[slots->node_idx]);

		if (gfn < slot->base_gfn)
			node = node->rb_left;
		else if (gfn >= slot->base_gfn + slot->npages)
			node = node->rb_right;
		else
			return gfn + npages <= slot->base_gfn + slot->npages ? slot : NULL;
	}
	return NULL;
}

int lnx_view_lpage_mixed(lnx_u64 gfn, unsigned int level)
{
	const struct kvm_memory_slot *slot;
	u64 npages, first;

	if (!vmm.kvm || level < PG_LEVEL_2M || level > KVM_MAX_HUGEPAGE_LEVEL)
		return -1;
	npages = KVM_PAGES_PER_HPAGE(level);
	first = gfn & ~(npages - 1);
	slot = slot_of(first, npages);
	if (!slot)
		return -1;
	return !!(slot->arch.lpage_info[level - 2][gfn_to_index(gfn, slot->base_gfn, level)].disallow_lpage &
		  LPAGE_MIXED);
}

int lnx_view_invalidate(lnx_u64 *start, lnx_u64 *end)
{
	*start = *end = 0;
	if (!vmm.kvm)
		return 0;
	*start = vmm.kvm->mmu_invalidate_range_start;
	*end = vmm.kvm->mmu_invalidate_range_end;
	return vmm.kvm->mmu_invalidate_in_progress;
}

lnx_u64 lnx_view_user_pfn(lnx_u64 gfn)
{
	unsigned long pfn = fs_peek_pfn(LNX_USER + (gfn << PAGE_SHIFT));

	return pfn == ~0ul ? ~0ull : pfn;
}

lnx_u64 lnx_view_gmem_pfn(lnx_u64 gfn)
{
	struct folio *folio = vmm.gmem ? fs_peek_folio(vmm.gmem->f_mapping, gfn) : NULL;

	return folio ? folio_pfn(folio) : ~0ull;
}

lnx_u64 lnx_view_pages_stat(unsigned int level)
{
	if (!vmm.kvm || !level || level > KVM_NR_PAGE_SIZES)
		return 0;
	return atomic64_read(&vmm.kvm->stat.pages[level - 1]);
}

lnx_u64 lnx_view_host_writable(void)
{
	return shadow_host_writable_mask;
}

int lnx_view_bugged(void)
{
	return vmm.kvm && vmm.kvm->vm_bugged;
}
