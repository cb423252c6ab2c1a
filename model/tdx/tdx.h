/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM's TDX glue: SEAMCALL wrappers. */
#ifndef TDPFUZZ_TDX_TDX_H
#define TDPFUZZ_TDX_TDX_H

#include "model/kvm/tdp_mmu.h"

static inline bool tdx_operand_busy(u64 err)
{
	return (err & TDX_STATUS_MASK) == TDX_OPERAND_BUSY;
}

static inline u64 tdx_sept_level(int level)
{
	return level - 1;
}

/* TDX_BUG_ON(): an error that KVM cannot handle; the VM is dead. */
#define TDX_BUG_ON(err, leaf, kvm)                                                                           \
	({                                                                                                   \
		u64 err_ = (err);                                                                            \
		if (unlikely(err_))                                                                          \
			kvm_vm_bugged(kvm, __func__, leaf);                                                  \
		unlikely(err_);                                                                              \
	})

/*
 * tdh_do_no_vcpus() - a SEAMCALL that may not fail for being busy: second try with every vCPU outside the
 * guest. mmu_lock W.
 */
u64 tdh_do_no_vcpus(struct kvm *kvm, u64 leaf, const struct tdx_module_args *in, struct tdx_module_args *out);

#endif
