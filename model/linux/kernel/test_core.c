// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of the environment that KVM relies on, one test each: allocation, locks, RCU, SRCU, tasks and
 * CPUs. Threads of a test tell each other how far they are by steps; a thread that waits for a step that the
 * rule under test forbids makes the run a deadlock.
 */
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcuwait.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/static_call.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "model/linux/kernel/env.h"

extern const struct lnx_test lnx_core_tests[];

#define SEEDS 40
#define HERE ((unsigned long)__builtin_return_address(0))

/* Outside a run a broken rule is an internal error, inside it ends the run. */
#define expect(cond)                                                                                         \
	do {                                                                                                 \
		if (!(cond))                                                                                 \
			lnx_internal("%s:%d: %s does not hold", __FILE__, __LINE__, #cond);                  \
	} while (0)
#define must(cond)                                                                                           \
	do {                                                                                                 \
		if (!(cond))                                                                                 \
			lnx_fail("TEST-01", #cond " does not hold", HERE, "%s:%d", __FILE__, __LINE__);      \
	} while (0)

/* ---- steps ---- */

static int step_reached;
static char step_obj;

static void step(int n)
{
	lnx_point(LNX_WRITE, &step_reached, "step", HERE);
	if (step_reached < n)
		step_reached = n;
	lnx_wake(&step_obj);
}

static void wait_for_step(int n)
{
	lnx_point(LNX_READ, &step_reached, "wait for step", HERE);
	while (step_reached < n)
		lnx_wait(&step_obj, "wait for step", HERE);
}

static void dawdle(void)
{
	static int anything;
	int i;

	for (i = 0; i < 4; i++)
		lnx_point(LNX_WRITE, &anything, "dawdle", HERE);
}

/* A run that failed leaves threads in the middle of things. */
static void forget_threads(void)
{
	unsigned int i;

	for (i = 0; i < LNX_MAX_THREADS; i++) {
		struct env_thread *t = &env_threads[i];

		t->nr_held = t->rcu_nesting = 0;
		t->preempt_count = PREEMPT_ENABLED;
		t->hardirqs_enabled = 1;
		t->rcu_wanted = t->in_guest = false;
	}
}

static bool ends_with(const char *id, unsigned int nr, void (*const fns[])(void), unsigned int seed)
{
	const char *got;

	step_reached = 0;
	got = lnx_test_run(nr, fns, seed);
	if (*got)
		forget_threads();
	while (*id && *id == *got)
		id++, got++;
	return !*id && !*got;
}

static void run_all_seeds(unsigned int nr, void (*const fns[])(void), void (*before)(void))
{
	unsigned int seed;

	for (seed = 1; seed <= SEEDS; seed++) {
		if (before)
			before();
		expect(ends_with("", nr, fns, seed));
	}
}

static void expect_failure(const char *id, void (*fn)(void))
{
	void (*const fns[])(void) = {fn};

	expect(ends_with(id, 1, fns, 1));
}

/* ---- memory ---- */

static struct kmem_cache *cache;

static void test_kmalloc(void)
{
	unsigned int sizes[] = {1, 16, 100, 512, 1024, 2048, 10000}, i, j;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u8 *a = kzalloc(sizes[i], GFP_KERNEL), *b = kmalloc(sizes[i], GFP_KERNEL);

		expect(a && b && a != b);
		expect(!(sizes[i] & (sizes[i] - 1)) ? !((unsigned long)a & (sizes[i] - 1)) : true);
		for (j = 0; j < sizes[i]; j++)
			expect(a[j] == 0);
		expect(lnx_object_live((unsigned long)a + sizes[i] - 1));
		kfree(a);
		expect(!lnx_object_live((unsigned long)a));
		expect(lnx_object_live((unsigned long)b));
		kfree(b);
	}
	kfree(NULL);
	kfree(ZERO_SIZE_PTR);
}

static void test_freed_first_used_first(void)
{
	void *a = kmem_cache_alloc(cache, GFP_KERNEL), *b = kmem_cache_alloc(cache, GFP_KERNEL), *c;

	kmem_cache_free(cache, a);
	kmem_cache_free(cache, b);
	c = kmem_cache_alloc(cache, GFP_KERNEL);
	expect(c == b);
	kmem_cache_free(cache, c);
}

static void free_twice(void)
{
	void *p = kmem_cache_alloc(cache, GFP_KERNEL);

	kmem_cache_free(cache, p);
	kmem_cache_free(cache, p);
}

static void write_after_free(void)
{
	u64 *p = kmem_cache_alloc(cache, GFP_KERNEL);

	kmem_cache_free(cache, p);
	p[3] = 1;
	kmem_cache_alloc(cache, GFP_KERNEL);
}

static void free_inside(void)
{
	kfree((char *)kmalloc(64, GFP_KERNEL) + 8);
}

static void free_to_other_cache(void)
{
	kmem_cache_free(cache, kmalloc(64, GFP_KERNEL));
}

static void free_large_twice(void)
{
	void *p = vzalloc(3 * PAGE_SIZE);

	vfree(p);
	vfree(p);
}

static void test_bad_frees(void)
{
	expect_failure("UAF-02", free_twice);
	expect_failure("UAF-02", free_inside);
	expect_failure("UAF-02", free_to_other_cache);
	expect_failure("UAF-02", free_large_twice);
	expect_failure("UAF-01", write_after_free);
	cache = kmem_cache_create("test", 88, 0, 0, NULL); /* the old one has a bad object */
}

static void test_leaks_are_counted(void)
{
	struct env_account leaked;
	void *object, *large;
	unsigned long page;

	env_account_mark();
	object = kmem_cache_alloc(cache, GFP_KERNEL);
	large = vzalloc(2 * PAGE_SIZE);
	page = get_zeroed_page(GFP_KERNEL);
	leaked = env_account_leaked();
	expect(leaked.objects == 2 && leaked.pages == 1);
	kmem_cache_free(cache, object);
	vfree(large);
	free_page(page);
	leaked = env_account_leaked();
	expect(leaked.objects == 0 && leaked.pages == 0);
}

static void free_page_twice(void)
{
	unsigned long page = get_zeroed_page(GFP_KERNEL);

	free_page(page);
	free_page(page);
}

static void test_pages(void)
{
	unsigned long zeroed = get_zeroed_page(GFP_KERNEL), dirty = __get_free_page(GFP_KERNEL);
	struct page *page = virt_to_page((void *)zeroed);

	expect(pfn_valid(page_to_pfn(page)) && !pfn_valid(1ul << 20));
	expect(page_count(page) == 1 && lnx_page_live(page_to_pfn(page)));
	expect(*(u64 *)zeroed == 0 && *(u64 *)dirty != 0);
	expect(page_to_virt(page) == (void *)zeroed);
	free_page(zeroed);
	expect(page_count(page) == 0 && !lnx_page_live(page_to_pfn(page)));
	free_page(dirty);
	expect_failure("UAF-02", free_page_twice);
}

/* ---- locks ---- */

static DEFINE_SPINLOCK(spin);
static DEFINE_RWLOCK(rw);
static DEFINE_MUTEX(mutex);
static DECLARE_RWSEM(sem);
static int inside, readers_inside, count;

static void enter_alone(void)
{
	must(!inside && !readers_inside);
	inside++;
	dawdle();
	must(inside == 1 && !readers_inside);
	inside--;
	count++;
}

static void enter_shared(void)
{
	must(!inside);
	readers_inside++;
	dawdle();
	must(!inside);
	readers_inside--;
}

static void spin_user(void)
{
	spin_lock(&spin);
	enter_alone();
	spin_unlock(&spin);
}

static void mutex_user(void)
{
	mutex_lock(&mutex);
	enter_alone();
	mutex_unlock(&mutex);
}

static void rw_writer(void)
{
	write_lock(&rw);
	enter_alone();
	write_unlock(&rw);
}

static void rw_reader(void)
{
	read_lock(&rw);
	enter_shared();
	read_unlock(&rw);
}

static void sem_writer(void)
{
	down_write(&sem);
	enter_alone();
	up_write(&sem);
}

static void sem_reader(void)
{
	down_read(&sem);
	enter_shared();
	up_read(&sem);
}

static void reset_locks(void)
{
	spin_lock_init(&spin);
	rwlock_init(&rw);
	mutex_init(&mutex);
	init_rwsem(&sem);
	inside = readers_inside = 0;
}

static void test_mutual_exclusion(void)
{
	void (*const spins[])(void) = {spin_user, spin_user, spin_user};
	void (*const mutexes[])(void) = {mutex_user, mutex_user, mutex_user};
	void (*const rws[])(void) = {rw_writer, rw_reader, rw_writer, rw_reader};
	void (*const sems[])(void) = {sem_writer, sem_reader, sem_writer, sem_reader};

	count = 0;
	run_all_seeds(3, spins, reset_locks);
	run_all_seeds(3, mutexes, reset_locks);
	expect(count == 2 * 3 * SEEDS);
	run_all_seeds(4, rws, reset_locks);
	run_all_seeds(4, sems, reset_locks);
	expect(count == 2 * 3 * SEEDS + 2 * 2 * SEEDS);
}

/* Two readers are in at the same time: neither leaves before the other has come. */
static void meeting_reader(void)
{
	read_lock(&rw);
	if (++readers_inside == 2)
		step(1);
	wait_for_step(1);
	read_unlock(&rw);
}

static void test_readers_share(void)
{
	void (*const fns[])(void) = {meeting_reader, meeting_reader};

	run_all_seeds(2, fns, reset_locks);
}

/* The holder stays until it sees that somebody waits; then it finds out that the writer keeps new readers
 * out. */
static void holder_until_needbreak(void)
{
	read_lock(&rw);
	must(!rwlock_needbreak(&rw));
	step(1);
	while (!rwlock_needbreak(&rw))
		lnx_spin("needbreak", HERE);
	must(!read_trylock(&rw));
	read_unlock(&rw);
}

static void writer_after_step(void)
{
	wait_for_step(1);
	write_lock(&rw);
	must(!rwlock_needbreak(&rw));
	write_unlock(&rw);
}

static void spin_holder_until_needbreak(void)
{
	spin_lock(&spin);
	step(1);
	while (!spin_needbreak(&spin))
		lnx_spin("needbreak", HERE);
	spin_unlock(&spin);
}

static void spin_after_step(void)
{
	wait_for_step(1);
	spin_lock(&spin);
	spin_unlock(&spin);
}

static void test_needbreak(void)
{
	void (*const rws[])(void) = {holder_until_needbreak, writer_after_step};
	void (*const spins[])(void) = {spin_holder_until_needbreak, spin_after_step};

	if (!IS_ENABLED(CONFIG_PREEMPTION))
		return; /* rwlock_needbreak() is constant */
	run_all_seeds(2, rws, reset_locks);
	run_all_seeds(2, spins, reset_locks);
}

/* Holds on until the other one was in, which only cond_resched_rwlock_write() can let in. */
static void yielding_writer(void)
{
	write_lock(&rw);
	step(1);
	while (step_reached < 2) {
		if (!cond_resched_rwlock_write(&rw))
			lnx_spin("yield", HERE);
		must(lock_is_held_type(&rw.dep_map, 0));
	}
	write_unlock(&rw);
}

static void reader_after_step(void)
{
	wait_for_step(1);
	read_lock(&rw);
	step(2);
	read_unlock(&rw);
}

static void test_cond_resched_lets_others_in(void)
{
	void (*const fns[])(void) = {yielding_writer, reader_after_step};

	if (IS_ENABLED(CONFIG_PREEMPTION))
		run_all_seeds(2, fns, reset_locks);
}

static void test_held_locks(void)
{
	expect(!lock_is_held(&rw.dep_map));
	read_lock(&rw);
	spin_lock(&spin);
	expect(lock_is_held_type(&rw.dep_map, 1) == LOCK_STATE_HELD);
	expect(lock_is_held_type(&rw.dep_map, 0) == LOCK_STATE_NOT_HELD);
	expect(lock_is_held_type(&spin.dep_map, 0) == LOCK_STATE_HELD);
	expect(preempt_count() == 2);
	read_unlock(&rw); /* not in the order of nesting */
	expect(!lock_is_held(&rw.dep_map) && lock_is_held(&spin.dep_map));
	spin_unlock(&spin);
	expect(!lock_is_held(&spin.dep_map) && preempt_count() == 0);
	expect(!rcu_read_lock_held());
	rcu_read_lock();
	expect(rcu_read_lock_held());
	rcu_read_unlock();
}

static void lock_twice(void)
{
	spin_lock(&spin);
	spin_lock(&spin);
}

static void write_lock_in_read_lock(void)
{
	read_lock(&rw);
	write_lock(&rw);
}

static void unlock_not_held(void)
{
	spin_unlock(&spin);
}

static void mutex_unlock_not_held(void)
{
	mutex_unlock(&mutex);
}

static void mutex_in_spinlock(void)
{
	spin_lock(&spin);
	mutex_lock(&mutex);
}

static void allocation_in_rcu(void)
{
	rcu_read_lock();
	kfree(kmalloc(64, GFP_KERNEL));
	rcu_read_unlock();
}

static void no_lock(void)
{
	spinlock_t zero = {};

	spin_lock(&zero);
}

static void frees_held_lock(void)
{
	spinlock_t *lock = kmalloc(sizeof(*lock), GFP_KERNEL);

	spin_lock_init(lock);
	spin_lock(lock);
	kfree(lock);
}

static void leaves_lock_behind(void)
{
	env_syscall_enter();
	mutex_lock(&mutex);
	env_syscall_exit(HERE);
}

static void test_lock_rules(void)
{
	void (*const broken[])(void) = {
		lock_twice,	   write_lock_in_read_lock, unlock_not_held, mutex_unlock_not_held,
		mutex_in_spinlock, allocation_in_rcu,	    no_lock,	     frees_held_lock,
		leaves_lock_behind};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(broken); i++) {
		expect_failure("LOCK-01", broken[i]);
		reset_locks();
	}
}

