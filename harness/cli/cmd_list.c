/* SPDX-License-Identifier: GPL-2.0-only */
/* tdpfuzz list: what there is. */
#include <string.h>

#include "harness/check/check.h"
#include "harness/cli/cli.h"

/* A line of text, or the start of an object. */
static cJSON *entry(const struct cli_options *o, const char *name, const char *summary)
{
	cJSON *object;

	if (!o->json) {
		printf("%-34s %s\n", name, summary);
		return NULL;
	}
	object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "name", name);
	cJSON_AddStringToObject(object, "summary", summary);
	return object;
}

static void detail(cJSON *object, const char *key, const char *value)
{
	if (object)
		cJSON_AddStringToObject(object, key, value ? value : "");
	else if (value && value[0])
		printf("%-34s   %s: %s\n", "", key, value);
}

static void done(cJSON *object)
{
	if (object)
		cli_print_json(object);
}

static void list_bugs(const struct cli_options *o)
{
	for (unsigned int i = 0; i < BUG_NR; i++) {
		const struct bug_info *b = &bug_infos[i];
		cJSON *e = entry(o, b->name, b->summary);

		detail(e, "origin", b->origin);
		detail(e, "invariant", b->invariant);
		detail(e, "component", b->component);
		done(e);
	}
}

static void bugs_of(cJSON *e, const char *id)
{
	cJSON *array = e ? cJSON_AddArrayToObject(e, "bugs") : NULL;
	const char *sep = "";
	char line[512] = "";
	size_t n = 0;

	for (unsigned int i = 0; i < BUG_NR; i++) {
		if (strcmp(bug_infos[i].invariant, id) != 0)
			continue;
		if (array)
			cJSON_AddItemToArray(array, cJSON_CreateString(bug_infos[i].name));
		else if (n < sizeof(line))
			n += snprintf(line + n, sizeof(line) - n, "%s%s", sep, bug_infos[i].name);
		sep = ", ";
	}
	if (!e)
		detail(NULL, "bugs", line);
}

static void list_invariants(const struct cli_options *o)
{
	for (unsigned int f = 0; check_families[f]; f++) {
		for (unsigned int i = 0; i < check_families[f]->nr; i++) {
			const struct invariant *v = &check_families[f]->invariants[i];
			cJSON *e = entry(o, v->id, v->summary);

			detail(e, "spec", v->spec);
			detail(e, "condition", v->condition);
			detail(e, "when", v->when);
			detail(e, "why", v->why);
			bugs_of(e, v->id);
			done(e);
		}
	}
}

static void list_variants(const struct cli_options *o)
{
	for (unsigned int i = 0; i < VARIANT_NR; i++) {
		cJSON *e = entry(o, variant_infos[i].name, variant_infos[i].summary);

		detail(e, "values", variant_infos[i].values);
		done(e);
	}
}

static void list_strategies(const struct cli_options *o)
{
	for (unsigned int i = 0; eng_strategy_names[i][0]; i++)
		done(entry(o, eng_strategy_names[i][0], eng_strategy_names[i][1]));
}

static void list_operations(const struct cli_options *o)
{
	for (unsigned int i = 0; i < OP_NR; i++)
		done(entry(o, scn_op_names[i][0], scn_op_names[i][1]));
}

static int list(const struct cli_options *o)
{
	static const struct {
		const char *name;
		void (*list)(const struct cli_options *o);
	} kinds[] = {
		{"bugs", list_bugs},
		{"invariants", list_invariants},
		{"variants", list_variants},
		{"strategies", list_strategies},
		{"operations", list_operations},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].name, o->args[0]) == 0) {
			kinds[i].list(o);
			return CLI_OK;
		}
	}
	cli_usage("list: '%s' is not one of bugs, invariants, variants, strategies, operations", o->args[0]);
}

const struct cli_command cmd_list = {
	.name = "list",
	.args = "KIND",
	.summary = "what there is to choose from",
	.doc = "Lists by KIND (bugs, invariants, variants, strategies, operations) the seeded bugs with "
	       "their origin, "
	       "the invariants with the bugs that trip them, the design variants, the search strategies, or "
	       "the "
	       "operations of scenarios.",
	.min_args = 1,
	.max_args = 1,
	.groups = CLI_JSON,
	.run = list,
};
