// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mm of the VMM: anonymous memory behind memslots, its page tables, get_user_pages(), and MMU notifiers.
 *
 * The rules that KVM relies on:
 *  - a page that user space maps has one reference for the mapping; get_user_pages() adds one for the caller,
 * and the lockless variant takes it only if the count is not zero, and looks at the entry again after that;
 *  - before entries go away, every notifier has returned from invalidate_range_start(), and none gets
 * invalidate_range_end() before the entries are gone; brackets of several ranges may overlap and nest;
 *  - a fault of user space or get_user_pages() may put a new page at an address as soon as its entry is
 * clear: also within the bracket;
 *  - notifiers run in an SRCU read section, and mmu_notifier_unregister() waits for it.
 *
 * KVM walks these tables itself to find out how large a host mapping is (host_pfn_mapping_level()), so they
 * are real ones.
 *
 * Simplifications: every page is anonymous, zero-filled, writable and of 4 KiB (no huge pages); nothing is
 * swapped, migrated, or shared with another process; table pages stay until the area is unmapped. Pages are
 * dropped within the notifier's bracket, as a full mmu_gather does: the earliest that the kernel allows,
 * where a short zap drops them right after it. The zap holds mmap_lock for read, as madvise(MADV_DONTNEED)
 * does.
 */
#include <linux/highmem.h>
#include <linux/hugetlb.h>
#include <linux/kernel.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/srcu.h>

#include "model/linux/kernel/env.h"
#include "model/linux/kernel/fs.h"
#include "model/linux/kernel/fs_compat.h"

#define FS_MAX_AREAS 8
#define FS_ZAP_BATCH 64
#define FS_PTE_BITS (_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_NX)
#define FS_TABLE_BITS (_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY)

struct mm_struct fs_mm;
static struct lock_class_key mmap_lock_key;
static struct {
	unsigned long start, end;
} areas[FS_MAX_AREAS];
static unsigned long nr_mapped;
static struct srcu_struct notifier_srcu; /* readers: callbacks of notifiers */

void fs_mm_boot(void)
{
	__init_rwsem(&fs_mm.mmap_lock, "&mm->mmap_lock", &mmap_lock_key);
	spin_lock_init(&fs_mm.page_table_lock);
	atomic_set(&fs_mm.mm_users, 1);
	atomic_set(&fs_mm.mm_count, 1);
	fs_mm.pgd = lnx_heap_alloc(PAGE_SIZE, PAGE_SIZE);
	fs_mm.task_size = TASK_SIZE;
	if (init_srcu_struct(&notifier_srcu))
		lnx_internal("no memory for the notifiers' SRCU");
}

/* ---- areas ---- */

static bool mapped(unsigned long addr)
{
	unsigned int i;

	for (i = 0; i < FS_MAX_AREAS; i++) {
		if (addr >= areas[i].start && addr < areas[i].end)
			return true;
	}
	return false;
}

int fs_mmap(unsigned long addr, unsigned long len)
{
	unsigned int i;

	for (i = 0; i < FS_MAX_AREAS; i++) {
		if (areas[i].end)
			continue;
		areas[i].start = addr;
		areas[i].end = addr + len;
		return 0;
	}
	return -ENOMEM;
}

/*
 * KVM asks for the VMA where get_user_pages() has failed. It fails outside of every area only, and there is
 * none there.
 */
static void *no_area(struct mm_struct *mm, unsigned long addr)
{
	if (mm != &fs_mm || mapped(addr))
		lnx_internal("a VMA of anonymous memory is not implemented");
	return NULL;
}

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	return no_area(mm, addr);
}

void *mtree_load(struct maple_tree *mt, unsigned long index)
{
	return no_area(container_of(mt, struct mm_struct, mm_mt), index);
}

/* ---- page tables ---- */

/* The table below *@entry, made if @create. Tables are no frames of the machine: they are part of the
 * environment. */
static void *table_below(u64 *entry, bool create)
{
	void *table;

	if (*entry & _PAGE_PRESENT)
		return __va(*entry & PTE_PFN_MASK);
	if (!create)
		return NULL;
	table = lnx_heap_alloc(PAGE_SIZE, PAGE_SIZE);
	WRITE_ONCE(*entry, __pa(table) | FS_TABLE_BITS);
	return table;
}

