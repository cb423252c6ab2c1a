/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which scenarios the code under test can run at all: a kernel tree has no seeded bugs, and perhaps no TDX;
 * the model has no SW-protected VMs.
 */
#include "harness/cli/cli.h"
#include "model/subject.h"

static const char *unfit(const struct scenario *s)
{
	static char why[128];

	if (s->vm_kind == VM_TDX && the_subject.has_tdx && !the_subject.has_tdx())
		return "this tree has no TDX, and it is about a TD";
	if (s->vm_kind == VM_SW_PROTECTED && !the_subject.sw_protected)
		return "SW-protected VMs are for kernel trees only";
	if (the_subject.switches)
		return NULL;
	if (s->has_bug) {
		snprintf(why, sizeof(why), "the bug %.40s is the model's (--bug none)",
			 bug_infos[s->bug].name);
		return why;
	}
	for (unsigned int i = 0; i < VARIANT_NR; i++) {
		if (s->variants[i]) {
			snprintf(why, sizeof(why), "the variants of %.40s are the model's",
				 variant_infos[i].name);
			return why;
		}
	}
	return NULL;
}

bool cli_fits(const struct scenario *s, const char *file)
{
	const char *why = unfit(s);

	if (why && file)
		cli_error("%s: not for this %s: %s", file, the_subject.identity ? "kernel tree" : "model",
			  why);
	return !why;
}
