// SPDX-License-Identifier: GPL-2.0-only
/* The text form, reading: exists clause and schedule. */
#include <stdlib.h>
#include <string.h>

#include "harness/scenario/text.h"

/* The clause is emitted in reverse Polish order while it is parsed. @depth bounds the recursion. */
struct exists {
	struct parser *p;
	unsigned int nr, depth;
};

static void emit(struct exists *e, const struct scn_cond *cond)
{
	if (e->nr == SCN_MAX_COND)
		lex_error(&e->p->l, "exists clause is longer than %d terms", SCN_MAX_COND);
	else
		e->p->s->cond[e->nr++] = *cond;
}

static void parse_value(struct parser *p, struct scn_cond *c)
{
	if (c->kind == COND_RET) {
		bool negative = lex_accept(&p->l, "-");

		c->val = parse_number(p, 4095);
		if (!negative && c->val)
			lex_error(&p->l, "a system call returns 0 or a negative error");
	} else if (lex_accept(&p->l, "ve")) {
		c->val = SCN_VE;
	} else {
		c->val = parse_number(p, SCN_VE - 1);
	}
}

/* T:rN = V, T:retN = -E */
static void parse_equation(struct exists *e)
{
	struct parser *p = e->p;
	struct lexer *l = &p->l;
	struct scn_cond c = {.kind = COND_REG};
	const char *digits;

	c.thread = (u8)parse_number(p, SCN_MAX_THREADS - 1);
	lex_expect(l, ":");
	if (!strncmp(l->text, "ret", 3))
		c.kind = COND_RET;
	digits = l->text + (c.kind == COND_RET ? 3 : 1);
	if (l->failed || l->text[0] != 'r' || !digits[0] || strspn(digits, "0123456789") != strlen(digits) ||
	    strlen(digits) > 2) {
		lex_error(l, "expected rN or retN, found '%.60s'", lex_found(l));
		return;
	}
	c.reg = (u8)atoi(digits);
	lex_next(l);
	lex_expect(l, "=");
	parse_value(p, &c);
	emit(e, &c);
}

static void parse_violation(struct exists *e)
{
	struct lexer *l = &e->p->l;
	struct scn_cond c = {.kind = COND_VIOLATION};

	if (l->type == TOK_WORD) {
		if (strlen(l->text) >= sizeof(c.id)) {
			lex_error(l, "unknown invariant '%.60s'", l->text);
			return;
		}
		strcpy(c.id, l->text);
		lex_next(l);
	}
	emit(e, &c);
}

static void parse_or(struct exists *e);

static void parse_factor(struct exists *e)
{
	struct lexer *l = &e->p->l;

	if (++e->depth > 2 * SCN_MAX_COND)
		lex_error(l, "exists clause is nested too deeply");
	if (l->failed) {
		return;
	} else if (lex_accept(l, "~")) {
		parse_factor(e);
		emit(e, &(struct scn_cond){.kind = COND_NOT});
	} else if (lex_accept(l, "(")) {
		parse_or(e);
		lex_expect(l, ")");
	} else if (lex_accept(l, "violation")) {
		parse_violation(e);
	} else {
		parse_equation(e);
	}
	e->depth--;
}

static void parse_and(struct exists *e)
{
	parse_factor(e);
	while (!e->p->l.failed && lex_accept(&e->p->l, "/\\")) {
		parse_factor(e);
		emit(e, &(struct scn_cond){.kind = COND_AND});
	}
}

static void parse_or(struct exists *e)
{
	parse_and(e);
	while (!e->p->l.failed && lex_accept(&e->p->l, "\\/")) {
		parse_and(e);
		emit(e, &(struct scn_cond){.kind = COND_OR});
	}
}

static void once(struct parser *p, struct place *place)
{
	if (place->line)
		lex_error(&p->l, "second '%s'", p->l.text);
	*place = p->l.at;
	lex_next(&p->l);
}

