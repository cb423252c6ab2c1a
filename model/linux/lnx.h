/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel tree as code under test: what its two halves say to each other.
 *
 *   model/linux/kernel   compiled with the tree's own headers and flags: the environment that KVM finds
 * itself in (pages, slab, locks, RCU, files, page cache, a small host mm, per-CPU data), and the system calls
 * that a scenario makes. Never sees libc or the rest of this project. model/linux/host     compiled like the
 * rest of this project: turns instrumentation callbacks into scheduling points, traps into findings,
 * SEAMCALLs into calls of model/seam; implements struct subject_ops and struct subject_view (model/subject.h)
 * on the calls below.
 *
 * Only basic types here: both halves include it. "pc" is an address in code of the tree (the caller of the
 * environment function): host/site.c makes a struct m_site of it. Everything runs on fibers of one OS thread,
 * and nothing here may be called by a signal handler but lnx_trap().
 *
 * Rules of the environment, tested in model/linux/kernel: a stub that is not implemented ends the run naming
 * itself, none returns 0 by guess. State changes of the environment itself are atomic: no point inside but
 * where the real function can be preempted. RCU callbacks never run synchronously.
 */
#ifndef TDPFUZZ_LNX_H
#define TDPFUZZ_LNX_H

#ifdef __cplusplus
#error "C only"
#endif

typedef unsigned long long lnx_u64;

#define LNX_MAX_THREADS                                                                                      \
	16 /* engine threads and one more for what runs outside a run (number LNX_NO_THREAD) */
#define LNX_NO_THREAD (LNX_MAX_THREADS - 1)
#define LNX_MAX_CPUS 8

/* Direct map: frame @pfn of model/hw is the page at LNX_PAGE_OFFSET + @pfn * 4096, tables and kernel pages
 * alike. */
#define LNX_PAGE_OFFSET 0x100000000000ul
#define LNX_VMEMMAP 0x180000000000ul
/* slab, vmalloc and everything else that the environment allocates; restored between runs */
#define LNX_HEAP 0x200000000000ul
#define LNX_HEAP_SIZE (256ul << 20)
/* user addresses of the VMM: memslots start at LNX_USER + gpa, arguments of ioctls are host-half objects at
 * any address */
#define LNX_USER 0x20000000ul

/* ---- kernel half calls host half: the machine ---- */

unsigned int lnx_thread(void);
unsigned int lnx_cpu(void);

/* Kinds of a point, as enum m_kind: 1 read, 2 write, 3 read-modify-write, 4 lock, 5 unlock, 6 other. */
enum lnx_kind { LNX_READ = 1, LNX_WRITE, LNX_RMW, LNX_LOCK, LNX_UNLOCK, LNX_OTHER };
/* A scheduling point of the environment itself; another thread may have run when it returns. */
void lnx_point(enum lnx_kind kind, const volatile void *addr, const char *what, unsigned long pc);
/* As m_wait() and m_wake(): while (!condition) lnx_wait(obj, ...). */
void lnx_wait(const volatile void *obj, const char *what, unsigned long pc);
void lnx_wake(const volatile void *obj);
/* The next lnx_wait() of this thread on @obj comes back at once if @obj is woken before it: for points
 * between the test and the wait. */
void lnx_wait_begin(const volatile void *obj);
void lnx_spin(const char *what, unsigned long pc); /* cpu_relax() */
/* A data choice: enum m_choice by number; 1 = the allocation fails / need_resched() says yes. */
enum lnx_choice { LNX_CH_ALLOC = 1, LNX_CH_RESCHED = 3 };
unsigned int lnx_choose(enum lnx_choice kind, unsigned int n, unsigned long pc);

/*
 * Accesses from here to lnx_atomic_end() are no scheduling points: the environment calls instrumented code of
 * the tree (xarray, list, rbtree) for its own bookkeeping. Nests.
 */
void lnx_atomic_begin(void);
void lnx_atomic_end(void);

/* A rule is broken; ends the run. @id as in harness/check ("WARN-01"), @title without addresses. */
void lnx_fail(const char *id, const char *title, unsigned long pc, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 4, 5)));
/* WARN: emits EV_WARN, which the checkers make a finding of; comes back if they do not. @text: "file:line
 * condition". */
