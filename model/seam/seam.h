/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TDX module at its register ABI: what __seamcall() reaches. Everything behind this header follows
 * the 1.5 module (see model/seam/sources.md): checks in its order, try-locks, error codes with operand ids.
 */
#ifndef TDPFUZZ_MODEL_SEAM_SEAM_H
#define TDPFUZZ_MODEL_SEAM_SEAM_H

#include "model/hw/cpu.h"

/* SEAMCALL leaf numbers (RAX). */
enum seam_leaf {
	TDH_VP_ENTER = 0,
	TDH_MEM_PAGE_ADD = 2,
	TDH_MEM_SEPT_ADD = 3,
	TDH_MEM_PAGE_RELOCATE = 5,
	TDH_MEM_PAGE_AUG = 6,
	TDH_MEM_RANGE_BLOCK = 7,
	TDH_MEM_RD = 12,
	TDH_MEM_WR = 14,
	TDH_MEM_PAGE_DEMOTE = 15,
	TDH_MR_FINALIZE = 17,
	TDH_VP_FLUSH = 18,
	TDH_MEM_PAGE_PROMOTE = 23,
	TDH_MEM_SEPT_RD = 25,
	TDH_MEM_PAGE_REMOVE = 29,
	TDH_MEM_SEPT_REMOVE = 30,
	TDH_MEM_TRACK = 38,
	TDH_MEM_RANGE_UNBLOCK = 39,
	TDH_PHYMEM_PAGE_WBINVD = 41,
};

/* Completion status: bits 63:32 compared, operand id in 31:0. */
#define TDX_STATUS_MASK 0xFFFFFFFF00000000ull
#define TDX_SUCCESS 0ull
#define TDX_INTERRUPTED_RESUMABLE 0x8000000300000000ull
#define TDX_INTERRUPTED_RESTARTABLE 0x8000000400000000ull
#define TDX_OPERAND_INVALID 0xC000010000000000ull
#define TDX_OPERAND_ADDR_RANGE_ERROR 0xC000010100000000ull
#define TDX_OPERAND_BUSY 0x8000020000000000ull
#define TDX_PREVIOUS_TLB_EPOCH_BUSY 0x8000020100000000ull
#define TDX_PAGE_METADATA_INCORRECT 0xC000030000000000ull
#define TDX_HOST_PRIORITY_BUSY_TIMEOUT 0x9000020500000000ull
#define TDX_TD_NON_DEBUG 0xC000060500000000ull
#define TDX_OP_STATE_INCORRECT 0xC000060800000000ull
#define TDX_NO_VCPUS 0xC000060900000000ull
#define TDX_VCPU_STATE_INCORRECT 0xC000070000000000ull
#define TDX_VCPU_ASSOCIATED 0x8000070100000000ull
#define TDX_VCPU_NOT_ASSOCIATED 0x8000070200000000ull
#define TDX_EPT_WALK_FAILED 0xC0000B0000000000ull
#define TDX_EPT_ENTRY_NOT_PRESENT 0xC0000B0300000000ull
#define TDX_GPA_RANGE_NOT_BLOCKED 0xC0000B0600000000ull
#define TDX_GPA_RANGE_ALREADY_BLOCKED 0x00000B0700000000ull
#define TDX_TLB_TRACKING_NOT_DONE 0xC0000B0800000000ull
#define TDX_EPT_INVALID_PROMOTE_CONDITIONS 0xC0000B0900000000ull
#define TDX_PAGE_ALREADY_ACCEPTED 0x00000B0A00000000ull
#define TDX_PAGE_SIZE_MISMATCH 0xC0000B0B00000000ull
#define TDX_EPT_ENTRY_STATE_INCORRECT 0xC0000B0D00000000ull
#define TDX_EPT_PAGE_NOT_FREE 0xC0000B0E00000000ull

#define TDX_OPERAND_ID_RAX 0
#define TDX_OPERAND_ID_RCX 1
#define TDX_OPERAND_ID_RDX 2
#define TDX_OPERAND_ID_R8 8
#define TDX_OPERAND_ID_R9 9
#define TDX_OPERAND_ID_TDR 128
#define TDX_OPERAND_ID_SEPT_TREE 146
#define TDX_OPERAND_ID_TD_EPOCH 169
#define TDX_OPERAND_ID_OP_STATE 172

/* Registers of a SEAMCALL, the kernel's struct of that name in its order. */
struct tdx_module_args {
	u64 rcx, rdx, r8, r9, r10, r11;
	u64 r12, r13, r14, r15, rbx, rdi, rsi;
};

/* Execute the SEAMCALL @fn on the current CPU; returns RAX. A halt of the module ends the run (m_fail
 * "SEAM-01"). */
u64 seam_call(u64 fn, struct tdx_module_args *args);
const char *seam_leaf_name(u64 fn);
const char *seam_status_name(u64 status);

