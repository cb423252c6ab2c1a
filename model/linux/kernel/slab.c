// SPDX-License-Identifier: GPL-2.0-only
/*
 * The slab allocator, kmalloc() and vmalloc(), on the heap of the environment.
 *
 * The heap is divided into units of a page. Small objects share a unit, a slab, whose head says which of its
 * objects live; larger ones have units of their own. So each address of the heap can be asked whether it
 * belongs to a freed object. An object that was freed last is handed out first, so that a use after free
 * meets the next owner soon; a freed object is filled with poison, and a write into it is found when it is
 * handed out again.
 *
 * Contents of an object that nobody asked to be zeroed are a fixed pattern; there is no failure but by
 * choice, no memory control group, and no alignment beyond a page.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "model/linux/kernel/env.h"

#define POISON_ALLOCATED 0x5a
#define POISON_FREED 0x6b
#define POISON_FREED_WORD 0x6b6b6b6b6b6b6b6bul

#define MIN_ALIGN 16
#define MAX_SMALL 1024 /* larger objects have units of their own */
#define MAX_OBJECTS ((PAGE_SIZE - 64) / MIN_ALIGN)
#define MAX_CACHES 64

/**
 * struct kmem_cache - objects of one kind
 * @object_size: as asked for
 * @size: distance of two objects of a slab
 * @first: offset of the first object in its slab
 * @ctor: called on every object that is handed out, which is more often than the kernel does
 * @free: freed objects, last one first; an object's first word points to the next
 * @live: objects in use
 * @marked: @live at env_account_mark()
 */
struct kmem_cache {
	const char *name;
	unsigned int object_size, size, align, first, per_slab;
	void (*ctor)(void *);
	void *free;
	unsigned long live, marked;
};

/**
 * struct slab - head of a unit of small objects
 * @first, @size: those of @cache, beside what else each access looks at
 * @live: a bit for each object
 * @site: for each object, who allocated it, or freed it if it is free. Code addresses of the program fit.
 */
struct slab {
	struct kmem_cache *cache;
	unsigned int first, size;
	unsigned long live[DIV_ROUND_UP(MAX_OBJECTS, 64)];
	u32 site[];
};

/* What a unit of the heap is: nothing of ours, a slab, the first of n units of a large object, or a later
 * one. */
#define UNIT_OTHER 0u
#define UNIT_SLAB 1u
#define UNIT_TAIL 2u
#define UNIT_FREED 3u
#define UNIT_LARGE 16u /* plus 16 times the number of units */

#define NR_UNITS (LNX_HEAP_SIZE / PAGE_SIZE)
static u32 *units, *large_site;

static struct kmem_cache caches[MAX_CACHES];
static unsigned int nr_caches;
static struct kmem_cache large_objects = {.name = "large objects"};

static const unsigned int kmalloc_size[] = {16, 32, 64, 96, 128, 192, 256, 512, 1024};
static struct kmem_cache *kmalloc_cache[ARRAY_SIZE(kmalloc_size)];
/* The tree's inline kmalloc() picks one of these by a constant size, and passes the size as well, which is
 * enough. */
kmem_buckets kmalloc_caches[NR_KMALLOC_TYPES];

static unsigned long unit_of(unsigned long addr)
{
	return (addr - LNX_HEAP) / PAGE_SIZE;
}

/* ---- slabs ---- */

static void cache_setup(struct kmem_cache *c, const char *name, unsigned int size, unsigned int align,
			void (*ctor)(void *))
{
	unsigned int n;

	c->name = name;
	c->object_size = size;
	c->align = max_t(unsigned int, align, MIN_ALIGN);
	c->size = ALIGN(size, c->align);
	c->ctor = ctor;
	if (c->size > MAX_SMALL || c->align > MAX_SMALL)
		return;
	for (n = PAGE_SIZE / c->size; n; n--) {
		c->first = ALIGN(sizeof(struct slab) + n * sizeof(u32), c->align);
		if (c->first + n * c->size <= PAGE_SIZE)
			break;
	}
	c->per_slab = n;
}

/* Tells the host half, which looks at each access of the tree. */
static void mark(const void *p, unsigned long size, int live)
{
	lnx_heap_mark(p, size, live);
}

