// SPDX-License-Identifier: GPL-2.0-only
/* Executing scenarios: same input, same run; replay; what a program means; what the VMM does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/scenario/exec.h"
#include "harness/scenario/ops.h"

#define HEAD "TDPFUZZ litmus 1\n"

static unsigned int failed, number;

static void ok(bool good, const char *what)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++number, what);
	failed += !good;
}

static void parse(struct scenario *s, const char *text)
{
	struct scn_error err;

	if (!scn_parse_text(s, "test", text, strlen(text), &err)) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
}

static u64 steps, events;

static void on_step(const struct eng_step *step)
{
	steps += step->site != NULL;
}

static void on_event(const struct m_event *ev)
{
	events += ev->type != EV_NONE;
}

/* The silent schedule: threads one after the other. */
static void run_silent(struct scenario *s, const char *text, struct exec_result *r)
{
	struct eng_strategy *bytes = eng_strategy_bytes();

	parse(s, text);
	exec_prepare(s);
	eng_strategy_bytes_set(bytes, NULL, 0);
	exec_run(bytes, r);
	bytes->destroy(bytes);
}

static void test_program(void)
{
	struct exec_result r;
	struct scenario s;

	run_silent(&s,
		   HEAD
		   "machine { geometry narrow; } vm { memory 2*2M; shared 2M 1; mapped 1; }\n"
		   "thread vcpu { write 1 = 5; read 1 -> r0; accept 2 4K -> r1; read 3 -> r2; read 4 -> r3 "
		   "ve 4K; }\n"
		   "thread vcpu { read 1 -> r0; write shared 2M = 9; }\n"
		   "thread host { set-shared 1 1; host-write 2M = 7; }\n"
		   "exists (0:r0 = 5 /\\ 0:r1 = 0 /\\ 0:r2 = ve /\\ 0:r3 = 0 /\\ 1:r0 = 5 /\\ 2:ret0 = 0)\n",
		   &r);
	ok(!r.finding && r.run.verdict == ENG_OK, "a program runs to its end");
	ok(r.witness, "registers and return values are those of the program");
	scn_free(&s);
	run_silent(&s, HEAD "vm { memory 1024*1G; mapped 1023*1G 4K; } thread vcpu { read 1023*1G -> r0; }",
		   &r);
	ok(!r.finding && r.regs[0][0] == 0, "a terabyte of memory in the wide geometry");
	scn_free(&s);
}

static void test_vmm(void)
{
	struct exec_result r;
	struct scenario s;

	run_silent(&s,
		   HEAD "machine { geometry narrow; } vm { memory 2*2M; }\n"
			"thread vcpu { mapgpa shared 1 1 -> r0; write shared 1 = 3; read shared 1 -> r1; "
			"read shared 2 -> r2; }\n"
			"exists (0:r0 = 0 /\\ 0:r1 = 3 /\\ 0:r2 = 0)\n",
		   &r);
	ok(!r.finding && r.witness, "MapGPA and the memory-fault exit convert, and the guest goes on");
	scn_free(&s);
}

static void test_await(void)
{
	struct exec_result r;
	struct scenario s;

	run_silent(&s,
		   HEAD
		   "machine { geometry narrow; } vm { memory 2M; mapped 1; } thread vcpu { await 1 = 3; }",
		   &r);
	ok(!r.finding && r.run.verdict == ENG_LIVELOCK, "a guest that waits in vain is no finding");
	scn_free(&s);
	run_silent(
		&s,
		HEAD
		"machine { geometry narrow; } vm { memory 2M; mapped 1; }\n"
		"thread vcpu { await 1 = 3; read 1 -> r0; } thread vcpu { write 1 = 3; } exists (0:r0 = 3)",
		&r);
	ok(!r.finding && r.run.verdict == ENG_OK && r.witness, "a guest that waits for another gets on");
	scn_free(&s);
}

/* The first finding of @s by random walk. */
static bool find(struct scenario *s, u64 seed, struct exec_result *r)
{
	struct eng_strategy *random = eng_strategy_random(seed);
	bool found = false;

	exec_prepare(s);
	for (unsigned int i = 0; i < 20000 && !found; i++) {
		exec_run(random, r);
		found = r->finding;
	}
	random->destroy(random);
	return found;
}

static void test_replay(void)
{
	struct scenario s, finding, loaded;
	struct exec_result r, again;
	struct scn_error err;
	struct eng_record record;
	char first[sizeof(r.title)];
	char *text;

	ok(scn_load(&s, "corpus/litmus/bug-attr-stored-outside-invalidate.litmus", &err), "load");
	ok(find(&s, 1, &r), "the seeded bug is found");
	strcpy(first, r.title);
	exec_make_finding(&s, &r, &finding);
	ok(exec_replay_history(&r.run.record, &again, on_step, on_event), "the history pass agrees");
	ok(steps > 50 && events > 50, "and has steps and events");
	text = scn_print_text(&finding);
	ok(scn_parse_text(&loaded, "finding", text, strlen(text), &err) && scn_equal(&finding, &loaded),
	   "the finding is text");
	record = (struct eng_record){loaded.record.nr, loaded.record.option, loaded.record.sig};
	exec_prepare(&loaded);
	exec_replay_history(&record, &again, NULL, NULL);
	ok(again.finding && !strcmp(again.title, first), "and its text replays to the same title");
	loaded.has_bug = 0;
	exec_prepare(&loaded);
	ok(!exec_replay_history(&record, &again, NULL, NULL) && !again.finding, "not without the bug");
	free(text);
	scn_free(&s);
	scn_free(&finding);
	scn_free(&loaded);
}

/* Runs in between leave nothing behind. */
static void test_deterministic(void)
{
	struct eng_strategy *random;
	struct exec_result r;
	struct scenario s, other;
	struct scn_error err;
	u64 hash[2] = {0, 0};

	ok(scn_load(&s, "corpus/litmus/bench-tdx.litmus", &err) &&
		   scn_load(&other, "corpus/litmus/bug-free-pt-without-rcu.litmus", &err),
	   "load");
	for (unsigned int pass = 0; pass < 2; pass++) {
		random = eng_strategy_random(7);
		exec_prepare(&s);
		for (unsigned int i = 0; i < 300; i++) {
			exec_run(random, &r);
			hash[pass] = hash[pass] * 31 + r.run.hash + r.finding;
		}
		random->destroy(random);
		find(&other, 3, &r);
	}
	ok(hash[0] == hash[1], "same seed, same runs, whatever ran before");
	scn_free(&s);
	scn_free(&other);
}

int main(void)
{
	exec_init();
	test_program();
	test_vmm();
	test_await();
	test_replay();
	test_deterministic();
	printf("1..%u\n", number);
	return failed != 0;
}
