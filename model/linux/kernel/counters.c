// SPDX-License-Identifier: GPL-2.0-only
/*
 * Helpers that only some versions of KVM use: counters that are split over the CPUs, and shrinkers.
 *
 * A per-CPU counter has all of its value in one place, so that reading it is exact; the kernel's is off by a
 * batch a CPU. Memory is never short, so no shrinker is ever called.
 */
#include <linux/percpu_counter.h>
#include <linux/shrinker.h>
#include <linux/slab.h>

#include "model/linux/kernel/env.h"

int percpu_counter_batch = 32;

int __percpu_counter_init_many(struct percpu_counter *fbc, s64 amount, gfp_t gfp, u32 nr_counters,
			       struct lock_class_key *key)
{
	u32 i;

	if (env_alloc_fails(gfp, ENV_PC))
		return -ENOMEM;
	for (i = 0; i < nr_counters; i++) {
		memset(&fbc[i], 0, sizeof(fbc[i]));
		raw_spin_lock_init(&fbc[i].lock);
		fbc[i].count = amount;
	}
	return 0;
}

void percpu_counter_destroy_many(struct percpu_counter *fbc, u32 nr_counters)
{
}

void percpu_counter_add_batch(struct percpu_counter *fbc, s64 amount, s32 batch)
{
	lnx_point(LNX_RMW, &fbc->count, "percpu_counter_add()", ENV_PC);
	fbc->count += amount;
}

s64 __percpu_counter_sum(struct percpu_counter *fbc)
{
	lnx_point(LNX_READ, &fbc->count, "percpu_counter_sum()", ENV_PC);
	return fbc->count;
}

struct shrinker *shrinker_alloc(unsigned int flags, const char *fmt, ...)
{
	return kzalloc(sizeof(struct shrinker), GFP_KERNEL);
}

void shrinker_register(struct shrinker *shrinker)
{
}

void shrinker_free(struct shrinker *shrinker)
{
	kfree(shrinker);
}
