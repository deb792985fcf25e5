/* SPDX-License-Identifier: BSD-2-Clause */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"
#include "daemon/base/clock.h"

static uint64_t
us(clockid_t id)
{
	struct timespec t;

	BUG_ON(clock_gettime(id, &t));
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t
clock_wall_us(void)
{
	return us(CLOCK_REALTIME);
}

uint64_t
clock_mono_us(void)
{
	return us(CLOCK_MONOTONIC);
}

uint64_t
clock_boot_ms(void)
{
	return us(CLOCK_BOOTTIME) / 1000;
}

const char *
clock_boot_id(void)
{
	static char id[37];

	if (!id[0]) {
		AUTO(fd) fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

		if (fd < 0 || read(fd, id, 36) != 36)
			memcpy(id, "00000000-0000-0000-0000-000000000000", 36);
		id[36] = '\0';
	}
	return id;
}

void
clock_init(void)
{
	(void)setenv("TZ", ":/etc/localtime", 0);
	tzset();
}

void
clock_text(uint64_t wall_us, char out[CLOCK_TEXT])
{
	time_t s = (time_t)(wall_us / 1000000);
	char date[CLOCK_TEXT];
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, CLOCK_TEXT, "%.19s.%06uZ", date, (unsigned)(wall_us % 1000000));
}

void
clock_day(int64_t seconds, struct date *d)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	localtime_r(&t, &tm);
	*d = (struct date){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday };
}

struct date
clock_today(void)
{
	struct date d;

	clock_day((int64_t)(clock_wall_us() / 1000000), &d);
	return d;
}
