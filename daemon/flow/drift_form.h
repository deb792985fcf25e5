/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_DRIFT_FORM_H
#define HOPTHU_DRIFT_FORM_H

#include "common/json.h"
#include "daemon/directory/dir.h"
#include "daemon/flow/flow.h"

/*
 * An entry in the form in which it is compared: an object {attribute: [values]}, values sorted by
 * their bytes, an attribute that is not there left out.  What slapd writes by itself is not in it
 * (entryCSN and the like; a lock for too many wrong passwords).  A value that is no text, or longer
 * than 2000 bytes, stands as "sha256:<hex> (<n> bytes)".
 */

/* The DN as it is compared and kept: small letters, no spaces around commas.  Caller frees. */
char *drift_key(const char *dn);
/* X of "uid=X,ou=people,<base>"; NULL: it is no entry there, or not so simple a name. */
const char *drift_login(const struct flow *f, const char *key, struct arena *a);
/* The value of the first RDN and the key of what it lies below; NULL: no simple name. */
const char *drift_rdn(const char *key, const char **parent, struct arena *a);

json_t *drift_form_entry(const struct dir_entry *e);
/* Our copy of a mailbox, with what stands in the entry beyond it: canonical JSON {attribute: [values]
 * or null}, or NULL. */
json_t *drift_form_mailbox(const struct mailbox *m, const char *beyond);
json_t *drift_form_text(const char *text); /* an object read back; {} when it is none */
/* Is the entry as our copy says, and nothing beyond?  Quick, for the many that are. */
bool drift_form_same(const struct dir_entry *e, const struct mailbox *m, struct arena *a);

/* Names of the attributes that differ, ascending; ends with NULL.  In the arena. */
const char **drift_form_diff(const json_t *was, const json_t *is, struct arena *a);
bool drift_form_equal(const json_t *was, const json_t *is, const char *name);
/* Canonical JSON of these attributes; all of them when names is NULL.  What is missing has [], or with
 * `null` null. */
void drift_form_text_of(const json_t *form, const char *const *names, bool null, struct buf *out);
/* Values with a new-line between two, as plan_attr_set takes them.  Caller frees. */
char *drift_form_join(const json_t *form, const char *name);
bool drift_form_has(const char *const *names, const char *name);
#endif
