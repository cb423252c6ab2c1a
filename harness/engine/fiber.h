/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fibers: a stack each, and a switch of a few nanoseconds. They are mapped once and used for every run of the
 * process: a fiber whose function returned, or that was killed, is parked and starts its function anew the
 * next time it is switched to.
 *
 * A switch keeps the callee-saved registers only; signal mask, MXCSR and x87 control word are shared by all
 * fibers, and so are errno and every other thread-local variable.
 */
#ifndef TDPFUZZ_FIBER_H
#define TDPFUZZ_FIBER_H

#include <setjmp.h>

#include "model/types.h"

#if defined(TDPFUZZ_ASAN) || defined(TDPFUZZ_TSAN)
#define FIBER_ANNOTATED 1
#define FIBER_STACK (512u << 10)
#else
#define FIBER_STACK (256u << 10)
#endif

/**
 * struct fiber - one stack and what runs on it
 * @sp: saved stack pointer while the fiber does not run. On top of the stack is the address where it goes on.
 * @stack: lowest usable byte; the page below is not accessible
 * @base: where a killed fiber drops its frames
 * @run: called on the fiber when it is switched to while parked
 * @exit: called on the fiber after @run returned or was killed: whom to switch to
 * @asan_fake: ASan's fake stack while the fiber does not run; kept over reuse, or each run would leak one
 * @tsan: TSan's state of the fiber
 */
struct fiber {
	void *sp;
	char *stack;
	size_t size;
	jmp_buf base;
	void (*run)(void);
	struct fiber *(*exit)(void);
	void *asan_fake;
	void *tsan;
};

/* The calling OS thread becomes a fiber that can be switched to. */
void fiber_adopt(struct fiber *main);
void fiber_create(struct fiber *f, void (*run)(void), struct fiber *(*exit)(void));
void fiber_set_name(struct fiber *f, const char *name);

/* Drop all frames of @f, which runs: does not return, @f->exit is called next. */
void fiber_unwind(struct fiber *f) __attribute__((noreturn));
/* @f, which does not run and is not parked, will unwind when it is switched to. */
void fiber_kill(struct fiber *f);

void fiber_swap_stacks(void **save_sp, void *load_sp);

#ifdef FIBER_ANNOTATED
void fiber_switch(struct fiber *from, struct fiber *to);
#else
static inline void fiber_switch(struct fiber *from, struct fiber *to)
{
	fiber_swap_stacks(&from->sp, to->sp);
}
#endif

#endif
