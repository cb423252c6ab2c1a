// SPDX-License-Identifier: GPL-2.0-only
/*
 * One execution: boot, set-up phase, the threads of the scenario, quiescent checks, verdict.
 *
 * Threads of the engine are the vCPUs that have a program, the host threads, and last the RCU callbacks;
 * vCPUs without a program have no thread. As virtual-machine monitor each vCPU thread does what the exits ask
 * for.
 */
#include "harness/scenario/exec.h"

#include <stdlib.h>
#include <string.h>

#include "harness/check/check.h"
#include "harness/scenario/world.h"

static const struct subject_ops *subject;
static struct world world;
static struct exec_result *current;
static bool thread_done[SCN_MAX_THREADS];
static unsigned int boots; /* of this scenario */
static bool kept; /* its VM is remembered */
static void (*user_event)(const struct m_event *ev);

/* The last run, for exec_replay_history(). */
static struct {
	enum eng_verdict verdict;
	u64 hash;
	bool finding;
	char title[sizeof(((struct exec_result *)0)->title)];
} last;

static void listen(const struct m_event *ev)
{
	/* The trace first: a checker that fails does not come back, and its event is the one that matters. */
	if (unlikely(user_event))
		user_event(ev);
	check_event(ev);
}

void exec_init(void)
{
	eng_init();
	subject = the_subject.ops;
	check_init(the_subject.view);
	m_listener = listen;
	if (the_subject.start)
		the_subject.start();
}

void exec_prepare(const struct scenario *s)
{
	struct eng_config config = {
		.classes = (u32)s->classes << 4,
		.data_choices = s->data_choices,
	};

	world_prepare(&world, s);
	kept = false;
	boots = 0;
	eng_configure(&config);
}

static void vcpu_thread(void *arg)
{
	unsigned int vcpu = (unsigned int)(uintptr_t)arg;

	world_run_vcpu(&world, subject, vcpu);
	thread_done[vcpu] = true;
}

static void host_thread(void *arg)
{
	unsigned int i = (unsigned int)(uintptr_t)arg;
	const struct scn_thread *t = &world.s->threads[i];

	for (unsigned int j = 0; j < t->nr_ops; j++)
		current->ret[i][j] = world_host_op(&world, subject, &t->ops[j]);
	thread_done[i] = true;
}

/* vcpu0 ..., host3 ...: by the number that the thread has in the scenario. */
static void add_threads(void)
{
	static const char *const vcpu_names[] = {"vcpu0", "vcpu1", "vcpu2", "vcpu3"};
	static const char *const host_names[] = {"host0", "host1", "host2", "host3", "host4", "host5"};
	const struct scenario *s = world.s;

	for (unsigned int i = 0; i < s->nr_threads; i++) {
		if (!s->threads[i].is_vcpu)
			eng_thread(host_names[i], host_thread, (void *)(uintptr_t)i);
		else if (s->threads[i].nr_ops)
			eng_thread(vcpu_names[i], vcpu_thread, (void *)(uintptr_t)i);
	}
	eng_thread("rcu", the_subject.callbacks, NULL);
}

static unsigned int nr_cpus(void)
{
	return world.s->nr_threads - scn_nr_vcpus(world.s) + scn_nr_running(world.s) + 1;
}

static void create_vm(void *unused)
{
	(void)unused;
	subject->create_vm(&world.config);
}

static void map_thread(void *unused)
{
	(void)unused;
	world_map(&world, subject);
}

static bool silent_begin(struct eng_strategy *s)
{
	(void)s;
	return true;
}

static int silent_choose(struct eng_strategy *s, const struct eng_choice *c)
{
	(void)s;
	(void)c;
	return 0;
}

static void silent_end(struct eng_strategy *s, const struct eng_run *run)
{
	(void)s;
	(void)run;
}

static struct eng_strategy silent = {
	.name = "silent", .begin = silent_begin, .choose = silent_choose, .end = silent_end};

