/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TDPFUZZ_CLI_OPTIONS_TREE_H
#define TDPFUZZ_CLI_OPTIONS_TREE_H

#include <argp.h>

/**
 * struct tree_options - kernel trees: what to compare, for how long; NULL or 0 where nothing was said
 * @tree: a git work tree or a plain directory
 * @base: a revision of @tree, or a directory
 * @series: a mail box of patches on the base
 * @range: A..B of @tree
 * @baseline: file of the findings on the base
 * @bisect: the title whose presence makes a tree bad
 */
struct tree_options {
	const char *tree, *base, *series, *range, *junit, *baseline, *bisect;
	double minutes;
	unsigned int jobs;
};

/* The group CLI_TREE; its input is a struct cli_options. */
extern const struct argp cli_tree_argp;

#endif
