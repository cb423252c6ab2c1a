/* SPDX-License-Identifier: GPL-2.0-only */
/* What the module says about itself (TDH.SYS.RD), and holds a host's TD_PARAMS against. */
#ifndef TDPFUZZ_MODEL_SEAM_SYS_H
#define TDPFUZZ_MODEL_SEAM_SYS_H

#include "model/seam/state.h"

/* FIXED0: bits that may be 1; FIXED1: bits that have to be. */
#define SYS_ATTRIBUTES_FIXED0 (BIT_ULL(28) | BIT_ULL(0)) /* SEPT_VE_DISABLE, DEBUG */
#define SYS_ATTRIBUTES_FIXED1 0ull
#define SYS_XFAM_FIXED0 7ull /* x87, SSE, AVX */
#define SYS_XFAM_FIXED1 3ull
#define SYS_CONFIG_FLAGS 5ull /* GPAW, NO_RBP_MOD */
/* The one CPUID leaf that a host configures: a kernel asks for the address width in it. */
#define SYS_NR_CPUID_CONFIG 1
#define SYS_CPUID_CONFIG_LEAF (0xffffffffull << 32 | 0x80000008)
#define SYS_CPUID_CONFIG_EBX BIT_ULL(9) /* WBNOINVD */

#endif
