/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/directory/dir_int.h"

/*
 * CHECK, on every connection: what must be true before anything is written.  Each step asks slapd
 * one question; the wrong answer is a fault of the installation, and says how to mend it.
 */

/* What entries of ours carry; ldif/10-schema.ldif has those of hopthu. */
static const char *const entry_attrs[] = {
	"objectClass",
	"uid",
	"cn",
	"sn",
	"givenName",
	"displayName",
	"mail",
	"title",
	"ou",
	"telephoneNumber",
	"hopthuStatus",
	"hopthuLogin",
	"hopthuDelivery",
	"hopthuKind",
	"hopthuAgency",
	"hopthuAlias",
	"hopthuQuota",
	"hopthuRank",
	"hopthuOpId",
	"hopthuPersonRef",
	"hopthuCustodian",
	"hopthuPurgeDue",
	"pwdAccountLockedTime",
	"userPassword", /* the last: must not be seen */
	NULL,
};

static const char *const our_types[] = {
	"hopthuStatus",    "hopthuLogin",    "hopthuDelivery", "hopthuKind", "hopthuAgency",
	"hopthuAlias",     "hopthuQuota",    "hopthuRank",     "hopthuOpId", "hopthuPersonRef",
	"hopthuCustodian", "hopthuPurgeDue", "hopthuRole",     NULL,
};
static const char *const our_classes[] = {
	"hopthuMailbox",
	"hopthuAgencyUnit",
	"hopthuOperator",
	NULL,
};
static const char *const lock_types[] = { "pwdAccountLockedTime", NULL };

#define STATUS_OF_WARMUP "purged"

static void next(void *arg, const struct dir_result *r);

static char *
warmup_dn(const struct dir *d)
{
	AUTO(str) people = dir_dn("ou", "people", d->conf->base);

	return dir_dn("uid", "hopthu-warmup", people);
}

static char *
operator_id(const struct dir *d)
{
	AUTO(str) operators = dir_dn("ou", "operators", d->conf->base);
	AUTO(str) dn = dir_dn("cn", "hopthu-check", operators);

	return xasprintf("dn:%s", dn);
}

static int fault(struct dir *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int
fault(struct dir *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->fault, sizeof(d->fault), fmt, ap);
	va_end(ap);
	return -1;
}

/* --- who are we ------------------------------------------------------------------------------ */

static void
ask_identity(struct dir *d)
{
	dir_op_whoami(d, NULL, next);
}

static int
see_identity(struct dir *d, const struct dir_result *r)
{
	static const char raw[] = ",cn=auth";
	size_t n = strlen(r->message);

	if (r->class != DIR_OK)
		return fault(d, "wrong access rules: slapd does not tell who hopthud is: %s",
			     r->message);
	if (!strncasecmp(r->message, "dn:", 3) &&
	    (n < sizeof(raw) || strcasecmp(r->message + n - (sizeof(raw) - 1), raw)))
		return 0;
	return fault(d,
		     "wrong access rules: slapd knows this process as \"%s\", not as "
		     "cn=hopthud,ou=services; its olcAuthzRegexp must name hopthud's user "
		     "(ldif/00-config.ldif.in)",
		     r->message);
}

/* --- schema ---------------------------------------------------------------------------------- */

static void
ask_schema(struct dir *d)
{
	static const char *const attrs[] = { "attributeTypes", "objectClasses", NULL };

	dir_op_read(d, "cn=subschema", NULL, "(objectClass=*)", attrs, next);
}

/* RFC 4512 4.1: NAME 'word', or NAME ( 'word' 'word' ). */
static bool
defines(const struct dir_attr *a, const char *word)
{
	char quoted[80];

	snprintf(quoted, sizeof(quoted), "'%s'", word);
	for (size_t i = 0; i < a->count; i++)
		if (strcasestr(a->values[i].data, quoted))
			return true;
	return false;
}

