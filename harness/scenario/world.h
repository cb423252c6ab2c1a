/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world that a scenario describes: the VM's configuration and the guests' programs, compiled once for
 * many runs.
 */
#ifndef TDPFUZZ_SCENARIO_WORLD_H
#define TDPFUZZ_SCENARIO_WORLD_H

#include "harness/scenario/ops.h"
#include "model/hw/page.h"

/**
 * struct world - a compiled scenario
 * @insn: guest programs, by vCPU
 * @guests: their state in a run
 */
struct world {
	const struct scenario *s;
	struct subject_vm_config config;
	struct guest_insn insn[SUBJECT_MAX_VCPUS][SCN_MAX_OPS];
	u8 nr_insn[SUBJECT_MAX_VCPUS];
	struct hw_guest guests[SUBJECT_MAX_VCPUS];
};

/* Sets hw_geom and the switches, and compiles. */
void world_prepare(struct world *w, const struct scenario *s);
/* All layers as after power-on. */
void world_reset(unsigned int nr_cpus);
void world_load_programs(struct world *w);
/* Faults in and accepts, on vCPU 0, what the scenario wants mapped at start. Body of the set-up phase. */
void world_map(struct world *w, const struct subject_ops *subject);
/* A vCPU's thread: KVM_RUN until the guest's program ends, and what a VMM does about the exits that ask for a
 * conversion. */
void world_run_vcpu(const struct world *w, const struct subject_ops *subject, unsigned int vcpu);
/* One operation of a host thread; what the system call returns. */
int world_host_op(const struct world *w, const struct subject_ops *subject, const struct scn_op *op);

#endif
