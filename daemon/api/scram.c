/* SPDX-License-Identifier: BSD-2-Clause */
#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <sasl/saslutil.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/digest.h"
#include "daemon/api/scram.h"
#include "daemon/api/scram_header.h"
#include "daemon/base/clock.h"

/* libsasl2 keeps callbacks of every signature in one type; by way of void (*)(void) gcc lets us. */
#define CALLBACK(f) ((int (*)(void))(void (*)(void))(f))

struct exchange {
	struct exchange *next; /* newer */
	char sid[SCRAM_SID + 1];
	uid_t uid;
	uint64_t ends_ms;
	sasl_conn_t *conn;
};

struct scram {
	uint8_t fake_key[DIGEST_LEN];
	scram_lookup *lookup;
	void *arg;
	struct exchange *oldest;
	unsigned count;
	struct loop_timer *expire;
};

/* libsasl2's plugins are of the whole process: for whom the one call that is running asks. */
static struct scram *asking;
static unsigned users;

/* --- libsasl2's questions --- */

static int
get_option(void *context, const char *plugin, const char *option, const char **value, unsigned *len)
{
	static const char *const options[][2] = {
		{ "mech_list", SCRAM_MECHANISM },
		{ "auxprop_plugin", "hopthu" },
		{ "pwcheck_method", "auxprop" },
	};

	(void)context;
	(void)plugin;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (!strcmp(option, options[i][0])) {
			*value = options[i][1];
			if (len)
				*len = (unsigned)strlen(*value);
			return SASL_OK;
		}
	return SASL_FAIL;
}

/* Of all that is installed only this mechanism is loaded, and no configuration of libsasl2 read. */
static int
allow_file(void *context, const char *file, sasl_verify_type_t type)
{
	(void)context;
	return type == SASL_VRFY_PLUGIN && strstr(file, "/libscram.") ? SASL_OK : SASL_CONTINUE;
}

/* libsasl2 would write to syslog by itself, and tell names that are not known from those that are. */
static int
no_log(void *context, int level, const char *message)
{
	(void)context;
	(void)level;
	(void)message;
	return SASL_OK;
}

static const sasl_callback_t callbacks[] = {
	{ SASL_CB_GETOPT, CALLBACK(get_option), NULL },
	{ SASL_CB_VERIFYFILE, CALLBACK(allow_file), NULL },
	{ SASL_CB_LOG, CALLBACK(no_log), NULL },
	{ SASL_CB_LIST_END, NULL, NULL },
};

/* --- verifiers --- */

static void
derive(const struct scram *s, const char *what, const char *user, char out[45])
{
	uint8_t h[DIGEST_LEN];
	size_t n = strcmp(what, "salt") ? DIGEST_LEN : 16;

	digest_commit(s->fake_key, what, user, strlen(user), h);
	BUG_ON(sasl_encode64((const char *)h, (unsigned)n, out, 45, NULL) != SASL_OK);
}

/* Nobody knows a password for this; made for every name, so that both kinds take the same time. */
static void
fake_verifier(const struct scram *s, const char *user, char out[256])
{
	char salt[45], stored[45], server[45];

	derive(s, "salt", user, salt);
	derive(s, "stored", user, stored);
	derive(s, "server", user, server);
	snprintf(out, 256, SCRAM_MECHANISM "$%d:%s$%s:%s", SCRAM_ITERATIONS, salt, stored, server);
}

static int
auxprop_lookup(void *context, sasl_server_params_t *params, unsigned flags, const char *user,
	       unsigned len)
{
	const struct propval *p = params->utils->prop_get(params->propctx);
	AUTO(str) name = xstrndup(user, len);
	char fake[256];
	const char *verifier;

	(void)context;
	BUG_ON(!asking);
	if (flags & SASL_AUXPROP_AUTHZID)
		return SASL_OK; /* nothing is asked about whom somebody acts for */
	fake_verifier(asking, name, fake);
	verifier = asking->lookup(asking->arg, name);
	for (; p && p->name; p++)
		if (!strcasecmp(p->name, "*authPassword") && !p->values)
			params->utils->prop_set(params->propctx, p->name,
						verifier ? verifier : fake, -1);
	return SASL_OK;
}