/* ---- RCU ---- */

static struct rcu_head head;
static int callbacks;

static void callback(struct rcu_head *unused)
{
	must(in_softirq());
	callbacks++;
	step(3);
}

static void reset_rcu(void)
{
	callbacks = 0;
	lnx_rcu_poll();
}

static void test_call_rcu_is_not_synchronous(void)
{
	callbacks = 0;
	call_rcu(&head, callback);
	expect(!callbacks);
	expect(!lnx_rcu_poll());
	expect(callbacks == 1);
	call_rcu(&head, callback);
	rcu_barrier();
	expect(callbacks == 2);
}

/* In before call_rcu(): the callback comes after. */
static void early_reader(void)
{
	rcu_read_lock();
	rcu_read_lock();
	step(1);
	wait_for_step(2);
	rcu_read_unlock();
	dawdle();
	must(!callbacks);
	rcu_read_unlock();
	env_syscall_exit(HERE);
}

/* In after call_rcu(): stays until the callback was there. */
static void late_reader(void)
{
	wait_for_step(2);
	rcu_read_lock();
	wait_for_step(3);
	rcu_read_unlock();
	env_syscall_exit(HERE);
}

static void caller(void)
{
	wait_for_step(1);
	call_rcu(&head, callback);
	must(!callbacks);
	step(2);
}