void lnx_warn(const char *text, unsigned long pc);
/* The environment itself is wrong, or a symbol is called that nobody implemented: internal error, exit 3. */
void lnx_internal(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void lnx_stub_called(const char *symbol, unsigned long pc) __attribute__((noreturn));
void lnx_printk(const char *fmt, __builtin_va_list ap); /* kept in a ring that a report can show */

/* An event of model/event.h by its number; @pc for the site. */
void lnx_emit(unsigned int type, lnx_u64 a, lnx_u64 b, lnx_u64 c, lnx_u64 d, unsigned long pc);
/*
 * Locks of the tree. @name is what lockdep knows ("&(kvm)->mmu_lock"): host/locks.c maps the known names to
 * enum lock_class, emits EV_LOCK and EV_UNLOCK, and keeps what reports print as "locks held". Called after it
 * was taken, before it is released.
 */
void lnx_lock_taken(const volatile void *lock, const char *name, int write, unsigned long pc);
void lnx_lock_releasing(const volatile void *lock, const char *name, int write, unsigned long pc);
void lnx_rcu_locked(unsigned long pc); /* outermost */
void lnx_rcu_unlocking(unsigned long pc);

/* Pages: model/hw owns the frames. Types as enum hw_page_type; LNX_PT is a page that KVM asked for and may
 * use as a table. */
enum lnx_page { LNX_PT, LNX_GMEM, LNX_USERPAGE, LNX_CTRL };
unsigned long lnx_page_alloc(unsigned int order, enum lnx_page type); /* pfn; never fails */
void lnx_page_free(unsigned long pfn, unsigned int order);
/* A store of host user space: contents of frames are model/hw's (hw_set_data() with the host's key). */
void lnx_page_store(unsigned long pfn, lnx_u64 value);
void *lnx_heap_alloc(unsigned long size, unsigned long align); /* zeroed; never fails */
void lnx_heap_free(void *p, unsigned long size);

/* The processor and the TDX module. */
struct lnx_seam_regs {
	lnx_u64 rcx, rdx, r8, r9, r10, r11, r12, r13, r14, r15, rbx, rdi, rsi;
};
lnx_u64 lnx_seamcall(lnx_u64 fn, struct lnx_seam_regs *regs);
void lnx_ipi_send(unsigned int cpu);
/*
 * Until lnx_cpu_give() the running thread is in an interrupt handler of @cpu: that CPU's own thread stands
 * still where it has interrupts on. Waits for the IPI that was sent before.
 */
void lnx_cpu_take(unsigned int cpu);
void lnx_cpu_give(unsigned int cpu);
/* From now on the running thread is on @cpu (eng_set_cpu()); the caller does what lnx_switch_to() does. */
void lnx_set_cpu(unsigned int cpu);
void lnx_irqs_off(void);
void lnx_irqs_on(void);
void lnx_tlb_flush_all(void); /* INVEPT all contexts, on this CPU */
void lnx_tlb_flush_root(lnx_u64 eptp); /* INVEPT single context */
/* An ordinary VM's VM entry with this EPTP. Exit reasons are those of VMX (48 EPT violation, 49 misconfig, 1
 * interrupt, 12 HLT). */
struct lnx_exit {
	unsigned int reason;
	lnx_u64 qual, gpa;
};
void lnx_vmx_run(unsigned int vcpu, lnx_u64 eptp, struct lnx_exit *exit);
/* What TDG.VP.VMCALL of the guest asked, and the answer: regs of VP.ENTER carry it, see model/seam/seam.h. */

/* Instrumented accesses to [p, p + size) of this thread are no points: its stack, objects that nobody shares.
 */
void lnx_private(const volatile void *p, unsigned long size, int on);

/* ---- host half calls kernel half ---- */

/* "linux 7.3.4, preempt, content 0123456789ab": build/link.sh writes it. */
extern const char lnx_tree[];

/* Once a process, single-threaded: per-CPU areas, KVM's module_init, TDX bring-up. 0 or -errno. Then the host
 * snapshots. */
int lnx_boot(unsigned int nr_cpus);
/*
 * The context of a thread: current, per-CPU base, preemption count, held locks. Called by the host whenever
 * another thread goes on than the one that ran last.
 */
void lnx_switch_to(unsigned int thread, unsigned int cpu);
/* Does any RCU callback wait? Runs those whose grace period is over; the body of the engine's "rcu" thread.
 */
int lnx_rcu_poll(void);
void lnx_rcu_thread(void); /* until the other threads have ended (m_alone() of the host: lnx_alone()) */
int lnx_alone(void); /* host: see m_alone() */
void *lnx_alone_obj(void); /* host: what lnx_rcu_thread() waits for besides new callbacks */

enum lnx_vm_kind { LNX_VM_TDX, LNX_VM_VMX, LNX_VM_SW_PROTECTED };
struct lnx_range {
	lnx_u64 gfn, npages;
};
struct lnx_vm_config {
	enum lnx_vm_kind kind;
	unsigned int nr_vcpus, nr_slots, nr_private, nr_added;
	struct lnx_range slots[4], private[8];
	lnx_u64 added[16]; /* gfns of the initial image: KVM_TDX_INIT_MEM_REGION */
	int sept_ve_disable;
};
/* All through ioctls on files: KVM_CREATE_VM ... KVM_TDX_FINALIZE_VM. 0 or -errno, and @what names the call
 * that failed. */
int lnx_vm_create(const struct lnx_vm_config *config, const char **what);
/* Closes every file; 0, or what is left: leaked pages and objects. */
unsigned long lnx_vm_destroy(void);

struct lnx_run {
	int err; /* of KVM_RUN */
	unsigned int exit_reason; /* KVM_EXIT_* of the tree */
	lnx_u64 gpa, size; /* KVM_EXIT_MEMORY_FAULT; MapGPA of KVM_EXIT_HYPERCALL or KVM_EXIT_TDX */
	int private, is_memory_fault, is_mapgpa, is_done;
};
void lnx_vcpu_run(unsigned int vcpu, struct lnx_run *run);
void lnx_vcpu_signal(unsigned int vcpu);
int lnx_set_attributes(lnx_u64 gfn, lnx_u64 npages, int private);
int lnx_punch_hole(lnx_u64 gfn, lnx_u64 npages);
int lnx_prefault(unsigned int vcpu, lnx_u64 gfn, lnx_u64 npages, int private);
int lnx_nx_recover(void);
int lnx_host_unmap(lnx_u64 gfn, lnx_u64 npages);
int lnx_host_write(lnx_u64 gfn, lnx_u64 value);
int lnx_has_tdx(void); /* does the tree know mirror roots? */

/* For oracles: no point, no change. */
struct lnx_root {
	lnx_u64 hpa;
	int mirror, valid, level;
};
unsigned int lnx_view_roots(struct lnx_root *out, unsigned int max);
int lnx_view_attr_private(lnx_u64 gfn);
int lnx_view_lpage_mixed(lnx_u64 gfn, unsigned int level); /* -1: no slot covers it */
int lnx_view_invalidate(lnx_u64 *start, lnx_u64 *end);
lnx_u64 lnx_view_user_pfn(lnx_u64 gfn); /* ~0: none */
lnx_u64 lnx_view_gmem_pfn(lnx_u64 gfn);
lnx_u64 lnx_view_pages_stat(unsigned int level);
int lnx_view_bugged(void);
lnx_u64
lnx_view_host_writable(void); /* the bit of an SPTE, by which checkers know the layout of the others */

/*
 * Words of the VM whose change is an event that the tree does not tell of (host/watch.c).
 * LNX_W_FLUSH_REQUESTS counts kvm_flush_remote_tlbs() as it begins. @size: 1 or 8. NULL: this tree has none.
 */
enum lnx_watched {
	LNX_W_INVAL_COUNT,
	LNX_W_INVAL_START,
	LNX_W_INVAL_END,
	LNX_W_FLUSH_REQUESTS,
	LNX_W_BUGGED,
	LNX_W_NR
};
const volatile void *lnx_watched(enum lnx_watched which, unsigned int *size);

/* A trap instruction of the tree at @ip (host/fault.c): 0 unknown, 1 WARN that goes on, 2 BUG. Emits what it
 * is. */
int lnx_trap(unsigned long ip);

/* MOV from and to control register @cr, which faults in user space (host/fault.c). 0, or -1: not implemented.
 */
int lnx_cr_read(unsigned int cr, lnx_u64 *value);
int lnx_cr_write(unsigned int cr, lnx_u64 value);

/*
 * need_resched() is inline and reads one word of the running thread: host/access.c calls lnx_resched_read()
 * before each instrumented read of lnx_resched_word(), which may draw LNX_CH_RESCHED and change the word.
 * That read is no point.
 */
const volatile void *lnx_resched_word(unsigned int thread);
void lnx_resched_read(unsigned long pc);

/*
 * Part of what lnx_heap_alloc() gave is now an object (live), or not any more: the kernel half's slabs
 * consist of many objects, and the host half looks at each instrumented access. @p is aligned to 16 bytes.
 */
void lnx_heap_mark(const volatile void *p, unsigned long size, int live);

/* For tests: is the frame allocated; is the address in [LNX_HEAP, + LNX_HEAP_SIZE) no freed object's? */
int lnx_page_live(unsigned long pfn);
int lnx_object_live(unsigned long addr);

/*
 * Host, for the tests of the environment: one run of @fns as engine threads 0.. on CPUs 0.., schedule drawn
 * from @seed. Returns
 * "" if all came to their end, the id of the lnx_fail() that ended the run, "DEADLOCK" or "LIVELOCK".
 */
const char *lnx_test_run(unsigned int nr, void (*const fns[])(void), unsigned int seed);

/*
 * Data of the kernel that nobody implements (build/stubs.sh): placed where nothing is mapped, so that using
 * it faults. Ends with a NULL name.
 */
struct lnx_stub_object {
	const char *name;
	unsigned long addr, size;
};
extern const struct lnx_stub_object lnx_stub_data[];

/* Instrumentation callbacks of the compiler are in host/access.c; tests of the environment, one function
 * each. */
struct lnx_test {
	const char *name;
	void (*fn)(void);
};
extern const struct lnx_test lnx_tests[]; /* ends with a NULL name */

#endif
