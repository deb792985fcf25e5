/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <strings.h>

#include <sasl/sasl.h>
#include <sasl/saslutil.h>

#include "common/buf.h"
#include "tools/sasl.h"

#define MECHANISM "SCRAM-SHA-256"
#define LOGIN_TIMEOUT_MS 30000
/* libsasl2 keeps callbacks of every signature in one type; by way of void (*)(void) gcc lets us. */
#define CALLBACK(f) ((int (*)(void))(void (*)(void))(f))

struct session {
	const struct login *login;
	sasl_secret_t *secret;
	sasl_conn_t *conn;
	char sid[256];
};

static int
get_name(void *arg, int id, const char **result, unsigned *len)
{
	const struct session *s = arg;

	if (id != SASL_CB_AUTHNAME && id != SASL_CB_USER)
		return SASL_BADPARAM;
	/* SASL_CB_USER: nobody but oneself is asked for, which SCRAM says by an empty name. */
	*result = id == SASL_CB_AUTHNAME ? s->login->user : "";
	if (len)
		*len = (unsigned)strlen(*result);
	return SASL_OK;
}

static int
get_password(sasl_conn_t *conn, void *arg, int id, sasl_secret_t **secret)
{
	const struct session *s = arg;

	(void)conn;
	if (id != SASL_CB_PASS)
		return SASL_BADPARAM;
	*secret = s->secret;
	return SASL_OK;
}

/* libsasl2 would write to syslog by itself. */
static int
no_log(void *arg, int level, const char *message)
{
	(void)arg;
	(void)level;
	(void)message;
	return SASL_OK;
}

static sasl_secret_t *
make_secret(const char *password)
{
	size_t n = strlen(password);
	sasl_secret_t *s = xcalloc(1, sizeof(*s) + n);

	s->len = n;
	memcpy(s->data, password, n);
	return s;
}

static void
drop_secret(sasl_secret_t *s)
{
	explicit_bzero(s->data, s->len);
	free(s);
}

/* The value of name= in the parameters of a challenge: quoted or not.  0 when it is there. */
static int
parameter(const char *params, const char *name, char *out, size_t size)
{
	size_t n = strlen(name), len;
	const char *p = params;

	while ((p = strstr(p, name)) && !(p[n] == '=' && (p == params || strchr(" ,", p[-1]))))
		p += n;
	if (!p)
		return -1;
	p += n + 1;
	if (*p == '"')
		len = strcspn(++p, "\"");
	else
		len = strcspn(p, ", \t");
	if (len >= size)
		return -1;
	memcpy(out, p, len);
	out[len] = '\0';
	return 0;
}

static int
sasl_failed(const struct session *s, int rc, struct err *e)
{
	if (rc == SASL_NOMECH)
		return err_set(e, ERR_CONFIG, "libsasl2 has no " MECHANISM ": install libsasl2-modules");
	if (rc == SASL_BADSERV || rc == SASL_BADAUTH)
		return err_set(e, ERR_AUTH,
			       "the other side did not prove that it knows %s's password: it may not be "
			       "hopthud, and nothing was asked of it",
			       s->login->user);
	return err_set(e, ERR_AUTH, "%s cannot log in: %s", s->login->user,
		       s->conn ? sasl_errdetail(s->conn) : sasl_errstring(rc, NULL, NULL));
}

/* One message to the door; its answer goes to r. */
static int
say(struct client *c, const struct session *s, const char *data, unsigned len, struct reply *r,
    struct err *e)
{
	char data64[4096];
	AUTO(str) authorization = NULL;
	struct call call = { .method = "GET", .path = "/v1/whoami", .timeout_ms = LOGIN_TIMEOUT_MS };

	if (sasl_encode64(data, len, data64, sizeof(data64), NULL) != SASL_OK)
		return err_set(e, ERR_USAGE, "the name of the operator is too long");
	if (*s->sid)
		authorization = xasprintf(MECHANISM " sid=%s,data=%s", s->sid, data64);
	else
		authorization = xasprintf(MECHANISM " realm=\"hopthu\",data=%s", data64);
	call.authorization = authorization;
	return client_call(c, &call, r, e);
}

