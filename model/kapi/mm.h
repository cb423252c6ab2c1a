/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory: page-table pages and small objects. Frames come from model/hw, objects from the arena of the run.
 */
#ifndef TDPFUZZ_KAPI_MM_H
#define TDPFUZZ_KAPI_MM_H

#include "model/hw/page.h"
#include "model/kapi/atomic.h"

/*
 * A page-table page with every entry = @fill, or NULL when the choice M_CH_ALLOC at this site says so. @type
 * is HW_TABLE or HW_SEPT.
 */
u64 *kapi_alloc_table(enum hw_page_type type, u64 fill, struct m_site *site);
void kapi_free_table(u64 *table);
#define alloc_table(type, fill) kapi_alloc_table(type, fill, M_SITE("alloc_table(" #type ")"))
#define free_table(table) kapi_free_table(table)

static inline hpa_t __pa(const volatile u64 *table)
{
	return hw_table_pfn(table) << PAGE_SHIFT;
}
static inline u64 *__va(hpa_t pa)
{
	return hw_table(pa >> PAGE_SHIFT);
}

/*
 * kmem: objects with a free list per size; an object freed and used again before its next allocation is
 * poisoned (ASan builds poison the memory itself). kzalloc() returns NULL when M_CH_ALLOC says so.
 */
void *kapi_zalloc(size_t size, struct m_site *site);
void kfree(void *p);
#define kzalloc(size) kapi_zalloc(size, M_SITE("kzalloc(" #size ")"))

/* Oracle of use after free: PT-01 when @table lies in a page that has been freed. Called by table walkers. */
void kapi_check_table(const volatile u64 *entry, struct m_site *site);

#endif
