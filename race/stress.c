/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * race_stress: scenarios on real threads. Each round boots a machine, maps what the scenario wants mapped,
 * runs one pthread for each vCPU and each host thread, waits for callbacks, and checks what holds when
 * nothing moves: the tables against the module's, the module's own rules, the warnings. Under ThreadSanitizer
 * it is a race detector that shares nothing with the fibers' one but the model.
 *
 * A round without a file is a random scenario: the fuzz decoder makes one of any bytes.
 */
#include <errno.h>
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/check/check.h"
#include "harness/scenario/world.h"
#include "model/kapi/kapi.h"
#include "model/kapi/threads.h"
#include "race/machine_threads.h"
#include "race/options.h"

#define MAX_FAULTS 5000 /* of one vCPU in a round */

static const struct subject_ops *subject = &kvm_subject_ops;
static struct world world;
static u32 faults[SUBJECT_MAX_VCPUS];
static u64 nr_stuck; /* guests that were ended because they did not get on */

static struct {
	u64 seed, rounds, seconds;
	int bug;
	bool variants, no_bug;
} options = {.seed = 1, .seconds = 10, .bug = -1};

/* ---- what the scenario library wants of an engine ---- */

void eng_internal_error(const char *fmt, ...)
{
	va_list ap;

	fputs("race_stress: internal error: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	_exit(3);
}

void eng_reset(void)
{
	mt_reset();
}

/* ---- threads of a scenario ---- */

static void vcpu_thread(void *arg)
{
	world_run_vcpu(&world, subject, (unsigned int)(uintptr_t)arg);
}

/* What these calls may say to a caller who asks for legal things; anything else is a finding. */
static bool legal_result(int ret)
{
	return ret >= 0 || ret == -EAGAIN || ret == -EINTR || ret == -ENOMEM || ret == -EINVAL ||
	       ret == -EFAULT || ret == -ENOENT || ret == -EIO || ret == -EBUSY || ret == -EOPNOTSUPP;
}

static void host_thread(void *arg)
{
	const struct scn_thread *t = &world.s->threads[(uintptr_t)arg];

	for (unsigned int j = 0; j < t->nr_ops; j++) {
		int ret = world_host_op(&world, subject, &t->ops[j]);

		if (!legal_result(ret))
			m_fail("RET-01", "a system call fails with an error that it does not have", "%s: %d",
			       scn_op_names[t->ops[j].kind][0], ret);
	}
}

static void map_thread(void *unused)
{
	(void)unused;
	world_map(&world, subject);
}

static void add_threads(const struct scenario *s)
{
	static const char *const names[] = {"vcpu0", "vcpu1", "vcpu2", "vcpu3"};

	for (unsigned int i = 0; i < s->nr_threads; i++) {
		if (!s->threads[i].is_vcpu)
			mt_thread("host", host_thread, (void *)(uintptr_t)i);
		else if (s->threads[i].nr_ops)
			mt_thread(names[i], vcpu_thread, (void *)(uintptr_t)i);
	}
}

static void describe(void)
{
	char *text = scn_print_text(world.s);

	printf("The scenario of the round:\n%s", text);
}

/* ---- one round ---- */

/*
 * A guest that faults for ever is the progress checker's matter on fibers, which knows who could still help
 * it; here it gets a signal, is counted, and the summary says so. The event comes on the vCPU's own thread.
 */
static void count_faults(u64 vcpu)
{
	/* A prefault counts for its vCPU, and runs beside it. */
	if (__atomic_add_fetch(&faults[vcpu], 1, __ATOMIC_RELAXED) != MAX_FAULTS)
		return;
	subject->signal_vcpu((unsigned int)vcpu);
	__atomic_fetch_add(&nr_stuck, 1, __ATOMIC_RELAXED);
}

/* The only events that need no order among threads: the rest belongs to the checkers of the fiber back end.
 */
static void listen(const struct m_event *ev)
{
	if (ev->type == EV_FAULT_ROUND)
		count_faults(ev->a);
	if (ev->type == EV_WARN)
		m_fail("WARN-01", ev->site->func, "WARN_ON_ONCE(%s)", (const char *)(uintptr_t)ev->a);
}

static unsigned int nr_cpus(const struct scenario *s)
{
	return s->nr_threads - scn_nr_vcpus(s) + scn_nr_running(s) + 1;
}

/* A guest that waits for a value may wait for ever, which is no finding; here it looks once. */
static void no_waiting(struct scenario *s)
{
	for (unsigned int t = 0; t < s->nr_threads; t++)
		for (unsigned int j = 0; j < s->threads[t].nr_ops; j++)
			if (s->threads[t].ops[j].kind == OP_AWAIT)
				s->threads[t].ops[j].kind = OP_READ;
}

static void check_at_rest(void)
{
	m_listener = NULL;
	subject->quiesce();
	check_quiescent();
	m_listener = listen;
}

static void run_round(struct scenario *s)
{
	no_waiting(s);
	if (options.no_bug)
		s->has_bug = false;
	world_prepare(&world, s);
	if (options.bug >= 0)
		bug_enabled[options.bug] = true;
	world_reset(nr_cpus(s));
	check_reset();
	memset(faults, 0, sizeof(faults));
	world_load_programs(&world);
	subject->create_vm(&world.config);
	if (s->nr_mapped) {
		mt_thread("setup", map_thread, NULL);
		mt_round();
		mt_next_phase();
		world_load_programs(&world);
	}
	add_threads(s);
	mt_round();
	check_at_rest();
}

/* ---- rounds ---- */

static u64 random_word(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* The same scenario for the same seed and number, whatever ran before. */
static bool random_scenario(struct scenario *s, u64 nr)
{
	u8 bytes[160];
	u64 state = (options.seed * 0x9e3779b97f4a7c15ull) ^ (nr * 0xd1342543de82ef95ull) ^ 0x5bf03635;

	for (unsigned int i = 0; i < 8; i++)
		random_word(&state);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(random_word(&state) >> 24);
	bytes[0] = SCN_VERSION;
	if (!scn_decode_fuzz(s, bytes, sizeof(bytes)))
		return false;
	if (!options.variants)
		memset(s->variants, 0, sizeof(s->variants));
	return scn_nr_running(s) + s->nr_threads - scn_nr_vcpus(s) > 1;
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) * 1e-9;
}

static void stress(char **files, int nr_files)
{
	static struct scenario s;
	struct scn_error err;
	struct timespec start;
	u64 rounds = 0;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (u64 nr = 0;
	     options.rounds ? rounds < options.rounds : seconds_since(&start) < (double)options.seconds;
	     nr++) {
		scn_init(&s);
		if (!nr_files) {
			if (!random_scenario(&s, nr))
				continue;
		} else if (!scn_load(&s, files[nr % (u64)nr_files], &err)) {
			fprintf(stderr, "race_stress: %s\n", err.text);
			exit(1);
		}
		run_round(&s);
		scn_free(&s);
		rounds++;
	}
	if (nr_stuck)
		printf("race_stress: %llu guests faulted without end (PROG-01 on fibers)\n",
		       (unsigned long long)nr_stuck);
	printf("race_stress: %llu rounds in %.1f s, seed %llu%s%s: no finding\n", (unsigned long long)rounds,
	       seconds_since(&start), (unsigned long long)options.seed, options.bug >= 0 ? ", bug " : "",
	       options.bug >= 0 ? bug_infos[options.bug].name : "");
}

static const char help[] =
	"usage: race_stress [options] [FILE...]\n"
	"Runs scenarios on real threads. Without FILE, random ones.\n"
	"  --seconds N   how long (10)\n"
	"  --rounds N    instead: how many\n"
	"  --seed N      of scenarios and of the threads' jitter (1)\n"
	"  --jitter N    one point in 2^N is disturbed, 0 = none (4)\n"
	"  --pin         bind threads to processors\n"
	"  --variants    random scenarios with design variants, not mainline alone\n"
	"  --no-bug      switch the bugs of the files off\n"
	"  --bug NAME    switch a seeded bug on\n"
	"Exit code: 0 nothing found, 1 usage, 2 a rule is broken, 77 a data race (under ThreadSanitizer).\n";

static void parse(int argc, char **argv, struct mt_config *config)
{
	static const struct option longs[] = {
		{"seconds", 1, NULL, 's'},  {"rounds", 1, NULL, 'r'}, {"seed", 1, NULL, 'e'},
		{"jitter", 1, NULL, 'j'},   {"pin", 0, NULL, 'p'},    {"bug", 1, NULL, 'b'},
		{"variants", 0, NULL, 'v'}, {"no-bug", 0, NULL, 'c'}, {"help", 0, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			options.seconds = race_number(optarg, "--seconds");
			break;
		case 'r':
			options.rounds = race_number(optarg, "--rounds");
			break;
		case 'e':
			options.seed = race_number(optarg, "--seed");
			break;
		case 'j':
			config->jitter = (u8)min(race_number(optarg, "--jitter"), (u64)63);
			break;
		case 'p':
			config->pin = true;
			break;
		case 'c':
			options.no_bug = true;
			break;
		case 'v':
			options.variants = true;
			break;
		case 'b':
			options.bug = race_bug(optarg);
			break;
		case 'h':
			fputs(help, stdout);
			exit(0);
		default:
			exit(1);
		}
	}
}

int main(int argc, char **argv)
{
	struct mt_config config = {
		.data_choices = SCN_FUZZ_CHOICES,
		.jitter = 4,
		.hang_seconds = 10,
		.thread_start = kapi_thread_start,
		.thread_end = kapi_thread_end,
		.quiesce = rcu_barrier,
		.describe = describe,
	};

	parse(argc, argv, &config);
	config.seed = options.seed;
	mt_init(&config);
	kapi_thread_start();
	check_init(&kvm_subject_view);
	m_listener = listen;
	stress(argv + optind, argc - optind);
	return 0;
}
