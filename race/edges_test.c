/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which order each primitive of model/kapi gives, as a race detector sees it. For each primitive two programs
 * that share a plain variable: with the edge TSan must be silent, without it TSan must report. One source for
 * both back ends; the second half of each pair keeps the first from passing because the detector sees nothing
 * at all.
 *
 *   primitive                        edge
 *   spin_unlock, mutex_unlock        -> next lock of it
 *   write_unlock                     -> next read_lock, write_lock
 *   read_unlock                      -> next write_lock; none to read_lock
 *   smp_store_release                -> smp_load_acquire that reads it
 *   smp_wmb; WRITE_ONCE              -> READ_ONCE that reads it; smp_rmb
 *   rcu_assign_pointer               -> rcu_dereference that reads it
 *   rcu_read_unlock                  -> end of a later synchronize_rcu, start of a later callback
 *   call_rcu                         -> its callback -> rcu_barrier
 *   srcu_read_unlock                 -> end of a later synchronize_srcu
 *   try_cmpxchg64, xchg, fetch_*     both ways
 *   hw_send_ipi                      -> acknowledgement on the target -> hw_ipi_wait
 *   module's lock                    release -> successful try
 */
#include <stdio.h>
#include <string.h>

#include "model/kapi/kapi.h"
#include "model/hw/cpu.h"
#include "race/run_pair.h"

/* What the programs share with marked accesses. */
static struct {
	spinlock_t spin;
	struct mutex mutex;
	rwlock_t rwlock;
	struct srcu_struct srcu;
	u64 word;
	u32 flag;
	long *ptr;
} s;

/*
 * What they share plainly. Each program has its own: TSan takes no more notice of reads of a word once it has
 * reported a race of it.
 */
struct cell {
	long data __attribute__((aligned(64)));
	struct object {
		long value __attribute__((aligned(64)));
		struct rcu_head rcu;
	} object;
};
static struct cell cells[64];
static unsigned int program;
static long *data;
static struct object *object;

/* A plain read that the compiler keeps. */
static void look(const volatile long *p)
{
	(void)*p;
}

static void setup(void)
{
	kapi_reset();
	hw_pages_reset();
	hw_cpus_reset(2);
	memset(&s, 0, sizeof(s));
	spin_lock_init(&s.spin, LC_PAGES_LOCK);
	mutex_init(&s.mutex, LC_KVM_LOCK);
	rwlock_init(&s.rwlock, LC_MMU_LOCK);
	init_srcu(&s.srcu);
	data = &cells[program].data;
	object = &cells[program].object;
}

static void wait_for(u32 *flag)
{
	while (!READ_ONCE(*flag))
		cpu_relax();
}

/* ---- locks ---- */

static void spin_add(void *unused)
{
	(void)unused;
	spin_lock(&s.spin);
	++*data;
	spin_unlock(&s.spin);
}

static void no_lock_add(void *unused)
{
	(void)unused;
	cpu_relax();
	++*data;
}

static void mutex_add(void *unused)
{
	(void)unused;
	mutex_lock(&s.mutex);
	++*data;
	mutex_unlock(&s.mutex);
}

static void write_add(void *unused)
{
	(void)unused;
	write_lock(&s.rwlock);
	++*data;
	write_unlock(&s.rwlock);
}

static void read_look(void *unused)
{
	(void)unused;
	read_lock(&s.rwlock);
	look(data);
	read_unlock(&s.rwlock);
}

static void read_add(void *unused)
{
	(void)unused;
	read_lock(&s.rwlock);
	++*data;
	read_unlock(&s.rwlock);
}

/* ---- message passing ---- */

static void send_release(void *unused)
{
	(void)unused;
	*data = 1;
	smp_store_release(&s.flag, 1);
}

static void send_wmb(void *unused)
{
	(void)unused;
	*data = 1;
	smp_wmb();
	WRITE_ONCE(s.flag, 1);
}

static void send_plainly(void *unused)
{
	(void)unused;
	*data = 1;
	WRITE_ONCE(s.flag, 1);
}

static void receive_acquire(void *unused)
{
	(void)unused;
	while (!smp_load_acquire(&s.flag))
		cpu_relax();
	look(data);
}

static void receive_rmb(void *unused)
{
	(void)unused;
	wait_for(&s.flag);
	smp_rmb();
	look(data);
}

static void receive_plainly(void *unused)
{
	(void)unused;
	wait_for(&s.flag);
	look(data);
}

static void rmw_send(void *unused)
{
	(void)unused;
	*data = 1;
	xchg(&s.word, 1);
}

static void rmw_receive(void *unused)
{
	u64 old;

	(void)unused;
	do {
		old = 1;
		cpu_relax();
	} while (!try_cmpxchg64(&s.word, &old, 2));
	look(data);
}

static void rmw_receive_plainly(void *unused)
{
	(void)unused;
	while (READ_ONCE(s.word) != 1)
		cpu_relax();
	look(data);
}

/* ---- RCU ---- */

static void publish(void *unused)
{
	(void)unused;
	*data = 1;
	rcu_assign_pointer(s.ptr, data);
}

static void publish_plainly(void *unused)
{
	(void)unused;
	*data = 1;
	WRITE_ONCE(s.ptr, data);
}

static void subscribe(void *unused)
{
	long *p;

	(void)unused;
	rcu_read_lock();
	p = rcu_dereference(s.ptr);
	if (p)
		look(p);
	rcu_read_unlock();
}

static void rcu_reader(void *unused)
{
	(void)unused;
	rcu_read_lock();
	if (!READ_ONCE(s.flag))
		look(&object->value);
	rcu_read_unlock();
}

