/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main() of a target without a fuzzer: runs each FILE once. A directory stands for the files in it. Exit code
 * 77 for a finding, as libFuzzer's.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzzers/fuzz.h"

static int files;

static void on_abort(int sig)
{
	(void)sig;
	_exit(77);
}

static int fail(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	return 1;
}

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	size_t size = 0, got;

	if (!f)
		return fail(path);
	do {
		data = realloc(data, size + 65536);
		if (!data) {
			fclose(f);
			return fail(path);
		}
		got = fread(data + size, 1, 65536, f);
		size += got;
	} while (got);
	if (ferror(f)) {
		fclose(f);
		free(data);
		return fail(path);
	}
	fclose(f);
	/* To its exact size, so that a sanitizer sees a read past the end. */
	data = realloc(data, size ? size : 1);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	files++;
	return 0;
}

static int replay_directory(const char *path)
{
	struct dirent **entries;
	int nr = scandir(path, &entries, NULL, alphasort);
	int ret = 0;

	if (nr < 0)
		return fail(path);
	for (int i = 0; i < nr; i++) {
		char name[4096];

		if (entries[i]->d_name[0] != '.') {
			snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
			ret |= replay_file(name);
		}
		free(entries[i]);
	}
	free(entries);
	return ret;
}

int main(int argc, char **argv)
{
	int ret = 0;

	if (argc < 2 || !strcmp(argv[1], "--help")) {
		printf("usage: %s FILE|DIRECTORY...\nRuns each input once. Exit code 77 when one is a "
		       "finding.\n",
		       argv[0]);
		return argc < 2;
	}
	signal(SIGABRT, on_abort);
	LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++) {
		struct stat st;

		if (stat(argv[i], &st))
			ret |= fail(argv[i]);
		else
			ret |= S_ISDIR(st.st_mode) ? replay_directory(argv[i]) : replay_file(argv[i]);
	}
	printf("%d inputs, no finding\n", files);
	return ret;
}
