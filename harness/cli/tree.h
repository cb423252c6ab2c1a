/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel trees by their content. A tree is named by git's hash of it, whether it is a revision, a work tree
 * as it is on disk, a plain directory, or one of these with patches. Nothing is written to the user's tree or
 * its repository: objects, indexes and copies are in the cache, which is $TDPFUZZ_CACHE or ~/.cache/tdpfuzz:
 *
 *   store.git     objects that the user's repository does not have
 *   index/        an index for each directory that was looked at, so that the second look is fast
 *   tree, build   one copy of a tree, changed file by file into the next one that is built, and its build
 *   bin/ID/       tdpfuzz on the tree ID, with the log of its build
 *   findings/     schedules of findings
 */
#ifndef TDPFUZZ_CLI_TREE_H
#define TDPFUZZ_CLI_TREE_H

#include <limits.h>
#include <stdbool.h>

#define TREE_ID 65

/**
 * struct tree - a kernel tree under test
 * @id: git's hash of the content
 * @name: for people: "HEAD~1 of /src/linux"
 * @bin: tdpfuzz on this tree, once it is built
 */
struct tree {
	char id[TREE_ID], name[256], bin[PATH_MAX];
};

/* The path of @fmt in the cache, whose directories exist then. Ends the program if there cannot be a cache.
 */
void cache_path(char path[PATH_MAX], const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A path that does not fit is an error of usage. */
void path_print(char path[PATH_MAX], const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* False, each time: reported in one line. */

/* @dir: a git work tree or a plain directory; remembered for the calls below. */
bool tree_open(const char *dir);
/* Does @dir have revisions? */
bool tree_is_git(void);
/* The files as they are on disk now. */
bool tree_of_files(struct tree *t);
/* Revision @rev of the opened tree. */
bool tree_of_revision(struct tree *t, const char *rev);
/* What the opened tree is compared with when nothing was said: a static buffer. */
const char *tree_default_base(void);
/* @base with the patches of the mail box @mbox, or of a plain diff. */
bool tree_of_series(struct tree *t, const struct tree *base, const char *mbox);
/* Is it all there, and for x86? */
bool tree_is_kernel(const struct tree *t);

enum tree_build { TREE_BUILT, TREE_CACHED, TREE_BROKEN /* reported */ };
/* Makes @t->bin. Another tdpfuzz that builds is waited for. */
enum tree_build tree_build(struct tree *t, unsigned int jobs);

#endif
