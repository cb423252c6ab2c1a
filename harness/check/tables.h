/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the families share: where every page-table word lies, what every thread holds, and how a finding is
 * reported. Kept up to date from events before the families see them; costs O(1) an event, and O(entries) for
 * a table that is linked, since what was stored into it before that is not always a marked store.
 */
#ifndef TDPFUZZ_CHECK_TABLES_H
#define TDPFUZZ_CHECK_TABLES_H

#include "harness/check/check.h"
#include "harness/check/spte_bits.h"

#define CHK_THREADS 16 /* thread numbers above are folded onto the last */
#define CHK_TABLES 2048
#define CHK_FLOWS 12

/**
 * enum chk_life - life of a page-table page of KVM
 * @CHK_NEW: allocated, no SPTE points to it
 * @CHK_LIVE: reachable from a root
 * @CHK_DEAD: was live; a SPTE above it was changed
 * @CHK_FREED: given back
 */
enum chk_life { CHK_NEW, CHK_LIVE, CHK_DEAD, CHK_FREED };

/**
 * struct chk_table - one page-table page of KVM
 * @gfn: first gfn that it maps, shared bit stripped
 * @level: of its entries
 * @shared_bit: what its index has and @gfn has not
 * @unlinker: thread that made it CHK_DEAD
 * @unlink_flow: what that thread was in
 * @touched: entries that were ever something else than empty while the page was not dead: what quiescent
 * checks visit
 */
struct chk_table {
	pfn_t pfn;
	gfn_t gfn, shared_bit;
	hpa_t root;
	u8 level, life, unlinker;
	bool mirror;
	const char *unlink_flow;
	u64 touched[HW_MAX_ENTRIES / 64];
};

/**
 * struct chk_change - the store of the current EV_STORE event, when it went to a table of KVM
 * @table: never NULL; its life is that after the store
 * @plain: by a plain store, not by a read-modify-write
 * @rollback: the thread takes back what it published before its SEAMCALL, as designs without freezing do on
 * BUSY
 */
struct chk_change {
	const volatile u64 *entry;
	u64 old, new_;
	u8 was, is; /* enum spte_kind */
	u8 level, thread;
	bool root_valid, mirror, plain, rollback;
	gfn_t gfn;
	struct chk_table *table;
	struct m_site *site;
};
/* NULL when the current event is something else. */
extern const struct chk_change *chk_change;

/**
 * struct chk_thread - one thread
 * @mmu_lock: 0 not held, 'r', 'w'
 * @rcu: inside an RCU read section
 * @flows: names of EV_ENTER, outermost first
 * @published: mirror SPTE that it set from empty to present, not frozen, in this section of mmu_lock read
 */
struct chk_thread {
	char mmu_lock;
	bool rcu;
	u8 depth;
	const char *flows[CHK_FLOWS];
	const volatile u64 *published;
};
extern struct chk_thread chk_threads[CHK_THREADS];

static inline unsigned int chk_tid(const struct m_event *ev)
{
	return ev->thread < CHK_THREADS ? ev->thread : CHK_THREADS - 1;
}

/* What the thread of @ev is doing: its innermost flow, else the function of the event. */
const char *chk_flow(const struct m_event *ev);

/* Does @thread hold mmu_lock for write? Before the threads of a run start, everything is exclusive. */
static inline bool chk_exclusive(unsigned int thread)
{
	return chk_threads[thread].mmu_lock == 'w';
}

/* A removal from the tables of a valid direct root: what owes a flush. */
static inline bool chk_live_direct(const struct chk_change *c)
{
	return c->table->life == CHK_LIVE && !c->mirror && c->root_valid;
}

/* Does the change put a leaf into a live table that was not there, or another one? */
static inline bool chk_installs_leaf(const struct chk_change *c)
{
	return c->table->life == CHK_LIVE && c->is == SPTE_IS_LEAF &&
	       (c->was != SPTE_IS_LEAF || spte_pfn(c->old) != spte_pfn(c->new_));
}

/*
 * Is a leaf with value @spte in @t one of private memory? The mirror root has that alone, next to a direct
 * root of shared memory; where the direct root is the only one it has both, and the frame decides.
 */
static inline bool chk_private(const struct chk_table *t, u64 spte)
{
	return t->mirror || (!t->shared_bit && hw_type(spte_pfn(spte)) == HW_GMEM);
}

/* spte.c: is a live SPTE frozen by somebody else than @thread? */
bool chk_frozen_by_other(unsigned int thread);

void tables_reset(void);
void tables_before(const struct m_event *ev); /* before the families see @ev */
void tables_after(const struct m_event *ev);
/* Learn of roots that no store has shown yet. */
void tables_sync(void);

struct chk_table *table_find(pfn_t pfn);
/* All records in order of first sight. */
unsigned int tables_nr(void);
struct chk_table *table_at(unsigned int i);
/* First touched index >= @i of @t, or hw_entries(). */
unsigned int table_next_touched(const struct chk_table *t, unsigned int i);

/*
 * Where a walk of the valid direct (or mirror) root towards (@gfn, @level) ends; *@reached is the level. NULL
 * without such a root. Reads memory as it is now.
 */
const volatile u64 *tables_walk(bool mirror, gfn_t gfn, unsigned int level, unsigned int *reached);

/* The bit that a TD's shared gfns have in its direct tables and in the TLB; 0 for a VM without a mirror root.
 */
gfn_t tables_shared_bit(void);

/* May any present leaf, in any table, map a frame of [pfn, pfn + pages)? False is exact. */
bool tables_may_map(pfn_t pfn, u64 pages);

#define for_each_touched(t, i)                                                                               \
	for (unsigned int i = table_next_touched(t, 0); i < hw_entries(); i = table_next_touched(t, i + 1))

static inline gfn_t table_entry_gfn(const struct chk_table *t, unsigned int i)
{
	/* A table that is filled before it is linked has no place yet. */
	if (!t->level)
		return t->gfn;
	return (t->gfn + (u64)i * hw_level_pages(t->level)) & ~t->shared_bit;
}

/*
 * Title "text: who" or "text: who / whom"; reports put the id before it. Stable across schedules, so the
 * operands are names of functions, leafs and states, never numbers.
 */
void chk_fail(const char *id, const char *text, const char *who, const char *whom, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

#endif
