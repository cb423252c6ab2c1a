// SPDX-License-Identifier: GPL-2.0-only
/*
 * Places in the tree, by the address behind the call that came from there. Names are those of this program's
 * own symbol table; file and line are looked up by addr2line, and only for what is reported.
 *
 * The number of a site is the hash of its function and its place among the function's calls: the same
 * wherever the linker puts it.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#undef EV_NONE /* of elf.h */

#include "harness/engine/engine.h"
#include "model/linux/host/host.h"

#define SELF "/proc/self/exe"
#define NR_SITES 32768u /* a power of two */

/* A function of this program. */
struct function {
	unsigned long start, end;
	const char *name;
};
static struct function *functions;
static size_t nr_functions;

/* Open addressing; a free slot has no @pc. */
static struct {
	unsigned long pc;
	struct m_site site;
} sites[NR_SITES];
static unsigned int nr_sites;

/* ---- symbols ---- */

static const char *map_self(void)
{
	int fd = open(SELF, O_RDONLY);
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st))
		eng_internal_error("cannot read " SELF);
	p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		eng_internal_error("cannot map " SELF);
	return p;
}

static const Elf64_Shdr *find_symtab(const char *elf)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)elf;
	const Elf64_Shdr *sh = (const Elf64_Shdr *)(elf + eh->e_shoff);

	for (unsigned int i = 0; i < eh->e_shnum; i++)
		if (sh[i].sh_type == SHT_SYMTAB)
			return &sh[i];
	eng_internal_error("this program was stripped: a kernel tree cannot be told from its environment");
}

static int by_start(const void *pa, const void *pb)
{
	const struct function *a = pa, *b = pb;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* Where this program was loaded, against what its symbol table says. */
static unsigned long load_bias(const Elf64_Sym *sym, size_t nr, const char *names)
{
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(names + sym[i].st_name, "site_init"))
			return (unsigned long)site_init - sym[i].st_value;
	eng_internal_error("the symbol table does not know its own reader");
}

void site_init(void)
{
	const char *elf = map_self();
	const Elf64_Shdr *symtab = find_symtab(elf), *sections;
	const Elf64_Sym *sym = (const Elf64_Sym *)(elf + symtab->sh_offset);
	size_t nr = symtab->sh_size / sizeof(*sym);
	const char *names;
	unsigned long bias;

	sections = (const Elf64_Shdr *)(elf + ((const Elf64_Ehdr *)elf)->e_shoff);
	names = elf + sections[symtab->sh_link].sh_offset;
	bias = load_bias(sym, nr, names);
	functions = calloc(nr, sizeof(*functions));
	if (!functions)
		eng_internal_error("no memory for %zu symbols", nr);
	for (size_t i = 0; i < nr; i++) {
		unsigned long start = sym[i].st_value + bias;

		if (ELF64_ST_TYPE(sym[i].st_info) != STT_FUNC || !sym[i].st_size)
			continue;
		functions[nr_functions++] =
			(struct function){start, start + sym[i].st_size, names + sym[i].st_name};
	}
	qsort(functions, nr_functions, sizeof(functions[0]), by_start);
}

/* The one that starts last at or below @pc. */
static const struct function *function_at(unsigned long pc)
{
	size_t lo = 0, hi = nr_functions;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (functions[mid].start <= pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && pc <= functions[lo - 1].end ? &functions[lo - 1] : NULL;
}

const char *site_function(unsigned long pc)
{
	/* A return address may be the first of the next function: the call was the last of this one. */
	const struct function *f = function_at(pc - 1);

	return f ? f->name : "?";
}

/* ---- sites ---- */

static u32 hash_text(u32 h, const char *s)
{
	for (; *s; s++)
		h = (h ^ (u8)*s) * 16777619u;
	return (h ^ 0xff) * 16777619u;
}

static bool starts_function(unsigned long addr)
{
	const struct function *f = function_at(addr);

	return f && f->start == addr;
}

/*
 * Direct calls of functions before @pc. Bytes that only look like one count as well: as long as the function
 * is the same, so is the number.
 */
static u32 calls_before(const struct function *f, unsigned long pc)
{
	u32 nr = 0;

	for (unsigned long at = f->start; at + 5 <= pc; at++) {
		s32 distance;

		if (*(const u8 *)at != 0xe8)
			continue;
		memcpy(&distance, (const void *)(at + 1), sizeof(distance));
		nr += starts_function(at + 5 + distance);
	}
	return nr;
}

static u32 number(unsigned long pc, const char *what)
{
	const struct function *f = function_at(pc - 1);
	u32 h = 2166136261u;

	if (!f)
		return hash_text(h, what);
	h = hash_text(h, f->name);
	h = (h ^ calls_before(f, pc)) * 16777619u;
	return h ^ h >> 15;
}

static __attribute__((noinline)) struct m_site *make_site(unsigned int slot, unsigned long pc,
							  const char *what)
{
	if (++nr_sites > NR_SITES / 2)
		eng_internal_error("kernel environment: more than %u places in the tree", NR_SITES / 2);
	sites[slot].site = (struct m_site){
		.file = "kernel tree",
		.func = site_function(pc),
		.what = what,
		.id = number(pc, what),
	};
	sites[slot].pc = pc;
	return &sites[slot].site;
}

struct m_site *site_of(unsigned long pc, const char *what)
{
	unsigned int slot = (pc * 0x9e3779b97f4a7c15ull) >> 49;

	_Static_assert(NR_SITES == 1 << (64 - 49), "the hash takes the top bits");
	while (sites[slot].pc != pc) {
		if (!sites[slot].pc)
			return make_site(slot, pc, what);
		slot = (slot + 1) % NR_SITES;
	}
	return &sites[slot].site;
}

/* ---- file and line ---- */

#define MAX_PLACES 256

static struct {
	unsigned long pc;
	char text[96];
} places[MAX_PLACES];
static unsigned int nr_places;

/* "/path/of/the/tree/arch/x86/kvm/x86.c:12 (discriminator 3)" */
static void trim(char *text)
{
	static const char *const roots[] = {"/arch/x86/", "/virt/", "/lib/", "/include/", "/model/linux/"};
	char *end = strchr(text, ' ');

	text[strcspn(text, "\n")] = 0;
	if (end)
		*end = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(roots); i++) {
		char *root = strstr(text, roots[i]);

		if (root) {
			memmove(text, root + 1, strlen(root));
			return;
		}
	}
}

static void look_up(unsigned long pc, char *text, size_t size)
{
	char command[96], line[512] = "";
	FILE *out;

	snprintf(command, sizeof(command), "addr2line -e /proc/%d/exe %#lx 2>/dev/null", getpid(), pc - 1);
	out = popen(command, "r");
	if (!out || !fgets(line, sizeof(line), out) || line[0] == '?')
		snprintf(line, sizeof(line), "?");
	if (out)
		pclose(out);
	trim(line);
	snprintf(text, size, "%.*s", (int)size - 1, line);
}

const char *site_place(unsigned long pc)
{
	unsigned int i = 0;

	while (i < nr_places && places[i].pc != pc)
		i++;
	if (i < nr_places)
		return places[i].text;
	if (i == MAX_PLACES)
		i = nr_places = 0;
	places[i].pc = pc;
	look_up(pc, places[i].text, sizeof(places[i].text));
	nr_places++;
	return places[i].text;
}
