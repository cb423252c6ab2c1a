/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An event as one phrase, with the frame that it is about. The weights are how much a step tells the reader
 * of a finding, on one scale: nothing below 5 is shown unless there is room.
 */
#include "harness/trace/trace.h"

#include <string.h>

#include "harness/check/check.h"
#include "harness/trace/decode.h"
#include "model/hw/cpu.h"
#include "model/kapi/lock.h"
#include "model/seam/seam.h"

typedef unsigned long long ull;

#define say(it, ...) snprintf((it)->what, sizeof((it)->what), __VA_ARGS__)

static gfn_t private_gfn(gfn_t gfn)
{
	return gfn & ~hw_shared_gfn_bit();
}

static const char *alias(gfn_t gfn)
{
	return gfn & hw_shared_gfn_bit() ? "shared" : "private";
}

static void about_gpa(struct trace_item *it, gpa_t gpa)
{
	it->gfn = private_gfn(gpa >> PAGE_SHIFT);
}

static void store_sept(const struct m_event *ev, struct trace_item *it)
{
	char old[64], new_[64];

	decode_sept(ev->b, old, sizeof(old));
	decode_sept(ev->c, new_, sizeof(new_));
	it->pfn = decode_sept_pfn(ev->c) != ~0ull ? decode_sept_pfn(ev->c) : decode_sept_pfn(ev->b);
	it->weight = decode_sept_lock_only(ev->b, ev->c) ? 4 : 32;
	say(it, "S-EPT %s -> %s", old, new_);
}

static void store_spte(const struct m_event *ev, struct trace_item *it)
{
	const volatile u64 *entry = (const volatile u64 *)(uintptr_t)ev->a;
	struct check_entry at = {0};
	char old[64], new_[64];
	bool known = check_locate(entry, &at);

	decode_spte(ev->b, known ? at.level : 0, old, sizeof(old));
	decode_spte(ev->c, known ? at.level : 0, new_, sizeof(new_));
	it->pfn = decode_spte_pfn(ev->b) != ~0ull ? decode_spte_pfn(ev->b) : decode_spte_pfn(ev->c);
	it->weight = 40;
	if (!known) {
		/* A page that is being filled, or one that is already cut off: its place in the tree is
		 * unknown. */
		it->weight = 6;
		say(it, "unlinked SPTE %s -> %s", old, new_);
		return;
	}
	it->gfn = at.gfn;
	say(it, "%s SPTE gfn 0x%llx %s: %s -> %s", at.mirror ? "mirror" : "direct", (ull)at.gfn,
	    decode_level(at.level), old, new_);
}

static void store(const struct m_event *ev, struct trace_item *it)
{
	pfn_t table = hw_table_pfn((const volatile u64 *)(uintptr_t)ev->a);

	if (hw_type(table) == HW_SEPT)
		store_sept(ev, it);
	else
		store_spte(ev, it);
}

static void tlb(const struct m_event *ev, struct trace_item *it)
{
	const struct hw_tlb_entry *e = (const struct hw_tlb_entry *)(uintptr_t)ev->b;
	bool fill = ev->type == EV_TLB_FILL;

	it->gfn = private_gfn(e->gfn);
	it->pfn = e->pfn;
	it->weight = e->psc ? 12 : fill ? 30 : 26;
	say(it, "TLB %s: %s gfn 0x%llx %s -> %s 0x%llx%s%s", fill ? "fill" : "use", alias(e->gfn),
	    (ull)private_gfn(e->gfn), decode_level(e->level), e->psc ? "table pfn" : "pfn", (ull)e->pfn,
	    !fill && ev->d ? " for write" : "", e->dead ? " (STALE)" : "");
}

