/* SPDX-License-Identifier: GPL-2.0-only */
/* Verdicts, blocking and spinning, and what a run reports. */
#include "harness/engine/test.h"
#include "model/event.h"

static struct eng_strategy *silent;

static struct eng_run run_with(struct eng_strategy *s, const struct test_thread *threads)
{
	struct eng_run run;

	add_threads(threads);
	eng_run(s, &run);
	eng_reset();
	return run;
}

static struct eng_run run_silent(const struct test_thread *threads)
{
	return run_with(silent, threads);
}

/* Two counters that threads add to without a lock. */
static u64 counter, flag;

static void add_many(void *unused)
{
	(void)unused;
	for (int i = 0; i < 1000; i++) {
		u64 old = m_load64(&counter, M_KVM);

		while (!m_cas64(&counter, &old, old + 1, M_KVM))
			;
	}
}

static void test_switch(void)
{
	const struct test_thread t[] = {
		{"a", add_many, NULL}, {"b", add_many, NULL}, {"c", add_many, NULL}, {}};
	struct eng_strategy *s = eng_strategy_random(1);
	struct eng_run run;

	counter = 0;
	run = run_with(s, t);
	ok(run.verdict == ENG_OK && counter == 3000, "three threads switch at random, nothing is lost");
	ok(run.preemptions > 1000 && run.choices >= run.preemptions, "and they did switch (%u)",
	   run.preemptions);
	counter = 0;
	run = run_silent(t);
	ok(counter == 3000 && !run.preemptions && !run.deviations, "a silent stream never preempts");
	s->destroy(s);
}

static void wait_for_flag(void *unused)
{
	(void)unused;
	while (!m_load64(&flag, M_KVM))
		m_wait(&flag, M_SITE("wait for flag"));
}

static void set_flag(void *unused)
{
	(void)unused;
	m_store64(&flag, 1, M_KVM);
	m_wake(&flag);
}

static void nothing(void *unused)
{
	(void)unused;
}

static void test_blocking(void)
{
	struct eng_run run;

	flag = 0;
	run = run_silent((struct test_thread[]){{"w", wait_for_flag, NULL}, {"s", set_flag, NULL}, {}});
	ok(run.verdict == ENG_OK && !run.title, "a waiter is woken");
	flag = 0;
	run = run_silent((struct test_thread[]){{"w", wait_for_flag, NULL}, {"n", nothing, NULL}, {}});
	ok(run.verdict == ENG_DEADLOCK && !strcmp(run.id, "DEADLOCK"), "nobody wakes it: deadlock");
	ok(!strcmp(run.title, "deadlock: wait_for_flag"), "title names the function: %s", run.title);
	ok(strstr(run.state, "w is blocked in wait_for_flag(): wait for flag"), "state names the thread");
}

static void spin_for_flag(void *unused)
{
	(void)unused;
	while (!m_load64(&flag, M_KVM))
		m_spin(M_SITE("cpu_relax()"));
}

static void test_spinning(void)
{
	const struct test_thread good[] = {
		{"1", spin_for_flag, NULL}, {"2", spin_for_flag, NULL}, {"s", set_flag, NULL}, {}};
	struct eng_run run;

	flag = 0;
	run = run_silent(good);
	ok(run.verdict == ENG_OK, "a silent stream is fair to who is waited for");
	flag = 0;
	run = run_silent((struct test_thread[]){{"1", spin_for_flag, NULL}, {"2", spin_for_flag, NULL}, {}});
	ok(run.verdict == ENG_LIVELOCK, "only spinning threads are left: livelock");
	ok(!strcmp(run.title, "livelock: spin_for_flag"), "title: %s", run.title);
}

static void count_with_spins(void *unused)
{
	(void)unused;
	for (int i = 0; i < 5000; i++) {
		m_store64(&counter, counter + 1, M_KVM);
		m_spin(M_SITE("cond_resched()"));
	}
}

static void never_ends(void *unused)
{
	(void)unused;
	for (;;)
		m_store64(&counter, 0, M_KVM);
}

static void test_limits(void)
{
	struct eng_run run;

	run = run_silent((struct test_thread[]){{"c", count_with_spins, NULL}, {}});
	ok(run.verdict == ENG_OK, "spinning with progress is no livelock");
	run = run_silent((struct test_thread[]){{"n", never_ends, NULL}, {}});
	ok(run.verdict == ENG_STEPS && run.steps > 200000, "endless retry ends at the limit of points");
	run = run_silent((struct test_thread[]){{"n", never_ends, NULL}, {"w", nothing, NULL}, {}});
	ok(run.verdict == ENG_STEPS && run.choices == ENG_MAX_CHOICES, "or at that of choices: %s",
	   run.title);
}

