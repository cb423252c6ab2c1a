/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical memory: who has which frame, how often it was freed, what is in it.
 *
 * Nothing is initialised before it is touched: a record counts only when it carries the number of the current
 * run, so that the start of a run is one increment. Reading a record never writes it. A huge block has one
 * record for all its frames; a frame gets one of its own when somebody writes to it or the block is broken
 * up.
 */
#include <string.h>
#ifdef HW_DIRECT_MAP
#include <sys/mman.h>
#endif

#include "model/event.h"
#include "model/hw/page.h"

#define NR_TABLES 4096u /* not of a direct map */
#define NR_BLOCKS (HW_NR_FRAMES / 4) /* huge blocks of the smallest size: two index bits */

struct hw_geom hw_geom = {.bits = 9, .levels = 4};

struct hw_frame hw_frames[HW_NR_FRAMES];
static struct hw_frame blocks[2][NR_BLOCKS]; /* level 2, level 3 */
#ifndef HW_DIRECT_MAP
/*
 * Entries of all tables, one table right behind the other: at a distance of 4 KiB those of a narrow geometry
 * would all compete for the same few lines of the cache.
 */
static u64 tables[NR_TABLES * HW_MAX_ENTRIES] __attribute__((aligned(64)));
static pfn_t table_pfn[NR_TABLES];

/* @index counts from 1, as in struct hw_frame. */
static u64 *table_entries(u32 index)
{
	return &tables[(u64)(index - 1) << hw_geom.bits];
}
#endif

u32 hw_run;
#ifndef HW_DIRECT_MAP
static u32 nr_tables;
#endif
static u64 content_seq;
static pfn_t free_list[HW_MAX_LEVEL]; /* by level */
static pfn_t carve_next, carve_end; /* rest of a freed block that serves single frames */
static pfn_t bump_low, bump_high; /* never used: single frames from below, blocks from above */
#ifdef HW_DIRECT_MAP
#define MAX_KEPT 65536
static u8 kept_type[MAX_KEPT];
static pfn_t nr_kept = 1;
#endif

static void page_error(const char *what)
{
	m_fail("INTERNAL", "INTERNAL physical memory", "%s", what);
	__builtin_trap();
}

static struct hw_frame *frame_of(pfn_t pfn, unsigned int level)
{
	if (level == 1)
		return &hw_frames[pfn];
	return &blocks[level - 2][pfn >> (hw_geom.bits * (level - 1))];
}

/* The record as it is, or NULL when nobody has touched it in this run. */
static struct hw_frame *frame_peek(pfn_t pfn, unsigned int level)
{
	struct hw_frame *f = frame_of(pfn, level);

	return __atomic_load_n(&f->run, __ATOMIC_ACQUIRE) == hw_run ? f : NULL;
}

/* What @pfn is at the start of a run. */
static enum hw_page_type type_kept(pfn_t pfn)
{
#ifdef HW_DIRECT_MAP
	return pfn < nr_kept ? kept_type[pfn] : HW_FREE;
#else
	(void)pfn;
	return HW_FREE;
#endif
}

static struct hw_frame *frame_touch(pfn_t pfn, unsigned int level)
{
	struct hw_frame *f = frame_of(pfn, level);

	if (f->run != hw_run) {
		memset(&f->gen, 0, sizeof(*f) - offsetof(struct hw_frame, gen));
		f->type = level == 1 ? type_kept(pfn) : HW_FREE;
		__atomic_store_n(&f->run, hw_run, __ATOMIC_RELEASE);
	}
	return f;
}

#ifdef HW_DIRECT_MAP
static void watch_tables(void)
{
	m_watch_lo = (u64 *)HW_DIRECT_BASE;
	m_watch_hi = m_watch_lo + HW_NR_FRAMES * HW_MAX_ENTRIES;
	bump_low = nr_kept;
}
#else
static void watch_tables(void)
{
	m_watch_lo = tables;
	m_watch_hi = m_watch_lo + ((u64)NR_TABLES << hw_geom.bits);
}
#endif

/* As frame_peek(), and a frame that was there before the run gets its record. */
static struct hw_frame *frame_record(pfn_t pfn, unsigned int level)
{
	if (level == 1 && type_kept(pfn) != HW_FREE)
		return frame_touch(pfn, 1);
	return frame_peek(pfn, level);
}

void hw_pages_reset(void)
{
	if (hw_geom.bits < 2 || hw_geom.bits > 9 || hw_geom.levels != 4)
		page_error("geometry out of range");
	hw_run++;
#ifndef HW_DIRECT_MAP
	nr_tables = 0;
#endif
	content_seq = 0;
	memset(free_list, 0, sizeof(free_list));
	carve_next = carve_end = 0;
	bump_low = 1;
	bump_high = HW_NR_FRAMES;
	watch_tables();
}

