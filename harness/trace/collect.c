/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Listens to the history pass. A point becomes an item at once; an event at that point replaces its text. Of
 * plain accesses only those stay on which a switch landed.
 */
#include "harness/trace/trace.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/trace/decode.h"
#include "model/seam/seam.h"
#include "model/hw/cpu.h"
#include "model/kapi/lock.h"

static struct collector {
	struct trace *t;
	const struct eng_record *record;
	u32 next_choice; /* first choice that no step has accounted for */
	u8 cpu_before;
	bool any, fresh; /* @fresh: the last item is a point that no event has described yet */
	size_t mark; /* items from here on came after the last step */
	const char *func[ENG_MAX_THREADS]; /* where in the code under test each thread is */
	u8 thread;
} c;

void trace_init(struct trace *t)
{
	memset(t, 0, sizeof(*t));
}

void trace_free(struct trace *t)
{
	free(t->items);
	memset(t, 0, sizeof(*t));
}

struct trace_item *trace_add(struct trace *t)
{
	if (t->nr == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 256;
		t->items = realloc(t->items, t->cap * sizeof(*t->items));
		if (!t->items)
			eng_internal_error("no memory for the history of %zu steps", t->cap);
	}
	memset(&t->items[t->nr], 0, sizeof(*t->items));
	t->items[t->nr].gfn = t->items[t->nr].pfn = ~0ull;
	return &t->items[t->nr++];
}

void trace_collect_begin(struct trace *t, const struct eng_record *record)
{
	memset(&c, 0, sizeof(c));
	c.t = t;
	c.record = record;
}

static bool of_layer(const struct m_site *site, const char *layer)
{
	return site && site->file && strstr(site->file, layer);
}

/* kapi, hw and the module act for their caller: what a reader knows is the function of KVM that called them.
 */
static void note_func(u8 thread, const struct m_site *site)
{
	for (const char *const *layer = the_subject.layers; *layer; layer++)
		if (of_layer(site, *layer))
			c.func[thread] = site->func;
}

static bool by_guest(u16 type)
{
	return type == EV_TLB_FILL || type == EV_TLB_USE || type == EV_GUEST_READ || type == EV_GUEST_WRITE ||
	       type == EV_GUEST_ACCEPT;
}

/* The kernel's wrapper of a SEAMCALL has the leaf's name: TDH.MEM.PAGE.AUG is tdh_mem_page_aug(). */
static const char *wrapper_of(u64 leaf)
{
	static char name[48];
	const char *from = seam_leaf_name(leaf);
	size_t i;

	for (i = 0; from[i] && i < sizeof(name) - 1; i++)
		name[i] = from[i] == '.' ? '_' : (char)tolower((unsigned char)from[i]);
	name[i] = '\0';
	return name;
}

/* But a store of the module is the module's, and what the guest does is the guest's. */
static const char *func_of(const struct m_event *ev)
{
	if (by_guest(ev->type))
		return "guest";
	if (ev->type == EV_SEAMCALL)
		return wrapper_of(ev->a);
	if (ev->type == EV_STORE && of_layer(ev->site, "model/seam/"))
		return ev->site->func;
	return c.func[ev->thread] ? c.func[ev->thread] : "";
}

static void name_threads(u8 thread)
{
	struct trace *t = c.t;

	for (; t->nr_threads <= thread; t->nr_threads++)
		snprintf(t->names[t->nr_threads], sizeof(t->names[0]), "%s", eng_thread_name(t->nr_threads));
}

static void stamp(struct trace_item *it, u8 thread, u8 cpu)
{
	name_threads(thread);
	it->thread = thread;
	it->cpu = cpu;
	it->step = eng_step_nr();
	it->choice = eng_choice_nr();
	it->irqs_off = cpu < HW_MAX_CPUS && !hw_cpus[cpu].irqs_on;
	it->in_guest = cpu < HW_MAX_CPUS && hw_cpus[cpu].in_guest;
	snprintf(it->func, sizeof(it->func), "%s", c.func[thread] ? c.func[thread] : "");
	kapi_held(thread, it->locks, sizeof(it->locks));
}

