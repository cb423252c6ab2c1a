/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs threads under either back end and says how many data races TSan saw. */
#ifndef TDPFUZZ_RACE_RUN_PAIR_H
#define TDPFUZZ_RACE_RUN_PAIR_H

#include "model/machine.h"

void pair_init(void);
/* @nr functions, one a thread, @rounds times from the state that @setup makes. Returns the reports. */
unsigned int pair_run(void (*setup)(void), void (*const *fn)(void *), unsigned int nr, unsigned int rounds);

#endif
