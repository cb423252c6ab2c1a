/* SPDX-License-Identifier: GPL-2.0-only */
#include "harness/cli/compare_report.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "harness/cli/cli.h"

/* Lines that a list may take before the rest of it is only counted; all of them together leave room for the
 * frame. */
enum { NEW_LINES = 30, GONE_LINES = 6, BOTH_LINES = 6, VERDICT_LINES = 5 };

typedef bool (*finding_is)(const struct finding *f);

static bool is_both(const struct finding *f)
{
	return f->seen[SIDE_PATCHED] && !finding_is_new(f);
}

static unsigned int count(const struct comparison *c, finding_is is)
{
	unsigned int n = 0;

	for (size_t i = 0; i < c->nr_findings; i++)
		n += is(&c->findings[i]);
	return n;
}

unsigned int report_new(const struct comparison *c)
{
	return count(c, finding_is_new);
}

/* The verdict on the patched tree is not what it was; one that was cut short says nothing. */
static bool changed(const struct verdict *v)
{
	const char *base = v->is[SIDE_BASE], *patched = v->is[SIDE_PATCHED];

	return base[0] && patched[0] && strcmp(base, "unknown") != 0 && strcmp(patched, "unknown") != 0 &&
	       strcmp(base, patched) != 0;
}

/* A line of the report is a line, and not longer than a mail wants it. */
static void line(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void line(FILE *out, const char *fmt, ...)
{
	char text[240];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	fprintf(out, "%s\n", text);
}

static void print_finding(FILE *out, const struct finding *f, const char *bin)
{
	line(out, "  %s", f->title);
	line(out, "    %s%s%s, %u times", f->file, f->how[0] ? ", " : "", f->how,
	     f->seen[SIDE_PATCHED] + f->seen[SIDE_BASE]);
	if (f->saved[0])
		line(out, "    %s run %s", bin, f->saved);
}

static void print_new(FILE *out, const struct compare_report *r)
{
	unsigned int left = NEW_LINES, rest = 0;

	line(out, "New: %u", report_new(r->c));
	for (size_t i = 0; i < r->c->nr_findings; i++) {
		const struct finding *f = &r->c->findings[i];

		if (!finding_is_new(f))
			continue;
		if (left < 3) {
			rest++;
			continue;
		}
		left -= 3;
		print_finding(out, f, r->patched->bin);
	}
	if (rest)
		line(out, "  ... and %u more", rest);
}

static void print_titles(FILE *out, const struct comparison *c, finding_is is, unsigned int left)
{
	unsigned int rest = 0;

	for (size_t i = 0; i < c->nr_findings; i++) {
		if (!is(&c->findings[i]))
			continue;
		if (!left) {
			rest++;
			continue;
		}
		left--;
		line(out, "  %s", c->findings[i].title);
	}
	if (rest)
		line(out, "  ... and %u more", rest);
}

static void print_verdicts(FILE *out, const struct comparison *c)
{
	unsigned int left = VERDICT_LINES, rest = 0;

	for (size_t i = 0; i < c->nr_verdicts; i++) {
		const struct verdict *v = &c->verdicts[i];

		if (!changed(v))
			continue;
		if (!left) {
			rest++;
			continue;
		}
		if (left-- == VERDICT_LINES)
			line(out, "Litmus tests that are decided otherwise:");
		line(out, "  %s: %s on the base, %s now", v->name, v->is[SIDE_BASE], v->is[SIDE_PATCHED]);
	}
	if (rest)
		line(out, "  ... and %u more", rest);
}

static void print_frame(FILE *out, const struct compare_report *r)
{
	const struct comparison *c = r->c;

	line(out, "Tree: %s (%.12s)", r->patched->name, r->patched->id);
	if (r->base)
		line(out, "Base: %s (%.12s)", r->base->name, r->base->id);
	line(out,
	     "Searched for %.0f s: %u Result lines decided, %u explorations, %llu executions; on the base %u "
	     "and %llu",
	     r->seconds, c->decided, c->runs[SIDE_PATCHED], (unsigned long long)c->executions[SIDE_PATCHED],
	     c->runs[SIDE_BASE], (unsigned long long)c->executions[SIDE_BASE]);
	if (c->unfit)
		line(out, "Not for a kernel tree: %u of %zu scenarios", c->unfit, c->corpus->nr);
}

void report_text(FILE *out, const struct compare_report *r)
{
	const struct comparison *c = r->c;

	print_frame(out, r);
	print_new(out, r);
	if (count(c, finding_is_gone)) {
		line(out, "Gone: %u, on the base only, and looked for here with more effort",
		     count(c, finding_is_gone));
		print_titles(out, c, finding_is_gone, GONE_LINES);
	}
	if (count(c, is_both)) {
		line(out, "Not new: %u, known of the base [%s]", count(c, is_both), r->baseline);
		print_titles(out, c, is_both, BOTH_LINES);
	}
	print_verdicts(out, c);
}

static void xml(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", f);
		else if (*text == '>')
			fputs("&gt;", f);
		else if (*text == '&')
			fputs("&amp;", f);
		else if (*text == '"')
			fputs("&quot;", f);
		else if ((unsigned char)*text < ' ' || (unsigned char)*text >= 0x7f)
			fputc('?', f);
		else
			fputc(*text, f);
	}
}

