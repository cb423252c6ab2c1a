/* SPDX-License-Identifier: GPL-2.0-only */
/* The few system calls of the host that the kernel half makes itself: it has no libc. */
#ifndef TDPFUZZ_LNX_SYS_H
#define TDPFUZZ_LNX_SYS_H

/* Numbers of the x86-64 system call table. */
#define SYS_READ 0
#define SYS_OPEN 2
#define SYS_CLOSE 3
#define SYS_MPROTECT 10
#define SYS_ARCH_PRCTL 158

static inline long env_syscall(long nr, unsigned long a, unsigned long b, unsigned long c)
{
	long ret;

	asm volatile("syscall" : "=a"(ret) : "0"(nr), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return ret;
}

/* static_call.c: the eight bytes of code at @code can be written from now on. */
void sys_make_writable(const void *code);

#endif
