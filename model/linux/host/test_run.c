// SPDX-License-Identifier: GPL-2.0-only
/* Runs of a few functions of the kernel half as threads: what the tests of the environment are made of. */
#include <stdio.h>

#include "harness/engine/engine.h"
#include "model/linux/host/host.h"

static void (*const *functions)(void);

static void body(void *arg)
{
	host_begin();
	functions[(uintptr_t)arg]();
	host_leave();
}

const char *lnx_test_run(unsigned int nr, void (*const fns[])(void), unsigned int seed)
{
	static const char *const names[ENG_MAX_THREADS] = {"t0", "t1", "t2", "t3", "t4",
							   "t5", "t6", "t7", "t8", "t9"};
	static char id[16];
	struct eng_strategy *random = eng_strategy_random(seed);
	struct eng_run run;

	if (nr > ENG_MAX_THREADS)
		eng_internal_error("a test with %u threads", nr);
	eng_next_phase();
	functions = fns;
	for (unsigned int t = 0; t < nr; t++)
		eng_thread(names[t], body, (void *)(uintptr_t)t);
	eng_run(random, &run);
	random->destroy(random);
	eng_next_phase();
	host_begin();
	snprintf(id, sizeof(id), "%s", run.verdict == ENG_OK ? "" : run.id ? run.id : "ABORTED");
	return id;
}
