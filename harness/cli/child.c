/* SPDX-License-Identifier: GPL-2.0-only */
#include "harness/cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/cli/cli.h"

/* Those that run now: a signal that ends us ends them. */
enum { MAX_CHILDREN = 64 };
static volatile sig_atomic_t running[MAX_CHILDREN];

static void end_all(int sig)
{
	for (unsigned int i = 0; i < MAX_CHILDREN; i++)
		if (running[i])
			kill(-running[i], SIGKILL);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void catch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	static bool done;
	struct sigaction sa = {.sa_handler = end_all};

	if (done)
		return;
	done = true;
	sigemptyset(&sa.sa_mask);
	for (unsigned int i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &sa, NULL);
}

static void remember(pid_t was, pid_t is)
{
	for (unsigned int i = 0; i < MAX_CHILDREN; i++) {
		if (running[i] == was) {
			running[i] = is;
			return;
		}
	}
}

static void redirect(int fd, const char *path, int flags)
{
	int file = open(path ? path : "/dev/null", flags | O_CLOEXEC, 0666);

	if (file < 0 || dup2(file, fd) < 0)
		_exit(127);
}

static void __attribute__((noreturn)) become(const struct child *c, const char *const argv[])
{
	setpgid(0, 0);
	/* Whoever kills tdpfuzz for good must not leave a build behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	redirect(STDIN_FILENO, c->in, O_RDONLY);
	redirect(STDOUT_FILENO, c->out, O_WRONLY | O_CREAT | O_TRUNC);
	redirect(STDERR_FILENO, c->err, O_WRONLY | O_CREAT | O_TRUNC);
	signal(SIGPIPE, SIG_DFL);
	if (c->dir && chdir(c->dir))
		_exit(127);
	for (const char *const *e = c->env; e && *e; e++)
		putenv((char *)*e);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

void child_start(struct child *c, const char *const argv[])
{
	catch_signals();
	fflush(NULL);
	c->end = CHILD_RUNS;
	c->deadline = cli_now() + c->seconds;
	c->pid = fork();
	if (c->pid == 0)
		become(c, argv);
	if (c->pid < 0) {
		c->end = CHILD_EXITED;
		c->code = 127;
		return;
	}
	/* Here, too: the group must exist before it may be killed. */
	setpgid(c->pid, c->pid);
	remember(0, c->pid);
}

static void ended(struct child *c, int status)
{
	bool timeout = c->end == CHILD_TIMEOUT;

	/* What it left behind in its group, too. */
	kill(-c->pid, SIGKILL);
	remember(c->pid, 0);
	if (timeout)
		return;
	c->end = WIFEXITED(status) ? CHILD_EXITED : CHILD_KILLED;
	c->code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
}

bool child_poll(struct child *c)
{
	int status;
	pid_t pid;

	if (c->end != CHILD_RUNS)
		return true;
	pid = waitpid(c->pid, &status, WNOHANG);
	if (pid == c->pid) {
		ended(c, status);
		return true;
	}
	if (cli_now() < c->deadline)
		return false;
	kill(-c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	c->end = CHILD_TIMEOUT;
	ended(c, status);
	return true;
}

void child_wait(struct child *c)
{
	static const struct timespec pause = {.tv_nsec = 5000000};

	while (!child_poll(c))
		nanosleep(&pause, NULL);
}

bool child_run(struct child *c, const char *const argv[])
{
	child_start(c, argv);
	child_wait(c);
	return c->end == CHILD_EXITED && c->code == 0;
}

const char *child_ended(const struct child *c)
{
	static char text[64];

	if (c->end == CHILD_TIMEOUT)
		snprintf(text, sizeof(text), "no answer after %.0f s", c->seconds);
	else if (c->end == CHILD_KILLED)
		snprintf(text, sizeof(text), "signal %d", c->code);
	else if (c->code == 127)
		snprintf(text, sizeof(text), "cannot be started");
	else
		snprintf(text, sizeof(text), "exit code %d", c->code);
	return text;
}
