/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TDPFUZZ_CLI_OPTIONS_H
#define TDPFUZZ_CLI_OPTIONS_H

#include "harness/cli/cli.h"

/* Parses the arguments of @c, argv[0] being its name. A usage error, or --help, ends the program. */
void cli_parse(const struct cli_command *c, int argc, char **argv, struct cli_options *o);

#endif
