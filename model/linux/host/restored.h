/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included by the compiler's option in front of each source whose state belongs to a run: machine, module,
 * checkers and host half. Their variables come to lie together, so that snapshot.c can bring them back with
 * the VM of a scenario. What outlives runs (the engine's choices, sites, snapshots) is compiled without.
 */
#ifdef __clang__
#pragma clang section bss = "run_bss" data = "run_data"
#endif
