// SPDX-License-Identifier: GPL-2.0-only
/*
 * The binary form. A file is "TDPF", a version byte, and sections (tag, length, payload) in ascending order
 * of tags, each at most once, the last one empty: a file that lacks it is truncated. A fuzz input is the
 * program section without the rest, followed by the gap list of its schedule.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/scenario/program.h"

static const u8 magic[4] = {'T', 'D', 'P', 'F'};

enum section {
	SEC_PROGRAM = 1,
	SEC_NAME,
	SEC_ORIGIN,
	SEC_RESULTS,
	SEC_BOUND,
	SEC_BUG,
	SEC_EXISTS,
	SEC_GAPS,
	SEC_RECORD,
	SEC_BUILD,
	SEC_END,
};

static int bug_by_number(u32 number)
{
	for (int i = 0; i < BUG_NR; i++) {
		if (bug_infos[i].number == number)
			return i;
	}
	return -1;
}

static int variant_by_number(u32 number)
{
	for (int i = 0; i < VARIANT_NR; i++) {
		if (variant_infos[i].number == number)
			return i;
	}
	return -1;
}

static u16 read_bug(struct scn_reader *r)
{
	int id = bug_by_number(rd_varint(r));

	if (id < 0)
		rd_bad(r, "unknown bug");
	return (u16)max(id, 0);
}

static void read_string(struct scn_reader *r, char *out, size_t size)
{
	size_t len = r->size - r->pos;

	if (!len || len >= size || memchr(r->data + r->pos, 0, len)) {
		rd_bad(r, "string is empty, too long or has a zero");
		return;
	}
	memcpy(out, r->data + r->pos, len);
	r->pos = r->size;
}

static void read_result(struct scn_reader *r, struct scn_result *res)
{
	u8 byte = rd_byte(r);

	res->expect = byte & 3;
	res->flips = byte >> 2 & 1;
	res->bug_rule = byte >> 3 & 3;
	if (res->bug_rule == RESULT_BUG_SET)
		res->bug = read_bug(r);
	res->nr_variants = rd_byte(r);
	if ((byte >> 5) || res->nr_variants > ARRAY_SIZE(res->variants)) {
		rd_bad(r, "result line out of range");
		return;
	}
	for (unsigned int i = 0; i < res->nr_variants; i++) {
		int id = variant_by_number(rd_varint(r));

		if (id < 0)
			rd_bad(r, "unknown variant");
		res->variants[i].id = (u8)max(id, 0);
		res->variants[i].value = rd_byte(r);
	}
}

static void write_result(struct scn_writer *w, const struct scn_result *res)
{
	wr_byte(w, (u8)(res->expect | res->flips << 2 | res->bug_rule << 3));
	if (res->bug_rule == RESULT_BUG_SET)
		wr_varint(w, bug_infos[res->bug].number);
	wr_byte(w, res->nr_variants);
	for (unsigned int i = 0; i < res->nr_variants; i++) {
		wr_varint(w, variant_infos[res->variants[i].id].number);
		wr_byte(w, res->variants[i].value);
	}
}

static void read_results(struct scn_reader *r, struct scenario *s)
{
	while (r->pos < r->size && !r->bad) {
		if (s->nr_results == SCN_MAX_RESULTS)
			rd_bad(r, "too many result lines");
		else
			read_result(r, &s->results[s->nr_results++]);
	}
}

static void read_cond(struct scn_reader *r, struct scn_cond *cond)
{
	u8 len;

	cond->kind = rd_byte(r);
	cond->thread = rd_byte(r);
	cond->reg = rd_byte(r);
	cond->val = rd_varint(r);
	len = rd_byte(r);
	if (cond->kind == COND_END || len >= sizeof(cond->id))
		rd_bad(r, "exists clause out of range");
	for (unsigned int i = 0; i < len && !r->bad; i++)
		cond->id[i] = (char)rd_byte(r);
}

static void read_exists(struct scn_reader *r, struct scenario *s)
{
	for (unsigned int n = 0; r->pos < r->size && !r->bad; n++) {
		if (n == SCN_MAX_COND)
			rd_bad(r, "exists clause too long");
		else
			read_cond(r, &s->cond[n]);
	}
}

static void write_exists(struct scn_writer *w, const struct scenario *s)
{
	for (const struct scn_cond *c = s->cond; c < s->cond + SCN_MAX_COND && c->kind != COND_END; c++) {
		wr_byte(w, c->kind);
		wr_byte(w, c->thread);
		wr_byte(w, c->reg);
		wr_varint(w, c->val);
		wr_byte(w, (u8)strlen(c->id));
		wr_bytes(w, c->id, strlen(c->id));
	}
}

static void read_gaps(struct scn_reader *r, struct scenario *s)
{
	size_t len = r->size - r->pos;

	if (!len || len > SCN_MAX_GAPS) {
		rd_bad(r, "gap list is empty or too long");
		return;
	}
	memcpy(s->gap_bytes, r->data + r->pos, len);
	s->nr_gap_bytes = (u16)len;
	s->schedule = SCHED_GAPS;
	r->pos = r->size;
}

/* What was asked, as runs of equal questions; then the answers that are not 0, by distance. */
static void write_record(struct scn_writer *w, const struct scenario *s)
{
	u32 nr = s->record.nr, last = 0;

	wr_varint(w, nr);
	for (u32 i = 0, run; i < nr; i += run) {
		for (run = 1; i + run < nr && s->record.sig[i + run] == s->record.sig[i];)
			run++;
		wr_byte(w, s->record.sig[i]);
		wr_varint(w, run);
	}
	for (u32 i = 0; i < nr; i++) {
		if (!s->record.option[i])
			continue;
		wr_varint(w, i - last);
		wr_byte(w, s->record.option[i]);
		last = i;
	}
}

