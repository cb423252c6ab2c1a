// SPDX-License-Identifier: GPL-2.0-only
/* What readers say about bad input: one line with file, line and column, and nothing written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/scenario/ops.h"

#define HEAD "TDPFUZZ litmus 1\n"
#define VM "vm { memory 2*2M; }\n"
#define VCPU "thread vcpu { nop; }\n"

static const struct {
	const char *text, *error;
} table[] = {
	{"", "t:1:1: expected 'TDPFUZZ litmus 1'"},
	{"\n\n  hello", "t:3:3: expected 'TDPFUZZ litmus 1'"},
	{"TDPFUZZ litmus 2\n", "t:2:1: version 2 is newer than this build reads (1)"},
	{"TDPFUZZ litmus x\n", "t:1:16: expected a number up to 65535, found 'x'"},
	{HEAD "Nmae: x\n", "t:2:1: unknown header line 'Nmae'"},
	{HEAD "Name:\n" VM, "t:3:1: expected a name, found 'vm'"},
	{HEAD "Name: a b\n", "t:2:9: name has more than one word"},
	{HEAD "Origin: x\n", "t:2:9: expected origin in quotes, found 'x'"},
	{HEAD "Origin: \"x\n", "t:2:9: string does not end"},
	{HEAD "Result: Maybe\n", "t:2:9: expected 'Never', found 'Maybe'"},
	{HEAD "Result: Never huge=on\n", "t:2:20: variant huge is one of off|rfc-v1, not 'on'"},
	{HEAD "Result: Never hug=off\n", "t:2:15: unknown variant 'hug'"},
	{HEAD "Flips-with:\n" VM, "t:3:1: Flips-with names neither variant nor bug"},
	{HEAD "Flips-with: bug=none\n" VM VCPU, "t:1:1: Flips-with names neither variant nor bug"},
	{HEAD "Bug: no-such-bug\n", "t:2:6: unknown bug 'no-such-bug'"},
	{HEAD "Variant: freeze\n", "t:3:1: expected '=', found 'end of file'"},
	{HEAD "Bound: preemptions=256\n", "t:2:20: expected a number up to 255, found '256'"},
	{HEAD "machine { geometry tall; }\n", "t:2:20: expected narrow or wide, found 'tall'"},
	{HEAD "machine { choices luck; }\n", "t:2:19: unknown name 'luck'"},
	{HEAD "machine { }\nmachine { }\n", "t:3:1: second 'machine'"},
	{HEAD "vm { memory 2*3M; }\n", "t:2:15: expected 1G, 2M or 4K, found '3M'"},
	{HEAD "vm { memory 99999; }\n", "t:2:13: expected a number up to 65535, found '99999'"},
	{HEAD "vm { memory 60000+60000; }\n", "t:2:13: address is out of range"},
	{HEAD "vm { disk 5; }\n", "t:2:6: unknown keyword 'disk' in vm"},
	{HEAD "vm { memory 2M }\n", "t:2:16: expected ';', found '}'"},
	{HEAD VM "thread gpu { }\n", "t:3:8: expected vcpu or host, found 'gpu'"},
	{HEAD VM "thread vcpu { jump 5; }\n", "t:3:15: unknown operation 'jump'"},
	{HEAD VM "thread vcpu { punch 0 1; }\n", "t:3:15: 'punch' does not belong in a vcpu thread"},
	{HEAD VM "thread vcpu { read 5 -> x0; }\n", "t:3:25: expected a register r0 to r7, found 'x0'"},
	{HEAD VM "thread vcpu { read 5 -> r8; }\n", "t:3:25: expected a register r0 to r7, found 'r8'"},
	{HEAD VM "thread vcpu {\n nop;\n", "t:5:1: unknown operation 'end of file'"},
	{HEAD VM "thread vcpu {\n\tnop;\n\tread 3*2M -> r0;\n}\n",
	 "t:5:2: read: range is empty or outside memory"},
	{HEAD VM "thread vcpu {\n\taccept 1 2M -> r0;\n}\n",
	 "t:4:2: accept: register, level, alignment or an unused field out of range"},
	{HEAD VM "thread host { punch 0 1; }\n", "t:1:1: the first 1 to 4 threads must be vCPUs"},
	{HEAD VM VCPU "thread host { prefault 0 0 1; }\n",
	 "t:4:15: prefault: vCPU 0 has a program or does not exist"},
	{HEAD "vm { kind vmx; memory 2M; }\nthread vcpu { accept 0 4K -> r0; }\n",
	 "t:3:15: accept: not in an ordinary VM (kind vmx)"},
	{HEAD "vm { kind sw-protected; memory 2M; }\nthread vcpu { read shared 0 -> r0; }\n",
	 "t:3:15: read: only in a TD, not with kind sw-protected"},
	{HEAD "vm { kind sw-protected; memory 2M; added 0; }\n" VCPU,
	 "t:2:1: vm: kind sw-protected has no added or pending-ve-disable"},
	{HEAD "vm { kind sev; memory 2M; }\n" VCPU, "t:2:11: expected tdx, vmx or sw-protected, found 'sev'"},
	{HEAD "vm { memory 2M; mapped 2M; }\n" VCPU, "t:2:1: mapped page 1 is unaligned or outside memory"},
	{HEAD "vm { memory 2M; shared 0 2; mapped 1; }\n" VCPU,
	 "t:2:1: mapped page 1 is (partly) shared at start"},
	{HEAD VM VCPU "exists (0:r9 = 1)\n",
	 "t:4:1: exists: thread, register, operation or invariant does not exist"},
	{HEAD VM VCPU "exists (violation NO-99)\n",
	 "t:4:1: exists: thread, register, operation or invariant does not exist"},
	{HEAD VM VCPU "exists (0:r1 = 1 /\\)\n", "t:4:20: expected a number up to 5, found ')'"},
	{HEAD VM VCPU "schedule gaps 0g;\n", "t:4:15: expected a byte as two hexadecimal digits, found '0g'"},
	{HEAD VM VCPU "schedule exact { asked sched/2*3; took 3:1; }\n",
	 "t:4:40: schedule has no choice 3, or it has been given"},
	{HEAD VM VCPU "schedule exact { asked sched/2*3; took 1:2; }\n",
	 "t:4:1: schedule: choice 1 out of range"},
	{HEAD VM VCPU "@\n", "t:4:1: unexpected character '@'"},
	{HEAD "/* no end\n", "t:2:1: comment does not end"},
	{HEAD VM VCPU "\x01", "t:4:1: unexpected byte 0x01"},
	{HEAD VM, "t:3:1: no thread before the end of the file"},
};

static unsigned int failed, number;

static void ok(bool good, const char *what)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++number, what);
	failed += !good;
}

static void test_text(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		struct scn_error err = {"accepted"};
		struct scenario s;
		bool read = scn_parse_text(&s, "t", table[i].text, strlen(table[i].text), &err);

		if (strcmp(err.text, table[i].error))
			printf("# said:   %s\n# wanted: %s\n", err.text, table[i].error);
		ok(!read && !strcmp(err.text, table[i].error), table[i].error);
	}
}

static bool says(const char *path, const char *what)
{
	struct scn_error err = {"accepted"};
	struct scenario s;
	bool good = !scn_load(&s, path, &err) && strstr(err.text, what) && strstr(err.text, path);

	if (!good)
		printf("# said: %s\n", err.text);
	return good;
}

static void put(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(data, 1, size, f) != size || fclose(f))
		exit(3);
}

/* A device that is named as output is written to, and is still a device afterwards. */
static void test_device(const char *dir)
{
	char path[64];
	struct scn_error err;
	struct scenario s;
	struct stat st;

	snprintf(path, sizeof(path), "%s/full", dir);
	if (symlink("/dev/full", path))
		exit(3);
	scn_init(&s);
	ok(!scn_save(&s, path, &err) && strstr(err.text, "No space left"), "an output that is full");
	ok(!lstat(path, &st) && S_ISLNK(st.st_mode), "a device is not replaced by a file");
	unlink(path);
}

