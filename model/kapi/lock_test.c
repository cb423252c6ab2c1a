/* SPDX-License-Identifier: GPL-2.0-only */
/* Locks exclude, a wrong order is found without a deadlock, and readers share. */
#include "harness/engine/test.h"
#include "model/kapi/kapi.h"

static rwlock_t mmu_lock;
static spinlock_t pages_lock;
static struct mutex slots_lock;
static struct srcu_struct srcu;
static u64 counter, readers_inside, most_readers;

static void init(void)
{
	kapi_reset();
	rwlock_init(&mmu_lock, LC_MMU_LOCK);
	spin_lock_init(&pages_lock, LC_PAGES_LOCK);
	mutex_init(&slots_lock, LC_SLOTS_LOCK);
	init_srcu(&srcu);
	counter = readers_inside = most_readers = 0;
}

static struct eng_run run(struct eng_strategy *s, const struct test_thread *t)
{
	struct eng_run r;

	init();
	add_threads(t);
	eng_run(s, &r);
	eng_reset();
	return r;
}

/* Runs @t until its first verdict that is not ENG_OK; @runs: how many came before. */
static struct eng_run run_all(const struct test_thread *t, unsigned int bound, u64 *runs, void (*each)(void))
{
	struct eng_strategy *s = eng_strategy_exhaustive(bound);
	struct eng_run r, last = {.verdict = ENG_OK};

	for (*runs = 0;; eng_reset()) {
		init();
		add_threads(t);
		if (!eng_run(s, &r))
			break;
		if (each)
			each();
		*runs += r.verdict != ENG_ABORTED;
		if (r.verdict != ENG_ABORTED && r.verdict != ENG_OK)
			last = r;
		if (last.verdict != ENG_OK)
			break;
	}
	eng_reset();
	s->destroy(s);
	return last;
}

static void add_locked(void *unused)
{
	(void)unused;
	for (int i = 0; i < 2; i++) {
		write_lock(&mmu_lock);
		counter++;
		READ_ONCE(counter);
		counter++;
		write_unlock(&mmu_lock);
	}
}

static void read_locked(void *unused)
{
	(void)unused;
	read_lock(&mmu_lock);
	if (counter & 1)
		m_fail("X-01", "reader inside a writer", "%llu", (unsigned long long)counter);
	if (fetch_add(&readers_inside, 1) == 1)
		WRITE_ONCE(most_readers, 2);
	fetch_add(&readers_inside, (u64)-1);
	read_unlock(&mmu_lock);
}

static u64 shared_runs;

static void count_shared(void)
{
	shared_runs += most_readers == 2;
}

static void test_exclusion(void)
{
	struct test_thread two[] = {{"w", add_locked, NULL}, {"w", add_locked, NULL}, {}};
	struct test_thread mixed[] = {{"w", add_locked, NULL}, {"r", read_locked, NULL}, {}};
	struct test_thread readers[] = {{"r", read_locked, NULL}, {"r", read_locked, NULL}, {}};
	struct eng_run r;
	u64 runs;

	r = run_all(two, 4, &runs, NULL);
	ok(r.verdict == ENG_OK && runs > 20, "writers exclude each other (%llu runs)",
	   (unsigned long long)runs);
	r = run_all(mixed, 4, &runs, NULL);
	ok(r.verdict == ENG_OK && runs > 20, "and readers (%llu runs)", (unsigned long long)runs);
	shared_runs = 0;
	run_all(readers, 2, &runs, count_shared);
	ok(shared_runs, "readers are inside together in %llu of %llu runs", (unsigned long long)shared_runs,
	   (unsigned long long)runs);
}

static void wrong_order(void *unused)
{
	(void)unused;
	spin_lock(&pages_lock);
	read_lock(&mmu_lock);
}

static void twice(void *unused)
{
	(void)unused;
	read_lock(&mmu_lock);
	read_lock(&mmu_lock);
}

static void wrong_mode(void *unused)
{
	(void)unused;
	read_lock(&mmu_lock);
	write_unlock(&mmu_lock);
}

static void not_held(void *unused)
{
	(void)unused;
	read_lock(&mmu_lock);
	lockdep_assert_held_write(&mmu_lock);
}

static void sleeps_in_rcu(void *unused)
{
	(void)unused;
	rcu_read_lock();
	mutex_lock(&slots_lock);
}

static void sleeps_in_spinlock(void *unused)
{
	(void)unused;
	write_lock(&mmu_lock);
	might_sleep();
}

static void slots_in_srcu(void *unused)
{
	(void)unused;
	srcu_read_lock(&srcu);
	mutex_lock(&slots_lock);
}

static void expect(struct eng_strategy *s, void (*fn)(void *), const char *title)
{
	struct eng_run r = run(s, (struct test_thread[]){{"t", fn, NULL}, {}});

	ok(r.verdict == ENG_FAILED && !strcmp(r.id, "LOCK-01") && !strcmp(r.title, title), "%s",
	   r.title ? r.title : "no violation");
}

static void test_discipline(struct eng_strategy *s)
{
	expect(s, wrong_order, "lock order: mmu_lock in wrong_order");
	expect(s, twice, "lock taken twice by one thread: mmu_lock in twice");
	expect(s, wrong_mode, "lock released that is not held so: mmu_lock in wrong_mode");
	expect(s, not_held, "lock not held as it has to be: mmu_lock in not_held");
	expect(s, sleeps_in_rcu, "sleeping lock in an RCU section: slots_lock in sleeps_in_rcu");
	expect(s, sleeps_in_spinlock, "may sleep under a spinning lock: mmu_lock in sleeps_in_spinlock");
	expect(s, slots_in_srcu, "lock in an SRCU section: slots_lock in slots_in_srcu");
}

static char held_text[64];
static bool contended;

static void says_what_it_holds(void *unused)
{
	(void)unused;
	mutex_lock(&slots_lock);
	write_lock(&mmu_lock);
	rcu_read_lock();
	kapi_held(m_thread(), held_text, sizeof(held_text));
	rcu_read_unlock();
	contended |= rwlock_needbreak(&mmu_lock);
	write_unlock(&mmu_lock);
	mutex_unlock(&slots_lock);
}

static void test_reports(struct eng_strategy *s)
{
	struct test_thread t[] = {{"t", says_what_it_holds, NULL}, {"w", read_locked, NULL}, {}};
	u64 runs;

	run(s, t);
	ok(!strcmp(held_text, "slots_lock W, mmu_lock W, RCU"), "held: %s", held_text);
	ok(!contended, "nobody waits");
	run_all(t, 1, &runs, NULL);
	ok(contended, "with one preemption somebody does, and it is seen");
}

int main(void)
{
	struct eng_strategy *silent;

	test_engine();
	silent = eng_strategy_bytes();
	test_exclusion();
	test_discipline(silent);
	test_reports(silent);
	silent->destroy(silent);
	return test_end();
}
