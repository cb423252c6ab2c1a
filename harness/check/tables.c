/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Map from page-table words to what they translate, maintained from stores. A table becomes live when a SPTE
 * of a live table points to it, and dead with its whole subtree when that SPTE changes.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/check/tables.h"
#include "model/kapi/lock.h"

#define HASH_SIZE (4 * CHK_TABLES)
#define MAP_FILTER 256

static struct chk_table tables[CHK_TABLES];
static unsigned int nr_tables;
static struct {
	u32 run;
	u32 index;
} hash[HASH_SIZE];
static u32 run;

/* Present leafs by hash of the 2M block that they map; only a filter. @map_huge: those above 2M. */
static u32 map_filter[MAP_FILTER];
static u32 map_huge;

static struct chk_change change;
const struct chk_change *chk_change;
struct chk_thread chk_threads[CHK_THREADS];

static unsigned int hash_slot(pfn_t pfn)
{
	unsigned int slot = (pfn * 0x9e3779b97f4a7c15ull) >> 40 & (HASH_SIZE - 1);

	while (hash[slot].run == run && tables[hash[slot].index].pfn != pfn)
		slot = (slot + 1) & (HASH_SIZE - 1);
	return slot;
}

struct chk_table *table_find(pfn_t pfn)
{
	unsigned int slot = hash_slot(pfn);

	return hash[slot].run == run ? &tables[hash[slot].index] : NULL;
}

/* The record of the page, as new: it has no place yet. */
static struct chk_table *table_new(pfn_t pfn)
{
	unsigned int slot = hash_slot(pfn);
	struct chk_table *t;

	if (hash[slot].run != run) {
		if (nr_tables == CHK_TABLES) {
			m_fail("INTERNAL", "INTERNAL too many page-table pages for the oracles", "%u",
			       CHK_TABLES);
			__builtin_trap();
		}
		hash[slot].run = run;
		hash[slot].index = nr_tables++;
	}
	t = &tables[hash[slot].index];
	memset(t, 0, sizeof(*t));
	t->pfn = pfn;
	return t;
}

unsigned int tables_nr(void)
{
	return nr_tables;
}

struct chk_table *table_at(unsigned int i)
{
	return &tables[i];
}

unsigned int table_next_touched(const struct chk_table *t, unsigned int i)
{
	while (i < hw_entries()) {
		u64 word = t->touched[i / 64] >> (i % 64);

		if (word)
			return i + __builtin_ctzll(word);
		i = (i / 64 + 1) * 64;
	}
	return hw_entries();
}

static void touch(struct chk_table *t, unsigned int i)
{
	t->touched[i / 64] |= 1ull << (i % 64);
}

static u32 *map_slot(pfn_t pfn)
{
	return &map_filter[(pfn >> hw_geom.bits) * 0x9e3779b1u >> 8 & (MAP_FILTER - 1)];
}

static void map_count(u64 spte, unsigned int level, int delta)
{
	if (spte_kind(spte, level) != SPTE_IS_LEAF)
		return;
	if (level > 2)
		map_huge += delta;
	else
		*map_slot(spte_pfn(spte)) += delta;
}

bool tables_may_map(pfn_t pfn, u64 pages)
{
	pfn_t block = pfn & ~(hw_level_pages(2) - 1);

	if (map_huge)
		return true;
	for (; block < pfn + pages; block += hw_level_pages(2))
		if (*map_slot(block))
			return true;
	return false;
}

static void table_kill(struct chk_table *t, unsigned int thread, const char *flow)
{
	u64 *words = hw_table(t->pfn);

	t->life = CHK_DEAD;
	t->unlinker = thread;
	t->unlink_flow = flow;
	if (t->level == 1)
		return;
	for_each_touched(t, i)
	{
		struct chk_table *child = NULL;

		if (spte_kind(words[i], t->level) == SPTE_IS_TABLE)
			child = table_find(spte_pfn(words[i]));
		if (child && child->life == CHK_LIVE)
			table_kill(child, thread, flow);
	}
}

