/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The seed corpus: writes the program and the schedule of each scenario FILE to DIR as a raw fuzz input. Bugs
 * and designs stay behind: the environment of the fuzz target says which machine it is.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzzers/fuzz.h"
#include "harness/scenario/scenario.h"

static int fail(const char *file, const char *what)
{
	fprintf(stderr, "make_seeds: %s: %s\n", file, what);
	return 1;
}

static size_t encode(const char *file, u8 *out)
{
	static struct scenario s;
	struct scn_error err;
	size_t size;

	if (!scn_load(&s, file, &err)) {
		fprintf(stderr, "make_seeds: %s\n", err.text);
		return 0;
	}
	s.has_bug = 0;
	s.bug = 0;
	for (int v = 0; v < VARIANT_NR; v++)
		if (v != VARIANT_huge)
			s.variants[v] = 0;
	size = scn_encode_fuzz(&s, out, FUZZ_MAX_SIZE);
	scn_free(&s);
	return size;
}

static int make_seed(const char *dir, const char *file)
{
	static u8 bytes[FUZZ_MAX_SIZE];
	const char *base = strrchr(file, '/'), *dot;
	size_t size = encode(file, bytes);
	char path[4096];
	FILE *f;

	if (!size)
		return fail(file, "no seed");
	base = base ? base + 1 : file;
	dot = strrchr(base, '.');
	snprintf(path, sizeof(path), "%s/%.*s", dir, dot ? (int)(dot - base) : (int)strlen(base), base);
	f = fopen(path, "wb");
	if (!f || fwrite(bytes, 1, size, f) != size || fclose(f))
		return fail(path, strerror(errno));
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: make_seeds DIR FILE...\n");
		return 1;
	}
	if (mkdir(argv[1], 0777) && errno != EEXIST)
		return fail(argv[1], strerror(errno));
	for (int i = 2; i < argc; i++)
		failed |= make_seed(argv[1], argv[i]);
	return failed;
}
