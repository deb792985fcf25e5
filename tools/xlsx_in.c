/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tools/xlsx.h"

/* A few kilobytes of a zip archive can be made to hold terabytes: nothing of it is believed. */
#define CSV_MAX (64u << 20)
#define COMPLAINT_MAX (64u << 10)
#define MEMORY_MAX (1u << 30)
#define NOT_THERE 127 /* as a shell says it */
#define SHEET "-------- " /* and its number and name: a line before each sheet */
#define INSTEAD "save the file as \"CSV UTF-8\""

enum xlsx_kind
xlsx_kind(const char *data, size_t len)
{
	static const char ole[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", zip[] = "PK\3\4";

	if (len >= sizeof(ole) - 1 && !memcmp(data, ole, sizeof(ole) - 1))
		return XLSX_OLD;
	if (len < sizeof(zip) - 1 || memcmp(data, zip, sizeof(zip) - 1) != 0)
		return XLSX_NONE;
	/* Names stand uncompressed in an archive, also those of a document of Word. */
	if (memmem(data, len, "[Content_Types].xml", 19) && memmem(data, len, "xl/", 3))
		return XLSX_SHEET;
	return XLSX_OTHER;
}

/* --- the process ------------------------------------------------------------------------------ */

struct reader {
	pid_t pid;
	int out, complaints; /* what it writes; -1: closed */
	struct buf *csv;
	struct buf said;
	int64_t until; /* monotonic, ms */
	size_t seen;   /* bytes of csv that were looked at, to the beginning of the next sheet: */
	bool quoted, ended;
	bool rows; /* it is behind the name of the first sheet */
};

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
limit(int what, rlim_t most)
{
	struct rlimit r = { .rlim_cur = most, .rlim_max = most };

	setrlimit(what, &r);
}

/* In the child: only what is needed, and no more than is needed. */
static void
become_reader(int file, int out, int complaints, unsigned seconds)
{
	char path[40], home[] = "PATH=/usr/local/bin:/usr/bin:/bin";
	const char *search = getenv("PATH");
	char *own_path = search ? xasprintf("PATH=%s", search) : home;
	char *argv[] = { (char *)"xlsx2csv", (char *)"--quoting", (char *)"all", (char *)"--delimiter",
			 (char *)",", (char *)"--dateformat", (char *)"%Y-%m-%d", (char *)"--all",
			 (char *)"--exclude_hidden_sheets", path, NULL };
	char *env[] = { own_path, (char *)"LC_ALL=C.UTF-8", (char *)"PYTHONUTF8=1",
			(char *)"PYTHONIOENCODING=utf-8", (char *)"PYTHONNOUSERSITE=1", NULL };
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	fcntl(file, F_SETFD, 0);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(complaints, STDERR_FILENO) < 0)
		_exit(NOT_THERE - 1);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_CPU, seconds);
	limit(RLIMIT_AS, MEMORY_MAX);
	execvpe(argv[0], argv, env);
	_exit(errno == ENOENT ? NOT_THERE : NOT_THERE - 1);
}

static int
start(struct reader *r, int file, unsigned timeout_ms, struct err *e)
{
	int out[2], complaints[2];

	if (pipe2(out, O_CLOEXEC))
		return err_set(e, ERR_PERM, "cannot make a pipe: %s", strerror(errno));
	if (pipe2(complaints, O_CLOEXEC)) {
		close(out[0]);
		close(out[1]);
		return err_set(e, ERR_PERM, "cannot make a pipe: %s", strerror(errno));
	}
	r->pid = fork();
	if (!r->pid)
		become_reader(file, out[1], complaints[1], timeout_ms / 1000 + 1);
	close(out[1]);
	close(complaints[1]);
	r->out = out[0];
	r->complaints = complaints[0];
	r->until = now_ms() + timeout_ms;
	return r->pid < 0 ? err_set(e, ERR_PERM, "cannot start a process: %s", strerror(errno)) : 0;
}

static void
close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* What can be read just now; more than max bytes are dropped. */
static void
drain(int *fd, struct buf *b, size_t max)
{
	char part[65536];
	ssize_t n = read(*fd, part, sizeof(part));

	if (n > 0 && b->len <= max)
		buf_add(b, part, (size_t)n);
	if (!n || (n < 0 && errno != EINTR))
		close_end(fd);
}

/* Looks for the line before the second sheet.  Every cell is quoted, so no cell can pass for it. */
static void
find_end(struct reader *r)
{
	size_t k = strlen(SHEET);

	for (; r->seen + k <= r->csv->len; r->seen++) {
		const char *p = r->csv->data + r->seen;

		if (*p == '\n')
			r->rows = true;
		if (*p == '"' && r->rows) /* the line of the sheet's name has none around it */
			r->quoted = !r->quoted;
		r->ended = r->seen && !r->quoted && p[-1] == '\n' && !memcmp(p, SHEET, k);
		if (r->ended)
			return;
	}
}

/* Leaves only the first of the sheets, which are those that a person sees. */
static void
first_sheet(struct reader *r)
{
	const char *end = r->csv->data + (r->ended ? r->seen : r->csv->len), *from = r->csv->data;
	const char *line = memchr(from, '\n', (size_t)(end - from));

	if (line && !strncmp(from, SHEET, strlen(SHEET)))
		from = line + 1;
	memmove(r->csv->data, from, (size_t)(end - from));
	r->csv->len = (size_t)(end - from);
	if (r->csv->size)
		r->csv->data[r->csv->len] = '\0';
}

