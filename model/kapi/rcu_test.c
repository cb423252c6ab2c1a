/* SPDX-License-Identifier: GPL-2.0-only */
/* Grace periods: never over while a reader that was inside is still there, in any schedule. */
#include "harness/engine/test.h"
#include "model/kapi/kapi.h"

struct object {
	struct rcu_head rcu;
	u64 freed;
};

static struct object objects[2];
static struct object *shared;
static struct srcu_struct srcu;
static u64 callbacks, callbacks_then, late;

static void init(void)
{
	kapi_reset();
	init_srcu(&srcu);
	memset(objects, 0, sizeof(objects));
	shared = &objects[0];
	callbacks = 0;
}

static struct eng_run run_all(const struct test_thread *t, u64 *runs)
{
	struct eng_strategy *s = eng_strategy_exhaustive(3);
	struct eng_run r, last = {.verdict = ENG_OK};

	for (*runs = 0; last.verdict == ENG_OK; eng_reset()) {
		init();
		add_threads(t);
		if (!eng_run(s, &r))
			break;
		callbacks_then = callbacks;
		*runs += r.verdict != ENG_ABORTED;
		if (r.verdict != ENG_ABORTED)
			last = r;
	}
	eng_reset();
	s->destroy(s);
	return last;
}

static void free_object(struct rcu_head *head)
{
	WRITE_ONCE(container_of(head, struct object, rcu)->freed, 1);
	WRITE_ONCE(callbacks, callbacks + 1);
}

static void use_shared(bool early)
{
	struct object *o;

	if (early)
		o = rcu_dereference(shared);
	rcu_read_lock();
	if (!early)
		o = rcu_dereference(shared);
	m_point(M_OTHER | M_KVM, NULL, M_SITE("others go on"));
	/* A plain read shows a race detector that a missing edge is one; of the early one it would rightly
	 * complain. */
	if (early ? READ_ONCE(o->freed) : o->freed)
		m_fail("X-01", "object used after its grace period", "%s", "freed");
	rcu_read_unlock();
}

static void reader(void *unused)
{
	(void)unused;
	use_shared(false);
	late += READ_ONCE(callbacks);
}

static void early_reader(void *unused)
{
	(void)unused;
	use_shared(true);
}

static void caller(void *unused)
{
	struct object *old;

	(void)unused;
	old = xchg(&shared, &objects[1]);
	call_rcu(&old->rcu, free_object);
}

static void synchronizer(void *unused)
{
	struct object *old = xchg(&shared, &objects[1]);

	(void)unused;
	synchronize_rcu();
	old->freed = 1;
}

static void barrier_caller(void *unused)
{
	caller(unused);
	rcu_barrier();
	if (!callbacks)
		m_fail("X-02", "rcu_barrier() before the callback", "%s", "");
}

static void expect(const char *what, enum eng_verdict verdict, const struct test_thread *t)
{
	u64 runs;
	struct eng_run r = run_all(t, &runs);

	ok(r.verdict == verdict, "%s (%llu runs, verdict %u%s%s)", what, (unsigned long long)runs, r.verdict,
	   r.title ? ": " : "", r.title ? r.title : "");
}

static void test_rcu(void)
{
	struct test_thread call[] = {{"r", reader, NULL}, {"c", caller, NULL}, {"rcu", rcu_thread, NULL}, {}};
	struct test_thread early[] = {
		{"r", early_reader, NULL}, {"c", caller, NULL}, {"rcu", rcu_thread, NULL}, {}};

	expect("a callback waits for readers", ENG_OK, call);
	ok(callbacks_then == 1, "and runs once");
	ok(late, "not always after all readers: some came in later");
	expect("a pointer taken before the section is caught", ENG_FAILED, early);
	expect("synchronize_rcu()", ENG_OK,
	       (struct test_thread[]){{"r", reader, NULL}, {"s", synchronizer, NULL}, {}});
	expect("rcu_barrier()", ENG_OK,
	       (struct test_thread[]){
		       {"r", reader, NULL}, {"b", barrier_caller, NULL}, {"rcu", rcu_thread, NULL}, {}});
	expect("rcu_barrier() of a thread that is alone", ENG_OK,
	       (struct test_thread[]){{"b", barrier_caller, NULL}, {}});
}

static void leaves_open(void *unused)
{
	(void)unused;
	rcu_read_lock();
}

static void srcu_reader(void *unused)
{
	int idx = srcu_read_lock(&srcu);
	struct object *o = READ_ONCE_DEP(shared);

	(void)unused;
	might_sleep();
	m_point(M_OTHER | M_KVM, NULL, M_SITE("others go on"));
	if (o->freed)
		m_fail("X-03", "SRCU", "%s", "freed");
	srcu_read_unlock(&srcu, idx);
}

static void srcu_updater(void *nr)
{
	struct object *old = xchg(&shared, &objects[1]);

	(void)nr;
	synchronize_srcu(&srcu);
	if (old == &objects[0])
		old->freed = 1;
}

static void test_others(void)
{
	expect("a section that never ends: its grace period never does", ENG_DEADLOCK,
	       (struct test_thread[]){{"open", leaves_open, NULL}, {"s", synchronizer, NULL}, {}});
	expect("synchronize_srcu()", ENG_OK,
	       (struct test_thread[]){{"r", srcu_reader, NULL}, {"u", srcu_updater, NULL}, {}});
	expect("two of them", ENG_OK,
	       (struct test_thread[]){
		       {"r", srcu_reader, NULL}, {"u", srcu_updater, NULL}, {"u", srcu_updater, NULL}, {}});
}

int main(void)
{
	test_engine();
	test_rcu();
	test_others();
	return test_end();
}
