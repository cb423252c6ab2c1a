/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings on the base, kept from one comparison to the next: JSON lines {title, file, tree}. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cli/cli.h"
#include "harness/cli/compare.h"

static char *copy_of(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		eng_internal_error("no memory for the baseline");
	return copy;
}

static void add(struct comparison *c, const char *title, const char *file)
{
	struct finding *f = realloc(c->findings, (c->nr_findings + 1) * sizeof(*f));

	if (!f)
		eng_internal_error("no memory for the baseline");
	c->findings = f;
	f = &c->findings[c->nr_findings++];
	memset(f, 0, sizeof(*f));
	f->known = true;
	f->title = copy_of(title);
	f->file = copy_of(file);
	f->how = copy_of("");
	f->saved = copy_of("");
}

static bool line_of(struct comparison *c, const char *text)
{
	cJSON *o = cJSON_Parse(text);
	const cJSON *title = cJSON_GetObjectItemCaseSensitive(o, "title");
	const cJSON *file = cJSON_GetObjectItemCaseSensitive(o, "file");
	bool ok = cJSON_IsString(title);

	if (ok)
		add(c, title->valuestring, cJSON_IsString(file) ? file->valuestring : "");
	cJSON_Delete(o);
	return ok;
}

bool baseline_read(struct comparison *c, const char *path)
{
	FILE *f = fopen(path, "re");
	char line[8192];
	bool ok = true;

	if (!f && errno == ENOENT)
		return true;
	if (!f) {
		cli_error("%s: %s", path, strerror(errno));
		return false;
	}
	for (unsigned int nr = 1; ok && fgets(line, sizeof(line), f); nr++) {
		ok = line_of(c, line);
		if (!ok)
			cli_error("%s:%u: not a line of a baseline file", path, nr);
	}
	fclose(f);
	return ok;
}

static void write_line(FILE *f, const struct finding *finding, const struct tree *base)
{
	cJSON *o = cJSON_CreateObject();
	char *text;

	cJSON_AddStringToObject(o, "title", finding->title);
	cJSON_AddStringToObject(o, "file", finding->file);
	cJSON_AddStringToObject(o, "tree", base->id);
	text = cJSON_PrintUnformatted(o);
	if (!text)
		eng_internal_error("no memory for the baseline");
	fprintf(f, "%s\n", text);
	cJSON_free(text);
	cJSON_Delete(o);
}

bool baseline_write(const struct comparison *c, const char *path, const struct tree *base)
{
	char temporary[PATH_MAX];
	bool ok;
	FILE *f;

	path_print(temporary, "%s.new", path);
	f = fopen(temporary, "we");
	for (size_t i = 0; f && i < c->nr_findings; i++)
		if (c->findings[i].known || c->findings[i].seen[SIDE_BASE])
			write_line(f, &c->findings[i], base);
	ok = f && !ferror(f);
	if (f && fclose(f))
		ok = false;
	if (ok && rename(temporary, path) == 0)
		return true;
	cli_error("%s: %s", path, strerror(errno));
	return false;
}
