// SPDX-License-Identifier: GPL-2.0-only
/* The VM as an object: creation, the surface that scenarios drive, and the view that oracles have. */
#include <string.h>

#include "model/kvm/tdp_mmu.h"

static struct kvm *kvm_of_run;

struct kvm *the_kvm(void)
{
	return kvm_of_run;
}

struct kvm_memory_slot *gfn_to_memslot(struct kvm *kvm, gfn_t gfn)
{
	for (unsigned int i = 0; i < kvm->nr_slots; i++) {
		struct kvm_memory_slot *slot = &kvm->memslots[i];

		if (gfn >= slot->s.base && gfn < slot->s.base + slot->s.npages)
			return slot;
	}
	return NULL;
}

static void init_locks(struct kvm *kvm)
{
	mutex_init(&kvm->slots_lock, LC_SLOTS_LOCK);
	rwlock_init(&kvm->mmu_lock, LC_MMU_LOCK);
	spin_lock_init(&kvm->tdp_mmu_pages_lock, LC_PAGES_LOCK);
	init_rwsem(&kvm->gmem_lock, LC_INVALIDATE_LOCK);
	init_srcu(&kvm->srcu);
	INIT_LIST_HEAD(&kvm->possible_nx_huge_pages);
}

static void init_memory(struct kvm *kvm, const struct subject_vm_config *config)
{
	backing_init(&kvm->gmem, HW_GMEM, variant(huge) != HUGE_OFF);
	host_mm_init(kvm);
	xa_init(&kvm->mem_attr_array);
	for (unsigned int i = 0; i < config->nr_private; i++)
		xa_init_range(&kvm->mem_attr_array, config->attrs_private[i].base,
			      config->attrs_private[i].base + config->attrs_private[i].npages,
			      KVM_MEMORY_ATTRIBUTE_PRIVATE);
	kvm->nr_slots = config->nr_slots;
	for (unsigned int i = 0; i < kvm->nr_slots; i++) {
		kvm->memslots[i].s = config->slots[i];
		kvm_lpage_init_slot(kvm, &kvm->memslots[i]);
	}
}

static void init_vcpus(struct kvm *kvm, const struct subject_vm_config *config)
{
	kvm->nr_vcpus = config->nr_vcpus;
	for (unsigned int i = 0; i < kvm->nr_vcpus; i++) {
		mutex_init(&kvm->vcpus[i].mutex, LC_VCPU_MUTEX);
		kvm->vcpus[i].id = i;
		kvm->vcpus[i].cpu = i;
		kvm->vcpus[i].root_hpa = kvm->vcpus[i].mirror_root_hpa = INVALID_PAGE;
		kvm->vcpus[i].guest = config->guests[i];
	}
}

/* The initial image of a TD, then MR.FINALIZE. */
static void build_td(struct kvm *kvm, const struct subject_vm_config *config)
{
	mutex_lock(&kvm->slots_lock);
	for (unsigned int i = 0; i < config->nr_added; i++)
		KVM_BUG_ON(kvm_gmem_populate(kvm, config->added[i]), kvm);
	mutex_unlock(&kvm->slots_lock);
	tdx_td_finalize(kvm);
}

static void create_vm(const struct subject_vm_config *config)
{
	struct kvm *kvm = m_arena_alloc(sizeof(*kvm));

	if (config->kind == VM_SW_PROTECTED)
		m_fail("INTERNAL", "INTERNAL creation of the VM", "the model has no SW-protected VMs");
	kvm_of_run = kvm;
	init_locks(kvm);
	init_vcpus(kvm, config);
	if (config->kind == VM_TDX)
		tdx_vm_init(kvm, config);
	else
		kvm->nx_huge_pages = true;
	init_memory(kvm, config);
	kvm->tdp_mmu_root = tdp_mmu_alloc_root(kvm, false);
	if (config->kind == VM_TDX) {
		kvm->tdp_mmu_mirror_root = tdp_mmu_alloc_root(kvm, true);
		build_td(kvm, config);
	} else {
		kvm->pre_fault_allowed = true;
	}
}

static void run_vcpu(unsigned int vcpu, struct subject_run *run)
{
	kvm_arch_vcpu_ioctl_run(&kvm_of_run->vcpus[vcpu], run);
}

static void signal_vcpu(unsigned int vcpu)
{
	__atomic_store_n(&kvm_of_run->vcpus[vcpu].signal, true, __ATOMIC_RELAXED);
}

static int set_attributes(gfn_t start, u64 npages, bool private)
{
	if (!kvm_of_run->has_private_mem)
		return -EINVAL;
	return kvm_vm_set_mem_attributes(kvm_of_run, start, start + npages,
					 private ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0);
}

