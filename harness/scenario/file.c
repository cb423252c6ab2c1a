// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scenarios on disk. A file that cannot be written whole is not written at all. What is there and is no
 * ordinary file (a device, a pipe, a link) is written to: a rename would put a file into its place.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/scenario/ops.h"

#define MAX_FILE (4u << 20)

static bool is_text(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && !strcmp(dot, ".litmus");
}

/* malloc'ed, with a zero behind the end; NULL with the reason in @err. */
static u8 *read_file(const char *path, size_t *size, struct scn_error *err)
{
	u8 *data = NULL;
	struct stat st;
	FILE *f = fopen(path, "rb");

	if (!f) {
		scn_fail(err, "%.180s: %s", path, strerror(errno));
		return NULL;
	}
	if (fstat(fileno(f), &st) || S_ISDIR(st.st_mode)) {
		scn_fail(err, "%.180s: %s", path, strerror(EISDIR));
		goto out;
	}
	data = malloc(MAX_FILE + 1);
	if (!data)
		eng_internal_error("out of memory for %s", path);
	*size = fread(data, 1, MAX_FILE + 1, f);
	if (ferror(f))
		scn_fail(err, "%.180s: %s", path, strerror(errno));
	else if (*size > MAX_FILE)
		scn_fail(err, "%.180s: larger than any scenario", path);
	else if (!*size)
		scn_fail(err, "%.180s: empty", path);
	else {
		data[*size] = 0;
		goto out;
	}
	free(data);
	data = NULL;
out:
	fclose(f);
	return data;
}

bool scn_load(struct scenario *s, const char *path, struct scn_error *err)
{
	size_t size = 0;
	u8 *data;
	bool ok;

	scn_init(s);
	data = read_file(path, &size, err);
	if (!data)
		return false;
	if (is_text(path))
		ok = scn_parse_text(s, path, (const char *)data, size, err);
	else if (size >= 4 && !memcmp(data, "TDPF", 4))
		ok = scn_parse_binary(s, path, data, size, err);
	else {
		ok = scn_decode_fuzz(s, data, size);
		if (!ok)
			scn_fail(err,
				 "%.180s: not a scenario: no TDPF at its start, and no program as a fuzz "
				 "input",
				 path);
	}
	free(data);
	return ok;
}

static bool write_all(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "wb");
	bool ok;
	int saved;

	if (!f)
		return false;
	ok = fwrite(data, 1, size, f) == size && !fflush(f);
	saved = errno;
	if (fclose(f))
		return false;
	errno = saved;
	return ok;
}

static bool replace(const char *path, const void *data, size_t size)
{
	char tmp[4096];
	int saved;

	if (snprintf(tmp, sizeof(tmp), "%s.tmp%ld", path, (long)getpid()) >= (int)sizeof(tmp)) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (write_all(tmp, data, size) && !rename(tmp, path))
		return true;
	saved = errno;
	unlink(tmp);
	errno = saved;
	return false;
}

bool scn_save(const struct scenario *s, const char *path, struct scn_error *err)
{
	struct stat st;
	size_t size;
	void *data;
	bool ok;

	if (is_text(path)) {
		data = scn_print_text(s);
		size = strlen(data);
	} else {
		data = scn_print_binary(s, &size);
	}
	if (!lstat(path, &st) && !S_ISREG(st.st_mode))
		ok = write_all(path, data, size);
	else
		ok = replace(path, data, size);
	if (!ok)
		scn_fail(err, "%.180s: %s", path, strerror(errno));
	free(data);
	return ok;
}
