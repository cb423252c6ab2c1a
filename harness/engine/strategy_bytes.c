/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A schedule as fuzz bytes: the list of its deviations from silence, each a gap and an option.
 *
 *   gap      0x00..0xef             that many choices take option 0 before the deviation
 *            0xf0..0xff, then byte  0xf0 + (low four bits << 8 | byte) choices do
 *   option   one byte o             the deviation takes option 1 + o % (n - 1)
 *
 * A stream that ends, in the middle of a deviation too, is silent from there on. A flipped bit moves one
 * deviation and leaves the others relative to it; a cut stream is the same schedule up to the cut.
 */
#include <stdlib.h>

#include "harness/engine/strategy.h"

#define GAP_LONG 0xf0
#define SILENT ~0u

struct bytes {
	struct eng_strategy s;
	const u8 *data;
	size_t size, pos;
	u32 gap; /* choices before the next deviation, or SILENT */
};

static void next_gap(struct bytes *b)
{
	u32 gap;

	b->gap = SILENT;
	if (b->pos >= b->size)
		return;
	gap = b->data[b->pos++];
	if (gap >= GAP_LONG) {
		if (b->pos >= b->size)
			return;
		gap = GAP_LONG + ((gap & 15) << 8 | b->data[b->pos++]);
	}
	if (b->pos < b->size)
		b->gap = gap;
}

static bool bytes_begin(struct eng_strategy *s)
{
	struct bytes *b = container_of(s, struct bytes, s);

	b->pos = 0;
	next_gap(b);
	return true;
}

static int bytes_choose(struct eng_strategy *s, const struct eng_choice *c)
{
	struct bytes *b = container_of(s, struct bytes, s);
	int option;

	if (b->gap) {
		b->gap -= b->gap != SILENT;
		return 0;
	}
	option = 1 + b->data[b->pos++] % (c->n - 1);
	next_gap(b);
	return option;
}

static void bytes_end(struct eng_strategy *s, const struct eng_run *run)
{
	(void)s;
	(void)run;
}

static void bytes_destroy(struct eng_strategy *s)
{
	free(container_of(s, struct bytes, s));
}

struct eng_strategy *eng_strategy_bytes(void)
{
	struct bytes *b = strategy_alloc(sizeof(*b));

	b->s = (struct eng_strategy){
		.name = "bytes",
		.summary = "the choices of a fuzz input",
		.begin = bytes_begin,
		.choose = bytes_choose,
		.end = bytes_end,
		.destroy = bytes_destroy,
	};
	return &b->s;
}

/* Keeps a pointer to @data. */
void eng_strategy_bytes_set(struct eng_strategy *s, const u8 *data, size_t size)
{
	struct bytes *b = container_of(s, struct bytes, s);

	b->data = data;
	b->size = size;
}
