/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Target: the binary form. Any bytes decode or are rejected. What decodes has one canonical binary form, and
 * the text form says the same.
 */
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

static void expect_same(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, const char *title)
{
	if (a_size != b_size || memcmp(a, b, a_size))
		fuzz_finding(title);
}

static void check_binary(const uint8_t *canonical, size_t size)
{
	static struct scenario again;
	struct scn_error err;
	uint8_t *printed;
	size_t printed_size;

	scn_init(&again);
	if (!scn_parse_binary(&again, "printed", canonical, size, &err)) {
		fprintf(stderr, "%s\n", err.text);
		fuzz_finding("binary: what was printed does not parse");
	}
	printed = scn_print_binary(&again, &printed_size);
	expect_same(canonical, size, printed, printed_size,
		    "binary: printing, parsing and printing again differs");
	free(printed);
	scn_free(&again);
}

static void check_text(const struct scenario *s, const uint8_t *canonical, size_t size)
{
	static struct scenario again;
	struct scn_error err;
	char *text = scn_print_text(s);
	uint8_t *printed;
	size_t printed_size;

	scn_init(&again);
	if (!scn_parse_text(&again, "printed", text, strlen(text), &err)) {
		fprintf(stderr, "%s\n%s\n", err.text, text);
		fuzz_finding("convert: the text of a binary scenario does not parse");
	}
	printed = scn_print_binary(&again, &printed_size);
	expect_same(canonical, size, printed, printed_size, "convert: binary to text and back differs");
	free(printed);
	free(text);
	scn_free(&again);
}

static void check(const struct scenario *s)
{
	size_t size;
	uint8_t *canonical = scn_print_binary(s, &size);

	check_binary(canonical, size);
	check_text(s, canonical, size);
	free(canonical);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scenario s;
	struct scn_error err;
	bool decoded, parsed;

	scn_init(&s);
	decoded = scn_decode_fuzz(&s, data, size);
	if (decoded)
		check(&s);
	scn_free(&s);

	scn_init(&s);
	parsed = scn_parse_binary(&s, "input", data, size, &err);
	if (parsed)
		check(&s);
	scn_free(&s);
	return decoded || parsed ? 0 : -1;
}
