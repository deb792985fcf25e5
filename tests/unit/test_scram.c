/* SPDX-License-Identifier: BSD-2-Clause */
#include <sasl/sasl.h>
#include <sasl/saslutil.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/digest.h"
#include "daemon/api/scram.h"

#define CALLBACK(f) ((int (*)(void))(void (*)(void))(f))
#define USERS 3

static const uint8_t key[32] = { 1, 2, 3 };
static struct loop *loop;
static struct scram *scram;
static const char *const names[USERS] = { "lan", "hoa", "minh" };
static char *verifiers[USERS];
static unsigned asked;

static const char *
lookup(void *arg, const char *user)
{
	(void)arg;
	asked++;
	for (int i = 0; i < USERS; i++)
		if (!strcmp(names[i], user))
			return verifiers[i];
	return NULL;
}

static int
setup(void **state)
{
	static const char *const passwords[USERS] = { "bi mat", "hoa-123", "m\xe1\xba\xadt kh\xe1\xba\xa9u" };
	struct err e = ERR_INIT;
	uint8_t salt[16];

	(void)state;
	loop = loop_new();
	scram = scram_new(loop, key, lookup, NULL, &e);
	for (int i = 0; i < USERS; i++) {
		digest_random(salt, sizeof(salt));
		verifiers[i] = digest_scram_verifier(passwords[i], salt, SCRAM_ITERATIONS);
	}
	return scram && sasl_client_init(NULL) == SASL_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	scram_free(scram);
	loop_free(loop);
	for (int i = 0; i < USERS; i++)
		free(verifiers[i]);
	sasl_client_done();
	return 0;
}

/* --- a client, by libsasl2 --- */
struct client {
	sasl_conn_t *conn;
	const char *user, *as;
	sasl_secret_t *secret;
	sasl_callback_t callbacks[4];
	char sid[64];
	char in[2048]; /* what the server said */
	unsigned in_len;
};

static int
get_name(void *arg, int id, const char **result, unsigned *len)
{
	struct client *c = arg;

	*result = id == SASL_CB_USER && c->as ? c->as : c->user;
	if (len)
		*len = (unsigned)strlen(*result);
	return SASL_OK;
}

static int
get_password(sasl_conn_t *conn, void *arg, int id, sasl_secret_t **secret)
{
	struct client *c = arg;

	(void)conn;
	(void)id;
	*secret = c->secret;
	return SASL_OK;
}

static void
client_init(struct client *c, const char *user, const char *password)
{
	size_t n = strlen(password);

	memset(c, 0, sizeof(*c));
	c->user = user;
	c->secret = xcalloc(1, sizeof(*c->secret) + n);
	c->secret->len = n;
	memcpy(c->secret->data, password, n);
	c->callbacks[0] = (sasl_callback_t){ SASL_CB_USER, CALLBACK(get_name), c };
	c->callbacks[1] = (sasl_callback_t){ SASL_CB_AUTHNAME, CALLBACK(get_name), c };
	c->callbacks[2] = (sasl_callback_t){ SASL_CB_PASS, CALLBACK(get_password), c };
	c->callbacks[3] = (sasl_callback_t){ SASL_CB_LIST_END, NULL, NULL };
	assert_int_equal(sasl_client_new("http", "localhost", NULL, NULL, c->callbacks, 0, &c->conn), SASL_OK);
}

static void
client_release(struct client *c)
{
	sasl_dispose(&c->conn);
	free(c->secret);
}

static char *
header(const char *sid, const char *data, unsigned len)
{
	char text[4096];

	assert_int_equal(sasl_encode64(data, len, text, sizeof(text), NULL), SASL_OK);
	return *sid ? xasprintf("SCRAM-SHA-256 sid=%s,data=%s", sid, text) :
		      xasprintf("SCRAM-SHA-256 realm=\"hopthu\",data=%s", text);
}

static char *
first(struct client *c)
{
	const char *out, *mech;
	unsigned len;

	assert_int_equal(sasl_client_start(c->conn, "SCRAM-SHA-256", NULL, &out, &len, &mech), SASL_CONTINUE);
	return header("", out, len);
}

