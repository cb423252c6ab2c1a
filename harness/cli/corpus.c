/* SPDX-License-Identifier: GPL-2.0-only */
#include "harness/cli/corpus.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/cli.h"

#ifndef TDPFUZZ_SOURCE_DIR
#define TDPFUZZ_SOURCE_DIR "."
#endif

static const char *default_dir(void)
{
	return access(TDPFUZZ_SOURCE_DIR "/corpus/litmus", R_OK) == 0 ? TDPFUZZ_SOURCE_DIR "/corpus"
								      : "corpus";
}

static void add(struct corpus *c, const char *dir, const char *name, const char *suffix)
{
	char **path = realloc(c->path, (c->nr + 1) * sizeof(*c->path));
	char *text;

	if (!path || asprintf(&text, "%s/litmus/%s%s", dir, name, suffix) < 0)
		eng_internal_error("no memory for the names of the corpus");
	c->path = path;
	c->path[c->nr++] = text;
}

static int is_litmus(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 7 && strcmp(d->d_name + n - 7, ".litmus") == 0;
}

static bool add_all(struct corpus *c, const char *dir)
{
	struct dirent **list;
	char path[4096];
	int n;

	snprintf(path, sizeof(path), "%s/litmus", dir);
	n = scandir(path, &list, is_litmus, alphasort);
	if (n < 0) {
		cli_error("%s: %s", path, strerror(errno));
		return false;
	}
	for (int i = 0; i < n; i++) {
		add(c, dir, list[i]->d_name, "");
		free(list[i]);
	}
	free(list);
	return true;
}

bool corpus_for_bug(struct corpus *c, const char *dir, const char *name)
{
	char stem[96];

	memset(c, 0, sizeof(*c));
	dir = dir ? dir : default_dir();
	snprintf(stem, sizeof(stem), "bug-%s", name);
	add(c, dir, stem, ".litmus");
	if (access(c->path[0], R_OK) == 0)
		return true;
	corpus_free(c);
	return add_all(c, dir);
}

void corpus_free(struct corpus *c)
{
	for (size_t i = 0; i < c->nr; i++)
		free(c->path[i]);
	free(c->path);
	memset(c, 0, sizeof(*c));
}

bool corpus_all(struct corpus *c, const char *dir)
{
	memset(c, 0, sizeof(*c));
	return add_all(c, dir ? dir : default_dir());
}
