/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of trees, by git's plumbing on a repository and indexes of our own: GIT_DIR is the cache's store, the
 * user's objects are its alternates, the user's directory is at most its work tree.
 */
#include "harness/cli/tree.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/cli/tree_git.h"
#include "harness/cli/cli.h"

/* What the build reads of a directory, as git's patterns for ls-files and for apply; and what a build leaves
 * behind there. */
static const char *const tree_parts[] = {":(glob)*",
					 "include",
					 "scripts",
					 "arch/x86",
					 "virt",
					 "lib",
					 "kernel",
					 "mm",
					 "init",
					 "usr",
					 "certs",
					 "io_uring",
					 "ipc",
					 "security",
					 "crypto",
					 "block",
					 "tools/include",
					 "tools/objtool",
					 "tools/build",
					 "tools/scripts",
					 "tools/lib",
					 "tools/docs",
					 "tools/arch/x86",
					 "LICENSES",
					 "drivers/iommu",
					 "drivers/base",
					 "fs",
					 ":(glob)arch/*/Makefile",
					 ":(glob)**/Kconfig*",
					 NULL};
static const char *const tree_includes[] = {
	"--include=include/*", "--include=scripts/*",	    "--include=arch/x86/*",
	"--include=virt/*",    "--include=lib/*",	    "--include=kernel/*",
	"--include=mm/*",      "--include=init/*",	    "--include=tools/*",
	"--include=fs/*",      "--include=security/*",	    "--include=block/*",
	"--include=*Kconfig*", "--exclude=tools/testing/*", NULL};
static const char tree_left_over[] = ".git\n.*.cmd\n.tmp_*\n*.o\n*.a\n*.ko\n*.cmd\n*.mod\n*.mod.c\n*.order\n*"
				     ".symvers\n*.so.dbg\n/vmlinux*\n/.config*\n"
				     "/include/generated\n/include/config\n/arch/x86/include/generated\n";

static struct {
	char dir[PATH_MAX], git_dir[PATH_MAX];
} opened;

static const char *cache_dir(void)
{
	static char dir[PATH_MAX];
	char here[PATH_MAX];
	const char *home = getenv("HOME"), *own = getenv("TDPFUZZ_CACHE");

	if (!dir[0]) {
		/* Not relative: git runs elsewhere. */
		if (own && own[0] == '/')
			path_print(dir, "%s", own);
		else if (own && own[0] && getcwd(here, sizeof(here)))
			path_print(dir, "%s/%s", here, own);
		else if (home && home[0])
			path_print(dir, "%s/.cache/tdpfuzz", home);
		else
			cli_usage("no cache directory: neither TDPFUZZ_CACHE nor HOME is set");
	}
	return dir;
}

void path_print(char path[PATH_MAX], const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(path, PATH_MAX, fmt, ap);
	va_end(ap);
	if (n < 0 || n >= PATH_MAX)
		cli_usage("%.60s...: the path is too long", path);
}

/* Every directory above @path. */
static void make_parents(const char *path)
{
	char dir[PATH_MAX];

	path_print(dir, "%s", path);
	for (char *p = dir + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		if (mkdir(dir, 0777) && errno != EEXIST)
			cli_usage("%s: %s (set TDPFUZZ_CACHE to a directory that can be written)", dir,
				  strerror(errno));
		*p = '/';
	}
}