static int
plugin_init(const sasl_utils_t *utils, int max, int *version, sasl_auxprop_plug_t **plugin,
	    const char *name)
{
	static char plugin_name[] = "hopthu";
	static sasl_auxprop_plug_t plug = { .auxprop_lookup = auxprop_lookup, .name = plugin_name };

	(void)utils;
	(void)name;
	if (max < SASL_AUXPROP_PLUG_VERSION)
		return SASL_BADVERS;
	*version = SASL_AUXPROP_PLUG_VERSION;
	*plugin = &plug;
	return SASL_OK;
}

/* --- exchanges --- */

static uint64_t
now_ms(void)
{
	return clock_mono_us() / 1000;
}

static void
drop(struct scram *s, struct exchange *x)
{
	struct exchange **p = &s->oldest;

	while (*p != x)
		p = &(*p)->next;
	*p = x->next;
	s->count--;
	sasl_dispose(&x->conn);
	explicit_bzero(x->sid, sizeof(x->sid));
	free(x);
}

static void
drop_old(struct scram *s)
{
	uint64_t now = now_ms();

	while (s->oldest && now >= s->oldest->ends_ms)
		drop(s, s->oldest);
}

static void
on_expire(void *arg)
{
	struct scram *s = arg;

	drop_old(s);
	if (s->oldest)
		loop_timer_set(s->expire, SCRAM_TTL_MS);
}

static void
make_room(struct scram *s, uid_t uid)
{
	struct exchange *oldest = NULL;
	unsigned n = 0;

	for (struct exchange *x = s->oldest; x; x = x->next) {
		if (x->uid != uid)
			continue;
		if (!oldest)
			oldest = x;
		n++;
	}
	if (n >= SCRAM_EXCHANGES_OF_UID)
		drop(s, oldest);
	else if (s->count >= SCRAM_EXCHANGES)
		drop(s, s->oldest);
}

static struct exchange *
exchange_new(struct scram *s, uid_t uid)
{
	struct exchange **p = &s->oldest, *x;
	struct buf hex = BUF_INIT;
	uint8_t sid[SCRAM_SID / 2];
	sasl_conn_t *conn = NULL;

	if (sasl_server_new("http", "localhost", NULL, NULL, NULL, callbacks, SASL_SUCCESS_DATA,
			    &conn) != SASL_OK)
		return NULL;
	make_room(s, uid);
	x = xcalloc(1, sizeof(*x));
	x->uid = uid;
	x->ends_ms = now_ms() + SCRAM_TTL_MS;
	x->conn = conn;
	digest_random(sid, sizeof(sid));
	buf_hex(&hex, sid, sizeof(sid));
	memcpy(x->sid, hex.data, sizeof(x->sid));
	buf_release(&hex);
	if (!s->oldest)
		loop_timer_set(s->expire, SCRAM_TTL_MS);
	while (*p)
		p = &(*p)->next;
	*p = x;
	s->count++;
	return x;
}

static struct exchange *
exchange_find(struct scram *s, uid_t uid, const char *sid)
{
	drop_old(s);
	for (struct exchange *x = s->oldest; x; x = x->next)
		if (x->uid == uid && !strcmp(x->sid, sid))
			return x;
	return NULL;
}

struct scram *
scram_new(struct loop *l, const uint8_t fake_key[32], scram_lookup *lookup, void *arg, struct err *e)
{
	struct scram *s;
	int rc = SASL_OK;

	if (!users) {
		rc = sasl_auxprop_add_plugin("hopthu", plugin_init);
		if (rc == SASL_OK)
			rc = sasl_server_init(callbacks, NULL);
	}
	if (rc != SASL_OK) {
		err_set(e, ERR_CONFIG, "libsasl2 cannot be used: %s", sasl_errstring(rc, NULL, NULL));
		return NULL;
	}
	users++;
	s = xcalloc(1, sizeof(*s));
	memcpy(s->fake_key, fake_key, sizeof(s->fake_key));
	s->lookup = lookup;
	s->arg = arg;
	s->expire = loop_timer_new(l, on_expire, s);
	return s;
}

