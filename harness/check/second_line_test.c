/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Invariants that stand behind another one: with all of them watched the first ends the run. Each must still
 * trip on a seeded bug when it is the only one that is watched.
 */
#include <stdio.h>
#include <string.h>

#include "harness/scenario/exec.h"

#define HEAD "TDPFUZZ litmus 1\nName: second-line\n"
#define VM "machine { geometry narrow; }\nvm { memory 2*2M; "

static const struct second_line {
	const char *id, *bug, *text;
} cases[] = {
	/* A fault inside the table installs its leaf after the removal has passed the slot. */
	{"LOST-01", "disconnected-pt-not-frozen",
	 HEAD VM
	 "kind vmx; }\n"
	 "thread vcpu { exec 0; exec 1; }\nthread vcpu { exec 0; exec 1; }\nthread host { nx-recover; }\n"},
	/* The entry stays frozen, and then a conversion takes mmu_lock for write. */
	{"SPTE-04", "mirror-left-frozen-on-busy",
	 HEAD VM "}\nthread vcpu { accept 1 4K -> r0; }\nthread vcpu { accept 1 4K -> r0; }\n"
		 "thread host { set-shared 2 1; }\n"},
	{"LOCK-02", "sept-remove-shared-lock",
	 HEAD VM "mapped 1; }\nthread vcpu { read 1 -> r0; }\nthread host { set-shared 1 1; }\n"},
	/* What the guest wrote is gone with the neighbour's conversion: the page has to be accepted again. */
	{"DATA-01", "zap-partial-huge-private",
	 HEAD
	 "Variant: huge=rfc-v1\n" VM "mapped 2M 2M; }\n"
	 "thread vcpu { write 2M+2 = 5; nop; read 2M+2 -> r0 ve 4K; }\nthread host { set-shared 2M+1 1; }\n"},
};

static bool search(const char *strategy, const char *id)
{
	struct eng_strategy *s = eng_strategy_by_name(strategy, 1, 2);
	struct exec_result r;
	bool hit = false;

	for (unsigned int n = 0; n < 50000 && !hit && exec_run(s, &r); n++)
		hit = r.finding && !strcmp(r.run.id, id);
	s->destroy(s);
	return hit;
}

static bool trips(const struct second_line *c)
{
	struct scenario s;
	struct scn_error err;
	bool hit;

	if (!scn_parse_text(&s, c->id, c->text, strlen(c->text), &err)) {
		printf("# %s\n", err.text);
		return false;
	}
	s.has_bug = true;
	s.bug = bug_find(c->bug);
	exec_prepare(&s);
	eng_watch_only(c->id);
	hit = search("exhaustive", c->id) || search("pct", c->id) || search("random", c->id);
	eng_watch_only(NULL);
	scn_free(&s);
	return hit;
}

int main(void)
{
	unsigned int bad = 0;

	exec_init();
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		bool ok = trips(&cases[i]);

		printf("%s %u - %s trips on %s\n", ok ? "ok" : "not ok", i + 1, cases[i].id, cases[i].bug);
		bad += !ok;
	}
	return bad != 0;
}