/* The data of a header of the door; sid is kept. */
static int
heard(struct session *s, const char *header, char *out, unsigned size, unsigned *len, struct err *e)
{
	char data64[4096];
	const char *p = header;
	size_t n = strlen(MECHANISM);

	if (p && !strncasecmp(p, MECHANISM, n) && p[n] == ' ')
		p += n + 1;
	if (!p || parameter(p, "data", data64, sizeof(data64)) ||
	    sasl_decode64(data64, (unsigned)strlen(data64), out, size, len) != SASL_OK)
		return err_set(e, ERR_AUTH, "the other side does not offer %s a login by " MECHANISM
			       "; check --socket", s->login->user);
	if (!*s->sid)
		parameter(p, "sid", s->sid, sizeof(s->sid));
	return 0;
}

static int
refused(const struct session *s, const struct reply *r, struct err *e)
{
	const char *why = r->body ? json_str(r->body, "error") : NULL;

	if (r->status == 401)
		return err_set(e, ERR_AUTH, "%s", why ? why : "wrong name or password");
	if (r->status < 300)
		return err_set(e, ERR_AUTH,
			       "the other side wants no proof from %s and gives none: it may not be hopthud, "
			       "and nothing was asked of it", s->login->user);
	return err_set(e, r->status >= 500 ? ERR_TEMP : ERR_AUTH, "%s cannot log in: %s (HTTP %d)",
		       s->login->user, why ? why : "hopthud gave no reason", r->status);
}

static int
exchange(struct client *c, struct session *s, struct err *e)
{
	struct reply r = { .status = 0 };
	const char *out = NULL, *mech;
	char in[3072];
	unsigned n = 0, len = 0;
	int rc = sasl_client_start(s->conn, MECHANISM, NULL, &out, &n, &mech);

	if (rc != SASL_CONTINUE && rc != SASL_OK)
		return sasl_failed(s, rc, e);
	if (say(c, s, out, n, &r, e))
		return -1;
	if (r.status != 401)
		rc = refused(s, &r, e);
	else if (!r.authenticate || !strstr(r.authenticate, "data="))
		rc = refused(s, &r, e);
	else
		rc = heard(s, r.authenticate, in, sizeof(in), &len, e);
	reply_release(&r);
	if (rc)
		return -1;
	rc = sasl_client_step(s->conn, in, len, NULL, &out, &n);
	if (rc != SASL_CONTINUE && rc != SASL_OK)
		return sasl_failed(s, rc, e);
	if (say(c, s, out, n, &r, e))
		return -1;
	/* 403 and the like say something about the question, not about who asks. */
	if (r.status == 401 || r.status >= 500 || !r.auth_info)
		rc = refused(s, &r, e);
	else
		rc = heard(s, r.auth_info, in, sizeof(in), &len, e);
	reply_release(&r);
	if (rc)
		return -1;
	rc = sasl_client_step(s->conn, in, len, NULL, &out, &n);
	return rc == SASL_OK ? 0 : sasl_failed(s, SASL_BADSERV, e);
}

int
sasl_log_in(struct client *c, void *arg, struct err *e)
{
	struct session s = { .login = arg, .sid = "" };
	sasl_callback_t callbacks[] = {
		{ SASL_CB_USER, CALLBACK(get_name), &s },
		{ SASL_CB_AUTHNAME, CALLBACK(get_name), &s },
		{ SASL_CB_PASS, CALLBACK(get_password), &s },
		{ SASL_CB_LOG, CALLBACK(no_log), NULL },
		{ SASL_CB_LIST_END, NULL, NULL },
	};
	static const sasl_callback_t quiet[] = {
		{ SASL_CB_LOG, CALLBACK(no_log), NULL },
		{ SASL_CB_LIST_END, NULL, NULL },
	};
	int rc = sasl_client_init(quiet);

	if (rc == SASL_OK)
		rc = sasl_client_new("http", "localhost", NULL, NULL, callbacks, 0, &s.conn);
	if (rc != SASL_OK)
		return sasl_failed(&s, rc, e);
	s.secret = make_secret(s.login->password);
	rc = exchange(c, &s, e);
	sasl_dispose(&s.conn);
	drop_secret(s.secret);
	return rc;
}
