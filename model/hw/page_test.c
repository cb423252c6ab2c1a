/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames: reuse, generations, blocks and their members, poison, contents, cost of a reset. */
#include <stdio.h>

#include "harness/engine/engine.h"
#include "model/event.h"
#include "model/hw/page.h"

static int tests, failures;
static u32 nr_alloc, nr_free, gen_at_free;

static void expect(bool ok, const char *what)
{
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++tests, what);
	failures += !ok;
}

static void listen(const struct m_event *ev)
{
	nr_alloc += ev->type == EV_PAGE_ALLOC;
	nr_free += ev->type == EV_PAGE_FREE;
	if (ev->type == EV_PAGE_FREE)
		gen_at_free = hw_gen(ev->a);
}

static void reset(unsigned int bits)
{
	hw_geom = (struct hw_geom){.bits = bits, .levels = 4};
	hw_pages_reset();
}

static void single_frames(void)
{
	pfn_t a = hw_alloc(1, HW_USER), b = hw_alloc(1, HW_USER);
	u16 key;

	expect(a && b && a != b, "two frames, none of them 0");
	hw_set_data(a, 5, 3);
	expect(hw_data(a, &key) == 5 && key == 3, "contents and key");
	hw_free(a, 1);
	expect(hw_type(a) == HW_FREE && hw_gen(a) == 1 && gen_at_free == 0,
	       "free raises the generation after its event");
	expect(hw_alloc(1, HW_GMEM) == a, "freed last, handed out first");
	expect(hw_data(a, &key) == 0 && key == 0 && hw_gen(a) == 1, "a new owner reads zero");
	hw_pages_reset();
	expect(hw_type(b) == HW_FREE && hw_gen(a) == 0, "a reset forgets everything");
}

static void tables(void)
{
	pfn_t t = hw_alloc(1, HW_TABLE);
	u64 *e = hw_table(t);

	expect(e[0] == 0 && hw_table_pfn(&e[hw_entries() - 1]) == t,
	       "a table is empty, and its entries know it");
	expect(e >= m_watch_lo && e < m_watch_hi, "its entries are watched");
	m_store64(&e[1], 7, M_HW);
	hw_free(t, 1);
	expect(e[1] == HW_POISON && hw_table(t) == e, "freed: poison, at the same place");
	hw_alloc(1, HW_USER);
	expect(e[1] == HW_POISON, "the next owner is no table: still poison");
}

static void blocks(void)
{
	pfn_t b = hw_alloc(2, HW_GMEM);
	u64 pages = hw_level_pages(2);
	u16 key;

	expect(hw_gfn_round(b, 2) == b && hw_type(b + pages - 1) == HW_GMEM,
	       "a block is aligned, and one unit");
	hw_set_data(b + 1, 9, 2);
	hw_fill_data(b, 2, 4, 6);
	expect(hw_data(b + 1, &key) == 4 && key == 6, "filled after it was written");
	hw_set_data(b + 1, 9, 2);
	expect(hw_data(b + 1, NULL) == 9 && hw_data(b + 2, NULL) == 4, "written after it was filled");
	hw_free(b, 2);
	expect(hw_type(b + 1) == HW_FREE && hw_gen(b + 1) == 1, "freed as one");
	expect(hw_alloc(1, HW_TABLE) == b, "a single frame comes from the block that was freed");
	expect(hw_alloc(2, HW_GMEM) != b, "which is no block any more");
}

static void split(void)
{
	pfn_t b = hw_alloc(2, HW_GMEM);

	hw_set_data(b + 1, 9, 2);
	hw_split_block(b, 2);
	expect(hw_type(b + 1) == HW_GMEM && hw_data(b + 1, NULL) == 9,
	       "a split changes neither owner nor contents");
	hw_free(b + 1, 1);
	expect(hw_type(b) == HW_GMEM && hw_type(b + 1) == HW_FREE && hw_gen(b + 1) == 1 && hw_gen(b) == 0,
	       "its frames are freed one by one");
}

int main(void)
{
	eng_init();
	m_listener = listen;
	for (unsigned int bits = 2; bits <= 9; bits += 7) {
		printf("# %u index bits\n", bits);
		reset(bits);
		single_frames();
		tables();
		blocks();
		split();
	}
	expect(nr_alloc == 2 * 9 && nr_free == 2 * 4, "each allocation and free was an event");
	return failures != 0;
}
