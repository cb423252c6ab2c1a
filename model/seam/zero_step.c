/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zero-step filter: a host that lets a vCPU fault at one place again and again is made to resolve the faults
 * first. The place is the instruction's number, and where its #VE handler is.
 */
#include "model/seam/sept_walk.h"
#include "model/seam/vp.h"

u32 zero_step_rip(const struct seam_vp *vp)
{
	return vp->guest->pc * 8u + vp->guest->accepting;
}

void zero_step_progress(struct seam_vp *vp)
{
	if (zero_step_rip(vp) == vp->entry_rip)
		return;
	vp->stepping = 0;
	vp->nr_gpas = 0;
}

void zero_step_log(struct seam_vp *vp, gpa_t gpa)
{
	if (vp->stepping < SEAM_ZERO_STEP_THRESHOLD) {
		vp->stepping++;
		return;
	}
	for (unsigned int i = 0; i < vp->nr_gpas; i++) {
		if (vp->gpas[i] == gpa)
			return;
	}
	if (vp->nr_gpas < SEAM_ZERO_STEP_GPAS)
		vp->gpas[vp->nr_gpas++] = gpa;
}

/* Everything but MAPPED counts as a fault, PENDING too. */
bool zero_step_faults(struct seam_vp *vp, gpa_t *gpa)
{
	for (unsigned int i = 0; i < vp->nr_gpas; i++) {
		struct sept_path path;

		sept_walk(vp->td, vp->gpas[i] >> PAGE_SHIFT, 1, &path);
		if (sept_is_leaf(path.value) && (path.value & EPT_RWX))
			continue;
		*gpa = vp->gpas[i];
		return true;
	}
	return false;
}
