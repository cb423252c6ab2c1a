/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small objects, from the arena of the run. Freed last is handed out first, so that a use after free meets
 * the next owner soon.
 */
#include <string.h>

#include "model/kapi/internal.h"
#include "model/kapi/kapi.h"

#ifdef TDPFUZZ_ASAN
void __asan_poison_memory_region(void const volatile *addr, size_t size);
void __asan_unpoison_memory_region(void const volatile *addr, size_t size);
#else
#define __asan_poison_memory_region(addr, size) ((void)(addr), (void)(size))
#define __asan_unpoison_memory_region(addr, size) ((void)(addr), (void)(size))
#endif

#define GRAIN 32 /* an object's size is rounded up to this */
#define NR_SIZES 64
#define POISON_FREE 0x6b /* as in the kernel's slab */

/* In front of each object. */
struct object {
	struct object *next_free;
	u32 size; /* rounded */
	bool free;
} __attribute__((aligned(16)));

static struct object *free_list[NR_SIZES + 1];

static struct object *new_object(size_t grains)
{
	struct object *o = m_arena_alloc(sizeof(*o) + grains * GRAIN);

	o->size = grains * GRAIN;
	return o;
}

static struct object *take_object(size_t grains)
{
	struct object *o;

	m_lock_internal();
	o = free_list[grains];
	if (o)
		free_list[grains] = o->next_free;
	else
		o = new_object(grains);
	o->free = false;
	m_unlock_internal();
	return o;
}

void *kapi_zalloc(size_t size, struct m_site *site)
{
	size_t grains = (size + GRAIN - 1) / GRAIN;
	struct object *o;

	if (grains > NR_SIZES)
		m_fail("BUG-01", "kzalloc() of more than the model has objects for", "%zu bytes in %s", size,
		       site->func);
	if (m_choose(M_CH_ALLOC, 2, site))
		return NULL;
	o = take_object(grains);
	m_acquire(o);
	__asan_unpoison_memory_region(o + 1, o->size);
	memset(o + 1, 0, o->size);
	return o + 1;
}

/* A double free is caught here, a write after free only by a sanitizer. */
void kfree(void *p)
{
	struct object *o = (struct object *)p - 1;

	if (!p)
		return;
	if (o->free)
		m_fail("PT-01", "kfree() of an object that is free", "%u bytes", o->size);
	memset(p, POISON_FREE, o->size);
	__asan_poison_memory_region(p, o->size);
	m_release(o);
	m_lock_internal();
	o->free = true;
	o->next_free = free_list[o->size / GRAIN];
	free_list[o->size / GRAIN] = o;
	m_unlock_internal();
}

void kapi_kmem_reset(void)
{
	memset(free_list, 0, sizeof(free_list));
}