static void synchronizer(void)
{
	wait_for_step(1);
	count = 1;
	lnx_wake(&step_obj);
	synchronize_rcu();
	must(count == 2);
}

static void synchronized_reader(void)
{
	rcu_read_lock();
	step(1);
	while (!count)
		lnx_wait(&step_obj, "count", HERE);
	dawdle();
	count = 2;
	rcu_read_unlock();
	env_syscall_exit(HERE);
}

static void reset_count(void)
{
	count = 0;
}

static void test_grace_period(void)
{
	void (*const fns[])(void) = {early_reader, caller, late_reader, lnx_rcu_thread};
	void (*const sync[])(void) = {synchronized_reader, synchronizer};

	run_all_seeds(4, fns, reset_rcu);
	run_all_seeds(2, sync, reset_count);
}

/* Sections without preemption, by a lock and without one, and without interrupts. */
static void preempt_off(void)
{
	preempt_disable();
	step(1);
	wait_for_step(2);
	dawdle();
	must(!callbacks);
	preempt_enable();
	env_syscall_exit(HERE);
}

static void spin_held(void)
{
	spin_lock(&spin);
	step(1);
	wait_for_step(2);
	dawdle();
	must(!callbacks);
	spin_unlock(&spin);
	env_syscall_exit(HERE);
}

