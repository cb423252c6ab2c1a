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
	TDH_MNG_ADDCX = 1,
	TDH_MEM_PAGE_ADD = 2,
	TDH_MEM_SEPT_ADD = 3,
	TDH_VP_ADDCX = 4,
	TDH_MEM_PAGE_RELOCATE = 5,
	TDH_MEM_PAGE_AUG = 6,
	TDH_MEM_RANGE_BLOCK = 7,
	TDH_MNG_KEY_CONFIG = 8,
	TDH_MNG_CREATE = 9,
	TDH_VP_CREATE = 10,
	TDH_MNG_RD = 11,
	TDH_MEM_RD = 12,
	TDH_MEM_WR = 14,
	TDH_MEM_PAGE_DEMOTE = 15,
	TDH_MR_EXTEND = 16,
	TDH_MR_FINALIZE = 17,
	TDH_VP_FLUSH = 18,
	TDH_MNG_VPFLUSHDONE = 19,
	TDH_MNG_KEY_FREEID = 20,
	TDH_MNG_INIT = 21,
	TDH_VP_INIT = 22,
	TDH_MEM_PAGE_PROMOTE = 23,
	TDH_PHYMEM_PAGE_RDMD = 24,
	TDH_MEM_SEPT_RD = 25,
	TDH_VP_RD = 26,
	TDH_MNG_KEY_RECLAIMID = 27,
	TDH_PHYMEM_PAGE_RECLAIM = 28,
	TDH_MEM_PAGE_REMOVE = 29,
	TDH_MEM_SEPT_REMOVE = 30,
	TDH_SYS_KEY_CONFIG = 31,
	TDH_SYS_INIT = 33,
	TDH_SYS_RD = 34,
	TDH_SYS_LP_INIT = 35,
	TDH_SYS_TDMR_INIT = 36,
	TDH_MEM_TRACK = 38,
	TDH_MEM_RANGE_UNBLOCK = 39,
	TDH_PHYMEM_CACHE_WB = 40,
	TDH_PHYMEM_PAGE_WBINVD = 41,
	TDH_VP_WR = 43,
	TDH_SYS_CONFIG = 45,
	TDH_PHYMEM_PAMT_ADD = 58,
	TDH_PHYMEM_PAMT_REMOVE = 59,
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
#define TDX_HPA_RANGE_NOT_FREE 0xC000030400000000ull
#define TDX_MISSING_PAMT_PAGE_PAIR 0xC000030500000000ull
#define TDX_TD_ASSOCIATED_PAGES_EXIST 0xC000040000000000ull
#define TDX_SYS_NOT_READY 0xC000050000000000ull
#define TDX_SYS_INIT_NOT_PENDING 0xC000050200000000ull
#define TDX_SYS_INIT_NOT_DONE 0xC000050300000000ull
#define TDX_SYS_LP_INIT_NOT_DONE 0xC000050400000000ull
#define TDX_SYS_LP_INIT_DONE 0xC000050500000000ull
#define TDX_SYS_CONFIG_NOT_PENDING 0xC000050600000000ull
#define TDX_SYS_KEY_CONFIG_NOT_PENDING 0xC000050700000000ull
#define TDX_TD_FATAL 0xE000060400000000ull
#define TDX_TD_NON_DEBUG 0xC000060500000000ull
#define TDX_TDCS_NOT_ALLOCATED 0xC000060600000000ull
#define TDX_LIFECYCLE_STATE_INCORRECT 0xC000060700000000ull
#define TDX_OP_STATE_INCORRECT 0xC000060800000000ull
#define TDX_NO_VCPUS 0xC000060900000000ull
#define TDX_TDCX_NUM_INCORRECT 0xC000061000000000ull
#define TDX_MAX_VCPUS_EXCEEDED 0xC000062000000000ull
#define TDX_X2APIC_ID_NOT_UNIQUE 0xC000062100000000ull
#define TDX_VCPU_STATE_INCORRECT 0xC000070000000000ull
#define TDX_VCPU_ASSOCIATED 0x8000070100000000ull
#define TDX_VCPU_NOT_ASSOCIATED 0x8000070200000000ull
#define TDX_TD_KEYS_NOT_CONFIGURED 0x8000081000000000ull
#define TDX_KEY_CONFIGURED 0x0000081500000000ull
#define TDX_WBCACHE_NOT_COMPLETE 0x8000081700000000ull
#define TDX_HKID_NOT_FREE 0xC000082000000000ull
#define TDX_NO_HKID_READY_TO_WBCACHE 0x0000082100000000ull
#define TDX_WBCACHE_RESUME_ERROR 0xC000082300000000ull
#define TDX_FLUSHVP_NOT_DONE 0x8000082400000000ull
#define TDX_INVALID_TDMR 0xC0000A0000000000ull
#define TDX_NON_ORDERED_TDMR 0xC0000A0100000000ull
#define TDX_TDMR_ALREADY_INITIALIZED 0x00000A0300000000ull
#define TDX_INVALID_PAMT 0xC0000A1000000000ull
#define TDX_INVALID_RESERVED_IN_TDMR 0xC0000A2000000000ull
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
#define TDX_METADATA_FIELD_ID_INCORRECT 0xC0000C0000000000ull
#define TDX_METADATA_FIELD_NOT_WRITABLE 0xC0000C0100000000ull
#define TDX_METADATA_FIELD_NOT_READABLE 0xC0000C0200000000ull
#define TDX_METADATA_FIELD_VALUE_NOT_VALID 0xC0000C0300000000ull

