// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page cache, as far as guest_memfd uses it, and the last reference of a page.
 *
 * The rules:
 *  - an entry of mapping->i_pages owns one reference; whoever looks a folio up gets another one, if the count
 * has not reached zero in between, and looks again whether it is still the entry;
 *  - only who holds the folio lock may change folio->mapping; who locks a folio that was looked up has to
 * look whether it still belongs to the mapping, and starts over if not;
 *  - of two who add the same index one wins, and the other one uses the winner's folio;
 *  - truncation takes the entry out under the folio lock, and drops the cache's reference after that: the
 * frame is free when the last reference is gone, whosever it was.
 *
 * Simplifications: folios of one frame; no dirty pages, no write-back, no LRU, no swap or shadow entries, no
 * memory policy; the i_pages lock is not modelled, as what it protects is done between two points.
 */
#include <linux/mempolicy.h>
#include <linux/xarray.h>

#include "model/linux/kernel/env.h"
#include "model/linux/kernel/fs.h"
#include "model/linux/kernel/fs_compat.h"

/* The last reference of a folio is gone. The allocator takes it as who frees its only reference. */
void __folio_put(struct folio *folio)
{
	unsigned int order = folio_order(folio);

	if (folio->mapping)
		env_warn(_RET_IP_, "Bad page state: freed while it belongs to a page cache");
	if (folio_test_locked(folio))
		env_warn(_RET_IP_, "Bad page state: freed while locked");
	set_page_count(&folio->page, 1);
	env_free_pages(&folio->page, order, _RET_IP_);
}

/* ---- the folio lock: PG_locked, and waiters on the folio ---- */

static bool lock_or_fail(struct folio *folio, unsigned long pc)
{
	lnx_point(LNX_LOCK, &folio->flags, "folio_trylock", pc);
	if (folio_test_locked(folio))
		return false;
	__folio_set_locked(folio);
	return true;
}

void __folio_lock(struct folio *folio)
{
	env_might_sleep("folio_lock", _RET_IP_);
	while (!lock_or_fail(folio, _RET_IP_)) {
		if (folio_test_locked(folio))
			env_sleep(&folio->flags, "folio_lock", _RET_IP_);
	}
}

void folio_unlock(struct folio *folio)
{
	lnx_point(LNX_UNLOCK, &folio->flags, "folio_unlock", _RET_IP_);
	if (!folio_test_locked(folio))
		lnx_fail("WARN-01", "BUG: folio_unlock of a folio that is not locked", _RET_IP_, "pfn %lx",
			 folio_pfn(folio));
	__folio_clear_locked(folio);
	lnx_wake(&folio->flags);
}

/* ---- lookup and insertion ---- */

static struct folio *entry(struct address_space *mapping, pgoff_t index)
{
	struct folio *folio;

	lnx_atomic_begin();
	folio = xa_load(&mapping->i_pages, index);
	lnx_atomic_end();
	return folio;
}

struct folio *fs_peek_folio(struct address_space *mapping, pgoff_t index)
{
	return entry(mapping, index);
}

/* A reference to the folio at @index, or NULL. Between the steps the folio can be truncated, freed and be
 * somebody else's. */
static struct folio *get_entry(struct address_space *mapping, pgoff_t index, unsigned long pc)
{
	struct folio *folio;

	for (;;) {
		lnx_point(LNX_READ, &mapping->i_pages, "filemap_get_entry", pc);
		folio = entry(mapping, index);
		if (!folio)
			return NULL;
		lnx_point(LNX_RMW, &folio->_refcount, "folio_try_get", pc);
		if (!folio_try_get(folio))
			continue;
		lnx_point(LNX_READ, &mapping->i_pages, "filemap_get_entry", pc);
		if (entry(mapping, index) == folio)
			return folio;
		folio_put(folio);
	}
}

/* Makes a locked folio the entry at @index: 0, -EEXIST or -ENOMEM. The caller's reference stays the caller's.
 */
static int insert(struct address_space *mapping, pgoff_t index, struct folio *folio, unsigned long pc)
{
	int r;

	lnx_point(LNX_RMW, &mapping->i_pages, "filemap_add_folio", pc);
	lnx_atomic_begin();
	r = xa_insert(&mapping->i_pages, index, folio, GFP_KERNEL);
	lnx_atomic_end();
	if (r)
		return r == -EBUSY ? -EEXIST : r;
	folio->mapping = mapping;
	folio->index = index;
	folio_get(folio);
	mapping->nrpages++;
	return 0;
}

static struct folio *add_new(struct address_space *mapping, pgoff_t index, unsigned long pc)
{
	struct folio *folio;
	struct page *page;
	int r;

	page = env_alloc_pages(0, LNX_GMEM, mapping_gfp_mask(mapping), pc);
	if (!page)
		return ERR_PTR(-ENOMEM);
	folio = page_folio(page);
	__folio_set_locked(folio);
	r = insert(mapping, index, folio, pc);
	if (!r)
		return folio;
	__folio_clear_locked(folio);
	folio_put(folio);
	return ERR_PTR(r);
}

/* Locks a folio that was looked up; false if it was truncated meanwhile, then the reference is gone as well.
 */
static bool lock_entry(struct address_space *mapping, struct folio *folio)
{
	folio_lock(folio);
	if (folio->mapping == mapping)
		return true;
	folio_unlock(folio);
	folio_put(folio);
	return false;
}

static struct folio *get_folio(struct address_space *mapping, pgoff_t index, fgf_t fgp, unsigned long pc)
{
	struct folio *folio;

