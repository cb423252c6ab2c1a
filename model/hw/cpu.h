/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processor: logical CPUs with interrupts, the TLB and paging-structure cache, the EPT walker with A/D
 * bits, and guest execution. It knows EPT entries and nothing of KVM or of the TDX module.
 */
#ifndef TDPFUZZ_MODEL_HW_CPU_H
#define TDPFUZZ_MODEL_HW_CPU_H

#include "model/hw/page.h"

#define HW_MAX_CPUS 8
#define HW_TLB_ENTRIES 16

/* EPT entry bits that the processor looks at. */
#define EPT_R BIT_ULL(0)
#define EPT_W BIT_ULL(1)
#define EPT_X BIT_ULL(2)
#define EPT_RWX 7ull
#define EPT_PS BIT_ULL(7)
#define EPT_A BIT_ULL(8)
#define EPT_D BIT_ULL(9)
#define EPT_PFN_MASK GENMASK_ULL(51, 12)
#define EPT_SVE BIT_ULL(63)

/**
 * struct hw_tlb_entry - one cached translation
 * @valid: slot in use
 * @psc: paging-structure entry (@pfn is a table of level @level - 1) instead of a leaf
 * @tag: whose translation; a TD has one tag for its private and shared halves
 * @gfn: first frame number covered, shared bit included
 * @level: of the entry that was cached
 * @perm: EPT_R|W|X granted along the walk
 * @dirty: a write through this entry needs no D-bit update
 * @pfn, @gen: frame translated to (4K frame of the access for a huge leaf: its head), its generation at fill
 * @entry, @value: the word that was cached, and what it said at fill
 * @dead: set by an oracle when the entry's deadline has passed: using it now is a bug. Hardware ignores it.
 */
struct hw_tlb_entry {
	bool valid, psc, dirty, dead;
	u8 level, perm;
	u32 tag;
	u32 gen;
	gfn_t gfn;
	pfn_t pfn;
	const volatile u64 *entry;
	u64 value;
	struct m_site *dead_site;
};

/**
 * struct hw_cpu - one logical processor
 * @in_guest: executing in VMX non-root mode (or in the module on the guest's behalf)
 * @irqs_on: host RFLAGS.IF
 * @ipi_pending: an IPI has been sent and not acknowledged
 * @tlb: round-robin replacement through @tlb_next
 */
struct hw_cpu {
	bool in_guest, irqs_on;
	u64 ipi_pending;
	u8 tlb_next;
	struct hw_tlb_entry tlb[HW_TLB_ENTRIES];
	void *last_tdvpr; /* the module's per-LP "last vCPU entered" */
};
extern struct hw_cpu hw_cpus[HW_MAX_CPUS];

void hw_cpus_reset(unsigned int nr);
unsigned int hw_nr_cpus(void);

void hw_tlb_flush_tag(unsigned int cpu, u32 tag); /* INVEPT single-context */
void hw_tlb_flush_all(unsigned int cpu); /* INVEPT global */

/*
 * IPIs. hw_send_ipi() returns at once. A CPU that is outside the guest with interrupts on takes it at once;
 * one in the guest leaves it at its next instruction boundary and acknowledges in hw_irqs_enable(); one with
 * interrupts off acknowledges when it turns them on. hw_ipi_wait() blocks until @cpu has no unacknowledged
 * IPI.
 */
void hw_send_ipi(unsigned int cpu);
void hw_ipi_wait(unsigned int cpu);
void hw_irqs_disable(void);
void hw_irqs_enable(void);

