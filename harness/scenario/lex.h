/* SPDX-License-Identifier: GPL-2.0-only */
/* Tokens of the text form, with their place for error messages. */
#ifndef TDPFUZZ_SCENARIO_LEX_H
#define TDPFUZZ_SCENARIO_LEX_H

#include "harness/scenario/ops.h"

enum token { TOK_END, TOK_WORD, TOK_STRING, TOK_PUNCT };

struct place {
	u32 line, column;
};

/**
 * struct lexer - one token of look-ahead
 * @type, @text: the token: a word, the contents of a string, or one of { } ( ) ; : = + * ~ - -> /\ \/
 * @at: where it starts
 * @first: it is the first on its line
 * @failed: an error has been written to @err; the token is TOK_END from then on
 */
struct lexer {
	const char *file, *next, *end, *line_start;
	u32 line;
	struct scn_error *err;
	bool failed;
	enum token type;
	char text[544];
	struct place at;
	bool first;
};

void lex_init(struct lexer *l, const char *file, const char *text, size_t size, struct scn_error *err);
void lex_next(struct lexer *l);
bool lex_is(const struct lexer *l, const char *text); /* a word or punctuation */
bool lex_accept(struct lexer *l, const char *text);
void lex_expect(struct lexer *l, const char *text);
/* The first error wins. */
void lex_error(struct lexer *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void lex_error_at(struct lexer *l, struct place at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* "unexpected 'x'": what the current token is, for messages. */
const char *lex_found(const struct lexer *l);

#endif
