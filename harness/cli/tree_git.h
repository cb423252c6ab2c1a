/* SPDX-License-Identifier: GPL-2.0-only */
/* git's plumbing on the cache's repository. */
#ifndef TDPFUZZ_CLI_TREE_GIT_H
#define TDPFUZZ_CLI_TREE_GIT_H

#include <stdbool.h>
#include <stddef.h>

/* Where a command works; a NULL place is the user's environment, for commands that name their repository. */
struct git_place {
	const char *index, *work_tree;
};

/* Is there a git, and a store? False: reported. */
bool git_start(void);
/* From now on, the objects of @git_dir can be read, too; "": there are none. */
void git_alternate(const char *git_dir);

/* True: exit code 0. @in: file for standard input. */
bool git_do(const struct git_place *place, const char *in, const char *const argv[]);
/* The same, and its first line of output. */
bool git_line(char *line, size_t size, const struct git_place *place, const char *const argv[]);
/* What the last command that failed said: its first line that is worth something. */
const char *git_last_error(void);

/* The output of the last command becomes a file. */
bool git_output_to(const char *path);
bool git_write_file(const char *path, const char *text);
void git_copy_file(const char *from, const char *to);

#endif