/* Takes sid and data out of the server's header. */
static void
listen_to(struct client *c, const char *text)
{
	const char *sid = strstr(text, "sid="), *data = strstr(text, ",data=");

	assert_non_null(sid);
	assert_non_null(data);
	snprintf(c->sid, sizeof(c->sid), "%.*s", (int)strcspn(sid + 4, ","), sid + 4);
	assert_int_equal(sasl_decode64(data + 6, (unsigned)strlen(data + 6), c->in, sizeof(c->in), &c->in_len),
			 SASL_OK);
	c->in[c->in_len] = '\0';
}

static char *
second(struct client *c)
{
	const char *out;
	unsigned len;

	assert_int_equal(sasl_client_step(c->conn, c->in, c->in_len, NULL, &out, &len), SASL_CONTINUE);
	return header(c->sid, out, len);
}

static enum scram_outcome
step(const char *authorization, char **reply, char **user, struct err *e)
{
	AUTO(buf) h = BUF_INIT;
	AUTO(buf) u = BUF_INIT;
	enum scram_outcome o = scram_step(scram, 1000, authorization, &h, &u, e);

	if (o == SCRAM_FAIL) {
		assert_int_equal(h.len, 0);
		assert_int_equal(u.len, 0);
		assert_int_equal(e->class, ERR_AUTH);
	}
	if (o == SCRAM_CONTINUE)
		assert_int_equal(u.len, 0);
	if (reply)
		*reply = xstrdup(h.data);
	if (user)
		*user = xstrdup(u.data);
	return o;
}

/* A whole login; the name the server knows, or NULL and its words.  Caller frees. */
static char *
log_in(struct client *c, struct err *e)
{
	AUTO(str) one = first(c);
	AUTO(str) challenge = NULL;
	AUTO(str) two = NULL;
	AUTO(str) proof = NULL;
	char *user = NULL;
	const char *out;
	unsigned len;

	assert_int_equal(step(one, &challenge, NULL, e), SCRAM_CONTINUE);
	assert_int_equal(strncmp(challenge, "SCRAM-SHA-256 sid=", 18), 0);
	listen_to(c, challenge);
	two = second(c);
	if (step(two, &proof, &user, e) != SCRAM_DONE) {
		free(user);
		return NULL;
	}
	assert_int_equal(strncmp(proof, "sid=", 4), 0);
	listen_to(c, proof);
	/* the server knew the verifier */
	assert_int_equal(sasl_client_step(c->conn, c->in, c->in_len, NULL, &out, &len), SASL_OK);
	return user;
}

static void
refused(const char *user, const char *password)
{
	struct err e = ERR_INIT;
	struct client c;

	client_init(&c, user, password);
	assert_null(log_in(&c, &e));
	assert_string_equal(e.msg, "wrong name or password");
	client_release(&c);
	assert_int_equal(scram_pending(scram), 0);
}

static void
accepted(const char *user, const char *password)
{
	struct err e = ERR_INIT;
	struct client c;
	char *name;

	client_init(&c, user, password);
	name = log_in(&c, &e);
	assert_non_null(name);
	assert_string_equal(name, user);
	free(name);
	client_release(&c);
	assert_int_equal(scram_pending(scram), 0);
}

static void
test_right(void **state)
{
	(void)state;
	accepted("lan", "bi mat");
	accepted("hoa", "hoa-123");
	accepted("minh", "m\xe1\xba\xadt kh\xe1\xba\xa9u");
}

static void
test_wrong(void **state)
{
	(void)state;
	refused("lan", "bi Mat");
	refused("lan", "x");
	refused("khongai", "bi mat");
	refused("khong,ai=x", "bi mat");
	refused("LAN", "bi mat");
}

/* "i=4096", and the salt, of what the server says to this name. */
static void
salt_of(const char *user, char salt[64], char iterations[32])
{
	struct err e = ERR_INIT;
	AUTO(str) reply = NULL;
	AUTO(str) one = NULL;
	struct client c;
	const char *s, *i;

	client_init(&c, user, "x");
	one = first(&c);
	assert_int_equal(step(one, &reply, NULL, &e), SCRAM_CONTINUE);
	listen_to(&c, reply);
	s = strstr(c.in, ",s=");
	i = strstr(c.in, ",i=");
	assert_non_null(s);
	assert_non_null(i);
	snprintf(salt, 64, "%.*s", (int)(i - s), s);
	snprintf(iterations, 32, "%s", i);
	client_release(&c);
}

