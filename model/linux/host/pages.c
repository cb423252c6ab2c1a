// SPDX-License-Identifier: GPL-2.0-only
/* Frames for the kernel half: model/hw has them, at the addresses of the tree's direct map; and their
 * structures. */
#include <string.h>
#include <sys/mman.h>

#include "harness/engine/engine.h"
#include "model/hw/page.h"
#include "model/linux/host/host.h"

#define PAGE_STRUCT 64ul /* of a frame */

/**
 * struct used - frames that somebody has used: below @low, and from @high on
 */
struct used {
	pfn_t low, high;
};
static struct used used = {0, HW_NR_FRAMES}, kept[SNAPSHOT_NR];

static enum hw_page_type page_type(enum lnx_page type)
{
	static const enum hw_page_type types[] = {
		[LNX_PT] = HW_TABLE,
		[LNX_GMEM] = HW_GMEM,
		[LNX_USERPAGE] = HW_USER,
		[LNX_CTRL] = HW_CTRL,
	};

	return types[type];
}

static bool is_block(unsigned int order)
{
	return order && order % hw_geom.bits == 0;
}

/*
 * Tables come zeroed from model/hw. So do all small pages, that no run reads what the last one left there;
 * the bytes of a huge page belong to nobody: what a guest has in it is its content word.
 */
unsigned long lnx_page_alloc(unsigned int order, enum lnx_page type)
{
	enum hw_page_type hw = page_type(type);
	pfn_t pfn;

	host_leave();
	if (order && hw == HW_TABLE)
		hw = HW_CTRL;
	if (is_block(order)) {
		pfn = hw_alloc(order / hw_geom.bits + 1, hw);
		used.high = min(used.high, pfn);
		return pfn;
	}
	pfn = hw_alloc_order(order, hw);
	used.low = max(used.low, pfn + (1ull << order));
	if (hw != HW_TABLE)
		memset(hw_table(pfn), 0, PAGE_SIZE << order);
	return pfn;
}

void lnx_page_free(unsigned long pfn, unsigned int order)
{
	host_leave();
	if (is_block(order)) {
		hw_free(pfn, order / hw_geom.bits + 1);
		return;
	}
	for (pfn_t i = 0; i < 1ull << order; i++)
		hw_free(pfn + i, 1);
}

void lnx_page_store(unsigned long pfn, lnx_u64 value)
{
	host_leave();
	hw_set_data(pfn, value, 0);
}

void pages_init(void)
{
	unsigned long size = HW_NR_FRAMES * PAGE_STRUCT;
	void *got = mmap((void *)LNX_VMEMMAP, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	if (got != (void *)LNX_VMEMMAP)
		eng_internal_error("kernel environment: the addresses of the page structures are taken");
	hw_direct_init();
}

void pages_keep(enum snapshot_nr nr)
{
	if (nr == SNAPSHOT_BOOT) {
		hw_pages_keep();
		used.low = hw_pages_kept();
	}
	kept[nr] = used;
	snapshot_add(nr, "pages", (void *)LNX_PAGE_OFFSET, used.low << PAGE_SHIFT);
	snapshot_add(nr, "page structures", (void *)LNX_VMEMMAP, used.low * PAGE_STRUCT);
	snapshot_add(nr, "structures of huge pages", (char *)LNX_VMEMMAP + used.high * PAGE_STRUCT,
		     (HW_NR_FRAMES - used.high) * PAGE_STRUCT);
}

static void forget(pfn_t start, pfn_t end)
{
	memset((char *)LNX_VMEMMAP + start * PAGE_STRUCT, 0, (end - start) * PAGE_STRUCT);
}

/* Pages that are new since have no structure yet; what model/hw itself keeps of them is not ours. */
void pages_reset(enum snapshot_nr nr)
{
	forget(kept[nr].low, used.low);
	forget(used.high, kept[nr].high);
	used = kept[nr];
}
