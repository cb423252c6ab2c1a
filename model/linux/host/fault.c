// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals: trap instructions of the tree (WARN, BUG), bad pointers, and the first write to a page of the
 * snapshot. On a stack of their own, because a thread's may be what overflowed. A finding leaves the handler
 * for good, by unwinding the thread; so no signal may be blocked while it runs.
 */
#include <asm/prctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "harness/engine/engine.h"
#include "model/linux/host/host.h"

#define UD2_LEN 2

/* An entry of __ex_table: distances from where they stand. */
struct exception {
	s32 insn, fixup, data;
};
extern const struct exception __start___ex_table[] __attribute__((weak));
extern const struct exception __stop___ex_table[] __attribute__((weak));

static unsigned long relative(const s32 *p)
{
	return (unsigned long)p + (long)*p;
}

static unsigned long fixup_of(unsigned long ip)
{
	for (const struct exception *e = __start___ex_table; e < __stop___ex_table; e++)
		if (relative(&e->insn) == ip)
			return relative(&e->fixup);
	return 0;
}

/* An instruction that only the kernel may execute, and that no macro of the build stands for. */
static bool is_general_protection(const siginfo_t *info)
{
	return info->si_code == SI_KERNEL;
}

static void die(const char *what, unsigned long ip, unsigned long addr)
{
	char title[160];

	snprintf(title, sizeof(title), "%s: %s", what, site_function(ip));
	if (!m_inside())
		lnx_internal("%s in %s() at %s, address %#lx", what, site_function(ip), site_place(ip), addr);
	m_fail("BUG-01", title, "at %s, address %#lx", site_place(ip), addr);
}

/* True: the thread goes on. */
static bool trap(greg_t *ip)
{
	int kind = lnx_trap((unsigned long)*ip);

	if (kind != 1)
		return false;
	*ip += UD2_LEN;
	return true;
}

/*
 * Data that nobody implements is no bad pointer of the tree's, whatever its exception table says. A per-CPU
 * variable is addressed relative to GS.
 */
static void check_stub(unsigned long addr, unsigned long ip)
{
	unsigned long gs = 0;

	syscall(SYS_arch_prctl, ARCH_GET_GS, &gs);
	for (const struct lnx_stub_object *o = lnx_stub_data; o->name; o++)
		if (addr - o->addr < o->size || addr - gs - o->addr < o->size)
			lnx_stub_called(o->name, ip);
}

/* Where the handler finds general register @nr of the instruction's encoding. */
static greg_t *general_register(greg_t *gregs, unsigned int nr)
{
	static const u8 where[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
				   REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

	return &gregs[where[nr]];
}

/* MOV between a control and a general register: [REX.BR] 0f 20|22 /r. True: it is done. */
static bool move_control_register(greg_t *gregs)
{
	const u8 *insn = (const u8 *)gregs[REG_RIP];
	u8 rex = (insn[0] & 0xf0) == 0x40 ? *insn++ : 0;
	greg_t *reg;
	lnx_u64 value;
	unsigned int cr;

	if (insn[0] != 0x0f || (insn[1] & ~2) != 0x20)
		return false;
	cr = (insn[2] >> 3 & 7) | (rex & 4) << 1;
	reg = general_register(gregs, (insn[2] & 7) | (rex & 1) << 3);
	if (insn[1] & 2 ? lnx_cr_write(cr, (lnx_u64)*reg) : lnx_cr_read(cr, &value))
		lnx_internal("MOV %s CR%u is not implemented", insn[1] & 2 ? "to" : "from", cr);
	if (!(insn[1] & 2))
		*reg = (greg_t)value;
	gregs[REG_RIP] = (greg_t)(insn + 3);
	return true;
}

static bool handle(int sig, const siginfo_t *info, greg_t *gregs)
{
	greg_t *ip = &gregs[REG_RIP];
	unsigned long fixup;

	if (sig == SIGILL)
		return trap(ip);
	if (is_general_protection(info) && move_control_register(gregs))
		return true;
	if (!is_general_protection(info) && snapshot_fault((unsigned long)info->si_addr))
		return true;
	check_stub((unsigned long)info->si_addr, (unsigned long)*ip);
	fixup = fixup_of((unsigned long)*ip);
	if (fixup)
		*ip = (greg_t)fixup;
	return fixup;
}

static const char *describe(int sig, const siginfo_t *info)
{
	if (sig == SIGILL)
		return "BUG";
	if (is_general_protection(info))
		return "general protection fault";
	return (unsigned long)info->si_addr < 4096 ? "NULL pointer dereference" : "page fault";
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	greg_t *gregs = uc->uc_mcontext.gregs;

	if (!handle(sig, info, gregs))
		die(describe(sig, info), (unsigned long)gregs[REG_RIP], (unsigned long)info->si_addr);
}

void fault_init(void)
{
	static char stack[256 << 10] __attribute__((aligned(16)));
	stack_t ss = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

	if (sigaltstack(&ss, NULL) || sigaction(SIGILL, &sa, NULL) || sigaction(SIGSEGV, &sa, NULL) ||
	    sigaction(SIGBUS, &sa, NULL))
		eng_internal_error("kernel environment: cannot handle signals");
}