static const struct dir_attr *
attr_of(const struct dir_entry *entry, const char *name)
{
	static const struct dir_attr none = { .name = "", .count = 0, .values = NULL };

	for (size_t i = 0; entry && i < entry->count; i++)
		if (!strcasecmp(entry->attrs[i].name, name))
			return &entry->attrs[i];
	return &none;
}

static const char *
undefined(const struct dir_attr *a, const char *const *words)
{
	for (; *words; words++)
		if (!defines(a, *words))
			return *words;
	return NULL;
}

static int
see_schema(struct dir *d, const struct dir_result *r)
{
	const struct dir_attr *types = attr_of(r->entry, "attributeTypes");
	const struct dir_attr *classes = attr_of(r->entry, "objectClasses");
	const char *word;

	if (!types->count || !classes->count)
		return fault(
			d,
			"wrong access rules: hopthud cannot read slapd's schema at cn=subschema: "
			"%s (ldif/00-config.ldif.in)",
			r->message);
	word = undefined(types, our_types);
	if (!word)
		word = undefined(classes, our_classes);
	if (word)
		return fault(d,
			     "wrong schema: slapd does not know %s; load ldif/10-schema.ldif into "
			     "cn=config",
			     word);
	word = undefined(types, lock_types);
	if (word)
		return fault(
			d,
			"wrong schema: slapd does not know %s; the ppolicy overlay must be loaded "
			"(ldif/20-database.ldif.in)",
			word);
	return 0;
}

/* --- the warm-up entry ----------------------------------------------------------------------- */

static void
ask_warmup(struct dir *d)
{
	AUTO(str) dn = warmup_dn(d);

	dir_op_read(d, dn, NULL, "(objectClass=*)", entry_attrs, next);
}

static int
see_warmup(struct dir *d, const struct dir_result *r)
{
	AUTO(str) dn = warmup_dn(d);

	if (r->class == DIR_ABSENT)
		return fault(d,
			     "wrong warm-up entry: there is no %s that hopthud may see; load "
			     "ldif/40-warmup.ldif.in",
			     dn);
	if (r->class == DIR_BROKEN)
		return fault(
			d,
			"wrong warm-up entry: slapd cannot read %s: %s; its database is damaged, "
			"restore it",
			dn, r->message);
	if (r->class != DIR_OK)
		return fault(d,
			     "wrong access rules: hopthud may not read %s: %s ("
			     "ldif/access.rules.in)",
			     dn, r->message);
	for (const char *const *a = entry_attrs; a[1]; a++)
		if (!attr_of(r->entry, *a)->count)
			return fault(d,
				     "wrong warm-up entry: %s shows no %s; load "
				     "ldif/40-warmup.ldif.in, or "
				     "the access rules hide it",
				     dn, *a);
	if (attr_of(r->entry, "userPassword")->count)
		return fault(d,
			     "wrong access rules: hopthud can read userPassword; load the rules of "
			     "ldif/access.rules.in");
	if (strcasecmp(dir_entry_get(r->entry, "hopthuStatus"), STATUS_OF_WARMUP))
		return fault(d,
			     "wrong warm-up entry: the hopthuStatus of %s is not %s; load "
			     "ldif/40-warmup.ldif.in",
			     dn, STATUS_OF_WARMUP);
	return 0;
}

/* --- acting for a person --------------------------------------------------------------------- */

static void
ask_proxy(struct dir *d)
{
	AUTO(str) id = operator_id(d);

	dir_op_whoami(d, id, next);
}

static int
see_proxy(struct dir *d, const struct dir_result *r)
{
	AUTO(str) id = operator_id(d);

	if (r->class != DIR_OK)
		return fault(
			d,
			"wrong access rules: hopthud may not act for operators: %s; see authzTo of "
			"cn=hopthud and cn=hopthu-check in ldif/30-tree.ldif.in, and "
			"olcAuthzPolicy in "
			"ldif/00-config.ldif.in",
			r->message);
	if (strcasecmp(r->message, id))
		return fault(
			d,
			"wrong access rules: acting for cn=hopthu-check, slapd takes hopthud for "
			"\"%s\" (ldif/30-tree.ldif.in)",
			r->message);
	return 0;
}

