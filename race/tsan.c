/* SPDX-License-Identifier: GPL-2.0-only */
/* Options and suppressions of ThreadSanitizer, compiled in so that a race ends a program in one way
 * everywhere. */

const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "halt_on_error=1:exitcode=77:atexit_sleep_ms=0:report_signal_unsafe=0:report_thread_leaks=0:"
	       "history_size=4";
}

__asm__(".pushsection .rodata\n"
	"race_tsan_supp:\n"
	".incbin \"" TDPFUZZ_SOURCE_DIR "/race/tsan.supp\"\n"
	".byte 0\n"
	".popsection\n");
extern const char race_tsan_supp[];

const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
	return race_tsan_supp;
}