static void guest(const struct m_event *ev, struct trace_item *it)
{
	gpa_t gpa = ev->type == EV_GUEST_ACCEPT ? ev->b & ~(PAGE_SIZE - 1) : ev->b;
	ull gfn = private_gfn(gpa >> PAGE_SHIFT);

	about_gpa(it, gpa);
	it->weight = 34;
	switch (ev->type) {
	case EV_GUEST_READ:
		say(it, "guest reads 0x%llx from %s gfn 0x%llx", (ull)ev->c, alias(gpa >> PAGE_SHIFT), gfn);
		break;
	case EV_GUEST_WRITE:
		say(it, "guest writes 0x%llx to %s gfn 0x%llx", (ull)ev->c, alias(gpa >> PAGE_SHIFT), gfn);
		break;
	default:
		say(it, "TDG.MEM.PAGE.ACCEPT gfn 0x%llx %s: %s", gfn, decode_level(ev->b & 7),
		    seam_status_name(ev->c));
	}
}

static const char *exit_reason(u64 reason)
{
	switch (reason) {
	case TDX_EXIT_REASON_INTR:
		return "interrupt";
	case TDX_EXIT_REASON_DONE:
		return "end of the guest's program";
	case TDX_EXIT_REASON_EPT_VIOLATION:
		return "EPT violation";
	case TDX_EXIT_REASON_EPT_MISCONFIG:
		return "EPT misconfiguration";
	case TDX_EXIT_REASON_TDCALL:
		return "TDG.VP.VMCALL";
	}
	return "other";
}

static void guest_exit(const struct m_event *ev, struct trace_item *it)
{
	it->weight = 18;
	if (ev->b == TDX_EXIT_REASON_EPT_VIOLATION || ev->b == TDX_EXIT_REASON_EPT_MISCONFIG) {
		about_gpa(it, ev->c);
		say(it, "VM exit: %s, gfn 0x%llx", exit_reason(ev->b), (ull)it->gfn);
	} else {
		say(it, "VM exit: %s", exit_reason(ev->b));
	}
}

static void seamcall(const struct m_event *ev, struct trace_item *it)
{
	bool on_gpa = seam_leaf_on_gpa(ev->a);

	it->weight = ev->b & TDX_STATUS_MASK ? 50 : 38;
	if (ev->a == TDH_VP_ENTER)
		it->weight = ev->b >> 63 ? 30 : 10;
	if (!on_gpa) {
		say(it, "%s = %s", seam_leaf_name(ev->a), seam_status_name(ev->b));
		return;
	}
	about_gpa(it, ev->c & ~(PAGE_SIZE - 1));
	say(it, "%s gfn 0x%llx %s = %s", seam_leaf_name(ev->a), (ull)it->gfn, decode_level((ev->c & 7) + 1),
	    seam_status_name(ev->b));
}

static void lock(const struct m_event *ev, struct trace_item *it)
{
	const char *name = ev->b < LC_NR ? lock_class_name[ev->b] : "lock";

	it->weight = ev->b == LC_MMU_LOCK ? 24 : ev->b == LC_INVALIDATE_LOCK ? 12 : 6;
	say(it, "%s %s for %s", ev->type == EV_LOCK ? "takes" : "releases", name, ev->c ? "write" : "read");
}

static void page(const struct m_event *ev, struct trace_item *it)
{
	static const char *const types[] = {"free", "page table", "S-EPT", "guest_memfd", "user", "control"};
	const char *type = ev->c < ARRAY_SIZE(types) ? types[ev->c] : "?";

	it->pfn = ev->a;
	it->weight = ev->type == EV_PAGE_FREE ? 22 : 5;
	say(it, "%s page is %s: pfn 0x%llx", type, ev->type == EV_PAGE_FREE ? "freed" : "allocated",
	    (ull)ev->a);
}

static void gfn_range(const struct m_event *ev, struct trace_item *it, const char *what, int weight)
{
	it->gfn = ev->b;
	it->weight = weight;
	say(it, "%s: gfns [0x%llx, 0x%llx)", what, (ull)ev->b, (ull)ev->c);
}

static void attributes(const struct m_event *ev, struct trace_item *it)
{
	it->gfn = ev->b;
	it->weight = 36;
	say(it, "attribute of gfn 0x%llx := %s", (ull)ev->b, ev->c ? "private" : "shared");
}

