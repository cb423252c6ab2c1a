// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page allocator, on the frames of the machine: what struct page says of them, what their memory holds
 * when they change hands, and who may still touch them. A frame is allocated as long as its reference count
 * is not 0.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/pgtable.h>

#include "model/linux/kernel/env.h"

#define POISON_ALLOCATED 0x5a /* not zeroed: the contents are nothing to build on */
#define POISON_FREED 0x6b

/* Frames of the machine: as many as model/hw/page.h has. */
#define NR_FRAMES (1ul << 20)

unsigned long page_offset_base = LNX_PAGE_OFFSET;
unsigned long vmemmap_base = LNX_VMEMMAP;
unsigned long phys_base;
struct pglist_data contig_page_data;
#ifdef CONFIG_SPARSEMEM_EXTREME
struct mem_section **mem_section;
#endif

unsigned long env_zero_pfn;
#ifdef ENV_ZERO_PAGE
struct page *__zero_page;
#else
unsigned long empty_zero_page[PAGE_SIZE / sizeof(unsigned long)] __page_aligned_bss;
#endif

static unsigned long nr_pages;

/* Every frame is there from the start, so that pfn_valid() is true of all and of nothing else. */
void env_page_init(void)
{
	unsigned long size = SECTIONS_PER_ROOT * sizeof(struct mem_section), i;
	struct mem_section *root = lnx_heap_alloc(size, 64);

	mem_section = lnx_heap_alloc(NR_SECTION_ROOTS * sizeof(void *), 64);
	mem_section[0] = root;
	for (i = 0; i < NR_FRAMES >> PFN_SECTION_SHIFT; i++)
		root[i].section_mem_map =
			SECTION_MARKED_PRESENT | SECTION_HAS_MEM_MAP | SECTION_IS_ONLINE | SECTION_IS_EARLY;
	contig_page_data.node_zones[0].zone_pgdat = &contig_page_data;
	contig_page_data.node_present_pages = contig_page_data.node_spanned_pages = NR_FRAMES;
	env_zero_pfn = page_to_pfn(env_alloc_pages(0, LNX_CTRL, __GFP_ZERO | __GFP_NOFAIL, 0));
#ifdef ENV_ZERO_PAGE
	__zero_page = pfn_to_page(env_zero_pfn);
#endif
	nr_pages = 0;
}

int lnx_page_live(unsigned long pfn)
{
	return pfn < NR_FRAMES && page_ref_count(pfn_to_page(pfn)) > 0;
}

bool env_alloc_fails(gfp_t gfp, unsigned long pc)
{
	return !(gfp & __GFP_NOFAIL) && lnx_choose(LNX_CH_ALLOC, 2, pc);
}

static void page_setup(struct page *page, unsigned int nr)
{
	for (; nr; nr--, page++) {
		memset(page, 0, sizeof(*page));
		set_page_count(page, 1);
		atomic_set(&page->_mapcount, -1);
	}
}

struct page *env_alloc_pages(unsigned int order, enum lnx_page type, gfp_t gfp, unsigned long pc)
{
	unsigned long pfn, size = PAGE_SIZE << order;
	struct page *page;

	if (gfp & __GFP_DIRECT_RECLAIM)
		env_might_sleep("alloc_pages()", pc);
	if (env_alloc_fails(gfp, pc))
		return NULL;
	pfn = lnx_page_alloc(order, type);
	page = pfn_to_page(pfn);
	page_setup(page, 1u << order);
	if (order && gfp & __GFP_COMP)
		lnx_internal("compound pages are not implemented");
	memset(pfn_to_kaddr(pfn), gfp & __GFP_ZERO ? 0 : POISON_ALLOCATED, size);
	nr_pages += 1ul << order;
	return page;
}

static void check_free(struct page *page, unsigned int order, unsigned long pc)
{
	if (page_ref_count(page) != 1)
		lnx_fail("UAF-02",
			 page_ref_count(page) ? "free_pages() of a page that others hold"
					      : "free_pages() of a page that is free",
			 pc, "pfn %lx, order %u, %d references", page_to_pfn(page), order,
			 page_ref_count(page));
}

void env_free_pages(struct page *page, unsigned int order, unsigned long pc)
{
	unsigned long pfn = page_to_pfn(page);
	unsigned int i;

	if (pfn >= NR_FRAMES)
		lnx_fail("UAF-02", "free_pages() of what is no page", pc, "pfn %lx", pfn);
	if (!order && page_ref_count(page) > 1) {
		page_ref_dec(page); /* the last put_page() frees it */
		return;
	}
	check_free(page, order, pc);
	for (i = 0; i < 1u << order; i++)
		set_page_count(page + i, 0);
	memset(pfn_to_kaddr(pfn), POISON_FREED, PAGE_SIZE << order);
	nr_pages -= 1ul << order;
	lnx_page_free(pfn, order);
}

/* ---- what the tree calls ---- */

static unsigned long get_pages(gfp_t gfp, unsigned int order, unsigned long pc)
{
	struct page *page = env_alloc_pages(order, LNX_PT, gfp, pc);

	return page ? (unsigned long)page_address(page) : 0;
}

unsigned long get_free_pages_noprof(gfp_t gfp, unsigned int order)
{
	return get_pages(gfp & ~__GFP_HIGHMEM, order, ENV_PC);
}

unsigned long get_zeroed_page_noprof(gfp_t gfp)
{
	return get_pages(gfp | __GFP_ZERO, 0, ENV_PC);
}

#ifndef ENV_OLD_ALLOC_PAGES
struct page *alloc_pages_node_noprof(int nid, gfp_t gfp, unsigned int order)
{
	return env_alloc_pages(order, LNX_PT, gfp, ENV_PC);
}
#else
struct page *__alloc_pages_noprof(gfp_t gfp, unsigned int order, int nid, nodemask_t *nodemask)
{
	return env_alloc_pages(order, LNX_PT, gfp, ENV_PC);
}
#endif

void __free_pages(struct page *page, unsigned int order)
{
	lnx_point(LNX_RMW, &page->_refcount, "__free_pages()", ENV_PC);
	env_free_pages(page, order, ENV_PC);
}

void free_pages(unsigned long addr, unsigned int order)
{
	if (!addr)
		return;
	lnx_point(LNX_RMW, &virt_to_page((void *)addr)->_refcount, "free_pages()", ENV_PC);
	env_free_pages(virt_to_page((void *)addr), order, ENV_PC);
}

/* Physically contiguous pages of their own, each with a count of 1. */
void *alloc_pages_exact_noprof(size_t size, gfp_t gfp)
{
	return (void *)get_pages(gfp & ~(__GFP_COMP | __GFP_HIGHMEM), get_order(size), ENV_PC);
}

void free_pages_exact(void *virt, size_t size)
{
	unsigned int order = get_order(size);

	if (virt)
		env_free_pages(virt_to_page(virt), order, ENV_PC);
}

struct page *alloc_contig_pages_noprof(unsigned long nr, gfp_t gfp, int nid, nodemask_t *nodemask)
{
	return env_alloc_pages(get_order(nr << PAGE_SHIFT), LNX_CTRL, gfp, ENV_PC);
}

void free_contig_range(unsigned long pfn, unsigned long nr)
{
	env_free_pages(pfn_to_page(pfn), get_order(nr << PAGE_SHIFT), ENV_PC);
}

/* Statistics that nobody here reads. */
void mod_node_page_state(struct pglist_data *pgdat, enum node_stat_item item, long delta)
{
}

unsigned long env_nr_pages(void)
{
	return nr_pages;
}
