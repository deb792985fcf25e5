/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/base/clock.h"
#include "daemon/directory/dir_int.h"

/* Messages are handled for so long in one turn; a long listing goes on in the next one (I10). */
#define SLICE_US 5000

static struct dir_op *
op_find(struct dir *d, int msgid, struct dir_op ***at)
{
	for (struct dir_op **p = &d->ops; *p; p = &(*p)->next)
		if ((*p)->msgid == msgid) {
			*at = p;
			return *p;
		}
	return NULL;
}

static void
on_entry(struct dir *d, struct dir_op *op, LDAPMessage *m)
{
	struct arena *a = op->each ? arena_new() : op->arena;
	struct dir_entry *entry = dir_entry_from_message(a, d->ld, m);

	if (!entry) {
		dir_io_die(&d->io, "slapd sent an entry that cannot be decoded");
	} else if (op->each) {
		bool before = dir_enter(d);

		op->deadline_us = dir_op_deadline(d, clock_mono_us()); /* it is working */
		op->each(op->arg, entry);
		dir_leave(d, before);
	} else {
		op->entry = entry;
	}
	if (a != op->arena)
		arena_free(a);
}

static void
take_controls(struct dir_op *op, LDAPControl **controls)
{
	LDAPControl *c = ldap_control_find(LDAP_CONTROL_POST_READ, controls, NULL);

	if (c && c->ldctl_value.bv_val)
		op->entry = dir_entry_from_control(op->arena, &c->ldctl_value);
	ldap_controls_free(controls);
}

/* WhoAmI: the identity is the message. */
static void
take_identity(struct dir *d, struct dir_op *op, LDAPMessage *m)
{
	struct berval *data = NULL;

	if (ldap_parse_extended_result(d->ld, m, NULL, &data, 0) != LDAP_SUCCESS || !data)
		return;
	free(op->message);
	op->message = xstrndup(data->bv_val, data->bv_len);
	ber_bvfree(data);
}

static void
classify(struct dir_op *op, const char *diagnostic, const char *matched)
{
	op->class = dir_error_class(op->code);
	op->message = dir_error_text(op->code, diagnostic, matched);
	/* A search that succeeds and shows nothing does not say that nothing is there. */
	if (op->search && !op->each && !op->watch && op->class == DIR_OK && !op->entry) {
		op->class = DIR_DENIED;
		op->code = LDAP_INSUFFICIENT_ACCESS;
		free(op->message);
		op->message = xstrdup("the access rules hide the entry");
	}
}

static void
on_result(struct dir *d, struct dir_op **at, LDAPMessage *m)
{
	struct dir_op *op = *at;
	LDAPControl **controls = NULL;
	char *matched = NULL, *diagnostic = NULL;

	*at = op->next;
	if (!*at)
		d->ops_end = at;
	if (!op->watch)
		d->in_flight--;
	op->took_us = clock_mono_us() - op->sent_us;
	if (ldap_parse_result(d->ld, m, &op->code, &matched, &diagnostic, NULL, &controls, 0)) {
		dir_op_end(d, op, DIR_LOST, LDAP_DECODING_ERROR,
			   "slapd sent a result that cannot be decoded");
		dir_io_die(&d->io, "slapd sent a result that cannot be decoded");
	} else {
		take_controls(op, controls);
		classify(op, diagnostic, matched);
		if (ldap_msgtype(m) == LDAP_RES_EXTENDED && op->class == DIR_OK)
			take_identity(d, op, m);
		dir_op_call(d, op);
	}
	ldap_memfree(matched);
	ldap_memfree(diagnostic);
}

/* RFC 4511 4.4.1: slapd says good-bye before it closes the connection. */
static void
on_notice(struct dir *d, LDAPMessage *m)
{
	char *diagnostic = NULL, *text;
	int code = LDAP_OTHER;

	if (ldap_parse_result(d->ld, m, &code, NULL, &diagnostic, NULL, NULL, 0))
		code = LDAP_OTHER;
	text = dir_error_text(code, diagnostic, NULL);
	dir_io_die(&d->io, "slapd closes the connection: %s", text);
	free(text);
	ldap_memfree(diagnostic);
}

static void
on_change(struct dir *d, struct dir_watch *w, LDAPMessage *m)
{
	bool before = dir_enter(d);

	if (dir_watch_message(w, d->ld, m))
		dir_io_die(&d->io, "slapd sent a change that cannot be decoded");
	dir_leave(d, before);
}

static void
on_message(struct dir *d, LDAPMessage *m)
{
	struct dir_op **at = NULL, *op;

	if (ldap_msgid(m) == 0) {
		on_notice(d, m);
		return;
	}
	op = op_find(d, ldap_msgid(m), &at);
	if (!op)
		return;
	switch (ldap_msgtype(m)) {
	case LDAP_RES_SEARCH_ENTRY:
	case LDAP_RES_INTERMEDIATE:
		if (op->watch) {
			on_change(d, op->watch, m);
			break;
		}
		if (ldap_msgtype(m) == LDAP_RES_INTERMEDIATE)
			break;
		on_entry(d, op, m);
		break;
	case LDAP_RES_SEARCH_REFERENCE:
		break;
	default:
		on_result(d, at, m);
	}
}

bool
dir_ops_drain(struct dir *d)
{
	const uint64_t stop = clock_mono_us() + SLICE_US;
	const unsigned life = d->life;

	while (dir_io_pending(&d->io)) {
		struct timeval no_wait = { 0, 0 };
		LDAPMessage *m = NULL;
		int rc = ldap_result(d->ld, LDAP_RES_ANY, LDAP_MSG_ONE, &no_wait, &m);

		if (rc < 0) {
			d->io.in_off = d->io.in_len;
			dir_io_die(&d->io, "slapd sent something that is not LDAP");
			return false;
		}
		if (rc == 0)
			continue; /* half a message; the rest comes later */
		on_message(d, m);
		ldap_msgfree(m);
		if (d->freed || d->life != life || d->handshake)
			return false;
		if (clock_mono_us() > stop)
			return dir_io_pending(&d->io);
	}
	return false;
}
