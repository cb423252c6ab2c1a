/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the tests of the oracles: a subject made of bare tables in the narrow geometry, events fed by hand, and
 * pairs of cases: one that must be let pass, one that must be caught under a given id and title.
 */
#ifndef TDPFUZZ_CHECK_TEST_H
#define TDPFUZZ_CHECK_TEST_H

#include <stdio.h>
#include <string.h>

#include "harness/check/tables.h"
#include "harness/engine/engine.h"
#include "model/kapi/lock.h"
#include "model/seam/seam.h"
#include "model/switches.h"

#define T_GFNS 2048 /* below the shared bit of 4 levels with 8 entries */
#define W 'w'
#define R 'r'

/* The subject: what the view answers. A gfn is backed by the pfn of the same test unless a case says
 * otherwise. */
static struct {
	pfn_t direct, mirror;
	bool direct_valid, bugged;
	u8 private[T_GFNS];
	u8 mixed[HW_MAX_LEVEL][T_GFNS];
	struct subject_slot slot;
	int inval;
	gfn_t inval_start, inval_end;
	pfn_t user[T_GFNS], gmem[T_GFNS];
	u64 stat[HW_MAX_LEVEL];
} subject;

static unsigned int t_roots(struct subject_root *out, unsigned int max)
{
	(void)max;
	out[0] = (struct subject_root){
		.root = subject.direct << PAGE_SHIFT, .valid = subject.direct_valid, .level = 4};
	out[1] = (struct subject_root){
		.root = subject.mirror << PAGE_SHIFT, .valid = true, .mirror = true, .level = 4};
	return 2;
}
static bool t_attr_private(gfn_t gfn)
{
	return subject.private[gfn];
}
static const struct subject_slot *t_slot_of(gfn_t gfn)
{
	return gfn >= subject.slot.base && gfn < subject.slot.base + subject.slot.npages ? &subject.slot
											 : NULL;
}
static int t_lpage_mixed(gfn_t gfn, unsigned int level)
{
	gfn_t head = hw_gfn_round(gfn, level);

	if (head < subject.slot.base ||
	    head + hw_level_pages(level) > subject.slot.base + subject.slot.npages)
		return -1;
	return subject.mixed[level][head];
}
static int t_invalidate(gfn_t *start, gfn_t *end)
{
	*start = subject.inval_start;
	*end = subject.inval_end;
	return subject.inval;
}
static pfn_t t_user_pfn(gfn_t gfn)
{
	return subject.user[gfn];
}
static pfn_t t_gmem_pfn(gfn_t gfn)
{
	return subject.gmem[gfn];
}
static u64 t_pages_stat(unsigned int level)
{
	return subject.stat[level - 1];
}
static bool t_bugged(void)
{
	return subject.bugged;
}
static const struct subject_view t_view = {
	.roots = t_roots,
	.attr_private = t_attr_private,
	.slot_of = t_slot_of,
	.lpage_mixed = t_lpage_mixed,
	.invalidate = t_invalidate,
	.user_pfn = t_user_pfn,
	.gmem_pfn = t_gmem_pfn,
	.pages_stat = t_pages_stat,
	.bugged = t_bugged,
};

static inline void t_ev(unsigned int thread, enum m_event_type type, u64 a, u64 b, u64 c, u64 d)
{
	static struct m_site site = {.file = "test.c", .func = "test", .what = "test"};
	struct m_event ev = {
		.type = type, .thread = thread, .cpu = thread, .a = a, .b = b, .c = c, .d = d, .site = &site};

	check_event(&ev);
}

static inline void t_lock(unsigned int thread, char mode)
{
	t_ev(thread, EV_LOCK, 1, LC_MMU_LOCK, mode == W, 0);
}
static inline void t_unlock(unsigned int thread, char mode)
{
	t_ev(thread, EV_UNLOCK, 1, LC_MMU_LOCK, mode == W, 0);
}
static inline void t_enter(unsigned int thread, const char *name)
{
	t_ev(thread, EV_ENTER, (uintptr_t)name, 0, 0, 0);
}

/* A store as kapi would make it: memory first, then the event. @what: "cmpxchg", "xchg", "WRITE_ONCE". */
static inline void t_store_as(unsigned int thread, u64 *entry, u64 value, const char *what)
{
	struct m_site site = {.file = "test.c", .func = "t_store", .what = what};
	struct m_event ev = {.type = EV_STORE,
			     .thread = thread,
			     .cpu = thread,
			     .a = (uintptr_t)entry,
			     .b = *entry,
			     .c = value,
			     .site = &site};

	*entry = value;
	check_event(&ev);
}
static inline void t_store(unsigned int thread, u64 *entry, u64 value)
{
	t_store_as(thread, entry, value, "try_cmpxchg64(sptep)");
}

