/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/witness/witness_file.h"
#include "tools/witness/witness_state.h"

#define KEY_MAX 1024
#define LOGS_MAX 1000
#define NEW "new\n"

/* --- opening -------------------------------------------------------------------------------- */

static void
origin_hash(struct witness_log *l)
{
	uint8_t hash[DIGEST_LEN];
	AUTO(buf) hex = BUF_INIT;

	digest_sha256(l->key.name, strlen(l->key.name), hash);
	buf_hex(&hex, hash, sizeof(hash));
	memcpy(l->hash, hex.data, hex.len + 1);
}

static int
add_log(struct witness_state *s, const char *vkey, struct err *e)
{
	struct note_key key;

	if (note_key_read(&key, vkey, e))
		return -1;
	if (key.has_secret || key.algorithm != NOTE_ED25519) {
		note_key_wipe(&key);
		return err_set(e, ERR_USAGE, "a log is followed by its public key of kind 01, such as "
			       "hopthud --init leaves in log.vkey");
	}
	if (s->count == LOGS_MAX)
		return err_set(e, ERR_USAGE, "%d logs are followed, and no more can be", LOGS_MAX);
	s->logs = xrealloc(s->logs, (size_t)(s->count + 1) * sizeof(*s->logs));
	s->logs[s->count].key = key;
	origin_hash(&s->logs[s->count]);
	s->count++;
	return 0;
}

static int
read_logs(struct witness_state *s, struct err *e)
{
	AUTO(buf) text = BUF_INIT;
	int line = 1;

	if (witness_file_read(s->fd, "logs", "the list of logs", LOGS_MAX * KEY_MAX, &text, e))
		return -1;
	for (char *p = text.data, *nl; *p; p = nl + 1, line++) {
		nl = strchr(p, '\n');
		if (!nl)
			return err_set(e, ERR_CONFIG, "%s/logs:%d: the line does not end", s->dir, line);
		*nl = '\0';
		if (add_log(s, p, e))
			return err_wrap(e, "%s/logs:%d", s->dir, line);
	}
	if (strlen(text.data) != text.len && line == 1)
		return err_set(e, ERR_CONFIG, "%s/logs has a byte 0 in it", s->dir);
	return 0;
}

static int
read_key(struct witness_state *s, struct err *e)
{
	AUTO(buf) text = BUF_INIT;
	struct stat st;
	int rc = 0;

	if (fstatat(s->fd, "key", &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mode & 0077)
		return err_set(e, ERR_CONFIG, "%s/key is open to others: chmod 600 it, and think of who may have "
			       "read it", s->dir);
	if (witness_file_read(s->fd, "key", "the key", KEY_MAX, &text, e))
		return err_set(e, ERR_CONFIG, "%s: %s (hopthu-witness --init makes it)", s->dir, e->msg);
	if (text.len && text.data[text.len - 1] == '\n')
		text.data[--text.len] = '\0';
	if (strlen(text.data) != text.len || note_key_read(&s->key, text.data, e))
		rc = err_set(e, ERR_CONFIG, "%s/key is damaged: %s", s->dir, e->msg);
	else if (!s->key.has_secret || s->key.algorithm != NOTE_COSIGNATURE)
		rc = err_set(e, ERR_CONFIG, "%s/key is not the secret key of a witness (kind 04)", s->dir);
	explicit_bzero(text.data, text.len);
	return rc;
}

/* A state file without its line: the list was lost or is an older one. */
static int
check_strays(const struct witness_state *s, struct err *e)
{
	int fd = openat(s->fd, "state", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!d)
		return err_set(e, ERR_CONFIG, "%s/state cannot be read: %s", s->dir, strerror(errno));
	while (!rc && (entry = readdir(d))) {
		AUTO(str) name = xasprintf("state/%s", entry->d_name);
		AUTO(buf) text = BUF_INIT;

		if (entry->d_name[0] == '.' || witness_state_hash(s, entry->d_name))
			continue;
		/* "new" alone: --trust was interrupted, and nothing was ever confirmed */
		if (witness_file_read(s->fd, name, name, NOTE_BYTES_MAX, &text, NULL) || strcmp(text.data, NEW))
			rc = err_set(e, ERR_CONFIG, "%s/%s is of a log that %s/logs does not have: the list is not "
				     "the one that this state belongs to (hopthu-witness --trust with the "
				     "log's key adds its line again)", s->dir, name, s->dir);
	}
	closedir(d);
	return rc;
}

static int
open_dir(struct witness_state *s, enum witness_open how, struct err *e)
{
	struct stat st;

	s->fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd < 0)
		return err_set(e, ERR_CONFIG, "the state directory %s cannot be opened: %s (hopthu-witness "
			       "--init makes it)", s->dir, strerror(errno));
	if (fstat(s->fd, &st) || st.st_mode & 0022)
		return err_set(e, ERR_CONFIG, "others can write into the state directory %s: chmod 700 it",
			       s->dir);
	if (how != WITNESS_READ && flock(s->fd, LOCK_EX | LOCK_NB))
		return err_set(e, ERR_CONFLICT, "another hopthu-witness has %s: stop it first", s->dir);
	return 0;
}

