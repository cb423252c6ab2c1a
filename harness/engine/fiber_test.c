/* SPDX-License-Identifier: GPL-2.0-only */
/* A fiber that runs over its stack stops the process at the guard page, instead of writing into the next one.
 */
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/engine/fiber.h"
#include "harness/engine/test.h"

static volatile u64 sink;

static __attribute__((noinline)) u64 use_stack(size_t left)
{
	volatile char frame[1024];

	frame[left % 7] = left; /* an index known only now, or the compiler keeps one byte of the frame */
	if (left > sizeof(frame))
		sink += use_stack(left - sizeof(frame));
	return frame[left % 5];
}

static void use(void *size)
{
	sink = use_stack((size_t)size);
}

static void run_using(size_t size)
{
	struct eng_strategy *s = eng_strategy_bytes();
	struct eng_run run;

	eng_thread("stack", use, (void *)size);
	eng_run(s, &run);
	eng_reset();
	s->destroy(s);
}

static int status_of_child(size_t size)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		if (!freopen("/dev/null", "w", stderr))
			_exit(99);
		run_using(size);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status;
}

int main(void)
{
	int over;

	test_engine();
	ok(status_of_child(FIBER_STACK / 4) == 0, "a quarter of the stack is there to use");
	over = status_of_child(4 * FIBER_STACK);
	/* A sanitizer reports the overflow and exits; otherwise it is a plain fault. */
	ok(over && (WIFSIGNALED(over) || (WEXITSTATUS(over) && WEXITSTATUS(over) != 99)),
	   "an overflow kills the process (status %#x)", over);
	return test_end();
}