/* Choices since the last step that were data, not 0: they belong to what the previous step's thread did. */
static void data_choices(u32 upto)
{
	const struct eng_record *r = c.record;

	for (; c.next_choice < upto && c.next_choice < r->nr; c.next_choice++) {
		u8 kind = r->sig[c.next_choice] >> 5, option = r->option[c.next_choice];
		struct trace_data_choice *d;

		if (kind == M_CH_SCHED || option == 0 || c.t->nr_data == TRACE_MAX_DATA)
			continue;
		d = &c.t->data[c.t->nr_data++];
		d->choice = c.next_choice;
		d->kind = kind;
		d->option = option;
		d->thread = c.thread;
		snprintf(d->func, sizeof(d->func), "%s", c.func[c.thread] ? c.func[c.thread] : "");
	}
}

static enum trace_switch switch_kind(const struct eng_step *step)
{
	if (!step->switched || !c.any)
		return TRACE_SAME;
	if (step->switched == 2)
		return TRACE_BLOCKED;
	return step->cpu == c.cpu_before ? TRACE_PREEMPTED : TRACE_CONCURRENT;
}

/* A thread may tell of itself before its first point: then the switch was there. */
static void take_switch(struct trace_item *it, const struct eng_step *step)
{
	struct trace_item *first = it;

	if (c.mark < c.t->nr - 1 && c.t->items[c.mark].thread == step->thread)
		first = &c.t->items[c.mark];
	it->choice = step->choice;
	first->sw = switch_kind(step);
	if (first->sw)
		first->choice = step->choice ? step->choice - 1 : 0;
}

static void drop_fresh(void)
{
	if (c.fresh && c.t->items[c.t->nr - 1].sw == TRACE_SAME)
		c.t->nr--;
	c.fresh = false;
}

/* Values of table entries only: what else is accessed may hold addresses, which no two builds share. */
static void plain_access(const struct eng_step *step, struct trace_item *it)
{
	const u64 *entry = (const u64 *)step->addr;
	const char *what = step->site && step->site->what ? step->site->what : "";
	char value[96] = "";

	if (step->has_value && entry >= m_watch_lo && entry < m_watch_hi) {
		if (hw_type(hw_table_pfn(entry)) == HW_SEPT)
			decode_sept(step->new_, value, sizeof(value));
		else
			decode_spte(step->new_, 0, value, sizeof(value));
	}
	snprintf(it->what, sizeof(it->what), "%s%s%s", what, value[0] ? " = " : "", value);
}

void trace_collect_step(const struct eng_step *step)
{
	struct trace_item *it;

	data_choices(step->choice);
	drop_fresh();
	note_func(step->thread, step->site);
	it = trace_add(c.t);
	stamp(it, step->thread, step->cpu);
	take_switch(it, step);
	if (it->in_guest)
		snprintf(it->func, sizeof(it->func), "guest");
	it->generic = true;
	it->weight = 1;
	plain_access(step, it);
	c.fresh = c.any = true;
	c.cpu_before = step->cpu;
	c.thread = step->thread;
	c.mark = c.t->nr;
}

void trace_collect_event(const struct m_event *ev)
{
	struct trace_item it = {0};
	struct trace_item *to;

	if (!c.any || ev->thread >= ENG_MAX_THREADS || !trace_describe(ev, &it))
		return;
	note_func(ev->thread, ev->site);
	stamp(&it, ev->thread, ev->cpu);
	snprintf(it.func, sizeof(it.func), "%s", func_of(ev));
	to = c.t->nr ? &c.t->items[c.t->nr - 1] : NULL;
	if (c.fresh && to->thread == ev->thread) {
		it.sw = to->sw;
		it.choice = to->choice;
	} else {
		to = trace_add(c.t);
	}
	*to = it;
	c.fresh = false;
}

void trace_collect_end(const struct eng_run *run, bool threads_ended)
{
	struct trace *t = c.t;

	data_choices(c.record->nr);
	if (!t->nr || threads_ended || (run->verdict != ENG_FAILED && run->verdict != ENG_STEPS))
		return;
	if (t->items[t->nr - 1].thread == run->thread)
		t->items[t->nr - 1].fatal = true;
}
