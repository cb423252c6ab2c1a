/* SPDX-License-Identifier: GPL-2.0-only */
/* Every invariant that can be broken, and every verdict of the engine, has a consequence of its own. */
#include <string.h>

#include "harness/check/check.h"
#include "harness/trace/trace.h"

static int failures, tests;

static void has_own(const char *id, const char *whose)
{
	const struct trace_consequence *c = trace_consequence(id);
	bool ok = strcmp(c->id, id) == 0 && c->what[0] && c->who[0];

	printf("%s %d - %s (%s)\n", ok ? "ok" : "not ok", ++tests, id, whose);
	failures += !ok;
}

int main(void)
{
	for (unsigned int i = 0; i < BUG_NR; i++)
		has_own(bug_infos[i].invariant, bug_infos[i].name);
	for (unsigned int f = 0; check_families[f]; f++)
		for (unsigned int i = 0; i < check_families[f]->nr; i++)
			has_own(check_families[f]->invariants[i].id, check_families[f]->name);
	has_own("DEADLOCK", "engine");
	has_own("LIVELOCK", "engine");
	has_own("STEPS", "engine");
	printf("1..%d\n", tests);
	return failures != 0;
}