static void fault_round(const struct m_event *ev, struct trace_item *it)
{
	static const char *const codes[] = {"RET_PF_CONTINUE",	      "RET_PF_RETRY",	"RET_PF_EMULATE",
					    "RET_PF_WRITE_PROTECTED", "RET_PF_INVALID", "RET_PF_FIXED",
					    "RET_PF_SPURIOUS"};
	s64 ret = ev->c;

	about_gpa(it, ev->b);
	it->weight = 16;
	if (ret >= 0 && ret < (s64)ARRAY_SIZE(codes))
		say(it, "fault on gfn 0x%llx: %s", (ull)it->gfn, codes[ret]);
	else
		say(it, "fault on gfn 0x%llx: %lld", (ull)it->gfn, (long long)ret);
}

static void flow(const struct m_event *ev, struct trace_item *it)
{
	const char *name = (const char *)(uintptr_t)ev->a;

	it->weight = ev->type == EV_ENTER ? 12 : 4;
	if (ev->type == EV_ENTER)
		say(it, "starts %s()", name);
	else
		say(it, "%s() returns %lld", name, (long long)ev->b);
}

static void text(const struct m_event *ev, struct trace_item *it, const char *what, int weight)
{
	it->weight = weight;
	say(it, "%s%s", what, ev->a ? (const char *)(uintptr_t)ev->a : "");
}

static void plain(struct trace_item *it, const char *what, int weight)
{
	it->weight = weight;
	say(it, "%s", what);
}

bool trace_describe(const struct m_event *ev, struct trace_item *it)
{
	it->gfn = it->pfn = ~0ull;
	switch (ev->type) {
	case EV_STORE:
		store(ev, it);
		return true;
	case EV_PAGE_ALLOC:
	case EV_PAGE_FREE:
		page(ev, it);
		return true;
	case EV_TLB_FILL:
	case EV_TLB_USE:
		tlb(ev, it);
		return true;
	case EV_TLB_FLUSH:
		it->weight = 26;
		say(it, "TLB of CPU %llu is flushed", (ull)ev->a);
		return true;
	case EV_WALK_FREED:
		it->pfn = ev->b;
		it->weight = 60;
		say(it, "walk reads the freed table pfn 0x%llx", (ull)ev->b);
		return true;
	case EV_GUEST_READ:
	case EV_GUEST_WRITE:
	case EV_GUEST_ACCEPT:
		guest(ev, it);
		return true;
	case EV_GUEST_EXIT:
		guest_exit(ev, it);
		return true;
	case EV_SEAMCALL:
		seamcall(ev, it);
		return true;
	case EV_SEAM_HALT:
		text(ev, it, "TDX module halts: ", 90);
		return true;
	case EV_LOCK:
	case EV_UNLOCK:
		lock(ev, it);
		return true;
	case EV_RCU_LOCK:
		plain(it, "rcu_read_lock()", 5);
		return true;
	case EV_RCU_UNLOCK:
		plain(it, "rcu_read_unlock()", 8);
		return true;
	case EV_WARN:
		text(ev, it, "WARN: ", 60);
		return true;
	case EV_IPI:
		it->weight = 28;
		say(it, "IPI to CPU %llu%s", (ull)ev->a, ev->b ? ", waits" : "");
		return true;
	case EV_VM_BUGGED:
		plain(it, "KVM_BUG_ON: the VM is dead", 80);
		return true;
	case EV_INVAL_BEGIN:
		plain(it, "invalidation begins", 28);
		return true;
	case EV_INVAL_RANGE:
		gfn_range(ev, it, "invalidation covers", 26);
		return true;
	case EV_INVAL_END:
		plain(it, "invalidation ends", 28);
		return true;
	case EV_ATTR_STORE:
		attributes(ev, it);
		return true;
	case EV_ATTR_DONE:
		gfn_range(ev, it, "attribute change is complete", 24);
		return true;
	case EV_ZAP_RANGE:
		gfn_range(ev, it, "unmap is asked for", 27);
		return true;
	case EV_FLUSH_REMOTE:
		plain(it, "remote TLB flush has finished", 44);
		return true;
	case EV_YIELD:
		plain(it, "walker yields mmu_lock", 42);
		return true;
	case EV_FAULT_ROUND:
		fault_round(ev, it);
		return true;
	case EV_ENTER:
	case EV_LEAVE:
		flow(ev, it);
		return true;
	}
	return false;
}
