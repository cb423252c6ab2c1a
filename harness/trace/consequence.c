/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a broken rule means to the one who runs the host: what is lost, who can bring it about, and whether
 * the damage stays. By invariant and not by bug: a report must say it for a bug that nobody knew.
 */
#include <string.h>

#include "harness/trace/trace.h"

#define GUEST_VMM "guest (private/shared conversions) or VMM (conversion, punch hole)"
#define HOST_MM "VMM or host memory management (notifier, NX recovery)"

static const struct trace_consequence consequences[] = {
	{"TLB-01",
	 "a CPU goes on using a translation to a page that may have a new owner: stale read or write of its "
	 "memory",
	 GUEST_VMM, true},
	{"TLB-02", "a CPU walks through a cached pointer to a page table that is gone", HOST_MM, true},
	{"FLUSH-01",
	 "other CPUs keep cleared translations while mmu_lock is free: stale access to freed memory", HOST_MM,
	 true},
	{"SPTE-01",
	 "the processor takes the entry for something else: a #VE, a misconfiguration or a wrong page",
	 "guest", false},
	{"SPTE-02",
	 "KVM's mirror says something that the Secure EPT cannot follow: SEAMCALL error, then the VM is dead",
	 GUEST_VMM, false},
	{"SPTE-03", "two threads own one entry: a mapping is lost or lives on in a freed page table",
	 GUEST_VMM, false},
	{"SPTE-04", "a mapping is lost in a page table that was cut off: accounting and TLB flush miss it",
	 HOST_MM, false},
	{"SPTE-05", "every later fault on the frame retries for ever: the vCPU hangs",
	 "guest (any access to the frame)", false},
	{"LOST-01", "a mapping is lost in a freed page table: never accounted, never flushed", HOST_MM,
	 false},
	{"MIRROR-01", "mirror and Secure EPT disagree: next SEAMCALL on the range fails, then the VM is dead",
	 GUEST_VMM, false},
	{"SEAM-01", "TDX module halts: every TD on the host is dead until reboot", "VMM or guest", false},
	{"SEAM-02",
	 "a SEAMCALL that KVM holds to be impossible to fail fails: host WARN, the VM is dead, its page "
	 "leaks",
	 GUEST_VMM, false},
	{"SEAM-03", "module's own bookkeeping does not add up: later SEAMCALLs on the TD fail", GUEST_VMM,
	 false},
	{"INV-01", "invalidation stays open: every later fault in the range retries for ever",
	 "VMM (failing conversion)", false},
	{"INV-02",
	 "a translation made from what was true before the invalidation is installed after it: page in use "
	 "after free",
	 HOST_MM, false},
	{"ATTR-01",
	 "memory is mapped with the visibility that it had before: host sees private, or guest loses shared "
	 "data",
	 GUEST_VMM, false},
	{"ATTR-02", "KVM maps a huge page over frames of both kinds: wrong visibility for some of them",
	 GUEST_VMM, false},
	{"HUGE-01",
	 "huge page straddles a boundary that it must not: wrong visibility or wrong page for some frames",
	 GUEST_VMM, false},
	{"ZAP-01",
	 "private memory that nobody asked to unmap is removed: guest data lost, it reads as never accepted",
	 "VMM (conversion of a part of a huge page)", false},
	{"DATA-01", "guest reads something else than it wrote: guest data lost", GUEST_VMM, false},
	{"PAGE-01",
	 "page goes to its next owner while a guest still reaches it: use after free of host memory",
	 "VMM (punch hole)", true},
	{"PT-01",
	 "page table is read after its page has a new owner: kernel memory taken for page-table entries",
	 HOST_MM, true},
	{"PT-02",
	 "page tables are freed while a CPU may still walk them: next owner's data taken for translations",
	 HOST_MM, true},
	{"BUG-01", "host panic", GUEST_VMM, false},
	{"VM-01", "KVM gives the VM up although nothing was wrong with it: denial of service", GUEST_VMM,
	 false},
	{"LOCK-01", "state is changed without the lock that protects it: any concurrent walker may be misled",
	 GUEST_VMM, true},
	{"LOCK-02",
	 "a mapping is removed while others install: SEAMCALLs race, a fault sees a half-removed entry",
	 GUEST_VMM, true},
	{"PROG-01", "vCPU faults on the same address without end: guest hangs, host CPU time is burnt",
	 "guest", false},
	{"STAT-01", "page counters are wrong: misleading statistics, later a negative count", "guest", false},
	{"WARN-01", "host WARN: with panic_on_warn the host is down", GUEST_VMM, false},
	{"BUG-01", "BUG() in the kernel: the host goes down, or at least the thread that holds its locks",
	 GUEST_VMM, false},
	{"RACE", "data race: the compiler may tear or repeat the access", "guest", true},
	{"DEADLOCK", "threads wait for each other for ever: the VM, or the host worker, hangs", GUEST_VMM,
	 false},
	{"LIVELOCK", "threads retry for ever and none can make progress: CPU time is burnt, the VM hangs",
	 GUEST_VMM, false},
	{"STEPS", "a flow repeats without end: CPU time is burnt, the VM hangs", GUEST_VMM, false},
};

const struct trace_consequence *trace_consequence(const char *id)
{
	static const struct trace_consequence unknown = {
		"", "host state is not what the kernel's own rules require", GUEST_VMM, false};

	for (size_t i = 0; id && i < ARRAY_SIZE(consequences); i++)
		if (strcmp(consequences[i].id, id) == 0)
			return &consequences[i];
	return &unknown;
}
