// SPDX-License-Identifier: GPL-2.0-only
#include "model/switches.h"

#include <string.h>

bool bug_enabled[BUG_NR];
u8 variant_value[VARIANT_NR];

const struct bug_info bug_infos[BUG_NR] = {
#define BUG(number, cname, name, invariant, component, origin, summary)                                      \
	[BUG_##cname] = {number, name, invariant, component, origin, summary},
#include "model/bugs.def"
#undef BUG
};

const struct variant_info variant_infos[VARIANT_NR] = {
#define VARIANT(number, cname, name, values, summary) [VARIANT_##cname] = {number, name, values, summary},
#include "model/variants.def"
#undef VARIANT
};

int bug_find(const char *name)
{
	for (int i = 0; i < BUG_NR; i++) {
		if (!strcmp(bug_infos[i].name, name))
			return i;
	}
	return -1;
}

int variant_find(const char *name)
{
	for (int i = 0; i < VARIANT_NR; i++) {
		if (!strcmp(variant_infos[i].name, name))
			return i;
	}
	return -1;
}

const char *variant_name(enum variant_id id, unsigned int value, char *buf, size_t size)
{
	const char *p = variant_infos[id].values;

	for (; value; value--) {
		p = strchr(p, '|');
		if (!p)
			return NULL;
		p++;
	}
	size_t len = strcspn(p, "|");

	if (len >= size)
		return NULL;
	memcpy(buf, p, len);
	buf[len] = '\0';
	return buf;
}

int variant_parse(enum variant_id id, const char *value)
{
	char buf[32];

	for (unsigned int i = 0; variant_name(id, i, buf, sizeof(buf)); i++) {
		if (!strcmp(buf, value))
			return i;
	}
	return -1;
}

void switches_reset(void)
{
	memset(bug_enabled, 0, sizeof(bug_enabled));
	memset(variant_value, 0, sizeof(variant_value));
}
