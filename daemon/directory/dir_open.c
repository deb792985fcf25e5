/* SPDX-License-Identifier: BSD-2-Clause */
#include <openldap.h>
#include <stdio.h>

#include "daemon/directory/dir_int.h"

/*
 * From nothing to a bound connection: CONNECT, TLS, BIND.  The file reads from the end, as each
 * step calls the next one.
 */

/* How often the resolver is asked whether it is done. */
#define RESOLVE_MS 20

/* --- BIND ------------------------------------------------------------------------------------ */

static void
on_bound(void *arg, const struct dir_result *r)
{
	struct dir *d = arg;

	if (r->class == DIR_LOST || r->class == DIR_NOT_SENT)
		return; /* the connection is down already */
	if (r->class != DIR_OK) {
		snprintf(d->fault, sizeof(d->fault),
			 "slapd refuses the bind of hopthud: %s; "
			 "see directory.bind in hopthud.conf",
			 r->message);
		dir_down(d, "%s", d->fault);
		return;
	}
	loop_timer_stop(d->timer);
	d->state = DIR_CHECK;
	dir_check_begin(d);
}

static void
bind_simple(struct dir *d)
{
	struct err e = ERR_INIT;
	char *secret = NULL;

	/* RFC 4513 5.1.2: a name without a password is an anonymous bind that "succeeds". */
	if (!d->conf->bind_dn || !*d->conf->bind_dn || !d->conf->password_file)
		err_set(&e, ERR_CONFIG, "directory.bind_dn and directory.password_file are needed");
	else
		secret = conf_read_secret(d->conf->password_file, &e);
	if (secret && !*secret)
		err_set(&e, ERR_CONFIG, "%s is empty", d->conf->password_file);
	if (e.class != ERR_NONE) {
		snprintf(d->fault, sizeof(d->fault), "hopthud cannot bind: %s", e.msg);
		dir_down(d, "%s", d->fault);
	} else {
		dir_op_bind(d, d->conf->bind_dn, LDAP_SASL_SIMPLE, secret, on_bound);
	}
	secret_free(secret);
}

static void
bind_begin(struct dir *d)
{
	d->state = DIR_BIND;
	switch (d->conf->bind) {
	case CONF_BIND_EXTERNAL:
		dir_op_bind(d, NULL, "EXTERNAL", "", on_bound);
		break;
	case CONF_BIND_SIMPLE:
		bind_simple(d);
		break;
	}
}

/* libldap gets a socket that is connected already, and never touches it. */
static int
attach(struct dir *d)
{
	const int version = LDAP_VERSION3, deref = LDAP_DEREF_NEVER;
	const struct timeval limit = { 1, 0 };

	if (ldap_init_fd(d->io.fd, LDAP_PROTO_EXT, d->conf->uri, &d->ld) != LDAP_SUCCESS ||
	    dir_io_attach(&d->io, d->ld)) {
		dir_unreachable(d, "libldap does not take the connection");
		return -1;
	}
	ldap_set_option(d->ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	ldap_set_option(d->ld, LDAP_OPT_DEREF, &deref);
	ldap_set_option(d->ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
	ldap_set_option(d->ld, LDAP_OPT_RESTART, LDAP_OPT_OFF);
	ldap_set_option(d->ld, LDAP_OPT_TIMEOUT,
			&limit); /* nothing of ours waits; if it did, briefly */
	return 0;
}

/* --- TLS ------------------------------------------------------------------------------------- */

static void
tls_step(struct dir *d)
{
	struct err e = ERR_INIT;
	int rc = dir_tls_step(&d->io, &e);

	if (rc < 0) {
		dir_unreachable(d, e.msg);
	} else if (rc == 0) {
		dir_want(d);
	} else {
		d->handshake = false;
		dir_want(d);
		if (d->ld || attach(d) == 0)
			bind_begin(d);
	}
}

static void
tls_begin(struct dir *d)
{
	struct err e = ERR_INIT;

	d->state = DIR_TLS;
	d->handshake = true;
	if (dir_tls_begin(&d->io, &d->dial, d->conf, &e))
		dir_unreachable(d, e.msg);
	else
		tls_step(d);
}

static void
on_start_tls(void *arg, const struct dir_result *r)
{
	struct dir *d = arg;

	if (r->class == DIR_LOST || r->class == DIR_NOT_SENT)
		return;
	if (r->class != DIR_OK)
		dir_unreachable(d, "it refuses StartTLS");
	else if (dir_io_pending(&d->io)) /* somebody in between put plain text after the answer */
		dir_unreachable(d, "there was more behind the answer to StartTLS");
	else
		tls_begin(d);
}

/* --- CONNECT --------------------------------------------------------------------------------- */

static void
connected(struct dir *d)
{
	bool plain = d->dial.ipc ||
		     (d->dial.start_tls && dir_dial_local(d->io.fd) && !d->conf->tls_ca_file);

	if (d->dial.tls) {
		tls_begin(d);
	} else if (attach(d) == 0 && plain) {
		dir_want(d);
		bind_begin(d);
	} else if (d->ld) {
		dir_want(d);
		d->state = DIR_TLS;
		dir_op_start_tls(d, on_start_tls);
	}
}

/* The next address, or the name server's answer, or the end. */
void
dir_open(struct dir *d)
{
	struct err e = ERR_INIT;
	int fd = -1, rc = dir_dial_step(&d->dial, &fd, &e);

	if (rc < 0) {
		dir_unreachable(d, e.msg);
		return;
	}
	if (fd < 0) {
		loop_timer_set(d->timer, RESOLVE_MS);
		return;
	}
	dir_io_init(&d->io, fd);
	d->fd = loop_fd_new(d->loop, fd, dir_on_fd, d);
	d->want = 0;
	if (rc == 1)
		connected(d);
	else
		loop_fd_want(d->fd, d->want = LOOP_WRITE);
}

static void
dialled(struct dir *d)
{
	if (dir_dial_finish(&d->dial, d->io.fd)) {
		connected(d);
		return;
	}
	loop_fd_free(d->fd);
	d->fd = NULL;
	dir_io_release(&d->io);
	dir_open(d);
}

void
dir_open_event(struct dir *d)
{
	if (d->state == DIR_CONNECT)
		dialled(d);
	else
		tls_step(d);
}
