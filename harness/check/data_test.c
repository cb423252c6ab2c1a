/* SPDX-License-Identifier: GPL-2.0-only */
/* Guest data, progress of faults, and what KVM says of itself. */
#include "harness/check/test.h"

static void guest_write(gfn_t gfn, u64 value)
{
	t_ev(1, EV_GUEST_WRITE, 0, gfn << PAGE_SHIFT, value, 0);
}
static void guest_read(gfn_t gfn, u64 value)
{
	t_ev(1, EV_GUEST_READ, 0, gfn << PAGE_SHIFT, value, 0);
}
static void guest_accept(gfn_t gfn, unsigned int level, u64 status)
{
	t_ev(1, EV_GUEST_ACCEPT, 0, gfn << PAGE_SHIFT | level, status, 0);
}
static void take_away(gfn_t start, gfn_t end)
{
	t_ev(2, EV_INVAL_BEGIN, 0, 0, 0, 0);
	t_ev(2, EV_ZAP_RANGE, 0, start, end, 1);
}
static void taken(void)
{
	t_ev(2, EV_INVAL_END, 0, 0, 0, 0);
}

static void good_reads_back(void)
{
	guest_accept(40, 2, TDX_SUCCESS);
	guest_read(41, 0);
	guest_write(40, 7);
	guest_read(40, 7);
	guest_accept(40, 2, TDX_PAGE_ALREADY_ACCEPTED | 1);
	guest_read(40, 7);
}
static void bad_lost(void)
{
	guest_write(40, 7);
	guest_read(40, 0);
}
static void bad_not_zeroed(void)
{
	guest_accept(40, 1, TDX_SUCCESS);
	guest_read(40, 9);
}
static void bad_not_zeroed_huge(void)
{
	guest_accept(40, 2, TDX_SUCCESS);
	guest_read(47, 9);
}
static void bad_accepted_again(void)
{
	guest_accept(40, 1, TDX_SUCCESS);
	guest_write(40, 7);
	guest_accept(40, 1, TDX_SUCCESS);
}
static void bad_accepted_again_huge(void)
{
	guest_write(43, 7);
	guest_accept(40, 2, TDX_SUCCESS);
}
static void good_taken_away(void)
{
	guest_write(40, 7);
	take_away(40, 41);
	taken();
	guest_accept(40, 1, TDX_SUCCESS);
	guest_read(40, 0);
}
/* The guest still writes while the host is on its way to zap the page. */
static void good_written_while_taken(void)
{
	take_away(40, 41);
	guest_write(40, 7);
	taken();
	guest_accept(40, 1, TDX_SUCCESS);
}
static void bad_neighbour_taken(void)
{
	guest_write(41, 7);
	take_away(40, 41);
	taken();
	guest_accept(41, 1, TDX_SUCCESS);
}
static void good_shared_is_the_hosts(void)
{
	gfn_t shared = 8 | hw_shared_gfn_bit();

	guest_write(shared, 7);
	guest_read(shared, 9);
}

static void rounds(unsigned int nr, unsigned int with)
{
	for (unsigned int i = 0; i < nr; i++) {
		t_ev(1, EV_FAULT_ROUND, 0, 40 << PAGE_SHIFT, 6, 0);
		if (!with)
			t_ev(1, EV_GUEST_EXIT, 0, 48, 40 << PAGE_SHIFT, 0);
		if (with == EV_SEAMCALL)
			t_ev(1, EV_SEAMCALL, TDH_MEM_PAGE_AUG, TDX_OPERAND_BUSY, 40 << PAGE_SHIFT, 0);
		else if (with == EV_ATTR_STORE)
			t_ev(2, EV_ATTR_STORE, 0, 64, 0, 0);
		else if (with == EV_GUEST_READ)
			t_ev(1, EV_GUEST_READ, 0, 9 << PAGE_SHIFT | hw_shared_gfn_bit() << PAGE_SHIFT, 0, 0);
	}
}
static void good_40_rounds(void)
{
	rounds(40, 0);
}
static void bad_41_rounds(void)
{
	rounds(41, 0);
}
/* The module answers VP.ENTER with the same fault each time: the guest is never entered, nor left. */
static void bad_never_in_guest(void)
{
	for (unsigned int i = 0; i < 41; i++)
		t_ev(1, EV_FAULT_ROUND, 0, 40 << PAGE_SHIFT, 6, 0);
}
static void good_busy_rounds(void)
{
	rounds(100, EV_SEAMCALL);
}
static void good_others_move(void)
{
	rounds(100, EV_ATTR_STORE);
}
static void good_guest_moves(void)
{
	rounds(100, EV_GUEST_READ);
}
static void good_section_open(void)
{
	subject.inval = 1;
	subject.inval_start = 40;
	subject.inval_end = 41;
	rounds(100, 0);
}
static void bad_other_section_open(void)
{
	subject.inval = 1;
	subject.inval_start = 48;
	subject.inval_end = 49;
	rounds(100, 0);
}
static void good_frozen_by_another(void)
{
	u64 *e = t_entry(true, 40, 1);

	t_lock(2, R);
	t_store(2, e, SPTE_FROZEN_VALUE);
	rounds(100, 0);
	t_store_as(2, e, SPTE_EMPTY_VALUE, "WRITE_ONCE(*sptep)");
	t_unlock(2, R);
}

static void bad_warn(void)
{
	t_ev(1, EV_WARN, (uintptr_t)"iter->yielded", 0, 0, 0);
}
static void bad_bugged(void)
{
	t_ev(1, EV_VM_BUGGED, 0, (uintptr_t)"tdx_sept_remove_private_spte", (uintptr_t)"err", 0);
}

int main(void)
{
	eng_init();
	T_GOOD(good_reads_back);
	T_BAD(bad_lost, "DATA-01", "guest read");
	T_BAD(bad_not_zeroed, "DATA-01", "guest read");
	T_BAD(bad_not_zeroed_huge, "DATA-01", "guest read");
	T_BAD(bad_accepted_again, "DATA-01", "accepts a page again");
	T_BAD(bad_accepted_again_huge, "DATA-01", "accepts a page again");
	T_GOOD(good_taken_away);
	T_GOOD(good_written_while_taken);
	T_BAD(bad_neighbour_taken, "DATA-01", "accepts a page again");
	T_GOOD(good_shared_is_the_hosts);
	T_GOOD(good_40_rounds);
	T_BAD(bad_41_rounds, "PROG-01", "no progress");
	T_BAD(bad_never_in_guest, "PROG-01", "zero-step filter");
	T_GOOD(good_busy_rounds);
	T_GOOD(good_others_move);
	T_GOOD(good_guest_moves);
	T_GOOD(good_section_open);
	T_BAD(bad_other_section_open, "PROG-01", "no progress");
	T_GOOD(good_frozen_by_another);
	T_BAD(bad_warn, "VM-01", "WARN: test / iter->yielded");
	T_BAD(bad_bugged, "VM-01", "VM bugged: tdx_sept_remove_private_spte / err");
	return t_done();
}
