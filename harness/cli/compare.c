/* SPDX-License-Identifier: GPL-2.0-only */
#include "harness/cli/compare.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/cli/child.h"
#include "harness/cli/cli.h"

/*
 * Shares of the time: litmus tests, exploration, and a second look for the findings of one side. A slice is
 * short, so that every scenario has its turn; its child gets some seconds to start and to print on top.
 */
static const double LITMUS_SHARE = 0.3, EXPLORE_SHARE = 0.85, GRACE = 10;
enum { MAX_JOBS = 64, MAX_CHOICES = 2, MORE_EFFORT = 4 };

enum task_kind { TASK_LITMUS, TASK_EXPLORE, TASK_REPLAY };

/**
 * struct task - one child: @file on @side
 * @seed: 0: replay
 * @finding: the finding that is looked for, or -1
 */
struct task {
	enum task_kind kind;
	enum compare_side side;
	const char *file, *strategy;
	unsigned int seed;
	double seconds;
	long finding;
};

struct slot {
	struct task task;
	struct child child;
	char out[PATH_MAX], err[PATH_MAX], save[PATH_MAX];
	char seed[16], time[32];
	bool busy;
};

struct work {
	struct comparison *c;
	struct slot slot[MAX_JOBS];
	/* by file of the corpus: it is not for a tree */
	bool *unfit;
	double start;
	unsigned int next_finding_file;
};

static char *copy_of(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		eng_internal_error("no memory for a finding");
	return copy;
}

void title_stable(char *title)
{
	char *to = title;

	for (const char *p = title; *p;) {
		*to++ = *p++;
		if (to - title < 2 || to[-2] != '.' || !strchr("chS", to[-1]) || *p != ':')
			continue;
		if (p[1] < '0' || p[1] > '9')
			continue;
		for (p++; *p >= '0' && *p <= '9'; p++)
			;
	}
	*to = 0;
}

static struct finding *finding_of(struct comparison *c, const char *title)
{
	struct finding *f;

	for (size_t i = 0; i < c->nr_findings; i++)
		if (strcmp(c->findings[i].title, title) == 0)
			return &c->findings[i];
	f = realloc(c->findings, (c->nr_findings + 1) * sizeof(*f));
	if (!f)
		eng_internal_error("no memory for findings");
	c->findings = f;
	f = &c->findings[c->nr_findings++];
	memset(f, 0, sizeof(*f));
	f->title = copy_of(title);
	f->file = copy_of("");
	f->how = copy_of("");
	f->saved = copy_of("");
	return f;
}

static void replace(char **text, const char *by)
{
	free(*text);
	*text = copy_of(by);
}

/* The schedule that a slice saved becomes the finding's own. */
static void keep_schedule(struct work *w, struct finding *f, const struct slot *s)
{
	char path[PATH_MAX];

	if (access(s->save, R_OK))
		return;
	cache_path(path, "findings/%llx-%d-%u.litmus", (unsigned long long)time(NULL), (int)getpid(),
		   w->next_finding_file++);
	if (rename(s->save, path) == 0)
		replace(&f->saved, path);
}

static void record(struct work *w, const struct slot *s, const char *title)
{
	struct finding *f = finding_of(w->c, title);
	bool first = !f->seen[SIDE_BASE] && !f->seen[SIDE_PATCHED];
	char how[128];

	/* The patched tree's own schedule is worth more than the base's. */
	if (first || (s->task.side == SIDE_PATCHED && !f->seen[SIDE_PATCHED])) {
		replace(&f->file, s->task.file);
		replace(&f->how, "");
		if (s->task.kind == TASK_EXPLORE) {
			snprintf(how, sizeof(how), "explore --strategy %s --seed %u", s->task.strategy,
				 s->task.seed);
			replace(&f->how, how);
			keep_schedule(w, f, s);
		}
	}
	f->seen[s->task.side]++;
	if (w->c->stop && s->task.side == SIDE_PATCHED && strcmp(title, w->c->stop) == 0)
		w->c->stopped = true;
}

/* What a child died of is a finding whose title does not depend on the schedule. */
static void died(struct work *w, const struct slot *s)
{
	static const char *const words[] = {"litmus", "explore", "run"};
	char title[512];

	if (s->child.end == CHILD_TIMEOUT)
		snprintf(title, sizeof(title), "HANG: no answer within its time: tdpfuzz %s %.200s",
			 words[s->task.kind], s->task.file);
	else
		snprintf(title, sizeof(title), "CRASH: %s: tdpfuzz %s %.200s", child_ended(&s->child),
			 words[s->task.kind], s->task.file);
	w->c->runs[s->task.side]++;
	w->c->hits[s->task.side]++;
	record(w, s, title);
}

static const char *text_of(const cJSON *o, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, key);

	return cJSON_IsString(item) ? item->valuestring : "";
}

static void count_executions(struct work *w, const struct slot *s, const cJSON *o)
{
	const cJSON *n = cJSON_GetObjectItemCaseSensitive(o, "executions");

	if (cJSON_IsNumber(n) && n->valuedouble > 0)
		w->c->executions[s->task.side] += (u64)n->valuedouble;
}

