/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_TOOLS_SASL_H
#define HOPTHU_TOOLS_SASL_H

#include "tools/client.h"

/* Who to be. */
struct login {
	const char *user;
	const char *password; /* UTF-8 */
};

/*
 * A client_login: SCRAM-SHA-256 over HTTP (RFC 7804) through libsasl2, which is initialised here and
 * nowhere else.  ERR_AUTH: the door refuses, or the door itself does not prove that it knows the
 * password's verifier (RFC 5802 section 3); nothing is then asked of it.
 */
int sasl_log_in(struct client *c, void *login, struct err *e);
#endif