static u64 *walk(unsigned long addr, bool create)
{
	u64 *table = (u64 *)fs_mm.pgd;
	int shift;

	for (shift = 39; shift > PAGE_SHIFT; shift -= 9) {
		table = table_below(&table[(addr >> shift) & (PTRS_PER_PTE - 1)], create);
		if (!table)
			return NULL;
	}
	return &table[(addr >> PAGE_SHIFT) & (PTRS_PER_PTE - 1)];
}

static void free_tables(u64 *table, unsigned int level)
{
	unsigned int i;

	for (i = 0; level > 1 && i < PTRS_PER_PTE; i++) {
		if (!(table[i] & _PAGE_PRESENT))
			continue;
		free_tables(__va(table[i] & PTE_PFN_MASK), level - 1);
		table[i] = 0;
	}
	if (level < 4)
		lnx_heap_free(table, PAGE_SIZE);
}

unsigned long fs_peek_pfn(unsigned long addr)
{
	u64 *pte = walk(addr, false);

	return pte && *pte & _PAGE_PRESENT ? (*pte & PTE_PFN_MASK) >> PAGE_SHIFT : ~0ul;
}

unsigned long fs_mm_pages(void)
{
	return nr_mapped;
}

/* A page fault of user space, or of get_user_pages(), under mmap_lock. */
static int fault_in(unsigned long addr, unsigned long pc)
{
	struct page *page;
	u64 *pte;

	if (!mapped(addr))
		return -EFAULT;
	/* Where this fails in a kernel, somebody is killed for it. */
	page = env_alloc_pages(0, LNX_USERPAGE, GFP_HIGHUSER | __GFP_ZERO | __GFP_NOFAIL, pc);
	spin_lock(&fs_mm.page_table_lock);
	pte = walk(addr, true);
	lnx_point(LNX_WRITE, pte, "do_anonymous_page", pc);
	if (*pte & _PAGE_PRESENT) {
		spin_unlock(&fs_mm.page_table_lock);
		put_page(page);
		return 0;
	}
	WRITE_ONCE(*pte, (page_to_pfn(page) << PAGE_SHIFT) | FS_PTE_BITS);
	nr_mapped++;
	spin_unlock(&fs_mm.page_table_lock);
	return 0;
}

/* ---- get_user_pages() ---- */

/* Lockless. Between the steps the page can be unmapped, freed and mapped elsewhere. */
static struct page *get_page_fast(unsigned long addr, unsigned long pc)
{
	u64 *pte = walk(addr, false), value;
	struct page *page;

	if (!pte)
		return NULL;
	lnx_point(LNX_READ, pte, "gup_fast_pte_range", pc);
	value = READ_ONCE(*pte);
	if (!(value & _PAGE_PRESENT))
		return NULL;
	page = pfn_to_page((value & PTE_PFN_MASK) >> PAGE_SHIFT);
	lnx_point(LNX_RMW, &page->_refcount, "try_get_folio", pc);
	if (!folio_try_get(page_folio(page)))
		return NULL;
	lnx_point(LNX_READ, pte, "gup_fast_pte_range", pc);
	if (READ_ONCE(*pte) == value)
		return page;
	put_page(page);
	return NULL;
}

/* Under mmap_lock; the page table lock makes entry and reference one step. */
static long get_page_locked(unsigned long addr, unsigned int flags, struct page **page, unsigned long pc)
{
	u64 *pte;
	int r;

	for (;;) {
		if (flags & FOLL_INTERRUPTIBLE && signal_pending(current))
			return -EINTR;
		spin_lock(&fs_mm.page_table_lock);
		pte = walk(addr, false);
		if (pte && *pte & _PAGE_PRESENT)
			break;
		spin_unlock(&fs_mm.page_table_lock);
		r = fault_in(addr, pc);
		if (r)
			return r;
	}
	*page = pfn_to_page((*pte & PTE_PFN_MASK) >> PAGE_SHIFT);
	get_page(*page);
	spin_unlock(&fs_mm.page_table_lock);
	return 1;
}

static long gup_fast(unsigned long start, int nr, struct page **pages, unsigned long pc)
{
	int i;

	for (i = 0; i < nr; i++) {
		pages[i] = get_page_fast(start + i * PAGE_SIZE, pc);
		if (!pages[i])
			break;
	}
	return i;
}

static long gup_unlocked(unsigned long start, unsigned long nr, unsigned int flags, struct page **pages,
			 unsigned long pc)
{
	unsigned long i;
	long r = 1;

	down_read(&fs_mm.mmap_lock);
	for (i = 0; i < nr; i++) {
		r = get_page_locked(start + i * PAGE_SIZE, flags, &pages[i], pc);
		if (r != 1)
			break;
	}
	up_read(&fs_mm.mmap_lock);
	return i ? i : r;
}

