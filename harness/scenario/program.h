/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The program encoding that scenario files and fuzz inputs share: machine, VM and threads in a few bytes an
 * operation.
 *
 *   kind     byte    bits 0-2: 0 narrow TD, 7 wide TD, 6 narrow VMX, 5 wide VMX,
 *                    4 narrow SW-protected, 3 wide SW-protected (both not in a fuzz input);
 *                    3: pending-ve-disable; 4-6: classes xor 7;
 *                    7: a byte follows, classes >> 3 (not in a fuzz input)
 *   choices  byte    bit i: data choice i + 1
 *   variants byte n, then n x (stable number, value)
 *   memory   size    counts: nr_shared | nr_added << 4, nr_mapped
 *   shared   n x (address, size); added n x address; mapped n x (shared | 2M << 1, address)
 *   threads  byte n, then n x (vCPU << 7 | operations, operations)
 *   operation        kind | shared << 4 | 2M << 5 | on_ve << 6, then what the kind has:
 *                    address, size, register, value
 *   address  byte    g * 24 + m * 6 + code of k, or 0xff and three varints
 *   size     byte    index of a table, or 0xff and three varints
 *
 * Total reading takes any bytes: out of range becomes something legal near it, and the end of input reads as
 * zero.
 */
#ifndef TDPFUZZ_SCENARIO_PROGRAM_H
#define TDPFUZZ_SCENARIO_PROGRAM_H

#include "harness/scenario/ops.h"

/* @total: never fails; else @bad is set at the first byte that is missing or out of range, with a reason in
 * @why. */
struct scn_reader {
	const u8 *data;
	size_t size, pos;
	bool total, bad;
	const char *why;
};

struct scn_writer {
	u8 *data;
	size_t size, max;
	bool grow, full; /* @grow: @data is malloc'ed and enlarged; else @full when @max is reached */
};

u8 rd_byte(struct scn_reader *r);
u32 rd_varint(struct scn_reader *r);
void rd_bad(struct scn_reader *r, const char *why);
void wr_byte(struct scn_writer *w, u8 byte);
void wr_bytes(struct scn_writer *w, const void *data, size_t size);
void wr_varint(struct scn_writer *w, u32 value);

void program_read(struct scn_reader *r, struct scenario *s);
void program_write(struct scn_writer *w, const struct scenario *s);
/* Makes what total reading found a legal program; false when nothing is left of it. */
bool program_repair(struct scenario *s);

#endif
