/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine on pthreads.
 *
 * This file is compiled without instrumentation even under TSan: what the back end itself synchronises on
 * (the jitter, the arena's end, who failed first) must not look like an order that the model created. The
 * edges that it does create are explicit:
 *
 *   start and end of a round   pthread_create() and pthread_join() of every thread
 *   m_release() -> m_acquire()  on one address; model/kapi, model/hw and model/seam say where
 *   m_wait(), m_wake(), m_spin(), m_lock_internal()  none
 */
#include "race/machine_threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define ARENA_SIZE (64ull << 20)
#define STACK_SIZE (1ull << 20)

/**
 * struct mt_thread - one thread of the round
 * @rng: xorshift64* state
 * @site: last point, for the report of a hang; read by the watchdog while the thread runs
 */
struct mt_thread {
	const char *name;
	void (*fn)(void *arg);
	void *arg;
	unsigned int nr;
	bool done;
	u64 rng;
	struct m_site *site;
	pthread_t handle;
} __attribute__((aligned(128)));

static struct mt_config config;
static struct mt_thread threads[MT_MAX_THREADS];
static unsigned int nr_threads;
static u64 round_nr;
static bool round_runs;
static u64 round_started; /* seconds, for the watchdog */
static bool somebody_failed;
static char internal_lock;
static __thread struct mt_thread *self;

static char *arena;
static size_t arena_used;

bool m_history;
u64 *m_watch_lo, *m_watch_hi;

/* ---- generators -------------------------------------------------------------------------------------------
 */

static u64 splitmix(u64 x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

static u64 draw(struct mt_thread *t)
{
	t->rng ^= t->rng >> 12;
	t->rng ^= t->rng << 25;
	t->rng ^= t->rng >> 27;
	return t->rng * 0x2545f4914f6cdd1d;
}

static void seed_thread(struct mt_thread *t)
{
	t->rng = splitmix(splitmix(config.seed ^ round_nr << 8) + t->nr) | 1;
}

static struct mt_thread *me(void)
{
	/* Outside a round the only thread is the one that sets up and checks: number 0, undisturbed. */
	return self ? self : &threads[0];
}

/* ---- points ---- */

static void jitter(struct mt_thread *t)
{
	u64 r = draw(t);

	if (r & ((1ull << config.jitter) - 1))
		return;
	if (r >> 60 == 0) {
		sched_yield();
		return;
	}
	for (unsigned int i = (r >> 32) & 255; i; i--)
		__builtin_ia32_pause();
}

void m_point(u32 kind, const volatile void *addr, struct m_site *site)
{
	struct mt_thread *t = self;

	(void)kind;
	(void)addr;
	if (!t)
		return;
	__atomic_store_n(&t->site, site, __ATOMIC_RELAXED);
	if (config.jitter)
		jitter(t);
}

/* Failing allocations and interrupts are rare in life; a TLB that forgets and a reschedule are not. */
static const u8 choice_shift[M_CH_NR] = {
	[M_CH_ALLOC] = 7, [M_CH_TLB] = 3, [M_CH_RESCHED] = 3, [M_CH_IRQ] = 5, [M_CH_FORCED] = 7,
};

unsigned int m_choose(enum m_choice kind, unsigned int n, struct m_site *site)
{
	u64 r;

	(void)site;
	if (!self || !(config.data_choices >> kind & 1))
		return 0;
	r = draw(self);
	if (r & ((1ull << choice_shift[kind]) - 1))
		return 0;
	return 1 + (r >> 32) % (n - 1);
}

/* Waking without a reason is allowed, so waiting is polling; the watchdog knows how long is too long. */
void m_wait(const volatile void *obj, struct m_site *site)
{
	(void)obj;
	m_spin(site);
}

void m_wake(const volatile void *obj)
{
	(void)obj;
}

void m_spin(struct m_site *site)
{
	if (self)
		__atomic_store_n(&self->site, site, __ATOMIC_RELAXED);
	sched_yield();
}

unsigned int m_thread(void)
{
	return me()->nr;
}

unsigned int m_cpu(void)
{
	return me()->nr;
}

void m_lock_internal(void)
{
	while (__atomic_test_and_set(&internal_lock, __ATOMIC_ACQUIRE))
		sched_yield();
}

void m_unlock_internal(void)
{
	__atomic_clear(&internal_lock, __ATOMIC_RELEASE);
}

#ifdef TDPFUZZ_TSAN
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);

void m_acquire(const volatile void *addr)
{
	__tsan_acquire((void *)addr);
}

void m_release(const volatile void *addr)
{
	__tsan_release((void *)addr);
}
#else
/* The accesses that carry the edge are atomics of their own: x86 orders them, the compiler has to be told. */
void m_acquire(const volatile void *addr)
{
	(void)addr;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

void m_release(const volatile void *addr)
{
	(void)addr;
	__atomic_thread_fence(__ATOMIC_RELEASE);
}
#endif

void m_note_value(u64 old, u64 new_)
{
	(void)old;
	(void)new_;
}

/* ---- arena ---- */

void *m_arena_alloc(size_t size)
{
	size_t at = __atomic_fetch_add(&arena_used, (size + 63) & ~63ull, __ATOMIC_RELAXED);

	if (at + size > ARENA_SIZE) {
		fprintf(stderr, "race: arena of %llu bytes exhausted in round %llu\n", ARENA_SIZE,
			(unsigned long long)round_nr);
		_exit(3);
	}
	return arena + at;
}

/* ---- findings ---- */

static void print_threads(void)
{
	for (unsigned int i = 0; i < nr_threads; i++) {
		struct m_site *site = __atomic_load_n(&threads[i].site, __ATOMIC_RELAXED);
		bool done = __atomic_load_n(&threads[i].done, __ATOMIC_RELAXED);

		printf("  thread %u %-10s %s%s%s\n", i, threads[i].name, done ? "done" : "at ",
		       done || !site ? "" : site->func, done || !site ? "" : ": ");
		if (!done && site)
			printf("           %s (%s:%u)\n", site->what, site->file, site->line);
	}
}

/* The first finding wins; whoever comes later stands still until the process is gone. */
static void claim_failure(void)
{
	while (__atomic_exchange_n(&somebody_failed, true, __ATOMIC_ACQ_REL))
		pause();
}

void mt_report(const char *id, const char *title, const char *state)
{
	claim_failure();
	printf("%s %s\n", id, title);
	if (state && *state)
		printf("%s\n", state);
	printf("  round %llu of seed %llu, real threads\n", (unsigned long long)round_nr,
	       (unsigned long long)config.seed);
	print_threads();
	if (config.describe)
		config.describe();
	fflush(stdout);
	_exit(2);
}

void m_fail(const char *id, const char *title, const char *fmt, ...)
{
	char state[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(state, sizeof(state), fmt, args);
	va_end(args);
	mt_report(id, title, state);
}

/* ---- rounds ---- */

static u64 now_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* Sleeps in the kernel whatever the others wait for: a lock, a grace period or a flag. */
static void *watchdog(void *unused)
{
	const struct timespec second = {.tv_sec = 1};

	(void)unused;
	for (;;) {
		nanosleep(&second, NULL);
		if (!__atomic_load_n(&round_runs, __ATOMIC_ACQUIRE))
			continue;
		if (now_seconds() - __atomic_load_n(&round_started, __ATOMIC_RELAXED) > config.hang_seconds)
			mt_report("HANG", "threads of a round never end", "");
	}
	return NULL;
}

static void die(const char *what, int err)
{
	fprintf(stderr, "race: %s: %s\n", what, strerror(err));
	_exit(3);
}

void mt_init(const struct mt_config *c)
{
	pthread_t dog;
	int err;

	config = *c;
	arena = mmap(NULL, ARENA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		     -1, 0);
	if (arena == MAP_FAILED) {
		perror("race: arena");
		_exit(3);
	}
	threads[0].name = "main";
	err = pthread_create(&dog, NULL, watchdog, NULL);
	if (err)
		die("watchdog", err);
	pthread_detach(dog);
}

void mt_thread(const char *name, void (*fn)(void *arg), void *arg)
{
	struct mt_thread *t = &threads[nr_threads];

	/* One number stays free for mt_adopt(). */
	if (nr_threads >= MT_MAX_THREADS - 1) {
		fprintf(stderr, "race: more than %d threads\n", MT_MAX_THREADS - 1);
		_exit(3);
	}
	memset(t, 0, sizeof(*t));
	t->name = name;
	t->fn = fn;
	t->arg = arg;
	t->nr = nr_threads++;
	seed_thread(t);
}

void mt_adopt(void)
{
	struct mt_thread *t = &threads[nr_threads];

	if (self == t)
		return;
	t->name = "callbacks";
	t->nr = nr_threads;
	seed_thread(t);
	self = t;
}

static pthread_barrier_t start_line, finish_line, exit_line;

static void *thread_main(void *arg)
{
	struct mt_thread *t = arg;

	self = t;
	config.thread_start();
	pthread_barrier_wait(&start_line);
	t->fn(t->arg);
	__atomic_store_n(&t->done, true, __ATOMIC_RELAXED);
	pthread_barrier_wait(&finish_line);
	pthread_barrier_wait(&exit_line);
	config.thread_end();
	return NULL;
}

static void pin_thread(pthread_attr_t *attr, unsigned int nr)
{
	static long nr_processors;
	cpu_set_t set;

	if (!nr_processors)
		nr_processors = sysconf(_SC_NPROCESSORS_ONLN);
	CPU_ZERO(&set);
	CPU_SET(nr % nr_processors, &set);
	pthread_attr_setaffinity_np(attr, sizeof(set), &set);
}

static void start_thread(struct mt_thread *t)
{
	pthread_attr_t attr;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	if (config.pin)
		pin_thread(&attr, t->nr);
	err = pthread_create(&t->handle, &attr, thread_main, t);
	pthread_attr_destroy(&attr);
	if (err)
		die("pthread_create", err);
}

/*
 * Libraries take locks of their own in thread_end and quiesce: an edge from a thread that has gone to a
 * callback that still runs, if a thread went before all is quiet.
 */
void mt_round(void)
{
	__atomic_store_n(&round_started, now_seconds(), __ATOMIC_RELAXED);
	__atomic_store_n(&round_runs, true, __ATOMIC_RELEASE);
	pthread_barrier_init(&start_line, NULL, nr_threads);
	pthread_barrier_init(&finish_line, NULL, nr_threads + 1);
	pthread_barrier_init(&exit_line, NULL, nr_threads + 1);
	for (unsigned int i = 0; i < nr_threads; i++)
		start_thread(&threads[i]);
	pthread_barrier_wait(&finish_line);
	config.quiesce();
	pthread_barrier_wait(&exit_line);
	for (unsigned int i = 0; i < nr_threads; i++)
		pthread_join(threads[i].handle, NULL);
	pthread_barrier_destroy(&start_line);
	pthread_barrier_destroy(&finish_line);
	pthread_barrier_destroy(&exit_line);
	__atomic_store_n(&round_runs, false, __ATOMIC_RELEASE);
}

void mt_reset(void)
{
	memset(arena, 0, arena_used);
	arena_used = 0;
	nr_threads = 0;
	round_nr++;
}

void mt_next_phase(void)
{
	nr_threads = 0;
}

u64 mt_round_nr(void)
{
	return round_nr;
}
