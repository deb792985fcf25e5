/* SPDX-License-Identifier: BSD-2-Clause */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/witness/witness_drop.h"
#include "tools/witness/witness_http.h"

/* hopthu-witness: what it is asked to do.  What it keeps: witness_state.h; its rule: witness_log.h. */
#define DEFAULT_STATE "/var/lib/hopthu-witness"
#define SAY_A_MINUTE 60

enum { OPT_INIT = 256, OPT_NAME, OPT_TRUST, OPT_SHOW, OPT_ANSWER, OPT_SOCKET, OPT_MODE, OPT_GROUP,
       OPT_LISTEN, OPT_CERT, OPT_KEY };

static const struct option options[] = {
	{ "state", required_argument, NULL, 's' },
	{ "init", no_argument, NULL, OPT_INIT },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "trust", required_argument, NULL, OPT_TRUST },
	{ "show", no_argument, NULL, OPT_SHOW },
	{ "answer", required_argument, NULL, OPT_ANSWER },
	{ "output", required_argument, NULL, 'o' },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "socket-mode", required_argument, NULL, OPT_MODE },
	{ "socket-group", required_argument, NULL, OPT_GROUP },
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "cert", required_argument, NULL, OPT_CERT },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const char usage[] =
	"usage: hopthu-witness [-s DIR] --init --name NAME   make the key; print the public one\n"
	"       hopthu-witness [-s DIR] --trust VKEY         follow a log from now on\n"
	"       hopthu-witness [-s DIR] --show               print what was confirmed last\n"
	"       hopthu-witness [-s DIR] --answer FILE|FOLDER [-o FILE]\n"
	"                                                    answer a request that was carried here\n"
	"       hopthu-witness [-s DIR] [--socket PATH] [--listen HOST:PORT --cert FILE --key FILE]\n"
	"                                                    serve in the foreground\n"
	"\n"
	"  -s, --state DIR          what it keeps (" DEFAULT_STATE ")\n"
	"      --init               a new key in a new or empty DIR\n"
	"      --name NAME          of the key, such as witness.auditor.gov.vn\n"
	"      --trust VKEY         public key of a log: what hopthud --init left in log.vkey\n"
	"      --show               logs, sizes, roots, times\n"
	"      --answer FILE        a request in a file, or in a folder as FOLDER/request\n"
	"  -o, --output FILE        where the answer goes (FOLDER/response, else standard output)\n"
	"      --socket PATH        serve on a Unix socket\n"
	"      --socket-mode MODE   its mode in octal (0660)\n"
	"      --socket-group NAME  its group\n"
	"      --listen HOST:PORT   serve HTTPS\n"
	"      --cert FILE          its certificate, with the chain (PEM)\n"
	"      --key FILE           the certificate's key (PEM)\n"
	"  -V, --version\n"
	"  -h, --help\n";

#define HINT "`hopthu-witness --help` tells how\n"

enum mode { MODE_SERVE, MODE_INIT, MODE_TRUST, MODE_SHOW, MODE_ANSWER };

struct command {
	enum mode mode;
	int modes; /* how many were asked for */
	const char *state, *name, *trust, *answer, *output;
	struct witness_serve serve;
};

void
witness_say(const char *fmt, ...)
{
	static time_t minute;
	static unsigned said;
	time_t now = time(NULL) / 60;
	char line[2 * ERR_MSG_MAX];
	va_list ap;

	if (now != minute) {
		if (said > SAY_A_MINUTE)
			fprintf(stderr, "hopthu-witness: %u more lines were not said\n", said - SAY_A_MINUTE);
		minute = now;
		said = 0;
	}
	if (said++ >= SAY_A_MINUTE)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	for (size_t n = strlen(line); n && line[n - 1] == '\n';)
		line[--n] = '\0';
	for (char *p = line; *p; p++)
		if (*p == '\n')
			*p = ' ';
	fprintf(stderr, "hopthu-witness: %s\n", line);
}

static int
exit_status(const struct err *e)
{
	switch (e->class) {
	case ERR_NONE:
		return 0;
	case ERR_TEMP:
		return 69;
	case ERR_PERM:
	case ERR_CONFIG:
		return 78;
	case ERR_CONFLICT:
		return 73;
	case ERR_AUTH:
	case ERR_DENIED:
		return 77;
	case ERR_USAGE:
		return 64;
	case ERR_NOTFOUND:
		return 2;
	}
	return 70;
}

