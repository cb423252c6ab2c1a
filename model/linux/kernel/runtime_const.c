// SPDX-License-Identifier: GPL-2.0-only
/*
 * Constants that the tree's code holds in its instructions and that boot writes there, before anybody uses
 * them: what arch_cpu_finalize_init() does about them. Trees before 6.10 have none, and no list of their
 * places.
 */
#include <linux/types.h>
#include <linux/uaccess.h>

#include "model/linux/kernel/env.h"
#include "model/linux/kernel/setup.h"
#include "model/linux/kernel/sys.h"

#if __has_include(<asm/runtime-const.h>)
#include <asm/runtime-const.h>

unsigned long USER_PTR_MAX;

static void write_ptr(void *where, unsigned long value)
{
	sys_make_writable(where);
	*(unsigned long *)where = value;
}

/* A processor with four levels and without linear address masking. */
void setup_runtime_consts(void)
{
	extern s32 __start_runtime_ptr_USER_PTR_MAX[], __stop_runtime_ptr_USER_PTR_MAX[];

	USER_PTR_MAX = TASK_SIZE_MAX;
	runtime_const_fixup(write_ptr, USER_PTR_MAX, __start_runtime_ptr_USER_PTR_MAX,
			    __stop_runtime_ptr_USER_PTR_MAX);
}
#else
void setup_runtime_consts(void)
{
}
#endif