static int punch_hole(gfn_t start, u64 npages)
{
	return kvm_gmem_punch_hole(kvm_of_run, start, start + npages);
}

/*
 * KVM_PRE_FAULT_MEMORY on a vCPU that no KVM_RUN uses; SRCU is held for the whole call. Says how far it got;
 * an error after the first page is not reported.
 */
static int pre_fault_memory(struct kvm_vcpu *vcpu, gfn_t *gfn, u64 *npages)
{
	struct kvm *kvm = kvm_of_run;
	u64 all = *npages;
	int idx, r = 0;

	mutex_lock(&vcpu->mutex);
	idx = srcu_read_lock(&kvm->srcu);
	while (*npages && !r) {
		r = kvm_vcpu_pre_fault_memory(vcpu, *gfn);
		if (!r) {
			++*gfn;
			--*npages;
		}
	}
	srcu_read_unlock(&kvm->srcu, idx);
	mutex_unlock(&vcpu->mutex);
	return *npages < all ? 0 : r;
}

/* A VMM goes on until all is done or nothing more is. KVM itself looks up what is private. */
static int prefault(unsigned int vcpu, gfn_t start, u64 npages, bool private)
{
	int r = 0;

	(void)private;
	while (npages && !r)
		r = pre_fault_memory(&kvm_of_run->vcpus[vcpu], &start, &npages);
	return r;
}

static int nx_recover(void)
{
	return kvm_recover_nx_huge_pages(kvm_of_run);
}

static int host_unmap(gfn_t start, u64 npages)
{
	return host_mm_unmap(kvm_of_run, start, start + npages);
}

static int host_write(gfn_t gfn, u64 value)
{
	return host_mm_write(kvm_of_run, gfn, value);
}

static void quiesce(void)
{
}

const struct subject_ops kvm_subject_ops = {
	.name = "model",
	.create_vm = create_vm,
	.run_vcpu = run_vcpu,
	.signal_vcpu = signal_vcpu,
	.set_attributes = set_attributes,
	.punch_hole = punch_hole,
	.prefault = prefault,
	.nx_recover = nx_recover,
	.host_unmap = host_unmap,
	.host_write = host_write,
	.quiesce = quiesce,
};

static unsigned int view_roots(struct subject_root *out, unsigned int max)
{
	struct kvm_mmu_page *roots[] = {kvm_of_run->tdp_mmu_root, kvm_of_run->tdp_mmu_mirror_root};
	unsigned int n = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(roots) && n < max; i++) {
		if (!roots[i])
			continue;
		out[n++] = (struct subject_root){
			.root = __pa(roots[i]->spt),
			.mirror = roots[i]->role.is_mirror,
			.valid = !roots[i]->role.invalid,
			.level = roots[i]->role.level,
		};
	}
	return n;
}

static bool view_attr_private(gfn_t gfn)
{
	return xa_peek(&kvm_of_run->mem_attr_array, gfn) & KVM_MEMORY_ATTRIBUTE_PRIVATE;
}

static const struct subject_slot *view_slot_of(gfn_t gfn)
{
	struct kvm_memory_slot *slot = gfn_to_memslot(kvm_of_run, gfn);

	return slot ? &slot->s : NULL;
}

static int view_lpage_mixed(gfn_t gfn, unsigned int level)
{
	struct kvm_memory_slot *slot = gfn_to_memslot(kvm_of_run, gfn);
	gfn_t head = hw_gfn_round(gfn, level);

	if (!slot || head < slot->s.base || head + hw_level_pages(level) > slot->s.base + slot->s.npages)
		return -1;
	return hugepage_test_mixed(slot, gfn, level);
}

static int view_invalidate(gfn_t *start, gfn_t *end)
{
	*start = kvm_of_run->mmu_invalidate_range_start;
	*end = kvm_of_run->mmu_invalidate_range_end;
	return kvm_of_run->mmu_invalidate_in_progress;
}

static pfn_t view_user_pfn(gfn_t gfn)
{
	return backing_peek(&kvm_of_run->user, gfn);
}

static pfn_t view_gmem_pfn(gfn_t gfn)
{
	return backing_peek(&kvm_of_run->gmem, gfn);
}

static u64 view_pages_stat(unsigned int level)
{
	return kvm_of_run->pages_stat[level - 1].v;
}

static bool view_bugged(void)
{
	return kvm_of_run->vm_bugged;
}

const struct subject_view kvm_subject_view = {
	.roots = view_roots,
	.attr_private = view_attr_private,
	.slot_of = view_slot_of,
	.lpage_mixed = view_lpage_mixed,
	.invalidate = view_invalidate,
	.user_pfn = view_user_pfn,
	.gmem_pfn = view_gmem_pfn,
	.pages_stat = view_pages_stat,
	.bugged = view_bugged,
};
