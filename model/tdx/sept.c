// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mirror's hooks: what a change of a mirror SPTE means for the S-EPT.
 *
 * Installing (mmu_lock R, the SPTE is frozen by the caller): SEPT.ADD for a table, PAGE.ADD before the TD
 * runs and PAGE.AUG after, for a leaf. Removing (mmu_lock W): BLOCK, TRACK, kick, REMOVE, write back and
 * clear.
 */
#include "model/tdx/tdx.h"

u64 tdh_do_no_vcpus(struct kvm *kvm, u64 leaf, const struct tdx_module_args *in, struct tdx_module_args *out)
{
	u64 err;

	lockdep_assert_held_write(&kvm->mmu_lock);
	*out = *in;
	err = seam_call(leaf, out);
	if (!tdx_operand_busy(err) || bug(sept_zap_busy_no_kick))
		return err;
	/* Pairs with tdx_vcpu_run(): mode = IN_GUEST, barrier, read the flag. Either it stays out or it is
	 * kicked. */
	WRITE_ONCE(kvm->tdx.wait_for_sept_zap, 1);
	kvm_make_all_cpus_request(kvm, KVM_REQ_OUTSIDE_GUEST_MODE);
	*out = *in;
	err = seam_call(leaf, out);
	WRITE_ONCE(kvm->tdx.wait_for_sept_zap, 0);
	return err;
}

static struct tdx_module_args mem_args(struct kvm *kvm, gfn_t gfn, int level)
{
	return (struct tdx_module_args){
		.rcx = gfn << PAGE_SHIFT | tdx_sept_level(level),
		.rdx = seam_tdr_pa(kvm->tdx.td),
	};
}

/* 0, -EBUSY to be retried by the fault, or -EIO. */
static int seam_install(struct kvm *kvm, u64 leaf, struct tdx_module_args *args, const char *name)
{
	u64 err = seam_call(leaf, args);

	if (tdx_operand_busy(err))
		return -EBUSY;
	return TDX_BUG_ON(err, name, kvm) ? -EIO : 0;
}

static int tdx_sept_link_private_spt(struct kvm *kvm, gfn_t gfn, u64 new_spte, int level)
{
	struct kvm_mmu_page *sp = spte_to_child_sp(new_spte);
	struct tdx_module_args args = mem_args(kvm, gfn, level);

	if (KVM_BUG_ON(!sp->external_spt || sp->role.level + 1 != level || sp->gfn != gfn, kvm))
		return -EIO;
	args.r8 = __pa(sp->external_spt);
	return seam_install(kvm, TDH_MEM_SEPT_ADD, &args, "TDH.MEM.SEPT.ADD");
}

static int tdx_mem_page_add(struct kvm *kvm, gfn_t gfn, u64 new_spte)
{
	struct tdx_module_args args = mem_args(kvm, gfn, PG_LEVEL_4K);

	lockdep_assert_held(&kvm->slots_lock);
	if (KVM_BUG_ON(kvm->pre_fault_allowed || !kvm->tdx.page_add_src_valid, kvm))
		return -EIO;
	args.r8 = spte_to_pfn(new_spte) << PAGE_SHIFT;
	args.r9 = kvm->tdx.page_add_src << PAGE_SHIFT;
	return seam_install(kvm, TDH_MEM_PAGE_ADD, &args, "TDH.MEM.PAGE.ADD");
}

static int tdx_sept_map_leaf_spte(struct kvm *kvm, gfn_t gfn, u64 new_spte, int level)
{
	struct tdx_module_args args = mem_args(kvm, gfn, level);

	if (KVM_BUG_ON(level != PG_LEVEL_4K && variant(huge) == HUGE_OFF, kvm))
		return -EIO;
	WARN_ON_ONCE((new_spte & EPT_RWX) != EPT_RWX);
	smp_rmb(); /* pairs with smp_wmb() in tdx_td_finalize() */
	if (!READ_ONCE(kvm->tdx.runnable))
		return tdx_mem_page_add(kvm, gfn, new_spte);
	args.r8 = spte_to_pfn(new_spte) << PAGE_SHIFT;
	return seam_install(kvm, TDH_MEM_PAGE_AUG, &args, "TDH.MEM.PAGE.AUG");
}

/* The TD's epoch advances, and every vCPU that entered in the old one is out. mmu_lock W. */
static void tdx_track(struct kvm *kvm)
{
	struct tdx_module_args in = {.rcx = seam_tdr_pa(kvm->tdx.td)}, out;

	lockdep_assert_held_write(&kvm->mmu_lock);
	if (!READ_ONCE(kvm->tdx.runnable))
		return;
	TDX_BUG_ON(tdh_do_no_vcpus(kvm, TDH_MEM_TRACK, &in, &out), "TDH.MEM.TRACK", kvm);
	if (!bug(track_without_kick))
		kvm_make_all_cpus_request(kvm, KVM_REQ_OUTSIDE_GUEST_MODE);
}

