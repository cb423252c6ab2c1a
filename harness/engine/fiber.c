/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compiled without instrumentation in every build: this code changes the stack under the sanitizers' feet,
 * and tells them with the annotations below.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "harness/engine/engine.h"
#include "harness/engine/fiber.h"

#ifdef TDPFUZZ_ASAN
void __sanitizer_start_switch_fiber(void **fake, const void *bottom, size_t size);
void __sanitizer_finish_switch_fiber(void *fake, const void **bottom_old, size_t *size_old);
#endif
#ifdef TDPFUZZ_TSAN
void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned int flags);
void __tsan_switch_to_fiber(void *fiber, unsigned int flags);
void __tsan_set_fiber_name(void *fiber, const char *name);
#endif

#define TSAN_NO_SYNC 1 /* a switch is no happens-before edge */
#define GUARD 4096
/*
 * Fibers run at much the same depth. With their stacks a power of two apart the frames of all would compete
 * for the same lines of the cache: each begins so much below the last.
 */
#define COLOUR 832

/*
 * The return address is popped and jumped to: a ret would go elsewhere than the processor's return-stack
 * predictor thinks, which costs more than the rest of the switch. It lies on top, so that fiber_kill() can
 * replace it.
 */
__asm__(".text\n"
	".globl fiber_swap_stacks\n"
	".type fiber_swap_stacks,@function\n"
	".p2align 4\n"
	"fiber_swap_stacks:\n"
	"	popq %rdx\n"
	"	pushq %rbp\n"
	"	pushq %rbx\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	pushq %rdx\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	popq %rdx\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbx\n"
	"	popq %rbp\n"
	"	jmpq *%rdx\n"
	".size fiber_swap_stacks,.-fiber_swap_stacks\n"
	/* Entered by a jump with an aligned stack, like the instruction after a call. rbx: see fiber_kill().
	 */
	".type fiber_land,@function\n"
	"fiber_land:\n"
	"	movq %rbx, %rdi\n"
	"	xorl %ebp, %ebp\n"
	"	callq *%r12\n"
	"	ud2\n"
	".size fiber_land,.-fiber_land\n");
void fiber_land(void) __attribute__((visibility("hidden")));

/* What fiber_swap_stacks() left on the stack, lowest address first. */
struct frame {
	void (*pc)(void);
	u64 r15, r14, r13, r12, rbx, rbp;
};

static inline void arrived(struct fiber *f)
{
#ifdef TDPFUZZ_ASAN
	__sanitizer_finish_switch_fiber(f->asan_fake, NULL, NULL);
#else
	(void)f;
#endif
}

static void leave_for(struct fiber *from, struct fiber *to)
{
#ifdef TDPFUZZ_ASAN
	__sanitizer_start_switch_fiber(&from->asan_fake, to->stack, to->size);
#endif
#ifdef TDPFUZZ_TSAN
	__tsan_switch_to_fiber(to->tsan, TSAN_NO_SYNC);
#endif
	(void)from;
	(void)to;
}

static void switch_annotated(struct fiber *from, struct fiber *to)
{
	leave_for(from, to);
	fiber_swap_stacks(&from->sp, to->sp);
	arrived(from);
}

#ifdef FIBER_ANNOTATED
void fiber_switch(struct fiber *from, struct fiber *to)
{
	switch_annotated(from, to);
}
#endif

/* Bottom of every fiber. setjmp() is called once; each killed run returns here through it. */
static void boot(struct fiber *f)
{
	arrived(f);
	if (!setjmp(f->base))
		f->run();
	for (;;) {
		switch_annotated(f, f->exit());
		f->run();
	}
}

static void die(struct fiber *f)
{
	arrived(f);
	longjmp(f->base, 1);
}

void fiber_unwind(struct fiber *f)
{
	longjmp(f->base, 1);
}

void fiber_kill(struct fiber *f)
{
	struct frame *frame = f->sp;

	frame->pc = fiber_land;
	frame->rbx = (u64)f;
	frame->r12 = (u64)die;
}

void fiber_set_name(struct fiber *f, const char *name)
{
#ifdef TDPFUZZ_TSAN
	__tsan_set_fiber_name(f->tsan, name);
#else
	(void)f;
	(void)name;
#endif
}

void fiber_adopt(struct fiber *main)
{
	pthread_attr_t attr;
	void *stack;

	pthread_getattr_np(pthread_self(), &attr);
	pthread_attr_getstack(&attr, &stack, &main->size);
	pthread_attr_destroy(&attr);
	main->stack = stack;
#ifdef TDPFUZZ_TSAN
	main->tsan = __tsan_get_current_fiber();
#endif
}

static char *map_stack(size_t size)
{
	char *map = mmap(NULL, size + GUARD, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED || mprotect(map, GUARD, PROT_NONE))
		eng_internal_error("cannot map a fiber stack of %zu bytes", size);
	return map + GUARD;
}

void fiber_create(struct fiber *f, void (*run)(void), struct fiber *(*exit)(void))
{
	static unsigned int nr_fibers;
	struct frame *frame;

	f->stack = map_stack(FIBER_STACK);
	f->size = FIBER_STACK - COLOUR * (nr_fibers++ % 16);
	f->run = run;
	f->exit = exit;
#ifdef TDPFUZZ_TSAN
	f->tsan = __tsan_create_fiber(0);
#endif
	/* 16 bytes of zeroes above end a walk along frame pointers. */
	frame = (struct frame *)(f->stack + f->size - 16) - 1;
	*frame = (struct frame){.pc = fiber_land, .rbx = (u64)f, .r12 = (u64)boot};
	f->sp = frame;
}
