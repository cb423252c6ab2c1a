/* SPDX-License-Identifier: GPL-2.0-only */
/* What the command lines of race_replay and race_stress share: both end with exit code 1 and one line on a
 * bad value. */
#ifndef TDPFUZZ_RACE_OPTIONS_H
#define TDPFUZZ_RACE_OPTIONS_H

#include "model/types.h"

/* @text as a number of C's notation; @option names it in the message. */
u64 race_number(const char *text, const char *option);
/* The number of a seeded bug. */
int race_bug(const char *name);

#endif