void cache_path(char path[PATH_MAX], const char *fmt, ...)
{
	char rest[PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(rest, sizeof(rest), fmt, ap);
	va_end(ap);
	path_print(path, "%s/%s", cache_dir(), rest);
	make_parents(path);
}

bool tree_is_git(void)
{
	return opened.git_dir[0];
}

/* The repository of which @dir is the top; one further up does not count. */
static void find_git_dir(const char *dir)
{
	const char *const argv[] = {
		"git", "-C", dir, "-c", "safe.directory=*", "rev-parse", "--absolute-git-dir", NULL};
	char dot_git[PATH_MAX];

	opened.git_dir[0] = 0;
	path_print(dot_git, "%s/.git", dir);
	if (access(dot_git, F_OK) == 0)
		git_line(opened.git_dir, sizeof(opened.git_dir), NULL, argv);
}

bool tree_open(const char *dir)
{
	struct stat st;

	if (!realpath(dir, opened.dir) || stat(opened.dir, &st)) {
		cli_error("%s: %s", dir, strerror(errno));
		return false;
	}
	if (!S_ISDIR(st.st_mode)) {
		cli_error("%s: not a directory", dir);
		return false;
	}
	if (!git_start())
		return false;
	find_git_dir(opened.dir);
	git_alternate(opened.git_dir);
	return true;
}

/* A name of @dir that is good as the name of a file. */
static void index_name(char name[PATH_MAX], const char *dir)
{
	path_print(name, "%s", dir);
	for (char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '.' && *p != '-')
			*p = '_';
	if (strlen(name) > 200)
		memmove(name, name + strlen(name) - 200, 201);
}

/* The user's own index knows which files have not changed: the first look is as fast as git status. */
static void seed_index(const char *index)
{
	char own[PATH_MAX];

	path_print(own, "%s/index", opened.git_dir);
	if (tree_is_git() && access(index, F_OK) && !access(own, R_OK))
		git_copy_file(own, index);
}

/* What git sees, ignored files aside. */
static bool read_work_tree(const struct git_place *place)
{
	static const char *const add[] = {"git", "-c", "core.autocrlf=false", "add", "-A", "--", ".", NULL};

	return git_do(place, NULL, add);
}

/*
 * A directory's .gitignore is not asked: Debian's kernel packages have one that ignores all. Only what the
 * build reads is looked at, so that a kernel tree is not stored whole.
 */
static bool read_directory(const struct git_place *place)
{
	static const char *const update[] = {"git",	     "-c",	"core.autocrlf=false",
					     "update-index", "--add",	"--remove",
					     "-z",	     "--stdin", NULL};
	const char *argv[64] = {"git", "ls-files", "-z", "--cached", "--others", "-X"};
	char list[PATH_MAX], left_over[PATH_MAX];
	unsigned int n = 6;

	cache_path(list, "tmp/%d/files", (int)getpid());
	cache_path(left_over, "tmp/%d/exclude", (int)getpid());
	if (!git_write_file(left_over, tree_left_over))
		return false;
	argv[n++] = left_over;
	argv[n++] = "--";
	for (const char *const *part = tree_parts; *part; part++)
		argv[n++] = *part;
	return git_do(place, NULL, argv) && git_output_to(list) && git_do(place, list, update);
}

static bool read_files(const struct git_place *place)
{
	return tree_is_git() ? read_work_tree(place) : read_directory(place);
}

bool tree_of_files(struct tree *t)
{
	static const char *const write[] = {"git", "write-tree", NULL};
	struct git_place place = {.work_tree = opened.dir};
	char name[PATH_MAX], index[PATH_MAX];

	index_name(name, opened.dir);
	cache_path(index, "index/%s", name);
	seed_index(index);
	place.index = index;
	if (!read_files(&place) || !git_line(t->id, sizeof(t->id), &place, write)) {
		/* An index of another git, or one cut short, must not be what stops us for good. */
		unlink(index);
		if (!read_files(&place) || !git_line(t->id, sizeof(t->id), &place, write)) {
			cli_error("%s: git cannot read this tree: %s", opened.dir, git_last_error());
			return false;
		}
	}
	snprintf(t->name, sizeof(t->name), "%.250s", opened.dir);
	return true;
}

bool tree_of_revision(struct tree *t, const char *rev)
{
	char spec[512], option[PATH_MAX];
	const char *const argv[] = {"git", option, "rev-parse", "--verify", "--quiet", "--end-of-options",
				    spec,  NULL};

	if (!tree_is_git()) {
		cli_error("%s: not a git work tree, so it has no revision '%s'", opened.dir, rev);
		return false;
	}
	snprintf(spec, sizeof(spec), "%.480s^{tree}", rev);
	path_print(option, "--git-dir=%s", opened.git_dir);
	if (!git_line(t->id, sizeof(t->id), NULL, argv)) {
		cli_error("%s: no revision '%s'", opened.dir, rev);
		return false;
	}
	snprintf(t->name, sizeof(t->name), "%.80s of %.160s", rev, opened.dir);
	return true;
}

const char *tree_default_base(void)
{
	static char base[TREE_ID];
	char option[PATH_MAX];
	const char *const merge[] = {"git", option, "merge-base", "HEAD", "@{upstream}", NULL};
	const char *const head[] = {"git", option, "rev-parse", "--verify", "--quiet", "HEAD", NULL};
	char commit[TREE_ID];
	struct tree now, last;

	path_print(option, "--git-dir=%s", opened.git_dir);
	if (!git_line(commit, sizeof(commit), NULL, head))
		return "HEAD";
	if (git_line(base, sizeof(base), NULL, merge) && strcmp(base, commit) != 0)
		return base;
	/* Changes that are not committed yet are what is new. */
	if (tree_of_files(&now) && tree_of_revision(&last, "HEAD") && strcmp(now.id, last.id) != 0)
		return "HEAD";
	return "HEAD~1";
}

/* One mail, or one diff. Of a directory only a part was read: patches are applied to that. */
static bool apply_patch(const struct git_place *place, const char *patch, const char *mbox, unsigned int nr)
{
	const char *argv[64] = {"git", "apply", "--cached", "--whitespace=nowarn"};
	unsigned int n = 4;
	struct stat st;

	/* A cover letter has no patch. */
	if (nr && stat(patch, &st) == 0 && st.st_size == 0)
		return true;
	for (const char *const *part = tree_includes; !tree_is_git() && *part; part++)
		argv[n++] = *part;
	argv[n] = patch;
	if (git_do(place, NULL, argv))
		return true;
	if (nr)
		cli_error("%s: patch %u does not apply: %s", mbox, nr, git_last_error());
	else
		cli_error("%s: does not apply: %s", mbox, git_last_error());
	return false;
}

static bool apply_mail(const struct git_place *place, const char *dir, const char *mbox, unsigned int nr)
{
	char mail[PATH_MAX], message[PATH_MAX], patch[PATH_MAX];
	const char *const argv[] = {"git", "mailinfo", message, patch, NULL};

	path_print(mail, "%s/%04u", dir, nr);
	path_print(message, "%s/message", dir);
	path_print(patch, "%s/patch", dir);
	if (!git_do(NULL, mail, argv)) {
		cli_error("%s: mail %u: %s", mbox, nr, git_last_error());
		return false;
	}
	return apply_patch(place, patch, mbox, nr);
}

static bool apply_mbox(const struct git_place *place, const char *mbox)
{
	char dir[PATH_MAX], option[PATH_MAX + 8], count[32];
	const char *const argv[] = {"git", "mailsplit", option, mbox, NULL};
	unsigned long nr;

	cache_path(dir, "tmp/%d/mail/", (int)getpid());
	snprintf(option, sizeof(option), "-o%s", dir);
	if (!git_line(count, sizeof(count), NULL, argv)) {
		cli_error("%s: not a mail box: %s", mbox, git_last_error());
		return false;
	}
	nr = strtoul(count, NULL, 10);
	for (unsigned int i = 1; i <= nr; i++)
		if (!apply_mail(place, dir, mbox, i))
			return false;
	return true;
}

/* Mail starts with "From "; anything else is taken for what diff writes. */
static int is_mbox(const char *path)
{
	char start[5] = "";
	FILE *f = fopen(path, "re");
	struct stat st;
	size_t n;

	if (!f || fstat(fileno(f), &st) || !S_ISREG(st.st_mode)) {
		cli_error("%s: %s", path, f ? "not a file" : strerror(errno));
		if (f)
			fclose(f);
		return -1;
	}
	n = fread(start, 1, sizeof(start), f);
	fclose(f);
	return n == sizeof(start) && memcmp(start, "From ", 5) == 0;
}

bool tree_of_series(struct tree *t, const struct tree *base, const char *mbox)
{
	const char *const read[] = {"git", "read-tree", base->id, NULL};
	static const char *const write[] = {"git", "write-tree", NULL};
	struct git_place place = {0};
	char index[PATH_MAX], file[PATH_MAX];
	int mail = is_mbox(mbox);

	if (mail < 0)
		return false;
	if (!realpath(mbox, file)) {
		cli_error("%s: %s", mbox, strerror(errno));
		return false;
	}
	cache_path(index, "tmp/%d/index", (int)getpid());
	place.index = index;
	if (!git_do(&place, NULL, read)) {
		cli_error("%s: %s", base->name, git_last_error());
		return false;
	}
	if (!(mail ? apply_mbox(&place, file) : apply_patch(&place, file, mbox, 0)))
		return false;
	if (!git_line(t->id, sizeof(t->id), &place, write)) {
		cli_error("%s: %s", mbox, git_last_error());
		return false;
	}
	snprintf(t->name, sizeof(t->name), "%.120s on %.120s", mbox, base->name);
	return true;
}

static bool has(const struct tree *t, const char *path)
{
	char spec[256];
	const char *const argv[] = {"git", "cat-file", "-e", spec, NULL};
	struct git_place place = {0};

	snprintf(spec, sizeof(spec), "%s:%s", t->id, path);
	return git_do(&place, NULL, argv);
}

bool tree_is_kernel(const struct tree *t)
{
	static const char *const needed[] = {"Kbuild",
					     "scripts/Makefile.build",
					     "include/linux/kvm_host.h",
					     "arch/x86/Makefile",
					     "arch/x86/kvm/mmu/tdp_mmu.c",
					     "arch/x86/kvm/vmx/vmx.c",
					     "virt/kvm/kvm_main.c",
					     "lib/xarray.c"};

	if (!has(t, "Makefile") || !has(t, "Kconfig")) {
		cli_error("%s: not a kernel tree: it has no Makefile and Kconfig", t->name);
		return false;
	}
	if (!has(t, "arch/x86") && has(t, "arch")) {
		cli_error("%s: a tree without arch/x86: it is KVM on x86 that is tested", t->name);
		return false;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(needed); i++) {
		if (!has(t, needed[i])) {
			cli_error("%s: only a part of a kernel tree: it has no %s", t->name, needed[i]);
			return false;
		}
	}
	return true;
}