/* Up to the moment before the first thread runs. False: @run says what is wrong with the code under test. */
static bool boot_new(struct eng_run *run)
{
	world_reset(nr_cpus());
	check_reset();
	world_load_programs(&world);
	memset(run, 0, sizeof(*run));
	if (!eng_quiescent(create_vm, NULL, run))
		return false;
	if (world.s->nr_mapped) {
		eng_thread("setup", map_thread, NULL);
		eng_run(&silent, run);
		eng_next_phase();
		if (run->verdict != ENG_OK)
			return false;
		world_load_programs(&world);
	}
	return true;
}

/* The creation of a VM costs more than to remember it from the third run of a scenario on. */
static bool boot(struct eng_run *run)
{
	if (kept) {
		eng_restart();
		the_subject.again();
		world_load_programs(&world);
		memset(run, 0, sizeof(*run));
		return true;
	}
	if (!boot_new(run))
		return false;
	if (the_subject.keep && ++boots == 2)
		kept = the_subject.keep();
	return true;
}

static void quiesce(void *unused)
{
	(void)unused;
	subject->quiesce();
	check_quiescent();
}

/*
 * A guest in AWAIT whose value nobody writes goes round for ever, as it would on the real machine. That ends
 * the run and is no finding: every thread that is left is such a guest.
 */
static bool only_waits(const struct eng_run *run)
{
	const struct scenario *s = world.s;

	if (run->verdict != ENG_LIVELOCK && run->verdict != ENG_STEPS)
		return false;
	for (unsigned int i = 0; i < s->nr_threads; i++) {
		const struct hw_guest *g;

		if (thread_done[i] || (s->threads[i].is_vcpu && !s->threads[i].nr_ops))
			continue;
		if (!s->threads[i].is_vcpu)
			return false;
		g = &world.guests[i];
		if (g->pc >= g->nr || g->insn[g->pc].op != G_SPIN_READ)
			return false;
	}
	return true;
}

/*
 * "ID title: site". A checker that knows the sites that matter has put them into its title; else it is the
 * function of the last point, which does not depend on the schedule when the run ended inside a thread.
 */
static void make_title(struct exec_result *r, bool in_thread)
{
	const struct eng_run *run = &r->run;
	const char *id = run->id ? run->id : "ENGINE", *title = run->title ? run->title : "no title";
	bool site = in_thread && run->verdict == ENG_FAILED && run->site && !strchr(title, ':');

	snprintf(r->title, sizeof(r->title), "%.15s %.160s%s%.60s", id, title, site ? ": " : "",
		 site ? run->site->func : "");
}

static void judge(struct exec_result *r, bool in_thread)
{
	const struct known_issue *known;

	switch (r->run.verdict) {
	case ENG_FAILED:
	case ENG_DEADLOCK:
	case ENG_LIVELOCK:
	case ENG_STEPS:
		r->finding = !only_waits(&r->run);
		break;
	default:
		r->finding = false;
	}
	if (!r->finding)
		return;
	make_title(r, in_thread);
	known = known_issue_match(r->run.id ? r->run.id : "", r->run.title ? r->run.title : "");
	r->known = known ? known->name : NULL;
}

static bool atom_holds(const struct exec_result *r, const struct scn_cond *c)
{
	u64 reg = r->regs[c->thread][c->reg & (GUEST_REGS - 1)];

	switch (c->kind) {
	case COND_REG:
		return !r->finding && reg == (c->val == SCN_VE ? GUEST_VE : c->val);
	case COND_RET:
		return !r->finding && r->ret[c->thread][c->reg] == -(int)c->val;
	default:
		return r->finding && (!c->id[0] || !strcmp(c->id, r->run.id ? r->run.id : ""));
	}
}

/* The exists clause; without one, any finding. */
static bool witness(const struct exec_result *r)
{
	const struct scn_cond *cond = world.s->cond;
	bool stack[SCN_MAX_COND];
	unsigned int n = 0;

	if (cond->kind == COND_END)
		return r->finding;
	for (; cond < world.s->cond + SCN_MAX_COND && cond->kind != COND_END; cond++) {
		if (cond->kind == COND_NOT) {
			stack[n - 1] = !stack[n - 1];
		} else if (cond->kind == COND_AND || cond->kind == COND_OR) {
			bool right = stack[--n], left = stack[n - 1];

			stack[n - 1] = cond->kind == COND_AND ? left && right : left || right;
		} else {
			stack[n++] = atom_holds(r, cond);
		}
	}
	return stack[0];
}

