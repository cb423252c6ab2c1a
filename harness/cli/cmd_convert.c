/* SPDX-License-Identifier: GPL-2.0-only */
/* tdpfuzz convert: text to binary and back. */
#include "harness/cli/cli.h"

static int convert(const struct cli_options *o)
{
	struct scn_error err;
	struct scenario s;
	bool ok;

	if (!cli_load(&s, o->args[0], o))
		return CLI_USAGE;
	ok = scn_save(&s, o->args[1], &err);
	if (!ok)
		cli_error("%s", err.text);
	scn_free(&s);
	return ok ? CLI_OK : CLI_USAGE;
}

const struct cli_command cmd_convert = {
	.name = "convert",
	.args = "IN OUT",
	.summary = "convert a scenario between text (.litmus) and binary (.tdpf)",
	.doc = "Reads IN and writes it to OUT in the form that the extension of OUT says: .litmus is text, "
	       "everything "
	       "else binary.\v"
	       "The conversion loses nothing in either direction; writing is canonical, so that converting "
	       "twice "
	       "gives the same bytes.",
	.min_args = 2,
	.max_args = 2,
	.run = convert,
};