static void no_lock_reader(void *unused)
{
	(void)unused;
	if (!READ_ONCE(s.flag))
		look(&object->value);
}

static void rcu_updater(void *unused)
{
	(void)unused;
	WRITE_ONCE(s.flag, 1);
	synchronize_rcu();
	object->value = 1;
}

static void hasty_updater(void *unused)
{
	(void)unused;
	WRITE_ONCE(s.flag, 1);
	cpu_relax();
	object->value = 1;
}

static void reuse(struct rcu_head *head)
{
	struct object *o = container_of(head, struct object, rcu);

	o->value = 2;
}

static void rcu_caller(void *unused)
{
	(void)unused;
	WRITE_ONCE(s.flag, 1);
	call_rcu(&object->rcu, reuse);
}

static void rcu_caller_waits(void *unused)
{
	rcu_caller(unused);
	rcu_barrier();
	look(&object->value);
}

static void rcu_caller_hasty(void *unused)
{
	rcu_caller(unused);
	object->value = 3;
}

static void srcu_reader(void *unused)
{
	int idx = srcu_read_lock(&s.srcu);

	(void)unused;
	if (!READ_ONCE(s.flag))
		look(&object->value);
	srcu_read_unlock(&s.srcu, idx);
}

static void srcu_updater(void *unused)
{
	(void)unused;
	WRITE_ONCE(s.flag, 1);
	synchronize_srcu(&s.srcu);
	object->value = 1;
}

/* ---- interrupts: thread n runs on CPU n ---- */

static void ipi_target(void *unused)
{
	(void)unused;
	local_irq_disable();
	++*data;
	WRITE_ONCE(s.flag, 1);
	local_irq_enable();
}

static void ipi_sender(void *unused)
{
	(void)unused;
	wait_for(&s.flag);
	smp_call_function_many(~0ull, true);
	++*data;
}

static void ipi_hasty_sender(void *unused)
{
	(void)unused;
	wait_for(&s.flag);
	smp_call_function_many(~0ull, false);
	++*data;
}

/* ---- the module's locks: model/seam takes each with one compare-exchange and gives up on failure ---- */

static void seam_locked(void *unused)
{
	u64 expected = 0;

	(void)unused;
	if (!m_cas64(&s.word, &expected, 1, M_SEAM))
		return;
	++*data;
	m_store64(&s.word, 0, M_SEAM);
}

/* ------------------------------------------------------------------------------------------------------------
 */

static const struct pair {
	const char *name;
	void (*fn[3])(void *);
	bool race;
} pairs[] = {
	{"spinlock", {spin_add, spin_add}, false},
	{"spinlock that one side does not take", {spin_add, no_lock_add}, true},
	{"mutex", {mutex_add, mutex_add}, false},
	{"mutex that one side does not take", {mutex_add, no_lock_add}, true},
	{"rwlock, writer and writer", {write_add, write_add}, false},
	{"rwlock, writer and reader", {write_add, read_look}, false},
	{"rwlock, two readers that read", {read_look, read_look}, false},
	{"rwlock, two readers that write", {read_add, read_add}, true},
	{"release and acquire", {send_release, receive_acquire}, false},
	{"release without acquire", {send_release, receive_plainly}, true},
	{"acquire without release", {send_plainly, receive_acquire}, true},
	{"wmb and rmb", {send_wmb, receive_rmb}, false},
	{"wmb without rmb", {send_wmb, receive_plainly}, true},
	{"rmb without wmb", {send_plainly, receive_rmb}, true},
	{"exchange and compare-exchange", {rmw_send, rmw_receive}, false},
	{"exchange and a plain look", {rmw_send, rmw_receive_plainly}, true},
	{"RCU publish", {publish, subscribe}, false},
	{"RCU publish by a plain pointer", {publish_plainly, subscribe}, true},
	{"synchronize_rcu", {rcu_updater, rcu_reader}, false},
	{"no grace period", {hasty_updater, rcu_reader}, true},
	{"reader without rcu_read_lock", {rcu_updater, no_lock_reader}, true},
	{"call_rcu", {rcu_caller, rcu_reader, rcu_thread}, false},
	{"call_rcu and rcu_barrier", {rcu_caller_waits, rcu_reader, rcu_thread}, false},
	{"call_rcu whose caller goes on writing", {rcu_caller_hasty, rcu_reader, rcu_thread}, true},
	{"call_rcu, reader without rcu_read_lock", {rcu_caller, no_lock_reader, rcu_thread}, true},
	{"synchronize_srcu", {srcu_updater, srcu_reader}, false},
	{"synchronize_srcu, reader outside", {srcu_updater, no_lock_reader}, true},
	{"IPI that is waited for", {ipi_target, ipi_sender}, false},
	{"IPI that is not waited for", {ipi_target, ipi_hasty_sender}, true},
	{"module lock", {seam_locked, seam_locked}, false},
	{"module lock that one side does not take", {seam_locked, no_lock_add}, true},
};

int main(void)
{
	unsigned int bad = 0;

	pair_init();
	printf("1..%zu\n", ARRAY_SIZE(pairs));
	for (unsigned int i = 0; i < ARRAY_SIZE(pairs); i++) {
		const struct pair *p = &pairs[i];
		unsigned int nr = p->fn[2] ? 3 : 2;
		unsigned int reports;
		bool ok;

		program = i;
		reports = pair_run(setup, p->fn, nr, 100);
		ok = p->race == (reports != 0);

		printf("%s %u - %s: %s%s\n", ok ? "ok" : "not ok", i + 1, p->name, ok ? "" : "not ",
		       p->race ? "reported" : "silent");
		bad += !ok;
	}
	return bad != 0;
}