static void table_link(pfn_t pfn, const struct chk_table *parent, gfn_t gfn);

/* @t has got its place: take in what is in it. The word at @skip counts as empty; its store is handled by the
 * caller. */
static void table_import(struct chk_table *t, const volatile u64 *skip)
{
	u64 *words = hw_table(t->pfn);

	for (unsigned int i = 0; i < hw_entries(); i++) {
		if (likely(words[i] == SPTE_EMPTY_VALUE) || &words[i] == skip)
			continue;
		touch(t, i);
		map_count(words[i], t->level, 1);
		if (spte_kind(words[i], t->level) == SPTE_IS_TABLE)
			table_link(spte_pfn(words[i]), t, table_entry_gfn(t, i));
	}
}

static void table_link(pfn_t pfn, const struct chk_table *parent, gfn_t gfn)
{
	struct chk_table *t;

	if (hw_type(pfn) != HW_TABLE || parent->level < 2)
		return;
	t = table_find(pfn);
	if (!t)
		t = table_new(pfn);
	t->life = CHK_LIVE;
	t->level = parent->level - 1;
	t->mirror = parent->mirror;
	t->root = parent->root;
	t->shared_bit = parent->shared_bit;
	t->gfn = gfn;
	table_import(t, NULL);
}

static gfn_t shared_bit_of(const struct subject_root *roots, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		if (roots[i].mirror)
			return hw_shared_gfn_bit();
	return 0;
}

/* That of the model and of 7.x. */
#define LAYOUT_7                                                                                             \
	{                                                                                                    \
		.frozen = 0x80000000000001a0ull,                                                             \
		.table_bits = 0x8000000000000d07ull,                                                         \
		.host_writable = BIT_ULL(53),                                                                \
		.mmu_writable = BIT_ULL(55),                                                                 \
		.user_exec = BIT_ULL(10),                                                                    \
		.zero = BIT_ULL(52) | BIT_ULL(54) | GENMASK_ULL(62, 56),                                     \
	}
#define LAYOUT_6_12                                                                                          \
	{                                                                                                    \
		.frozen = 0x80000000000005a0ull,                                                             \
		.table_bits = 0x8000000000000907ull,                                                         \
		.host_writable = BIT_ULL(57),                                                                \
		.mmu_writable = BIT_ULL(58),                                                                 \
		.zero = BIT_ULL(10) | GENMASK_ULL(56, 52) | GENMASK_ULL(62, 59),                             \
	}
static const struct spte_layout layouts[] = {LAYOUT_7, LAYOUT_6_12};
struct spte_layout spte_layout = LAYOUT_7;

bool spte_layout_choose(u64 host_writable)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(layouts); i++) {
		if (layouts[i].host_writable == host_writable) {
			spte_layout = layouts[i];
			return true;
		}
	}
	return false;
}

gfn_t tables_shared_bit(void)
{
	struct subject_root roots[SUBJECT_MAX_ROOTS];

	return shared_bit_of(roots, check_view->roots(roots, SUBJECT_MAX_ROOTS));
}

static void sync_roots(const volatile u64 *skip)
{
	struct subject_root roots[SUBJECT_MAX_ROOTS];
	unsigned int nr = check_view->roots(roots, SUBJECT_MAX_ROOTS);

	for (unsigned int i = 0; i < nr; i++) {
		pfn_t pfn = roots[i].root >> PAGE_SHIFT;
		struct chk_table *t = table_find(pfn);

		if (t && t->life == CHK_LIVE)
			continue;
		if (!t)
			t = table_new(pfn);
		t->life = CHK_LIVE;
		t->level = roots[i].level;
		t->mirror = roots[i].mirror;
		t->root = roots[i].root;
		t->shared_bit = roots[i].mirror ? 0 : shared_bit_of(roots, nr);
		table_import(t, skip);
	}
}

void tables_sync(void)
{
	sync_roots(NULL);
}

