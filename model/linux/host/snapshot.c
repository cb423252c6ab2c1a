// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory as it was at some instant, restored before each run. There are two instants: the tree as after
 * lnx_boot(), and, once a scenario is run for the third time, all layers as after the creation of its VM.
 *
 * What a run writes is found out by page protection: each page is read-only until somebody writes to it; then
 * it is saved, and from then on copied back before each run. Runs of one scenario write to the same pages, so
 * that the price of a fault is paid once. No instrumentation is relied on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/engine/engine.h"
#include "model/linux/host/host.h"

#define MAX_AREAS 8
#define PAGE 4096ul

/**
 * struct area - memory that is restored
 * @start, @end: its bytes; the first and last page may have others' bytes, too
 * @hot: per page: 1 + its number in @saved, 0 = nobody has written to it since
 * @saved: copies of whole pages, in the order of the first writes
 * @hot_pages: their page numbers
 * @whole: all of it as it was; only in the verifying mode
 */
struct area {
	const char *name;
	unsigned long start, end;
	u32 *hot, *hot_pages, nr_hot, room;
	char (*saved)[PAGE];
	char *whole;
};

/**
 * struct snapshot - one instant
 * @taken: its areas are protected
 */
struct snapshot {
	struct area areas[MAX_AREAS];
	unsigned int nr;
	bool taken;
};
static struct snapshot snapshots[SNAPSHOT_NR];

static unsigned long first_page(const struct area *a)
{
	return a->start / PAGE;
}

static unsigned long nr_pages(const struct area *a)
{
	return (a->end - 1) / PAGE - first_page(a) + 1;
}

static void *must(void *p)
{
	if (!p)
		eng_internal_error("no memory for a snapshot");
	return p;
}

void snapshot_add(enum snapshot_nr nr, const char *name, void *start, unsigned long size)
{
	struct snapshot *s = &snapshots[nr];
	struct area *a = &s->areas[s->nr];

	if (!size)
		return;
	if (s->nr++ == MAX_AREAS)
		eng_internal_error("kernel environment: more than %d areas of memory", MAX_AREAS);
	*a = (struct area){.name = name, .start = (unsigned long)start};
	a->end = a->start + size;
	a->hot = must(calloc(nr_pages(a), sizeof(*a->hot)));
}

static void protect(unsigned long addr, unsigned long size, int prot)
{
	if (mprotect((void *)addr, size, prot))
		eng_internal_error("kernel environment: cannot protect %lu bytes at %#lx", size, addr);
}

/* The pages that are the area's alone: who else has bytes in the first and last may be the fault handler. */
static void protect_area(const struct area *a, int prot)
{
	unsigned long from = (a->start + PAGE - 1) & -PAGE, to = a->end & -PAGE;

	if (from < to)
		protect(from, to - from, prot);
}

static bool verifying(void)
{
	static int on = -1;

	if (on < 0)
		on = getenv("TDPFUZZ_VERIFY_RESTORE") != NULL;
	return on;
}

/* A page is still as it was at the instant, as nobody wrote to it. */
static void save(struct area *a, unsigned long page)
{
	if (a->hot[page])
		return;
	if (a->nr_hot == a->room) {
		a->room = a->room ? 2 * a->room : 64;
		a->saved = must(realloc(a->saved, a->room * sizeof(*a->saved)));
		a->hot_pages = must(realloc(a->hot_pages, a->room * sizeof(*a->hot_pages)));
	}
	memcpy(a->saved[a->nr_hot], (void *)((first_page(a) + page) * PAGE), PAGE);
	a->hot_pages[a->nr_hot] = (u32)page;
	a->hot[page] = ++a->nr_hot;
}

/* Such a page is not protected, and always copied back. */
static void save_edges(struct area *a)
{
	if (a->start % PAGE)
		save(a, 0);
	if (a->end % PAGE)
		save(a, nr_pages(a) - 1);
}

