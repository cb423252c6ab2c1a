/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers of the sites: hash of file, function, and place in the order of the function's sites. Copies of one
 * site (an inline function in several objects) share it.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/engine/state.h"

extern struct m_site __start_m_sites[] __attribute__((weak));
extern struct m_site __stop_m_sites[] __attribute__((weak));

static const char *base_name(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash + 1 : file;
}

static int cmp_function(const struct m_site *a, const struct m_site *b)
{
	int c = strcmp(base_name(a->file), base_name(b->file));

	return c ? c : strcmp(a->func, b->func);
}

static int cmp_place(const struct m_site *a, const struct m_site *b)
{
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return strcmp(a->what, b->what);
}

static int cmp_site(const void *pa, const void *pb)
{
	const struct m_site *a = *(struct m_site *const *)pa, *b = *(struct m_site *const *)pb;
	int c = cmp_function(a, b);

	return c ? c : cmp_place(a, b);
}

static u32 hash_text(u32 h, const char *s)
{
	for (; *s; s++)
		h = (h ^ (u8)*s) * 16777619u;
	return (h ^ 0xff) * 16777619u;
}

static u32 site_id(const struct m_site *s, u32 ordinal)
{
	u32 h = hash_text(hash_text(2166136261u, base_name(s->file)), s->func);

	h = (h ^ ordinal) * 16777619u;
	return h ^ h >> 15;
}

void sites_number(void)
{
	size_t nr = __stop_m_sites - __start_m_sites;
	struct m_site **sorted;
	u32 ordinal = 0;

	if (!nr)
		return;
	sorted = malloc(nr * sizeof(*sorted));
	if (!sorted)
		eng_internal_error("no memory for %zu sites", nr);
	for (size_t i = 0; i < nr; i++)
		sorted[i] = &__start_m_sites[i];
	qsort(sorted, nr, sizeof(*sorted), cmp_site);
	for (size_t i = 0; i < nr; i++) {
		if (!i || cmp_function(sorted[i - 1], sorted[i]))
			ordinal = 0;
		else if (cmp_place(sorted[i - 1], sorted[i]))
			ordinal++;
		sorted[i]->id = site_id(sorted[i], ordinal);
	}
	free(sorted);
}