static bool root_valid(hpa_t root)
{
	struct subject_root roots[SUBJECT_MAX_ROOTS];
	unsigned int nr = check_view->roots(roots, SUBJECT_MAX_ROOTS);

	for (unsigned int i = 0; i < nr; i++)
		if (roots[i].root == root)
			return roots[i].valid;
	return false;
}

const volatile u64 *tables_walk(bool mirror, gfn_t gfn, unsigned int level, unsigned int *reached)
{
	struct subject_root roots[SUBJECT_MAX_ROOTS];
	unsigned int nr = check_view->roots(roots, SUBJECT_MAX_ROOTS);

	for (unsigned int i = 0; i < nr; i++) {
		pfn_t pfn = roots[i].root >> PAGE_SHIFT;
		gfn_t index = mirror ? gfn : gfn | shared_bit_of(roots, nr);

		if (!roots[i].valid || roots[i].mirror != mirror)
			continue;
		for (unsigned int l = roots[i].level;; l--) {
			u64 *entry = &hw_table(pfn)[hw_index(index, l)];

			*reached = l;
			if (l <= level || spte_kind(*entry, l) != SPTE_IS_TABLE ||
			    hw_type(spte_pfn(*entry)) != HW_TABLE)
				return entry;
			pfn = spte_pfn(*entry);
		}
	}
	return NULL;
}

/* Table of the page with @entry, found among the roots if no store has shown it before. */
static struct chk_table *table_of(const volatile u64 *entry, pfn_t pfn)
{
	struct chk_table *t = table_find(pfn);

	if (likely(t && t->life != CHK_NEW))
		return t;
	sync_roots(entry);
	if (!t)
		t = table_find(pfn);
	return t ? t : table_new(pfn);
}

static bool is_plain(const struct m_site *site)
{
	return site && site->what &&
	       (!strncmp(site->what, "WRITE_ONCE", 10) || !strncmp(site->what, "smp_store", 9));
}

/* Designs without freezing publish a mirror SPTE first and call the module then. */
static void note_publication(struct chk_change *c)
{
	struct chk_thread *t = &chk_threads[c->thread];
	bool present = c->is == SPTE_IS_LEAF || c->is == SPTE_IS_TABLE;

	c->rollback = c->mirror && c->is == SPTE_IS_EMPTY && c->entry == t->published;
	if (c->mirror && t->mmu_lock == 'r' && c->was == SPTE_IS_EMPTY && present)
		t->published = c->entry;
}

static void table_store(const struct m_event *ev)
{
	const volatile u64 *entry = (const volatile u64 *)(uintptr_t)ev->a;
	pfn_t pfn = hw_table_pfn(entry);
	struct chk_table *t, *child;
	unsigned int index;

	if (hw_type(pfn) != HW_TABLE)
		return;
	t = table_of(entry, pfn);
	index = entry - hw_table(pfn);
	change.entry = entry;
	change.old = ev->b;
	change.new_ = ev->c;
	change.level = t->level;
	change.was = spte_kind(ev->b, t->level);
	change.is = spte_kind(ev->c, t->level);
	change.thread = chk_tid(ev);
	change.mirror = t->mirror;
	change.gfn = table_entry_gfn(t, index);
	change.table = t;
	change.site = ev->site;
	change.plain = is_plain(ev->site);
	change.root_valid = t->life == CHK_LIVE && root_valid(t->root);
	chk_change = &change;
	note_publication(&change);

	if (t->life == CHK_LIVE || t->life == CHK_DEAD) {
		map_count(change.old, t->level, -1);
		map_count(change.new_, t->level, 1);
	}
	if (t->life != CHK_DEAD || change.is == SPTE_IS_LEAF)
		touch(t, index);
	if (t->life != CHK_LIVE)
		return;
	child = change.was == SPTE_IS_TABLE ? table_find(spte_pfn(change.old)) : NULL;
	if (child && (change.is != SPTE_IS_TABLE || spte_pfn(change.old) != spte_pfn(change.new_)))
		table_kill(child, change.thread, chk_flow(ev));
	if (change.is == SPTE_IS_TABLE &&
	    (change.was != SPTE_IS_TABLE || spte_pfn(change.old) != spte_pfn(change.new_)))
		table_link(spte_pfn(change.new_), t, change.gfn);
}

