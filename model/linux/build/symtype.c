// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which of the symbols named on standard input are objects, which are functions, and how large are the
 * objects? Answered from the declarations in the debug information of an ELF file, since the symbols are
 * undefined there:
 *
 *     symtype FILE <names      prints "NAME object SIZE", "NAME function" or "NAME unknown" for each
 *
 * An object without a size (an array of unknown length: a boundary that a linker script sets) has size 0. gcc
 * describes each variable that a file uses, but not a function whose address only stands in an initializer.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct symbol {
	char *name;
	enum { UNKNOWN, FUNCTION, OBJECT } kind;
	Dwarf_Word size;
};

static void *symbols; /* a tree for tsearch() */

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct symbol *)a)->name, ((const struct symbol *)b)->name);
}

static void read_names(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) > 0) {
		struct symbol *sym = calloc(1, sizeof(*sym));

		line[strcspn(line, "\n")] = '\0';
		sym->name = strdup(line);
		tsearch(sym, &symbols, compare);
	}
	free(line);
}

static void note_object(struct symbol *sym, Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Die type;
	Dwarf_Word size;

	sym->kind = OBJECT;
	if (!dwarf_formref_die(dwarf_attr_integrate(die, DW_AT_type, &attr), &type))
		return;
	if (dwarf_aggregate_size(&type, &size) == 0 && size > sym->size)
		sym->size = size;
}

static void note(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);
	struct symbol key, **found;

	if (tag != DW_TAG_variable && tag != DW_TAG_subprogram)
		return;
	if (!dwarf_hasattr_integrate(die, DW_AT_external))
		return;
	key.name = (char *)dwarf_diename(die);
	found = key.name ? tfind(&key, &symbols, compare) : NULL;
	if (!found)
		return;
	if (tag == DW_TAG_variable)
		note_object(*found, die);
	else if ((*found)->kind == UNKNOWN)
		(*found)->kind = FUNCTION;
}

/* Declarations at file scope and, as "extern" may stand in a block, inside functions. */
static void walk(Dwarf_Die *die)
{
	Dwarf_Die child;

	if (dwarf_child(die, &child))
		return;
	do {
		int tag = dwarf_tag(&child);

		note(&child);
		if (tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block)
			walk(&child);
	} while (dwarf_siblingof(&child, &child) == 0);
}

static int read_file(const char *path)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	Dwfl *dwfl = dwfl_begin(&callbacks);
	Dwarf_Die *unit = NULL;
	Dwarf_Addr bias;
	int units = 0;

	if (!dwfl || !dwfl_report_offline(dwfl, "", path, -1) || dwfl_report_end(dwfl, NULL, NULL)) {
		fprintf(stderr, "symtype: %s: %s\n", path, dwfl_errmsg(-1));
		return 1;
	}
	for (; (unit = dwfl_nextcu(dwfl, unit, &bias)); units++)
		walk(unit);
	if (!units)
		fprintf(stderr, "symtype: %s: no debug information\n", path);
	dwfl_end(dwfl);
	return !units;
}

static void print(const void *node, VISIT visit, int depth)
{
	const struct symbol *sym = *(struct symbol *const *)node;

	(void)depth;
	if (visit != postorder && visit != leaf)
		return;
	if (sym->kind == OBJECT)
		printf("%s object %llu\n", sym->name, (unsigned long long)sym->size);
	else
		printf("%s %s\n", sym->name, sym->kind == FUNCTION ? "function" : "unknown");
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: symtype FILE <names\n");
		return 1;
	}
	read_names();
	if (read_file(argv[1]))
		return 1;
	twalk(symbols, print);
	return 0;
}
