/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzz targets share. A target is one file with LLVMFuzzerTestOneInput(); it is linked with
 * libFuzzer (presets fuzz and tsan), with AFL++'s driver (preset afl), or with replay.c (release, gcc,
 * coverage).
 */
#ifndef TDPFUZZ_FUZZ_H
#define TDPFUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The largest input that is looked at; .options and the campaign say the same. */
#define FUZZ_MAX_SIZE 4096

/*
 * Counters that the fuzzer at hand reads after each input as coverage, or NULL: coverage_libfuzzer.c,
 * coverage_afl.c, coverage_none.c. AFL++ moves its map once, after start: ask again for each input.
 */
uint8_t *fuzz_counters(void);
/* libFuzzer scans all counters after each input: 4 KiB cost half of an empty target's speed, 64 KiB nearly
 * all. */
#define FUZZ_COUNTERS 4096

/* Ends the process in the way that the fuzzer at hand records as a finding, after one line of @title. */
void fuzz_finding(const char *title) __attribute__((noreturn));

#endif
