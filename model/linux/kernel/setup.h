/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processor and the boot of the machine that the tree finds itself on: kernel half only.
 */
#ifndef TDPFUZZ_LNX_SETUP_H
#define TDPFUZZ_LNX_SETUP_H

#include <linux/types.h>

/* Frames of RAM, those of model/hw; all are one TDX memory region but the first megabyte. */
#define SETUP_RAM_FRAMES (1ul << 20)
#define SETUP_PHYS_BITS 46

/* processor.c */
void setup_processor(
	unsigned int nr_cpus); /* CPU identification: what setup_arch() and identify_cpu() leave behind */
void setup_runtime_consts(void); /* runtime_const.c: constants in code that boot finds out */
bool setup_in_vmx_operation(void); /* has this CPU done VMXON? */

/* tests.c: fills lnx_tests[]. */
void setup_tests(void);

/* ioctl.c: the guest of the running thread's vCPU has halted, which ends its program. */
void setup_guest_halted(void);

#endif
