/* SPDX-License-Identifier: GPL-2.0-only */
#include "harness/cli/tree_git.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/child.h"
#include "harness/cli/tree.h"
#include "harness/cli/cli.h"

/* A kernel tree that git has never seen is read in about 20 s from a slow disk. */
enum { GIT_SECONDS = 600 };

static char store[PATH_MAX], objects[PATH_MAX], out_file[PATH_MAX], err_file[PATH_MAX];

/* git as it is without the user's settings: what is done to a file's content must not depend on them. */
static void environment(char text[][PATH_MAX + 64], const char *env[], const struct git_place *place)
{
	unsigned int n = 0;

	env[n++] = "GIT_TERMINAL_PROMPT=0";
	env[n++] = "GIT_NO_LAZY_FETCH=1";
	env[n++] = "LC_ALL=C";
	if (place) {
		env[n++] = "GIT_CONFIG_NOSYSTEM=1";
		env[n++] = "GIT_CONFIG_GLOBAL=/dev/null";
		snprintf(text[0], sizeof(text[0]), "GIT_DIR=%s", store);
		env[n++] = text[0];
		snprintf(text[1], sizeof(text[1]), "GIT_ALTERNATE_OBJECT_DIRECTORIES=%s", objects);
		env[n++] = text[1];
		snprintf(text[2], sizeof(text[2]), "GIT_INDEX_FILE=%s", place->index ? place->index : "");
		if (place->index)
			env[n++] = text[2];
		snprintf(text[3], sizeof(text[3]), "GIT_WORK_TREE=%s",
			 place->work_tree ? place->work_tree : store);
		env[n++] = text[3];
	}
	env[n] = NULL;
}

bool git_do(const struct git_place *place, const char *in, const char *const argv[])
{
	static char text[4][PATH_MAX + 64];
	const char *env[10];
	struct child c = {.out = out_file, .err = err_file, .in = in, .env = env, .seconds = GIT_SECONDS};

	environment(text, env, place);
	if (place)
		c.dir = place->work_tree ? place->work_tree : store;
	return child_run(&c, argv);
}

static bool first_line(char *line, size_t size, const char *file)
{
	FILE *f = fopen(file, "re");
	bool ok;

	line[0] = 0;
	ok = f && fgets(line, size, f);
	if (f)
		fclose(f);
	line[strcspn(line, "\n")] = 0;
	return ok;
}

bool git_line(char *line, size_t size, const struct git_place *place, const char *const argv[])
{
	return git_do(place, NULL, argv) && first_line(line, size, out_file) && line[0];
}

const char *git_last_error(void)
{
	static char line[256];
	char *text = line;

	if (!first_line(line, sizeof(line), err_file) || !line[0])
		return "git gave no reason";
	if (strncmp(text, "error: ", 7) == 0 || strncmp(text, "fatal: ", 7) == 0)
		text += 7;
	return text;
}

bool git_output_to(const char *path)
{
	return rename(out_file, path) == 0;
}

bool git_write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	bool ok = f && fputs(text, f) >= 0;

	if (f && fclose(f))
		ok = false;
	if (!ok)
		cli_error("%s: %s", path, strerror(errno));
	return ok;
}

void git_copy_file(const char *from, const char *to)
{
	const char *const argv[] = {"cp", "--", from, to, NULL};
	struct child c = {.seconds = 60};

	/* Without it git is slower, no more. */
	if (!child_run(&c, argv))
		unlink(to);
}

bool git_start(void)
{
	static const char *const version[] = {"git", "--version", NULL};
	const char *const init[] = {"git", "init", "-q", "--bare", store, NULL};
	char head[PATH_MAX];

	cache_path(store, "store.git");
	cache_path(out_file, "tmp/%d/git.out", (int)getpid());
	cache_path(err_file, "tmp/%d/git.err", (int)getpid());
	if (!git_do(NULL, NULL, version)) {
		cli_error("git is missing (Debian: apt-get install git)");
		return false;
	}
	path_print(head, "%s/HEAD", store);
	if (access(head, R_OK) && !git_do(NULL, NULL, init)) {
		cli_error("%s: %s", store, git_last_error());
		return false;
	}
	return true;
}

void git_alternate(const char *git_dir)
{
	char option[PATH_MAX + 16], found[PATH_MAX], both[PATH_MAX];
	const char *const argv[] = {"git",	  option,    "rev-parse", "--path-format=absolute",
				    "--git-path", "objects", NULL};

	if (!git_dir[0])
		return;
	snprintf(option, sizeof(option), "--git-dir=%s", git_dir);
	if (!git_line(found, sizeof(found), NULL, argv) || strstr(objects, found))
		return;
	path_print(both, "%s%s%s", objects, objects[0] ? ":" : "", found);
	path_print(objects, "%s", both);
}