static void fail_second(void *unused)
{
	(void)unused;
	m_store64(&counter, 1, M_KVM);
	m_fail("X-01", "broken", "state %d", 42);
}

static void test_fail(void)
{
	struct eng_run run =
		run_silent((struct test_thread[]){{"w", never_ends, NULL}, {"f", fail_second, NULL}, {}});

	ok(run.verdict == ENG_STEPS, "an endless thread goes first under silence");
	run = run_silent((struct test_thread[]){{"f", fail_second, NULL}, {"w", never_ends, NULL}, {}});
	ok(run.verdict == ENG_FAILED && run.thread == 0, "m_fail() ends the run");
	ok(!strcmp(run.id, "X-01") && !strcmp(run.title, "broken") && !strcmp(run.state, "state 42"),
	   "and is told");
	ok(run.site && !strcmp(run.site->func, "fail_second"), "with its last point");
}

static void fails_later(void *unused)
{
	(void)unused;
	m_fail("X-02", "after the end", "%s", "quiescent");
}

static void test_quiescent(void)
{
	struct eng_run run = run_silent((struct test_thread[]){{"n", nothing, NULL}, {}});

	ok(eng_quiescent(nothing, NULL, &run) && run.verdict == ENG_OK, "quiescent code that finds nothing");
	ok(!eng_quiescent(fails_later, NULL, &run) && run.verdict == ENG_FAILED && !strcmp(run.id, "X-02"),
	   "quiescent code may fail the run");
}

static void kvm_and_seam(void *unused)
{
	(void)unused;
	for (int i = 0; i < 10; i++) {
		m_store64(&counter, 1, M_KVM);
		m_store64(&flag, 1, M_SEAM);
	}
}

static void test_classes(void)
{
	const struct test_thread t[] = {{"a", kvm_and_seam, NULL}, {"b", kvm_and_seam, NULL}, {}};
	u32 both, one;

	eng_configure(&(struct eng_config){.classes = M_KVM | M_SEAM});
	both = run_silent(t).choices;
	eng_configure(&(struct eng_config){.classes = M_KVM});
	one = run_silent(t).choices;
	/* The start, and each point of the first thread but its first. */
	ok(both == 20 && one == 10, "a class that is masked out has no choices (%u, %u)", both, one);
}

static unsigned int nr_steps, nr_values, nr_switched;
static unsigned int events_after_steps;

static void on_step(const struct eng_step *step)
{
	nr_steps++;
	nr_values += step->has_value;
	nr_switched += step->switched != 0;
}

static void on_event(const struct m_event *ev)
{
	(void)ev;
	events_after_steps = nr_steps;
}

static void store_and_tell(void *unused)
{
	(void)unused;
	m_store64(&counter, 1, M_KVM);
	m_point(M_OTHER | M_KVM, NULL, M_SITE("barrier"));
	m_emit1(EV_ENTER, 0);
}

static void test_history(void)
{
	struct eng_run fast, rich;
	const struct test_thread t[] = {{"a", store_and_tell, NULL}, {"b", store_and_tell, NULL}, {}};

	fast = run_silent(t);
	m_listener = on_event;
	eng_set_history(on_step);
	rich = run_silent(t);
	eng_set_history(NULL);
	ok(rich.hash == fast.hash && rich.choices == fast.choices, "history pass agrees with the fast one");
	ok(nr_steps == 4 && nr_values == 2 && nr_switched == 1, "each point is told once, with its value");
	ok(events_after_steps == 4, "an event comes after the step that it belongs to");
	ok(m_listener == on_event, "the listener is put back");
	m_listener = NULL;
}

static void test_coverage(void)
{
	static u8 map[4096];
	unsigned int alone = 0, together = 0;

	eng_set_coverage(map, sizeof(map));
	run_silent((struct test_thread[]){{"a", kvm_and_seam, NULL}, {}});
	for (size_t i = 0; i < sizeof(map); i++)
		alone += map[i] != 0;
	run_silent((struct test_thread[]){{"a", kvm_and_seam, NULL}, {"b", kvm_and_seam, NULL}, {}});
	for (size_t i = 0; i < sizeof(map); i++)
		together += map[i] != 0;
	eng_set_coverage(NULL, 0);
	ok(!alone && together == 2, "coverage: pairs of sites of two threads (%u, %u)", alone, together);
}

static void test_site_ids(void)
{
	struct m_site *a = M_SITE("one"), *b = M_SITE("two");

	ok(a->id && b->id && a->id != b->id, "sites have numbers, different ones");
}

int main(void)
{
	test_engine();
	silent = eng_strategy_bytes();
	test_switch();
	test_blocking();
	test_spinning();
	test_limits();
	test_fail();
	test_quiescent();
	test_classes();
	test_history();
	test_coverage();
	test_site_ids();
	silent->destroy(silent);
	return test_end();
}
