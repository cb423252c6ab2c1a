/* SPDX-License-Identifier: GPL-2.0-only */
/* tdpfuzz check and quick: what a change to a kernel tree makes new. */
#include <string.h>
#include <unistd.h>

#include "harness/cli/child.h"
#include "harness/cli/cli.h"
#include "harness/cli/compare_report.h"

enum { DEFAULT_MINUTES = 10, QUICK_SECONDS = 40 };

struct check {
	const struct cli_options *o;
	const struct tree_options *t;
	struct tree base, patched;
	struct corpus corpus;
	char baseline[PATH_MAX];
	double seconds;
	unsigned int jobs;
};

static void check_options(const struct cli_options *o)
{
	const struct tree_options *t = &o->tree;

	if (o->nr_args)
		cli_usage("check: '%s' is too much: see tdpfuzz check --help", o->args[0]);
	if (!t->tree)
		cli_usage("check: --tree is missing: see tdpfuzz check --help");
	if (t->series && t->range)
		cli_usage("check: --series and --range: one of them");
	if (t->range && t->base)
		cli_usage("check: --range A..B names its base itself, without --base");
	if (t->range && !strstr(t->range, ".."))
		cli_usage("check: --range: '%s' is not A..B", t->range);
	if (t->bisect && (t->series || t->range || t->base))
		cli_usage("check: --bisect looks at --tree as it is, without --base, --series and --range");
	if (t->bisect && !t->bisect[0])
		cli_usage("check: --bisect: the title is empty");
}

/* Both revisions of A..B; an empty one is HEAD, as git has it. */
static bool range_trees(struct check *c)
{
	const char *dots = strstr(c->t->range, "..");
	char from[256];

	snprintf(from, sizeof(from), "%.*s", (int)(dots - c->t->range), c->t->range);
	dots += 2;
	return tree_of_revision(&c->base, from[0] ? from : "HEAD") &&
	       tree_of_revision(&c->patched, *dots ? dots : "HEAD");
}

/* --base DIR: another directory, whose objects are looked at first; then @c's own tree is opened again. */
static bool base_directory(struct check *c)
{
	return tree_open(c->t->base) && tree_of_files(&c->base) && tree_open(c->t->tree);
}

static bool base_tree(struct check *c)
{
	const char *base = c->t->base;

	if (base && !tree_is_git())
		return base_directory(c);
	if (base)
		return tree_of_revision(&c->base, base);
	if (c->t->series)
		return tree_is_git() ? tree_of_revision(&c->base, "HEAD") : tree_of_files(&c->base);
	if (!tree_is_git()) {
		cli_error(
			"%s: not a git work tree, so --base DIR or --series MBOX must say what is new in it",
			c->t->tree);
		return false;
	}
	return tree_of_revision(&c->base, tree_default_base());
}

static bool find_trees(struct check *c)
{
	if (!tree_open(c->t->tree))
		return false;
	if (c->t->range)
		return range_trees(c);
	if (!c->t->bisect && !base_tree(c))
		return false;
	if (c->t->series)
		return tree_of_series(&c->patched, &c->base, c->t->series);
	return tree_of_files(&c->patched);
}

static bool check_trees(const struct check *c)
{
	return (c->t->bisect || tree_is_kernel(&c->base)) && tree_is_kernel(&c->patched);
}

static bool build_trees(struct check *c)
{
	return (c->t->bisect || tree_build(&c->base, c->jobs) != TREE_BROKEN) &&
	       tree_build(&c->patched, c->jobs) != TREE_BROKEN;
}

static unsigned int processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > 64 ? 64 : n;
}

static bool prepare(struct check *c)
{
	c->t = &c->o->tree;
	c->jobs = c->t->jobs ? c->t->jobs : processors();
	if (c->t->minutes > 0)
		c->seconds = c->t->minutes * 60;
	return corpus_all(&c->corpus, c->o->corpus) && find_trees(c) && check_trees(c);
}

static void clean_up(struct check *c)
{
	char dir[PATH_MAX];
	const char *const argv[] = {"rm", "-rf", "--", dir, NULL};
	struct child rm = {.seconds = 60};

	cache_path(dir, "tmp/%d", (int)getpid());
	child_run(&rm, argv);
	corpus_free(&c->corpus);
}

/* --bisect, as titles are kept. */
static const char *wanted(const struct check *c)
{
	static char title[512];

	if (!c->t->bisect)
		return NULL;
	snprintf(title, sizeof(title), "%s", c->t->bisect);
	title_stable(title);
	return title;
}

static void search(struct check *c, struct comparison *cmp)
{
	bool same = !c->t->bisect && strcmp(c->base.id, c->patched.id) == 0;

	cmp->bin[SIDE_PATCHED] = c->patched.bin;
	if (!c->t->bisect)
		cmp->bin[SIDE_BASE] = c->base.bin;
	/* The same content has the same findings: it is run once. */
	if (same)
		cmp->bin[SIDE_BASE] = NULL;
	cmp->corpus = &c->corpus;
	cmp->seconds = c->seconds;
	cmp->jobs = c->jobs;
	cmp->stop = wanted(c);
	compare_run(cmp);
	for (size_t i = 0; same && i < cmp->nr_findings; i++)
		cmp->findings[i].seen[SIDE_BASE] = cmp->findings[i].seen[SIDE_PATCHED];
}

