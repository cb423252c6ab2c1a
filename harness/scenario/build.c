// SPDX-License-Identifier: GPL-2.0-only
/* Who made a recording. */
#include <stdio.h>

#include "harness/scenario/exec.h"

#ifndef TDPFUZZ_COMMIT
#define TDPFUZZ_COMMIT "unknown"
#endif
#ifndef TDPFUZZ_FLAVOUR
#define TDPFUZZ_FLAVOUR "unknown"
#endif
#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

const char *build_identity(void)
{
	static char text[sizeof(((struct scenario *)0)->build)];

	if (!text[0])
		snprintf(text, sizeof(text), "%.20s, %.40s, %.16s%s%.80s", TDPFUZZ_COMMIT, COMPILER,
			 TDPFUZZ_FLAVOUR, the_subject.identity ? ", " : "",
			 the_subject.identity ? the_subject.identity() : "");
	return text;
}
