/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run leaves besides its verdict: interleaving coverage, and each step in the history pass. */
#include "harness/engine/state.h"
#include "model/event.h"

bool m_history;

/**
 * struct last_access - last access to an address, in a direct-mapped table: a collision loses a pair, never
 * invents one
 * @run: stamp of the run that wrote the entry
 */
struct last_access {
	const volatile void *addr;
	u32 run;
	u32 site;
	u8 thread;
	bool write;
};

#define NR_LAST 1024

static struct last_access last_accesses[NR_LAST];
static u32 run_stamp;
static u8 *map;
static size_t map_mask;

static void (*on_step)(const struct eng_step *step);
static void (*listener)(const struct m_event *ev);
static struct eng_step pending;
static bool has_pending;
static u8 last_thread, last_switch;

void eng_set_coverage(u8 *map_, size_t size)
{
	if (map_ && (!size || size & (size - 1)))
		eng_internal_error("coverage map of %zu bytes: not a power of two", size);
	map = map_;
	map_mask = size - 1;
}

void eng_set_history(void (*step)(const struct eng_step *step))
{
	on_step = step;
}

static void flush_step(void)
{
	if (!has_pending)
		return;
	has_pending = false;
	event_observe_begin();
	on_step(&pending);
	event_observe_end();
}

/* A step is complete when its value is known; whatever comes next sends it off first. */
static void history_event(const struct m_event *ev)
{
	flush_step();
	if (listener)
		listener(ev);
}

void history_begin(void)
{
	run_stamp++;
	eng.rich = map || on_step;
	if (!on_step)
		return;
	m_history = true;
	has_pending = false;
	last_switch = 0;
	last_thread = ENG_MAX_THREADS;
	listener = m_listener;
	m_listener = history_event;
}

void history_end(void)
{
	eng.rich = false;
	if (!m_history)
		return;
	flush_step();
	m_history = false;
	m_listener = listener;
}

void history_switched(unsigned int how)
{
	last_switch = how;
}

/* Same bucket in every process: distance from the image, which the kernel puts anywhere, not the address. */
static struct last_access *bucket(const volatile void *addr)
{
	u64 distance = (u64)addr - (u64)&eng;

	return &last_accesses[(distance * 0x9e3779b97f4a7c15ull) >> 54];
}

static void cover(u32 kind, const volatile void *addr, struct m_site *site)
{
	bool write = (kind & M_KIND_MASK) != M_READ;
	struct last_access *last = bucket(addr);

	_Static_assert(NR_LAST == 1 << (64 - 54), "bucket() takes the top bits");
	if (last->run == run_stamp && last->addr == addr && last->thread != eng.cur &&
	    (write || last->write)) {
		u8 *counter = &map[(last->site * 31 ^ site->id) & map_mask];

		*counter += *counter != 255;
	}
	*last = (struct last_access){addr, run_stamp, site->id, eng.cur, write};
}

static void record(u32 kind, const volatile void *addr, struct m_site *site)
{
	bool switched = last_thread != ENG_MAX_THREADS && last_thread != eng.cur;

	flush_step();
	pending = (struct eng_step){
		.choice = eng.nr_choices,
		.thread = eng.cur,
		.cpu = eng.self->who.cpu,
		.switched = switched ? last_switch : 0,
		.kind = kind,
		.addr = addr,
		.site = site,
	};
	has_pending = true;
	last_thread = eng.cur;
}

void history_access(u32 kind, const volatile void *addr, struct m_site *site)
{
	if (map && addr)
		cover(kind, addr, site);
	if (on_step)
		record(kind, addr, site);
}

void m_note_value(u64 old, u64 new_)
{
	if (!has_pending)
		return;
	pending.old = old;
	pending.new_ = new_;
	pending.has_value = true;
	flush_step();
}