static bool is_table(enum hw_page_type type)
{
	return type == HW_TABLE || type == HW_SEPT;
}

static void table_fill(u64 *entries, u64 value)
{
	for (unsigned int i = 0; i < hw_entries(); i++)
		__atomic_store_n(&entries[i], value, __ATOMIC_RELAXED);
}

static pfn_t pop_free(unsigned int level)
{
	pfn_t pfn = free_list[level];

	if (pfn)
		free_list[level] = frame_of(pfn, level)->next;
	return pfn;
}

/* A frame of a block that was freed whole, so that a stale user of the block meets the next owner. */
static pfn_t pop_carved(void)
{
	if (carve_next == carve_end) {
		carve_next = pop_free(2);
		carve_end = carve_next + (carve_next ? hw_level_pages(2) : 0);
	}
	return carve_next == carve_end ? 0 : carve_next++;
}

static pfn_t pop_fresh(unsigned int level)
{
	pfn_t pfn;

	if (level == 1)
		pfn = bump_low++;
	else
		pfn = bump_high = hw_gfn_round(bump_high - hw_level_pages(level), level);
	if (bump_low > bump_high)
		page_error("out of physical memory: HW_NR_FRAMES");
	return pfn;
}

static pfn_t pop_any(unsigned int level)
{
	pfn_t pfn = pop_free(level);

	if (!pfn && level == 1)
		pfn = pop_carved();
	return pfn ? pfn : pop_fresh(level);
}

#ifdef HW_DIRECT_MAP
static void table_attach(pfn_t pfn, struct hw_frame *f)
{
	f->table = 1;
	table_fill(hw_table(pfn), 0);
}
#else
static void table_attach(pfn_t pfn, struct hw_frame *f)
{
	if (!f->table) {
		if (nr_tables == NR_TABLES)
			page_error("out of page tables: NR_TABLES");
		table_pfn[nr_tables] = pfn;
		f->table = ++nr_tables;
	}
	table_fill(table_entries(f->table), 0);
}
#endif

pfn_t hw_alloc(unsigned int level, enum hw_page_type type)
{
	struct hw_frame *f;
	pfn_t pfn;

	if (level < 1 || level > 3 || (is_table(type) && level != 1))
		page_error("allocation of an impossible size");
	m_lock_internal();
	pfn = pop_any(level);
	f = frame_touch(pfn, level);
	f->type = type;
	if (is_table(type))
		table_attach(pfn, f);
	m_unlock_internal();
	hw_fill_data(pfn, level, 0, 0);
	m_emit3(EV_PAGE_ALLOC, pfn, level, type);
	return pfn;
}

void hw_free(pfn_t pfn, unsigned int level)
{
	struct hw_frame *f = pfn < HW_NR_FRAMES ? frame_record(pfn, level) : NULL;

	if (!f || f->type == HW_FREE)
		page_error("double free, or a free of another size");
	m_emit3(EV_PAGE_FREE, pfn, level, f->type);
	if (is_table(f->type))
		table_fill(hw_table(pfn), HW_POISON);
	hw_fill_data(pfn, level, HW_POISON, 0);
	m_lock_internal();
	f->type = HW_FREE;
	f->gen++;
	f->next = free_list[level];
	free_list[level] = pfn;
	m_unlock_internal();
}

void hw_split_block(pfn_t pfn, unsigned int level)
{
	struct hw_frame *f = frame_peek(pfn, level);
	enum hw_page_type type;

	if (level < 2 || !f || f->type == HW_FREE)
		page_error("split of something that is no block");
	m_lock_internal();
	type = f->type;
	f->type = HW_FREE;
	for (u64 i = 0; i < hw_level_pages(level); i++)
		frame_touch(pfn + i, 1)->type = type;
	m_unlock_internal();
}

enum hw_page_type hw_type_block(pfn_t pfn)
{
	if (pfn >= HW_NR_FRAMES)
		return HW_FREE;
	for (unsigned int level = 1; level <= 3; level++) {
		struct hw_frame *f = frame_peek(pfn, level);

		if (f && f->type != HW_FREE)
			return f->type;
	}
	return frame_peek(pfn, 1) ? HW_FREE : type_kept(pfn);
}

u32 hw_gen(pfn_t pfn)
{
	u32 gen = 0;

	for (unsigned int level = 1; level <= 3 && pfn < HW_NR_FRAMES; level++) {
		struct hw_frame *f = frame_peek(pfn, level);

		gen += f ? f->gen : 0;
	}
	return gen;
}