void
scram_free(struct scram *s)
{
	if (!s)
		return;
	while (s->oldest)
		drop(s, s->oldest);
	loop_timer_free(s->expire);
	explicit_bzero(s->fake_key, sizeof(s->fake_key));
	free(s);
	if (!--users)
		sasl_server_done();
}

unsigned
scram_pending(const struct scram *s)
{
	return s->count;
}

/* --- the steps --- */

static void
add_data(struct buf *header, const char *prefix, const char *sid, const char *data, unsigned len)
{
	size_t size = (size_t)len * 4 / 3 + 8;
	AUTO(str) text = xmalloc(size);

	BUG_ON(sasl_encode64(data, len, text, (unsigned)size, NULL) != SASL_OK);
	buf_printf(header, "%ssid=%s,data=%s", prefix, sid, text);
}

/* Who it is, unless it wants to act as somebody else. */
static const char *
logged_in(const struct exchange *x)
{
	const void *authenticated = NULL, *authorized = NULL;

	if (sasl_getprop(x->conn, SASL_AUTHUSER, &authenticated) != SASL_OK ||
	    sasl_getprop(x->conn, SASL_USERNAME, &authorized) != SASL_OK || !authenticated ||
	    !authorized || strcmp(authenticated, authorized))
		return NULL;
	return authenticated;
}

static enum scram_outcome
refuse(struct scram *s, struct exchange *x, struct err *e)
{
	if (x)
		drop(s, x);
	err_set(e, ERR_AUTH, "wrong name or password");
	return SCRAM_FAIL;
}

static enum scram_outcome
begin(struct scram *s, uid_t uid, const struct scram_message *m, struct buf *header, struct err *e)
{
	struct exchange *x = exchange_new(s, uid);
	const char *out = NULL;
	unsigned len = 0;
	int rc;

	if (!x) {
		err_set(e, ERR_CONFIG, "libsasl2 cannot do " SCRAM_MECHANISM ": install libsasl2-modules");
		return SCRAM_FAIL;
	}
	rc = sasl_server_start(x->conn, SCRAM_MECHANISM, m->data, m->len, &out, &len);
	if (rc == SASL_NOMECH) {
		drop(s, x);
		err_set(e, ERR_CONFIG, "libsasl2 has no " SCRAM_MECHANISM ": install libsasl2-modules");
		return SCRAM_FAIL;
	}
	if (rc != SASL_CONTINUE)
		return refuse(s, x, e);
	add_data(header, SCRAM_MECHANISM " ", x->sid, out, len);
	return SCRAM_CONTINUE;
}

static enum scram_outcome
finish(struct scram *s, uid_t uid, const struct scram_message *m, struct buf *header, struct buf *user,
       struct err *e)
{
	struct exchange *x = exchange_find(s, uid, m->sid);
	const char *out = NULL, *name;
	unsigned len = 0;

	if (!x) {
		err_set(e, ERR_AUTH, "this login was begun too long ago or is over; begin again");
		return SCRAM_FAIL;
	}
	if (sasl_server_step(x->conn, m->data, m->len, &out, &len) != SASL_OK)
		return refuse(s, x, e);
	name = logged_in(x);
	if (!name)
		return refuse(s, x, e);
	buf_str(user, name);
	add_data(header, "", x->sid, out ? out : "", len);
	drop(s, x);
	return SCRAM_DONE;
}

enum scram_outcome
scram_step(struct scram *s, uid_t uid, const char *authorization, struct buf *header,
	   struct buf *user, struct err *e)
{
	enum scram_outcome outcome;
	struct scram_message m;

	if (scram_header_read(authorization, &m)) {
		err_set(e, ERR_AUTH, "the only Authorization here is " SCRAM_MECHANISM " as in RFC 7804");
		return SCRAM_FAIL;
	}
	asking = s;
	outcome = m.has_sid ? finish(s, uid, &m, header, user, e) : begin(s, uid, &m, header, e);
	asking = NULL;
	explicit_bzero(&m, sizeof(m));
	return outcome;
}
