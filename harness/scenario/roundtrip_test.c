// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both forms are lossless and each has one canonical form: every file of the corpus, and random fuzz inputs
 * with random metadata on them. The decoder of fuzz inputs is total: random bytes become a legal scenario or
 * are refused.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/scenario/ops.h"

/* The sanitizers see as much in fewer. */
#if defined(TDPFUZZ_ASAN) || defined(TDPFUZZ_TSAN)
#define INPUTS 20000
#else
#define INPUTS 100000
#endif

static unsigned int failed, number;

static void ok(bool good, const char *what, const char *detail)
{
	printf("%sok %u - %s%s%s\n", good ? "" : "not ", ++number, what, *detail ? ": " : "", detail);
	failed += !good;
}

static u64 rng = 88172645463325252ull;

static u32 rnd(u32 n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (u32)(rng >> 33) % n;
}

/* text -> scenario, binary -> scenario: both are @s, and both print as before. */
static bool round_trips(const struct scenario *s, struct scn_error *err)
{
	struct scenario from_text, from_binary;
	char *text = scn_print_text(s), *text2;
	size_t size, size2;
	u8 *binary = scn_print_binary(s, &size), *binary2;
	bool good = scn_parse_text(&from_text, "text", text, strlen(text), err) &&
		    scn_parse_binary(&from_binary, "binary", binary, size, err);

	if (good) {
		text2 = scn_print_text(&from_binary);
		binary2 = scn_print_binary(&from_text, &size2);
		good = scn_equal(s, &from_text) && scn_equal(s, &from_binary) && !strcmp(text, text2) &&
		       size == size2 && !memcmp(binary, binary2, size);
		if (!good)
			snprintf(err->text, sizeof(err->text), "differs");
		free(text2);
		free(binary2);
		scn_free(&from_binary);
	}
	scn_free(&from_text);
	if (!good)
		fprintf(stderr, "%s", text);
	free(text);
	free(binary);
	return good;
}

static bool canonical_file(const char *path, const struct scenario *s)
{
	static char buf[1 << 16];
	char *text = scn_print_text(s);
	FILE *f = fopen(path, "rb");
	size_t size = f ? fread(buf, 1, sizeof(buf) - 1, f) : 0;
	bool same;

	buf[size] = '\0';
	same = !strcmp(text, buf);
	if (f)
		fclose(f);
	free(text);
	return same;
}

static void test_file(const char *dir, const char *name)
{
	struct scn_error err = {""};
	struct scenario s;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (!scn_load(&s, path, &err)) {
		ok(false, path, err.text);
		return;
	}
	ok(round_trips(&s, &err), path, err.text);
	if (strstr(name, ".litmus"))
		ok(canonical_file(path, &s) && !strncmp(name, s.name, strlen(s.name)),
		   "canonical, named as its file", name);
	scn_free(&s);
}

static void test_corpus(const char *dir, unsigned int least)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned int files = 0;

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		test_file(dir, e->d_name);
		files++;
	}
	if (d)
		closedir(d);
	ok(files >= least, "files in", dir);
}

static size_t random_input(u8 *data, size_t max)
{
	size_t size = rnd((u32)max);

	for (size_t i = 0; i < size; i++)
		data[i] = (u8)(rnd(3) ? rnd(16) : rnd(256));
	/* A few bytes decide whether anything comes out at all: give them a chance. */
	if (size > 12 && rnd(2)) {
		data[2] = 0;
		data[5] = data[4] = 0;
		data[6] = 3;
		data[7] = 0x83;
	}
	return size;
}

static void random_text(char *out, size_t max)
{
	size_t n = rnd((u32)max);

	for (size_t i = 0; i < n; i++)
		out[i] = (char)(rnd(20) ? ' ' + (char)rnd(95) : '\n');
}

static void random_results(struct scenario *s)
{
	s->nr_results = (u8)rnd(SCN_MAX_RESULTS + 1);
	for (unsigned int i = 0; i < s->nr_results; i++) {
		struct scn_result *r = &s->results[i];

		r->expect = (u8)(EXPECT_NEVER + rnd(2));
		r->bug_rule = (u8)rnd(3);
		r->bug = r->bug_rule == RESULT_BUG_SET ? (u16)rnd(BUG_NR) : 0;
		r->nr_variants = (u8)rnd(3);
		for (unsigned int v = 0; v < r->nr_variants; v++) {
			r->variants[v].id = (u8)(v * 2 + rnd(2));
			r->variants[v].value = (u8)rnd(2);
		}
		r->flips = r->expect == EXPECT_SOMETIMES &&
			   (r->nr_variants || r->bug_rule == RESULT_BUG_SET) && rnd(2);
	}
}