int get_user_pages_fast_only(unsigned long start, int nr, unsigned int flags, struct page **pages)
{
	return gup_fast(start, nr, pages, _RET_IP_);
}

long get_user_pages_unlocked(unsigned long start, unsigned long nr, struct page **pages, unsigned int flags)
{
	return gup_unlocked(start, nr, flags, pages, _RET_IP_);
}

int get_user_pages_fast(unsigned long start, int nr, unsigned int flags, struct page **pages)
{
	long done = gup_fast(start, nr, pages, _RET_IP_), more;

	if (done == nr)
		return done;
	more = gup_unlocked(start + done * PAGE_SIZE, nr - done, flags, pages + done, _RET_IP_);
	return more > 0 ? done + more : done ? done : more;
}

/* ---- notifiers ---- */

static HLIST_HEAD(notifiers);

int mmu_notifier_register(struct mmu_notifier *mn, struct mm_struct *mm)
{
	if (mm != &fs_mm)
		lnx_internal("mmu_notifier_register: another mm than the VMM's");
	down_write(&mm->mmap_lock);
	mmgrab(mm);
	mn->mm = mm;
	hlist_add_head_rcu(&mn->hlist, &notifiers);
	up_write(&mm->mmap_lock);
	return 0;
}

/* Also tells the notifier that the mm is gone for it; no callback runs any more when this returns. */
void mmu_notifier_unregister(struct mmu_notifier *mn, struct mm_struct *mm)
{
	int idx = srcu_read_lock(&notifier_srcu);

	if (mn->ops->release)
		mn->ops->release(mn, mm);
	srcu_read_unlock(&notifier_srcu, idx);
	lnx_point(LNX_WRITE, &notifiers, "mmu_notifier_unregister", _RET_IP_);
	hlist_del_init_rcu(&mn->hlist);
	synchronize_srcu(&notifier_srcu);
	mmdrop(mm);
}

static void invalidate_start(struct mmu_notifier_range *range)
{
	struct mmu_notifier *mn;
	int idx = srcu_read_lock(&notifier_srcu);

	hlist_for_each_entry_rcu(mn, &notifiers, hlist, srcu_read_lock_held(&notifier_srcu))
	{
		if (mn->ops->invalidate_range_start && mn->ops->invalidate_range_start(mn, range))
			lnx_internal("a blockable notifier range was refused");
	}
	srcu_read_unlock(&notifier_srcu, idx);
}

static void invalidate_end(struct mmu_notifier_range *range)
{
	struct mmu_notifier *mn;
	int idx = srcu_read_lock(&notifier_srcu);

	hlist_for_each_entry_rcu(mn, &notifiers, hlist, srcu_read_lock_held(&notifier_srcu))
	{
		if (mn->ops->invalidate_range_end)
			mn->ops->invalidate_range_end(mn, range);
	}
	srcu_read_unlock(&notifier_srcu, idx);
}

/* ---- what user space does ---- */

/* Clears up to FS_ZAP_BATCH entries from *@addr on under the page table lock; their pages go to @pages. */
static unsigned int zap_entries(unsigned long *addr, unsigned long end, struct page **pages, unsigned long pc)
{
	unsigned int n = 0;
	u64 *pte;

	spin_lock(&fs_mm.page_table_lock);
	for (; *addr < end && n < FS_ZAP_BATCH; *addr += PAGE_SIZE) {
		pte = walk(*addr, false);
		if (!pte || !(*pte & _PAGE_PRESENT))
			continue;
		lnx_point(LNX_RMW, pte, "zap_pte_range", pc);
		pages[n++] = pfn_to_page((*pte & PTE_PFN_MASK) >> PAGE_SHIFT);
		WRITE_ONCE(*pte, 0);
		nr_mapped--;
	}
	spin_unlock(&fs_mm.page_table_lock);
	return n;
}

