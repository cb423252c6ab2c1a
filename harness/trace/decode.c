/* SPDX-License-Identifier: GPL-2.0-only */
#include "harness/trace/decode.h"

#include <stdio.h>

#define SPTE_EMPTY BIT_ULL(63)
#define SPTE_FROZEN (BIT_ULL(63) | 0x1a0)
#define SPTE_FROZEN_6_12 (BIT_ULL(63) | 0x5a0)
#define SPTE_PRESENT BIT_ULL(11)
#define SPTE_LEAF_ONLY (GENMASK_ULL(5, 3) | BIT_ULL(7) | BIT_ULL(9) | BIT_ULL(53) | BIT_ULL(55))
#define SPTE_AD_TYPE GENMASK_ULL(61, 60)
#define ENTRY_PFN GENMASK_ULL(51, 12)
#define FREED_TABLE 0xdead4ead0000dead

#define SEPT_TDEL BIT_ULL(11)
#define SEPT_TDHP BIT_ULL(52)
#define SEPT_PRESENT_BITS 7ull

const char *decode_level(unsigned int level)
{
	static const char *const names[] = {"?", "4K", "2M", "1G", "512G", "256T"};

	return level < ARRAY_SIZE(names) ? names[level] : "?";
}

static bool spte_is_leaf(u64 spte, unsigned int level)
{
	if (level == 0)
		return spte & SPTE_LEAF_ONLY;
	return level == 1 || (spte & BIT_ULL(7));
}

u64 decode_spte_pfn(u64 spte)
{
	if (spte == FREED_TABLE || !(spte & SPTE_PRESENT))
		return ~0ull;
	return (spte & ENTRY_PFN) >> PAGE_SHIFT;
}

static void spte_nonpresent(u64 spte, char *buf, size_t size)
{
	if (spte == SPTE_EMPTY)
		snprintf(buf, size, "empty");
	else if (spte == SPTE_FROZEN || spte == SPTE_FROZEN_6_12)
		snprintf(buf, size, "FROZEN");
	else if (spte == 0)
		snprintf(buf, size, "zero (MMIO of a TD)");
	else if (!(spte & SPTE_EMPTY) && (spte & 7) == 6)
		snprintf(buf, size, "MMIO gfn 0x%llx", (unsigned long long)(spte & ENTRY_PFN) >> PAGE_SHIFT);
	else
		snprintf(buf, size, "unknown 0x%016llx", (unsigned long long)spte);
}

static void spte_present(u64 spte, unsigned int level, char *buf, size_t size)
{
	unsigned long long pfn = decode_spte_pfn(spte);
	const char *sve = spte & BIT_ULL(63) ? "" : " allows #VE";
	const char *tracked = (spte & 7) ? "" : " access-tracked";

	if (!spte_is_leaf(spte, level)) {
		snprintf(buf, size, "table pfn 0x%llx%s", pfn, sve);
		return;
	}
	snprintf(buf, size, "%s%sleaf pfn 0x%llx %s%s%s %s%s%s%s%s", level ? decode_level(level) : "",
		 level ? " " : "", pfn, spte & 1 ? "R" : "-", spte & 2 ? "W" : "-", spte & 4 ? "X" : "-",
		 spte & BIT_ULL(8) ? "A" : "-", spte & BIT_ULL(9) ? "D" : "-", tracked,
		 spte & SPTE_AD_TYPE ? " ad-off" : "", sve);
}

void decode_spte(u64 spte, unsigned int level, char *buf, size_t size)
{
	if (spte == FREED_TABLE)
		snprintf(buf, size, "poison of a freed table");
	else if (spte & SPTE_PRESENT)
		spte_present(spte, level, buf, size);
	else
		spte_nonpresent(spte, buf, size);
}

/* The seven bits that make the module's state: PS, IPAT, TDP, TDB, TDBW, TDEX, D. */
static unsigned int sept_code(u64 entry)
{
	return (entry >> 7 & 1) << 6 | (entry >> 6 & 1) << 5 | (entry >> 56 & 1) << 4 |
	       (entry >> 55 & 1) << 3 | (entry >> 54 & 1) << 2 | (entry >> 53 & 1) << 1 | (entry >> 9 & 1);
}

static const struct sept_name {
	u8 code;
	bool table, page;
	const char *name;
} sept_names[] = {
	{0x0e, false, false, "FREE"},		{0x00, true, false, "NL_MAPPED"},
	{0x08, true, false, "NL_BLOCKED"},	{0x60, false, true, "MAPPED"},
	{0x68, false, true, "BLOCKED"},		{0x70, false, true, "PENDING"},
	{0x78, false, true, "PENDING_BLOCKED"},
};

static const struct sept_name *sept_find(u64 entry)
{
	for (size_t i = 0; i < ARRAY_SIZE(sept_names); i++)
		if (sept_names[i].code == sept_code(entry))
			return &sept_names[i];
	return NULL;
}

u64 decode_sept_pfn(u64 entry)
{
	const struct sept_name *n = sept_find(entry);

	if (entry == FREED_TABLE || !n || !(n->table || n->page))
		return ~0ull;
	return (entry & ENTRY_PFN) >> PAGE_SHIFT;
}

bool decode_sept_lock_only(u64 old, u64 new_)
{
	return old != new_ && !((old ^ new_) & ~(SEPT_TDEL | SEPT_TDHP));
}

void decode_sept(u64 entry, char *buf, size_t size)
{
	const struct sept_name *n = sept_find(entry);
	const char *lock = entry & SEPT_TDEL ? " locked" : "";
	const char *hp = entry & SEPT_TDHP ? " host-priority" : "";
	unsigned long long pfn = (entry & ENTRY_PFN) >> PAGE_SHIFT;

	if (entry == FREED_TABLE)
		snprintf(buf, size, "poison of a freed table");
	else if (!n)
		snprintf(buf, size, "illegal state 0x%016llx%s%s", (unsigned long long)entry, lock, hp);
	else if (n->table || n->page)
		snprintf(buf, size, "%s %spfn 0x%llx%s%s", n->name, n->table ? "table " : "", pfn, lock, hp);
	else
		snprintf(buf, size, "%s%s%s", n->name, lock, hp);
}
