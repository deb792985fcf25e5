/* SPDX-License-Identifier: BSD-2-Clause */
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/failpoint.h"
#include "daemon/daemon.h"
#include "daemon/flow/confirm.h"
#include "daemon/flow/policies.h"

#define DEFAULT_CONFIG "/etc/hopthu/hopthud.conf"

enum { OPT_INIT = 256, OPT_ADMIN, OPT_ADMIN_UID, OPT_KEYS, OPT_INCARNATION, OPT_OVER,
       OPT_REASON, OPT_KNOWN };

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },   { "test", no_argument, NULL, 't' },
	{ "changes", no_argument, NULL, 'n' },	      { "init", no_argument, NULL, OPT_INIT },
	{ "admin", required_argument, NULL, OPT_ADMIN },
	{ "admin-uid", required_argument, NULL, OPT_ADMIN_UID },
	{ "incarnation", no_argument, NULL, OPT_INCARNATION },
	{ "incident-over", no_argument, NULL, OPT_OVER },
	{ "reason", required_argument, NULL, OPT_REASON },
	{ "known", required_argument, NULL, OPT_KNOWN },
	{ "keys", no_argument, NULL, OPT_KEYS },      { "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },	      { NULL, 0, NULL, 0 },
};

static const char usage[] =
	"usage: hopthud [-c FILE]            run in the foreground\n"
	"       hopthud [-c FILE] -t         test the configuration\n"
	"       hopthud [-c FILE] -n         print what differs from the defaults\n"
	"       hopthud [-c FILE] --init --admin NAME [--admin-uid UID]\n"
	"                                    make keys, database and the first admin\n"
	"       hopthud [-c FILE] --incarnation --reason TEXT [--known FILE]\n"
	"                                    go on with a database from a backup: new key and origin\n"
	"       hopthud [-c FILE] --incident-over --reason TEXT\n"
	"                                    go on after a false alarm: same key and origin\n"
	"       hopthud --keys               print every configuration key\n"
	"\n"
	"  -c, --config FILE    configuration (" DEFAULT_CONFIG ")\n"
	"  -t, --test           read and check the configuration, start nothing\n"
	"  -n, --changes        print the keys that are not at their defaults\n"
	"      --init           first things; leaves what is there already\n"
	"      --admin NAME     name of the first admin\n"
	"      --admin-uid UID  Unix user who is that admin on the socket (default: who runs this)\n"
	"      --incarnation    the log goes on under a new origin and key; ends an incident\n"
	"      --incident-over  the log goes on as it is; ends an incident\n"
	"      --reason TEXT    why; recorded in the audit log\n"
	"      --known FILE     the newest checkpoint of the old log that somebody outside has\n"
	"      --keys           every key with its default and meaning\n"
	"  -V, --version\n"
	"  -h, --help\n";

enum mode { MODE_RUN, MODE_TEST, MODE_CHANGES, MODE_INIT, MODE_INCARNATION };

struct command {
	enum mode mode;
	const char *file;
	struct init_order init;
	struct incarnation_order incarnation;
};

