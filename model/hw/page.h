/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical memory. model/hw owns every frame: KVM's page tables, S-EPT pages, guest_memfd folios, host user
 * memory and the module's control pages all come from here, so that the walker and the oracles see each of
 * them.
 *
 * Simplifications: the contents of a 4 KiB data page are one 64-bit word (a version) and the key id that
 * wrote it last; a table has hw_geom entries instead of always 512. A frame's record is initialised on first
 * touch in a run, so that a run costs what it touches and not what the machine has.
 */
#ifndef TDPFUZZ_MODEL_HW_PAGE_H
#define TDPFUZZ_MODEL_HW_PAGE_H

#include "model/machine.h"

/**
 * struct hw_geom - shape of every page table of the machine
 * @bits: index bits a level: 9 as in hardware, 2 or 3 in the narrow geometry
 * @levels: 4; a TD's EPT may have 5 (struct hw_vmcs)
 * Levels are KVM's: 1 = 4K, 2 = "2M", 3 = "1G"; sizes are those of the geometry.
 */
struct hw_geom {
	u8 bits;
	u8 levels;
};
extern struct hw_geom hw_geom;

#define HW_MAX_ENTRIES 512
#define HW_MAX_LEVEL 4
#define HW_NR_FRAMES (1ull << 20) /* 4 GiB; frame 0 is never handed out, so that 0 means "none" */

static inline unsigned int hw_entries(void)
{
	return 1u << hw_geom.bits;
}
/* 4 KiB frames covered by one entry at @level. */
static inline u64 hw_level_pages(unsigned int level)
{
	return 1ull << (hw_geom.bits * (level - 1));
}
static inline unsigned int hw_index(gfn_t gfn, unsigned int level)
{
	return (gfn >> (hw_geom.bits * (level - 1))) & (hw_entries() - 1);
}
static inline gfn_t hw_gfn_round(gfn_t gfn, unsigned int level)
{
	return gfn & ~(hw_level_pages(level) - 1);
}
/* The shared bit of a TD as a gfn bit: the topmost index bit, bit 35 with 4 x 9 as in GPAW48; an address has
 * 52 bits. */
static inline gfn_t hw_shared_gfn_bit_of(unsigned int levels)
{
	unsigned int bits = hw_geom.bits * levels;

	return 1ull << ((bits < 40 ? bits : 40) - 1);
}
static inline gfn_t hw_shared_gfn_bit(void)
{
	return hw_shared_gfn_bit_of(hw_geom.levels);
}

enum hw_page_type {
	HW_FREE,
	HW_TABLE, /* page table of KVM */
	HW_SEPT, /* page that KVM gave (or will give) to the module as an S-EPT page */
	HW_GMEM, /* guest_memfd folio */
	HW_USER, /* host user memory behind a memslot */
	HW_CTRL, /* TDR, TDCS, TDVPR */
};

/* Start of a run: geometry is set, all frames are free. */
void hw_pages_reset(void);

/*
 * A naturally aligned block of hw_level_pages(@level) frames; tables are level 1. Frames freed last are
 * handed out first, so that a use after free meets the next owner soon. The new block reads as zero (tables:
 * every entry 0; the owner fills them). Never fails: whether an allocation fails is kapi's choice, not the
 * machine's.
 */
pfn_t hw_alloc(unsigned int level, enum hw_page_type type);
/* Frees and raises the generation of each frame; table contents become 0xdead... in every entry. */
void hw_free(pfn_t pfn, unsigned int level);
/* A huge block becomes hw_level_pages(@level) separate frames that are freed one by one (folio split). */
void hw_split_block(pfn_t pfn, unsigned int level);

/**
 * struct hw_content - what a frame or a whole block contains
 * @seq: when it was written; of a frame's content and those of the blocks around it the latest counts
 */
struct hw_content {
	u64 seq, value;
	u16 keyid;
};

/**
 * struct hw_frame - a frame, or a naturally aligned huge block
 * @run: valid only in this run
 * @gen: times freed as this unit; a frame's generation is the sum over the units around it
 * @type: HW_FREE unless it was allocated as exactly this unit
 * @table: index + 1 of its entries; kept after a free, so that stale pointers into a table stay on this frame
 * @next: free list, 0 ends it
 */
struct hw_frame {
	u32 run, gen;
	u8 type;
	u32 table;
	pfn_t next;
	struct hw_content content;
};

/* For hw_type() only. */
extern struct hw_frame hw_frames[HW_NR_FRAMES];
extern u32 hw_run;
enum hw_page_type hw_type_block(pfn_t pfn);

/* Who has the frame. Nearly always it was allocated by itself, and this is asked at every step of a walk. */
static inline enum hw_page_type hw_type(pfn_t pfn)
{
	const struct hw_frame *f = &hw_frames[pfn % HW_NR_FRAMES];

	if (likely(pfn < HW_NR_FRAMES && __atomic_load_n(&f->run, __ATOMIC_ACQUIRE) == hw_run && f->type))
		return (enum hw_page_type)f->type;
	return hw_type_block(pfn);
}
/* Number of times that the frame was freed in this run: "the same page" means the same pfn and generation. */
u32 hw_gen(pfn_t pfn);

/* Who has it changes without a free in between: the host gives the module a page. Frames of their own only.
 */
void hw_retype(pfn_t pfn, enum hw_page_type type);

/* Entries of a table page, and back. hw_table() of a page that is no table is an internal error. */
u64 *hw_table(pfn_t pfn);
pfn_t hw_table_pfn(const volatile u64 *entry);

#ifdef HW_DIRECT_MAP
/*
 * For a kernel tree as code under test: frame n is the page at HW_DIRECT_BASE + n * 4096, so that what the
 * tree writes is what the walker and the oracles read. Tables have 512 entries. A store there is an EV_STORE
 * only if the frame is a table; the bytes of other pages belong to the tree alone, and their content word to
 * guests.
 */
#define HW_DIRECT_BASE 0x100000000000ull
void hw_direct_init(void);
/* 2^@order frames side by side, for what is no huge block; freed one by one. Tables: @order 0. */
pfn_t hw_alloc_order(unsigned int order, enum hw_page_type type);
/* What is allocated now is so at the start of every run. */
void hw_pages_keep(void);
/* First frame that a run may allocate: those below were kept. */
pfn_t hw_pages_kept(void);
#endif

/* Content word and key id of the last writer (0 = host). */
u64 hw_data(pfn_t pfn, u16 *keyid);
void hw_set_data(pfn_t pfn, u64 value, u16 keyid);
/* The same word and key for every frame of a block of @level, at the cost of one. */
void hw_fill_data(pfn_t pfn, unsigned int level, u64 value, u16 keyid);

#define HW_POISON                                                                                            \
	0xdead4ead0000dead /* present bits clear on purpose: a walker that reads it is caught by type */

#endif
