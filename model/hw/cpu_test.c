/* SPDX-License-Identifier: GPL-2.0-only */
/* The processor on a tree built by hand: TLB and paging-structure cache, A/D bits, faults, interrupts. */
#include <stdio.h>
#include <string.h>

#include "harness/engine/engine.h"
#include "model/event.h"
#include "model/hw/cpu.h"

#define LEAF(pfn, perm) (EPT_SVE | (u64)(pfn) << PAGE_SHIFT | 6 << 3 | (perm))
#define TABLE(pfn) (EPT_SVE | (u64)(pfn) << PAGE_SHIFT | EPT_RWX)
#define TAG 5

static int tests, failures;
static u32 fills, uses, psc_uses, freed_walks, flushes;

static pfn_t root, t3, t2, t1, page, page2;
static struct hw_vmcs vmcs;
static struct hw_guest guest;
static struct guest_insn insn[8];
static struct hw_exit x;

static void expect(bool ok, const char *what)
{
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++tests, what);
	failures += !ok;
}

static void listen(const struct m_event *ev)
{
	fills += ev->type == EV_TLB_FILL;
	uses += ev->type == EV_TLB_USE && !((struct hw_tlb_entry *)ev->b)->psc;
	psc_uses += ev->type == EV_TLB_USE && ((struct hw_tlb_entry *)ev->b)->psc;
	freed_walks += ev->type == EV_WALK_FREED;
	flushes += ev->type == EV_TLB_FLUSH;
}

static void link_table(pfn_t parent, pfn_t child)
{
	hw_table(parent)[0] = TABLE(child);
}

static void build(void)
{
	hw_geom = (struct hw_geom){.bits = 3, .levels = 4};
	hw_pages_reset();
	hw_cpus_reset(2);
	root = hw_alloc(1, HW_TABLE);
	t3 = hw_alloc(1, HW_TABLE);
	t2 = hw_alloc(1, HW_TABLE);
	t1 = hw_alloc(1, HW_TABLE);
	page = hw_alloc(1, HW_USER);
	page2 = hw_alloc(1, HW_USER);
	link_table(root, t3);
	link_table(t3, t2);
	link_table(t2, t1);
	hw_table(t1)[0] = LEAF(page, EPT_RWX);
	vmcs = (struct hw_vmcs){.tag = TAG, .shared_root = root << PAGE_SHIFT};
	memset(&guest, 0, sizeof(guest));
	guest.insn = insn;
	fills = uses = psc_uses = freed_walks = flushes = 0;
}

static void run(unsigned int op, gfn_t gfn, u64 val)
{
	insn[0] = (struct guest_insn){.op = op, .gpa = gfn << PAGE_SHIFT, .val = val};
	guest.pc = 0;
	guest.nr = 1;
	hw_guest_run(&guest, &vmcs, &x);
}

static void access_bits(void)
{
	build();
	run(G_READ, 0, 0);
	expect(x.reason == HW_EXIT_DONE && (hw_table(t1)[0] & EPT_A) && !(hw_table(t1)[0] & EPT_D),
	       "a read sets A");
	expect((hw_table(root)[0] & EPT_A) && (hw_table(t2)[0] & EPT_A), "in every entry of the walk");
	run(G_WRITE, 0, 42);
	expect(hw_table(t1)[0] & EPT_D, "a write sets D although the translation is cached");
	expect(hw_data(page, NULL) == 42, "and writes");
	hw_table(t1)[0] &= ~EPT_D;
	run(G_WRITE, 0, 43);
	expect(!(hw_table(t1)[0] & EPT_D), "a cached dirty translation does not set D again");
}

static void stale(void)
{
	build();
	run(G_READ, 0, 0);
	expect(fills == 4, "a walk caches three paging structures and the leaf");
	hw_table(t1)[0] = LEAF(page2, EPT_RWX);
	hw_set_data(page, 1, 0);
	hw_set_data(page2, 2, 0);
	run(G_READ, 0, 0);
	expect(guest.regs[0] == 1 && uses == 1, "a cached leaf is used although the entry has changed");
	hw_tlb_flush_tag(0, TAG + 1);
	run(G_READ, 0, 0);
	expect(guest.regs[0] == 1, "another tag's flush does not help");
	hw_tlb_flush_tag(0, TAG);
	run(G_READ, 0, 0);
	expect(guest.regs[0] == 2 && flushes == 2, "a flush does");
}

static void stale_structure(void)
{
	pfn_t other = 0;

	build();
	run(G_READ, 0, 0);
	hw_table(t1)[1] = LEAF(page2, EPT_RWX);
	hw_set_data(page2, 2, 0);
	hw_table(t2)[0] = EPT_SVE; /* unlinked, not flushed */
	psc_uses = 0;
	run(G_READ, 1, 0);
	expect(x.reason == HW_EXIT_DONE && guest.regs[0] == 2 && psc_uses == 1,
	       "a walk starts below an unlinked entry");
	hw_free(t1, 1);
	run(G_READ, 2, 0);
	expect(freed_walks == 1 && x.reason == HW_EXIT_EPT_VIOLATION,
	       "a walk of a freed table is reported, and faults");
	hw_alloc(1, HW_USER); /* takes the frame of the freed table */
	other = hw_alloc(1, HW_TABLE);
	link_table(t2, other);
	hw_table(other)[2] = LEAF(page2, EPT_RWX);
	run(G_READ, 2, 0);
	expect(x.reason == HW_EXIT_DONE,
	       "the violation dropped what it used: the next walk sees the new table");
}