/* Line @nr of the answer about one test; both sides answer in the order of the file. */
static void decided(struct work *w, const struct slot *s, const cJSON *o, unsigned int nr)
{
	struct comparison *c = w->c;
	struct verdict *v = NULL;
	char name[320];

	snprintf(name, sizeof(name), "%.200s line %u", text_of(o, "name"), nr + 1);
	for (size_t i = 0; i < c->nr_verdicts; i++)
		if (strcmp(c->verdicts[i].name, name) == 0)
			v = &c->verdicts[i];
	if (!v) {
		v = realloc(c->verdicts, (c->nr_verdicts + 1) * sizeof(*v));
		if (!v)
			eng_internal_error("no memory for verdicts");
		c->verdicts = v;
		v = &c->verdicts[c->nr_verdicts++];
		memset(v, 0, sizeof(*v));
		v->name = copy_of(name);
		v->expected = copy_of(text_of(o, "expected"));
	}
	snprintf(v->is[s->task.side], sizeof(v->is[0]), "%.15s", text_of(o, "verdict"));
	c->decided += s->task.side == SIDE_PATCHED && strcmp(text_of(o, "verdict"), "unknown") != 0;
}

static void answer(struct work *w, const struct slot *s, const cJSON *o, unsigned int nr)
{
	const char *verdict = text_of(o, "verdict"), *title = text_of(o, "title");

	count_executions(w, s, o);
	if (s->task.kind == TASK_LITMUS)
		decided(w, s, o, nr);
	if (s->task.kind == TASK_EXPLORE)
		w->c->runs[s->task.side]++;
	if (title[0] && strcmp(verdict, "diverged") != 0) {
		char *stable = copy_of(title);

		title_stable(stable);
		w->c->hits[s->task.side] += s->task.kind == TASK_EXPLORE;
		record(w, s, stable);
		free(stable);
	}
}

/* Every line of the child's output that is an object. */
static unsigned int read_answers(struct work *w, const struct slot *s)
{
	FILE *f = fopen(s->out, "re");
	char line[8192];
	unsigned int nr = 0;
	cJSON *o;

	while (f && fgets(line, sizeof(line), f)) {
		o = cJSON_Parse(line);
		if (cJSON_IsObject(o))
			answer(w, s, o, nr++);
		cJSON_Delete(o);
	}
	if (f)
		fclose(f);
	return nr;
}

static void finish(struct work *w, struct slot *s)
{
	unsigned int answers = read_answers(w, s);

	s->busy = false;
	if (s->child.end != CHILD_EXITED) {
		died(w, s);
	} else if (s->child.code == CLI_USAGE && !answers) {
		for (size_t i = 0; i < w->c->corpus->nr; i++)
			if (w->c->corpus->path[i] == s->task.file)
				w->unfit[i] = true;
	} else if (!answers && s->task.kind != TASK_REPLAY) {
		died(w, s);
	}
	unlink(s->save);
}

static void begin(struct work *w, struct slot *s, const struct task *t)
{
	const char *bin = w->c->bin[t->side];
	const char *const litmus[] = {bin, "litmus", "--json", "--time", s->time, t->file, NULL};
	/* A test of a seeded bug is about the same race in a kernel tree, which has no seeded bugs. */
	const char *const explore[] = {bin,	     "explore",	  "--json",	   "--bug",  "none",
				       "--strategy", t->strategy, "--preemptions", "3",	     "--seed",
				       s->seed,	     "--time",	  s->time,	   "--save", s->save,
				       t->file,	     NULL};
	const char *const replay[] = {bin, "run", "--json", "--bug", "none", t->file, NULL};
	const char *const *const argv[] = {litmus, explore, replay};
	unsigned int nr = s - w->slot;

	s->task = *t;
	s->busy = true;
	cache_path(s->out, "tmp/%d/out%u", (int)getpid(), nr);
	cache_path(s->err, "tmp/%d/err%u", (int)getpid(), nr);
	cache_path(s->save, "tmp/%d/save%u.litmus", (int)getpid(), nr);
	snprintf(s->seed, sizeof(s->seed), "%u", t->seed);
	snprintf(s->time, sizeof(s->time), "%.2f", t->seconds);
	s->child = (struct child){.out = s->out, .err = s->err, .seconds = t->seconds * MAX_CHOICES + GRACE};
	child_start(&s->child, argv[t->kind]);
}

static void wait_a_moment(void)
{
	static const struct timespec pause = {.tv_nsec = 5000000};

	nanosleep(&pause, NULL);
}

static void finish_all(struct work *w)
{
	for (unsigned int i = 0; i < MAX_JOBS; i++) {
		if (!w->slot[i].busy)
			continue;
		child_wait(&w->slot[i].child);
		finish(w, &w->slot[i]);
	}
}