static void test_files(void)
{
	char dir[] = "/tmp/tdpfuzz-scn-XXXXXX", path[64], none[64];
	struct scn_error err;
	struct scenario s;

	if (!mkdtemp(dir))
		exit(3);
	snprintf(path, sizeof(path), "%s/f", dir);
	snprintf(none, sizeof(none), "%s/none/f.litmus", dir);
	ok(says("/no/such/file", "No such file"), "a missing file");
	ok(says(dir, "Is a directory"), "a directory");
	put(path, "", 0);
	ok(says(path, "empty"), "an empty file");
	put(path, "TDPF\x02rest", 9);
	ok(says(path, "version 2 is newer than this build reads (1)"), "a newer version");
	put(path, "TDPF", 4);
	ok(says(path, "truncated"), "a truncated file");
	put(path,
	    "TDPF\x01\x01\x05"
	    "12345",
	    12);
	ok(says(path, ": byte "), "a damaged file names the byte");
	put(path, "\0\0\0", 3);
	ok(says(path, "no program as a fuzz input"), "a fuzz input without program");
	unlink(path);
	scn_init(&s);
	ok(!scn_save(&s, none, &err) && strstr(err.text, "No such file"), "an output that cannot be written");
	test_device(dir);
	ok(!rmdir(dir), "nothing is left behind");
}

int main(void)
{
	eng_init();
	test_text();
	test_files();
	printf("1..%u\n", number);
	return failed != 0;
}
