/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of one execution: a pointer that only goes up, and a reset that clears what was used. Part of the
 * image, so that addresses within it are at the same distance in every process.
 */
#include "harness/engine/state.h"

#ifdef TDPFUZZ_ASAN
void __asan_poison_memory_region(void const volatile *addr, size_t size);
void __asan_unpoison_memory_region(void const volatile *addr, size_t size);
#define REDZONE 16
#else
#define __asan_poison_memory_region(addr, size) ((void)(addr), (void)(size))
#define __asan_unpoison_memory_region(addr, size) ((void)(addr), (void)(size))
#define REDZONE 0
#endif

#define ARENA_SIZE (32u << 20)

static char arena[ARENA_SIZE] __attribute__((aligned(4096)));
static size_t arena_used;

void arena_init(void)
{
	__asan_poison_memory_region(arena, sizeof(arena));
}

void *m_arena_alloc(size_t size)
{
	size_t need = ((size + 15) & ~(size_t)15) + REDZONE;
	char *p = arena + arena_used;

	if (unlikely(need > sizeof(arena) - arena_used))
		eng_internal_error("one execution needs more than its %u MiB of memory", ARENA_SIZE >> 20);
	arena_used += need;
	__asan_unpoison_memory_region(p, size);
	return p;
}

/*
 * The string instruction instead of memset(): sanitizers would check and shadow each byte of it, and what it
 * does is ordered by the barrier between executions anyway.
 */
static void clear(void *p, size_t size)
{
	__asm__ volatile("rep stosq" : "+D"(p), "+c"(size) : "a"(0) : "memory");
}

void arena_reset(void)
{
	if (!arena_used)
		return;
	clear(arena, arena_used / 8);
	__asan_poison_memory_region(arena, arena_used);
	arena_used = 0;
}