/* Starts @t when a job is free; not on a side that is not looked at. */
static void submit(struct work *w, const struct task *t)
{
	if (!w->c->bin[t->side] || w->c->stopped)
		return;
	for (;; wait_a_moment()) {
		for (unsigned int i = 0; i < w->c->jobs; i++) {
			struct slot *s = &w->slot[i];

			if (s->busy && child_poll(&s->child))
				finish(w, s);
			if (!s->busy) {
				begin(w, s, t);
				return;
			}
		}
	}
}

static void submit_both(struct work *w, struct task t)
{
	for (t.side = SIDE_BASE; t.side < SIDES; t.side++)
		submit(w, &t);
}

static unsigned int sides(const struct comparison *c)
{
	return !!c->bin[SIDE_BASE] + !!c->bin[SIDE_PATCHED];
}

static double elapsed(const struct work *w)
{
	return cli_now() - w->start;
}

static void litmus_tests(struct work *w)
{
	struct comparison *c = w->c;
	struct task t = {.kind = TASK_LITMUS, .finding = -1};

	if (!c->corpus->nr)
		return;
	t.seconds = c->seconds * LITMUS_SHARE * c->jobs / ((double)c->corpus->nr * sides(c));
	if (t.seconds < 0.1)
		t.seconds = 0.1;
	for (size_t i = 0; i < c->corpus->nr; i++) {
		/* On a slow machine every test has a turn, and exploration the rest. */
		if (elapsed(w) > c->seconds * EXPLORE_SHARE)
			break;
		t.file = c->corpus->path[i];
		submit_both(w, t);
	}
	finish_all(w);
	for (size_t i = 0; i < c->corpus->nr; i++)
		c->unfit += w->unfit[i];
}

/* One slice for each scenario in turn, by one strategy after the other; both sides do the same. */
static void exploration(struct work *w)
{
	static const char *const strategies[] = {"pct", "random", "pos", "surw"};
	struct comparison *c = w->c;
	struct task t = {.kind = TASK_EXPLORE, .seconds = 1, .finding = -1};

	if (c->unfit == c->corpus->nr)
		return;
	if (c->seconds < 60)
		t.seconds = 0.3;
	for (unsigned int round = 0; !c->stopped; round++) {
		for (size_t i = 0; i < c->corpus->nr; i++) {
			if (elapsed(w) > c->seconds * EXPLORE_SHARE || c->stopped)
				return;
			if (w->unfit[i])
				continue;
			t.file = c->corpus->path[i];
			t.strategy = strategies[(round + i) % ARRAY_SIZE(strategies)];
			t.seed = round + 1;
			submit_both(w, t);
		}
	}
}

/* The other side gets what found it, the schedule itself first, and more time than it took. */
static void second_look(struct work *w, size_t nr)
{
	static const char *const strategies[] = {"pct", "random"};
	const struct finding *f = &w->c->findings[nr];
	enum compare_side other = f->seen[SIDE_BASE] ? SIDE_PATCHED : SIDE_BASE;
	struct task t = {.side = other, .finding = nr, .seed = 1};
	double seconds = (w->c->seconds - elapsed(w)) / 8;
	/* @f moves when findings are added. */
	char file[PATH_MAX], saved[PATH_MAX];

	path_print(file, "%s", f->file);
	path_print(saved, "%s", f->saved);
	t.seconds = seconds < 0.3 ? 0.3 : seconds > MORE_EFFORT ? MORE_EFFORT : seconds;
	if (saved[0]) {
		t.kind = TASK_REPLAY;
		t.file = saved;
		submit(w, &t);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(strategies); i++) {
		t.kind = f->how[0] ? TASK_EXPLORE : TASK_LITMUS;
		t.file = file;
		t.strategy = strategies[i];
		submit(w, &t);
		finish_all(w);
		f = &w->c->findings[nr];
		if (f->seen[other])
			return;
	}
}

static void second_looks(struct work *w)
{
	finish_all(w);
	for (size_t i = 0; i < w->c->nr_findings && !w->c->stopped; i++) {
		const struct finding *f = &w->c->findings[i];

		if ((finding_is_new(f) || finding_is_gone(f)) && sides(w->c) == SIDES)
			second_look(w, i);
	}
}

void compare_run(struct comparison *c)
{
	struct work *w = calloc(1, sizeof(*w));

	if (!w || !(w->unfit = calloc(c->corpus->nr + 1, sizeof(*w->unfit))))
		eng_internal_error("no memory for a comparison");
	w->c = c;
	w->start = cli_now();
	if (c->jobs > MAX_JOBS)
		c->jobs = MAX_JOBS;
	litmus_tests(w);
	exploration(w);
	second_looks(w);
	finish_all(w);
	free(w->unfit);
	free(w);
}

void compare_free(struct comparison *c)
{
	for (size_t i = 0; i < c->nr_findings; i++) {
		free(c->findings[i].title);
		free(c->findings[i].file);
		free(c->findings[i].how);
		free(c->findings[i].saved);
	}
	for (size_t i = 0; i < c->nr_verdicts; i++) {
		free(c->verdicts[i].name);
		free(c->verdicts[i].expected);
	}
	free(c->findings);
	free(c->verdicts);
}
