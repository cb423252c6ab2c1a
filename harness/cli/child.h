/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that tdpfuzz starts: git, builders, and other builds of itself. Each has a process group of its
 * own, writes its output to files, and is killed with all that it started when its time is over. However it
 * ends is a result.
 */
#ifndef TDPFUZZ_CLI_CHILD_H
#define TDPFUZZ_CLI_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

enum child_end {
	CHILD_RUNS,
	CHILD_EXITED, /* @code is its exit code */
	CHILD_KILLED, /* @code is the signal that it died of */
	CHILD_TIMEOUT, /* it was killed because its time was over */
};

/**
 * struct child - a program, running or ended
 * @out, @err: files that it writes to; NULL: /dev/null
 * @in: file that it reads; NULL: /dev/null
 * @dir: where it runs; NULL: here
 * @env: NAME=VALUE that are added to the environment, up to a NULL; NULL: none
 * @seconds: how long it may run
 * @code: see enum child_end; 127 of CHILD_EXITED: it could not be started
 */
struct child {
	const char *out, *err, *in, *dir;
	const char *const *env;
	double seconds;

	pid_t pid;
	double deadline;
	enum child_end end;
	int code;
};

/* @argv ends with NULL; argv[0] is looked up in PATH. */
void child_start(struct child *c, const char *const argv[]);
/* Has it ended? Does not wait. */
bool child_poll(struct child *c);
void child_wait(struct child *c);
/* Both. True: it exited with code 0. */
bool child_run(struct child *c, const char *const argv[]);

/* "exit code 3", "signal 11", "no answer after 5 s": how it ended, in words; a static buffer. */
const char *child_ended(const struct child *c);

#endif
