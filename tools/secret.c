/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "common/text.h"
#include "tools/secret.h"

#define SECRET_MAX 1024

static struct termios saved;
static volatile int saved_fd = -1;

void
secret_restore_terminal(void)
{
	if (saved_fd >= 0)
		tcsetattr(saved_fd, TCSAFLUSH, &saved);
	saved_fd = -1;
}

/* The first line that fd gives, without its end.  Reads byte by byte: nothing stays in a buffer. */
static int
read_line(int fd, char line[SECRET_MAX + 1], size_t *len)
{
	size_t n = 0;
	ssize_t got;
	char c = 0;

	while ((got = read(fd, &c, 1)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (c == '\n')
			break;
		if (n == SECRET_MAX) {
			errno = EMSGSIZE;
			return -1;
		}
		line[n++] = c;
	}
	if (n && line[n - 1] == '\r')
		n--;
	line[n] = '\0';
	*len = n;
	return 0;
}

/* line -> the password in NFC; line is wiped. */
static char *
accept_line(char line[SECRET_MAX + 1], size_t n, const char *where, struct err *e)
{
	char *secret = NULL;

	if (!n)
		err_set(e, ERR_USAGE, "%s: the password is empty", where);
	else if (strlen(line) != n)
		err_set(e, ERR_USAGE, "%s: the password has a NUL byte in it", where);
	else if (!(secret = text_nfc(line)))
		err_set(e, ERR_USAGE, "%s: the password is not valid UTF-8", where);
	explicit_bzero(line, SECRET_MAX + 1);
	return secret;
}

static int
check_file(int fd, const char *file, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st))
		return err_set(e, ERR_CONFIG, "cannot look at %s: %s", file, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return err_set(e, ERR_CONFIG, "%s is a directory; a password file is wanted", file);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(e, ERR_CONFIG, "the password file %s belongs to somebody else (uid %ld)",
			       file, (long)st.st_uid);
	if (st.st_mode & 077)
		return err_set(e, ERR_CONFIG,
			       "the password file %s can be used by others (mode %04o); run: chmod 600 %s",
			       file, (unsigned)st.st_mode & 07777, file);
	return 0;
}

char *
secret_from_file(const char *file, struct err *e)
{
	char line[SECRET_MAX + 1];
	size_t n;
	AUTO(fd) fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		err_set(e, ERR_CONFIG, "cannot open the password file %s: %s", file, strerror(errno));
		return NULL;
	}
	if (check_file(fd, file, e))
		return NULL;
	if (read_line(fd, line, &n)) {
		err_set(e, ERR_CONFIG, "cannot read the password file %s: %s", file, strerror(errno));
		return NULL;
	}
	return accept_line(line, n, file, e);
}

char *
secret_ask(const char *prompt, const char *option, struct err *e)
{
	char line[SECRET_MAX + 1];
	struct termios quiet;
	size_t n = 0;
	int rc;
	AUTO(fd) fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 || tcgetattr(fd, &saved)) {
		err_set(e, ERR_USAGE, "there is no terminal to ask for the password on; give --%s FILE",
			option);
		return NULL;
	}
	quiet = saved;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	saved_fd = fd;
	tcsetattr(fd, TCSAFLUSH, &quiet);
	dprintf(fd, "%s: ", prompt);
	rc = read_line(fd, line, &n);
	secret_restore_terminal();
	dprintf(fd, "\n");
	if (rc) {
		err_set(e, ERR_USAGE, "cannot read the password from the terminal: %s", strerror(errno));
		return NULL;
	}
	return accept_line(line, n, "the terminal", e);
}
