/* SPDX-License-Identifier: BSD-2-Clause */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "daemon/base/failpoint.h"

enum action { ACTION_KILL, ACTION_PAUSE, ACTION_FAIL };

static int armed = -1;
static unsigned long left;
static enum action action;

#ifdef FAILPOINTS
static const char *const names[] = {
#define X(N, w) w,
	FAILPOINTS_ALL(X)
#undef X
};

static void
arm(const char *name, const char *nth, const char *what)
{
	for (int i = 0; i < FP_COUNT; i++)
		if (!strcmp(names[i], name))
			armed = i;
	left = nth ? strtoul(nth, NULL, 10) : 1;
	action = what && !strcmp(what, "fail") ? ACTION_FAIL :
		 what && !strcmp(what, "pause") ? ACTION_PAUSE : ACTION_KILL;
	if (armed < 0 || !left) {
		fprintf(stderr, "HOPTHU_FAILPOINT: \"%s\" is no failpoint (see failpoint.h)\n", name);
		exit(64);
	}
}
#endif

void
failpoint_init(void)
{
#ifdef FAILPOINTS
	const char *spec = getenv("HOPTHU_FAILPOINT");
	AUTO(str) copy = NULL;
	char *rest, *name, *nth, *what;

	if (!spec || !*spec)
		return;
	rest = copy = xstrdup(spec);
	name = strsep(&rest, ":");
	nth = strsep(&rest, ":");
	what = strsep(&rest, ":");
	if (nth && (*nth < '0' || *nth > '9')) {
		what = nth;
		nth = NULL;
	}
	arm(name, nth, what);
#endif
}

bool
failpoint(enum failpoint f)
{
	if (__builtin_expect(armed != (int)f, 1) || --left)
		return false;
	armed = -1;
	switch (action) {
	case ACTION_KILL:
		kill(getpid(), SIGKILL);
		return true;
	case ACTION_PAUSE:
		kill(getpid(), SIGSTOP);
		return false;
	case ACTION_FAIL:
		return true;
	}
	return false;
}
