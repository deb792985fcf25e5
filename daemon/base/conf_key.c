/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#include "common/note.h"
#include "common/vocab.h"
#include "daemon/base/conf_key.h"

#define SOCKET_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

static bool
is_host_char(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '.';
}

/* A DNS name of at least two labels, lower case: it becomes part of every address. */
static bool
check_domain(const char *s)
{
	size_t label = 0, dots = 0, n = strlen(s);

	if (n > 253)
		return false;
	for (const char *p = s; *p; p++) {
		if (*p == '.') {
			if (!label || p[-1] == '-')
				return false;
			label = 0;
			dots++;
			continue;
		}
		if (!is_host_char(*p) || isupper((unsigned char)*p) || (*p == '-' && !label) ||
		    ++label > 63)
			return false;
	}
	return dots && label && s[n - 1] != '-';
}

/* The name of the log's key and the origin of its notes. */
static bool
check_instance(const char *s)
{
	return !*s || note_name_ok(s, strlen(s));
}

static bool
check_path(const char *s)
{
	return *s == '/';
}

static bool
check_socket(const char *s)
{
	return *s == '/' && strlen(s) <= SOCKET_MAX;
}

static bool
check_group(const char *s)
{
	return getgrnam(s) != NULL;
}

static bool
check_host(const char *s)
{
	size_t n = 0, port;

	if (*s == '[') {
		n = strcspn(s, "]");
		if (!s[n] || n < 3)
			return false;
		n++;
	} else {
		while (is_host_char(s[n]))
			n++;
	}
	if (!n)
		return false;
	s += n;
	if (*s == ':') {
		port = strspn(s + 1, "0123456789");
		if (!port || port > 5 || strtol(s + 1, NULL, 10) > 65535)
			return false;
		s += 1 + port;
	}
	return !*s || !strcmp(s, "/");
}

/* ldapi's path stands where a host would, so its slashes must be written %2F. */
static bool
check_uri(const char *s)
{
	if (!strncmp(s, "ldapi://", 8)) {
		s += 8;
		return !strncasecmp(s, "%2F", 3) && s[3] && !strchr(s, '/') && !strchr(s, ' ');
	}
	if (!strncmp(s, "ldaps://", 8))
		return check_host(s + 8);
	return !strncmp(s, "ldap://", 7) && check_host(s + 7);
}

/* One "type=value" of a DN: its length with the comma that follows, or 0. */
static size_t
rdn_length(const char *s)
{
	size_t n = 0, value;

	if (!isalnum((unsigned char)s[0]))
		return 0;
	while (isalnum((unsigned char)s[n]) || s[n] == '-' || s[n] == '.')
		n++;
	if (s[n++] != '=')
		return 0;
	value = n;
	while (s[n] && s[n] != ',') {
		if (strchr("\"+;<>=", s[n]))
			return 0;
		if (s[n] == '\\' && !s[++n])
			return 0;
		n++;
	}
	if (n == value || s[value] == ' ')
		return 0;
	return s[n] ? n + 1 : n;
}

bool
conf_check_dn(const char *s)
{
	size_t n;

	do {
		n = rdn_length(s);
		if (!n)
			return false;
		s += n;
	} while (*s);
	return s[-1] != ',';
}

#define DN_ALLOWED "a distinguished name such as \"dc=example,dc=gov,dc=vn\", without spaces after the commas"
#define PATH_ALLOWED "an absolute path"
#define AT(field) offsetof(struct conf, field)

static const char *const log_levels[] = { "error", "warning", "info", "debug", NULL };
static const char *const binds[] = { "external", "simple", NULL };

#define TEXT(sec, key, field, d, chk, what, rst, text) \
	{ .section = sec, .name = key, .type = CONF_STRING, .def = d, .offset = AT(field), \
	  .check = chk, .allowed = what, .restart = rst, .help = text }
#define NUMBER(sec, key, d, lo, hi, text) \
	{ .section = #sec, .name = #key, .type = CONF_NUMBER, .def = #d, .offset = AT(sec.key), \
	  .min = lo, .max = hi, .help = text }

