// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tree's calls of memcpy() and its like become. Not libc's: the host half keeps track of memory that
 * was written. Weak, for model/linux/kernel to do more. The memory clobber in the loops keeps gcc from making
 * calls of themselves of them.
 */
#include <linux/types.h>

void *lnx_memcpy(void *dst, const void *src, size_t n);
void *lnx_memmove(void *dst, const void *src, size_t n);
void *lnx_memset(void *dst, int c, size_t n);

void *__weak lnx_memcpy(void *dst, const void *src, size_t n)
{
	void *d = dst;

	asm volatile("rep movsb" : "+D"(d), "+S"(src), "+c"(n) : : "memory");
	return dst;
}

void *__weak lnx_memmove(void *dst, const void *src, size_t n)
{
	char *d = dst;
	const char *s = src;

	if (d <= s || d >= s + n)
		return lnx_memcpy(dst, src, n);
	while (n--) {
		d[n] = s[n];
		asm volatile("" : : : "memory");
	}
	return dst;
}

void *__weak lnx_memset(void *dst, int c, size_t n)
{
	void *d = dst;

	asm volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
	return dst;
}
