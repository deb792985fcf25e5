/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/directory/dir_int.h"
#include "daemon/directory/dir_sync.h"

/* The controls of one operation, encoded when it is sent. */
struct controls {
	LDAPControl control[3], *list[4];
	unsigned n;
	char *authz_id;
	struct berval assertion;
};

static void
add_control(struct controls *c, const char *oid, bool critical, struct berval value)
{
	c->control[c->n] = (LDAPControl){
		.ldctl_oid = (char *)oid,
		.ldctl_value = value,
		.ldctl_iscritical = critical,
	};
	c->list[c->n] = &c->control[c->n];
	c->n++;
}

/* authz_id: "dn:...", "" for nobody, or NULL. */
static void
add_authz(struct controls *c, const char *authz_id)
{
	if (!authz_id)
		return;
	add_control(c, LDAP_CONTROL_PROXY_AUTHZ, true,
		    (struct berval){ strlen(authz_id), (char *)authz_id });
}

static void
add_authz_dn(struct controls *c, const char *dn)
{
	if (!dn)
		return;
	c->authz_id = xasprintf("dn:%s", dn);
	add_authz(c, c->authz_id);
}

static int
add_assertion(struct controls *c, LDAP *ld, const char *filter)
{
	int rc;

	if (!filter)
		return LDAP_SUCCESS;
	rc = ldap_create_assertion_control_value(ld, (char *)filter, &c->assertion);
	if (rc == LDAP_SUCCESS)
		add_control(c, LDAP_CONTROL_ASSERT, true, c->assertion);
	return rc;
}

static void
add_post_read(struct controls *c)
{
	/* RFC 4527 section 3.2: AttributeSelection, a SEQUENCE OF two strings */
	static const char wanted[] = "\x30\x15\x04\x09"
				     "entryUUID"
				     "\x04\x08"
				     "entryCSN";

	add_control(c, LDAP_CONTROL_POST_READ, false,
		    (struct berval){ sizeof(wanted) - 1, (char *)wanted });
}

static void
controls_release(struct controls *c)
{
	free(c->authz_id);
	ldap_memfree(c->assertion.bv_val);
}

static struct dir_op *
op_begin(struct dir *d, dir_cb *cb, void *arg)
{
	struct dir_op *op = dir_op_new(cb, arg);
	const char *why = dir_refusal(d);

	if (!why)
		return op;
	dir_op_end(d, op, DIR_NOT_SENT, LDAP_SERVER_DOWN, why);
	return NULL;
}

/* rc: libldap's word on encoding it.  The bytes wait in d->io for the end of the turn. */
static void
op_sent(struct dir *d, struct dir_op *op, uint64_t begin, int rc)
{
	AUTO(str) why = NULL;

	if (rc != LDAP_SUCCESS) {
		bool connection =
			rc == LDAP_SERVER_DOWN || rc == LDAP_BUSY || rc == LDAP_CONNECT_ERROR;

		why = xasprintf("the operation could not be encoded: %s", ldap_err2string(rc));
		if (connection) { /* libldap has given it up without our noticing */
			dir_io_die(&d->io, "%s", why);
			dir_service_soon(d);
		}
		dir_op_end(d, op, connection ? DIR_NOT_SENT : DIR_REJECTED, rc, why);
		return;
	}
	op->begin = begin;
	dir_op_started(d, op);
}

static size_t
count_changes(const struct dir_change *changes)
{
	size_t n = 0;

	while (changes[n].name)
		n++;
	return n;
}

/* NULL-terminated, in the arena; how: LDAP_MOD_ADD leaves out what has no value. */
static LDAPMod **
build_mods(struct arena *a, int how, const struct dir_change *changes)
{
	static char *none[] = { NULL };
	size_t n = count_changes(changes), used = 0;
	LDAPMod *mods = arena_alloc(a, (n + 1) * sizeof(*mods));
	LDAPMod **list = arena_alloc(a, (n + 1) * sizeof(*list));

	for (size_t i = 0; i < n; i++) {
		bool empty = !changes[i].values || !changes[i].values[0];

		if (empty && how == LDAP_MOD_ADD)
			continue;
		mods[used] = (LDAPMod){
			.mod_op = how,
			.mod_type = (char *)changes[i].name,
			.mod_values = empty ? none : (char **)changes[i].values,
		};
		list[used] = &mods[used];
		used++;
	}
	return list;
}

void
dir_add(struct dir *d, const char *dn, const char *authz_dn, const struct dir_change *attrs,
	dir_cb *cb, void *arg)
{
	struct controls c = { .n = 0 };
	struct dir_op *op = op_begin(d, cb, arg);
	uint64_t begin = d->io.queued;
	int rc;

	if (!op)
		return;
	add_authz_dn(&c, authz_dn);
	add_post_read(&c);
	rc = ldap_add_ext(d->ld, dn, build_mods(op->arena, LDAP_MOD_ADD, attrs), c.list, NULL,
			  &op->msgid);
	controls_release(&c);
	op_sent(d, op, begin, rc);
}