static void
test_unknown_looks_known(void **state)
{
	char a[64], b[64], c[64], i[32], j[32];
	unsigned before = asked;

	(void)state;
	salt_of("lan", a, i);
	salt_of("khongai", b, j);
	assert_string_equal(i, j);
	assert_int_equal(strlen(a), strlen(b));
	assert_string_not_equal(a, b);
	salt_of("khongai", c, j);
	assert_string_equal(b, c); /* the same each time */
	salt_of("khongai2", c, j);
	assert_string_not_equal(b, c);
	assert_int_equal(asked, before + 4); /* the store is asked for both kinds */
	/* another key, another salt; the same key, the same, after a restart too */
	assert_int_equal(teardown(state), 0);
	assert_int_equal(setup(state), 0);
	salt_of("khongai", c, j);
	assert_string_equal(b, c);
	assert_int_equal(teardown(state), 0);
	assert_int_equal(setup(state), 0);
}

static void
test_as_somebody_else(void **state)
{
	struct err e = ERR_INIT;
	struct client c;

	(void)state;
	client_init(&c, "lan", "bi mat");
	c.as = "hoa";
	assert_null(log_in(&c, &e));
	assert_string_equal(e.msg, "wrong name or password");
	client_release(&c);
}

static void
test_abandoned(void **state)
{
	struct err e = ERR_INIT;
	AUTO(str) mine = NULL;
	AUTO(str) reply = NULL;
	AUTO(str) two = NULL;
	AUTO(buf) h = BUF_INIT;
	AUTO(buf) u = BUF_INIT;
	struct client c;

	(void)state;
	client_init(&c, "lan", "bi mat");
	mine = first(&c);
	assert_int_equal(step(mine, &reply, NULL, &e), SCRAM_CONTINUE);
	listen_to(&c, reply);
	for (int i = 0; i < 500; i++) { /* somebody else leaves many unfinished */
		buf_clear(&h);
		assert_int_equal(scram_step(scram, 2000, mine, &h, &u, &e), SCRAM_CONTINUE);
		assert_true(scram_pending(scram) <= SCRAM_EXCHANGES_OF_UID + 1);
	}
	two = second(&c);
	assert_int_equal(step(two, NULL, NULL, &e), SCRAM_DONE);
	client_release(&c);
	for (uid_t uid = 3000; uid < 3200; uid++) {
		buf_clear(&h);
		assert_int_equal(scram_step(scram, uid, mine, &h, &u, &e), SCRAM_CONTINUE);
		assert_true(scram_pending(scram) <= SCRAM_EXCHANGES);
	}
	assert_int_equal(scram_pending(scram), SCRAM_EXCHANGES);
	assert_int_equal(teardown(state), 0); /* with all of them open */
	assert_int_equal(setup(state), 0);
}

static void
test_sid(void **state)
{
	struct err e = ERR_INIT;
	AUTO(str) one = NULL;
	AUTO(str) two = NULL;
	AUTO(str) reply = NULL;
	AUTO(str) again = NULL;
	AUTO(buf) h = BUF_INIT;
	AUTO(buf) u = BUF_INIT;
	struct client c, d;

	(void)state;
	client_init(&c, "lan", "bi mat");
	one = first(&c);
	assert_int_equal(step(one, &reply, NULL, &e), SCRAM_CONTINUE);
	listen_to(&c, reply);
	two = second(&c);
	/* another user cannot go on with it, and does not end it */
	assert_int_equal(scram_step(scram, 1001, two, &h, &u, &e), SCRAM_FAIL);
	assert_int_equal(step(two, NULL, NULL, &e), SCRAM_DONE);
	assert_int_equal(step(two, NULL, NULL, &e), SCRAM_FAIL); /* used */
	assert_non_null(strstr(e.msg, "begin again"));
	/* the proof of one exchange is of no use in another */
	client_init(&d, "lan", "x");
	free(one);
	one = first(&d);
	assert_int_equal(step(one, &again, NULL, &e), SCRAM_CONTINUE);
	listen_to(&d, again);
	memcpy(strstr(two, "sid=") + 4, d.sid, strlen(d.sid));
	assert_int_equal(step(two, NULL, NULL, &e), SCRAM_FAIL);
	assert_string_equal(e.msg, "wrong name or password");
	assert_int_equal(scram_pending(scram), 0);
	client_release(&c);
	client_release(&d);
}

