/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/seam/seam.h"

enum seam_profile seam_profile;

static const char *const names[SEAM_PROFILE_NR] = {
	[SEAM_PROFILE_1_5] = "1.5",
	[SEAM_PROFILE_VP_INIT_EXCLUSIVE] = "vp-init-exclusive",
	[SEAM_PROFILE_DEMOTE_UNINTERRUPTIBLE] = "demote-uninterruptible",
	[SEAM_PROFILE_DYNAMIC_PAMT] = "dynamic-pamt",
	[SEAM_PROFILE_RESIZE_UNBLOCKED] = "resize-unblocked",
};

void seam_set_profile(enum seam_profile profile)
{
	seam_profile = profile;
}

const char *seam_profile_name(enum seam_profile profile)
{
	return profile < SEAM_PROFILE_NR ? names[profile] : NULL;
}
