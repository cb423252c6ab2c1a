// SPDX-License-Identifier: GPL-2.0-only
/* kvm_tdp_mmu_map(): build the path to the faulting gfn and install the leaf. mmu_lock R, RCU for the walk.
 */
#include "model/kvm/tdp_mmu.h"

static struct kvm_mmu_page *tdp_mmu_get_root_for_fault(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault)
{
	struct kvm *kvm = the_kvm();
	gfn_t direct_bits = kvm_gfn_direct_bits(kvm);
	bool mirror = direct_bits && !((fault->addr >> PAGE_SHIFT) & direct_bits);

	return sptep_to_sp(__va(mirror ? vcpu->mirror_root_hpa : vcpu->root_hpa));
}

static bool is_access_allowed(const struct kvm_page_fault *fault, u64 spte)
{
	if (fault->exec)
		return is_executable_pte(spte);
	return !fault->write || is_writable_pte(spte);
}

/* The SPTE that this fault wants at its goal level. */
static u64 fault_spte(const struct kvm_page_fault *fault)
{
	return make_spte(fault->goal_level, fault->pfn, fault->map_writable, true,
			 fault->nx_huge_page_workaround_enabled, fault->prefetch);
}

/* A present leaf that grants the access: somebody else was faster. */
static bool is_spurious(const struct kvm_page_fault *fault, const struct tdp_iter *iter, bool mirror)
{
	if (!is_shadow_present_pte(iter->old_spte) || !is_last_spte(iter->old_spte, iter->level))
		return false;
	if (mirror && bug(aug_twice_same_gfn))
		return false;
	return fault->prefetch || is_access_allowed(fault, iter->old_spte);
}

static int tdp_mmu_map_handle_target_level(struct kvm *kvm, struct kvm_page_fault *fault,
					   struct tdp_iter *iter)
{
	struct kvm_mmu_page *sp = sptep_to_sp(iter->sptep);
	u64 old_spte, new_spte;

	if (WARN_ON_ONCE(sp->role.level != fault->goal_level))
		return RET_PF_RETRY;
	/* The seeded race: a plain load where the iterator's snapshot would do. */
	if (bug(plain_spte_read) && *(u64 *)iter->sptep != iter->old_spte)
		return RET_PF_RETRY;
	if (is_spurious(fault, iter, sp->role.is_mirror)) {
		WARN_ON_ONCE(spte_to_pfn(iter->old_spte) != fault->pfn);
		return RET_PF_SPURIOUS;
	}
	new_spte = fault_spte(fault);
	old_spte = iter->old_spte;
	if (new_spte == old_spte)
		return RET_PF_SPURIOUS;
	if (tdp_mmu_set_spte_atomic(kvm, iter, new_spte))
		return RET_PF_RETRY;
	/* A table was replaced: its translations must be gone before RCU lets it be freed. */
	if (is_shadow_present_pte(old_spte) && !is_last_spte(old_spte, iter->level))
		kvm_flush_remote_tlbs(kvm);
	return RET_PF_FIXED;
}

static void tdp_mmu_track_nx(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	spin_lock(&kvm->tdp_mmu_pages_lock);
	/* Linked already, so it may also have been zapped already: the flag is the handshake with the zapper.
	 */
	if (sp->nx_huge_page_disallowed)
		track_possible_nx_huge_page(kvm, sp);
	spin_unlock(&kvm->tdp_mmu_pages_lock);
}

/*
 * huge=rfc-v1: a fault that wants 4K under a present 2M mirror leaf. A split needs mmu_lock W, so it is
 * refused, and the vCPU asks for 2M when it retries: the fault then ends as spurious.
 */
static int refuse_private_split(struct kvm_vcpu *vcpu)
{
	vcpu->violation_request_level = PG_LEVEL_2M;
	return -EBUSY;
}

/* Make the missing table below *iter, or split the huge leaf there. */
static int tdp_mmu_add_table(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault, struct tdp_iter *iter,
			     bool mirror)
{
	struct kvm *kvm = the_kvm();
	struct kvm_mmu_page *sp;
	int r;

	if (is_shadow_present_pte(iter->old_spte) && mirror) {
		KVM_BUG_ON(variant(huge) == HUGE_OFF, kvm);
		return refuse_private_split(vcpu);
	}
	sp = tdp_mmu_alloc_sp(vcpu, mirror);
	tdp_mmu_init_child_sp(sp, iter, mirror);
	sp->nx_huge_page_disallowed = fault->huge_page_disallowed;

	if (is_shadow_present_pte(iter->old_spte))
		r = tdp_mmu_split_huge_page(kvm, iter, sp, true);
	else
		r = tdp_mmu_link_sp(kvm, iter, sp, true);
	if (r) {
		tdp_mmu_free_sp(sp);
		return r;
	}
	if (fault->huge_page_disallowed && fault->req_level >= (unsigned int)iter->level)
		tdp_mmu_track_nx(kvm, sp);
	return 0;
}

static int tdp_mmu_map_walk(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault, struct kvm_mmu_page *root)
{
	struct kvm *kvm = the_kvm();
	bool mirror = root->role.is_mirror;
	struct tdp_iter iter;

	for_each_tdp_pte (iter, kvm, root, fault->gfn, fault->gfn + 1) {
		disallowed_hugepage_adjust(fault, iter.old_spte, iter.level, mirror);
		if (bug(map_over_frozen_spte) && iter.level == (int)fault->goal_level)
			return tdp_mmu_map_handle_target_level(kvm, fault, &iter);
		/* Somebody else owns this entry: come back when it is done. */
		if (is_frozen_spte(iter.old_spte))
			return RET_PF_RETRY;
		if (iter.level == (int)fault->goal_level)
			return tdp_mmu_map_handle_target_level(kvm, fault, &iter);
		if (is_shadow_present_pte(iter.old_spte) && !is_large_pte(iter.old_spte))
			continue;
		if (tdp_mmu_add_table(vcpu, fault, &iter, mirror))
			return RET_PF_RETRY;
	}
	/* The walk ended early: an upper entry changed under it. */
	WARN_ON_ONCE(iter.valid && iter.level == (int)fault->goal_level);
	return RET_PF_RETRY;
}

int kvm_tdp_mmu_map(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault)
{
	int ret;

	flow_enter();
	kvm_mmu_hugepage_adjust(vcpu, fault);
	rcu_read_lock();
	ret = tdp_mmu_map_walk(vcpu, fault, tdp_mmu_get_root_for_fault(vcpu, fault));
	rcu_read_unlock();
	flow_leave(ret);
	return ret;
}
