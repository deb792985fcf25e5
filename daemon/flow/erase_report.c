/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "daemon/flow/erase_report.h"

/* --- exports ------------------------------------------------------------------------------------- */

static bool
add_export(void *arg, const struct stored_record *r)
{
	AUTO(json) rec = json_loadb(r->rec, r->len, 0, NULL);

	json_array_append_new(arg, json_pack("{s:I,s:s?,s:s?,s:s?,s:O?,s:O?}", "seq", (json_int_t)r->seq,
					     "t", json_str(rec, "t"), "by",
					     json_str(json_object_get(rec, "actor"), "name"), "to",
					     json_str(rec, "target"), "first",
					     json_object_get(rec, "first"), "size",
					     json_object_get(rec, "size")));
	return false;
}

json_t *
erase_exports(const struct subject *u)
{
	json_t *list = json_array();

	for (size_t n = 0; n < u->export_count; n++)
		(void)store_records(u->flow->store, u->exports[n] - 1, 1, add_export, list, NULL);
	return list;
}

/* --- what stays ---------------------------------------------------------------------------------- */

static void
add(json_t *list, const char *what, const char *where, const char *todo)
{
	json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "what", what, "where", where, "do", todo));
}

static void
add_directory(json_t *list, const struct erase_numbers *n)
{
	const char *todo = "delete the entry as the directory's administrator (ldapdelete); hopthu may not "
			   "delete, and never gives the name again";

	if (n->dn && n->entry == ENTRY_GONE)
		return;
	if (n->dn)
		add(list, "entry in the directory", n->dn, n->entry == ENTRY_THERE ? todo :
		    "the directory did not answer: look whether the entry is still there, and delete it");
	add(list, "log of the directory", "cn=accesslog", "nothing when logpurge is set: it keeps writes for so "
	    "long only (ldif/README.md); else delete its older entries");
}

static void
add_exports(json_t *list, const struct subject *u)
{
	AUTO(json) exports = erase_exports(u);
	size_t n;
	json_t *x;

	json_array_foreach(exports, n, x) {
		const char *by = json_str(x, "by"), *t = json_str(x, "t");
		AUTO(str) where = xasprintf("record %" PRId64 ", by %s, %s",
					    (int64_t)json_integer_value(json_object_get(x, "seq")),
					    by ? by : "?", t ? t : "?");

		add(list, "copy of the log that was given out", where,
		    "ask whoever has it to delete it, or its openings.ndjson");
	}
}

static json_t *
what_stays(const struct erase_numbers *n, const struct subject *u)
{
	json_t *list = json_array();

	add_directory(list, n);
	add_exports(list, u);
	add(list, "backups", "of the database and of the directory", "let them run out, or make new ones and "
	    "destroy the old");
	add(list, "mail", "the mailbox's folder on the mail host", "delete it there");
	add(list, "journal", "lines of hopthud and slapd", "let them run out: a line of hopthud names letter "
	    "and row, and what the directory said to them");
	add(list, "letters and answers", "files and papers at the agency", "they are the agency's");
	return list;
}

static json_t *
letters(const struct subject *u, bool alone)
{
	json_t *list = json_array();

	for (size_t n = 0; n < u->letter_count; n++)
		if (u->letters[n].alone == alone)
			json_array_append_new(list, json_integer(u->letters[n].id));
	return list;
}

static void
add_local(void *arg, const char *local)
{
	json_array_append_new(arg, json_string(local));
}

json_t *
erase_report(const struct erase_numbers *n, const struct subject *u, bool dry_run, const char *pending)
{
	json_t *locals = json_array();

	if (dry_run && u->has_mailbox)
		store_each_address_of(u->flow->store, u->mailbox.login, u->person, add_local, locals);
	return json_pack("{s:s,s:b,s:I,s:I,s:I,s:o,s:o,s:I,s:o,s:s,s:o}", "person", u->person, "dry_run",
			 dry_run, "records", (json_int_t)u->seq_count, "openings",
			 (json_int_t)(dry_run ? n->openings : n->erased), "rows", (json_int_t)n->rows,
			 "letters", letters(u, true), "letters_of_others", letters(u, false), "searches",
			 (json_int_t)u->also_count, "tombstones", locals, "pending", pending, "remains",
			 what_stays(n, u));
}
