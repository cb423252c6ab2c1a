/* SPDX-License-Identifier: GPL-2.0-only */
/* Who runs next: points, blocking, spinning. The hot path of every execution. */
#include <string.h>

#include "harness/engine/state.h"

struct eng eng = {.limit = ~0u, .self = &eng.thread[0]};
const struct m_self *m_self = &eng.thread[0].who;
char m_alone_obj;
u64 *m_watch_lo, *m_watch_hi;
struct thread_list thread_lists[1 << ENG_MAX_THREADS];

/*
 * Calls of m_spin() without any write in between after which spinning counts as livelock, a thread. Only what
 * points announce counts as a write: a loop that goes round more often on plain accesses alone would be
 * misjudged.
 */
#define LIVELOCK_SPINS 1000

void sched_prepare(void)
{
	for (unsigned int mask = 0; mask < ARRAY_SIZE(thread_lists); mask++)
		for (unsigned int t = 0; t < ENG_MAX_THREADS; t++)
			if (mask & (1u << t))
				thread_lists[mask].thread[thread_lists[mask].nr++] = t;
}

/* One choice of the stream; -1 when the strategy gives up. */
static inline int ask(u8 kind, u8 n)
{
	struct eng_choice *c = &eng.choice;
	u32 i = eng.nr_choices;
	int option;

	if (unlikely(i == ENG_MAX_CHOICES))
		eng_stop_steps("choices");
	c->kind = kind;
	c->n = n;
	c->index = i;
	c->spinning = eng.spinning;
	option = eng.strategy->choose(eng.strategy, c);
	if (unlikely(option < 0))
		return -1;
	if (unlikely(option >= n))
		eng_internal_error("strategy %s took option %d of %u", eng.strategy->name, option, n);
	eng.option[i] = option;
	eng.sig[i] = kind << 5 | n;
	eng.nr_choices = i + 1;
	eng.deviations += option != 0;
	return option;
}

static inline unsigned int draw(u8 kind, u8 n)
{
	int option = ask(kind, n);

	if (unlikely(option < 0))
		eng_stop(ENG_ABORTED);
	return option;
}

static inline void update_others(void)
{
	u16 self = 1u << eng.cur;

	eng.others = eng.fresh & self ? 0 : eng.ready & ~self;
}

/* The running thread is @next from here on; the caller switches the stack. */
static inline void set_running(unsigned int next)
{
	u16 bit = 1u << next;

	eng_become(next);
	eng.started |= bit;
	eng.spinning &= ~bit;
	update_others();
}

static inline void switch_to(unsigned int next)
{
	unsigned int prev = eng.cur;

	set_running(next);
	fiber_switch(&eng.fiber[prev], &eng.fiber[next]);
}

/*
 * Appends the threads of @mask in cyclic order after @cur. Whole lists are copied, of a size known at compile
 * time: a loop would become a call of memcpy(), which sanitizers see as an access of the calling thread.
 */
static void append_after(u16 mask, unsigned int cur, u8 *nr)
{
	u16 above = mask & ~((2u << cur) - 1);
	const struct thread_list *hi = &thread_lists[above], *lo = &thread_lists[mask & ~above];

	memcpy(eng.options + *nr, hi, sizeof(*hi));
	*nr += hi->nr;
	memcpy(eng.options + *nr, lo, sizeof(*lo));
	*nr += lo->nr;
}

/* Options when the running thread cannot go on: threads that do not spin first, so that silence is fair. */
static u8 list_options(unsigned int cur)
{
	u16 runnable = eng.ready & ~eng.stalled;
	u8 nr = 0;

	if (!runnable) {
		eng.stalled = 0;
		runnable = eng.ready;
	}
	append_after(runnable & ~eng.spinning, cur, &nr);
	eng.choice.free = nr ? nr : 1;
	append_after(runnable & eng.spinning, cur, &nr);
	return nr;
}

/* @blocked as in struct eng_choice. Returns a thread, which may be the running one if all others spin. */
static unsigned int pick_other(u8 blocked)
{
	u8 nr;

	if (unlikely(!eng.ready))
		eng_stop_deadlock();
	nr = list_options(eng.cur);
	if (nr == 1)
		return eng.options[0];
	eng.choice.blocked = blocked;
	eng.choice.thread = eng.cur;
	return eng.options[draw(M_CH_SCHED, nr)];
}

static void leave(u8 blocked)
{
	unsigned int next = pick_other(blocked);

	if (next == eng.cur) {
		set_running(next);
		return;
	}
	if (unlikely(eng.rich))
		history_switched(2);
	switch_to(next);
}

/* No running thread yet: options are all threads by number. */
bool sched_first(void)
{
	const struct thread_list *all = &thread_lists[eng.ready];
	int option = 0;

	eng.choice.blocked = 1;
	eng.choice.thread = 0;
	eng.choice.free = all->nr;
	memcpy(eng.options, all, sizeof(*all));
	if (all->nr > 1)
		option = ask(M_CH_SCHED, all->nr);
	if (option < 0)
		return false;
	set_running(eng.options[option]);
	return true;
}

