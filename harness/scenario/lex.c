// SPDX-License-Identifier: GPL-2.0-only
#include "harness/scenario/lex.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

static void report(struct lexer *l, struct place at, const char *fmt, va_list ap)
{
	char what[160];

	if (l->failed)
		return;
	vsnprintf(what, sizeof(what), fmt, ap);
	scn_fail(l->err, "%.60s:%u:%u: %s", l->file, at.line, at.column, what);
	l->failed = true;
	l->type = TOK_END;
	l->text[0] = '\0';
}

void lex_error(struct lexer *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(l, l->at, fmt, ap);
	va_end(ap);
}

void lex_error_at(struct lexer *l, struct place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(l, at, fmt, ap);
	va_end(ap);
}

static void step(struct lexer *l)
{
	if (*l->next == '\n') {
		l->line++;
		l->line_start = l->next + 1;
	}
	l->next++;
}

static void mark(struct lexer *l)
{
	l->at.line = l->line;
	l->at.column = (u32)(l->next - l->line_start) + 1;
}

static bool starts(const struct lexer *l, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(l->end - l->next) >= len && !memcmp(l->next, text, len);
}

static void skip_comment(struct lexer *l)
{
	bool line = starts(l, "//");

	mark(l);
	l->next += 2;
	while (l->next < l->end) {
		if (line && *l->next == '\n')
			return;
		if (!line && starts(l, "*/")) {
			l->next += 2;
			return;
		}
		step(l);
	}
	if (!line)
		lex_error(l, "comment does not end");
}

static void skip_space(struct lexer *l)
{
	while (l->next < l->end && !l->failed) {
		if (isspace((unsigned char)*l->next))
			step(l);
		else if (starts(l, "//") || starts(l, "/*"))
			skip_comment(l);
		else
			return;
	}
}

static void lex_string(struct lexer *l)
{
	size_t n = 0;

	step(l);
	while (l->next < l->end && *l->next != '"' && *l->next != '\n') {
		char c = *l->next;

		if (c == '\\') {
			step(l);
			if (l->next == l->end)
				break;
			c = *l->next == 'n' ? '\n' : *l->next;
		}
		if (n == sizeof(l->text) - 1) {
			lex_error(l, "string is too long");
			return;
		}
		l->text[n++] = c;
		step(l);
	}
	if (l->next == l->end || *l->next != '"') {
		lex_error(l, "string does not end");
		return;
	}
	step(l);
	l->text[n] = '\0';
	l->type = TOK_STRING;
}

/* A word goes on over '-' unless that begins an arrow, and over '/' for "sched/2". */
static bool in_word(const struct lexer *l)
{
	char c = *l->next;

	if (c == '-')
		return !starts(l, "->");
	if (c == '/')
		return !starts(l, "/\\") && !starts(l, "//") && !starts(l, "/*");
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == ',';
}

static void lex_word(struct lexer *l)
{
	size_t n = 0;

	while (l->next < l->end && in_word(l)) {
		if (n == sizeof(l->text) - 1) {
			lex_error(l, "word is too long");
			return;
		}
		l->text[n++] = *l->next;
		l->next++;
	}
	l->text[n] = '\0';
	l->type = TOK_WORD;
}

static void lex_punct(struct lexer *l)
{
	static const char *const punct[] = {"->", "/\\", "\\/", "{", "}", "(", ")",
					    ";",  ":",	 "=",	"+", "*", "~", "-"};

	for (unsigned int i = 0; i < ARRAY_SIZE(punct); i++) {
		if (starts(l, punct[i])) {
			strcpy(l->text, punct[i]);
			l->next += strlen(punct[i]);
			l->type = TOK_PUNCT;
			return;
		}
	}
	if (isprint((unsigned char)*l->next))
		lex_error(l, "unexpected character '%c'", *l->next);
	else
		lex_error(l, "unexpected byte 0x%02x", (unsigned char)*l->next);
}

void lex_next(struct lexer *l)
{
	u32 line = l->line;

	skip_space(l);
	if (l->failed)
		return;
	mark(l);
	l->first = l->line != line || l->next == l->line_start;
	l->type = TOK_END;
	l->text[0] = '\0';
	if (l->next == l->end)
		return;
	if (*l->next == '"')
		lex_string(l);
	else if (*l->next != '-' && *l->next != '/' && in_word(l))
		lex_word(l);
	else
		lex_punct(l);
}

void lex_init(struct lexer *l, const char *file, const char *text, size_t size, struct scn_error *err)
{
	memset(l, 0, sizeof(*l));
	l->file = file;
	l->next = l->line_start = text;
	l->end = text + size;
	l->line = 1;
	l->err = err;
	lex_next(l);
}

bool lex_is(const struct lexer *l, const char *text)
{
	return (l->type == TOK_WORD || l->type == TOK_PUNCT) && !strcmp(l->text, text);
}

bool lex_accept(struct lexer *l, const char *text)
{
	if (!lex_is(l, text))
		return false;
	lex_next(l);
	return true;
}

const char *lex_found(const struct lexer *l)
{
	return l->type == TOK_END ? "end of file" : l->text;
}

void lex_expect(struct lexer *l, const char *text)
{
	if (!lex_accept(l, text))
		lex_error(l, "expected '%s', found '%.60s'", text, lex_found(l));
}