void
dir_modify(struct dir *d, const char *dn, const char *authz_dn, const struct dir_change *changes,
	   const char *assertion, dir_cb *cb, void *arg)
{
	struct controls c = { .n = 0 };
	struct dir_op *op = op_begin(d, cb, arg);
	uint64_t begin = d->io.queued;
	int rc;

	if (!op)
		return;
	add_authz_dn(&c, authz_dn);
	add_post_read(&c);
	rc = add_assertion(&c, d->ld, assertion);
	if (rc == LDAP_SUCCESS)
		rc = ldap_modify_ext(d->ld, dn, build_mods(op->arena, LDAP_MOD_REPLACE, changes),
				     c.list, NULL, &op->msgid);
	controls_release(&c);
	op_sent(d, op, begin, rc);
}

static void
send_search(struct dir *d, struct dir_op *op, const char *dn, int scope, const char *filter,
	    const char *const *attrs, const char *authz_id)
{
	struct controls c = { .n = 0 };
	uint64_t begin = d->io.queued;
	int rc;

	op->search = true;
	add_authz(&c, authz_id);
	rc = ldap_search_ext(d->ld, dn, scope, filter, (char **)attrs, 0, c.list, NULL, NULL,
			     LDAP_NO_LIMIT, &op->msgid);
	op_sent(d, op, begin, rc);
}

void
dir_read(struct dir *d, const char *dn, const char *const *attrs, dir_cb *cb, void *arg)
{
	struct dir_op *op = op_begin(d, cb, arg);

	if (op)
		send_search(d, op, dn, LDAP_SCOPE_BASE, "(objectClass=*)", attrs, NULL);
}

void
dir_list(struct dir *d, const char *dn, const char *filter, const char *const *attrs,
	 void (*each)(void *arg, const struct dir_entry *entry), dir_cb *cb, void *arg)
{
	struct dir_op *op = op_begin(d, cb, arg);

	if (!op)
		return;
	op->each = each;
	send_search(d, op, dn, LDAP_SCOPE_ONELEVEL, filter, attrs, NULL);
}

void
dir_op_watch(struct dir *d, const char *base, const void *value, size_t n,
	     const char *const *attrs, struct dir_watch *w, dir_cb *cb)
{
	struct controls c = { .n = 0 };
	struct dir_op *op = dir_op_new(cb, w);
	uint64_t begin = d->io.queued;

	op->search = true;
	op->watch = w;
	add_control(&c, DIR_SYNC_OID, true, (struct berval){ n, (char *)value });
	op_sent(d, op, begin, ldap_search_ext(d->ld, base, LDAP_SCOPE_SUBTREE, "(objectClass=*)",
					      (char **)attrs, 0, c.list, NULL, NULL, LDAP_NO_LIMIT,
					      &op->msgid));
}

/* --- of the connection itself ---------------------------------------------------------------- */

void
dir_op_read(struct dir *d, const char *dn, const char *authz_id, const char *filter,
	    const char *const *attrs, dir_cb *cb)
{
	send_search(d, dir_op_new(cb, d), dn, LDAP_SCOPE_BASE, filter, attrs, authz_id);
}

void
dir_op_bind(struct dir *d, const char *dn, const char *mech, const char *secret, dir_cb *cb)
{
	struct dir_op *op = dir_op_new(cb, d);
	/* Present and empty: without one, SASL would ask for it in another round trip. */
	struct berval cred = { strlen(secret), (char *)secret };
	uint64_t begin = d->io.queued;

	op_sent(d, op, begin, ldap_sasl_bind(d->ld, dn, mech, &cred, NULL, NULL, &op->msgid));
}

void
dir_op_start_tls(struct dir *d, dir_cb *cb)
{
	struct dir_op *op = dir_op_new(cb, d);
	uint64_t begin = d->io.queued;

	op_sent(d, op, begin,
		ldap_extended_operation(d->ld, LDAP_EXOP_START_TLS, NULL, NULL, NULL, &op->msgid));
}

void
dir_op_whoami(struct dir *d, const char *authz_id, dir_cb *cb)
{
	struct controls c = { .n = 0 };
	struct dir_op *op = dir_op_new(cb, d);
	uint64_t begin = d->io.queued;

	add_authz(&c, authz_id);
	op_sent(d, op, begin, ldap_whoami(d->ld, c.list, NULL, &op->msgid));
}

void
dir_op_add_value(struct dir *d, const char *dn, const char *authz_id, const char *attr,
		 const char *value, dir_cb *cb)
{
	struct controls c = { .n = 0 };
	struct dir_op *op = dir_op_new(cb, d);
	uint64_t begin = d->io.queued;
	char *values[] = { (char *)value, NULL };
	LDAPMod mod = {
		.mod_op = LDAP_MOD_ADD,
		.mod_type = (char *)attr,
		.mod_values = values,
	}, *mods[] = { &mod, NULL };

	add_authz(&c, authz_id);
	op_sent(d, op, begin, ldap_modify_ext(d->ld, dn, mods, c.list, NULL, &op->msgid));
}