/* The running thread can go on, and others could too. */
static inline __attribute__((always_inline)) void choose_at_point(bool rich)
{
	const struct thread_list *others = &thread_lists[eng.others];
	unsigned int option;

	eng.options[0] = eng.cur;
	memcpy(eng.options + 1, others, sizeof(*others));
	eng.choice.blocked = 0;
	eng.choice.thread = eng.cur;
	eng.choice.free = 1;
	option = draw(M_CH_SCHED, others->nr + 1);
	if (!option)
		return;
	eng.preemptions++;
	if (rich)
		history_switched(1);
	switch_to(eng.options[option]);
}

/* A point without a choice ends the time in which the running thread has touched nothing. */
static inline void touch(void)
{
	u16 self = 1u << eng.cur;

	eng.fresh &= ~self;
	eng.others = eng.ready & ~self;
}

static __attribute__((noinline)) void point_rich(u32 kind, const volatile void *addr, struct m_site *site)
{
	if (!(kind & eng.classes) || !eng.others)
		touch();
	else
		choose_at_point(true);
	history_access(kind, addr, site);
}

void m_point(u32 kind, const volatile void *addr, struct m_site *site)
{
	eng.self->site = site;
	eng.hash = hash_mix(eng.hash, site->id + eng.cur);
	eng.stalled = 0;
	eng.writes += (kind & M_KIND_MASK) == M_WRITE || (kind & M_KIND_MASK) == M_RMW;
	if (unlikely(++eng.steps > eng.limit))
		eng_stop_steps("points");
	if (unlikely(eng.rich))
		point_rich(kind, addr, site);
	else if (!(kind & eng.classes) || !eng.others)
		touch();
	else
		choose_at_point(false);
}

unsigned int m_choose(enum m_choice kind, unsigned int n, struct m_site *site)
{
	if (!(eng.data_choices & (1u << kind)))
		return 0;
	if (unlikely(n < 2 || n > 16))
		eng_internal_error("%s: m_choose() between %u options", site->func, n);
	eng.hash = hash_mix(eng.hash, site->id);
	eng.choice.blocked = 0;
	eng.choice.free = 1;
	eng.choice.thread = eng.cur;
	return draw(kind, n);
}

void m_wait(const volatile void *obj, struct m_site *site)
{
	u16 self = 1u << eng.cur;

	if (unlikely(!eng.inside))
		eng_internal_error("%s: %s would block, and no thread runs", site->func, site->what);
	eng.self->site = site;
	eng.self->waits = obj;
	eng.ready &= ~self;
	eng.fresh &= ~self;
	leave(1);
}

void m_wake(const volatile void *obj)
{
	const struct thread_list *blocked = &thread_lists[eng.alive & ~eng.ready];

	for (unsigned int i = 0; i < blocked->nr; i++) {
		struct eng_thread *t = &eng.thread[blocked->thread[i]];

		if (t->waits != obj)
			continue;
		t->waits = NULL;
		eng.ready |= 1u << blocked->thread[i];
	}
	update_others();
}

/*
 * Livelock: every thread that could run has spun since the last write, and they went round LIVELOCK_SPINS
 * times more without one: each has seen the memory that it would see for ever.
 */
static void check_livelock(u16 self)
{
	if (eng.writes != eng.writes_then) {
		eng.writes_then = eng.writes;
		eng.idle_mask = 0;
		eng.idle_spins = 0;
	}
	eng.idle_mask |= self;
	if (eng.ready & ~eng.idle_mask)
		eng.idle_spins = 0;
	else if (++eng.idle_spins > LIVELOCK_SPINS * eng.nr_threads)
		eng_stop_livelock();
}

void m_spin(struct m_site *site)
{
	u16 self = 1u << eng.cur;

	if (unlikely(!eng.inside))
		return;
	eng.self->site = site;
	eng.hash = hash_mix(eng.hash, site->id + eng.cur);
	if (unlikely(++eng.steps > eng.limit))
		eng_stop_steps("points");
	check_livelock(self);
	eng.spinning |= self;
	eng.stalled |= self;
	eng.fresh |= self;
	leave(2);
}

/* The next fiber to unwind, or back to eng_run(). */
static struct fiber *next_to_unwind(void)
{
	const struct thread_list *left = &thread_lists[eng.alive & eng.started];

	if (!left->nr)
		return &eng.main;
	eng_become(left->thread[0]);
	fiber_kill(&eng.fiber[eng.cur]);
	return &eng.fiber[eng.cur];
}

bool m_alone(void)
{
	return !eng.inside || !(eng.alive & ~(1u << eng.cur));
}

bool m_inside(void)
{
	return eng.inside;
}

struct fiber *sched_exit(void)
{
	u16 self = 1u << eng.cur;
	unsigned int next;

	eng.alive &= ~self;
	eng.ready &= ~self;
	if (unlikely(eng.over))
		return next_to_unwind();
	if (!eng.alive)
		return &eng.main;
	if (thread_lists[eng.alive].nr == 1)
		m_wake(&m_alone_obj);
	next = pick_other(1);
	if (unlikely(eng.rich))
		history_switched(2);
	set_running(next);
	return &eng.fiber[next];
}