static int
parse(int argc, char **argv, struct command *cmd)
{
	char *end;
	int c;

	while ((c = getopt_long(argc, argv, "c:tnVh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			cmd->file = optarg;
			break;
		case 't':
			cmd->mode = MODE_TEST;
			break;
		case 'n':
			cmd->mode = MODE_CHANGES;
			break;
		case OPT_INIT:
			cmd->mode = MODE_INIT;
			break;
		case OPT_ADMIN:
			cmd->init.admin = optarg;
			break;
		case OPT_ADMIN_UID:
			cmd->init.uid = strtol(optarg, &end, 10);
			if (*end || cmd->init.uid < 0) {
				fprintf(stderr, "hopthud: --admin-uid takes a number, not \"%s\"\n",
					optarg);
				return 64;
			}
			break;
		case OPT_OVER:
			cmd->incarnation.over = true;
			cmd->mode = MODE_INCARNATION;
			break;
		case OPT_INCARNATION:
			cmd->mode = MODE_INCARNATION;
			break;
		case OPT_REASON:
			cmd->incarnation.reason = optarg;
			break;
		case OPT_KNOWN:
			cmd->incarnation.known = optarg;
			break;
		case OPT_KEYS:
			conf_print_keys(stdout);
			return 0;
		case 'V':
			printf("hopthud %s\n", VERSION);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 64;
		}
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "hopthud: \"%s\" is one word too many\n%s", argv[optind], usage);
	return 64;
}

static int
init(const struct conf *conf, const struct init_order *o)
{
	struct err e = ERR_INIT;

	if (!o->admin) {
		fputs("hopthud: --init needs --admin NAME, who will be the first administrator\n",
		      stderr);
		return 64;
	}
	if (init_run(conf, o, &e)) {
		fprintf(stderr, "hopthud: %s\n", e.msg);
		return daemon_exit_status(&e);
	}
	printf("made %s and the keys in %s; %s is admin for the Unix user %ld\n"
	       "when hopthud runs, print the log's public key and keep it elsewhere: "
	       "hopthuctl audit checkpoint --new --page >page.html\n", conf->database, conf->key_dir,
	       o->admin, o->uid);
	return 0;
}

static int
incarnation(const struct conf *conf, const struct incarnation_order *o)
{
	struct err e = ERR_INIT;

	if (!o->reason || !*o->reason || strlen(o->reason) > 2000) {
		fputs("hopthud: --incarnation and --incident-over need --reason TEXT, of at most 2000 bytes: "
		      "why it is done\n", stderr);
		return 64;
	}
	if (!incarnation_run(conf, o, &e))
		return 0;
	fprintf(stderr, "hopthud: %s\n", e.msg);
	return daemon_exit_status(&e);
}

/* A line for each mistake of the configuration. */
static void
complain(const char *lines)
{
	do {
		size_t n = strcspn(lines, "\n");

		fprintf(stderr, "hopthud: %.*s\n", (int)n, lines);
		lines += n + (lines[n] == '\n');
	} while (*lines);
}

/* -t says it too, without a mistake. */
static void
tell_unknown_years(const struct policies *p)
{
	AUTO(buf) lines = BUF_INIT;
	struct date today = clock_today();

	policies_unknown_years(p, today.year, today.year + 1, &lines);
	if (lines.len)
		printf("%s", lines.data);
}

/* -t: the policies too, with every mistake. */
static int
test(const struct conf *conf)
{
	AUTO(buf) wrong = BUF_INIT;
	struct policies *p = policies_load_all(conf->policy_dir, &wrong);
	struct err e = ERR_INIT;
	size_t n = 0;

	if (!p) {
		complain(wrong.data);
		return 78;
	}
	if (confirm_check(conf, &e)) {
		complain(e.msg);
		policies_free(p);
		return 78;
	}
	while (policies_at(p, n))
		n++;
	printf("%s is right\n", conf->file);
	if (policies_missing(p))
		printf("there is no folder %s: the built-in rules hold for every domain\n",
		       conf->policy_dir);
	else
		printf("%zu policies in %s are right\n", n, conf->policy_dir);
	if (!policies_missing(p))
		tell_unknown_years(p);
	policies_free(p);
	return 0;
}

int
main(int argc, char **argv)
{
	struct command cmd = { .file = DEFAULT_CONFIG, .init = { .uid = (long)getuid() } };
	struct err e = ERR_INIT;
	struct conf *conf;
	int rc = parse(argc, argv, &cmd);

	if (rc >= 0)
		return rc;
	umask(0077);
	failpoint_init();
	conf = conf_load(cmd.file, &e);
	if (!conf || init_check_conf(conf, &e)) {
		complain(e.msg);
		conf_free(conf);
		return daemon_exit_status(&e);
	}
	switch (cmd.mode) {
	case MODE_RUN:
		return daemon_run(conf);
	case MODE_TEST:
		rc = test(conf);
		break;
	case MODE_CHANGES:
		conf_print_changes(conf, stdout);
		break;
	case MODE_INIT:
		rc = init(conf, &cmd.init);
		break;
	case MODE_INCARNATION:
		rc = incarnation(conf, &cmd.incarnation);
		break;
	}
	conf_free(conf);
	return rc < 0 ? 0 : rc;
}
