// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that the tree and its environment have after lnx_boot(), restored before each run.
 *
 * What a run writes is found out by page protection: each page is read-only until somebody writes to it; from
 * then on it is copied back before each run. Runs of one scenario write to the same pages, so that the price
 * of a fault is paid once. No instrumentation is relied on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/engine/engine.h"
#include "model/linux/host/host.h"

#define MAX_AREAS 16
#define PAGE 4096ul

/**
 * struct area - memory that is restored
 * @start, @end: its bytes; the first and last page may belong to others as well
 * @copy: what they were, at the same place in its page
 * @hot: per page: is written to by runs
 */
struct area {
	const char *name;
	unsigned long start, end;
	char *copy;
	u8 *hot;
	u32 nr_hot, *hot_pages;
};
static struct area areas[MAX_AREAS];
static unsigned int nr_areas;
static bool taken, verify;

static unsigned long first_page(const struct area *a)
{
	return a->start / PAGE;
}

static unsigned long nr_pages(const struct area *a)
{
	return (a->end - 1) / PAGE - first_page(a) + 1;
}

void snapshot_add(const char *name, void *start, unsigned long size)
{
	struct area *a = &areas[nr_areas];

	if (!size)
		return;
	if (nr_areas++ == MAX_AREAS)
		eng_internal_error("kernel environment: more than %d areas of memory", MAX_AREAS);
	*a = (struct area){.name = name, .start = (unsigned long)start};
	a->end = a->start + size;
	a->copy = malloc(size);
	a->hot = calloc(nr_pages(a), 1);
	a->hot_pages = calloc(nr_pages(a), sizeof(*a->hot_pages));
	if (!a->copy || !a->hot || !a->hot_pages)
		eng_internal_error("no memory for a snapshot of %lu bytes", size);
}

static void protect(unsigned long addr, unsigned long size, int prot)
{
	if (mprotect((void *)addr, size, prot))
		eng_internal_error("kernel environment: cannot protect %lu bytes at %#lx", size, addr);
}

void snapshot_take(void)
{
	verify = getenv("TDPFUZZ_VERIFY_RESTORE") != NULL;
	for (unsigned int i = 0; i < nr_areas; i++)
		memcpy(areas[i].copy, (void *)areas[i].start, areas[i].end - areas[i].start);
	for (unsigned int i = 0; i < nr_areas; i++)
		protect(first_page(&areas[i]) * PAGE, nr_pages(&areas[i]) * PAGE, PROT_READ);
	taken = true;
}

static struct area *area_of(unsigned long addr)
{
	for (unsigned int i = 0; i < nr_areas; i++)
		if (addr / PAGE - first_page(&areas[i]) < nr_pages(&areas[i]))
			return &areas[i];
	return NULL;
}

static void warm(struct area *a, unsigned long page)
{
	if (a->hot[page])
		return;
	a->hot[page] = 1;
	a->hot_pages[a->nr_hot++] = page;
}

/* Two areas may share a page. */
bool snapshot_fault(unsigned long addr)
{
	if (!taken || !area_of(addr))
		return false;
	for (unsigned int i = 0; i < nr_areas; i++)
		if (addr / PAGE - first_page(&areas[i]) < nr_pages(&areas[i]))
			warm(&areas[i], addr / PAGE - first_page(&areas[i]));
	protect(addr & -PAGE, PAGE, PROT_READ | PROT_WRITE);
	return true;
}

static void restore_page(const struct area *a, unsigned long page)
{
	unsigned long from = (first_page(a) + page) * PAGE, to = from + PAGE;

	from = max(from, a->start);
	to = min(to, a->end);
	memcpy((void *)from, a->copy + (from - a->start), to - from);
}

/* A difference is in a page that was written past the protection: by a system call, or with another mapping.
 */
static void verify_area(const struct area *a)
{
	const char *now = (const char *)a->start;

	if (!memcmp(now, a->copy, a->end - a->start))
		return;
	for (unsigned long i = 0; i < a->end - a->start; i++)
		if (now[i] != a->copy[i])
			eng_internal_error(
				"kernel environment: %s: byte %#lx of the snapshot was not restored", a->name,
				i);
}

void snapshot_restore(void)
{
	for (unsigned int i = 0; i < nr_areas; i++)
		for (unsigned int h = 0; h < areas[i].nr_hot; h++)
			restore_page(&areas[i], areas[i].hot_pages[h]);
	for (unsigned int i = 0; verify && i < nr_areas; i++)
		verify_area(&areas[i]);
}