static void read_answers(struct scn_reader *r, u8 *option, u32 nr)
{
	u32 at = 0;

	while (r->pos < r->size && !r->bad) {
		u32 gap = rd_varint(r);

		if (gap >= nr || at + gap >= nr)
			rd_bad(r, "schedule: choice number out of range");
		else
			option[at += gap] = rd_byte(r);
	}
}

static void read_record(struct scn_reader *r, struct scenario *s)
{
	static u8 option[ENG_MAX_CHOICES], sig[ENG_MAX_CHOICES];
	u32 nr = rd_varint(r), done = 0;

	s->schedule = SCHED_EXACT;
	if (nr > ENG_MAX_CHOICES)
		rd_bad(r, "schedule too long");
	while (done < nr && !r->bad) {
		u8 what = rd_byte(r);
		u32 run = rd_varint(r);

		if (!run || run > nr - done) {
			rd_bad(r, "schedule: run length out of range");
			return;
		}
		memset(sig + done, what, run);
		done += run;
	}
	if (r->bad)
		return;
	memset(option, 0, nr);
	read_answers(r, option, nr);
	scn_set_record(s, option, sig, nr);
}

static void read_section(struct scn_reader *r, u8 tag, struct scenario *s)
{
	switch (tag) {
	case SEC_PROGRAM:
		program_read(r, s);
		break;
	case SEC_NAME:
		read_string(r, s->name, sizeof(s->name));
		break;
	case SEC_ORIGIN:
		read_string(r, s->origin, sizeof(s->origin));
		break;
	case SEC_RESULTS:
		read_results(r, s);
		break;
	case SEC_BOUND:
		s->preemptions = rd_byte(r);
		break;
	case SEC_BUG:
		s->has_bug = 1;
		s->bug = read_bug(r);
		break;
	case SEC_EXISTS:
		read_exists(r, s);
		break;
	case SEC_GAPS:
		read_gaps(r, s);
		break;
	case SEC_RECORD:
		read_record(r, s);
		break;
	case SEC_BUILD:
		read_string(r, s->build, sizeof(s->build));
		break;
	case SEC_END:
		break;
	default:
		rd_bad(r, "unknown section");
	}
	if (r->pos != r->size)
		rd_bad(r, "section has bytes left over");
}

/* @r: behind magic and version. */
static void read_sections(struct scn_reader *r, struct scenario *s)
{
	u8 last = 0;

	while (last != SEC_END && !r->bad) {
		u8 tag = rd_byte(r);
		u32 len = rd_varint(r);
		struct scn_reader section = {.data = r->data, .pos = r->pos};

		if (!r->bad && len > r->size - r->pos)
			rd_bad(r, "truncated");
		else if (!r->bad && tag <= last)
			rd_bad(r, "sections out of order");
		if (r->bad)
			return;
		section.size = r->pos + len;
		read_section(&section, tag, s);
		r->pos = section.pos;
		r->bad = section.bad;
		r->why = section.why;
		last = tag;
	}
	if (!r->bad && r->pos != r->size)
		rd_bad(r, "bytes behind the end");
}

static bool has_magic(const u8 *data, size_t size)
{
	return size >= sizeof(magic) && !memcmp(data, magic, sizeof(magic));
}

bool scn_parse_binary(struct scenario *s, const char *file, const u8 *data, size_t size,
		      struct scn_error *err)
{
	struct scn_reader r = {.data = data, .size = size, .pos = sizeof(magic)};
	struct scn_error why;
	u8 version;