/*
 * VP.ENTER. In: RCX = TDVPR; R10 = result of the TDG.VP.VMCALL that the last exit was (the guest goes on
 * behind that instruction). Out: RAX = status, exit reason in the low 32 bits, and for
 *
 *   EPT violation   RCX = exit qualification, RDX = extended qualification, R8 = GPA
 *   interrupt       R9 = interruption information: valid, external, TDX_INTR_VECTOR
 *   TDCALL          TDG.VP.VMCALL: RCX = registers that the guest shows (R10 to R15), R10 = 0 (a call of the
 *                   GHCI), R11 = its number; MapGPA: R12 = GPA with its shared bit, R13 = bytes; HLT: R12 =
 * 1, interrupts are blocked. A guest whose program is over halts like this.
 *
 * All other registers are 0. It sets and clears hw_cpus[].in_guest itself, and wants host interrupts off.
 *
 * Events: EV_SEAMCALL has R8 for calls with a page operand (PAGE.ADD, SEPT.ADD, AUG, DEMOTE), else RDX; the
 * level in EV_GUEST_ACCEPT is KVM's; EV_GUEST_EXIT names a HLT as TDX_EXIT_REASON_DONE.
 */
#define TDX_EXIT_REASON_INTR 1
#define TDX_EXIT_REASON_TDCALL 77
#define TDX_EXIT_REASON_EPT_VIOLATION 48
#define TDX_EXIT_REASON_EPT_MISCONFIG 49
#define TDX_EXIT_REASON_DONE 12 /* HLT: the guest program is over */
#define TDX_INTR_VECTOR 0xfd /* what a host sends to make a CPU leave the guest; hardware would know which   \
			      */
#define TDX_INTR_INFO (BIT_ULL(31) | TDX_INTR_VECTOR)
#define TDG_VP_VMCALL_HLT 12
#define TDG_VP_VMCALL_MAPGPA 0x10001
#define TDG_VP_VMCALL_REGS GENMASK_ULL(15, 10) /* of a RCX that shows R10 to R15 */
#define TDX_EEQ_NONE 0
#define TDX_EEQ_ACCEPT 1
#define TDX_EEQ_ATTR_WR 5
#define TDX_EEQ_PENDING_EPT_VIOLATION 6

/* S-EPT entry states, the codes of spec 1.2 (bits PS,IPAT,TDP,TDB,TDBW,TDEX,D). */
enum sept_state {
	SEPT_FREE = 0x0e,
	SEPT_NL_MAPPED = 0x00,
	SEPT_NL_BLOCKED = 0x08,
	SEPT_MAPPED = 0x60,
	SEPT_BLOCKED = 0x68,
	SEPT_PENDING = 0x70,
	SEPT_PENDING_BLOCKED = 0x78,
};

/* What a listener may ask; never a scheduling point. */
enum sept_state sept_entry_state(u64 entry);
const char *sept_state_name(enum sept_state state);
/* Entry that a walk towards (gfn, KVM level) ends at: *level is the KVM level reached. NULL before the TD
 * exists. */
const volatile u64 *seam_peek(unsigned int td, gfn_t gfn, unsigned int *level);

enum pamt_type {
	PAMT_NDA = 0,
	PAMT_RSVD = 1,
	PAMT_REG = 3,
	PAMT_TDR = 4,
	PAMT_TDCX = 5,
	PAMT_TDVPR = 6,
	PAMT_EPT = 8
};
enum pamt_type seam_pamt_type(pfn_t pfn, unsigned int level);
/* Is any byte of [pfn, pfn + pages) owned by a TD? */
bool seam_owns(pfn_t pfn, u64 pages);
/* Oracles of the module (spec section 11) over all TDs; calls m_fail() on the first that does not hold.
 * Quiescent. */
void seam_check_quiescent(void);

/*
 * Test bench: a TD with keys configured and its root, in op_state INITIALIZED; the life-cycle SEAMCALLs that
 * lead there are not modelled yet. Returns the TD number.
 */
void seam_reset(void);
unsigned int seam_td_create(u16 keyid, bool pending_ve_disable);
/* The same with an S-EPT of @levels (4 or 5); @wide: GPAW 1, which needs 5. */
unsigned int seam_td_create_levels(u16 keyid, bool pending_ve_disable, unsigned int levels, bool wide);
hpa_t seam_tdr_pa(unsigned int td);
/* A vCPU that is READY and not associated; @guest is what it executes. Returns its TDVPR address, VP.ENTER's
 * RCX. */
hpa_t seam_vp_create(unsigned int td, struct hw_guest *guest);
/* The shared-EPT pointer that KVM writes with VP.WR. */
void seam_vp_set_shared_eptp(hpa_t tdvpr, hpa_t root);
u32 seam_td_tag(unsigned int td);

#endif