int fs_zap_range(unsigned long addr, unsigned long len)
{
	struct mmu_notifier_range range;
	struct page *pages[FS_ZAP_BATCH];
	unsigned long end = addr + len;
	unsigned int i, n;

	if (!mapped(addr) || !mapped(end - 1))
		return -ENOMEM;
	down_read(&fs_mm.mmap_lock);
	mmu_notifier_range_init(&range, MMU_NOTIFY_CLEAR, MMU_NOTIFIER_RANGE_BLOCKABLE, &fs_mm, addr, end);
	invalidate_start(&range);
	while (addr < end) {
		n = zap_entries(&addr, end, pages, _RET_IP_);
		for (i = 0; i < n; i++)
			put_page(pages[i]);
	}
	invalidate_end(&range);
	up_read(&fs_mm.mmap_lock);
	return 0;
}

int fs_user_store(unsigned long addr, u64 value)
{
	struct page *page;
	long r;

	if (!mapped(addr))
		return -EFAULT;
	down_read(&fs_mm.mmap_lock);
	r = get_page_locked(addr, FOLL_WRITE, &page, _RET_IP_);
	if (r == 1) {
		lnx_page_store(page_to_pfn(page), value);
		put_page(page);
	}
	up_read(&fs_mm.mmap_lock);
	return r == 1 ? 0 : r;
}

void fs_munmap_all(void)
{
	unsigned int i;

	for (i = 0; i < FS_MAX_AREAS; i++) {
		if (areas[i].end && fs_zap_range(areas[i].start, areas[i].end - areas[i].start))
			lnx_internal("munmap of [%lx, %lx) failed", areas[i].start, areas[i].end);
		areas[i].start = areas[i].end = 0;
	}
	free_tables((u64 *)fs_mm.pgd, 4);
}

/* The VMM's own mm is never torn down: it outlives every VM. */
void __mmdrop(struct mm_struct *mm)
{
	lnx_internal("the last reference of an mm is gone");
}

void mmput(struct mm_struct *mm)
{
	if (atomic_dec_and_test(&mm->mm_users))
		lnx_internal("the last user of an mm is gone");
}

/* ---- copies: structures of the VMM are ordinary objects of this program ---- */

unsigned long _copy_from_user(void *to, const void __user *from, unsigned long n)
{
	memcpy(to, (__force const void *)from, n);
	return 0;
}

unsigned long _copy_to_user(void __user *to, const void *from, unsigned long n)
{
	memcpy((__force void *)to, from, n);
	return 0;
}

void *memdup_user(const void __user *src, size_t len)
{
	void *p = kmalloc(len, GFP_USER);

	if (!p)
		return ERR_PTR(-ENOMEM);
	memcpy(p, (__force const void *)src, len);
	return p;
}

void *vmemdup_user(const void __user *src, size_t len)
{
	void *p = kvmalloc(len, GFP_USER);

	if (!p)
		return ERR_PTR(-ENOMEM);
	memcpy(p, (__force const void *)src, len);
	return p;
}

/*
 * The copy and get/put_user routines that inline assembly calls, with its conventions: rdi, rsi and rcx of a
 * string copy, which leaves in rcx what it could not copy; get_user: address in rax, value in rdx, error in
 * rax; put_user: address in rcx, value in rax, error in rcx. They cannot fault here.
 */
asm(".pushsection .text\n"
    ".globl rep_movs_alternative\n"
    "rep_movs_alternative: rep movsb\n"
    "	ret\n"
    ".globl __get_user_4\n.globl __get_user_nocheck_4\n"
    "__get_user_4:\n__get_user_nocheck_4: movl (%rax), %edx\n"
    "	xorl %eax, %eax\n"
    "	ret\n"
    ".globl __get_user_8\n.globl __get_user_nocheck_8\n"
    "__get_user_8:\n__get_user_nocheck_8: movq (%rax), %rdx\n"
    "	xorl %eax, %eax\n"
    "	ret\n"
    ".globl __put_user_4\n"
    "__put_user_4: movl %eax, (%rcx)\n"
    "	xorl %ecx, %ecx\n"
    "	ret\n"
    ".globl __put_user_8\n"
    "__put_user_8: movq %rax, (%rcx)\n"
    "	xorl %ecx, %ecx\n"
    "	ret\n"
    ".popsection\n");

/* Clearing of pages: rdi and, if it is more than one, the length in rcx. Only these and rax may change. */
asm(".pushsection .text\n"
    ".globl __clear_pages_unrolled\n"
    "__clear_pages_unrolled: xorl %eax, %eax\n"
    "	rep stosb\n"
    "	ret\n"
    ".globl clear_page_orig\n"
    "clear_page_orig: movl $4096, %ecx\n"
    "	xorl %eax, %eax\n"
    "	rep stosb\n"
    "	ret\n"
    ".popsection\n");