int
witness_state_open(struct witness_state *s, const char *dir, enum witness_open how, struct err *e)
{
	*s = (struct witness_state){ .dir = xstrdup(dir), .fd = -1 };
	if (!open_dir(s, how, e) && !read_key(s, e) && !read_logs(s, e) &&
	    (how == WITNESS_MEND || !check_strays(s, e)))
		return 0;
	if (e->class != ERR_CONFLICT)
		e->class = ERR_CONFIG;
	witness_state_close(s);
	return -1;
}

void
witness_state_close(struct witness_state *s)
{
	if (s->fd >= 0)
		close(s->fd);
	note_key_wipe(&s->key);
	free(s->logs);
	free(s->dir);
	*s = (struct witness_state){ .fd = -1 };
}

const struct witness_log *
witness_state_log(const struct witness_state *s, const char *origin)
{
	for (int i = 0; i < s->count; i++)
		if (!strcmp(s->logs[i].key.name, origin))
			return &s->logs[i];
	return NULL;
}

const struct witness_log *
witness_state_hash(const struct witness_state *s, const char *hash)
{
	for (int i = 0; i < s->count; i++)
		if (!strcmp(s->logs[i].hash, hash))
			return &s->logs[i];
	return NULL;
}

/* --- making ---------------------------------------------------------------------------------- */

static int
make_folder(int dir, const char *name, const char *what, struct err *e)
{
	if (mkdirat(dir, name, 0700) && errno != EEXIST)
		return err_set(e, ERR_CONFIG, "%s cannot be made: %s", what, strerror(errno));
	return 0;
}

/* Whether a file is in it: "." and what an interrupted write left do not count. */
static bool
holds_anything(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool any = false;

	if (!d)
		return false;
	while ((entry = readdir(d)))
		any |= entry->d_name[0] != '.';
	closedir(d);
	return any;
}

static int
write_keys(int fd, const char *dir, const char *name, char **vkey, struct err *e)
{
	AUTO(str) what = xasprintf("%s/key", dir);
	AUTO(buf) line = BUF_INIT;
	struct note_key key;
	char *skey;
	int rc;

	note_key_make(&key, name, NOTE_COSIGNATURE);
	*vkey = note_key_vkey(&key);
	skey = note_key_skey(&key);
	note_key_wipe(&key);
	buf_printf(&line, "%s\n", *vkey);
	/* the secret key last: with it the directory is complete */
	rc = witness_file_write(fd, "logs", "the list of logs", "", 0, 0600, e) ||
	     witness_file_write(fd, "vkey", "the public key", line.data, line.len, 0644, e);
	buf_clear(&line);
	buf_printf(&line, "%s\n", skey);
	rc = rc || witness_file_write(fd, "key", what, line.data, line.len, 0600, e) ? -1 : 0;
	secret_free(skey);
	explicit_bzero(line.data, line.len);
	if (rc) {
		free(*vkey);
		*vkey = NULL;
	}
	return rc;
}

int
witness_state_init(const char *dir, const char *name, char **vkey, struct err *e)
{
	struct witness_state s = { .dir = xstrdup(dir), .fd = -1 };
	int rc = -1;

	if (!note_name_ok(name, strlen(name)))
		err_set(e, ERR_USAGE, "a witness's name is 1 to %d bytes without white space and +, such as "
			"witness.auditor.gov.vn", NOTE_NAME_MAX);
	else if (mkdir(dir, 0700) && errno != EEXIST)
		err_set(e, ERR_CONFIG, "%s cannot be made: %s", dir, strerror(errno));
	else if (open_dir(&s, WITNESS_WRITE, e))
		;
	else if (!faccessat(s.fd, "key", F_OK, 0) || holds_anything(s.fd, "state"))
		err_set(e, ERR_CONFLICT, "%s is the state of a witness already and is left as it is: a new key "
			"needs an empty directory", dir);
	else if (!make_folder(s.fd, "state", "the folder state", e) &&
		 !make_folder(s.fd, "refused", "the folder refused", e))
		rc = write_keys(s.fd, dir, name, vkey, e);
	witness_state_close(&s);
	return rc;
}