const struct conf_key conf_keys[] = {
	TEXT("", "domain", domain, NULL, check_domain,
	     "a domain in lower case such as \"example.gov.vn\"", true,
	     "Domain of the mailboxes: what stands behind the @."),
	TEXT("", "instance", instance, "", check_instance,
	     "a name without spaces and without '+', such as \"hopthu.example.gov.vn/1\"", true,
	     "Name of this audit log's origin; it stands in every checkpoint. "
	     "When empty: hopthu.DOMAIN/1."),
	TEXT("", "database", database, "/var/lib/hopthu/hopthu.db", check_path, PATH_ALLOWED, true,
	     "The queue, the registry of addresses and the audit log."),
	TEXT("", "key_dir", key_dir, "/var/lib/hopthu/keys", check_path, PATH_ALLOWED, true,
	     "Directory of the daemon's keys. Nobody but hopthud may enter it (mode 0700)."),
	TEXT("", "socket", socket, "/run/hopthu/hopthud.sock", check_socket,
	     "an absolute path of at most 107 bytes", true,
	     "Unix socket that hopthuctl and the agencies' programs talk to."),
	{ .section = "", .name = "socket_mode", .type = CONF_OCTAL, .def = "0660",
	  .offset = AT(socket_mode), .max = 0777,
	  .help = "Mode of the socket, in octal: who may connect. What they may do there is "
		  "decided by their operator's roles." },
	TEXT("", "socket_group", socket_group, "", check_group,
	     "a group of this machine (see getent group)", false,
	     "Group of the socket. When empty: the group hopthud runs as."),
	{ .section = "", .name = "log_level", .type = CONF_WORD, .def = "info",
	  .offset = AT(log_level), .words = log_levels,
	  .help = "How much hopthud writes to its log." },

	TEXT("", "policy_dir", policy_dir, "/etc/hopthu/policy", check_path, "an absolute path", false,
	     "Folder of the policies, hopthu-policy(5): a file for each domain and date, and their "
	     "calendars. When it is not there, the built-in rules hold."),

	TEXT("directory", "uri", directory.uri, "ldapi://%2Frun%2Fslapd%2Fldapi", check_uri,
	     "ldapi:// and the socket's path with %2F for every slash "
	     "(ldapi://%2Frun%2Fslapd%2Fldapi), ldaps://host or ldap://host (with StartTLS)",
	     false, "Where the directory is. ldap:// always uses StartTLS."),
	TEXT("directory", "base", directory.base, NULL, conf_check_dn, DN_ALLOWED, true,
	     "Suffix of the directory under which ou=people, ou=agencies and the others lie."),
	{ .section = "directory", .name = "bind", .type = CONF_CHOICE, .def = "external",
	  .offset = AT(directory.bind), .words = binds,
	  .help = "How hopthud proves who it is: external (the user it runs as over ldapi, its "
		  "certificate over TLS) or simple (bind_dn and password_file)." },
	TEXT("directory", "bind_dn", directory.bind_dn, "", conf_check_dn, DN_ALLOWED, false,
	     "Name to bind with, for bind = simple."),
	TEXT("directory", "password_file", directory.password_file, "", check_path, PATH_ALLOWED,
	     false,
	     "File that holds the password for bind = simple, on one line; nobody else may read "
	     "it (mode 0600 or 0400)."),
	TEXT("directory", "tls_ca_file", directory.tls_ca_file, "", check_path, PATH_ALLOWED, false,
	     "Certificates of the authorities that may vouch for the directory (PEM). "
	     "Needed for ldaps:// and ldap://."),
	TEXT("directory", "tls_cert_file", directory.tls_cert_file, "", check_path, PATH_ALLOWED,
	     false, "hopthud's own certificate (PEM), for bind = external over TLS."),
	TEXT("directory", "tls_key_file", directory.tls_key_file, "", check_path, PATH_ALLOWED,
	     false, "Key of that certificate; nobody else may read it (mode 0600 or 0400)."),
	NUMBER(directory, connect_timeout_ms, 5000, 100, 60000,
	       "Milliseconds for connecting, TLS and bind together."),
	NUMBER(directory, operation_timeout_ms, 10000, 100, 600000,
	       "Milliseconds to wait for the reply to an operation; then it counts as lost and "
	       "the entry is read to learn what happened."),
	NUMBER(directory, window, 16, 1, 256,
	       "Operations that may be under way in the directory at one time."),
	NUMBER(directory, retry_min_ms, 250, 10, 60000,
	       "Milliseconds before the first new attempt to connect; doubles each time."),
	NUMBER(directory, retry_max_ms, 10000, 100, 300000,
	       "Longest pause between two attempts to connect, in milliseconds."),

	NUMBER(limits, letter_bytes, 25165824, 4096, 1073741824,
	       "Longest letter, in bytes."),
	NUMBER(limits, letter_rows, 100000, 1, 1000000, "Most rows in one letter."),
	NUMBER(limits, connections, 256, 1, 60000, "Most connections to the socket at one time."),
	NUMBER(limits, connections_per_uid, 64, 1, 60000,
	       "Most connections of one Unix user at one time."),
	NUMBER(limits, header_bytes, 16384, 1024, 1048576,
	       "Longest request line and headers together, in bytes."),
	NUMBER(limits, request_timeout_ms, 30000, 100, 600000,
	       "Milliseconds in which a whole request must arrive."),
	NUMBER(limits, idle_timeout_ms, 60000, 100, 3600000,
	       "Milliseconds after which a connection on which nothing is asked is closed."),

	NUMBER(evidence, checkpoint_records, 256, 1, 65536,
	       "Records after which a checkpoint of the audit log is signed."),
	NUMBER(evidence, checkpoint_seconds, 60, 1, 86400,
	       "Seconds after which one is signed when there are fewer records; without a new "
	       "record none is."),
	TEXT("evidence", "policy_file", evidence.policy_file, "", check_path, PATH_ALLOWED, false,
	     "Witnesses that are asked to confirm checkpoints, and how many of them are enough "
	     "(c2sp.org/tlog-policy). When empty nobody outside confirms the log."),
	TEXT("evidence", "witness_ca_file", evidence.witness_ca_file, "", check_path, PATH_ALLOWED,
	     false, "Certificates of the authorities that may vouch for https:// witnesses (PEM). When "
	     "empty: the system's."),
	NUMBER(evidence, witness_timeout_ms, 10000, 100, 600000,
	       "Milliseconds for asking a witness and hearing its answer."),
	NUMBER(evidence, witness_retry_min_ms, 1000, 10, 600000,
	       "Milliseconds before a witness that failed is asked again; doubles each time."),
	NUMBER(evidence, witness_retry_max_ms, 300000, 100, 3600000,
	       "Longest pause between two attempts, in milliseconds."),
	NUMBER(evidence, reserve_mb, 16, 0, 1024,
	       "MiB that are set aside beside the database and given up when the disk is full, so "
	       "that what is on its way can still be recorded. 0: none."),
};
const size_t conf_key_count = sizeof(conf_keys) / sizeof(conf_keys[0]);

