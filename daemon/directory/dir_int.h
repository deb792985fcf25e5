/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_DIR_INT_H
#define HOPTHU_DIR_INT_H
/*
 * Inside of daemon/directory; nobody else includes this.
 *
 *   dir_conn.c   states, backoff, deadlines of the connection
 *   dir_open.c   from nothing to a bound connection
 *   dir_dial.c   the address, and a socket connected without waiting
 *   dir_io.c     bytes: libldap reads and writes our buffers, we read and write the socket
 *   dir_tls.c    TLS on that socket
 *   dir_op.c     operations in flight, their ends and deadlines
 *   dir_send.c   operations on their way out
 *   dir_reply.c  what comes back
 *   dir_entry.c  an entry from its BER
 *   dir_error.c  result codes to classes and sentences
 *   dir_watch.c  what others change; dir_sync.c has its formats
 *   dir_check.c  what must be true of the directory before anything is written to it
 *   dir_name.c   DNs and filters
 */
#include <ldap.h>

#include "common/buf.h"
#include "daemon/directory/dir.h"

struct ssl_st;
struct addrinfo;
struct resolve;

/* --- dir_io.c --- */

/*
 * libldap never touches the socket.  What it writes goes into out, which takes everything, so that
 * its LDAP_BUSY, half-written requests and blocking writes cannot happen; what it reads comes from
 * in.  We know to the byte what left this process: below `gone` it may have, above it has not.
 */
struct dir_io {
	int fd;             /* -1: none */
	struct ssl_st *ssl; /* NULL: plain */
	char *in;
	size_t in_off, in_len;
	struct buf out;
	size_t out_off;
	uint64_t queued; /* bytes ever put into out */
	uint64_t gone;   /* of them, those that were ever offered to the kernel or to TLS */
	bool dead;       /* end of file or an error: why is set */
	bool tls_wants_write;
	char why[256];
};

