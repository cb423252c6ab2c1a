/* SPDX-License-Identifier: GPL-2.0-only */
/* Target: the text form. Any bytes are a litmus test or an error of one line; what is accepted prints and
 * parses back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzzers/fuzz.h"
#include "harness/scenario/scenario.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void check_error(const struct scn_error *err)
{
	size_t len = strnlen(err->text, sizeof(err->text));

	if (!len || len == sizeof(err->text) || memchr(err->text, '\n', len))
		fuzz_finding("text: an error that is not one line");
}

static void check_round_trip(const struct scenario *first)
{
	static struct scenario again;
	struct scn_error err;
	char *text = scn_print_text(first), *text2;

	scn_init(&again);
	if (!scn_parse_text(&again, "printed", text, strlen(text), &err)) {
		fprintf(stderr, "%s\n%s\n", err.text, text);
		fuzz_finding("text: what was printed does not parse");
	}
	text2 = scn_print_text(&again);
	if (strcmp(text, text2)) {
		fprintf(stderr, "--- first\n%s--- second\n%s", text, text2);
		fuzz_finding("text: printing, parsing and printing again differs");
	}
	scn_free(&again);
	free(text);
	free(text2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scenario s;
	struct scn_error err = {""};

	scn_init(&s);
	if (scn_parse_text(&s, "input", (const char *)data, size, &err))
		check_round_trip(&s);
	else
		check_error(&err);
	scn_free(&s);
	return 0;
}