static struct slab *slab_of(const void *object)
{
	return (struct slab *)((unsigned long)object & PAGE_MASK);
}

static unsigned int index_of(const struct slab *slab, const void *object)
{
	unsigned int offset = (unsigned long)object & ~PAGE_MASK;

	return (offset - slab->first) / slab->size;
}

static void *object_at(struct slab *slab, unsigned int index)
{
	return (char *)slab + slab->first + index * slab->size;
}

static void poison(struct kmem_cache *c, void *object)
{
	memset(object, POISON_FREED, c->size);
	*(void **)object = c->free;
	c->free = object;
}

static void new_slab(struct kmem_cache *c)
{
	struct slab *slab = lnx_heap_alloc(PAGE_SIZE, PAGE_SIZE);
	unsigned int i;

	slab->cache = c;
	slab->first = c->first;
	slab->size = c->size;
	units[unit_of((unsigned long)slab)] = UNIT_SLAB;
	mark(slab, PAGE_SIZE, 0);
	for (i = c->per_slab; i; i--)
		poison(c, object_at(slab, i - 1));
}

static void fail_written_after_free(struct kmem_cache *c, const void *object)
{
	const struct slab *slab = slab_of(object);

	lnx_fail("UAF-01", "write to an object after it was freed", slab->site[index_of(slab, object)],
		 "object of %s; the site is where it was freed", c->name);
}

/* The link is a pointer into a slab of this cache, and the rest is poison. */
static void check_poison(struct kmem_cache *c, void *object)
{
	const unsigned long *word = object, *end = object + c->size;
	unsigned long next = *word++;

	if (next && (next - LNX_HEAP >= LNX_HEAP_SIZE || units[unit_of(next)] != UNIT_SLAB))
		fail_written_after_free(c, object);
	for (; word < end; word++)
		if (unlikely(*word != POISON_FREED_WORD))
			fail_written_after_free(c, object);
}

static void *take_object(struct kmem_cache *c, unsigned long pc)
{
	struct slab *slab;
	unsigned int index;
	void *object;

	if (!c->free)
		new_slab(c);
	object = c->free;
	check_poison(c, object);
	c->free = *(void **)object;
	slab = slab_of(object);
	index = index_of(slab, object);
	__set_bit(index, slab->live);
	mark(object, c->object_size, 1);
	slab->site[index] = pc;
	return object;
}

static void put_object(void *object, unsigned long pc)
{
	struct slab *slab = slab_of(object);
	unsigned int index = index_of(slab, object);

	if (object != object_at(slab, index))
		lnx_fail("UAF-02", "kfree() of a pointer into an object", pc, "object of %s",
			 slab->cache->name);
	if (!test_bit(index, slab->live))
		lnx_fail("UAF-02", "kfree() of an object that is free", pc,
			 "object of %s, freed before at %#x", slab->cache->name, slab->site[index]);
	env_check_free(object, slab->cache->size, pc);
	__clear_bit(index, slab->live);
	mark(object, slab->cache->object_size, 0);
	slab->site[index] = pc;
	slab->cache->live--;
	poison(slab->cache, object);
}

/* ---- large objects ---- */

static void *take_large(unsigned long size, unsigned long pc)
{
	unsigned long n = DIV_ROUND_UP(size, PAGE_SIZE), i;
	void *object = lnx_heap_alloc(n * PAGE_SIZE, PAGE_SIZE);
	u32 *unit = &units[unit_of((unsigned long)object)];

	unit[0] = UNIT_LARGE + 16 * n;
	for (i = 1; i < n; i++)
		unit[i] = UNIT_TAIL;
	large_site[unit - units] = pc;
	return object;
}

static void put_large(void *object, unsigned long pc)
{
	u32 *unit = &units[unit_of((unsigned long)object)];
	unsigned long n = (*unit - UNIT_LARGE) / 16, i;

	if (*unit < UNIT_LARGE || (unsigned long)object & ~PAGE_MASK)
		lnx_fail("UAF-02",
			 *unit == UNIT_FREED ? "kfree() of an object that is free"
					     : "kfree() of what is no object",
			 pc, "large object, freed before at %#x", large_site[unit - units]);
	env_check_free(object, n * PAGE_SIZE, pc);
	for (i = 0; i < n; i++)
		unit[i] = UNIT_FREED;
	large_site[unit - units] = pc;
	memset(object, POISON_FREED, n * PAGE_SIZE);
	lnx_heap_free(object, n * PAGE_SIZE);
}

