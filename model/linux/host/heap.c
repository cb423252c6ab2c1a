// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slab, vmalloc and all else that the environment allocates: size classes at a fixed address, so that every
 * run finds the same object at the same place. What was freed last is handed out first: who uses it after
 * that meets the next owner. A shadow byte for each 16 says what an access may find.
 */
#include <string.h>
#include <sys/mman.h>

#include "harness/engine/engine.h"
#include "model/linux/host/host.h"

#define GRANULE 16ul
#define NR_CLASSES 64
#define SMALL 1024ul /* up to here classes are multiples of 64, above powers of two */

/**
 * struct heap - the allocator
 * @top: what lies above was never handed out
 * @free: by class, the object that was freed last; its first word is the next one
 */
struct heap {
	unsigned long top;
	unsigned long free[NR_CLASSES];
};
static struct heap heap, kept[SNAPSHOT_NR];

static unsigned int class_of(unsigned long size)
{
	unsigned int n = SMALL / 64;

	if (size <= SMALL)
		return size ? (size - 1) / 64 : 0;
	while (SMALL << (n - SMALL / 64 + 1) < size)
		n++;
	return n;
}

static unsigned long class_size(unsigned int class)
{
	if (class < SMALL / 64)
		return (class + 1) * 64ul;
	return SMALL << (class - SMALL / 64 + 1);
}

static void set_shadow(unsigned long addr, unsigned long size, enum heap_state state)
{
	memset((u8 *)HEAP_SHADOW + ((addr - LNX_HEAP) / GRANULE), state, (size + GRANULE - 1) / GRANULE);
}

/* From 4096 on objects begin at a page, which is all the alignment that anybody asks for. */
static unsigned long take_fresh(unsigned int class)
{
	unsigned long size = class_size(class), align = size < 4096 ? 64 : 4096;
	unsigned long addr = (heap.top + align - 1) & -align;

	heap.top = addr + size;
	if (heap.top > LNX_HEAP + LNX_HEAP_SIZE)
		eng_internal_error("kernel environment: the heap of %lu MiB is used up", LNX_HEAP_SIZE >> 20);
	return addr;
}

void *lnx_heap_alloc(unsigned long size, unsigned long align)
{
	unsigned int class = class_of(size > align || align <= 64 ? size : align);
	unsigned long addr = heap.free[class];

	host_leave();
	if (align > 4096)
		lnx_internal("an object aligned to %lu bytes", align);
	if (addr)
		heap.free[class] = *(unsigned long *)addr;
	else
		addr = take_fresh(class);
	set_shadow(addr, size, HEAP_LIVE);
	return memset((void *)addr, 0, size);
}

void lnx_heap_free(void *p, unsigned long size)
{
	unsigned long addr = (unsigned long)p;
	unsigned int class = class_of(size);

	host_leave();
	if (heap_state(addr) != HEAP_LIVE)
		lnx_fail("UAF-02", "memory freed twice", (unsigned long)__builtin_return_address(0), " ");
	set_shadow(addr, size, HEAP_FREED);
	*(unsigned long *)addr = heap.free[class];
	heap.free[class] = addr;
}

/* Both ends are multiples of GRANULE but for the end of an object that has the rest of its last one to
 * itself. */
void lnx_heap_mark(const volatile void *p, unsigned long size, int live)
{
	set_shadow((unsigned long)p, size, live ? HEAP_LIVE : HEAP_FREED);
}

static void map(unsigned long addr, unsigned long size)
{
	void *got = mmap((void *)addr, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	if (got != (void *)addr)
		eng_internal_error("kernel environment: the addresses from %#lx on are taken", addr);
}

void heap_init(void)
{
	map(LNX_HEAP, LNX_HEAP_SIZE);
	map(HEAP_SHADOW, LNX_HEAP_SIZE / GRANULE);
	heap.top = LNX_HEAP + 4096;
}

void heap_keep(enum snapshot_nr nr)
{
	kept[nr] = heap;
	snapshot_add(nr, "heap", (void *)LNX_HEAP, heap.top - LNX_HEAP);
	snapshot_add(nr, "shadow of the heap", (void *)HEAP_SHADOW, (heap.top - LNX_HEAP) / GRANULE);
}

void heap_reset(enum snapshot_nr nr)
{
	set_shadow(kept[nr].top, heap.top - kept[nr].top, HEAP_NEVER);
	heap = kept[nr];
}
