// SPDX-License-Identifier: GPL-2.0-only
/* printk() and what else the tree says about itself: kept by the host half, and no scheduling point. */
#include <linux/printk.h>
#include <linux/ratelimit.h>

#include "model/linux/kernel/env.h"

int vprintk(const char *fmt, va_list args)
{
	lnx_printk(fmt, args);
	return 0;
}

int _printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	lnx_printk(fmt, args);
	va_end(args);
	return 0;
}

/* ---- snprintf(), as far as the tree needs it: the rest of lib/vsprintf.c would want half of the kernel ----
 */

struct out {
	char *at, *end;
	int length;
};

static void put(struct out *o, char c)
{
	if (o->at < o->end)
		*o->at++ = c;
	o->length++;
}

static void put_string(struct out *o, const char *s, int width)
{
	int n = 0;

	for (s = s ? s : "(null)"; s[n]; n++)
		put(o, s[n]);
	for (; n < width; n++)
		put(o, ' ');
}

static void put_number(struct out *o, unsigned long value, unsigned int base, int width, char pad,
		       bool negative)
{
	char digits[24];
	int n = 0;

	do
		digits[n++] = "0123456789abcdef"[value % base];
	while (value /= base);
	if (negative)
		put(o, '-');
	for (; width > n + negative; width--)
		put(o, pad);
	while (n)
		put(o, digits[--n]);
}

/* One conversion behind its percent sign; returns what is behind it. */
static const char *convert(struct out *o, const char *f, va_list *args)
{
	const char *start = f;
	char pad = ' ';
	int width = 0, size = 4;
	long value;

	for (; *f == '0' || *f == '-' || *f == '#'; f++)
		pad = *f == '0' ? '0' : pad;
	for (; *f >= '0' && *f <= '9'; f++)
		width = 10 * width + *f - '0';
	for (; *f == 'l' || *f == 'z' || *f == 'h'; f++)
		size = *f == 'h' ? size : 8;
	switch (*f) {
	case 'c':
		put(o, va_arg(*args, int));
		break;
	case 's':
		put_string(o, va_arg(*args, const char *), width);
		break;
	case 'd':
	case 'i':
		value = size == 8 ? va_arg(*args, long) : va_arg(*args, int);
		put_number(o, value < 0 ? -(unsigned long)value : value, 10, width, pad, value < 0);
		break;
	case 'u':
	case 'x':
		value = size == 8 ? va_arg(*args, long) : va_arg(*args, unsigned int);
		put_number(o, value, *f == 'u' ? 10 : 16, width, pad, false);
		break;
	case '%':
		put(o, '%');
		break;
	default:
		lnx_internal("snprintf: conversion %%%s is not implemented", start);
	}
	return f + 1;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = {.at = buf, .end = size ? buf + size - 1 : buf};
	va_list copy;

	va_copy(copy, args);
	while (*fmt) {
		if (*fmt == '%')
			fmt = convert(&o, fmt + 1, &copy);
		else
			put(&o, *fmt++);
	}
	va_end(copy);
	if (size)
		*o.at = 0;
	return o.length;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return n;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return n < (int)size ? n : size ? (int)size - 1 : 0;
}

/* Nothing is ever dropped. */
int ___ratelimit(struct ratelimit_state *rs, const char *func)
{
	return 1;
}