static void
test_wrong_order(void **state)
{
	struct err e = ERR_INIT;
	AUTO(str) one = NULL;
	AUTO(str) bad = NULL;
	AUTO(str) reply = NULL;
	struct client c;

	(void)state;
	client_init(&c, "lan", "bi mat");
	one = first(&c);
	assert_int_equal(step(one, &reply, NULL, &e), SCRAM_CONTINUE);
	listen_to(&c, reply);
	bad = header(c.sid, "n,,n=lan,r=abcdefgh", 19); /* the first message where the second belongs */
	assert_int_equal(step(bad, NULL, NULL, &e), SCRAM_FAIL);
	assert_int_equal(scram_pending(scram), 0);
	free(bad);
	bad = header("", "c=biws,r=x,p=eA==", 17); /* and the other way round */
	assert_int_equal(step(bad, NULL, NULL, &e), SCRAM_FAIL);
	assert_int_equal(scram_pending(scram), 0);
	client_release(&c);
}

static void
test_garbage(void **state)
{
	static const char *const bad[] = {
		"", " ", "Basic bGFuOng=", "Bearer x", "PLAIN data=AA==", "SCRAM-SHA-1 data=biws",
		"SCRAM-SHA-256-PLUS data=biws", "SCRAM-SHA-256", "SCRAM-SHA-256 ", "SCRAM-SHA-256 x",
		"SCRAM-SHA-256 data=", "SCRAM-SHA-256 data=%%%", "SCRAM-SHA-256 data=biws data=biws",
		"SCRAM-SHA-256 data=biws,data=biws", "SCRAM-SHA-256 data=\"biws",
		"SCRAM-SHA-256 sid=abc,data=biws", "SCRAM-SHA-256 sid=,data=biws",
		"SCRAM-SHA-256 sid=0123456789abcdef0123456789abcdef",
		"SCRAM-SHA-256 sid=0123456789abcdef0123456789abcdef,data=biws",
		"SCRAM-SHA-256 =x,data=biws", "SCRAM-SHA-256 ,,,", "SCRAM-SHA-256 data=biws",
	};
	static const char *const messages[] = {
		"n,,n=,r=x", "n,,n=lan", "x,,n=lan,r=abcdef",
		"n,,m=x,n=lan,r=abcdef", "n,,n=l=3Zan,r=abcdefghij", "n,,r=abcdefgh,n=lan",
	};
	struct err e = ERR_INIT;
	AUTO(str) h = NULL;
	char many[9000];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (step(bad[i], NULL, NULL, &e) != SCRAM_FAIL)
			fail_msg("accepted: %s", bad[i]);
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		free(h);
		h = header("", messages[i], (unsigned)strlen(messages[i]));
		if (step(h, NULL, NULL, &e) != SCRAM_FAIL)
			fail_msg("accepted: %s", messages[i]);
	}
	free(h);
	h = header("", "n,,n=lan\0x,r=abcdefg", 20);
	assert_int_equal(step(h, NULL, NULL, &e), SCRAM_FAIL);
	memset(many, 'A', sizeof(many));
	memcpy(many, "SCRAM-SHA-256 data=", 19);
	many[sizeof(many) - 1] = '\0';
	assert_int_equal(step(many, NULL, NULL, &e), SCRAM_FAIL);
	many[2019] = '\0';
	assert_int_equal(step(many, NULL, NULL, &e), SCRAM_FAIL);
	assert_int_equal(scram_pending(scram), 0);
	accepted("lan", "bi mat"); /* nothing stayed behind */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),	  cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_unknown_looks_known), cmocka_unit_test(test_as_somebody_else),
		cmocka_unit_test(test_abandoned), cmocka_unit_test(test_sid),
		cmocka_unit_test(test_wrong_order), cmocka_unit_test(test_garbage),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