#define TDX_OPERAND_ID_RAX 0
#define TDX_OPERAND_ID_RCX 1
#define TDX_OPERAND_ID_RDX 2
#define TDX_OPERAND_ID_R8 8
#define TDX_OPERAND_ID_R9 9
#define TDX_OPERAND_ID_ATTRIBUTES 64
#define TDX_OPERAND_ID_XFAM 65
#define TDX_OPERAND_ID_EXEC_CONTROLS 66
#define TDX_OPERAND_ID_EPTP_CONTROLS 67
#define TDX_OPERAND_ID_MAX_VCPUS 68
#define TDX_OPERAND_ID_CPUID_CONFIG 69
#define TDX_OPERAND_ID_TSC_FREQUENCY 70
#define TDX_OPERAND_ID_TDR 128
#define TDX_OPERAND_ID_SEPT_TREE 146
#define TDX_OPERAND_ID_TD_EPOCH 169
#define TDX_OPERAND_ID_OP_STATE 172
#define TDX_OPERAND_ID_KOT 186
#define TDX_OPERAND_ID_WBCACHE 188

/* Registers of a SEAMCALL, the kernel's struct of that name in its order. */
struct tdx_module_args {
	u64 rcx, rdx, r8, r9, r10, r11;
	u64 r12, r13, r14, r15, rbx, rdi, rsi;
};

/* Execute the SEAMCALL @fn on the current CPU; returns RAX. A halt of the module ends the run (m_fail
 * "SEAM-01"). */
u64 seam_call(u64 fn, struct tdx_module_args *args);
const char *seam_leaf_name(u64 fn);
bool seam_leaf_on_gpa(u64 fn); /* RCX is a level and a GPA */
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
#define TDX_INTR_VECTOR                                                                                      \
	0xfd /* what a host sends to make a CPU leave the guest; hardware would know which                   \
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
 * has a root and after its key was blocked: then only RECLAIM looks at its pages. */
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
 * The machine. A key id is in the topmost SEAM_KEYID_BITS of a 52-bit address; those from
 * SEAM_FIRST_PRIVATE_KEYID on are TDX's. CPUs are spread evenly over the packages: one unless set, before
 * seam_reset().
 */
#define SEAM_KEYID_BITS 6
#define SEAM_KEYID_SHIFT (52 - SEAM_KEYID_BITS)
#define SEAM_NR_KEYIDS (1u << SEAM_KEYID_BITS)
#define SEAM_FIRST_PRIVATE_KEYID 1
#define SEAM_MAX_PACKAGES 4
void seam_set_packages(unsigned int nr);
unsigned int seam_package_of(unsigned int cpu);

/*
 * Eight bytes of the host's memory at @pa: TD_PARAMS and the lists of SYS.CONFIG. Weak: the default has one
 * word a page (model/hw/page.h), and a build whose pages have bytes brings its own.
 */
u64 seam_host_read64(hpa_t pa);

/*
 * Profiles: modules newer than 1.5 that differ in one thing each. Set before a run; 1.5 unless set.
 *
 *   VP_INIT_EXCLUSIVE        VP.INIT takes the TD's lock exclusive
 *   DEMOTE_UNINTERRUPTIBLE   PAGE.DEMOTE never asks to be started again
 *   DYNAMIC_PAMT             4K metadata of a 2M range exists only after the host gave two pages for it
 *   RESIZE_UNBLOCKED         PAGE.DEMOTE and PAGE.PROMOTE want no BLOCK and TRACK before
 */
enum seam_profile {
	SEAM_PROFILE_1_5,
	SEAM_PROFILE_VP_INIT_EXCLUSIVE,
	SEAM_PROFILE_DEMOTE_UNINTERRUPTIBLE,
	SEAM_PROFILE_DYNAMIC_PAMT,
	SEAM_PROFILE_RESIZE_UNBLOCKED,
	SEAM_PROFILE_NR
};
extern enum seam_profile seam_profile;
void seam_set_profile(enum seam_profile profile);
const char *seam_profile_name(enum seam_profile profile);

/* What the vCPU of a TD that the host made by SEAMCALLs executes: said before its first VP.ENTER. */
void seam_vp_bind_guest(hpa_t tdvpr, struct hw_guest *guest);

/*
 * Test bench: a TD in op_state INITIALIZED without the SEAMCALLs that lead there: the same state, in one step
 * (model/seam/life_test.c holds it against them). Returns the TD number.
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