void snapshot_take(enum snapshot_nr nr)
{
	struct snapshot *s = &snapshots[nr];

	for (unsigned int i = 0; i < s->nr && verifying(); i++) {
		struct area *a = &s->areas[i];

		a->whole = must(malloc(a->end - a->start));
		memcpy(a->whole, (void *)a->start, a->end - a->start);
	}
	for (unsigned int i = 0; i < s->nr; i++)
		save_edges(&s->areas[i]);
	for (unsigned int i = 0; i < s->nr; i++)
		protect_area(&s->areas[i], PROT_READ);
	s->taken = true;
}

/* The page with the number @page of @a, counted from its start. */
static bool covers(const struct area *a, unsigned long addr, unsigned long *page)
{
	*page = addr / PAGE - first_page(a);
	return *page < nr_pages(a);
}

/* Areas share pages: of one instant at their edges, of both everywhere. */
bool snapshot_fault(unsigned long addr)
{
	bool ours = false;

	for (unsigned int n = 0; n < SNAPSHOT_NR; n++) {
		struct snapshot *s = &snapshots[n];
		unsigned long page;

		for (unsigned int i = 0; s->taken && i < s->nr; i++) {
			if (!covers(&s->areas[i], addr, &page))
				continue;
			save(&s->areas[i], page);
			ours = true;
		}
	}
	if (ours)
		protect(addr & -PAGE, PAGE, PROT_READ | PROT_WRITE);
	return ours;
}

static void restore_page(const struct area *a, unsigned int h)
{
	unsigned long page = (first_page(a) + a->hot_pages[h]) * PAGE;
	unsigned long from = max(page, a->start), to = min(page + PAGE, a->end);

	memcpy((void *)from, a->saved[h] + (from - page), to - from);
}

/* A difference is in a page that was written past the protection: by a system call, or with another mapping.
 */
static void verify_area(const struct area *a)
{
	const char *now = (const char *)a->start;

	if (!memcmp(now, a->whole, a->end - a->start))
		return;
	for (unsigned long i = 0; i < a->end - a->start; i++)
		if (now[i] != a->whole[i])
			eng_internal_error(
				"kernel environment: %s: byte %#lx of the snapshot was not restored", a->name,
				i);
}

void snapshot_restore(enum snapshot_nr nr)
{
	struct snapshot *s = &snapshots[nr];

	for (unsigned int i = 0; i < s->nr; i++)
		for (unsigned int h = 0; h < s->areas[i].nr_hot; h++)
			restore_page(&s->areas[i], h);
	for (unsigned int i = 0; verifying() && i < s->nr; i++)
		verify_area(&s->areas[i]);
}

/* The pages that @a has saved are writable, in as few calls as they lie together; all others are not. */
static void protect_again(const struct area *a)
{
	unsigned long n = nr_pages(a);

	protect_area(a, PROT_READ);
	for (unsigned long page = 0, end; page < n; page = end) {
		for (end = page + 1; end < n && !a->hot[end] == !a->hot[page]; end++)
			;
		if (a->hot[page])
			protect((first_page(a) + page) * PAGE, (end - page) * PAGE, PROT_READ | PROT_WRITE);
	}
}

void snapshot_drop(enum snapshot_nr nr)
{
	struct snapshot *s = &snapshots[nr];

	if (!s->taken)
		return;
	s->taken = false;
	for (unsigned int i = 0; i < s->nr; i++)
		protect_area(&s->areas[i], PROT_READ | PROT_WRITE);
	for (unsigned int i = 0; i < s->nr; i++) {
		free(s->areas[i].hot);
		free(s->areas[i].hot_pages);
		free(s->areas[i].saved);
		free(s->areas[i].whole);
	}
	memset(s, 0, sizeof(*s));
	for (unsigned int n = 0; n < SNAPSHOT_NR; n++)
		for (unsigned int i = 0; snapshots[n].taken && i < snapshots[n].nr; i++)
			protect_again(&snapshots[n].areas[i]);
}
