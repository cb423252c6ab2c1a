// SPDX-License-Identifier: GPL-2.0-only
/* Readers and writers of bytes and variable-length numbers. */
#include <stdlib.h>
#include <string.h>

#include "harness/scenario/program.h"

void rd_bad(struct scn_reader *r, const char *why)
{
	if (r->total || r->bad)
		return;
	r->bad = true;
	r->why = why;
}

u8 rd_byte(struct scn_reader *r)
{
	if (r->pos < r->size)
		return r->data[r->pos++];
	rd_bad(r, "truncated");
	return 0;
}

u32 rd_varint(struct scn_reader *r)
{
	u32 value = 0;

	for (unsigned int shift = 0; shift < 35; shift += 7) {
		u8 byte = rd_byte(r);

		if (shift == 28 && byte > 15)
			rd_bad(r, "number out of range");
		value |= (u32)(byte & 127) << shift;
		if (!(byte & 128))
			return value;
	}
	return value;
}

void wr_byte(struct scn_writer *w, u8 byte)
{
	if (w->size == w->max && w->grow) {
		w->max = w->max ? 2 * w->max : 256;
		w->data = realloc(w->data, w->max);
		if (!w->data)
			eng_internal_error("out of memory for a scenario of %zu bytes", w->max);
	}
	if (w->size < w->max)
		w->data[w->size++] = byte;
	else
		w->full = true;
}

void wr_bytes(struct scn_writer *w, const void *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		wr_byte(w, ((const u8 *)data)[i]);
}

void wr_varint(struct scn_writer *w, u32 value)
{
	for (; value > 127; value >>= 7)
		wr_byte(w, (u8)(value | 128));
	wr_byte(w, (u8)value);
}
