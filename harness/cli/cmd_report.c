/* SPDX-License-Identifier: GPL-2.0-only */
/* tdpfuzz report: runs the report generator of reports/ on a campaign directory. */
#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/cli/cli.h"

#ifndef TDPFUZZ_SOURCE_DIR
#define TDPFUZZ_SOURCE_DIR "."
#endif

extern char **environ;

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR) {
			cli_error("report: %s", strerror(errno));
			return CLI_INTERNAL;
		}
	}
	if (!WIFEXITED(status)) {
		cli_error("report: the generator died of signal %d", WTERMSIG(status));
		return CLI_INTERNAL;
	}
	return WEXITSTATUS(status);
}

/* The generator replays crash files with this program. */
static bool own_path(char *buf, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", buf, size - 1);

	if (n < 0)
		return false;
	buf[n] = 0;
	return true;
}

static int report(const struct cli_options *o)
{
	static char script[] = TDPFUZZ_SOURCE_DIR "/reports/build-report.mjs";
	static char tdpfuzz[] = "--tdpfuzz";
	char self[4096], *argv[] = {"node", script, tdpfuzz, self, o->args[0], NULL};
	struct stat st;
	pid_t pid;
	int err;

	if (stat(o->args[0], &st) || !S_ISDIR(st.st_mode)) {
		cli_error("%s: not a directory", o->args[0]);
		return CLI_USAGE;
	}
	if (access(script, R_OK)) {
		cli_error("%s: %s", script, strerror(errno));
		return CLI_USAGE;
	}
	if (!own_path(self, sizeof(self))) {
		cli_error("report: /proc/self/exe: %s", strerror(errno));
		return CLI_USAGE;
	}
	fflush(stdout);
	err = posix_spawnp(&pid, "node", NULL, NULL, argv, environ);
	if (err) {
		cli_error("report: cannot start node (Debian: apt-get install nodejs): %s", strerror(err));
		return CLI_USAGE;
	}
	return wait_for(pid);
}

const struct cli_command cmd_report = {
	.name = "report",
	.args = "DIR",
	.summary = "write the report page of what a campaign left in DIR",
	.doc = "Writes one HTML page from the campaign directory DIR: findings, executions, coverage over "
	       "time. Needs "
	       "Node.js.",
	.min_args = 1,
	.max_args = 1,
	.run = report,
};
