/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_DOOR_URI_H
#define HOPTHU_DOOR_URI_H

#include "common/err.h"

/* The address in a request line, taken apart and decoded.  Pure. */
#define DOOR_PARAMS 32

struct door_param {
	char *key, *value;
};

struct door_uri {
	char *path; /* as door_path() says */
	struct door_param params[DOOR_PARAMS];
	unsigned count;
};

/* ERR_USAGE says what is wrong.  Release in either case. */
int door_uri_parse(struct door_uri *u, const char *uri, struct err *e) MUST_USE;
void door_uri_release(struct door_uri *u);
#endif
