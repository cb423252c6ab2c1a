// SPDX-License-Identifier: GPL-2.0-only
/* Edges that were taken in the tree's MMU code, when it was compiled to count them (KERNEL_COVERAGE). */
#include "model/linux/host/coverage.h"

u8 lnx_edges[LNX_EDGES];

extern char lnx_ktext_start[] __attribute__((weak));

void __sanitizer_cov_trace_pc(void);

/* Before each basic block. Calls lie four bytes apart at least. */
void __sanitizer_cov_trace_pc(void)
{
	unsigned long pc = (unsigned long)__builtin_return_address(0) - (unsigned long)lnx_ktext_start;
	u8 *edge = &lnx_edges[pc / 4 % LNX_EDGES];

	*edge += *edge != 255;
}
