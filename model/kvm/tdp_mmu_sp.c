// SPDX-License-Identifier: GPL-2.0-only
/* Life of a page-table page: allocation, linking data, freeing after a grace period. */
#include "model/kvm/tdp_mmu.h"

#define MAX_FRAMES (1u << 20)

/* page->private of table frames; valid from allocation to free, so nothing needs to be cleared between runs.
 */
static struct kvm_mmu_page *page_private[MAX_FRAMES];

static void set_page_private(u64 *spt, struct kvm_mmu_page *sp)
{
	pfn_t pfn = hw_table_pfn(spt);

	if (pfn >= MAX_FRAMES)
		m_fail("INTERNAL", "INTERNAL frame number beyond the limit of model/kvm", "MAX_FRAMES");
	page_private[pfn] = sp;
}

struct kvm_mmu_page *sptep_to_sp(const u64 *sptep)
{
	kapi_check_table(sptep, M_SITE("sptep_to_sp(sptep)"));
	return page_private[hw_table_pfn(sptep)];
}

struct kvm_mmu_page *spte_to_child_sp(u64 spte)
{
	return page_private[spte_to_pfn(spte)];
}

struct kvm_mmu_page *tdp_mmu_alloc_sp(struct kvm_vcpu *vcpu, bool mirror)
{
	struct kvm_mmu_page *sp = kvm_mmu_memory_cache_alloc(&vcpu->mmu_page_header_cache);

	*sp = (struct kvm_mmu_page){.spt = kvm_mmu_memory_cache_alloc(&vcpu->mmu_shadow_page_cache)};
	if (mirror)
		sp->external_spt = kvm_mmu_memory_cache_alloc(&vcpu->mmu_external_spt_cache);
	set_page_private(sp->spt, sp);
	return sp;
}

struct kvm_mmu_page *tdp_mmu_alloc_sp_for_split(bool mirror)
{
	struct kvm_mmu_page *sp = kzalloc(sizeof(*sp));

	if (!sp)
		return NULL;
	sp->spt = alloc_table(HW_TABLE, SHADOW_NONPRESENT_VALUE);
	if (sp->spt && mirror)
		sp->external_spt = alloc_table(HW_SEPT, 0);
	if (!sp->spt || (mirror && !sp->external_spt)) {
		if (sp->spt)
			free_table(sp->spt);
		kfree(sp);
		return NULL;
	}
	set_page_private(sp->spt, sp);
	return sp;
}

void tdp_mmu_init_child_sp(struct kvm_mmu_page *sp, struct tdp_iter *iter, bool mirror)
{
	sp->role = (struct kvm_mmu_page_role){.level = iter->level - 1, .is_mirror = mirror};
	sp->gfn = iter->gfn;
	sp->ptep = iter->sptep;
}

struct kvm_mmu_page *tdp_mmu_alloc_root(struct kvm *kvm, bool mirror)
{
	struct kvm_mmu_page *sp = m_arena_alloc(sizeof(*sp));

	(void)kvm;
	sp->spt = __va(hw_alloc(1, HW_TABLE) << PAGE_SHIFT);
	for (unsigned int i = 0; i < hw_entries(); i++)
		sp->spt[i] = SHADOW_NONPRESENT_VALUE;
	sp->role = (struct kvm_mmu_page_role){.level = hw_geom.levels, .is_mirror = mirror};
	set_page_private(sp->spt, sp);
	return sp;
}

void tdp_mmu_free_sp(struct kvm_mmu_page *sp)
{
	if (sp->external_spt)
		free_table(sp->external_spt);
	free_table(sp->spt);
	kfree(sp);
}

static void tdp_mmu_free_sp_rcu_callback(struct rcu_head *head)
{
	struct kvm_mmu_page *sp = container_of(head, struct kvm_mmu_page, rcu_head);

	/* A page that the module still has would be leaked here, and then be written by its next owner. */
	WARN_ON_ONCE(sp->external_spt);
	tdp_mmu_free_sp(sp);
}

void tdp_mmu_free_sp_deferred(struct kvm_mmu_page *sp)
{
	if (bug(free_pt_without_rcu))
		tdp_mmu_free_sp_rcu_callback(&sp->rcu_head);
	else
		call_rcu(&sp->rcu_head, tdp_mmu_free_sp_rcu_callback);
}

void track_possible_nx_huge_page(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	sp->tracked = true;
	list_add_tail(&sp->possible_nx_huge_page_link, &kvm->possible_nx_huge_pages);
	kvm->nr_possible_nx_huge_pages++;
}

void untrack_possible_nx_huge_page(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	if (!sp->tracked)
		return;
	sp->tracked = false;
	list_del(&sp->possible_nx_huge_page_link);
	kvm->nr_possible_nx_huge_pages--;
}
