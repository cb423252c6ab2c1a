/* SPDX-License-Identifier: GPL-2.0-only */
/* A kernel tree as the code under test. */
#ifndef TDPFUZZ_LNX_SUBJECT_H
#define TDPFUZZ_LNX_SUBJECT_H

#include "model/subject.h"

extern const struct subject_view linux_subject_view;
/* Of the VM of the run. */
const struct subject_vm_config *linux_vm_config(void);

#endif
