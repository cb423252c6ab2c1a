/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One copy of a tree and one build directory for all trees: going from one tree to the next changes only the
 * files that differ, so that the build does little more than after a save in an editor. What comes out is
 * kept by content.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/cli/child.h"
#include "harness/cli/tree.h"
#include "harness/cli/tree_git.h"
#include "harness/cli/cli.h"

#ifndef TDPFUZZ_SOURCE_DIR
#define TDPFUZZ_SOURCE_DIR "."
#endif

enum { BUILD_SECONDS = 1800 };

/* What the build reads, as patterns of a sparse checkout: a tenth of a kernel tree. */
static const char sparse[] =
	"/*\n!/*/\n/include/\n/scripts/\n/arch/x86/\n/virt/\n/lib/\n/kernel/\n/mm/\n/init/\n/usr/\n/certs/\n/"
	"io_uring/\n/ipc/\n"
	"/security/\n/crypto/\n/block/\n/tools/include/\n/tools/objtool/\n/tools/build/\n/tools/scripts/\n/"
	"tools/lib/\n"
	"/tools/arch/x86/\n/tools/docs/\n/LICENSES/\n/drivers/iommu/\n/drivers/base/\n/fs/**/*.h\nKconfig*\n";

/* The builder: BUILDER TREE DIR JOBS makes DIR/tdpfuzz, or fails and says why on stderr. */
static const char *builder(void)
{
	const char *own = getenv("TDPFUZZ_TREE_BUILDER");

	return own && own[0] ? own : TDPFUZZ_SOURCE_DIR "/ci/build-tree";
}

/* Which tdpfuzz, built how: another one must not find this one's programs. */
static void build_key(char key[64])
{
	struct stat st = {0};
	u64 hash = 14695981039346656037ull;

	stat("/proc/self/exe", &st);
	for (const char *p = build_identity(); *p; p++)
		hash = (hash ^ (u8)*p) * 1099511628211ull;
	for (const char *p = builder(); *p; p++)
		hash = (hash ^ (u8)*p) * 1099511628211ull;
	hash = (hash ^ (u64)st.st_mtim.tv_sec) * 1099511628211ull;
	hash = (hash ^ (u64)st.st_mtim.tv_nsec) * 1099511628211ull;
	snprintf(key, 64, "%016llx", (unsigned long long)hash);
}

static bool remove_all(const char *path)
{
	const char *const argv[] = {"rm", "-rf", "--", path, NULL};
	struct child c = {.seconds = 300};

	return child_run(&c, argv);
}

/* The copy becomes @t. A copy that a killed run left half way is made again from nothing. */
static bool check_out(const struct tree *t, char copy[PATH_MAX])
{
	const char *const argv[] = {"git",
				    "-c",
				    "core.sparseCheckout=true",
				    "-c",
				    "core.autocrlf=false",
				    "read-tree",
				    "--reset",
				    "-u",
				    t->id,
				    NULL};
	char index[PATH_MAX], whole[PATH_MAX], patterns[PATH_MAX], keep[PATH_MAX];
	struct git_place place = {.index = index, .work_tree = copy};
	bool ok;

	cache_path(copy, "tree/copy");
	cache_path(index, "tree/index");
	cache_path(whole, "tree/whole");
	cache_path(patterns, "store.git/info/sparse-checkout");
	cache_path(keep, "tree/copy/.tdpfuzz");
	if (access(whole, F_OK)) {
		unlink(index);
		if (!remove_all(copy))
			cli_error("%s: cannot be removed", copy);
		cache_path(keep, "tree/copy/.tdpfuzz");
	}
	unlink(whole);
	if (!git_write_file(patterns, sparse))
		return false;
	ok = git_do(&place, NULL, argv);
	if (!ok)
		cli_error("%s: cannot be copied: %s", t->name, git_last_error());
	return ok && git_write_file(whole, t->id);
}

/* The line of the log that names what is wrong, as compilers, make and cmake write it. */
static void reason(char *text, size_t size, const char *log)
{
	static const char *const marks[] = {"error:", "Error:", "CMake Error", "undefined reference",
					    "fatal:"};
	FILE *f = fopen(log, "re");
	char line[512], last[512] = "";
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (line[0])
			snprintf(last, sizeof(last), "%s", line);
		for (unsigned int i = 0; i < ARRAY_SIZE(marks); i++)
			found |= strstr(line, marks[i]) != NULL;
	}
	if (f)
		fclose(f);
	snprintf(text, size, "%.300s", last[0] ? last : "no reason given");
}

static bool keep(const char *made, const char *bin)
{
	char temporary[PATH_MAX];
	const char *const argv[] = {"cp", "--", made, temporary, NULL};
	struct child c = {.seconds = 120};

	path_print(temporary, "%s.new", bin);
	if (child_run(&c, argv) && rename(temporary, bin) == 0)
		return true;
	cli_error("%s: cannot be copied to the cache", made);
	return false;
}

static enum tree_build make(struct tree *t, unsigned int jobs)
{
	char copy[PATH_MAX], dir[PATH_MAX], log[PATH_MAX], made[PATH_MAX], number[16], why[512];
	const char *const argv[] = {builder(), copy, dir, number, NULL};
	struct child c = {.out = log, .err = log, .seconds = BUILD_SECONDS};

	if (!check_out(t, copy))
		return TREE_BROKEN;
	cache_path(dir, "build/tdpfuzz");
	*strrchr(dir, '/') = 0;
	path_print(made, "%s/tdpfuzz", dir);
	path_print(log, "%s.log", t->bin);
	snprintf(number, sizeof(number), "%u", jobs);
	unlink(made);
	if (!child_run(&c, argv)) {
		reason(why, sizeof(why), log);
		cli_error("%s: does not build (%s): %s [%s]", t->name, child_ended(&c), why, log);
		return TREE_BROKEN;
	}
	if (access(made, X_OK)) {
		cli_error("%s: the build made no %s [%s]", t->name, made, log);
		return TREE_BROKEN;
	}
	return keep(made, t->bin) ? TREE_BUILT : TREE_BROKEN;
}

enum tree_build tree_build(struct tree *t, unsigned int jobs)
{
	enum tree_build result = TREE_CACHED;
	char key[64], lock[PATH_MAX];
	int fd;

	build_key(key);
	cache_path(t->bin, "bin/%s-%s/tdpfuzz", t->id, key);
	if (access(t->bin, X_OK) == 0)
		return TREE_CACHED;
	cache_path(lock, "lock");
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || flock(fd, LOCK_EX)) {
		cli_error("%s: %s", lock, strerror(errno));
		if (fd >= 0)
			close(fd);
		return TREE_BROKEN;
	}
	/* Somebody else may have built it meanwhile. */
	if (access(t->bin, X_OK))
		result = make(t, jobs);
	close(fd);
	return result;
}
