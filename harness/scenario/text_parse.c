// SPDX-License-Identifier: GPL-2.0-only
/* The text form, reading: litmus-format.md has the grammar. Header lines, then blocks in any order. */
#include <string.h>

#include "harness/scenario/text.h"

static void parse_name(struct parser *p)
{
	struct lexer *l = &p->l;

	if (l->type != TOK_WORD || l->first)
		lex_error(l, "expected a name, found '%.60s'", lex_found(l));
	else if (strlen(l->text) >= sizeof(p->s->name))
		lex_error(l, "name is longer than %zu characters", sizeof(p->s->name) - 1);
	if (l->failed)
		return;
	memset(p->s->name, 0, sizeof(p->s->name));
	strcpy(p->s->name, l->text);
	lex_next(l);
	if (l->type != TOK_END && !l->first)
		lex_error(l, "name has more than one word");
}

void parse_string(struct parser *p, char *out, size_t size, const char *what)
{
	struct lexer *l = &p->l;
	size_t n = 0;

	if (l->type != TOK_STRING)
		lex_error(l, "expected %s in quotes, found '%.60s'", what, lex_found(l));
	while (l->type == TOK_STRING) {
		size_t len = strlen(l->text);

		if (n + len >= size) {
			lex_error(l, "%s is longer than %zu characters", what, size - 1);
			return;
		}
		memcpy(out + n, l->text, len);
		n += len;
		lex_next(l);
	}
	memset(out + n, 0, size - n);
}

static int parse_bug(struct parser *p)
{
	struct lexer *l = &p->l;
	int id = l->type == TOK_WORD ? bug_find(l->text) : -1;

	if (id < 0) {
		lex_error(l, "unknown bug '%.60s'", lex_found(l));
		return 0;
	}
	lex_next(l);
	return id;
}

/* NAME=VALUE; @name has been read. */
static void parse_variant(struct parser *p, u8 *id, u8 *value)
{
	struct lexer *l = &p->l;
	int i = l->type == TOK_WORD ? variant_find(l->text) : -1, v;

	if (i < 0) {
		lex_error(l, "unknown variant '%.60s'", lex_found(l));
		return;
	}
	lex_next(l);
	lex_expect(l, "=");
	v = l->type == TOK_WORD ? variant_parse(i, l->text) : -1;
	if (v < 0) {
		lex_error(l, "variant %s is one of %s, not '%.60s'", variant_infos[i].name,
			  variant_infos[i].values, lex_found(l));
		return;
	}
	*id = (u8)i;
	*value = (u8)v;
	lex_next(l);
}

static void parse_result_bug(struct parser *p, struct scn_result *r)
{
	lex_next(&p->l);
	lex_expect(&p->l, "=");
	if (lex_accept(&p->l, "none")) {
		r->bug_rule = RESULT_BUG_NONE;
	} else {
		r->bug_rule = RESULT_BUG_SET;
		r->bug = (u16)parse_bug(p);
	}
}

/* The rest of a Result or Flips-with line: variants and a bug, to the end of the line. */
static void parse_result_rest(struct parser *p, struct scn_result *r)
{
	struct lexer *l = &p->l;

	while (!l->failed && l->type != TOK_END && !l->first) {
		if (lex_is(l, "bug")) {
			parse_result_bug(p, r);
		} else if (r->nr_variants == ARRAY_SIZE(r->variants)) {
			lex_error(l, "more than %zu variants in one line", ARRAY_SIZE(r->variants));
		} else {
			parse_variant(p, &r->variants[r->nr_variants].id, &r->variants[r->nr_variants].value);
			r->nr_variants++;
		}
	}
}

static void parse_result(struct parser *p, bool flips)
{
	struct scenario *s = p->s;
	struct lexer *l = &p->l;
	struct scn_result *r;

	if (s->nr_results == SCN_MAX_RESULTS) {
		lex_error(l, "more than %d result lines", SCN_MAX_RESULTS);
		return;
	}
	r = &s->results[s->nr_results++];
	r->flips = flips;
	r->expect = EXPECT_SOMETIMES;
	if (!flips && !lex_accept(l, "Sometimes")) {
		r->expect = EXPECT_NEVER;
		lex_expect(l, "Never");
	}
	if (flips && l->first)
		lex_error(l, "Flips-with names neither variant nor bug");
	parse_result_rest(p, r);
}