static int tdx_block_and_track(struct kvm *kvm, gfn_t gfn, int level)
{
	struct tdx_module_args in = mem_args(kvm, gfn, level), out;

	if (TDX_BUG_ON(tdh_do_no_vcpus(kvm, TDH_MEM_RANGE_BLOCK, &in, &out), "TDH.MEM.RANGE.BLOCK", kvm))
		return -EIO;
	if (!bug(remove_before_track))
		tdx_track(kvm);
	return 0;
}

/* The frame is the host's again: its cache lines under the TD's key go out, then it is cleared. */
static int tdx_release_page(struct kvm *kvm, pfn_t pfn)
{
	struct tdx_module_args args = {.rcx = pfn << PAGE_SHIFT};

	if (TDX_BUG_ON(seam_call(TDH_PHYMEM_PAGE_WBINVD, &args), "TDH.PHYMEM.PAGE.WBINVD", kvm))
		return -EIO;
	hw_set_data(pfn, 0, 0);
	return 0;
}

static int tdx_sept_remove_leaf_spte(struct kvm *kvm, gfn_t gfn, u64 old_spte, int level)
{
	struct tdx_module_args in = mem_args(kvm, gfn, level), out;
	pfn_t pfn = spte_to_pfn(old_spte);

	lockdep_assert_held_write(&kvm->mmu_lock);
	if (KVM_BUG_ON(!kvm->tdx.hkid_assigned || (level != PG_LEVEL_4K && variant(huge) == HUGE_OFF), kvm))
		return -EIO;
	if (tdx_block_and_track(kvm, gfn, level))
		return -EIO;
	if (TDX_BUG_ON(tdh_do_no_vcpus(kvm, TDH_MEM_PAGE_REMOVE, &in, &out), "TDH.MEM.PAGE.REMOVE", kvm))
		return -EIO;
	if (bug(remove_before_track))
		tdx_track(kvm);
	for (u64 i = 0; i < hw_level_pages(level); i++) {
		if (tdx_release_page(kvm, pfn + i))
			return -EIO;
	}
	return 0;
}

int tdx_sept_set_private_spte(struct kvm *kvm, gfn_t gfn, u64 old_spte, u64 new_spte, int level)
{
	lockdep_assert_held(&kvm->mmu_lock);
	/* The seeded bug predates the rule that a present leaf is never set again. */
	if (is_shadow_present_pte(old_spte) && !(bug(aug_twice_same_gfn) && is_shadow_present_pte(new_spte)))
		return tdx_sept_remove_leaf_spte(kvm, gfn, old_spte, level);
	if (KVM_BUG_ON(!is_shadow_present_pte(new_spte), kvm))
		return -EIO;
	if (!is_last_spte(new_spte, level))
		return tdx_sept_link_private_spt(kvm, gfn, new_spte, level);
	return tdx_sept_map_leaf_spte(kvm, gfn, new_spte, level);
}

/*
 * A mirror table goes away. 7.3 frees S-EPT pages only when the TD's key is released, which this version does
 * not reach: a table that is removed before is a bug.
 */
void tdx_sept_free_private_spt(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	KVM_BUG_ON(kvm->tdx.hkid_assigned, kvm);
	sp->external_spt = NULL;
}

/*
 * huge=rfc-v1. Only a host interrupt can make DEMOTE restart, since mmu_lock W keeps KVM's other users of the
 * S-EPT out: retried without bound.
 */
int tdx_sept_split_private_spte(struct kvm *kvm, gfn_t gfn, int level, u64 *external_spt, bool shared)
{
	struct tdx_module_args in = mem_args(kvm, gfn, level), out;
	u64 err;

	if (KVM_BUG_ON(shared || variant(huge) == HUGE_OFF || !external_spt, kvm))
		return -EIO;
	if (tdx_block_and_track(kvm, gfn, level))
		return -EIO;
	in.r8 = __pa(external_spt);
	do {
		err = tdh_do_no_vcpus(kvm, TDH_MEM_PAGE_DEMOTE, &in, &out);
	} while ((err & TDX_STATUS_MASK) == TDX_INTERRUPTED_RESTARTABLE);
	return TDX_BUG_ON(err, "TDH.MEM.PAGE.DEMOTE", kvm) ? -EIO : 0;
}

int tdx_gmem_max_mapping_level(struct kvm_vcpu *vcpu, gfn_t gfn, bool prefetch)
{
	if (variant(huge) == HUGE_OFF || prefetch || !READ_ONCE(the_kvm()->tdx.runnable))
		return PG_LEVEL_4K;
	if (gfn >= vcpu->violation_gfn_start && gfn < vcpu->violation_gfn_end &&
	    vcpu->violation_request_level == PG_LEVEL_4K)
		return PG_LEVEL_4K;
	return PG_LEVEL_2M;
}
