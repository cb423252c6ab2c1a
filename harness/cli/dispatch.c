/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of commands, and what all of them share. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/options.h"
#include "harness/scenario/ops.h"

static const struct cli_command *const commands[] = {
	&cmd_run,  &cmd_explore, &cmd_litmus, &cmd_bugs,  &cmd_convert,
	&cmd_list, &cmd_report,	 &cmd_check,  &cmd_quick,
};

/* A report that did not reach its reader is no success, whatever the verdict was. */
static void close_stdout(void)
{
	errno = 0;
	if (fflush(stdout) || ferror(stdout) || fclose(stdout)) {
		fprintf(stderr, "tdpfuzz: standard output: %s\n", errno ? strerror(errno) : "write error");
		_exit(CLI_USAGE);
	}
}

static void help(void)
{
	printf("Usage: tdpfuzz COMMAND [OPTION...] [FILE...]\n"
	       "Fuzzes and explores the races of KVM's TDP MMU on a mirrored Secure EPT.\n\n");
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-8s %-22s %s\n", commands[i]->name, commands[i]->args, commands[i]->summary);
	printf("\ntdpfuzz COMMAND --help tells the options of each.\n\n"
	       "Exit codes: 0 clean within the stated bound, 1 usage or unreadable input, 2 a violation was "
	       "found or\n"
	       "a test differs from its header, 3 internal error or nondeterminism, 5 bound reached, verdict "
	       "unknown.\n");
}

static const struct cli_command *find(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	cli_usage("unknown %s '%s': see tdpfuzz --help", name[0] == '-' ? "option" : "command", name);
}

int cli_main(int argc, char **argv)
{
	const struct cli_command *c;
	struct cli_options o;
	int ret;

	signal(SIGPIPE, SIG_IGN);
	atexit(close_stdout);
	if (argc < 2)
		cli_usage("no command: see tdpfuzz --help");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		help();
		return CLI_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("tdpfuzz %s\n", build_identity());
		return CLI_OK;
	}
	c = find(argv[1]);
	cli_parse(c, argc - 1, argv + 1, &o);
	ret = c->run(&o);
	free(o.args);
	return ret;
}

int cli_worse(int a, int b)
{
	static const u8 rank[] = {
		[CLI_OK] = 0, [CLI_UNKNOWN] = 1, [CLI_FOUND] = 2, [CLI_USAGE] = 3, [CLI_INTERNAL] = 4};

	return rank[a] >= rank[b] ? a : b;
}

static void apply(struct scenario *s, const struct cli_options *o)
{
	if (o->bug >= 0) {
		s->has_bug = o->bug != BUG_NR;
		s->bug = s->has_bug ? o->bug : 0;
	}
	for (unsigned int i = 0; i < VARIANT_NR; i++)
		if (o->variant[i] >= 0)
			s->variants[i] = o->variant[i];
	if (o->points >= 0) {
		s->classes &= ~(SCN_CLASS_PLAIN | SCN_CLASS_LOCKS);
		s->classes |= M_KVM >> 4 | o->points;
		if (o->points == SCN_CLASS_LOCKS)
			s->classes &= ~(M_KVM >> 4);
	}
}

bool cli_load(struct scenario *s, const char *path, const struct cli_options *o)
{
	struct scn_error err;

	scn_init(s);
	if (!scn_load(s, path, &err)) {
		cli_error("%s", err.text);
		return false;
	}
	apply(s, o);
	return true;
}

bool cli_check_files(const struct cli_options *o)
{
	for (unsigned int i = 0; i < o->nr_args; i++) {
		struct scenario s;

		if (!cli_load(&s, o->args[i], o))
			return false;
		scn_free(&s);
	}
	return true;
}

bool cli_internal(const struct exec_result *r, const char *file)
{
	if (!r->finding || !r->run.id || strcmp(r->run.id, "INTERNAL") != 0)
		return false;
	cli_error("%s: internal error: %s: %s", file, r->run.title, r->run.state ? r->run.state : "");
	return true;
}

void cli_subject_args(const struct cli_options *o, char *buf, size_t size)
{
	size_t n = 0;
	char value[32];

	buf[0] = 0;
	if (o->bug >= 0)
		n += snprintf(buf, size, " --bug %s", o->bug == BUG_NR ? "none" : bug_infos[o->bug].name);
	for (unsigned int i = 0; i < VARIANT_NR && n < size; i++)
		if (o->variant[i] >= 0 && variant_name(i, o->variant[i], value, sizeof(value)))
			n += snprintf(buf + n, size - n, " --variant %s=%s", variant_infos[i].name, value);
	if (o->points >= 0 && n < size)
		snprintf(buf + n, size - n, " --points %s",
			 o->points == SCN_CLASS_LOCKS	? "locks"
			 : o->points == SCN_CLASS_PLAIN ? "plain"
							: "marked");
}

void cli_print_json(cJSON *object)
{
	char *text = cJSON_PrintUnformatted(object);

	if (!text)
		eng_internal_error("no memory for a line of JSON");
	puts(text);
	cJSON_free(text);
	cJSON_Delete(object);
}

double cli_round(double seconds)
{
	return (double)(u64)(seconds * 1000 + 0.5) / 1000;
}

void cli_print_result(const char *verdict, const char *title, u64 executions, double seconds,
		      const char *file)
{
	cJSON *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "verdict", verdict);
	if (title)
		cJSON_AddStringToObject(o, "title", title);
	else
		cJSON_AddNullToObject(o, "title");
	cJSON_AddNumberToObject(o, "executions", executions);
	cJSON_AddNumberToObject(o, "seconds", cli_round(seconds));
	cJSON_AddStringToObject(o, "file", file);
	cli_print_json(o);
}