/* --- nobody ---------------------------------------------------------------------------------- */

static void
ask_anonymous(struct dir *d)
{
	/* Whatever attribute the rules leave open: one that may be searched is enough. */
	static const char any[] = "(|(objectClass=*)(uid=*)(cn=*)(mail=*)(hopthuAlias=*)"
				  "(hopthuStatus=*)(telephoneNumber=*)(userPassword=*))";
	AUTO(str) dn = warmup_dn(d);

	dir_op_read(d, dn, "", any, entry_attrs, next);
}

static int
see_anonymous(struct dir *d, const struct dir_result *r)
{
	if (r->entry)
		return fault(
			d,
			"wrong access rules: anybody can read mailboxes without a password; load "
			"the rules of ldif/access.rules.in");
	if (r->class == DIR_ABSENT || r->class == DIR_DENIED)
		return 0;
	return fault(d, "wrong access rules: reading as nobody gave: %s", r->message);
}

/*
 * --- writing, without a write --------------------------------------------------------------------
 * Adding a value that is there: slapd looks at the access rules first (50), then at the entry (20),
 * and nothing is changed either way.
 */
static void
probe(struct dir *d, const char *authz_id)
{
	AUTO(str) dn = warmup_dn(d);

	dir_op_add_value(d, dn, authz_id, "hopthuStatus", STATUS_OF_WARMUP, next);
}

static void
ask_write(struct dir *d)
{
	probe(d, NULL);
}

static void
ask_proxy_write(struct dir *d)
{
	AUTO(str) id = operator_id(d);

	probe(d, id);
}

static int
see_probe(struct dir *d, const struct dir_result *r, const char *who)
{
	if (r->code == LDAP_TYPE_OR_VALUE_EXISTS)
		return 0;
	if (r->class == DIR_DENIED)
		return fault(d,
			     "wrong access rules: %s may not write mailboxes; load the rules of "
			     "ldif/access.rules.in",
			     who);
	return fault(d, "wrong access rules: trying to write as %s gave: %s", who, r->message);
}

static int
see_write(struct dir *d, const struct dir_result *r)
{
	return see_probe(d, r, "hopthud");
}

static int
see_proxy_write(struct dir *d, const struct dir_result *r)
{
	return see_probe(d, r, "an operator with the role technician");
}

/* --------------------------------------------------------------------------------------------- */

static const struct {
	void (*ask)(struct dir *d);
	int (*see)(struct dir *d, const struct dir_result *r); /* -1: d->fault */
} steps[] = {
	{ ask_identity, see_identity },       { ask_schema, see_schema },
	{ ask_warmup, see_warmup },           { ask_proxy, see_proxy },
	{ ask_anonymous, see_anonymous },     { ask_write, see_write },
	{ ask_proxy_write, see_proxy_write },
};

static void
next(void *arg, const struct dir_result *r)
{
	struct dir *d = arg;

	if (r->class == DIR_LOST || r->class == DIR_NOT_SENT)
		return; /* the connection is down already */
	if (r->class == DIR_BUSY) {
		dir_down(d, "slapd could not be checked: %s", r->message);
	} else if (steps[d->check].see(d, r)) {
		dir_down(d, "%s", d->fault);
	} else if (++d->check == sizeof(steps) / sizeof(*steps)) {
		dir_checked(d);
	} else {
		steps[d->check].ask(d);
	}
}

void
dir_check_begin(struct dir *d)
{
	d->check = 0;
	if (d->watch) /* it writes nothing, and its search shows what it may read */
		dir_checked(d);
	else
		steps[0].ask(d);
}