static void irqs_are_off(void)
{
	local_irq_disable();
	step(1);
	wait_for_step(2);
	dawdle();
	must(!callbacks);
	local_irq_enable();
	env_syscall_exit(HERE);
}

static void late_preempt_off(void)
{
	wait_for_step(2);
	preempt_disable();
	wait_for_step(3);
	preempt_enable();
	env_syscall_exit(HERE);
}

static void test_sections_are_readers(void)
{
	void (*const section[])(void) = {preempt_off, spin_held, irqs_are_off};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(section); i++) {
		void (*const fns[])(void) = {section[i], caller, late_preempt_off, lnx_rcu_thread};

		reset_locks();
		run_all_seeds(4, fns, reset_rcu);
	}
}

/* Nobody holds the callback up, it may come at once. */
static void free_caller(void)
{
	wait_for_step(1);
	call_rcu(&head, callback);
}

static void guest(void)
{
	preempt_disable();
	rcu_note_context_switch(false);
	step(1);
	wait_for_step(3);
	lockdep_hardirqs_off(HERE);
	lockdep_hardirqs_on(HERE);
	preempt_enable();
}

static void test_guest_is_no_reader(void)
{
	void (*const fns[])(void) = {guest, free_caller, lnx_rcu_thread};

	run_all_seeds(3, fns, reset_rcu);
}

