// SPDX-License-Identifier: GPL-2.0-only
/* The model as the code under test. */
#include "model/kapi/kapi.h"
#include "model/subject.h"

static const char *const layers[] = {"model/kvm/", "model/tdx/", NULL};

const struct subject the_subject = {
	.ops = &kvm_subject_ops,
	.view = &kvm_subject_view,
	.narrow = true,
	.switches = true,
	.layers = layers,
	.reset = kapi_reset,
#ifndef MACHINE_THREADS
	.callbacks = rcu_thread,
#endif
};
