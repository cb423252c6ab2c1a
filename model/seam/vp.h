/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files that run a vCPU: entry, exit, zero-step filter, TDCALLs. */
#ifndef TDPFUZZ_MODEL_SEAM_VP_H
#define TDPFUZZ_MODEL_SEAM_VP_H

#include "model/seam/call.h"

/* The TDVPR at @hpa is locked and is one, and so is its TD. @reg: operand id of the register with @hpa. */
u64 seam_lock_vp(struct seam_call *c, u64 hpa, unsigned int reg, enum seam_lock_mode mode,
		 enum seam_lock_mode td_mode, struct seam_vp **vp);
/* The vCPU is READY and this CPU's. */
u64 vp_associate(struct seam_vp *vp);

/* Exit to the host: fills the registers, returns RAX. */
u64 vp_exit_regs(struct tdx_module_args *regs, u64 rax, u64 qual, u64 eeq, gpa_t gpa);

/* Zero-step filter, spec 6.2. */
u32 zero_step_rip(const struct seam_vp *vp);
void zero_step_progress(struct seam_vp *vp); /* at any VM exit */
void zero_step_log(struct seam_vp *vp, gpa_t gpa); /* private EPT violation to the host */
/* Would one of the listed addresses fault again? */
bool zero_step_faults(struct seam_vp *vp, gpa_t *gpa);

/* Extended qualification of a TDCALL for KVM's @level that exits for the entry that its walk ended at. */
struct sept_path;
u64 vp_entry_eeq(u64 type, unsigned int level, const struct sept_path *path);
/*
 * A TDCALL is over; did it fail for @host_priority? Too many in a row, and true: the TD exits, trap-like.
 */
bool vp_host_priority_timeout(struct seam_vp *vp, bool host_priority);

/* TDG.MEM.PAGE.ACCEPT at the guest's pc. True: the TD exits to the host with *@rax. */
bool tdg_accept(struct seam_vp *vp, struct tdx_module_args *regs, u64 *rax);
/* TDG.MEM.PAGE.ATTR.RD or ATTR.WR at the guest's pc, likewise. */
bool tdg_attr(struct seam_vp *vp, struct tdx_module_args *regs, u64 *rax);

#endif