static void synchronize_in_reader(void)
{
	rcu_read_lock();
	synchronize_rcu();
}

static void unlock_without_lock(void)
{
	__rcu_read_unlock();
}

static void test_rcu_rules(void)
{
	void *p = kmem_cache_alloc(cache, GFP_KERNEL);

	expect_failure("LOCK-01", synchronize_in_reader);
	if (IS_ENABLED(CONFIG_PREEMPT_RCU))
		expect_failure("LOCK-01", unlock_without_lock);
	kvfree_call_rcu(NULL, p);
	expect(lnx_object_live((unsigned long)p));
	rcu_barrier();
	expect(!lnx_object_live((unsigned long)p));
}

/* ---- SRCU ---- */

static struct srcu_struct srcu, other_srcu;

/* Stays in until the other structure's grace period is over, which does not wait for it. */
static void srcu_reader(void)
{
	int idx = srcu_read_lock(&srcu);

	step(1);
	wait_for_step(2);
	dawdle();
	must(!callbacks);
	srcu_read_unlock(&srcu, idx);
}

static void other_synchronizer(void)
{
	wait_for_step(1);
	synchronize_srcu(&other_srcu);
	step(2);
}

static void srcu_synchronizer(void)
{
	wait_for_step(1);
	synchronize_srcu_expedited(&srcu);
	must(step_reached == 2);
	callbacks = 1;
}

static void srcu_caller(void)
{
	wait_for_step(1);
	call_srcu(&srcu, &head, callback);
	must(!callbacks);
	step(2);
}

static void late_srcu_reader(void)
{
	int idx;

	wait_for_step(2);
	idx = srcu_read_lock(&srcu);
	wait_for_step(3);
	srcu_read_unlock(&srcu, idx);
}

static void synchronize_in_same_srcu(void)
{
	srcu_read_lock(&srcu);
	synchronize_srcu(&srcu);
}