	scn_init(s);
	if (!has_magic(data, size))
		return scn_fail(err, "%s: not a scenario file: no TDPF at its start", file);
	version = rd_byte(&r);
	if (!r.bad && version > SCN_VERSION)
		return scn_fail(err, "%s: version %u is newer than this build reads (%u)", file, version,
				SCN_VERSION);
	if (!r.bad && !version)
		rd_bad(&r, "version 0");
	read_sections(&r, s);
	if (r.bad) {
		scn_fail(err, "%s: byte %zu: %s", file, r.pos, r.why);
		scn_free(s);
		return false;
	}
	if (!scn_validate(s, &why)) {
		scn_fail(err, "%s: %.200s", file, why.text);
		scn_free(s);
		return false;
	}
	return true;
}

/* A file among the fuzz inputs: what fuzz inputs do not have is left out, known-wrong designs are refused. */
static bool strip_file(struct scenario *s)
{
	for (unsigned int i = 0; i < VARIANT_NR; i++) {
		if (i != VARIANT_huge && s->variants[i])
			return false;
	}
	s->data_choices &= SCN_FUZZ_CHOICES;
	return !s->has_bug && program_repair(s);
}

static bool decode_raw(struct scenario *s, const u8 *data, size_t size)
{
	struct scn_reader r = {.data = data, .size = size, .total = true};
	size_t left;

	program_read(&r, s);
	if (!program_repair(s))
		return false;
	left = min(size - r.pos, (size_t)SCN_MAX_GAPS);
	memcpy(s->gap_bytes, data + r.pos, left);
	s->nr_gap_bytes = (u16)left;
	s->schedule = left ? SCHED_GAPS : SCHED_NONE;
	return true;
}

bool scn_decode_fuzz(struct scenario *s, const u8 *data, size_t size)
{
	bool ok;

	scn_init(s);
	if (has_magic(data, size))
		ok = scn_parse_binary(s, "", data, size, NULL) && strip_file(s);
	else
		ok = size && decode_raw(s, data, size);
	if (ok && scn_validate(s, NULL))
		return true;
	scn_free(s);
	return false;
}

size_t scn_encode_fuzz(const struct scenario *s, u8 *out, size_t max)
{
	struct scn_writer w = {.data = out, .max = max};
	struct scenario plain;

	if (s->classes > SCN_ALL_CLASSES) {
		plain = *s;
		plain.classes = SCN_ALL_CLASSES;
		s = &plain;
	}
	program_write(&w, s);
	wr_bytes(&w, s->gap_bytes, s->nr_gap_bytes);
	return w.full ? 0 : w.size;
}

static void write_section(struct scn_writer *w, u8 tag, struct scn_writer *section)
{
	wr_byte(w, tag);
	wr_varint(w, (u32)section->size);
	wr_bytes(w, section->data, section->size);
	section->size = 0;
}

static void write_string(struct scn_writer *w, u8 tag, struct scn_writer *tmp, const char *text)
{
	if (!text[0])
		return;
	wr_bytes(tmp, text, strlen(text));
	write_section(w, tag, tmp);
}

static void write_header(struct scn_writer *w, struct scn_writer *tmp, const struct scenario *s)
{
	write_string(w, SEC_NAME, tmp, s->name);
	write_string(w, SEC_ORIGIN, tmp, s->origin);
	for (unsigned int i = 0; i < s->nr_results; i++)
		write_result(tmp, &s->results[i]);
	if (s->nr_results)
		write_section(w, SEC_RESULTS, tmp);
	if (s->preemptions) {
		wr_byte(tmp, s->preemptions);
		write_section(w, SEC_BOUND, tmp);
	}
	if (s->has_bug) {
		wr_varint(tmp, bug_infos[s->bug].number);
		write_section(w, SEC_BUG, tmp);
	}
	if (s->cond[0].kind != COND_END) {
		write_exists(tmp, s);
		write_section(w, SEC_EXISTS, tmp);
	}
}

u8 *scn_print_binary(const struct scenario *s, size_t *size)
{
	struct scn_writer w = {.grow = true}, tmp = {.grow = true};

	wr_bytes(&w, magic, sizeof(magic));
	wr_byte(&w, SCN_VERSION);
	program_write(&tmp, s);
	write_section(&w, SEC_PROGRAM, &tmp);
	write_header(&w, &tmp, s);
	if (s->schedule == SCHED_GAPS) {
		wr_bytes(&tmp, s->gap_bytes, s->nr_gap_bytes);
		write_section(&w, SEC_GAPS, &tmp);
	}
	if (s->schedule == SCHED_EXACT) {
		write_record(&tmp, s);
		write_section(&w, SEC_RECORD, &tmp);
	}
	write_string(&w, SEC_BUILD, &tmp, s->build);
	write_section(&w, SEC_END, &tmp);
	free(tmp.data);
	*size = w.size;
	return w.data;
}
