// SPDX-License-Identifier: GPL-2.0-only
#include "model/kvm/backing.h"

void backing_init(struct backing *b, enum hw_page_type type, bool huge)
{
	spin_lock_init(&b->lock, LC_FOLIO_LOCK);
	b->type = type;
	b->huge = huge;
	b->nr = 0;
}

static struct backing_block *block_at(const struct backing *b, unsigned int i)
{
	return &b->chunk[i / BACKING_CHUNK][i % BACKING_CHUNK];
}

static bool test_frame(const u64 *map, unsigned int i)
{
	return map[i / 64] & BIT_ULL(i % 64);
}

static struct backing_block *block_find(struct backing *b, gfn_t gfn)
{
	for (unsigned int i = 0; i < b->nr; i++) {
		struct backing_block *block = block_at(b, i);

		if (gfn >= block->first && gfn < block->first + hw_level_pages(block->level) &&
		    test_frame(block->present, gfn - block->first))
			return block;
	}
	return NULL;
}

/* Is no frame of [first, first + pages) in the cache, so that a block of that size can be created? */
static bool range_absent(const struct backing *b, gfn_t first, u64 pages)
{
	for (unsigned int i = 0; i < b->nr; i++) {
		const struct backing_block *block = block_at(b, i);
		u64 n = hw_level_pages(block->level);

		if (block->first + n <= first || block->first >= first + pages)
			continue;
		for (u64 k = 0; k < n; k++) {
			if (test_frame(block->present, k) && block->first + k >= first &&
			    block->first + k < first + pages)
				return false;
		}
	}
	return true;
}

static struct backing_block *block_create(struct backing *b, gfn_t gfn, const struct subject_slot *slot)
{
	struct backing_block *block;
	unsigned int level = 1;
	gfn_t first = gfn;

	if (b->huge) {
		gfn_t head = hw_gfn_round(gfn, 2);
		u64 pages = hw_level_pages(2);

		if (head >= slot->base && head + pages <= slot->base + slot->npages &&
		    range_absent(b, head, pages)) {
			level = 2;
			first = head;
		}
	}
	if (b->nr == BACKING_MAX_BLOCKS)
		m_fail("INTERNAL", "INTERNAL too many folios in one run", "limit BACKING_MAX_BLOCKS = %d",
		       BACKING_MAX_BLOCKS);
	if (b->nr % BACKING_CHUNK == 0)
		b->chunk[b->nr / BACKING_CHUNK] = m_arena_alloc(BACKING_CHUNK * sizeof(*block));
	block = block_at(b, b->nr++);
	*block = (struct backing_block){.first = first, .level = level};
	block->pfn = hw_alloc(level, b->type);
	for (u64 i = 0; i < hw_level_pages(level); i++)
		block->present[i / 64] |= BIT_ULL(i % 64);
	return block;
}

static struct backing_block *take(struct backing_block *block, gfn_t gfn, pfn_t *pfn, unsigned int *max_level)
{
	block->refs++;
	*pfn = block->pfn + (gfn - block->first);
	*max_level = block->split ? 1 : block->level;
	return block;
}

struct backing_block *backing_tryget(struct backing *b, gfn_t gfn, pfn_t *pfn, unsigned int *max_level)
{
	struct backing_block *block;

	spin_lock(&b->lock);
	block = block_find(b, gfn);
	if (block)
		take(block, gfn, pfn, max_level);
	spin_unlock(&b->lock);
	return block;
}

struct backing_block *backing_get(struct backing *b, gfn_t gfn, const struct subject_slot *slot, pfn_t *pfn,
				  unsigned int *max_level)
{
	struct backing_block *block;

	spin_lock(&b->lock);
	block = block_find(b, gfn);
	if (!block)
		block = block_create(b, gfn, slot);
	take(block, gfn, pfn, max_level);
	spin_unlock(&b->lock);
	return block;
}

static void block_split(struct backing_block *block)
{
	if (block->level > 1 && !block->split) {
		hw_split_block(block->pfn, block->level);
		block->split = true;
	}
}

static void free_frame(struct backing_block *block, unsigned int i)
{
	block_split(block);
	hw_free(block->pfn + i, 1);
}

static void free_dying(struct backing_block *block)
{
	for (unsigned int i = 0; i < hw_level_pages(block->level); i++) {
		if (!test_frame(block->dying, i))
			continue;
		block->dying[i / 64] &= ~BIT_ULL(i % 64);
		free_frame(block, i);
	}
}

void backing_put(struct backing *b, struct backing_block *block)
{
	spin_lock(&b->lock);
	if (--block->refs == 0)
		free_dying(block);
	spin_unlock(&b->lock);
}

static bool block_is_partial(const struct backing_block *block, gfn_t start, gfn_t end)
{
	gfn_t last = block->first + hw_level_pages(block->level);
	gfn_t probe = max(block->first, start);

	if (block->level == 1 || block->split || last <= start || block->first >= end)
		return false;
	return (block->first < start || last > end) && test_frame(block->present, probe - block->first);
}

/* What is left of a huge block can only be mapped by 4K, also while a fault still holds a reference. */
static void block_remove(struct backing_block *block, gfn_t start, gfn_t end)
{
	if (block_is_partial(block, start, end))
		block_split(block);
	for (unsigned int i = 0; i < hw_level_pages(block->level); i++) {
		gfn_t gfn = block->first + i;

		if (gfn < start || gfn >= end || !test_frame(block->present, i))
			continue;
		block->present[i / 64] &= ~BIT_ULL(i % 64);
		block->dying[i / 64] |= BIT_ULL(i % 64);
	}
	if (!block->refs)
		free_dying(block);
}

void backing_remove(struct backing *b, gfn_t start, gfn_t end)
{
	spin_lock(&b->lock);
	for (unsigned int i = 0; i < b->nr; i++)
		block_remove(block_at(b, i), start, end);
	spin_unlock(&b->lock);
}

bool backing_find_partial(struct backing *b, gfn_t start, gfn_t end, gfn_t *first, u64 *npages)
{
	bool found = false;

	spin_lock(&b->lock);
	for (unsigned int i = 0; i < b->nr && !found; i++) {
		found = block_is_partial(block_at(b, i), start, end);
		*first = block_at(b, i)->first;
		*npages = hw_level_pages(block_at(b, i)->level);
	}
	spin_unlock(&b->lock);
	return found;
}

void backing_split(struct backing *b, gfn_t first)
{
	struct backing_block *block;

	spin_lock(&b->lock);
	block = block_find(b, first);
	if (block)
		block_split(block);
	spin_unlock(&b->lock);
}

pfn_t backing_peek(const struct backing *b, gfn_t gfn)
{
	for (unsigned int i = 0; i < b->nr; i++) {
		const struct backing_block *block = block_at(b, i);

		if (gfn >= block->first && gfn < block->first + hw_level_pages(block->level) &&
		    test_frame(block->present, gfn - block->first))
			return block->pfn + (gfn - block->first);
	}
	return ~0ull;
}
