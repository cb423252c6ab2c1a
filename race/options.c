/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/switches.h"
#include "race/options.h"

u64 race_number(const char *text, const char *option)
{
	char *end;
	u64 value = strtoull(text, &end, 0);

	if (*text && !*end && *text != '-')
		return value;
	fprintf(stderr, "%s: %s: '%s' is not a number\n", program_invocation_short_name, option, text);
	exit(1);
}

int race_bug(const char *name)
{
	int bug = bug_find(name);

	if (bug >= 0)
		return bug;
	fprintf(stderr, "%s: unknown bug '%s'\n", program_invocation_short_name, name);
	exit(1);
}
