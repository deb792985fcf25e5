/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>

#include "daemon/base/resolve.h"

static const struct addrinfo stream = {
	.ai_family = AF_UNSPEC,
	.ai_socktype = SOCK_STREAM,
};

/* A name being asked for.  cb is first: glibc knows only it. */
struct resolve {
	struct gaicb cb;
	struct resolve *next;
};

/* Nobody waits for these any more, but the resolver's thread still writes into them. */
static struct resolve *abandoned;

static void
resolve_free(struct resolve *q)
{
	if (q->cb.ar_result)
		freeaddrinfo(q->cb.ar_result);
	free((char *)q->cb.ar_name);
	free((char *)q->cb.ar_service);
	free(q);
}

void
resolve_end(struct resolve **ended)
{
	struct resolve *q = STEAL(*ended), **p = &abandoned;

	if (q) {
		gai_cancel(&q->cb);
		q->next = abandoned;
		abandoned = q;
	}
	while ((q = *p)) {
		if (gai_error(&q->cb) == EAI_INPROGRESS) {
			p = &q->next;
			continue;
		}
		*p = q->next;
		resolve_free(q);
	}
}

/* Numbers need no name server. */
static bool
numeric(const char *host, const char *service, struct addrinfo **list)
{
	struct addrinfo hints = stream;

	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	return getaddrinfo(host, service, &hints, list) == 0;
}

int
resolve_step(struct resolve **q, const char *host, int port, struct addrinfo **list, struct err *e)
{
	struct gaicb *cb;
	char service[16];
	int rc = 0;

	if (!*q) {
		snprintf(service, sizeof(service), "%d", port);
		if (numeric(host, service, list))
			return 1;
		*q = xcalloc(1, sizeof(**q));
		(*q)->cb.ar_name = xstrdup(host);
		(*q)->cb.ar_service = xstrdup(service);
		(*q)->cb.ar_request = &stream;
		cb = &(*q)->cb;
		rc = getaddrinfo_a(GAI_NOWAIT, &cb, 1, NULL);
	}
	if (rc == 0)
		rc = gai_error(&(*q)->cb);
	if (rc == EAI_INPROGRESS)
		return 0;
	if (rc == 0)
		*list = STEAL((*q)->cb.ar_result);
	resolve_end(q);
	if (rc)
		return err_set(e, ERR_TEMP, "the name %s has no address: %s", host, gai_strerror(rc));
	return 1;
}
