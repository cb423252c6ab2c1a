/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "model/seam/pamt.h"
#include "model/seam/sys.h"

static struct pamt_entry pamt_4k[HW_NR_FRAMES];
static struct pamt_entry pamt_2m[HW_NR_FRAMES / 4];
static struct pamt_entry pamt_1g[HW_NR_FRAMES / 16];
static u32 run;
static u64 in_use; /* 4K pages */

void pamt_reset(void)
{
	run++;
	in_use = 0;
}

static struct pamt_entry *pamt_raw(pfn_t pfn, unsigned int level)
{
	if (level == 1)
		return &pamt_4k[pfn];
	return (level == 2 ? pamt_2m : pamt_1g) + (pfn >> (hw_geom.bits * (level - 1)));
}

/* What the host reserved is so from the start; it has to be asked only where there are reserved areas. */
static void set_reserved(struct pamt_entry *p, pfn_t pfn, unsigned int level)
{
	u64 nr = level < 3 ? seam_sys_reserved(hw_gfn_round(pfn, level), hw_level_pages(level)) : 0;

	if (level == 1 && nr)
		p->type = PAMT_RSVD;
	if (level == 2)
		p->used = nr;
}

static void first_touch(struct pamt_entry *p, pfn_t pfn, unsigned int level)
{
	m_lock_internal();
	if (p->run != run) {
		memset(&p->used, 0, sizeof(*p) - offsetof(struct pamt_entry, used));
		if (seam_sys.state != SYS_NOT_STARTED)
			set_reserved(p, pfn, level);
		__atomic_store_n(&p->run, run, __ATOMIC_RELEASE);
	}
	m_unlock_internal();
}

struct pamt_entry *pamt(pfn_t pfn, unsigned int level)
{
	struct pamt_entry *p = pamt_raw(pfn, level);

	if (unlikely(__atomic_load_n(&p->run, __ATOMIC_ACQUIRE) != run))
		first_touch(p, pfn, level);
	return p;
}

enum pamt_type seam_pamt_type(pfn_t pfn, unsigned int level)
{
	struct pamt_entry *p = pfn < HW_NR_FRAMES ? pamt_raw(pfn, level) : NULL;

	return p && p->run == run ? (enum pamt_type)p->type : PAMT_NDA;
}

bool seam_owns(pfn_t pfn, u64 pages)
{
	u64 big = hw_level_pages(2);

	for (pfn_t p = pfn; p < pfn + pages;) {
		struct pamt_entry *large = p < HW_NR_FRAMES ? pamt_raw(p, 2) : NULL;

		if (seam_pamt_type(p, 3) > PAMT_RSVD || seam_pamt_type(p, 2) > PAMT_RSVD)
			return true;
		if (!large || large->run != run || !large->used) {
			p = hw_gfn_round(p, 2) + big; /* nothing in use in this 2M */
			continue;
		}
		if (seam_pamt_type(p, 1) > PAMT_RSVD)
			return true;
		p++;
	}
	return false;
}

/*
 * All locks of a walk are announced by the 2M entry, the one word that every two walks of overlapping pages
 * share.
 */
static void pamt_point(enum m_kind kind, pfn_t pfn, struct m_site *site)
{
	m_point(kind | M_SEAM, &pamt(pfn, 2)->lock, site);
}

static bool walk_parents(pfn_t pfn, unsigned int level)
{
	for (unsigned int l = 3; l > level; l--) {
		if (sharex_hp_try(&pamt(pfn, l)->lock, SEAM_S))
			continue;
		/* The failed S of @l itself stays in the word, as X's release wipes it. */
		while (++l <= 3)
			sharex_hp_unlock(&pamt(pfn, l)->lock, SEAM_S);
		return false;
	}
	return true;
}

static void drop_parents(pfn_t pfn, unsigned int level)
{
	for (unsigned int l = level + 1; l <= 3; l++)
		sharex_hp_unlock(&pamt(pfn, l)->lock, SEAM_S);
}

/* A walk ends at a larger page in use; else at the level that it is for. */
static unsigned int walk_end(pfn_t pfn, unsigned int level)
{
	for (unsigned int l = 3; l > level; l--) {
		if (pamt(pfn, l)->type == PAMT_REG)
			return l;
	}
	return level;
}

/* The walk takes S on each entry as it comes to it; at a large one that turns out to be the leaf X is a
 * promotion. */
