/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TDPFUZZ_LNX_COVERAGE_H
#define TDPFUZZ_LNX_COVERAGE_H

#include "model/types.h"

/* A power of two, larger than the code of a kernel in units of four bytes: no two places share a counter. */
#define LNX_EDGES (1u << 20)

/* How often each was taken since the process began, up to 255; for fuzzers to register as extra counters. */
extern u8 lnx_edges[LNX_EDGES];

#endif