static int
write_logs(const struct witness_state *s, struct err *e)
{
	AUTO(buf) text = BUF_INIT;

	for (int i = 0; i < s->count; i++) {
		AUTO(str) vkey = note_key_vkey(&s->logs[i].key);

		buf_printf(&text, "%s\n", vkey);
	}
	return witness_file_write(s->fd, "logs", "the list of logs", text.data, text.len, 0600, e);
}

/* The log's state: what is there already is left, and must be this log's. */
static int
begin_state(struct witness_state *s, const struct witness_log *l, struct err *e)
{
	struct witness_seen seen = WITNESS_SEEN_INIT;
	AUTO(str) file = xasprintf("state/%s", l->hash);
	int rc;

	if (faccessat(s->fd, file, F_OK, AT_SYMLINK_NOFOLLOW))
		return witness_file_write(s->fd, file, file, NEW, strlen(NEW), 0600, e);
	rc = witness_state_read(s, l, &seen, e);
	witness_seen_release(&seen);
	return rc;
}

int
witness_state_trust(struct witness_state *s, const char *vkey, struct err *e)
{
	const struct witness_log *old;
	struct witness_log *l;

	if (add_log(s, vkey, e))
		return -1;
	l = &s->logs[s->count - 1];
	old = witness_state_log(s, l->key.name);
	if (old != l) {
		struct witness_seen seen = WITNESS_SEEN_INIT;
		bool same = !memcmp(old->key.public_key, l->key.public_key, sizeof(l->key.public_key));

		s->count--;
		if (!same)
			return err_set(e, ERR_CONFLICT, "the log %s is followed with another key; a log that gets a new "
				       "key gets a new origin too", old->key.name);
		/* A log that was followed and has no state now must not begin again from nothing. */
		if (witness_state_read(s, old, &seen, e))
			return -1;
		witness_seen_release(&seen);
		return 1;
	}
	if (!begin_state(s, l, e) && !write_logs(s, e))
		return 0;
	s->count--;
	return -1;
}

/* --- one log --------------------------------------------------------------------------------- */

void
witness_seen_release(struct witness_seen *s)
{
	buf_release(&s->note);
	*s = (struct witness_seen)WITNESS_SEEN_INIT;
}

static int
check_seen(const struct witness_state *s, const struct witness_log *l, struct witness_seen *seen,
	   struct err *e)
{
	struct note n;

	if (!strcmp(seen->note.data, NEW) && seen->note.len == strlen(NEW))
		return 0;
	if (note_read(&n, seen->note.data, seen->note.len, e) || checkpoint_read(&seen->at, &n, e))
		return -1;
	if (strcmp(seen->at.origin, l->key.name))
		return err_set(e, ERR_CONFIG, "it is of the log %s", seen->at.origin);
	if (note_verify(&n, &l->key, NULL, NULL) != NOTE_GOOD)
		return err_set(e, ERR_CONFIG, "the log's signature is not right");
	if (note_verify(&n, &s->key, &seen->time, NULL) != NOTE_GOOD)
		return err_set(e, ERR_CONFIG, "this witness's own signature is not right");
	seen->any = true;
	return 0;
}

int
witness_state_read(const struct witness_state *s, const struct witness_log *l,
		   struct witness_seen *out, struct err *e)
{
	AUTO(str) file = xasprintf("state/%s", l->hash);
	AUTO(str) what = xasprintf("%s/%s", s->dir, file);
	struct witness_seen seen = WITNESS_SEEN_INIT;
	struct err why = ERR_INIT;

	if (!witness_file_read(s->fd, file, what, NOTE_BYTES_MAX, &seen.note, &why) &&
	    !check_seen(s, l, &seen, &why)) {
		*out = seen;
		return 0;
	}
	witness_seen_release(&seen);
	return err_set(e, ERR_CONFIG, "what this witness saw of %s is lost or damaged (%s: %s): it confirms "
		       "nothing of this log until the file is there again; if it is gone for good, make a "
		       "new witness with a new key", l->key.name, file, why.msg);
}

int
witness_state_write(const struct witness_state *s, const struct witness_log *l, const char *note,
		    size_t n, struct err *e)
{
	AUTO(str) file = xasprintf("state/%s", l->hash);

	return witness_file_write(s->fd, file, file, note, n, 0600, e);
}
