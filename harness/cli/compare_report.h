/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TDPFUZZ_CLI_COMPARE_REPORT_H
#define TDPFUZZ_CLI_COMPARE_REPORT_H

#include <stdio.h>

#include "harness/cli/compare.h"

enum { REPORT_LINES = 60 };

/**
 * struct compare_report - a comparison and what it was about
 * @base: NULL: there was none
 * @baseline: file of the findings on the base
 * @seconds: that the search took
 */
struct compare_report {
	const struct comparison *c;
	const struct tree *base, *patched;
	const char *baseline;
	double seconds;
};

unsigned int report_new(const struct comparison *c);
/* At most REPORT_LINES lines. */
void report_text(FILE *out, const struct compare_report *r);
/* JUnit XML: a case for each litmus test and each finding; what is new, or worse than on the base, has
 * failed. */
bool report_junit(const char *path, const struct compare_report *r);

#endif
