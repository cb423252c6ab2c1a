// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of files, inodes, page cache and host mm that KVM relies on, one test each. Races are run under
 * many schedules; what each of them must leave behind is checked afterwards, outside of the run.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mmu_notifier.h>
#include <linux/pagemap.h>

#include "model/linux/kernel/env.h"
#include "model/linux/kernel/fs.h"
#include "model/linux/kernel/fs_compat.h"

extern const struct lnx_test lnx_fs_tests[];

#define SEEDS 60
#define HERE ((unsigned long)__builtin_return_address(0))

#define expect(cond)                                                                                         \
	do {                                                                                                 \
		if (!(cond))                                                                                 \
			lnx_internal("%s:%d: %s does not hold", __FILE__, __LINE__, #cond);                  \
	} while (0)
#define must(cond)                                                                                           \
	do {                                                                                                 \
		if (!(cond))                                                                                 \
			lnx_fail("TEST-01", #cond " does not hold", HERE, "%s:%d", __FILE__, __LINE__);      \
	} while (0)

/* Runs @fns under a schedule of @seed; all must come to their end. */
static void run_all(void (*const fns[])(void), unsigned int nr, unsigned int seed)
{
	const char *verdict = lnx_test_run(nr, fns, seed);

	if (*verdict)
		lnx_internal("seed %u: %s", seed, verdict);
}
#define run(fns, seed) run_all(fns, ARRAY_SIZE(fns), seed)

/* ---- page cache ---- */

static struct inode *inode;
static struct address_space *mapping;
static unsigned long got_pfn[2];

static void new_mapping(void)
{
	static struct super_block sb;
	static const struct super_operations ops;

	sb.s_op = &ops;
	inode = anon_inode_make_secure_inode(&sb, "test", NULL);
	mapping = inode->i_mapping;
}

static struct folio *get_locked(pgoff_t index)
{
	struct folio *folio = __filemap_get_folio(mapping, index, FGP_LOCK | FGP_CREAT, GFP_KERNEL);

	must(!IS_ERR(folio));
	must(folio_test_locked(folio));
	must(folio->mapping == mapping && folio->index == index);
	return folio;
}

static void get_and_put(unsigned int i)
{
	struct folio *folio = get_locked(7);

	got_pfn[i] = folio_pfn(folio);
	folio_unlock(folio);
	folio_put(folio);
}

static void get_and_put_0(void)
{
	get_and_put(0);
}

static void get_and_put_1(void)
{
	get_and_put(1);
}

/* Of two who add the same index one wins, the other one uses the winner's, and the loser's frame is free
 * again. */
static void test_insert_race(void)
{
	static void (*const fns[])(void) = {get_and_put_0, get_and_put_1};
	unsigned int seed;

	for (seed = 1; seed <= SEEDS; seed++) {
		new_mapping();
		run(fns, seed);
		expect(got_pfn[0] == got_pfn[1]);
		expect(mapping->nrpages == 1);
		expect(folio_ref_count(fs_peek_folio(mapping, 7)) == 1);
		iput(inode);
		expect(!lnx_page_live(got_pfn[0]));
	}
}

static unsigned long held_pfn;

static void hold_a_while(void)
{
	struct folio *folio = get_locked(7);

	held_pfn = folio_pfn(folio);
	lnx_point(LNX_OTHER, &held_pfn, "hold", HERE);
	must(folio->mapping == mapping);
	folio_unlock(folio);
	lnx_point(LNX_OTHER, &held_pfn, "hold", HERE);
	must(lnx_page_live(held_pfn));
	folio_put(folio);
}

static void truncate_7(void)
{
	truncate_inode_pages_range(mapping, 7 << PAGE_SHIFT, (8 << PAGE_SHIFT) - 1);
}

/*
 * Truncation waits for the folio lock, never takes a folio from under its holder, and the frame lives as long
 * as somebody has a reference. A look-up that meets it gets a new folio.
 */
static void test_truncate_race(void)
{
	static void (*const fns[])(void) = {hold_a_while, truncate_7, get_and_put_0};
	unsigned int seed;

	for (seed = 1; seed <= SEEDS; seed++) {
		new_mapping();
		run(fns, seed);
		truncate_7();
		expect(!mapping->nrpages && !fs_peek_folio(mapping, 7));
		expect(!lnx_page_live(held_pfn) && !lnx_page_live(got_pfn[0]));
		iput(inode);
	}
}

static void keep_locked(void)
{
	get_locked(7);
}

static void lock_it(void)
{
	struct folio *folio = __filemap_get_folio(mapping, 7, FGP_LOCK | FGP_CREAT, GFP_KERNEL);

	folio_unlock(folio);
	folio_put(folio);
}

/* Who finds the folio locked waits: if it is never unlocked, for ever. */
static void test_folio_lock_waits(void)
{
	static void (*const one[])(void) = {keep_locked};
	static void (*const two[])(void) = {lock_it};
	struct folio *folio;

	new_mapping();
	run(one, 1);
	expect(!strcmp(lnx_test_run(ARRAY_SIZE(two), two, 1), "DEADLOCK"));
	folio = fs_peek_folio(mapping, 7);
	folio_unlock(folio);
	/* The waiter's reference and the first holder's. */
	expect(folio_ref_count(folio) == 3);
	folio_put(folio);
	folio_put(folio);
	iput(inode);
}

#define NR_PAGES 70 /* more than a batch of truncation */

/* A hole frees what lies in it, to the page, and nothing else. */
static void test_punch_exact(void)
{
	static unsigned long pfns[NR_PAGES];
	struct folio *folio;
	pgoff_t i;

	new_mapping();
	for (i = 0; i < NR_PAGES; i++) {
		folio = get_locked(i);
		pfns[i] = folio_pfn(folio);
		folio_unlock(folio);
		folio_put(folio);
	}
	truncate_inode_pages_range(mapping, 2 << PAGE_SHIFT, ((NR_PAGES - 3) << PAGE_SHIFT) - 1);
	for (i = 0; i < NR_PAGES; i++) {
		bool in_hole = i >= 2 && i < NR_PAGES - 3;

		folio = fs_peek_folio(mapping, i);
		expect(!!lnx_page_live(pfns[i]) == !in_hole);
		expect(in_hole ? !folio : folio && folio_pfn(folio) == pfns[i]);
	}
	expect(mapping->nrpages == 5);
	iput(inode);
	for (i = 0; i < NR_PAGES; i++)
		expect(!lnx_page_live(pfns[i]));
}

/* ---- files ---- */

static struct file *file, *pointer;
static unsigned int nr_released;

static int count_release(struct inode *i, struct file *f)
{
	nr_released++;
	pointer = NULL;
	return 0;
}

static const struct file_operations test_fops = {.release = count_release};

static void new_file(void)
{
	file = pointer = anon_inode_getfile("test", &test_fops, NULL, 0);
	nr_released = 0;
}

static void put_file(void)
{
	fput(file);
	lnx_point(LNX_OTHER, &nr_released, "system call goes on", HERE);
	fs_return_to_user();
}

static void get_active(void)
{
	struct file *f = get_file_active(&pointer);

	if (f) {
		must(f == file && !nr_released);
		lnx_point(LNX_OTHER, &nr_released, "use", HERE);
		must(!nr_released);
		fput(f);
	}
	fs_return_to_user();
}

/* However many put and get it, a file is released once, and not while somebody has a reference. */
static void test_fput_once(void)
{
	static void (*const fns[])(void) = {put_file, put_file, get_active, get_active};
	unsigned int seed;

	for (seed = 1; seed <= SEEDS; seed++) {
		new_file();
		get_file(file);
		run(fns, seed);
		expect(nr_released == 1 && !fs_nr_files());
	}
}

/* Between the last fput() and the release a file is dead: it cannot be had any more, but its owner has not
 * been told. */
static void test_release_delayed(void)
{
	new_file();
	fput(file);
	expect(!nr_released && fs_nr_files() == 1);
	expect(pointer && !get_file_active(&pointer));
	fs_return_to_user();
	expect(nr_released == 1 && !fs_nr_files());
}

/* Descriptors are the lowest that are free; close() releases before it returns. */
static void test_descriptors(void)
{
	int a, b;

	nr_released = 0;
	a = anon_inode_getfd("a", &test_fops, NULL, 0);
	b = anon_inode_getfd("b", &test_fops, NULL, 0);
	expect(a >= 0 && b == a + 1 && fs_nr_open() == 2);
	expect(!fs_close(a) && nr_released == 1);
	expect(fs_close(a) == -EBADF);
	expect(!fget(a) && anon_inode_getfd("c", &test_fops, NULL, 0) == a);
	expect(!fs_close(a) && !fs_close(b) && nr_released == 3 && !fs_nr_open());
}

static unsigned int nr_destroyed, nr_freed;

static void count_destroy(struct inode *i)
{
	nr_destroyed++;
}

static void count_free(struct inode *i)
{
	nr_freed++;
	kfree(i);
}

static struct inode *alloc_plain(struct super_block *sb)
{
	struct inode *i = kmalloc(sizeof(*i), GFP_KERNEL | __GFP_NOFAIL);

	inode_init_once(i);
	return i;
}

/* The last reference destroys an inode with its pages; its memory is free one grace period later. */
static void test_inode_lifetime(void)
{
	static const struct super_operations ops = {
		.alloc_inode = alloc_plain, .destroy_inode = count_destroy, .free_inode = count_free};
	static struct super_block sb = {.s_op = &ops};
	unsigned long pfn;

	nr_destroyed = nr_freed = 0;
	inode = anon_inode_make_secure_inode(&sb, "test", NULL);
	mapping = inode->i_mapping;
	ihold(inode);
	get_and_put(0);
	pfn = got_pfn[0];
	iput(inode);
	expect(!nr_destroyed && lnx_page_live(pfn));
	iput(inode);
	expect(nr_destroyed == 1 && !nr_freed && !lnx_page_live(pfn));
	rcu_barrier();
	expect(nr_freed == 1);
}

/* ---- host mm ---- */

#define AREA (LNX_USER + (1ul << 30))

static unsigned int in_bracket, nr_brackets;
static unsigned long pfn_at_start, bracket_start, bracket_end;

static int note_start(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	in_bracket++;
	nr_brackets++;
	bracket_start = range->start;
	bracket_end = range->end;
	pfn_at_start = fs_peek_pfn(range->start);
	must(pfn_at_start == ~0ul || lnx_page_live(pfn_at_start));
	return 0;
}

static void note_end(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	must(in_bracket == 1);
	in_bracket--;
	must(range->start == bracket_start && range->end == bracket_end);
}

static const struct mmu_notifier_ops note_ops = {.invalidate_range_start = note_start,
						 .invalidate_range_end = note_end};
static struct mmu_notifier note = {.ops = &note_ops};

static void new_area(void)
{
	expect(!fs_mmap(AREA, 4 << PAGE_SHIFT));
	expect(!mmu_notifier_register(&note, &fs_mm));
	nr_brackets = in_bracket = 0;
}

static void drop_area(void)
{
	mmu_notifier_unregister(&note, &fs_mm);
	fs_munmap_all();
	expect(!fs_mm_pages());
}

/* start while all is mapped, exactly the range; end when it is gone. */
static void test_notifier_bracket(void)
{
	unsigned long pfn[4];
	unsigned int i;

	new_area();
	for (i = 0; i < 4; i++) {
		expect(!fs_user_store(AREA + (i << PAGE_SHIFT), i));
		pfn[i] = fs_peek_pfn(AREA + (i << PAGE_SHIFT));
	}
	expect(!fs_zap_range(AREA + PAGE_SIZE, 2 << PAGE_SHIFT));
	expect(nr_brackets == 1 && !in_bracket && pfn_at_start == pfn[1]);
	expect(bracket_start == AREA + PAGE_SIZE && bracket_end == AREA + (3 << PAGE_SHIFT));
	for (i = 0; i < 4; i++)
		expect(!!lnx_page_live(pfn[i]) == (i == 0 || i == 3));
	mmu_notifier_unregister(&note, &fs_mm);
	expect(!fs_zap_range(AREA, PAGE_SIZE) && nr_brackets == 1);
	fs_munmap_all();
	expect(fs_zap_range(AREA, PAGE_SIZE) == -ENOMEM && fs_user_store(AREA, 0) == -EFAULT);
}

static void gup_and_use(void)
{
	struct page *page;

	must(get_user_pages_unlocked(AREA, 1, &page, FOLL_WRITE) == 1);
	lnx_point(LNX_OTHER, &in_bracket, "use", HERE);
	must(lnx_page_live(page_to_pfn(page)));
	put_page(page);
}

static void gup_fast_and_use(void)
{
	struct page *page;
	unsigned long pfn;

	if (get_user_pages_fast_only(AREA, 1, FOLL_WRITE, &page) != 1)
		return;
	pfn = page_to_pfn(page);
	lnx_point(LNX_OTHER, &in_bracket, "use", HERE);
	must(lnx_page_live(pfn));
	put_page(page);
}

static void zap_it(void)
{
	must(!fs_zap_range(AREA, PAGE_SIZE));
}

/* Who got a page keeps it, and at the end nobody has a reference too many. */
static void test_gup_race(void)
{
	static void (*const fns[])(void) = {gup_and_use, gup_fast_and_use, zap_it, gup_fast_and_use};
	unsigned long pfn;
	unsigned int seed;

	for (seed = 1; seed <= SEEDS; seed++) {
		new_area();
		run(fns, seed);
		pfn = fs_peek_pfn(AREA);
		expect(pfn == ~0ul || page_ref_count(pfn_to_page(pfn)) == 1);
		expect(fs_mm_pages() == (pfn != ~0ul));
		drop_area();
		expect(pfn == ~0ul || !lnx_page_live(pfn));
	}
}

const struct lnx_test lnx_fs_tests[] = {
	{"page cache: one of two inserts wins", test_insert_race},
	{"page cache: truncation against its users", test_truncate_race},
	{"page cache: the folio lock waits", test_folio_lock_waits},
	{"page cache: a hole is exact", test_punch_exact},
	{"files: released once", test_fput_once},
	{"files: released on the way to user space", test_release_delayed},
	{"files: descriptors", test_descriptors},
	{"inodes: lifetime", test_inode_lifetime},
	{"host mm: notifier bracket", test_notifier_bracket},
	{"host mm: get_user_pages against unmap", test_gup_race},
	{NULL, NULL},
};
