/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_CONF_KEY_H
#define HOPTHU_CONF_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"
#include "daemon/base/conf.h"
#include "daemon/base/conf_file.h"

/*
 * The table of every key of hopthud.conf, and what a value of each may be.  Only conf*.c use this;
 * everybody else sees struct conf.
 */
enum conf_type {
	CONF_STRING, /* char *, NULL when the value is "" */
	CONF_WORD,   /* char *, one of words */
	CONF_CHOICE, /* enum, number of the word in words */
	CONF_NUMBER, /* unsigned, min to max */
	CONF_OCTAL,  /* unsigned, written in octal, up to max */
};

struct conf_key {
	const char *section; /* "" = top level */
	const char *name;
	enum conf_type type;
	const char *def;     /* as it would stand in the file; NULL: must be given */
	size_t offset;       /* in struct conf */
	unsigned min, max;
	const char *const *words;
	/* Checks a text that is not "".  Says what is allowed when it answers false. */
	bool (*check)(const char *value);
	const char *allowed; /* "what is allowed", completes "... must be" */
	bool restart;        /* cannot change while the daemon runs */
	const char *help;
};

extern const struct conf_key conf_keys[];
extern const size_t conf_key_count;

extern const struct conf_form_section conf_sections[]; /* ends with name NULL */
const struct conf_key *conf_key_find(const char *section, const char *name); /* NULL: none */

/* Puts the value into c. ERR_CONFIG says what is wrong with it and what is allowed. */
int conf_key_set(struct conf *c, const struct conf_key *k, const char *value,
		 struct err *e) MUST_USE;
/* Appends the value as it would stand in the file, without quotes. */
void conf_key_get(const struct conf *c, const struct conf_key *k, struct buf *out);
void conf_key_release(struct conf *c, const struct conf_key *k);

/* One mistake more: "FILE:LINE: what" (line 0: "FILE: what"), below those that e has. */
void conf_complain(const struct conf *c, unsigned line, const char *what, struct err *e);

/* A distinguished name in the form of RFC 4514, by its look: type=value, ... */
bool conf_check_dn(const char *value);

/* What the keys of the directory say about each other, and the files they name. */
int conf_check_directory(const struct conf *c, struct err *e) MUST_USE;
#endif