static void open_case(FILE *f, const char *class, const char *name)
{
	fprintf(f, "    <testcase classname=\"%s\" name=\"", class);
	xml(f, name);
	fputs("\">", f);
}

static void failure(FILE *f, const char *message, const char *text)
{
	fputs("<failure message=\"", f);
	xml(f, message);
	fputs("\">", f);
	xml(f, text);
	fputs("</failure>", f);
}

static void junit_verdict(FILE *f, const struct verdict *v)
{
	char text[64];

	open_case(f, "litmus", v->name);
	if (!v->is[SIDE_PATCHED][0] || strcmp(v->is[SIDE_PATCHED], "unknown") == 0)
		fputs("<skipped/>", f);
	snprintf(text, sizeof(text), "%s on the base, %s now", v->is[SIDE_BASE], v->is[SIDE_PATCHED]);
	if (changed(v) && strcmp(v->is[SIDE_PATCHED], v->expected) != 0)
		failure(f, text, v->name);
	fputs("</testcase>\n", f);
}

static void junit_finding(FILE *f, const struct finding *finding)
{
	open_case(f, "finding", finding->title);
	if (finding_is_new(finding))
		failure(f, finding->title, finding->saved[0] ? finding->saved : finding->file);
	fputs("</testcase>\n", f);
}

static unsigned int failures(const struct comparison *c)
{
	unsigned int n = report_new(c);

	for (size_t i = 0; i < c->nr_verdicts; i++)
		n += changed(&c->verdicts[i]) &&
		     strcmp(c->verdicts[i].is[SIDE_PATCHED], c->verdicts[i].expected) != 0;
	return n;
}

bool report_junit(const char *path, const struct compare_report *r)
{
	const struct comparison *c = r->c;
	FILE *f = fopen(path, "we");
	bool ok;

	if (f) {
		fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"tdpfuzz "
		      "check\"",
		      f);
		fprintf(f, " tests=\"%zu\" failures=\"%u\" time=\"%.1f\">\n", c->nr_verdicts + c->nr_findings,
			failures(c), r->seconds);
		for (size_t i = 0; i < c->nr_verdicts; i++)
			junit_verdict(f, &c->verdicts[i]);
		for (size_t i = 0; i < c->nr_findings; i++)
			junit_finding(f, &c->findings[i]);
		fputs("  </testsuite>\n</testsuites>\n", f);
	}
	ok = f && !ferror(f);
	if (f && fclose(f))
		ok = false;
	if (!ok)
		cli_error("%s: %s", path, strerror(errno));
	return ok;
}
