/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Switches of the model: seeded bugs (model/bugs.def) and design variants (model/variants.def). Set before a
 * run, constant during it; part of every scenario file that needs one.
 */
#ifndef TDPFUZZ_MODEL_SWITCHES_H
#define TDPFUZZ_MODEL_SWITCHES_H

#include "model/types.h"

enum bug_id {
#define BUG(number, cname, name, invariant, component, origin, summary) BUG_##cname,
#include "model/bugs.def"
#undef BUG
	BUG_NR
};

/* bug(nx_recovery_yield_pending_flush): is that seeded bug switched on? */
#define bug(cname) unlikely(bug_enabled[BUG_##cname])
extern bool bug_enabled[BUG_NR];

struct bug_info {
	u16 number; /* stable: what binary scenario files hold */
	const char *name, *invariant, *component, *origin, *summary;
};
extern const struct bug_info bug_infos[BUG_NR];
int bug_find(const char *name); /* enum bug_id, or -1 */

enum variant_id {
#define VARIANT(number, cname, name, values, summary) VARIANT_##cname,
#include "model/variants.def"
#undef VARIANT
	VARIANT_NR
};

/* variant(huge) is the index into the variant's values; 0 is mainline. */
#define variant(cname) (variant_value[VARIANT_##cname])
extern u8 variant_value[VARIANT_NR];

struct variant_info {
	u16 number;
	const char *name, *values, *summary; /* values separated by '|', the first is mainline */
};
extern const struct variant_info variant_infos[VARIANT_NR];
int variant_find(const char *name);
/* Index of @value in the values of @id, or -1. */
int variant_parse(enum variant_id id, const char *value);
/* The i-th value as a string into @buf; NULL when there is none. */
const char *variant_name(enum variant_id id, unsigned int value, char *buf, size_t size);

/* Values of the variants by C name: the index into the list of model/variants.def. */
enum { HUGE_OFF, HUGE_RFC_V1 };
enum { FREEZE_ON, FREEZE_OFF, FREEZE_NO_LINK, FREEZE_NO_LEAF };
enum { SPLIT_BOUNDARY, SPLIT_NONE };
enum { NX_RECOVERY_READ, NX_RECOVERY_WRITE_NESTED };

void switches_reset(void);

#endif