static void test_srcu(void)
{
	void (*const sync[])(void) = {srcu_reader, other_synchronizer, srcu_synchronizer};
	void (*const calls[])(void) = {srcu_reader, srcu_caller, late_srcu_reader, lnx_rcu_thread};

	expect(!init_srcu_struct(&srcu) && !init_srcu_struct(&other_srcu));
	run_all_seeds(3, sync, reset_rcu);
	run_all_seeds(4, calls, reset_rcu);
	callbacks = 0;
	call_srcu(&srcu, &head, callback);
	expect(!callbacks);
	srcu_barrier(&srcu);
	expect(callbacks == 1);
	cleanup_srcu_struct(&other_srcu);
	expect_failure("LOCK-01", synchronize_in_same_srcu);
}

/* ---- CPUs ---- */

static DEFINE_PER_CPU(unsigned int, calls_here);
static unsigned int total_calls;

static void test_percpu(void)
{
	unsigned int __percpu *dynamic = alloc_percpu(unsigned int);
	unsigned int cpu;

	for (cpu = 0; cpu < env_nr_cpus; cpu++) {
		expect(*per_cpu_ptr(dynamic, cpu) == 0);
		*per_cpu_ptr(dynamic, cpu) = 100 + cpu;
		per_cpu(calls_here, cpu) = 200 + cpu;
	}
	for (cpu = 0; cpu < env_nr_cpus; cpu++) {
		lnx_switch_to(LNX_NO_THREAD, cpu);
		expect(raw_smp_processor_id() == cpu);
		expect(this_cpu_read(*dynamic) == 100 + cpu);
		expect(this_cpu_read(calls_here) == 200 + cpu);
		expect(this_cpu_ptr(&calls_here) == &per_cpu(calls_here, cpu));
		this_cpu_write(calls_here, 0);
	}
	lnx_switch_to(LNX_NO_THREAD, 0);
	free_percpu(dynamic);
}

static void percpu_user(void)
{
	unsigned int i;

	must(current == env_threads[lnx_thread()].task && raw_smp_processor_id() == lnx_cpu());
	for (i = 0; i < 5; i++) {
		this_cpu_inc(calls_here);
		preempt_disable();
		dawdle();
		must(preempt_count() == 1);
		preempt_enable();
	}
	must(this_cpu_read(calls_here) == 5 && preempt_count() == 0);
	this_cpu_write(calls_here, 0);
}

static void test_threads_have_their_own(void)
{
	void (*const fns[])(void) = {percpu_user, percpu_user, percpu_user};

	run_all_seeds(3, fns, NULL);
}

static void remote(void *info)
{
	must(in_hardirq() && irqs_disabled());
	this_cpu_inc(calls_here);
	total_calls++;
	must(raw_smp_processor_id() < 3);
}

static void ipi_sender(void)
{
	unsigned int here = raw_smp_processor_id();
	struct cpumask mask = {};

	wait_for_step(1);
	cpumask_set_cpu(1, &mask);
	cpumask_set_cpu(2, &mask);
	cpumask_set_cpu(here, &mask);
	smp_call_function_many(&mask, remote, NULL, true);
	must(step_reached == 2);
	must(total_calls == 2 && !this_cpu_read(calls_here));
	must(raw_smp_processor_id() == here && preempt_count() == 0 && !irqs_disabled());
	must(!smp_call_function_single(1, remote, NULL, 1));
	must(per_cpu(calls_here, 1) == 2 && per_cpu(calls_here, 2) == 1);
}

/* With interrupts off nothing comes in. */
static void ipi_target(void)
{
	local_irq_disable();
	step(1);
	dawdle();
	must(!this_cpu_read(calls_here));
	step(2);
	local_irq_enable();
	dawdle();
}

static void busy(void)
{
	wait_for_step(1);
	dawdle();
}

static void reset_calls(void)
{
	unsigned int cpu;

	total_calls = 0;
	for (cpu = 0; cpu < env_nr_cpus; cpu++)
		per_cpu(calls_here, cpu) = 0;
}