	/* FGP_ACCESSED is about the age of a folio, which nobody asks for: nothing is reclaimed here. */
	if (fgp & ~(FGP_LOCK | FGP_CREAT | FGP_ACCESSED))
		lnx_internal("__filemap_get_folio: flags %x are not implemented", (__force unsigned int)fgp);
	for (;;) {
		folio = get_entry(mapping, index, pc);
		if (folio && (!(fgp & FGP_LOCK) || lock_entry(mapping, folio)))
			return folio;
		if (folio)
			continue;
		if (!(fgp & FGP_CREAT))
			return ERR_PTR(-ENOENT);
		folio = add_new(mapping, index, pc);
		if (folio == ERR_PTR(-EEXIST))
			continue;
		if (!IS_ERR(folio) && !(fgp & FGP_LOCK))
			folio_unlock(folio);
		return folio;
	}
}

#ifdef FS_FILEMAP_MPOL
struct folio *__filemap_get_folio_mpol(struct address_space *mapping, pgoff_t index, fgf_t fgp, gfp_t gfp,
				       struct mempolicy *policy)
{
	if (policy)
		lnx_internal("__filemap_get_folio_mpol: memory policies are not implemented");
	return get_folio(mapping, index, fgp, _RET_IP_);
}
#else
struct folio *__filemap_get_folio(struct address_space *mapping, pgoff_t index, fgf_t fgp, gfp_t gfp)
{
	return get_folio(mapping, index, fgp, _RET_IP_);
}
#endif

/* ---- truncation ---- */

/* The next entry at or after *@index up to @last, with a reference. */
static struct folio *get_next_entry(struct address_space *mapping, pgoff_t *index, pgoff_t last,
				    unsigned long pc)
{
	unsigned long i = *index;
	struct folio *folio;

	lnx_point(LNX_READ, &mapping->i_pages, "find_get_entries", pc);
	lnx_atomic_begin();
	folio = xa_find(&mapping->i_pages, &i, last, XA_PRESENT);
	lnx_atomic_end();
	if (folio && !folio_try_get(folio))
		lnx_internal("a page cache entry without a reference");
	if (folio)
		*index = i;
	return folio;
}

/* Out of the cache, under the folio lock. The cache's reference is the caller's to drop. */
static void remove_entry(struct address_space *mapping, struct folio *folio, unsigned long pc)
{
	lnx_point(LNX_RMW, &mapping->i_pages, "filemap_remove_folio", pc);
	lnx_atomic_begin();
	if (xa_erase(&mapping->i_pages, folio->index) != folio)
		lnx_internal("a locked folio is not the entry at its index");
	lnx_atomic_end();
	folio->mapping = NULL;
	mapping->nrpages--;
}

static void free_entry(const struct address_space *mapping, struct folio *folio)
{
	if (mapping->a_ops->free_folio)
		mapping->a_ops->free_folio(folio);
	folio_put(folio);
}

/* First what nobody has locked, in batches: the references of a batch are dropped after all of it is out of
 * the cache. */
static pgoff_t truncate_batch(struct address_space *mapping, pgoff_t index, pgoff_t last, unsigned long pc)
{
	struct folio_batch batch;
	struct folio *folio;
	unsigned int i;

	folio_batch_init(&batch);
	while (folio_batch_space(&batch) && (folio = get_next_entry(mapping, &index, last, pc))) {
		index++;
		if (lock_or_fail(folio, pc)) {
			if (folio->mapping == mapping) {
				folio_batch_add(&batch, folio);
				continue;
			}
			folio_unlock(folio);
		}
		folio_put(folio);
	}
	if (!folio_batch_count(&batch))
		return 0;
	for (i = 0; i < folio_batch_count(&batch); i++)
		remove_entry(mapping, batch.folios[i], pc);
	for (i = 0; i < folio_batch_count(&batch); i++)
		folio_unlock(batch.folios[i]);
	for (i = 0; i < folio_batch_count(&batch); i++) {
		free_entry(mapping, batch.folios[i]);
		folio_put(batch.folios[i]);
	}
	return index;
}

/* Then one after the other, waiting for their locks, until a pass over the range finds nothing. */
static bool truncate_pass(struct address_space *mapping, pgoff_t index, pgoff_t last, unsigned long pc)
{
	struct folio *folio;
	bool found = false;

	while ((folio = get_next_entry(mapping, &index, last, pc))) {
		index++;
		found = true;
		if (!lock_entry(mapping, folio))
			continue;
		remove_entry(mapping, folio, pc);
		folio_unlock(folio);
		free_entry(mapping, folio);
		folio_put(folio);
	}
	return found;
}

void truncate_inode_pages_range(struct address_space *mapping, loff_t lstart, FS_TRUNCATE_END lend)
{
	pgoff_t first = lstart >> PAGE_SHIFT, last = (u64)lend >> PAGE_SHIFT, index = first;

	if (lstart & ~PAGE_MASK || (lend + 1) & ~PAGE_MASK)
		lnx_internal("truncate_inode_pages_range: partial pages are not implemented");
	while (index <= last && (index = truncate_batch(mapping, index, last, _RET_IP_)))
		;
	while (truncate_pass(mapping, first, last, _RET_IP_))
		;
}

/* A folio without a backing store is never dirty. */
bool noop_dirty_folio(struct address_space *mapping, struct folio *folio)
{
	bool was_dirty = folio_test_dirty(folio);

	folio_set_dirty(folio);
	return !was_dirty;
}

/* Hints for reclaim, which does not exist here. */
void mark_page_accessed(struct page *page)
{
}