/* ---- allocation of either kind ---- */

static __always_inline void *alloc_from(struct kmem_cache *c, unsigned long size, gfp_t gfp, unsigned long pc)
{
	void *object;

	if (gfp & __GFP_DIRECT_RECLAIM)
		env_might_sleep("kmalloc()", pc);
	if (env_alloc_fails(gfp, pc))
		return NULL;
	c->live++;
	if (!c->per_slab)
		object = take_large(size, pc);
	else
		object = take_object(c, pc);
	if (gfp & __GFP_ZERO)
		memset(object, 0, size);
	else
		memset(object, POISON_ALLOCATED, size);
	if (c->ctor)
		c->ctor(object);
	return object;
}

static void free_any(const void *p, unsigned long pc)
{
	unsigned long addr = (unsigned long)p;

	if (addr - LNX_HEAP >= LNX_HEAP_SIZE)
		lnx_fail("UAF-02", "kfree() of what is no object", pc, "%px", p);
	if (units[unit_of(addr)] == UNIT_SLAB) {
		put_object((void *)p, pc);
		return;
	}
	put_large((void *)p, pc);
}

int lnx_object_live(unsigned long addr)
{
	u32 unit = units ? units[unit_of(addr)] : UNIT_OTHER;
	const struct slab *slab;

	if (unit != UNIT_SLAB)
		return unit != UNIT_FREED;
	slab = slab_of((void *)addr);
	if ((addr & ~PAGE_MASK) < slab->first)
		return 0;
	return test_bit(index_of(slab, (void *)addr), slab->live);
}

/* ---- caches ---- */

struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size, struct kmem_cache_args *args,
					    slab_flags_t flags)
{
	struct kmem_cache *c = &caches[nr_caches];

	if (nr_caches == MAX_CACHES)
		lnx_internal("more than %d slab caches", MAX_CACHES);
	if (flags & SLAB_TYPESAFE_BY_RCU)
		lnx_internal("slab cache %s: SLAB_TYPESAFE_BY_RCU is not implemented", name);
	nr_caches++;
	cache_setup(c, name, size, args->align, args->ctor);
	return c;
}

void kmem_cache_destroy(struct kmem_cache *c)
{
	if (c && c->live)
		env_warn(ENV_PC, "kmem_cache_destroy(): %lu objects of %s remain", c->live, c->name);
}

void *kmem_cache_alloc_noprof(struct kmem_cache *c, gfp_t gfp)
{
	return alloc_from(c, c->object_size, gfp, ENV_PC);
}

void *kmem_cache_alloc_lru_noprof(struct kmem_cache *c, struct list_lru *lru, gfp_t gfp)
{
	return alloc_from(c, c->object_size, gfp, ENV_PC);
}

void *kmem_cache_alloc_node_noprof(struct kmem_cache *c, gfp_t gfp, int node)
{
	return alloc_from(c, c->object_size, gfp, ENV_PC);
}

void kmem_cache_free(struct kmem_cache *c, void *p)
{
	unsigned long addr = (unsigned long)p;
	bool in_heap = addr - LNX_HEAP < LNX_HEAP_SIZE;

	if (in_heap && units[unit_of(addr)] == UNIT_SLAB && slab_of(p)->cache != c)
		lnx_fail("UAF-02", "kmem_cache_free() to another cache", ENV_PC, "object of %s to %s",
			 slab_of(p)->cache->name, c->name);
	if (!c->per_slab)
		c->live--;
	free_any(p, ENV_PC);
}

/* ---- kmalloc ---- */

static void *kmalloc_at(unsigned long size, gfp_t gfp, unsigned long pc)
{
	unsigned int i;

	if (!size)
		return ZERO_SIZE_PTR;
	for (i = 0; i < ARRAY_SIZE(kmalloc_size); i++)
		if (size <= kmalloc_size[i])
			return alloc_from(kmalloc_cache[i], size, gfp, pc);
	return alloc_from(&large_objects, size, gfp, pc);
}

