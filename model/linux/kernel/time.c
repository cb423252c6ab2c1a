// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time. A run is over in a moment: the clock moves by a microsecond when it is read, so that no two readings
 * are equal, and by what a scenario or a timed wait asks for. No timer expires by itself.
 */
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/timekeeping.h>
#include <linux/timer.h>

#include "model/linux/kernel/env.h"

unsigned long volatile jiffies = INITIAL_JIFFIES;
static ktime_t now;

void env_time_init(void)
{
	now = NSEC_PER_SEC;
}

void env_advance_time(unsigned long seconds)
{
	jiffies += seconds * HZ;
	now += (ktime_t)seconds * NSEC_PER_SEC;
}

static ktime_t read_clock(void)
{
	return now += NSEC_PER_USEC;
}

ktime_t ktime_get(void)
{
	return read_clock();
}

ktime_t ktime_get_raw(void)
{
	return read_clock();
}

/* All clocks started at the same moment. */
ktime_t ktime_get_with_offset(enum tk_offsets offs)
{
	return read_clock();
}

unsigned long __msecs_to_jiffies(const unsigned int m)
{
	return _msecs_to_jiffies(m);
}

/* Whoever delays lets the others go on. */
void __delay(unsigned long loops)
{
	lnx_spin("__delay()", ENV_PC);
}

void __ndelay(unsigned long nsecs)
{
	lnx_spin("ndelay()", ENV_PC);
}

void __udelay(unsigned long usecs)
{
	lnx_spin("udelay()", ENV_PC);
}

/* ---- timers: armed and disarmed, and never due ---- */

ENV_SYMBOL(void init_timer_key(struct timer_list *timer, void (*func)(struct timer_list *),
			       unsigned int flags, const char *name, struct lock_class_key *key))
{
	timer->entry.pprev = NULL;
	timer->function = func;
	timer->flags = flags;
}

ENV_SYMBOL(void hrtimer_setup(struct hrtimer *timer, enum hrtimer_restart (*function)(struct hrtimer *),
			      clockid_t clock_id, enum hrtimer_mode mode))
{
	memset(timer, 0, sizeof(*timer));
	ACCESS_PRIVATE(timer, function) = function;
}

ENV_SYMBOL(void hrtimer_init(struct hrtimer *timer, clockid_t clock_id, enum hrtimer_mode mode))
{
	memset(timer, 0, sizeof(*timer));
}

void hrtimer_start_range_ns(struct hrtimer *timer, ktime_t tim, u64 range_ns, const enum hrtimer_mode mode)
{
	hrtimer_set_expires_range_ns(timer, mode & HRTIMER_MODE_REL ? ktime_add(now, tim) : tim, range_ns);
	env_hrtimer_set_queued(timer, true);
}

int hrtimer_try_to_cancel(struct hrtimer *timer)
{
	int active = hrtimer_is_queued(timer);

	env_hrtimer_set_queued(timer, false);
	return active;
}

int hrtimer_cancel(struct hrtimer *timer)
{
	int active = hrtimer_is_queued(timer);

	env_hrtimer_set_queued(timer, false);
	return active;
}

ktime_t __hrtimer_get_remaining(const struct hrtimer *timer, bool adjust)
{
	return ktime_sub(hrtimer_get_expires(timer), now);
}
