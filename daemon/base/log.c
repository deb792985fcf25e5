/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"

static enum log_level threshold = LOG_LEVEL_INFO;

static const char *const words[] = { "error", "warning", "info", "debug" };
static const int priorities[] = { 3, 4, 6, 7 }; /* sd-daemon(3) */

void
log_set_level(enum log_level level)
{
	threshold = level;
}

int
log_level_from(const char *word)
{
	for (int i = 0; i < 4; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}

__attribute__((format(printf, 2, 0))) static void
write_line(enum log_level level, const char *fmt, va_list ap)
{
	char msg[2048], line[2200], when[CLOCK_TEXT];
	int n;

	if (level > threshold)
		return;
	vsnprintf(msg, sizeof(msg), fmt, ap);
	for (char *p = msg; *p; p++)
		if ((unsigned char)*p < 0x20)
			*p = ' '; /* nobody forges a line of ours */
	if (getenv("JOURNAL_STREAM")) {
		n = snprintf(line, sizeof(line), "<%d>%s\n", priorities[level], msg);
	} else {
		clock_text(clock_wall_us(), when);
		n = snprintf(line, sizeof(line), "%s %s: %s\n", when, words[level], msg);
	}
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return; /* nowhere left to say it */
}

#define LOG_FUNCTION(name, level)             \
	void                                  \
	name(const char *fmt, ...)            \
	{                                     \
		va_list ap;                   \
		va_start(ap, fmt);            \
		write_line(level, fmt, ap);   \
		va_end(ap);                   \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