static void test_function_calls(void)
{
	void (*const fns[])(void) = {ipi_sender, ipi_target, busy};

	if (env_nr_cpus >= 3)
		run_all_seeds(3, fns, reset_calls);
}

static bool in_handler[LNX_MAX_CPUS];

static void slow_handler(void *info)
{
	unsigned int cpu = raw_smp_processor_id();

	must(in_hardirq() && irqs_disabled() && !in_handler[cpu]);
	in_handler[cpu] = true;
	dawdle();
	must(irqs_disabled() && raw_smp_processor_id() == cpu);
	in_handler[cpu] = false;
	total_calls++;
}

/* Another CPU's and its own: the function calls of two senders cross. */
static void crossing_sender(void)
{
	unsigned int other = raw_smp_processor_id() ^ 1;

	must(!smp_call_function_single(other, slow_handler, NULL, 1));
	must(!smp_call_function_single(2, slow_handler, NULL, 1));
	must(!in_handler[raw_smp_processor_id()] && !irqs_disabled());
}

/* Neither does a handler begin in a section without interrupts, nor does such a section begin in a handler.
 */
static void interrupted(void)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		dawdle();
		local_irq_disable();
		must(!in_handler[2] && !this_cpu_read(hardirqs_enabled));
		dawdle();
		must(!in_handler[2] && irqs_disabled());
		lockdep_assert_irqs_disabled();
		local_irq_enable();
		must(!irqs_disabled() && this_cpu_read(hardirqs_enabled));
	}
}

static void test_handlers_interrupt(void)
{
	void (*const fns[])(void) = {crossing_sender, crossing_sender, interrupted};

	if (env_nr_cpus < 3)
		return;
	memset(in_handler, 0, sizeof(in_handler));
	run_all_seeds(3, fns, reset_calls);
	expect(total_calls == 4);
}

/* ---- tasks ---- */

static struct rcuwait waiter;
static bool condition;

static void sleeper(void)
{
	rcuwait_wait_event(&waiter, READ_ONCE(condition), TASK_UNINTERRUPTIBLE);
	must(condition && task_is_running(current));
}

static void waker(void)
{
	dawdle();
	WRITE_ONCE(condition, true);
	rcuwait_wake_up(&waiter);
}

static void reset_condition(void)
{
	rcuwait_init(&waiter);
	condition = false;
}

static void signalled_sleeper(void)
{
	step(1);
	set_current_state(TASK_INTERRUPTIBLE);
	schedule();
	must(task_is_running(current) && signal_pending(current));
	env_clear_signal(current);
}

static void signaller(void)
{
	wait_for_step(1);
	env_signal(env_threads[0].task);
}

static void sleeps_for_ever(void)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule();
}

static void test_sleep_and_wakeup(void)
{
	void (*const waits[])(void) = {sleeper, waker};
	void (*const signals[])(void) = {signalled_sleeper, signaller};
	void (*const alone[])(void) = {sleeps_for_ever};

	run_all_seeds(2, waits, reset_condition);
	run_all_seeds(2, signals, NULL);
	expect(!ends_with("", 1, alone, 1));
	WRITE_ONCE(env_threads[0].task->__state, TASK_RUNNING);
}

static void test_preemption_is_folded(void)
{
	preempt_disable();
	set_tsk_need_resched(current);
	set_preempt_need_resched();
	expect(need_resched());
	preempt_enable(); /* calls preempt_schedule() in a preemptible kernel */
	if (!IS_ENABLED(CONFIG_PREEMPTION))
		env_reschedule_if_due(HERE);
	expect(!need_resched() && !test_preempt_need_resched() && preempt_count() == 0);
}

/* ---- the rest ---- */

/* One place in the program, whatever the compiler makes of the loop. */
static noinline void warn_once(unsigned int n)
{
	WARN_ON_ONCE(n < 10);
}

static noinline void warn_always(unsigned int n)
{
	WARN(n < 10, "%u", n);
}