void hw_retype(pfn_t pfn, enum hw_page_type type)
{
	struct hw_frame *f = pfn < HW_NR_FRAMES ? frame_record(pfn, 1) : NULL;

	if (!f || f->type == HW_FREE)
		page_error("a free page changes its owner");
	f->type = type;
#ifdef HW_DIRECT_MAP
	f->table |= is_table(type);
#else
	if (is_table(type) && !f->table)
		table_attach(pfn, f);
#endif
}

#ifdef HW_DIRECT_MAP
u64 *hw_table(pfn_t pfn)
{
	if (pfn >= HW_NR_FRAMES)
		page_error("not a page table");
	return (u64 *)(HW_DIRECT_BASE + (pfn << PAGE_SHIFT));
}
#else
u64 *hw_table(pfn_t pfn)
{
	struct hw_frame *f = pfn < HW_NR_FRAMES ? frame_peek(pfn, 1) : NULL;

	if (!f || !f->table)
		page_error("not a page table");
	return table_entries(f->table);
}
#endif

pfn_t hw_table_pfn(const volatile u64 *entry)
{
	const u64 *e = (const u64 *)entry;

	if (e < m_watch_lo || e >= m_watch_hi)
		page_error("not an entry of a page table");
#ifdef HW_DIRECT_MAP
	return (u64)(e - m_watch_lo) / HW_MAX_ENTRIES;
#else
	return table_pfn[(u64)(e - m_watch_lo) >> hw_geom.bits];
#endif
}

#ifdef HW_DIRECT_MAP
void hw_direct_init(void)
{
	void *want = (void *)HW_DIRECT_BASE;
	void *got = mmap(want, HW_NR_FRAMES << PAGE_SHIFT, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	if (got != want)
		page_error("the address range of the direct map is taken");
}

pfn_t hw_alloc_order(unsigned int order, enum hw_page_type type)
{
	pfn_t nr = 1ull << order, pfn;

	if (!order)
		return hw_alloc(1, type);
	m_lock_internal();
	pfn = bump_low = (bump_low + nr - 1) & ~(nr - 1);
	bump_low += nr;
	if (bump_low > bump_high)
		page_error("out of physical memory: HW_NR_FRAMES");
	for (pfn_t i = 0; i < nr; i++)
		frame_touch(pfn + i, 1)->type = type;
	m_unlock_internal();
	for (pfn_t i = 0; i < nr; i++) {
		hw_fill_data(pfn + i, 1, 0, 0);
		m_emit3(EV_PAGE_ALLOC, pfn + i, 1, type);
	}
	return pfn;
}

void hw_pages_keep(void)
{
	if (bump_low > MAX_KEPT || bump_high != HW_NR_FRAMES)
		page_error("too much memory is in use before the first run: MAX_KEPT");
	for (pfn_t pfn = 1; pfn < bump_low; pfn++)
		kept_type[pfn] = hw_type(pfn);
	nr_kept = bump_low;
}

pfn_t hw_pages_kept(void)
{
	return nr_kept;
}
#endif

static void content_set(struct hw_content *c, u64 value, u16 keyid)
{
	u64 seq = 1 + __atomic_fetch_add(&content_seq, 1, __ATOMIC_RELAXED);

	__atomic_store_n(&c->value, value, __ATOMIC_RELAXED);
	__atomic_store_n(&c->keyid, keyid, __ATOMIC_RELAXED);
	__atomic_store_n(&c->seq, seq, __ATOMIC_RELAXED);
}

void hw_fill_data(pfn_t pfn, unsigned int level, u64 value, u16 keyid)
{
	m_lock_internal();
	content_set(&frame_touch(pfn, level)->content, value, keyid);
	m_unlock_internal();
}

void hw_set_data(pfn_t pfn, u64 value, u16 keyid)
{
	if (pfn >= HW_NR_FRAMES)
		page_error("store to memory that does not exist");
	hw_fill_data(pfn, 1, value, keyid);
}

u64 hw_data(pfn_t pfn, u16 *keyid)
{
	u64 best = 0, value = 0;
	u16 key = 0;

	for (unsigned int level = 1; level <= 3 && pfn < HW_NR_FRAMES; level++) {
		struct hw_frame *f = frame_peek(pfn, level);
		u64 seq = f ? __atomic_load_n(&f->content.seq, __ATOMIC_RELAXED) : 0;

		if (seq <= best)
			continue;
		best = seq;
		value = __atomic_load_n(&f->content.value, __ATOMIC_RELAXED);
		key = __atomic_load_n(&f->content.keyid, __ATOMIC_RELAXED);
	}
	if (keyid)
		*keyid = key;
	return value;
}