static int
fail(const struct err *e)
{
	fprintf(stderr, "hopthu-witness: %s\n", e->msg);
	return exit_status(e);
}

static int
init(const struct command *cmd)
{
	struct err e = ERR_INIT;
	AUTO(str) vkey = NULL;

	if (!cmd->name) {
		fputs("hopthu-witness: --init needs --name NAME, such as witness.auditor.gov.vn\n", stderr);
		return 64;
	}
	if (witness_state_init(cmd->state, cmd->name, &vkey, &e))
		return fail(&e);
	printf("%s\n", vkey);
	return 0;
}

static int
trust(struct witness_state *s, const struct command *cmd)
{
	struct err e = ERR_INIT;
	int rc = witness_state_trust(s, cmd->trust, &e);

	if (rc < 0)
		return fail(&e);
	fprintf(stderr, rc ? "hopthu-witness: this log is followed already\n" :
			     "hopthu-witness: the log is followed from now on\n");
	return 0;
}

static void
show_seen(const struct witness_seen *seen)
{
	AUTO(buf) root = BUF_INIT;
	time_t t = (time_t)seen->time;
	char text[32];
	struct tm tm;

	if (!seen->any) {
		printf("\tnothing confirmed yet\n");
		return;
	}
	base64_add(&root, seen->at.root, sizeof(seen->at.root));
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
	printf("\tsize %llu\n\troot %s\n\ttime %s\n", (unsigned long long)seen->at.size, root.data, text);
}

static int
show(const struct witness_state *s)
{
	AUTO(str) own = note_key_vkey(&s->key);
	int rc = 0;

	printf("witness %s\n", own);
	for (int i = 0; i < s->count; i++) {
		struct witness_seen seen = WITNESS_SEEN_INIT;
		AUTO(str) vkey = note_key_vkey(&s->logs[i].key);
		struct err e = ERR_INIT;

		printf("log %s\n", vkey);
		if (witness_state_read(s, &s->logs[i], &seen, &e)) {
			printf("\tDAMAGED\n");
			fflush(stdout);
			rc = fail(&e);
			continue;
		}
		show_seen(&seen);
		witness_seen_release(&seen);
	}
	return rc;
}

/* The exit status tells a script what the answer is. */
static int
answer(const struct witness_state *s, const struct command *cmd)
{
	static const struct { int http, exit; const char *what; } statuses[] = {
		{ 200, 0, "confirmed; the answer goes back to where the request came from" },
		{ 400, 65, "the request is malformed; the answer says how" },
		{ 403, 77, "not confirmed: the log whose name it has did not sign it" },
		{ 404, 2, "not confirmed: this log is not followed here; --trust with its public key begins that" },
		{ 409, 73, "not confirmed: the request begins at another size than was confirmed last; the answer "
			   "goes back all the same, and the next request will be right" },
		{ 422, 76, "NOT CONFIRMED: this log is not the one that it was; the answer goes back, and this "
			   "is kept as evidence" },
		{ 503, 69, "not now; the answer says why" },
	};
	struct err e = ERR_INIT;
	int status = witness_drop_answer(s, cmd->answer, cmd->output, witness_log_now(), &e);

	if (status < 0)
		return fail(&e);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		if (statuses[i].http == status) {
			witness_say("%s", statuses[i].what);
			return statuses[i].exit;
		}
	return 70;
}

static int
serve(const struct witness_state *s, const struct command *cmd)
{
	struct err e = ERR_INIT;

	return witness_http_serve(s, &cmd->serve, &e) ? fail(&e) : 0;
}

/* What can be wrong with the words together; 0, or the exit status. */
static int
check(const struct command *cmd)
{
	const struct witness_serve *how = &cmd->serve;
	const char *wrong = NULL;

	if (cmd->modes > 1)
		wrong = "one of --init, --trust, --show and --answer at a time";
	else if (cmd->name && cmd->mode != MODE_INIT)
		wrong = "--name belongs to --init";
	else if (cmd->output && cmd->mode != MODE_ANSWER)
		wrong = "--output belongs to --answer";
	else if (cmd->mode != MODE_SERVE && (how->socket || how->listen))
		wrong = "--socket and --listen serve, and nothing else is done then";
	else if (cmd->mode == MODE_SERVE && !how->socket && !how->listen)
		wrong = "say what to do: --init, --trust, --show, --answer, or --socket and --listen to serve";
	else if (!how->listen != !how->cert || !how->listen != !how->key)
		wrong = "--listen, --cert and --key belong together";
	if (!wrong)
		return 0;
	fprintf(stderr, "hopthu-witness: %s; " HINT, wrong);
	return 64;
}