static void random_exists(struct scenario *s)
{
	unsigned int n = 0, depth = 0, want = rnd(9);

	while (n < want || depth > 1) {
		struct scn_cond c = {.kind = (u8)(COND_AND + rnd(2))};

		if (depth && !rnd(4)) {
			c.kind = COND_NOT;
		} else if (depth < 2 || (n < want && rnd(2))) {
			c.kind = rnd(3) ? COND_REG : COND_VIOLATION;
			c.reg = c.kind == COND_REG ? (u8)rnd(GUEST_REGS) : 0;
			c.val = c.kind == COND_REG ? (rnd(4) ? rnd(1000) : SCN_VE) : 0;
			if (c.kind == COND_VIOLATION && rnd(2))
				strcpy(c.id, "TLB-01");
			depth++;
		} else {
			depth--;
		}
		s->cond[n++] = c;
	}
}

static void random_record(struct scenario *s)
{
	static u8 option[600], sig[600];
	u32 nr = rnd(600);

	for (u32 i = 0; i < nr; i++) {
		sig[i] = i && rnd(5) ? sig[i - 1] : (u8)(rnd(M_CH_NR) << 5 | (2 + rnd(15)));
		option[i] = rnd(9) ? 0 : (u8)rnd(sig[i] & 31);
	}
	s->schedule = SCHED_EXACT;
	s->nr_gap_bytes = 0;
	memset(s->gap_bytes, 0, sizeof(s->gap_bytes));
	scn_set_record(s, option, sig, nr);
	random_text(s->build, 60);
	for (char *c = s->build; *c; c++) {
		if (*c == '\n')
			*c = '"';
	}
}

static void decorate(struct scenario *s)
{
	if (rnd(2))
		strcpy(s->name, "a.name-of_it");
	if (rnd(2))
		random_text(s->origin, 500);
	if (rnd(2))
		random_results(s);
	if (rnd(2))
		random_exists(s);
	if (rnd(3) == 0)
		random_record(s);
	s->preemptions = (u8)(rnd(2) * rnd(256));
	s->has_bug = (u8)rnd(2);
	s->bug = s->has_bug ? (u16)rnd(BUG_NR) : 0;
	if (!rnd(3))
		s->variants[rnd(VARIANT_NR)] = 1;
	if (!rnd(4))
		s->threads[0].ops[0] =
			(struct scn_op){.kind = OP_AWAIT, .val = 7, .addr = s->threads[0].ops[0].addr};
	s->data_choices |= (u8)(rnd(2) << M_CH_FORCED);
}

/* A decoded input is legal, and its canonical bytes decode to the same program. */
static bool raw_again(struct scenario *s)
{
	static u8 raw[4096];
	size_t size = scn_encode_fuzz(s, raw, sizeof(raw));
	struct scenario again;
	bool good;

	good = size && scn_decode_fuzz(&again, raw, size) && scn_equal(s, &again);
	if (good)
		scn_free(&again);
	return good;
}

static void test_random(unsigned int inputs)
{
	struct scn_error err = {""};
	unsigned int decoded = 0, raw = 0, trips = 0, decorated = 0, bad = 0;
	u8 data[400];

	for (unsigned int i = 0; i < inputs && bad < 5; i++) {
		struct scenario s;

		if (!scn_decode_fuzz(&s, data, random_input(data, sizeof(data))))
			continue;
		decoded++;
		raw += raw_again(&s);
		trips += round_trips(&s, &err);
		decorate(&s);
		if (!scn_validate(&s, &err) || !round_trips(&s, &err))
			bad++;
		else
			decorated++;
		scn_free(&s);
	}
	printf("# %u of %u random inputs decode\n", decoded, inputs);
	ok(decoded > inputs / 4, "random inputs decode", "");
	ok(raw == decoded, "raw -> scenario -> raw", "");
	ok(trips == decoded && decorated == decoded, "random scenarios round trip", err.text);
}

/* Any truncation and any changed byte of a file is read or refused with one line. */
static void test_damaged(void)
{
	struct scn_error err;
	struct scenario s, t;
	unsigned int truncated = 0, silent = 0;
	size_t size;
	u8 *data;

	ok(scn_load(&s, "corpus/litmus/bench-tdx.litmus", &err), "load", "bench-tdx");
	random_record(&s);
	data = scn_print_binary(&s, &size);
	for (size_t i = 0; i < size; i++) {
		err.text[0] = '\0';
		truncated +=
			!scn_parse_binary(&t, "cut", data, i, &err) && err.text[0] && !strchr(err.text, '\n');
	}
	ok(truncated == size, "every truncation is refused with one line", "");
	for (size_t i = 0; i < size * 40; i++) {
		u8 keep = data[i % size];

		data[i % size] = (u8)rnd(256);
		err.text[0] = '\0';
		if (scn_parse_binary(&t, "damaged", data, size, &err))
			scn_free(&t);
		else
			silent += !err.text[0] || strchr(err.text, '\n');
		if (scn_decode_fuzz(&t, data, size))
			scn_free(&t);
		data[i % size] = keep;
	}
	ok(!silent, "every damaged file is read, or refused with one line", "");
	free(data);
	scn_free(&s);
}

int main(int argc, char **argv)
{
	eng_init();
	test_corpus("corpus/litmus", 30);
	test_corpus("corpus/seeds", 15);
	test_damaged();
	test_random(argc > 1 ? (unsigned int)atoi(argv[1]) : INPUTS);
	printf("1..%u\n", number);
	return failed != 0;
}