/* Guest instructions. A guest program is straight-line; results go to 64-bit registers r0..r7. */
enum guest_op {
	G_READ, /* reg := word at gpa */
	G_WRITE, /* word at gpa := val */
	G_EXEC, /* instruction fetch at gpa */
	G_ACCEPT, /* TDG.MEM.PAGE.ACCEPT gpa|level; reg := RAX */
	G_VMCALL, /* TDG.VP.VMCALL: MapGPA of n frames at gpa (shared bit = wanted state); reg := result */
	G_SPIN_READ, /* repeat G_READ until reg == val: a guest that waits for another vCPU */
	G_NOP, /* an instruction boundary where an interrupt can land */
	G_ATTR_RD, /* TDG.MEM.PAGE.ATTR.RD gpa; reg and the two behind it := RAX, RCX, RDX */
	G_ATTR_WR, /* TDG.MEM.PAGE.ATTR.WR gpa|level, RDX = val, R8 = n; the same results */
};

struct guest_insn {
	u8 op;
	u8 level; /* KVM level (1 = 4K) for ACCEPT */
	u8 reg;
	u8 on_ve; /* level to ACCEPT at when this access takes a #VE; 0 = record the #VE and go on */
	u32 n;
	gpa_t gpa; /* shared bit included */
	u64 val;
};

#define GUEST_REGS 8
#define GUEST_VE ~0ull /* value of a register whose access ended in an unhandled #VE */

struct hw_guest {
	const struct guest_insn *insn;
	u16 nr, pc;
	u16 vcpu; /* number for events */
	u64 regs[GUEST_REGS];
	u16 rounds; /* times that the instruction at @pc was started again */
	u8 accepting; /* level of the ACCEPT that the #VE handler of the instruction at @pc is at; 0 = not in
			 it */
};

/* Address space of a running guest. @private_root is 0 for a guest without S-EPT. */
struct hw_vmcs {
	u32 tag;
	u16 keyid; /* private key id; 0 for a plain VM */
	u8 levels; /* page-walk length of both EPTs; 0 is hw_geom's */
	hpa_t private_root, shared_root; /* 0 = none loaded */
	gfn_t shared_bit; /* 0 for a plain VM */
};

enum hw_exit_reason {
	HW_EXIT_DONE, /* program over */
	HW_EXIT_INTR, /* external interrupt */
	HW_EXIT_EPT_VIOLATION, /* @gpa, @qual */
	HW_EXIT_EPT_MISCONFIG, /* @gpa */
	HW_EXIT_TDCALL, /* ACCEPT, ATTR.* or VMCALL at pc, or ACCEPT of the #VE handler; pc not advanced */
};

/* What a guest reads that is not what it or anybody of its key wrote: ciphertext of another key. */
#define HW_BAD_KEY 0xbad0bad0bad0bad0ull

struct hw_exit {
	enum hw_exit_reason reason;
	gpa_t gpa;
	u64 qual; /* VMX exit qualification: bits 0-2 access, 3-5 permissions of the failing entry */
	u64 entry; /* terminal entry as the walker saw it */
	u8 level;
};

/*
 * Run the guest on the current CPU until something leaves it. The instruction that exits is not completed and
 * runs again on re-entry unless the caller advances pc. Caller has set in_guest.
 */
void hw_guest_run(struct hw_guest *g, const struct hw_vmcs *vmcs, struct hw_exit *exit);

/* The instruction at pc takes a #VE: its handler starts, or the register becomes GUEST_VE and the guest goes
 * on. */
void hw_guest_ve(struct hw_guest *g);
/* Is the guest about to ACCEPT (instruction or #VE handler)? Then what. */
bool hw_guest_accepts(const struct hw_guest *g, gpa_t *gpa, unsigned int *level);
/* TDCALL is over: the value of its register. In the handler, @again says to ACCEPT once more at @again's
 * level. */
void hw_guest_accepted(struct hw_guest *g, u64 rax, bool ok, unsigned int again);
/* ATTR.RD or ATTR.WR at pc is complete. */
void hw_guest_attr_done(struct hw_guest *g, u64 rax, u64 rcx, u64 rdx);
/* The instruction at pc is complete. */
void hw_guest_retire(struct hw_guest *g);

#endif
