// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locks of the tree by the names that lockdep knows. Those that the oracles have a class for become events;
 * all are kept, for the reports.
 */
#include <stdio.h>
#include <string.h>

#include "model/kapi/lock.h"
#include "model/linux/host/host.h"
#include "model/linux/host/watch.h"

#define MAX_HELD 24

/**
 * struct held - locks of one thread, in the order in which they were taken
 * @rcu: in an RCU read section
 */
static struct held {
	struct {
		const volatile void *lock;
		const char *name;
		bool write;
	} lock[MAX_HELD];
	unsigned int nr;
	bool rcu;
} held_by[LNX_MAX_THREADS];

const char *const lock_class_name[LC_NR] = {
	[LC_KVM_LOCK] = "kvm->lock",	     [LC_VCPU_MUTEX] = "vcpu->mutex",
	[LC_SLOTS_LOCK] = "slots_lock",	     [LC_SLOTS_ARCH_LOCK] = "slots_arch_lock",
	[LC_MMAP_LOCK] = "mmap_lock",	     [LC_INVALIDATE_LOCK] = "invalidate_lock",
	[LC_MMU_LOCK] = "mmu_lock",	     [LC_PAGES_LOCK] = "tdp_mmu_pages_lock",
	[LC_MN_LOCK] = "mn_invalidate_lock", [LC_FOLIO_LOCK] = "folio lock",
};

/* What the tree's initialisers say, by what comes behind the last "->", "." or "&" of it. */
static const struct {
	const char *name;
	enum lock_class class;
} classes[] = {
	{"mmu_lock", LC_MMU_LOCK},
	{"slots_lock", LC_SLOTS_LOCK},
	{"slots_arch_lock", LC_SLOTS_ARCH_LOCK},
	{"invalidate_lock", LC_INVALIDATE_LOCK},
	{"mmap_lock", LC_MMAP_LOCK},
	{"tdp_mmu_pages_lock", LC_PAGES_LOCK},
	{"mn_invalidate_lock", LC_MN_LOCK},
};

static const char *member(const char *name)
{
	const char *last = name;

	for (; *name; name++)
		if (*name == '>' || *name == '.' || *name == '&')
			last = name + 1;
	return last;
}

/* LC_NR: none of the oracles'. "lock" and "mutex" alone say too little. */
static enum lock_class class_by_name(const char *name)
{
	const char *what = member(name);

	for (unsigned int i = 0; i < ARRAY_SIZE(classes); i++)
		if (!strcmp(what, classes[i].name))
			return classes[i].class;
	if (!strcmp(what, "lock") && strstr(name, "kvm"))
		return LC_KVM_LOCK;
	if (!strcmp(what, "mutex") && strstr(name, "vcpu"))
		return LC_VCPU_MUTEX;
	return LC_NR;
}

/* Names are constants of the tree: what was found for one at some address stays true. */
static enum lock_class class_of(const char *name)
{
	static struct {
		const char *name;
		enum lock_class class;
	} known[256];
	unsigned int slot = ((uintptr_t)name * 0x9e3779b97f4a7c15ull) >> 56;

	if (known[slot].name != name) {
		known[slot].name = name;
		known[slot].class = class_by_name(name);
	}
	return known[slot].class;
}

static void emit(enum m_event_type type, const volatile void *lock, const char *name, bool write,
		 unsigned long pc)
{
	enum lock_class class = class_of(name);

	if (m_listener && class != LC_NR)
		m_emit_slow(type, (uintptr_t)lock, class, write, 0, site_of(pc, name));
}

void lnx_lock_taken(const volatile void *lock, const char *name, int write, unsigned long pc)
{
	struct held *h = &held_by[host.thread];

	host_leave();
	if (h->nr == MAX_HELD)
		lnx_internal("a thread holds more than %d locks", MAX_HELD);
	h->lock[h->nr].lock = lock;
	h->lock[h->nr].name = name ? name : "lock";
	h->lock[h->nr++].write = write;
	emit(EV_LOCK, lock, name ? name : "lock", write, pc);
}

void lnx_lock_releasing(const volatile void *lock, const char *name, int write, unsigned long pc)
{
	struct held *h = &held_by[host.thread];
	unsigned int i = h->nr;

	host_leave();
	watch_flush_done(pc);
	emit(EV_UNLOCK, lock, name ? name : "lock", write, pc);
	while (i && h->lock[i - 1].lock != lock)
		i--;
	if (!i)
		return;
	memmove(&h->lock[i - 1], &h->lock[i], (h->nr - i) * sizeof(h->lock[0]));
	h->nr--;
}

void lnx_rcu_locked(unsigned long pc)
{
	host_leave();
	held_by[host.thread].rcu = true;
	if (m_listener)
		m_emit_slow(EV_RCU_LOCK, 0, 0, 0, 0, site_of(pc, "rcu_read_lock()"));
}

void lnx_rcu_unlocking(unsigned long pc)
{
	host_leave();
	watch_flush_done(pc);
	if (m_listener)
		m_emit_slow(EV_RCU_UNLOCK, 0, 0, 0, 0, site_of(pc, "rcu_read_unlock()"));
	held_by[host.thread].rcu = false;
}

/* As that of model/kapi, for the trace. */
void kapi_held(unsigned int thread, char *buf, size_t size)
{
	const struct held *h = &held_by[thread];
	size_t at = 0;

	buf[0] = 0;
	for (unsigned int i = 0; i < h->nr && at < size; i++) {
		enum lock_class class = class_of(h->lock[i].name);
		const char *name = class == LC_NR ? member(h->lock[i].name) : lock_class_name[class];

		at += snprintf(buf + at, size - at, "%s%s%s", at ? ", " : "", name,
			       h->lock[i].write ? " W" : " R");
	}
	if (h->rcu && at < size)
		snprintf(buf + at, size - at, "%sRCU", at ? ", " : "");
}

void locks_reset(void)
{
	for (unsigned int t = 0; t < LNX_MAX_THREADS; t++) {
		held_by[t].nr = 0;
		held_by[t].rcu = false;
	}
}
