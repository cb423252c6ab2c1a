/* SPDX-License-Identifier: GPL-2.0-only */
/* The litmus tests of a corpus directory. */
#ifndef TDPFUZZ_CLI_CORPUS_H
#define TDPFUZZ_CLI_CORPUS_H

#include <stdbool.h>
#include <stddef.h>

struct corpus {
	char **path;
	size_t nr;
};

/*
 * Files to look for the bug @name in: DIR/litmus/bug-NAME.litmus if there is one, else every test in
 * DIR/litmus, sorted by name. @dir NULL: the corpus of the source tree. False: the directory cannot be read
 * (reported).
 */
bool corpus_for_bug(struct corpus *c, const char *dir, const char *name);
/* Every test of DIR/litmus, sorted by name; @dir as above. */
bool corpus_all(struct corpus *c, const char *dir);
void corpus_free(struct corpus *c);

#endif
