/* SPDX-License-Identifier: GPL-2.0-only */
/* Page-table pages. */
#include "model/kapi/kapi.h"

u64 *kapi_alloc_table(enum hw_page_type type, u64 fill, struct m_site *site)
{
	u64 *table;

	if (m_choose(M_CH_ALLOC, 2, site))
		return NULL;
	table = hw_table(hw_alloc(1, type));
	m_acquire(table);
	for (unsigned int i = 0; i < hw_entries(); i++)
		table[i] = fill;
	return table;
}

/*
 * The next owner of the page is ordered after this one, as by the page allocator's lock: released before the
 * page can be handed out again.
 */
void kapi_free_table(u64 *table)
{
	m_release(table);
	hw_free(hw_table_pfn(table), 1);
}

void kapi_check_table(const volatile u64 *entry, struct m_site *site)
{
	if (likely(hw_type(hw_table_pfn(entry)) != HW_FREE))
		return;
	m_fail("PT-01", "page table used after it was freed",
	       "%s: page table of pfn %#llx, freed %u times so far", site->what,
	       (unsigned long long)hw_table_pfn(entry), hw_gen(hw_table_pfn(entry)));
}
