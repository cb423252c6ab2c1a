/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables, objects, xarray and refcounts, in one thread. */
#include "harness/engine/test.h"
#include "model/kapi/kapi.h"

static void tables(void *unused)
{
	u64 *t = alloc_table(HW_TABLE, 0x5a5a);

	(void)unused;
	ok(t && t[0] == 0x5a5a && t[hw_entries() - 1] == 0x5a5a, "a table is filled");
	ok(__va(__pa(t)) == t && hw_type(hw_table_pfn(t)) == HW_TABLE, "and has a frame of its type");
	kapi_check_table(&t[3], M_SITE("walk"));
	free_table(t);
	kapi_check_table(&t[3], M_SITE("walk"));
	ok(false, "PT-01 ends the run");
}

static void objects(void *unused)
{
	u64 *a = kzalloc(40), *b;

	(void)unused;
	a[4] = 7;
	kfree(a);
	b = kzalloc(33);
	ok(b == a && !b[4], "an object freed last is the next one, zeroed");
	kfree(b);
	kfree(b);
	ok(false, "a double free ends the run");
}

static void xarrays(void *unused)
{
	struct xarray xa;

	(void)unused;
	xa_init(&xa);
	xa_init_range(&xa, 0, 1ull << 40, 8);
	xa_init_range(&xa, 100, 200, 1);
	ok(xa_load(&xa, 5) == 8 && xa_load(&xa, 150) == 1 && xa_load(&xa, 1ull << 40) == 0, "initial ranges");
	for (u64 i = 0; i < 1000; i++)
		xa_store(&xa, i, i + 1);
	ok(xa_load(&xa, 999) == 1000 && xa_peek(&xa, 0) == 1 && xa_peek(&xa, 1000) == 8, "stored values");
	xa_store(&xa, 7, 0);
	ok(xa_load(&xa, 7) == 0, "a removed entry does not show the initial value again");
}

static void refcounts(void *unused)
{
	refcount_t r;

	(void)unused;
	refcount_set(&r, 1);
	ok(refcount_inc_not_zero(&r) && !refcount_dec_and_test(&r) && refcount_dec_and_test(&r), "counts");
	ok(!refcount_inc_not_zero(&r), "zero stays zero");
	BUG_ON(r.v == 0);
}

static void no_memory(void *unused)
{
	(void)unused;
	ok(!alloc_table(HW_TABLE, 0) && !kzalloc(8), "allocations fail when the choice says so");
}

static struct eng_run run(struct eng_strategy *s, void (*fn)(void *))
{
	struct eng_run r;

	kapi_reset();
	hw_pages_reset();
	eng_thread("t", fn, NULL);
	eng_run(s, &r);
	eng_reset();
	return r;
}

int main(void)
{
	static const u8 fail_all[] = {0, 0, 0, 0};
	struct eng_strategy *s = eng_strategy_bytes();
	struct eng_run r;

	test_engine();
	r = run(s, tables);
	ok(r.verdict == ENG_FAILED && !strcmp(r.title, "page table used after it was freed"), "%s", r.title);
	r = run(s, objects);
	ok(r.verdict == ENG_FAILED && !strcmp(r.id, "PT-01"), "%s", r.title);
	run(s, xarrays);
	r = run(s, refcounts);
	ok(r.verdict == ENG_FAILED && !strcmp(r.title, "BUG_ON(r.v == 0) in refcounts"), "%s", r.title);
	eng_configure(&(struct eng_config){.classes = M_KVM, .data_choices = 1u << M_CH_ALLOC});
	eng_strategy_bytes_set(s, fail_all, sizeof(fail_all));
	run(s, no_memory);
	s->destroy(s);
	return test_end();
}