static void parse_bound(struct parser *p)
{
	lex_expect(&p->l, "preemptions");
	lex_expect(&p->l, "=");
	p->s->preemptions = (u8)parse_number(p, 255);
	if (!p->s->preemptions)
		lex_error(&p->l, "a bound of 0 preemptions is no line at all");
}

static void parse_base_variant(struct parser *p)
{
	u8 id = 0, value = 0;

	parse_variant(p, &id, &value);
	if (!p->l.failed)
		p->s->variants[id] = value;
}

static void parse_header_line(struct parser *p)
{
	struct lexer *l = &p->l;
	struct place at = l->at;
	char key[16];

	if (strlen(l->text) >= sizeof(key)) {
		lex_error(l, "unknown keyword '%.60s'", l->text);
		return;
	}
	strcpy(key, l->text);
	lex_next(l);
	if (!lex_is(l, ":")) {
		lex_error_at(l, at, "unknown keyword '%s'", key);
		return;
	}
	lex_next(l);
	if (!strcmp(key, "Name")) {
		parse_name(p);
	} else if (!strcmp(key, "Origin")) {
		parse_string(p, p->s->origin, sizeof(p->s->origin), "origin");
	} else if (!strcmp(key, "Result") || !strcmp(key, "Flips-with")) {
		parse_result(p, key[0] == 'F');
	} else if (!strcmp(key, "Bound")) {
		parse_bound(p);
	} else if (!strcmp(key, "Bug")) {
		p->s->has_bug = 1;
		p->s->bug = (u16)parse_bug(p);
	} else if (!strcmp(key, "Variant")) {
		parse_base_variant(p);
	} else {
		lex_error_at(l, at, "unknown header line '%s'", key);
	}
}

static void parse_block(struct parser *p)
{
	struct lexer *l = &p->l;

	if (lex_is(l, "machine"))
		parse_machine(p);
	else if (lex_is(l, "vm"))
		parse_vm(p);
	else if (lex_is(l, "thread"))
		parse_thread(p);
	else if (lex_is(l, "exists"))
		parse_exists(p);
	else if (lex_is(l, "schedule"))
		parse_schedule(p);
	else if (l->type == TOK_WORD)
		parse_header_line(p);
	else
		lex_error(l, "expected a header line or a block, found '%.60s'", lex_found(l));
}

static void parse_magic(struct parser *p)
{
	struct lexer *l = &p->l;
	u32 version;

	if (!lex_accept(l, "TDPFUZZ") || !lex_accept(l, "litmus")) {
		lex_error(l, "expected 'TDPFUZZ litmus %d'", SCN_VERSION);
		return;
	}
	version = parse_number(p, 0xffff);
	if (!l->failed && (!version || version > SCN_VERSION))
		lex_error(l, "version %u is newer than this build reads (%u)", version, SCN_VERSION);
}

static struct place where_is(const struct parser *p, const struct scn_where *w)
{
	switch (w->part) {
	case PART_MACHINE:
		return p->machine;
	case PART_VM:
		return p->vm;
	case PART_THREAD:
		return p->thread[w->thread];
	case PART_OP:
		return p->op[w->thread][w->op];
	case PART_EXISTS:
		return p->exists;
	case PART_SCHEDULE:
		return p->schedule;
	default:
		return (struct place){1, 1};
	}
}

static void validate(struct parser *p)
{
	struct scn_error why;
	struct scn_where where;

	if (p->l.failed)
		return;
	if (!p->s->nr_threads)
		lex_error(&p->l, "no thread before the end of the file");
	else if (!scn_validate_at(p->s, &why, &where))
		lex_error_at(&p->l, where_is(p, &where), "%.150s", why.text);
}

bool scn_parse_text(struct scenario *s, const char *file, const char *text, size_t size,
		    struct scn_error *err)
{
	struct parser p = {.s = s};

	scn_init(s);
	lex_init(&p.l, file, text, size, err);
	parse_magic(&p);
	while (!p.l.failed && p.l.type != TOK_END)
		parse_block(&p);
	validate(&p);
	if (p.l.failed)
		scn_free(s);
	return !p.l.failed;
}