static bool lock_end(struct pamt_entry *p, unsigned int level, enum seam_lock_mode mode)
{
	if (level == 1 || mode == SEAM_S)
		return sharex_hp_try(&p->lock, mode);
	if (!sharex_hp_try(&p->lock, SEAM_S))
		return false;
	if (sharex_hp_promote(&p->lock))
		return true;
	sharex_hp_unlock(&p->lock, SEAM_S);
	return false;
}

bool pamt_walk(pfn_t pfn, unsigned int level, enum seam_lock_mode mode, struct pamt_ref *ref)
{
	pamt_point(M_LOCK, pfn, M_SITE("lock PAMT (walk)"));
	level = walk_end(pfn, level);
	if (!walk_parents(pfn, level))
		return false;
	*ref = (struct pamt_ref){pamt(pfn, level), pfn, level, mode, true};
	if (lock_end(ref->entry, level, mode))
		return true;
	drop_parents(pfn, level);
	ref->entry = NULL;
	return false;
}

struct pamt_entry *pamt_implicit(pfn_t pfn, unsigned int level)
{
	struct pamt_entry *p = pamt(pfn, level);

	if (m_load64(&p->type, M_SEAM) <= PAMT_RSVD)
		seam_halt("PAMT of a mapped page says that nobody owns it");
	return p;
}

bool pamt_lock_implicit(pfn_t pfn, unsigned int level, enum seam_lock_mode mode, struct pamt_ref *ref)
{
	pamt_implicit(pfn, level);
	return pamt_lock_implicit_free(pfn, level, mode, ref);
}

bool pamt_lock_implicit_free(pfn_t pfn, unsigned int level, enum seam_lock_mode mode, struct pamt_ref *ref)
{
	struct pamt_entry *p = pamt(pfn, level);

	pamt_point(M_LOCK, pfn, M_SITE("lock PAMT (implicit)"));
	if (!sharex_hp_try(&p->lock, mode))
		return false;
	*ref = (struct pamt_ref){p, pfn, level, mode, false};
	return true;
}

void pamt_unlock(struct pamt_ref *ref)
{
	if (!ref->entry)
		return;
	if (ref->mode == SEAM_X) /* as in sharex_release() */
		pamt_point(M_UNLOCK, ref->pfn, M_SITE("unlock PAMT"));
	sharex_hp_unlock(&ref->entry->lock, ref->mode);
	if (ref->walked)
		drop_parents(ref->pfn, ref->level);
	ref->entry = NULL;
}

u64 pamt_in_use(void)
{
	return __atomic_load_n(&in_use, __ATOMIC_ACQUIRE);
}

void pamt_set_type(pfn_t pfn, unsigned int level, enum pamt_type type)
{
	struct pamt_entry *p = pamt(pfn, level);
	int change = (type != PAMT_NDA) - (p->type != PAMT_NDA);

	__atomic_store_n(&p->type, type, __ATOMIC_RELEASE);
	__atomic_fetch_add(&in_use, change * (s64)hw_level_pages(level), __ATOMIC_ACQ_REL);
	if (level < 3)
		__atomic_fetch_add(&pamt(pfn, level + 1)->used, change, __ATOMIC_ACQ_REL);
}

void pamt_assign(pfn_t pfn, unsigned int level, enum pamt_type type, pfn_t owner)
{
	struct pamt_entry *p = pamt(pfn, level);

	p->owner = owner;
	__atomic_store_n(&p->bepoch, 0, __ATOMIC_RELEASE);
	pamt_set_type(pfn, level, type);
}

void pamt_assign_children(pfn_t pfn, unsigned int level, enum pamt_type type, pfn_t owner)
{
	u64 stride = hw_level_pages(level - 1);
	u32 change = 0;

	for (unsigned int i = 0; i < hw_entries(); i++) {
		struct pamt_entry *p = pamt(pfn + i * stride, level - 1);

		change += (type != PAMT_NDA) - (p->type != PAMT_NDA);
		__atomic_store_n(&p->type, type, __ATOMIC_RELEASE);
		if (type == PAMT_NDA)
			continue; /* keeps owner and BEPOCH */
		p->owner = owner;
		__atomic_store_n(&p->bepoch, 0, __ATOMIC_RELEASE);
	}
	__atomic_fetch_add(&pamt(pfn, level)->used, change, __ATOMIC_ACQ_REL);
	__atomic_fetch_add(&in_use, (s64)(s32)change * (s64)stride, __ATOMIC_ACQ_REL);
}