void dir_io_init(struct dir_io *io, int fd);
void dir_io_release(struct dir_io *io);         /* closes */
int dir_io_attach(struct dir_io *io, LDAP *ld); /* 0, or -1 */
bool dir_io_fill(struct dir_io *io);            /* something new is in `in` */
void dir_io_flush(struct dir_io *io);
bool dir_io_pending(const struct dir_io *io); /* something in `in` */
int dir_io_want(const struct dir_io *io);     /* LOOP_READ, LOOP_WRITE */
void dir_io_die(struct dir_io *io, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* --- dir_dial.c --- */
struct dir_dial {
	bool ipc, tls, start_tls;
	char *host; /* path of the socket when ipc */
	int port;
	struct resolve *query; /* a name being resolved */
	struct addrinfo *list, *next;
	char why[256]; /* of the last address that failed */
};

/* Takes the URI of the configuration apart. */
int dir_dial_parse(struct dir_dial *t, const struct conf_directory *conf, struct err *e);
void dir_dial_release(struct dir_dial *t);
/*
 * One step, without waiting: 1 and *fd connected, 0 and *fd being connected (call
 * dir_dial_finish when it is writable) or -1 being resolved (call again soon), -1 and e.
 */
int dir_dial_step(struct dir_dial *t, int *fd, struct err *e);
/* fd became writable: 1 connected; 0 it failed and was closed, call dir_dial_step again. */
int dir_dial_finish(struct dir_dial *t, int fd);
bool dir_dial_local(int fd); /* the peer is on this machine */

/* --- dir_tls.c --- */
int dir_tls_begin(struct dir_io *io, const struct dir_dial *t, const struct conf_directory *conf,
		  struct err *e);
/* 1 done, 0 waits (dir_io_want), -1 and e. */
int dir_tls_step(struct dir_io *io, struct err *e);
void dir_tls_free(struct dir_io *io);
ssize_t dir_tls_read(struct dir_io *io, void *data, size_t n);        /* 0 = nothing now */
ssize_t dir_tls_write(struct dir_io *io, const void *data, size_t n); /* 0 = nothing now */

struct dir_op {
	struct dir_op *next;
	int msgid;
	dir_cb *cb;
	void *arg;
	void (*each)(void *arg, const struct dir_entry *entry); /* dir_list */
	bool search;
	struct dir_watch *watch; /* its search, which lasts as long as the connection */
	struct arena *arena; /* owns entry */
	const struct dir_entry *entry;
	uint64_t sent_us, deadline_us;
	uint64_t begin; /* where it begins in the stream of bytes (dir_io) */
	/* when it is done */
	enum dir_class class;
	int code;
	char *message;
	uint64_t took_us;
};

struct dir {
	struct loop *loop;
	const struct conf_directory *conf;
	struct dir_events ev;
	struct dir_watch *watch; /* whose connection this is, or NULL */
	enum dir_state state;
	struct dir_dial dial;
	struct dir_io io;
	struct loop_fd *fd;
	int want;       /* what fd waits for */
	bool handshake; /* TLS is being set up: bytes are not LDAP's */
	LDAP *ld;
	unsigned life; /* counts connections, so that a callback's caller sees that its own is gone
			*/

	struct loop_timer *timer; /* DOWN: next attempt; CONNECT to BIND: deadline or resolver */
	uint64_t next_try_us, connect_deadline_us;
	unsigned backoff_ms;
	char reason[ERR_MSG_MAX];
	char fault[ERR_MSG_MAX];

	struct dir_op *ops, **ops_end;   /* in flight, oldest first */
	struct dir_op *done, **done_end; /* waiting for their callback */
	unsigned in_flight;
	struct loop_timer *op_timer;
	bool op_timer_set;

	unsigned check;                  /* step of CHECK */
	bool deliver_soon, service_soon; /* deferred to the loop already */
	bool down_soon;                  /* tell ev.down after the callbacks of the operations */
	bool reconnect;   /* the configuration changed: as soon as nothing is in flight */
	bool busy, freed; /* inside a callback; dir_free was called there */
};

/* --- dir_op.c --- */
struct dir_op *dir_op_new(dir_cb *cb, void *arg);
void dir_op_started(struct dir *d, struct dir_op *op); /* its bytes are in io.out */
uint64_t dir_op_deadline(const struct dir *d, uint64_t now);
void dir_op_call(struct dir *d, struct dir_op *op); /* the callback; frees op */
/* Ends an operation without a reply; its callback comes in a later turn. */
void dir_op_end(struct dir *d, struct dir_op *op, enum dir_class class, int code,
		const char *message);
/* Why a public operation is not sent now, or NULL. */
const char *dir_refusal(const struct dir *d);
/* Everything that is in flight ends as DIR_LOST or DIR_NOT_SENT, in a later turn. */
void dir_ops_end(struct dir *d, const char *why);
void dir_ops_free(struct dir *d);     /* without callbacks */
void dir_op_deadlines(struct dir *d); /* the timer's */
void dir_deliver_soon(struct dir *d);

/* --- dir_reply.c --- */
/* Handles messages that are in io.in for a few milliseconds.  Whether some are left. */
bool dir_ops_drain(struct dir *d);

/* --- dir_send.c, for BIND and CHECK: sent whatever the state is --- */
void dir_op_bind(struct dir *d, const char *dn, const char *mech, const char *secret, dir_cb *cb);
void dir_op_start_tls(struct dir *d, dir_cb *cb);
/* message is the authorization identity when the class is DIR_OK.  authz_id: "dn:..." or NULL. */
void dir_op_whoami(struct dir *d, const char *authz_id, dir_cb *cb);
void dir_op_read(struct dir *d, const char *dn, const char *authz_id, const char *filter,
		 const char *const *attrs, dir_cb *cb);
/* Adds one value to an attribute. */
void dir_op_add_value(struct dir *d, const char *dn, const char *authz_id, const char *attr,
		      const char *value, dir_cb *cb);

/* RFC 4533; value: of the request control.  Lasts until slapd ends it: no deadline, no place in the
 * window. */
void dir_op_watch(struct dir *d, const char *base, const void *value, size_t n,
		  const char *const *attrs, struct dir_watch *w, dir_cb *cb);

/* --- dir_watch.c --- */
/* An entry or an intermediate response of the watch's search; -1: it is not what RFC 4533 says. */
int dir_watch_message(struct dir_watch *w, LDAP *ld, LDAPMessage *m);

/* --- dir_conn.c --- */
/* Around callbacks: dir_free inside of one is put off until the outermost dir_leave. */
bool dir_enter(struct dir *d);
void dir_leave(struct dir *d, bool before);
void dir_down(struct dir *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void dir_unreachable(struct dir *d, const char *why);
void dir_want(struct dir *d); /* tells the loop what fd waits for */
void dir_on_fd(void *arg, int what);
void
dir_service_soon(struct dir *d); /* read, handle, write: once for all that is asked in a turn */
void dir_checked(struct dir *d); /* CHECK is passed */

/* --- dir_open.c --- */
void dir_open(struct dir *d);       /* the next step of CONNECT */
void dir_open_event(struct dir *d); /* fd is ready, in CONNECT or during a TLS handshake */

/* --- dir_check.c --- */
void dir_check_begin(struct dir *d);

/* --- dir_entry.c --- */
struct dir_entry *dir_entry_from_message(struct arena *a, LDAP *ld, LDAPMessage *m);
struct dir_entry *dir_entry_from_control(struct arena *a, const struct berval *value);

/* --- dir_error.c --- */
enum dir_class dir_error_class(int code);
/* One sentence; caller frees. */
char *dir_error_text(int code, const char *diagnostic, const char *matched);
#endif
