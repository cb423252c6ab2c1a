// SPDX-License-Identifier: GPL-2.0-only
/* The tests of the environment as one list. */
#include <linux/kernel.h>

#include "model/linux/kernel/env.h"
#include "model/linux/kernel/setup.h"

#define MAX_TESTS 128

extern const struct lnx_test lnx_core_tests[], lnx_fs_tests[], lnx_vmx_tests[];

struct lnx_test all[MAX_TESTS] asm("lnx_tests");

static unsigned int append(unsigned int nr, const struct lnx_test *tests)
{
	for (; tests->name; tests++) {
		if (nr + 1 == MAX_TESTS)
			lnx_internal("more than %d tests", MAX_TESTS - 1);
		all[nr++] = *tests;
	}
	return nr;
}

void setup_tests(void)
{
	append(append(append(0, lnx_core_tests), lnx_fs_tests), lnx_vmx_tests);
}