/* False when it took too long or wrote too much.  What comes after the first sheet is not waited for. */
static bool
listen_to(struct reader *r)
{
	while (!r->ended && (r->out >= 0 || r->complaints >= 0)) {
		struct pollfd p[2] = { { .fd = r->out, .events = POLLIN },
				       { .fd = r->complaints, .events = POLLIN } };
		int64_t left = r->until - now_ms();

		if (left <= 0 || r->csv->len > CSV_MAX)
			return false;
		if (poll(p, 2, (int)left) < 0 && errno != EINTR)
			return false;
		if (p[0].revents)
			drain(&r->out, r->csv, CSV_MAX);
		if (p[1].revents)
			drain(&r->complaints, &r->said, COMPLAINT_MAX);
		find_end(r);
	}
	return r->csv->len <= CSV_MAX;
}

/* Its end; *heard becomes false when it does not come by itself in time. */
static int
stop(struct reader *r, bool *heard)
{
	int status = 0;

	close_end(&r->out);
	close_end(&r->complaints);
	if (r->pid <= 0)
		return -1;
	while (*heard && !waitpid(r->pid, &status, WNOHANG)) {
		*heard = now_ms() < r->until;
		poll(NULL, 0, 1);
	}
	if (*heard)
		return status;
	kill(r->pid, SIGKILL);
	while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return status;
}

/* --- what it says ----------------------------------------------------------------------------- */

/* A trace of Python ends with the reason; what failed while it cleaned up is none. */
static const char *
last_line(struct buf *b)
{
	char *at = strstr(b->data, "Exception ignored in");

	if (!at)
		at = strstr(b->data, ": /proc/self/fd/");
	if (at) {
		*at = '\0';
		b->len = strlen(b->data);
	}
	while (b->len && strchr("\r\n \t", b->data[b->len - 1]))
		b->data[--b->len] = '\0';
	at = b->len ? strrchr(b->data, '\n') : NULL;
	return at ? at + 1 : b->data;
}

static int
judge(const char *name, struct reader *r, int status, struct err *e)
{
	const char *said = last_line(&r->said);
	bool ours = r->ended; /* whatever became of it then */

	first_sheet(r);
	if (ours)
		status = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_THERE)
		return err_set(e, ERR_CONFIG, "xlsx2csv is not installed: apt-get install xlsx2csv, or "
			       INSTEAD);
	if (WIFSIGNALED(status) || strstr(said, "MemoryError"))
		return err_set(e, ERR_USAGE, "%s takes xlsx2csv more time or memory than any letter does; "
			       INSTEAD " and look what is in it", name);
	if (!ours && (!WIFEXITED(status) || WEXITSTATUS(status) || (!r->csv->len && *said)))
		return err_set(e, ERR_USAGE, "xlsx2csv cannot read %s (%.200s); " INSTEAD, name,
			       *said ? said : "it does not say why");
	if (!r->csv->len)
		return err_set(e, ERR_USAGE, "the first sheet of %s that is not hidden is empty; `hopthuctl template create -o "
			       "xlsx` prints a file to begin with", name);
	return 0;
}

/*
 * Every cell is quoted, because Python leaves a lone carriage return without quotation marks otherwise.
 * Those round nothing would be a third of a wide sheet, and a letter may only be so long.
 */
static void
drop_empty_quotes(struct buf *csv)
{
	const char *end = csv->data + csv->len;
	char *to = csv->data;
	bool quoted = false;

	for (const char *p = csv->data; p < end; p++) {
		bool begins = !quoted && (p == csv->data || p[-1] == ',' || p[-1] == '\n');

		if (begins && p[0] == '"' && p[1] == '"' && (!p[2] || strchr(",\r\n", p[2]))) {
			p++;
			continue;
		}
		if (*p == '"')
			quoted = !quoted;
		*to++ = *p;
	}
	*to = '\0';
	csv->len = (size_t)(to - csv->data);
}

static int
file_in_memory(const struct buf *file, struct err *e)
{
	int fd = memfd_create("letter.xlsx", MFD_CLOEXEC);
	size_t at = 0;

	while (fd >= 0 && at < file->len) {
		ssize_t n = write(fd, file->data + at, file->len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			close(fd);
			fd = -1;
		}
		at += (size_t)n;
	}
	return fd < 0 ? err_set(e, ERR_PERM, "cannot make a file in memory: %s", strerror(errno)) : fd;
}

int
xlsx_to_csv(const char *name, const struct buf *file, struct buf *csv, unsigned timeout_ms,
	    struct err *e)
{
	struct reader r = { .out = -1, .complaints = -1, .csv = csv, .said = BUF_INIT };
	AUTO(fd) fd = file_in_memory(file, e);
	bool heard = false;
	int rc, status;

	if (fd < 0 || start(&r, fd, timeout_ms, e)) {
		stop(&r, &heard);
		return -1;
	}
	heard = listen_to(&r);
	if (heard && r.ended)
		kill(r.pid, SIGKILL);
	status = stop(&r, &heard);
	if (heard)
		rc = judge(name, &r, status, e);
	else if (csv->len > CSV_MAX)
		rc = err_set(e, ERR_USAGE, "%s holds more than %u MiB of text: that is no letter", name,
			     CSV_MAX >> 20);
	else
		rc = err_set(e, ERR_USAGE, "xlsx2csv has not read %s within %u s; " INSTEAD ", or give it "
			     "more with --timeout", name, timeout_ms / 1000);
	buf_release(&r.said);
	if (!rc)
		drop_empty_quotes(csv);
	return rc;
}
