// SPDX-License-Identifier: GPL-2.0-only
/*
 * WARN and BUG. On x86 they are trap instructions; a table made by the compiler says of each address in which
 * line of which file it is. A WARN_ON_ONCE() warns once a run: that it did is noted here and not in the
 * table, and goes away when the host half restores the memory of the environment.
 *
 * From 6.19 on a WARN with a message is a call of a function with the entry of the table and the arguments
 * instead.
 */
#include <linux/bug.h>
#include <linux/refcount.h>

#include "model/linux/kernel/env.h"

/* Around the table; the link makes them. */
extern struct bug_entry __start___bug_table[], __stop___bug_table[];

#define MAX_ENTRIES 16384
#define MAX_TEXTS 32
#define TEXT_SIZE 200

unsigned int env_nr_warns;
static DECLARE_BITMAP(warned_once, MAX_ENTRIES);
/* What was warned: a listener may look at it until the run is over. */
static char texts[MAX_TEXTS][TEXT_SIZE];

static char *next_text(void)
{
	return texts[env_nr_warns++ % MAX_TEXTS];
}

static void append(char *text, const char *from)
{
	unsigned int at = strlen(text);

	while (*from && *from != '\n' && at < TEXT_SIZE - 1)
		text[at++] = *from++;
	text[at] = 0;
}

static void append_number(char *text, unsigned int n)
{
	char digits[12], *p = digits + sizeof(digits) - 1;

	*p = 0;
	do
		*--p = '0' + n % 10;
	while (n /= 10);
	append(text, p);
}

static unsigned long entry_address(const struct bug_entry *b)
{
	return (unsigned long)&b->bug_addr_disp + b->bug_addr_disp;
}

/* "file:line message" */
static char *entry_text(const struct bug_entry *b)
{
	char *text = next_text();
#ifdef HAVE_ARCH_BUG_FORMAT
	const char *format = (const char *)&b->format_disp + b->format_disp;
#endif

	*text = 0;
	append(text, (const char *)&b->file_disp + b->file_disp);
	append(text, ":");
	append_number(text, b->line);
#ifdef HAVE_ARCH_BUG_FORMAT
	append(text, *format ? " " : "");
	append(text, format);
#endif
	return text;
}

static const struct bug_entry *find_entry(unsigned long ip)
{
	const struct bug_entry *b;

	for (b = __start___bug_table; b < __stop___bug_table; b++)
		if (entry_address(b) == ip)
			return b;
	return NULL;
}

/* Does this WARN keep quiet, as it has spoken before? */
static bool said_before(const struct bug_entry *b)
{
	unsigned long index = b - __start___bug_table;

	if (index >= MAX_ENTRIES)
		lnx_internal("more than %d WARNs and BUGs in the tree", MAX_ENTRIES);
	return b->flags & BUGFLAG_ONCE && __test_and_set_bit(index, warned_once);
}

int lnx_trap(unsigned long ip)
{
	const struct bug_entry *b = find_entry(ip);

	if (!b)
		return 0;
	if (!(b->flags & BUGFLAG_WARNING))
		lnx_fail("BUG-01", "BUG", ip, "%s", entry_text(b));
	if (!said_before(b))
		lnx_warn(entry_text(b), ip);
	return 1;
}

#ifdef HAVE_ARCH_BUG_FORMAT_ARGS
/*
 * The target of the static call WARN_trap, which is never patched. The arguments go where messages go: the
 * text of a finding has to be the same for all schedules.
 */
asm(".globl __SCT__WARN_trap\n.set __SCT__WARN_trap, __WARN_trap\n");

void __WARN_trap(struct bug_entry *b, ...)
{
	va_list args;

	if (said_before(b))
		return;
	va_start(args, b);
	lnx_printk((const char *)&b->format_disp + b->format_disp, args);
	va_end(args);
	lnx_warn(entry_text(b), ENV_PC);
}
#endif

/* Before 6.19: the message first, then the trap. */
ENV_SYMBOL(void __warn_printk(const char *fmt, ...))
{
	va_list args;

	va_start(args, fmt);
	lnx_printk(fmt, args);
	va_end(args);
}

/* A warning of the environment. Arguments are names and numbers that do not vary between schedules. */
void env_warn(unsigned long pc, const char *fmt, ...)
{
	char *text = next_text();
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, TEXT_SIZE, fmt, args);
	va_end(args);
	lnx_warn(text, pc);
}

void refcount_warn_saturate(refcount_t *r, enum refcount_saturation_type t)
{
	static const char *const what[] = {
		[REFCOUNT_ADD_NOT_ZERO_OVF] = "refcount_t: saturated; leaking memory",
		[REFCOUNT_ADD_OVF] = "refcount_t: saturated; leaking memory",
		[REFCOUNT_ADD_UAF] = "refcount_t: addition on 0; use-after-free",
		[REFCOUNT_SUB_UAF] = "refcount_t: underflow; use-after-free",
		[REFCOUNT_DEC_LEAK] = "refcount_t: decrement hit 0; leaking memory",
	};

	refcount_set(r, REFCOUNT_SATURATED);
	env_warn(ENV_PC, "%s", what[t]);
}

void __copy_overflow(int size, unsigned long count)
{
	env_warn(ENV_PC, "buffer overflow detected in copy_to_user() or copy_from_user()");
}