const struct conf_form_section conf_sections[] = {
	{ "directory", NULL }, { "limits", NULL }, { "evidence", NULL }, { NULL, NULL }
};

const struct conf_key *
conf_key_find(const char *section, const char *name)
{
	for (size_t i = 0; i < conf_key_count; i++)
		if (!strcmp(conf_keys[i].section, section) && !strcmp(conf_keys[i].name, name))
			return &conf_keys[i];
	return NULL;
}

static void *
slot(struct conf *c, const struct conf_key *k)
{
	return (char *)c + k->offset;
}

static const void *
slot_const(const struct conf *c, const struct conf_key *k)
{
	return (const char *)c + k->offset;
}

static int
refuse_word(const struct conf_key *k, const char *value, struct err *e)
{
	const char *near = nearest_word(value, k->words);
	AUTO(buf) list = BUF_INIT;

	for (int i = 0; k->words[i]; i++)
		buf_printf(&list, "%s%s", i ? ", " : "", k->words[i]);
	return err_set(e, ERR_CONFIG, "\"%.80s\" is not possible for %s; it must be one of %s%s%s%s",
		       value, k->name, list.data, near ? " (did you mean " : "", near ? near : "",
		       near ? "?)" : "");
}

static int
word_number(const struct conf_key *k, const char *value)
{
	for (int i = 0; k->words[i]; i++)
		if (!strcmp(k->words[i], value))
			return i;
	return -1;
}