void parse_exists(struct parser *p)
{
	struct exists e = {.p = p};

	once(p, &p->exists);
	lex_expect(&p->l, "(");
	parse_or(&e);
	lex_expect(&p->l, ")");
}

static int hex(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static void parse_gaps(struct parser *p)
{
	struct scenario *s = p->s;
	struct lexer *l = &p->l;

	s->schedule = SCHED_GAPS;
	while (!l->failed && !lex_accept(l, ";")) {
		if (strlen(l->text) != 2 || hex(l->text[0]) < 0 || hex(l->text[1]) < 0) {
			lex_error(l, "expected a byte as two hexadecimal digits, found '%.60s'",
				  lex_found(l));
		} else if (s->nr_gap_bytes == SCN_MAX_GAPS) {
			lex_error(l, "more than %d bytes of schedule", SCN_MAX_GAPS);
		} else {
			s->gap_bytes[s->nr_gap_bytes++] = (u8)(hex(l->text[0]) << 4 | hex(l->text[1]));
			lex_next(l);
		}
	}
}

static u8 option[ENG_MAX_CHOICES], sig[ENG_MAX_CHOICES];

/* sched/3 or sched/3*17: what was asked, and how often in a row. */
static u32 parse_asked(struct parser *p, u32 nr)
{
	struct lexer *l = &p->l;
	unsigned int kind = 0;
	char *slash = strchr(l->text, '/');
	u32 n = 0, run = 1;

	if (l->type == TOK_WORD && slash) {
		*slash = '\0';
		while (kind < M_CH_NR && strcmp(l->text, scn_choice_names[kind]))
			kind++;
		n = (u32)atoi(slash + 1);
	}
	if (!slash || kind == M_CH_NR || n < 2 || n > 16) {
		lex_error(l, "expected KIND/N, found '%.60s'", lex_found(l));
		return nr;
	}
	lex_next(l);
	if (lex_accept(l, "*"))
		run = parse_number(p, ENG_MAX_CHOICES);
	if (!run || run > ENG_MAX_CHOICES - nr) {
		lex_error(l, "schedule is longer than %d choices", ENG_MAX_CHOICES);
		return nr;
	}
	memset(sig + nr, (int)(kind << 5 | n), run);
	return nr + run;
}

/* CHOICE:OPTION, where the option is not 0. */
static void parse_took(struct parser *p, u32 nr)
{
	struct place at = p->l.at;
	u32 choice = parse_number(p, ENG_MAX_CHOICES), taken;

	lex_expect(&p->l, ":");
	taken = parse_number(p, 15);
	if (!p->l.failed && (choice >= nr || option[choice] || !taken))
		lex_error_at(&p->l, at, "schedule has no choice %u, or it has been given", choice);
	if (!p->l.failed)
		option[choice] = (u8)taken;
}

static void parse_exact(struct parser *p)
{
	struct lexer *l = &p->l;
	u32 nr = 0;

	p->s->schedule = SCHED_EXACT;
	lex_expect(l, "{");
	if (lex_accept(l, "build")) {
		parse_string(p, p->s->build, sizeof(p->s->build), "build");
		lex_expect(l, ";");
	}
	lex_expect(l, "asked");
	while (!l->failed && !lex_accept(l, ";"))
		nr = parse_asked(p, nr);
	memset(option, 0, nr);
	lex_expect(l, "took");
	while (!l->failed && !lex_accept(l, ";"))
		parse_took(p, nr);
	lex_expect(l, "}");
	if (!l->failed)
		scn_set_record(p->s, option, sig, nr);
}

void parse_schedule(struct parser *p)
{
	struct lexer *l = &p->l;

	once(p, &p->schedule);
	if (lex_accept(l, "gaps"))
		parse_gaps(p);
	else if (lex_accept(l, "exact"))
		parse_exact(p);
	else
		lex_error(l, "expected gaps or exact, found '%.60s'", lex_found(l));
}