static void
set_mode(struct command *cmd, enum mode mode)
{
	cmd->mode = mode;
	cmd->modes++;
}

static int
parse_socket_mode(struct command *cmd, const char *text)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (!*text || *end || mode > 0777 || !(mode & 0600)) {
		fprintf(stderr, "hopthu-witness: --socket-mode takes a mode in octal such as 0660, not \"%s\"\n",
			text);
		return 64;
	}
	cmd->serve.socket_mode = (unsigned)mode;
	return -1;
}

/* One option: -1 to go on, else the exit status. */
static int
take(struct command *cmd, int c, const char *arg)
{
	switch (c) {
	case 's':
		cmd->state = arg;
		return -1;
	case OPT_INIT:
		set_mode(cmd, MODE_INIT);
		return -1;
	case OPT_NAME:
		cmd->name = arg;
		return -1;
	case OPT_TRUST:
		set_mode(cmd, MODE_TRUST);
		cmd->trust = arg;
		return -1;
	case OPT_SHOW:
		set_mode(cmd, MODE_SHOW);
		return -1;
	case OPT_ANSWER:
		set_mode(cmd, MODE_ANSWER);
		cmd->answer = arg;
		return -1;
	case 'o':
		cmd->output = arg;
		return -1;
	case OPT_SOCKET:
		cmd->serve.socket = arg;
		return -1;
	case OPT_MODE:
		return parse_socket_mode(cmd, arg);
	case OPT_GROUP:
		cmd->serve.socket_group = arg;
		return -1;
	case OPT_LISTEN:
		cmd->serve.listen = arg;
		return -1;
	case OPT_CERT:
		cmd->serve.cert = arg;
		return -1;
	case OPT_KEY:
		cmd->serve.key = arg;
		return -1;
	case 'V':
		printf("hopthu-witness %s\n", VERSION);
		return 0;
	case 'h':
		fputs(usage, stdout);
		return 0;
	default:
		fputs("hopthu-witness: " HINT, stderr);
		return 64;
	}
}

static int
parse(int argc, char **argv, struct command *cmd)
{
	int c, rc;

	while ((c = getopt_long(argc, argv, "s:o:Vh", options, NULL)) != -1) {
		rc = take(cmd, c, optarg);
		if (rc >= 0)
			return rc;
	}
	if (optind < argc) {
		fprintf(stderr, "hopthu-witness: \"%s\" is one word too many; " HINT, argv[optind]);
		return 64;
	}
	rc = check(cmd);
	return rc ? rc : -1;
}

static int
run(struct witness_state *s, const struct command *cmd)
{
	switch (cmd->mode) {
	case MODE_SERVE:
		return serve(s, cmd);
	case MODE_TRUST:
		return trust(s, cmd);
	case MODE_SHOW:
		return show(s);
	case MODE_ANSWER:
		return answer(s, cmd);
	case MODE_INIT:
		break;
	}
	return 70;
}

int
main(int argc, char **argv)
{
	struct command cmd = { .state = DEFAULT_STATE, .serve = { .socket_mode = 0660 } };
	enum witness_open how = WITNESS_WRITE;
	struct witness_state s;
	struct err e = ERR_INIT;
	int rc = parse(argc, argv, &cmd);

	if (rc >= 0)
		return rc;
	umask(0077);
	prctl(PR_SET_DUMPABLE, 0); /* the key is in memory: no core, and nobody else's debugger */
	if (cmd.mode == MODE_INIT)
		return init(&cmd);
	if (cmd.mode == MODE_SHOW)
		how = WITNESS_READ;
	else if (cmd.mode == MODE_TRUST)
		how = WITNESS_MEND;
	if (witness_state_open(&s, cmd.state, how, &e))
		return fail(&e);
	rc = run(&s, &cmd);
	witness_state_close(&s);
	return rc;
}
