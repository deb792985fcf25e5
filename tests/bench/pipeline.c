/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The limit that provisioning is measured against: nothing but libldap, adding the entries of an
 * LDIF file with up to WINDOW of them under way.  Reads everything before it starts the clock.
 *
 *	pipeline URI FILE.ldif WINDOW [AUTHZ_DN]	prints "entries seconds"
 *
 * With AUTHZ_DN it asks for what hopthud asks for (RFC 4370, RFC 4527), to see what that costs.
 */
#include <lber.h>
#include <ldap.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/mem.h"

#define ATTRS_MAX 40
#define VALUES_MAX 8

struct entry {
	char *dn;
	int count;
	LDAPMod mods[ATTRS_MAX];
	LDAPMod *list[ATTRS_MAX + 1];
	struct berval *values[ATTRS_MAX][VALUES_MAX + 1];
};

static struct entry *entries;
static size_t count, room;

static void __attribute__((noreturn))
die(const char *what, const char *why)
{
	fprintf(stderr, "pipeline: %s: %s\n", what, why);
	exit(1);
}

static int
base64_digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static struct berval *
value(const char *text, int encoded)
{
	struct berval *v = xcalloc(1, sizeof(*v));
	unsigned bits = 0, have = 0;

	v->bv_val = xcalloc(1, strlen(text) + 1);
	if (!encoded) {
		v->bv_len = strlen(text);
		memcpy(v->bv_val, text, v->bv_len);
		return v;
	}
	for (; base64_digit(*text) >= 0; text++) {
		bits = bits << 6 | (unsigned)base64_digit(*text);
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		v->bv_val[v->bv_len++] = (char)(bits >> have & 0xff);
	}
	return v;
}

static void
add_value(struct entry *e, const char *name, struct berval *v)
{
	int a = 0, n = 0;

	while (a < e->count && strcmp(e->mods[a].mod_type, name))
		a++;
	if (a == ATTRS_MAX)
		die(e->dn, "too many attributes");
	if (a == e->count) {
		e->mods[a].mod_op = LDAP_MOD_ADD | LDAP_MOD_BVALUES;
		e->mods[a].mod_type = xstrdup(name);
		e->count++;
	}
	while (e->values[a][n])
		n++;
	if (n == VALUES_MAX)
		die(e->dn, "too many values");
	e->values[a][n] = v;
}

/* LDIF without folded lines, as ldapsearch -o ldif-wrap=no writes it. */
static void
read_ldif(const char *file)
{
	FILE *f = fopen(file, "r");
	struct entry *e = NULL;
	char *line = NULL, *colon;
	size_t size = 0;
	ssize_t n;

	if (!f)
		die(file, "cannot be read");
	while ((n = getline(&line, &size, f)) > 0) {
		int encoded;

		if (line[n - 1] == '\n')
			line[--n] = '\0';
		colon = strchr(line, ':');
		if (!colon || *line == '#')
			continue;
		*colon++ = '\0';
		encoded = *colon == ':';
		colon += encoded + strspn(colon + encoded, " ");
		if (!strcmp(line, "dn")) {
			if (count == room) {
				room = room ? room * 2 : 1024;
				entries = xrealloc(entries, room * sizeof(*entries));
			}
			e = &entries[count++];
			memset(e, 0, sizeof(*e));
			e->dn = value(colon, encoded)->bv_val;
		} else if (e) {
			add_value(e, line, value(colon, encoded));
		}
	}
	free(line);
	fclose(f);
	/* pointers only now: the array has moved while it grew */
	for (size_t i = 0; i < count; i++) {
		for (int a = 0; a < entries[i].count; a++) {
			entries[i].mods[a].mod_bvalues = entries[i].values[a];
			entries[i].list[a] = &entries[i].mods[a];
		}
		entries[i].list[entries[i].count] = NULL;
	}
}

static LDAPControl post_read = { .ldctl_oid = (char *)"1.3.6.1.1.13.2", .ldctl_iscritical = 1 };
static LDAPControl authz = { .ldctl_oid = (char *)"2.16.840.1.113730.3.4.18", .ldctl_iscritical = 1 };
static LDAPControl *controls[] = { &authz, &post_read, NULL };

static void
make_controls(const char *dn)
{
	char *attrs[] = { (char *)"entryUUID", (char *)"entryCSN", NULL };
	BerElement *ber = ber_alloc_t(LBER_USE_DER);
	struct berval *bv = NULL;

	if (!ber || ber_printf(ber, "{v}", attrs) < 0 || ber_flatten(ber, &bv))
		die("ber", "out of memory");
	post_read.ldctl_value = *bv;
	authz.ldctl_value.bv_val = xasprintf("dn:%s", dn);
	authz.ldctl_value.bv_len = strlen(authz.ldctl_value.bv_val);
	ber_free(ber, 1);
}

static LDAP *
connect_to(const char *uri)
{
	struct berval none = { 0, (char *)"" }; /* our name is that of the peer */
	int version = LDAP_VERSION3, rc;
	LDAP *ld;

	rc = ldap_initialize(&ld, uri);
	if (rc)
		die(uri, ldap_err2string(rc));
	ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	rc = ldap_sasl_bind_s(ld, NULL, "EXTERNAL", &none, NULL, NULL, NULL);
	if (rc)
		die(uri, ldap_err2string(rc));
	return ld;
}

static void
take_reply(LDAP *ld)
{
	LDAPMessage *m = NULL;
	int code = LDAP_OTHER, id;
	char *text = NULL;

	if (ldap_result(ld, LDAP_RES_ANY, LDAP_MSG_ONE, NULL, &m) <= 0)
		die("ldap_result", "the connection is gone");
	id = ldap_msgid(m);
	ldap_parse_result(ld, m, &code, NULL, &text, NULL, NULL, 1);
	if (code) {
		fprintf(stderr, "message %d: %s (%s)\n", id, ldap_err2string(code), text ? text : "");
		exit(1);
	}
	ldap_memfree(text);
}

int
main(int argc, char **argv)
{
	struct timespec from, to;
	size_t sent = 0, done = 0, window;
	LDAP *ld;

	if (argc < 4)
		die("usage", "pipeline URI FILE.ldif WINDOW [AUTHZ_DN]");
	window = strtoul(argv[3], NULL, 10);
	read_ldif(argv[2]);
	if (argc > 4)
		make_controls(argv[4]);
	ld = connect_to(argv[1]);
	clock_gettime(CLOCK_MONOTONIC, &from);
	while (done < count) {
		while (sent < count && sent - done < window) {
			int id, rc = ldap_add_ext(ld, entries[sent].dn, entries[sent].list,
						  argc > 4 ? controls : NULL, NULL, &id);
			if (rc)
				die(entries[sent].dn, ldap_err2string(rc));
			sent++;
		}
		take_reply(ld);
		done++;
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%zu %.6f\n", count, (double)(to.tv_sec - from.tv_sec) +
				     (double)(to.tv_nsec - from.tv_nsec) / 1e9);
	ldap_unbind_ext(ld, NULL, NULL);
	return 0;
}
