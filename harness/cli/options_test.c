/* SPDX-License-Identifier: GPL-2.0-only */
/* What is wrong on the command line: one line on stderr that names it, exit 1, nothing on stdout, no file. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/cli/cli.h"

enum { MAX_ARGS = 8 };

static int failures, tests;
static char dir[] = "/tmp/tdpfuzz-options-XXXXXX";

static void check(bool ok, const char *what)
{
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++tests, what);
	failures += !ok;
}

static void child(char **argv, const char *out)
{
	int argc = 0, fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600),
	    err = open("err", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	while (argv[argc])
		argc++;
	if (fd < 0 || err < 0)
		_exit(99);
	dup2(fd, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	exit(cli_main(argc, argv));
}

/* The program in a child; stdout goes to @out, stderr to "err". Returns the exit code. */
static int tdpfuzz(char **argv, const char *out)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		child(argv, out);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static const char *slurp(const char *name)
{
	static char text[65536];
	FILE *f = fopen(name, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = 0;
	if (f)
		fclose(f);
	return text;
}

static bool one_line_with(const char *text, const char *word)
{
	const char *end = strchr(text, '\n');

	return end && end[1] == 0 && strstr(text, word);
}

static void rejects(const char *what, const char *word, char **argv)
{
	int status = tdpfuzz(argv, "out");
	bool line = one_line_with(slurp("err"), word);
	bool ok = status == 1 && line && slurp("out")[0] == 0 && access("saved", F_OK) != 0;

	check(ok, what);
	if (!ok)
		printf("# exit %d, stderr: %s\n", status, slurp("err"));
}

#define ARGS(...) ((char *[MAX_ARGS]){"tdpfuzz", __VA_ARGS__, NULL})

static void usage_errors(void)
{
	rejects("no command", "no command", (char *[]){"tdpfuzz", NULL});
	rejects("unknown command", "frobnicate", ARGS("frobnicate"));
	rejects("unknown global option", "--frob", ARGS("--frob"));
	rejects("unknown option", "--frob", ARGS("run", "--frob", "x"));
	rejects("option of another command", "--save", ARGS("list", "bugs", "--save", "saved"));
	rejects("no file", "FILE", ARGS("run"));
	rejects("one argument too many", "third", ARGS("convert", "a", "b", "third"));
	rejects("option without its value", "time", ARGS("explore", "x", "--time"));
	rejects("number that is none", "many", ARGS("explore", "x", "--executions", "many"));
	rejects("negative number", "-3", ARGS("explore", "x", "--seed=-3"));
	rejects("unknown strategy", "luck", ARGS("explore", "x", "--strategy", "luck"));
	rejects("unknown memory model", "alpha", ARGS("explore", "x", "--memory", "alpha"));
	rejects("unknown bug", "no-such-bug", ARGS("run", "x", "--bug", "no-such-bug"));
	rejects("unknown bug as an argument", "no-such-bug", ARGS("bugs", "no-such-bug"));
	rejects("option that bugs has no use for", "fixed", ARGS("bugs", "--strategy", "pct"));
	rejects("unknown variant", "colour", ARGS("run", "x", "--variant", "colour=red"));
	rejects("variant without a value", "huge", ARGS("run", "x", "--variant", "huge"));
	rejects("unknown value of a variant", "gigantic", ARGS("run", "x", "--variant", "huge=gigantic"));
	rejects("unknown list", "wishes", ARGS("list", "wishes"));
}

static void bad_files(void)
{
	rejects("missing file", "missing", ARGS("run", "missing.litmus"));
	rejects("missing file among others", "missing", ARGS("litmus", "missing.litmus", "other.litmus"));
	rejects("nothing saved for a missing file", "missing",
		ARGS("explore", "missing.litmus", "--save", "saved"));
	rejects("nothing converted of a missing file", "missing", ARGS("convert", "missing.litmus", "saved"));
	rejects("directory as a file", ".litmus", ARGS("run", "dir.litmus"));
	rejects("report of no directory", "missing", ARGS("report", "missing"));
}

static void output(void)
{
	check(tdpfuzz(ARGS("list", "bugs"), "out") == 0 && strstr(slurp("out"), "yield-drops-pending-flush"),
	      "list bugs");
	check(tdpfuzz(ARGS("list", "bugs"), "/dev/full") == 1 &&
		      one_line_with(slurp("err"), "standard output"),
	      "a full disk is an error");
	check(tdpfuzz(ARGS("--help"), "out") == 0 && strstr(slurp("out"), "explore"), "--help");
	check(tdpfuzz(ARGS("explore", "--help"), "out") == 0 && strstr(slurp("out"), "--preemptions"),
	      "--help of a command");
	check(tdpfuzz(ARGS("explore", "--help"), "/dev/full") == 1, "--help on a full disk is an error");
}

/* What a report says of how to see the finding again must show it again: here, a known issue. */
static void reproduce(void)
{
	char file[] = TDPFUZZ_SOURCE_DIR "/corpus/litmus/Q4.12-neighbour-fault.litmus";
	char *line, *argv[2 * MAX_ARGS + 1];
	int n = 0;

	check(tdpfuzz(ARGS("explore", "--strict", "--variant", "huge=rfc-v1", file), "out") == 2,
	      "a known issue is a violation under --strict");
	line = strstr(slurp("out"), "\nReproduce: ");
	if (line)
		line = strdup(line + strlen("\nReproduce: "));
	for (char *word = line ? strtok(strtok(line, "\n"), " ") : NULL; word && n < 2 * MAX_ARGS;
	     word = strtok(NULL, " "))
		argv[n++] = word;
	argv[n] = NULL;
	check(n > 2 && tdpfuzz(argv, "out") == 2, "the command that a report prints reproduces it");
	free(line);
}

static void json(void)
{
	cJSON *o;

	tdpfuzz(ARGS("list", "variants", "--json"), "out");
	o = cJSON_ParseWithOpts(slurp("out"), NULL, 0);
	check(o && strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(o, "name")), "huge") == 0 &&
		      cJSON_GetObjectItem(o, "summary"),
	      "list --json has name and summary");
	cJSON_Delete(o);
}

int main(void)
{
	if (!mkdtemp(dir) || chdir(dir) || mkdir("dir.litmus", 0700))
		return 1;
	usage_errors();
	bad_files();
	output();
	reproduce();
	json();
	if (failures == 0)
		check(!unlink("out") && !unlink("err") && !rmdir("dir.litmus") && !rmdir(dir),
		      "nothing else was written");
	printf("1..%d\n", tests);
	return failures != 0;
}