static bool run_finished(const struct eng_run *run)
{
	return run->verdict != ENG_ABORTED && run->verdict != ENG_DIVERGED;
}

static void finish(struct exec_result *r, bool in_thread)
{
	for (unsigned int v = 0; v < world.config.nr_vcpus; v++)
		memcpy(r->regs[v], world.guests[v].regs, sizeof(r->regs[v]));
	judge(r, in_thread);
	r->witness = run_finished(&r->run) && witness(r);
	last.verdict = r->run.verdict;
	last.hash = r->run.hash;
	last.finding = r->finding;
	memcpy(last.title, r->title, sizeof(last.title));
}

/* @history: steps and events of the threads go there. */
static bool run_once(struct eng_strategy *strategy, struct exec_result *r,
		     void (*step)(const struct eng_step *), void (*event)(const struct m_event *))
{
	bool more = true, in_thread = true;

	memset(r, 0, sizeof(*r));
	memset(thread_done, 0, sizeof(thread_done));
	current = r;
	if (!boot(&r->run)) {
		more = strategy->begin(strategy);
		if (more)
			strategy->end(strategy, &r->run);
		finish(r, false);
		return more;
	}
	add_threads();
	eng_set_history(step);
	user_event = event;
	more = eng_run(strategy, &r->run);
	eng_set_history(NULL);
	if (more && r->run.verdict == ENG_OK)
		in_thread = eng_quiescent(quiesce, NULL, &r->run);
	user_event = NULL;
	if (more)
		finish(r, in_thread);
	return more;
}

bool exec_run(struct eng_strategy *strategy, struct exec_result *result)
{
	return run_once(strategy, result, NULL, NULL);
}

bool exec_replay_history(const struct eng_record *record, struct exec_result *result,
			 void (*step)(const struct eng_step *), void (*event)(const struct m_event *))
{
	struct eng_strategy *replay = eng_strategy_replay();
	typeof(last) first = last;
	struct eng_record copy = {
		.nr = record->nr, .option = malloc(record->nr + 1), .sig = malloc(record->nr + 1)};

	if (!copy.option || !copy.sig)
		eng_internal_error("out of memory for a schedule of %u choices", record->nr);
	memcpy(copy.option, record->option, record->nr);
	memcpy(copy.sig, record->sig, record->nr);
	eng_strategy_replay_set(replay, &copy);
	run_once(replay, result, step, event);
	replay->destroy(replay);
	free(copy.option);
	free(copy.sig);
	return first.verdict == last.verdict && first.hash == last.hash && first.finding == last.finding &&
	       !strcmp(first.title, last.title);
}

/* "TLB-01 stale leaf: f / g" becomes "TLB-01-stale-leaf-f-g". */
static void name_of_title(char *name, size_t size, const char *title)
{
	size_t n = 0;

	for (; *title && n < size - 1; title++) {
		bool keep =
			strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.", *title);

		if (keep)
			name[n++] = *title;
		else if (n && name[n - 1] != '-')
			name[n++] = '-';
	}
	while (n && name[n - 1] == '-')
		n--;
	memset(name + n, 0, size - n);
}

void exec_make_finding(const struct scenario *s, const struct exec_result *result, struct scenario *finding)
{
	scn_copy(finding, s);
	name_of_title(finding->name, sizeof(finding->name), result->title);
	finding->schedule = SCHED_EXACT;
	finding->nr_gap_bytes = 0;
	memset(finding->gap_bytes, 0, sizeof(finding->gap_bytes));
	scn_set_record(finding, result->run.record.option, result->run.record.sig, result->run.record.nr);
	memset(finding->build, 0, sizeof(finding->build));
	snprintf(finding->build, sizeof(finding->build), "%s", build_identity());
}