static bool has_title(const struct comparison *c, const char *title)
{
	for (size_t i = 0; i < c->nr_findings; i++)
		if (c->findings[i].seen[SIDE_PATCHED] && strcmp(c->findings[i].title, title) == 0)
			return true;
	return false;
}

/* Good needs runs that were free to show the title: where each ended in another finding, nothing can be said.
 */
static int bisect_code(const struct check *c, const struct comparison *cmp)
{
	if (has_title(cmp, wanted(c))) {
		printf("bad: %s\n", c->t->bisect);
		return CLI_BISECT_SAME;
	}
	if (cmp->runs[SIDE_PATCHED] == cmp->hits[SIDE_PATCHED]) {
		printf("cannot decide: %u of %u explorations ended in other findings\n",
		       cmp->hits[SIDE_PATCHED], cmp->runs[SIDE_PATCHED]);
		return CLI_BISECT_SKIP;
	}
	printf("good: not found in %llu executions\n", (unsigned long long)cmp->executions[SIDE_PATCHED]);
	return CLI_OK;
}

static int bisect(struct check *c)
{
	struct comparison cmp = {0};
	int ret;

	/* A commit in the middle may have no tdp_mmu.c, or not compile: that is for git to step over. */
	if (!prepare(c) || !build_trees(c))
		return CLI_BISECT_SKIP;
	search(c, &cmp);
	ret = bisect_code(c, &cmp);
	compare_free(&cmp);
	return ret;
}

static bool read_baseline(struct check *c, struct comparison *cmp)
{
	if (c->t->baseline)
		path_print(c->baseline, "%s", c->t->baseline);
	else
		cache_path(c->baseline, "baseline/%s.jsonl", c->base.id);
	return baseline_read(cmp, c->baseline);
}

static int report(struct check *c, const struct comparison *cmp, double seconds)
{
	struct compare_report r = {cmp, &c->base, &c->patched, c->baseline, seconds};

	report_text(stdout, &r);
	if (c->t->junit && !report_junit(c->t->junit, &r))
		return CLI_USAGE;
	if (!baseline_write(cmp, c->baseline, &c->base))
		return CLI_USAGE;
	if (report_new(cmp))
		return CLI_FOUND;
	if (!cmp->runs[SIDE_PATCHED]) {
		cli_error("nothing was explored: %u of %zu scenarios are not for a kernel tree", cmp->unfit,
			  c->corpus.nr);
		return CLI_UNKNOWN;
	}
	return CLI_OK;
}

static int compare(struct check *c)
{
	struct comparison cmp = {0};
	double start;
	int ret;

	if (!prepare(c) || !read_baseline(c, &cmp) || !build_trees(c)) {
		compare_free(&cmp);
		return CLI_USAGE;
	}
	start = cli_now();
	search(c, &cmp);
	ret = report(c, &cmp, cli_now() - start);
	compare_free(&cmp);
	return ret;
}

static int run(const struct cli_options *o, double seconds)
{
	struct check c = {.o = o, .seconds = seconds};
	int ret;

	check_options(o);
	ret = o->tree.bisect ? bisect(&c) : compare(&c);
	clean_up(&c);
	return ret;
}

static int check(const struct cli_options *o)
{
	return run(o, DEFAULT_MINUTES * 60);
}

static int quick(const struct cli_options *o)
{
	if (o->tree.bisect || o->tree.series || o->tree.range)
		cli_usage("quick: --bisect, --series and --range are options of check");
	return run(o, QUICK_SECONDS);
}

#define CHECK_GROUPS (CLI_TREE | CLI_CORPUS)

const struct cli_command cmd_check = {
	.name = "check",
	.args = "",
	.summary = "what a change to a kernel tree makes new",
	.doc = "Builds tdpfuzz on the kernel tree T and on its base, runs the litmus tests and explores the "
	       "same scenarios on "
	       "both, and reports what is new, in at most 60 lines.\v"
	       "The patched tree is T as its files are on disk, committed or not; with --series, the base "
	       "with these "
	       "patches on it; with --range, revision B. Without --base, the base is: for --series, HEAD (of "
	       "a directory, T "
	       "itself); else where T's branch left its upstream; else HEAD if something is not committed, "
	       "HEAD~1 if "
	       "everything is. T is never written to. Builds are kept by content in $TDPFUZZ_CACHE or "
	       "~/.cache/tdpfuzz.\n"
	       "\n"
	       "Exit codes: 0 nothing new, 1 usage, or a tree that does not build, 2 a new finding, 5 "
	       "nothing could be "
	       "explored. With --bisect: 0 good, 1 the title is there, 125 cannot decide (does not build, or "
	       "only other "
	       "findings), 129 usage.",
	.groups = CHECK_GROUPS,
	.run = check,
};

const struct cli_command cmd_quick = {
	.name = "quick",
	.args = "",
	.summary = "the same in a minute, for git rebase -x",
	.doc = "As tdpfuzz check, with 40 s of search, for git rebase -x 'tdpfuzz quick --tree .': the tree "
	       "of the commit "
	       "before is in the cache by then, so that only the change is built.",
	.groups = CHECK_GROUPS,
	.run = quick,
};