static int
set_string(struct conf *c, const struct conf_key *k, const char *value, struct err *e)
{
	char **s = slot(c, k);

	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return err_set(e, ERR_CONFIG, "the value of %s has a control or new-line character in it",
				       k->name);
	if (!*value && (!k->def || *k->def)) /* only a key that is empty by default may be */
		return err_set(e, ERR_CONFIG, "%s must not be empty; it must be %s", k->name,
			       k->allowed);
	if (*value && k->check && !k->check(value))
		return err_set(e, ERR_CONFIG, "\"%.200s\" is not possible for %s; it must be %s",
			       value, k->name, k->allowed);
	free(*s);
	*s = *value ? xstrdup(value) : NULL;
	return 0;
}

static int
set_number(struct conf *c, const struct conf_key *k, const char *value, struct err *e)
{
	bool octal = k->type == CONF_OCTAL;
	const char *digits = octal ? "01234567" : "0123456789";
	unsigned long n;
	unsigned *u = slot(c, k);

	errno = 0;
	n = strtoul(value, NULL, octal ? 8 : 10);
	if (!*value || value[strspn(value, digits)] || errno || n < k->min || n > k->max) {
		if (octal)
			return err_set(e, ERR_CONFIG,
				       "\"%.80s\" is not possible for %s; it must be a mode in octal, 0 to 0%o",
				       value, k->name, k->max);
		return err_set(e, ERR_CONFIG,
			       "\"%.80s\" is not possible for %s; it must be a whole number from %u to %u",
			       value, k->name, k->min, k->max);
	}
	*u = (unsigned)n;
	return 0;
}

int
conf_key_set(struct conf *c, const struct conf_key *k, const char *value, struct err *e)
{
	int n;

	switch (k->type) {
	case CONF_STRING:
		return set_string(c, k, value, e);
	case CONF_WORD:
		if (word_number(k, value) < 0)
			return refuse_word(k, value, e);
		return set_string(c, k, value, e);
	case CONF_CHOICE:
		n = word_number(k, value);
		if (n < 0)
			return refuse_word(k, value, e);
		memcpy(slot(c, k), &n, sizeof(n)); /* an enum is an int here (gnu17, gcc, clang) */
		return 0;
	case CONF_NUMBER:
	case CONF_OCTAL:
		return set_number(c, k, value, e);
	}
	return 0;
}

void
conf_key_get(const struct conf *c, const struct conf_key *k, struct buf *out)
{
	const void *p = slot_const(c, k);
	const char *s;
	int n;

	switch (k->type) {
	case CONF_STRING:
	case CONF_WORD:
		memcpy(&s, p, sizeof(s));
		buf_str(out, s ? s : "");
		return;
	case CONF_CHOICE:
		memcpy(&n, p, sizeof(n));
		buf_str(out, k->words[n]);
		return;
	case CONF_NUMBER:
		buf_printf(out, "%u", *(const unsigned *)p);
		return;
	case CONF_OCTAL:
		buf_printf(out, "%04o", *(const unsigned *)p);
		return;
	}
}

void
conf_key_release(struct conf *c, const struct conf_key *k)
{
	char **s;

	if (k->type != CONF_STRING && k->type != CONF_WORD)
		return;
	s = slot(c, k);
	free(*s);
	*s = NULL;
}
