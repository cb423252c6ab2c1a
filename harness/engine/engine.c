/* SPDX-License-Identifier: GPL-2.0-only */
/* One run from begin to end. */
#include <string.h>

#include "harness/engine/state.h"

#define DEFAULT_MAX_STEPS 200000

/* What happened before a run happens before all of it, and all of it before what comes after. */
static char run_starts, run_ends;

static void thread_body(void)
{
	__tsan_acquire(&run_starts);
	eng.self->fn(eng.self->arg);
}

static struct fiber *thread_exit(void)
{
	__tsan_release(&run_ends);
	return sched_exit();
}

void eng_init(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	sites_number();
	arena_init();
	sched_prepare();
	fiber_adopt(&eng.main);
	for (unsigned int t = 0; t < ENG_MAX_THREADS; t++)
		fiber_create(&eng.fiber[t], thread_body, thread_exit);
	eng_configure(&(struct eng_config){.classes = M_CLASS_MASK});
	eng_reset();
}

void eng_configure(const struct eng_config *config)
{
	eng.config = *config;
	if (!eng.config.max_steps)
		eng.config.max_steps = DEFAULT_MAX_STEPS;
}

u32 eng_classes(void)
{
	return eng.config.classes;
}

void eng_thread(const char *name, void (*fn)(void *arg), void *arg)
{
	struct eng_thread *t = &eng.thread[eng.nr_threads];

	if (eng.nr_threads == ENG_MAX_THREADS)
		eng_internal_error("more than %u threads", ENG_MAX_THREADS);
	if (t->name != name)
		fiber_set_name(&eng.fiber[eng.nr_threads], name);
	t->name = name;
	t->fn = fn;
	t->arg = arg;
	t->site = NULL;
	t->waits = NULL;
	eng.nr_threads++;
}

void eng_set_cpu(unsigned int thread, unsigned int cpu)
{
	eng.thread[thread].who.cpu = cpu;
}

static void begin(struct eng_strategy *s)
{
	u16 all = (1u << eng.nr_threads) - 1;

	if (!eng.nr_threads)
		eng_internal_error("a run without threads");
	s->overrule = ENG_OK;
	s->why[0] = 0;
	eng.strategy = s;
	eng.choice.options = eng.options;
	eng.alive = eng.ready = eng.fresh = all;
	eng.started = eng.spinning = eng.stalled = 0;
	eng.steps = eng.writes = eng.writes_then = eng.idle_spins = eng.idle_mask = 0;
	eng.nr_choices = eng.deviations = eng.preemptions = 0;
	eng.hash = 0;
	eng.verdict = ENG_OK;
	eng.id[0] = eng.title[0] = eng.state[0] = 0;
	eng.limit = eng.config.max_steps;
	eng.classes = eng.config.classes;
	eng.data_choices = eng.config.data_choices;
	eng.over = false;
	history_begin();
}

static void run_threads(void)
{
	eng.inside = true;
	if (sched_first()) {
		__tsan_release(&run_starts);
		fiber_switch(&eng.main, &eng.fiber[eng.cur]);
		__tsan_acquire(&run_ends);
	} else {
		eng.verdict = ENG_ABORTED;
	}
	eng.inside = false;
	history_end();
	eng.limit = ~0u;
	eng.classes = eng.data_choices = 0;
	eng.ready = eng.others = 0;
	if (eng.verdict == ENG_OK)
		eng.ended_by = eng.cur;
}

static u64 hash_choices(void)
{
	u64 hash = hash_mix(eng.hash, eng.nr_choices);

	for (u32 i = 0; i < eng.nr_choices; i++)
		hash = hash_mix(hash, eng.option[i] | eng.sig[i] << 8);
	return hash;
}

static void fill_verdict(struct eng_run *run)
{
	run->verdict = eng.verdict;
	run->id = eng.id[0] ? eng.id : NULL;
	run->title = eng.title[0] ? eng.title : NULL;
	run->state = eng.state[0] ? eng.state : NULL;
	run->thread = eng.ended_by;
	run->site = eng.thread[eng.ended_by].site;
}

static void fill_run(struct eng_run *run)
{
	fill_verdict(run);
	run->steps = eng.steps;
	run->choices = eng.nr_choices;
	run->preemptions = eng.preemptions;
	run->deviations = eng.deviations;
	run->hash = hash_choices();
	run->diverged_at = 0;
	run->diverged[0] = 0;
	run->record = (struct eng_record){eng.nr_choices, eng.option, eng.sig};
}

static void overrule(struct eng_run *run, const struct eng_strategy *s)
{
	run->verdict = s->overrule;
	if (s->overrule != ENG_DIVERGED)
		return;
	run->diverged_at = s->diverged_at;
	memcpy(run->diverged, s->why, sizeof(run->diverged));
}

bool eng_run(struct eng_strategy *s, struct eng_run *run)
{
	if (!s->begin(s))
		return false;
	begin(s);
	run_threads();
	fill_run(run);
	s->end(s, run);
	if (s->overrule != ENG_OK)
		overrule(run, s);
	return true;
}

bool eng_quiescent(void (*fn)(void *arg), void *arg, struct eng_run *run)
{
	eng.guarded = true;
	if (!setjmp(eng.main.base)) {
		fn(arg);
		eng.guarded = false;
		return true;
	}
	eng.guarded = false;
	fill_verdict(run);
	return false;
}

void eng_restart(void)
{
	for (unsigned int t = 0; t < ENG_MAX_THREADS; t++)
		eng.thread[t].who = (struct m_self){t, t};
	eng.nr_threads = 0;
	eng_become(0);
	eng.steps = 0;
}

void eng_reset(void)
{
	arena_reset();
	eng_restart();
}

void eng_next_phase(void)
{
	eng.nr_threads = 0;
	eng_become(0);
	eng.steps = 0;
}

u32 eng_step_nr(void)
{
	return eng.steps;
}

u32 eng_choice_nr(void)
{
	return eng.nr_choices;
}

const char *eng_thread_name(unsigned int thread)
{
	return thread < eng.nr_threads ? eng.thread[thread].name : "main";
}

void m_acquire(const volatile void *addr)
{
	__tsan_acquire((void *)addr);
}

void m_release(const volatile void *addr)
{
	__tsan_release((void *)addr);
}