void *__kmalloc_noprof(DECL_TOKEN_PARAMS(size, token), gfp_t gfp)
{
	return kmalloc_at(size, gfp, ENV_PC);
}

void *__kmalloc_node_noprof(DECL_KMALLOC_PARAMS(size, b, token), gfp_t gfp, int node)
{
	return kmalloc_at(size, gfp, ENV_PC);
}

void *__kmalloc_cache_noprof(struct kmem_cache *s, gfp_t gfp, size_t size)
{
	return kmalloc_at(size, gfp, ENV_PC);
}

void *__kmalloc_large_noprof(size_t size, gfp_t gfp)
{
	return kmalloc_at(size, gfp, ENV_PC);
}

void *__kvmalloc_node_noprof(DECL_KMALLOC_PARAMS(size, b, token) env_kvmalloc_align, gfp_t gfp, int node)
{
	return kmalloc_at(size, gfp, ENV_PC);
}

void *__vmalloc_noprof(unsigned long size, gfp_t gfp)
{
	return kmalloc_at(max(size, PAGE_SIZE), gfp, ENV_PC);
}

void *vzalloc_noprof(unsigned long size)
{
	return kmalloc_at(max(size, PAGE_SIZE), GFP_KERNEL | __GFP_ZERO, ENV_PC);
}

static void *vcalloc_at(size_t n, size_t size, gfp_t gfp, unsigned long pc)
{
	size_t bytes;

	if (check_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc_at(max(bytes, PAGE_SIZE), gfp | __GFP_ZERO, pc);
}

void *__vcalloc_noprof(size_t n, size_t size, gfp_t gfp)
{
	return vcalloc_at(n, size, gfp, ENV_PC);
}

void *vcalloc_noprof(size_t n, size_t size)
{
	return vcalloc_at(n, size, GFP_KERNEL, ENV_PC);
}

static void kfree_at(const void *p, unsigned long pc)
{
	unsigned long addr = (unsigned long)p;

	if (ZERO_OR_NULL_PTR(p))
		return;
	if (addr - LNX_HEAP < LNX_HEAP_SIZE && units[unit_of(addr)] >= UNIT_LARGE)
		large_objects.live--;
	free_any(p, pc);
}

void kfree(const void *p)
{
	kfree_at(p, ENV_PC);
}

void kfree_sensitive(const void *p)
{
	kfree_at(p, ENV_PC);
}

void kvfree(const void *p)
{
	kfree_at(p, ENV_PC);
}

void vfree(const void *p)
{
	kfree_at(p, ENV_PC);
}

/* ---- start, and the leak check ---- */

void env_slab_init(void)
{
	unsigned int i;

	units = lnx_heap_alloc(NR_UNITS * sizeof(*units), PAGE_SIZE);
	large_site = lnx_heap_alloc(NR_UNITS * sizeof(*large_site), PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(kmalloc_size); i++) {
		unsigned int size = kmalloc_size[i];

		kmalloc_cache[i] = &caches[nr_caches++];
		cache_setup(kmalloc_cache[i], "kmalloc", size, size & -size, NULL);
	}
}

static unsigned long pages_marked;

void env_account_mark(void)
{
	unsigned int i;

	pages_marked = env_nr_pages();
	large_objects.marked = large_objects.live;
	for (i = 0; i < nr_caches; i++)
		caches[i].marked = caches[i].live;
}

static __printf(1, 2) void print(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	lnx_printk(fmt, ap);
	va_end(ap);
}

static unsigned long leaked_from(const struct kmem_cache *c)
{
	if (c->live <= c->marked)
		return 0;
	print("%lu objects of %u bytes of %s were left behind\n", c->live - c->marked, c->object_size,
	      c->name);
	return c->live - c->marked;
}

struct env_account env_account_leaked(void)
{
	struct env_account leaked = {.pages = 0, .objects = leaked_from(&large_objects)};
	unsigned int i;

	if (env_nr_pages() > pages_marked)
		leaked.pages = env_nr_pages() - pages_marked;
	for (i = 0; i < nr_caches; i++)
		leaked.objects += leaked_from(&caches[i]);
	return leaked;
}
