/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/flow/choose.h"
#include "daemon/policy/name.h"

#define SEQ_MAX 99999

/* Where to begin for a name whose first numbers were all found taken; forgotten freely. */
static struct hint *
hint_of(struct flow *f, const char *login)
{
	unsigned h = 5381;

	for (const char *p = login; *p; p++)
		h = h * 33 + (unsigned char)*p;
	return &f->hints[h % FLOW_HINTS];
}

static void
remember(struct flow *f, const char *login, unsigned seq)
{
	struct hint *h = hint_of(f, login);

	snprintf(h->login, sizeof(h->login), "%s", login);
	h->seq = seq;
}

static char *
try_templates(struct flow *f, const struct name *n, const char *full_name, bool keep,
	      struct err *e)
{
	AUTO(buf) local = BUF_INIT;
	AUTO(str) plain = NULL;
	const struct hint *h;

	if (name_apply(f->conf->naming_template, n, 0, &local, e))
		return NULL;
	if (store_address(f->store, local.data, NULL) == ADDRESS_FREE)
		return buf_steal(&local);
	plain = xstrdup(local.data);
	h = hint_of(f, plain);
	for (unsigned seq = strcmp(h->login, plain) ? 1 : h->seq; seq <= SEQ_MAX; seq++) {
		if (name_apply(f->conf->naming_collision, n, seq, &local, e))
			return NULL;
		if (store_address(f->store, local.data, NULL) != ADDRESS_FREE)
			continue;
		if (keep)
			remember(f, plain, seq + 1);
		return buf_steal(&local);
	}
	err_set(e, ERR_USAGE, "every address the template gives for \"%s\" is taken: propose one in "
		"the column address", full_name);
	return NULL;
}

char *
choose_login(struct flow *f, const char *full_name, bool keep, struct err *e)
{
	struct name n;
	char *login;

	if (name_parse(&n, full_name, e))
		return NULL;
	login = try_templates(f, &n, full_name, keep, e);
	name_release(&n);
	return login;
}

char *
choose_login_of(const struct flow *f, const char *address, struct err *e)
{
	const char *at = strchr(address, '@');
	char *login;

	if (at && strcasecmp(at + 1, f->conf->domain)) {
		err_set(e, ERR_USAGE, "\"%s\" is not of the domain %s", address, f->conf->domain);
		return NULL;
	}
	login = xstrndup(address, at ? (size_t)(at - address) : strlen(address));
	for (char *p = login; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p |= 0x20;
	if (name_check_local(login, e)) {
		free(login);
		return NULL;
	}
	return login;
}

int
choose_check_free(struct flow *f, const char *login, struct err *e)
{
	int64_t request = 0;

	switch (store_address(f->store, login, &request)) {
	case ADDRESS_FREE:
		return 0;
	case ADDRESS_RESERVED:
		return err_set(e, ERR_CONFLICT, "%s@%s is promised by request %" PRId64, login,
			       f->conf->domain, request);
	case ADDRESS_ACTIVE:
		return err_set(e, ERR_CONFLICT, "%s@%s was given out by request %" PRId64
			       ", and an address is never given twice", login, f->conf->domain,
			       request);
	case ADDRESS_FOREIGN:
		return err_set(e, ERR_CONFLICT,
			       "%s@%s is in the directory, but not by hopthu", login,
			       f->conf->domain);
	}
	return 0;
}
