/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_CONF_FILE_H
#define HOPTHU_CONF_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

/*
 * Reading a configuration file by libconfuse (whose only home conf*.c are), whatever is in it:
 * hopthud.conf, policies, calendars.  The caller says which keys and sections there are, and is
 * told every value with its line as it is read; what a value may be is the caller's affair.
 */
struct conf_form_key {
	const char *section; /* "" = outside of every section */
	const char *name;
	bool list;           /* key = {"a", "b"}; one value needs no braces */
};

struct conf_form_section {
	const char *name;
	const char *title; /* NULL: none; else an example: rule "deadline.create" { ... } */
};

struct conf_value {
	const char *section, *title; /* "" and NULL outside of sections */
	const char *key, *text;      /* key NULL: a section with a title has ended, text is "" */
	size_t index;                /* in a list */
	unsigned line;
};

struct conf_form {
	const struct conf_form_key *keys; /* no more than CONF_FORM_MAX in a section */
	size_t key_count;
	const struct conf_form_section *sections; /* ends with name NULL */
	void (*value)(void *arg, const struct conf_value *v);
	/* What cannot be read at all; nothing behind it is. */
	void (*wrong)(void *arg, unsigned line, const char *what);
	void *arg;
};

#define CONF_FORM_MAX 64
#define CONF_FORM_SECTIONS_MAX 4

/* The bytes of a file of at most 1 MiB, without NUL in them.  Caller frees; ERR_CONFIG. */
char *conf_file_read(const char *file, struct err *e);
/* Tells every value of the text, which is changed by it.  false: wrong was called. */
bool conf_file_parse(char *text, const struct conf_form *form);
#endif
