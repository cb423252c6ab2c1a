/* SPDX-License-Identifier: GPL-2.0-only */
/* How a target says that it has found something, and what the sanitizers do meanwhile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzzers/fuzz.h"

void fuzz_finding(const char *title)
{
	fflush(stdout);
	/* The form of a sanitizer's last line: what ClusterFuzz and our campaign look for. */
	fprintf(stderr, "SUMMARY: tdpfuzz: %s\n", title);
	abort();
}

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
const char *__tsan_default_options(void);

/* Runtimes look these up by name. Fake stacks would make an abandoned fiber a leak. */
const char *__asan_default_options(void)
{
	return "detect_stack_use_after_return=0:handle_abort=0";
}

const char *__ubsan_default_options(void)
{
	return "print_stacktrace=1";
}

/* The exit code of all targets. abort_on_error would hang in libFuzzer's own handler. */
const char *__tsan_default_options(void)
{
	return "halt_on_error=1:exitcode=77:atexit_sleep_ms=0:report_signal_unsafe=0";
}
