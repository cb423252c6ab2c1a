// SPDX-License-Identifier: GPL-2.0-only
/*
 * Static calls. Call sites call the trampoline, always; an update rewrites the trampoline in place. Only
 * during boot, before the host half takes its snapshot: code is not part of it.
 */
#include <linux/mm.h>
#include <linux/static_call.h>

#include "model/linux/kernel/env.h"
#include "model/linux/kernel/sys.h"

#define PROT_RWX 7

static const u8 code_ret[] = {0xc3};
static const u8 code_return0[] = {0x31, 0xc0, 0xc3}; /* xor %eax, %eax; ret */

long __static_call_return0(void)
{
	return 0;
}

void sys_make_writable(const void *code)
{
	unsigned long first = (unsigned long)code & PAGE_MASK;
	unsigned long last = ((unsigned long)code + 8) & PAGE_MASK;

	if (env_syscall(SYS_MPROTECT, first, last + PAGE_SIZE - first, PROT_RWX))
		lnx_internal("mprotect() of code fails");
}

static void write_jump(u8 *code, const void *target)
{
	s32 distance = (long)target - (long)(code + 5);

	code[0] = 0xe9;
	memcpy(code + 1, &distance, sizeof(distance));
}

void __static_call_update(struct static_call_key *key, void *tramp, void *func)
{
	key->func = func;
	if (!tramp)
		return;
	sys_make_writable(tramp);
	if (!func)
		memcpy(tramp, code_ret, sizeof(code_ret));
	else if (func == &__static_call_return0)
		memcpy(tramp, code_return0, sizeof(code_return0));
	else
		write_jump(tramp, func);
}