static void test_warn(void)
{
	unsigned int before = READ_ONCE(env_nr_warns), i;

	for (i = 0; i < 3; i++)
		warn_once(i);
	expect(READ_ONCE(env_nr_warns) == before + 1);
	for (i = 0; i < 3; i++)
		warn_always(i);
	expect(READ_ONCE(env_nr_warns) == before + 4);
}

static int one(void)
{
	return 1;
}

static int two(void)
{
	return 2;
}

DEFINE_STATIC_CALL(test_call, one);

static void test_static_call(void)
{
	expect(static_call(test_call)() == 1);
	static_call_update(test_call, two);
	expect(static_call(test_call)() == 2);
	static_call_update(test_call, (void *)&__static_call_return0);
	expect(static_call(test_call)() == 0);
	static_call_update(test_call, one);
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static void test_snprintf(void)
{
	char text[16];

	expect(snprintf(text, sizeof(text), "kvm-%d %s", -7, "x") == 8 && same(text, "kvm--7 x"));
	expect(snprintf(text, sizeof(text), "%04x|%lu", 0xab, 12345678901ul) == 16);
	expect(same(text, "00ab|1234567890"));
	expect(snprintf(text, 4, "abcdef") == 6 && same(text, "abc"));
}

static int works;

static void work_fn(struct work_struct *work)
{
	works++;
}

static void test_work(void)
{
	static struct work_struct work;

	INIT_WORK(&work, work_fn);
	works = 0;
	expect(queue_work(system_long_wq, &work) && !queue_work(system_long_wq, &work));
	expect(!works);
	expect(flush_work(&work) && works == 1);
	queue_work(system_long_wq, &work);
	expect(cancel_work_sync(&work) && works == 1);
	queue_work(system_long_wq, &work);
	env_run_work();
	expect(works == 2);
}

static void test_clock(void)
{
	ktime_t before = ktime_get();
	u64 jiffies_before = get_jiffies_64();

	expect(ktime_get() > before);
	expect(get_jiffies_64() == jiffies_before);
	env_advance_time(2);
	expect(get_jiffies_64() == jiffies_before + 2 * HZ);
	expect(ktime_get() >= before + 2 * NSEC_PER_SEC);
}

/* ---- constants in code ---- */

/* Both comparisons have the limit in an instruction of their own. */
static void test_user_pointers(void)
{
	expect(access_ok((void __user *)LNX_USER, PAGE_SIZE));
	expect(!access_ok((void __user *)TASK_SIZE_MAX + 1, PAGE_SIZE));
	expect(!access_ok((void __user *)LNX_PAGE_OFFSET + TASK_SIZE_MAX, 8));
	expect(valid_user_address((void __user *)TASK_SIZE_MAX));
	expect(!valid_user_address((void __user *)TASK_SIZE_MAX + 1));
}

static void test_setup(void)
{
	cache = kmem_cache_create("test", 88, 0, 0, NULL);
	reset_locks();
}

#define TEST(name) {#name, test_##name}

const struct lnx_test lnx_core_tests[] = {
	TEST(setup),
	TEST(kmalloc),
	TEST(freed_first_used_first),
	TEST(leaks_are_counted),
	TEST(bad_frees),
	TEST(pages),
	TEST(mutual_exclusion),
	TEST(readers_share),
	TEST(needbreak),
	TEST(cond_resched_lets_others_in),
	TEST(held_locks),
	TEST(lock_rules),
	TEST(call_rcu_is_not_synchronous),
	TEST(grace_period),
	TEST(sections_are_readers),
	TEST(guest_is_no_reader),
	TEST(rcu_rules),
	TEST(srcu),
	TEST(percpu),
	TEST(threads_have_their_own),
	TEST(function_calls),
	TEST(handlers_interrupt),
	TEST(sleep_and_wakeup),
	TEST(preemption_is_folded),
	TEST(warn),
	TEST(static_call),
	TEST(snprintf),
	TEST(work),
	TEST(clock),
	TEST(user_pointers),
	{NULL, NULL},
};