static inline pfn_t t_table(void)
{
	pfn_t pfn = hw_alloc(1, HW_TABLE);

	for (unsigned int i = 0; i < hw_entries(); i++)
		hw_table(pfn)[i] = SPTE_EMPTY_VALUE;
	return pfn;
}

static inline u64 t_table_spte(pfn_t pfn)
{
	return SPTE_TABLE_BITS | pfn << PAGE_SHIFT;
}
/* A writable, accessed, dirty leaf, WB. */
static inline u64 t_leaf(pfn_t pfn, unsigned int level)
{
	return 0x80A0000000000F77ull | (level > 1 ? SPTE_PS : 0) | pfn << PAGE_SHIFT;
}

/* The entry of (gfn, level); missing tables are linked by thread 0 under mmu_lock read. */
static inline u64 *t_entry(bool mirror, gfn_t gfn, unsigned int level)
{
	pfn_t pfn = mirror ? subject.mirror : subject.direct;
	gfn_t index = mirror ? gfn : gfn | hw_shared_gfn_bit();

	for (unsigned int l = 4;; l--) {
		u64 *entry = &hw_table(pfn)[hw_index(index, l)];

		if (l == level)
			return entry;
		if (*entry == SPTE_EMPTY_VALUE)
			t_store(0, entry, t_table_spte(t_table()));
		pfn = spte_pfn(*entry);
	}
}

/* Map what the subject has behind the gfn, as a fault does. */
static inline u64 *t_map(unsigned int thread, bool mirror, gfn_t gfn, unsigned int level)
{
	u64 *entry = t_entry(mirror, gfn, level);
	u64 spte = t_leaf(mirror ? subject.gmem[gfn] : subject.user[gfn], level);

	t_lock(thread, R);
	if (mirror)
		t_store(thread, entry, SPTE_FROZEN_VALUE);
	t_store_as(thread, entry, spte, mirror ? "WRITE_ONCE(*sptep)" : "try_cmpxchg64(sptep)");
	t_unlock(thread, R);
	return entry;
}

static inline void t_reset(void)
{
	hw_geom = (struct hw_geom){.bits = 3, .levels = 4};
	switches_reset();
	hw_pages_reset();
	hw_cpus_reset(3);
	seam_reset();
	memset(&subject, 0, sizeof(subject));
	subject.direct_valid = true;
	subject.slot.npages = 1024;
	check_init(&t_view);
	check_reset();
	m_listener = check_event;
	subject.direct = t_table();
	subject.mirror = t_table();
	for (gfn_t gfn = 0; gfn < 64; gfn += 8) {
		pfn_t user = hw_alloc(2, HW_USER), gmem = hw_alloc(2, HW_GMEM);

		for (unsigned int i = 0; i < 8; i++) {
			subject.user[gfn + i] = user + i;
			subject.gmem[gfn + i] = gmem + i;
		}
	}
	/* gfns 0 to 31 are shared, the rest is private */
	memset(subject.private + 32, 1, sizeof(subject.private) - 32);
}

static unsigned int t_failed, t_nr;

static void t_guarded(void *fn)
{
	t_reset();
	((void (*)(void))fn)();
}

/* Run @fn on a fresh subject: it must end in a finding @id whose title contains @title, or, @id NULL, in
 * none. */
static inline void t_case(const char *name, void (*fn)(void), const char *id, const char *title)
{
	struct eng_run run = {.verdict = ENG_OK};
	bool clean = eng_quiescent(t_guarded, (void *)fn, &run);
	bool ok = id ? !clean && !strcmp(run.id, id) && strstr(run.title, title) : clean;

	t_nr++;
	printf("%s %u - %s\n", ok ? "ok" : "not ok", t_nr, name);
	if (ok)
		return;
	t_failed++;
	if (clean)
		printf("# no finding, expected %s %s\n", id, title);
	else
		printf("# %s %s\n# %s\n", run.id, run.title, run.state);
}
#define T_GOOD(fn) t_case(#fn, fn, NULL, NULL)
#define T_BAD(fn, id, title) t_case(#fn, fn, id, title)

static inline int t_done(void)
{
	m_listener = NULL;
	printf("1..%u\n", t_nr);
	return t_failed != 0;
}

#endif
