/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "common/mem.h"
#include "daemon/base/clock.h"
#include "daemon/base/notify.h"

/* Nothing here can fail in a way that the daemon should act on: systemd may not be there. */

void
notify_ready(void)
{
	(void)sd_notify(0, "READY=1");
}

void
notify_reloading(void)
{
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
			 (unsigned long long)clock_mono_us());
}

void
notify_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}

void
notify_status(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	for (char *p = line; *p; p++)
		if (*p == '\n')
			*p = ' '; /* a new line would begin another assignment */
	(void)sd_notifyf(0, "STATUS=%s", line);
}

uint64_t
notify_watchdog_us(void)
{
	uint64_t us = 0;

	return sd_watchdog_enabled(0, &us) > 0 ? us : 0;
}

void
notify_alive(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}