static void faults(void)
{
	build();
	hw_table(t1)[0] = LEAF(page, EPT_R);
	run(G_READ, 0, 0);
	run(G_WRITE, 0, 1);
	expect(x.reason == HW_EXIT_EPT_VIOLATION && x.qual == (EPT_W | EPT_R << 3) && x.level == 1 &&
		       guest.pc == 0,
	       "a write to a read-only page");
	hw_table(t1)[0] = LEAF(page, EPT_RWX);
	run(G_WRITE, 0, 1);
	expect(x.reason == HW_EXIT_DONE, "the violation dropped the read-only translation");
	run(G_READ, 5, 0);
	expect(x.reason == HW_EXIT_EPT_VIOLATION && x.qual == EPT_R, "nothing there");
	hw_table(t1)[6] = LEAF(page, EPT_W);
	run(G_READ, 6, 0);
	expect(x.reason == HW_EXIT_EPT_MISCONFIG, "writable and not readable");
	vmcs.keyid = 1;
	hw_table(t1)[7] = 0;
	run(G_READ, 7, 0);
	expect(x.reason == HW_EXIT_DONE && guest.regs[0] == GUEST_VE, "bit 63 clear in a TD: #VE");
}

static void huge(void)
{
	pfn_t b;

	build();
	b = hw_alloc(2, HW_USER);
	hw_table(t2)[1] = LEAF(b, EPT_RWX) | EPT_PS;
	hw_set_data(b + 3, 33, 0);
	run(G_READ, 8 + 3, 0);
	expect(guest.regs[0] == 33, "a huge leaf reaches each of its frames");
	run(G_READ, 8 + 4, 0);
	expect(uses == 1, "one entry serves them all");
	hw_set_data(b + 4, 1, 9);
	run(G_READ, 8 + 4, 0);
	expect(guest.regs[0] == HW_BAD_KEY, "data of another key is garbage");
}

/* ---- interrupts, over all schedules with two preemptions --------------------------------------------------
 */

static u32 entered, left_guest;
static bool released_early, kicked_inside, irqs_off;

static void guest_thread(void *arg)
{
	(void)arg;
	if (irqs_off)
		hw_irqs_disable();
	__atomic_fetch_add(&entered, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&hw_cpus[0].in_guest, true, __ATOMIC_SEQ_CST);
	hw_guest_run(&guest, &vmcs, &x);
	__atomic_store_n(&hw_cpus[0].in_guest, false, __ATOMIC_SEQ_CST);
	if (irqs_off)
		m_point(M_OTHER | M_HW, &x, M_SITE("host, interrupts off"));
	__atomic_fetch_add(&left_guest, 1, __ATOMIC_SEQ_CST);
	hw_irqs_enable();
}

static void kicker(void *arg)
{
	u32 before;

	(void)arg;
	m_point(M_OTHER | M_HW, &entered, M_SITE("about to kick"));
	before = __atomic_load_n(&entered, __ATOMIC_SEQ_CST);
	kicked_inside |= before > __atomic_load_n(&left_guest, __ATOMIC_SEQ_CST);
	hw_send_ipi(0);
	hw_ipi_wait(0);
	released_early |= __atomic_load_n(&left_guest, __ATOMIC_SEQ_CST) < before;
}

static void interrupts(void)
{
	struct eng_config config = {.classes = M_HW};
	struct eng_strategy *s = eng_strategy_exhaustive(2);
	unsigned int runs = 0, left = 0, bad = 0;
	struct eng_run r;

	eng_configure(&config);
	for (;;) {
		eng_reset();
		build();
		entered = left_guest = 0;
		for (unsigned int i = 0; i < 3; i++)
			insn[i] = (struct guest_insn){.op = G_READ};
		guest.nr = 3;
		eng_thread("guest", guest_thread, NULL);
		eng_thread("kicker", kicker, NULL);
		if (!eng_run(s, &r))
			break;
		runs++;
		bad += r.verdict != ENG_OK && r.verdict != ENG_ABORTED;
		left += r.verdict == ENG_OK && x.reason == HW_EXIT_INTR;
	}
	s->destroy(s);
	printf("# host interrupts %s: %u schedules, %u with an exit\n", irqs_off ? "off" : "on", runs, left);
	expect(bad == 0, "the sender is always released");
	expect(left > 0 && left < runs, "in some schedules the guest is interrupted, in some not");
	expect(kicked_inside, "in some schedules the guest is inside when it is kicked");
	expect(!released_early,
	       "the wait never ends before a guest that was inside has left, and interrupts are on");
}

int main(void)
{
	eng_init();
	m_listener = listen;
	access_bits();
	stale();
	stale_structure();
	faults();
	huge();
	m_listener = NULL;
	for (int off = 0; off < 2; off++) {
		irqs_off = off;
		kicked_inside = false;
		interrupts();
	}
	return failures != 0;
}
