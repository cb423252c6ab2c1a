// SPDX-License-Identifier: GPL-2.0-only
/* Words of the VM that the host half watches; see host/watch.c. */
#include <linux/kvm_host.h>

#include "model/linux/kernel/env.h"
#include "model/linux/kernel/vmm.h"

#define WORD(member) (*size = sizeof(vmm.kvm->member), &vmm.kvm->member)

const volatile void *lnx_watched(enum lnx_watched which, unsigned int *size)
{
	if (!vmm.kvm)
		return NULL;
	switch (which) {
	case LNX_W_INVAL_COUNT:
		return WORD(mmu_invalidate_in_progress);
	case LNX_W_INVAL_START:
		return WORD(mmu_invalidate_range_start);
	case LNX_W_INVAL_END:
		return WORD(mmu_invalidate_range_end);
	case LNX_W_FLUSH_REQUESTS:
		return WORD(stat.generic.remote_tlb_flush_requests);
	case LNX_W_BUGGED:
		return WORD(vm_bugged);
	default:
		return NULL;
	}
}
