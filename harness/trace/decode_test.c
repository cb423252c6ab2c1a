/* SPDX-License-Identifier: GPL-2.0-only */
/* The worked values of KVM's and the module's encodings, by hand. */
#include "harness/trace/decode.h"

#include <stdio.h>
#include <string.h>

static int failures, tests;

static void expect(const char *what, const char *got, const char *want)
{
	bool ok = strcmp(got, want) == 0;

	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++tests, what);
	if (!ok) {
		printf("# got \"%s\", want \"%s\"\n", got, want);
		failures++;
	}
}

static void spte(u64 v, unsigned int level, const char *want)
{
	char buf[96];

	decode_spte(v, level, buf, sizeof(buf));
	expect(want, buf, want);
}

static void sept(u64 v, const char *want)
{
	char buf[96];

	decode_sept(v, buf, sizeof(buf));
	expect(want, buf, want);
}

static void truth(const char *what, bool ok)
{
	expect(what, ok ? "true" : "false", "true");
}

static void sptes(void)
{
	spte(0x8000000000000000, 1, "empty");
	spte(0x80000000000001a0, 1, "FROZEN");
	spte(0x80a0000000012f77, 1, "4K leaf pfn 0x12 RWX AD");
	spte(0x80a0000000012e77, 1, "4K leaf pfn 0x12 RWX -D");
	spte(0x80a0000000012f77, 0, "leaf pfn 0x12 RWX AD");
	spte(0x80a0000000200ff7, 2, "2M leaf pfn 0x200 RWX AD");
	spte(0x8000000000007d07, 2, "table pfn 0x7");
	spte(0x8000000000007d07, 0, "table pfn 0x7");
	spte(0x0000000000007d07, 2, "table pfn 0x7 allows #VE");
	spte(0x9000000000007c30, 1, "4K leaf pfn 0x7 --- -- access-tracked ad-off");
	spte(0x0000000000003006, 1, "MMIO gfn 0x3");
	spte(0, 1, "zero (MMIO of a TD)");
	spte(0x8000000000000001, 1, "unknown 0x8000000000000001");
	spte(0xdead4ead0000dead, 1, "poison of a freed table");
	truth("pfn of a leaf", decode_spte_pfn(0x80a0000000012f77) == 0x12);
	truth("no pfn in a frozen entry", decode_spte_pfn(0x80000000000001a0) == ~0ull);
	truth("no pfn in poison", decode_spte_pfn(0xdead4ead0000dead) == ~0ull);
}

static void septs(void)
{
	sept(0x80e0000000000000, "FREE");
	sept(0x80e0000000000800, "FREE locked");
	sept(0x80000000000120f7, "MAPPED pfn 0x12");
	sept(0x81000000000120f0, "PENDING pfn 0x12");
	sept(0x80800000000120f0, "BLOCKED pfn 0x12");
	sept(0x81800000000120f0, "PENDING_BLOCKED pfn 0x12");
	sept(0x8000000000007007, "NL_MAPPED table pfn 0x7");
	sept(0x8080000000007800, "NL_BLOCKED table pfn 0x7 locked");
	sept(0x8010000000007807, "NL_MAPPED table pfn 0x7 locked host-priority");
	sept(0x80c0000000000000, "illegal state 0x80c0000000000000");
	truth("lock bit only", decode_sept_lock_only(0x80e0000000000000, 0x80e0000000000800));
	truth("state change", !decode_sept_lock_only(0x80e0000000000800, 0x81000000000120f0));
	truth("FREE holds no page", decode_sept_pfn(0x80e0000000000000) == ~0ull);
	truth("pfn of a table", decode_sept_pfn(0x8000000000007007) == 7);
}

int main(void)
{
	sptes();
	septs();
	printf("1..%d\n", tests);
	return failures != 0;
}