static void thread_event(const struct m_event *ev)
{
	struct chk_thread *t = &chk_threads[chk_tid(ev)];

	switch (ev->type) {
	case EV_LOCK:
		if (ev->b == LC_MMU_LOCK)
			t->mmu_lock = ev->c ? 'w' : 'r';
		break;
	case EV_RCU_LOCK:
		t->rcu = true;
		break;
	case EV_ENTER:
		if (t->depth < CHK_FLOWS)
			t->flows[t->depth] = (const char *)(uintptr_t)ev->a;
		t->depth++;
		break;
	}
}

void tables_before(const struct m_event *ev)
{
	chk_change = NULL;
	if (ev->type == EV_STORE)
		table_store(ev);
	else if (ev->type == EV_PAGE_ALLOC && ev->c == HW_TABLE)
		table_new(ev->a);
	else
		thread_event(ev);
}

static void table_freed(pfn_t pfn)
{
	struct chk_table *t = table_find(pfn);
	u64 *words = hw_table(pfn);

	if (!t)
		return;
	if (t->life == CHK_LIVE || t->life == CHK_DEAD)
		for_each_touched(t, i) map_count(words[i], t->level, -1);
	t->life = CHK_FREED;
}

/* What ends with the event is still true while the families look at it. */
void tables_after(const struct m_event *ev)
{
	struct chk_thread *t = &chk_threads[chk_tid(ev)];

	switch (ev->type) {
	case EV_UNLOCK:
		if (ev->b == LC_MMU_LOCK) {
			t->mmu_lock = 0;
			t->published = NULL;
		}
		break;
	case EV_RCU_UNLOCK:
		t->rcu = false;
		break;
	case EV_LEAVE:
		if (t->depth)
			t->depth--;
		break;
	case EV_PAGE_FREE:
		if (ev->c == HW_TABLE)
			table_freed(ev->a);
		break;
	}
}

void tables_reset(void)
{
	run++;
	nr_tables = 0;
	chk_change = NULL;
	map_huge = 0;
	memset(map_filter, 0, sizeof(map_filter));
	memset(chk_threads, 0, sizeof(chk_threads));
}

bool check_locate(const volatile u64 *entry, struct check_entry *out)
{
	pfn_t pfn = hw_table_pfn(entry);
	struct chk_table *t;

	if (hw_type(pfn) != HW_TABLE)
		return false;
	t = table_find(pfn);
	if (!t || t->life == CHK_NEW) {
		tables_sync();
		t = table_find(pfn);
	}
	if (!t || (t->life != CHK_LIVE && t->life != CHK_DEAD))
		return false;
	out->gfn = table_entry_gfn(t, entry - hw_table(pfn));
	out->level = t->level;
	out->mirror = t->mirror;
	out->linked = t->life == CHK_LIVE;
	out->root_valid = root_valid(t->root);
	return true;
}

const char *chk_flow(const struct m_event *ev)
{
	const struct chk_thread *t = &chk_threads[chk_tid(ev)];

	if (t->depth)
		return t->flows[min((unsigned int)t->depth, (unsigned int)CHK_FLOWS) - 1];
	return ev->site ? ev->site->func : "?";
}

void chk_fail(const char *id, const char *text, const char *who, const char *whom, const char *fmt, ...)
{
	char title[256], state[768];
	va_list ap;

	snprintf(title, sizeof(title), "%s%s%s%s%s", text, who ? ": " : "", who ? who : "", whom ? " / " : "",
		 whom ? whom : "");
	va_start(ap, fmt);
	vsnprintf(state, sizeof(state), fmt, ap);
	va_end(ap);
	m_fail(id, title, "%s", state);
}
