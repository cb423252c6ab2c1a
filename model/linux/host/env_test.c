// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tests of the environment, lnx_tests[] of the kernel half, each on a tree that has just booted: in a
 * process of its own, as what a test breaks on purpose would be there for the next one.
 *
 *   test-linux-host-env [NAME...]   all of them, or these
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/engine/engine.h"
#include "model/linux/host/host.h"

#define TIME_LIMIT 30 /* seconds a test */

static char names[128][64];

static void boot(void)
{
	eng_init();
	the_subject.start();
	the_subject.reset();
}

/* What a process did: its exit status, 128 and the signal's number if one ended it. */
static int in_process(void (*fn)(void *arg), void *arg)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		alarm(TIME_LIMIT);
		fn(arg);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		eng_internal_error("cannot run a process for a test");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The kernel half knows the names once it has booted. */
static void write_names(void *fd)
{
	boot();
	for (const struct lnx_test *t = lnx_tests; t->name; t++)
		dprintf(*(int *)fd, "%s\n", t->name);
}

static unsigned int read_names(void)
{
	unsigned int nr = 0;
	int fds[2];
	FILE *f;

	if (pipe(fds) || in_process(write_names, &fds[1]))
		eng_internal_error("the tree does not boot");
	close(fds[1]);
	f = fdopen(fds[0], "r");
	while (f && nr < ARRAY_SIZE(names) && fscanf(f, "%63[^\n]\n", names[nr]) == 1)
		nr++;
	if (f)
		fclose(f);
	return nr;
}

/* What the others build on is made by the one that is called so. */
#define SETUP "setup"

static bool run_named(const char *name)
{
	for (const struct lnx_test *t = lnx_tests; t->name; t++) {
		if (strcmp(t->name, name) == 0) {
			host_begin();
			t->fn();
			host_leave();
			return true;
		}
	}
	return false;
}

static void run_test(void *name)
{
	boot();
	if (!run_named(SETUP) || (strcmp(name, SETUP) != 0 && !run_named(name)))
		eng_internal_error("no test '%s'", (const char *)name);
}

static bool is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	unsigned int nr = read_names(), run = 0, failed = 0;

	for (unsigned int i = 0; i < nr; i++) {
		int status;

		if (!is_wanted(names[i], argc, argv))
			continue;
		status = in_process(run_test, names[i]);
		printf("%s %u - %s", status ? "not ok" : "ok", ++run, names[i]);
		printf(status ? ": exit status %d\n" : "\n", status);
		failed += status != 0;
	}
	printf("1..%u\n", run);
	return failed || !run;
}
