/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/note.h"
#include "daemon/base/clock.h"
#include "daemon/daemon.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/order.h"
#include "daemon/flow/seal.h"
#include "daemon/policy/name.h"

#define SCRAM_KEY "scram.key"

static char *
key_path(const struct conf *conf, const char *name)
{
	return xasprintf("%s/%s", conf->key_dir, name);
}

static int
check_dir(const char *dir, struct err *e)
{
	struct stat st;

	if (stat(dir, &st) || !S_ISDIR(st.st_mode) || st.st_mode & 0077)
		return err_set(e, ERR_CONFIG,
			       "the key directory %s must be a directory that only its owner can use: "
			       "chmod 700 %s", dir, dir);
	return 0;
}

static int
make_dir(const char *dir, struct err *e)
{
	if (mkdir(dir, 0700) && errno != EEXIST)
		return err_set(e, ERR_CONFIG, "the key directory %s cannot be made: %s", dir,
			       strerror(errno));
	return check_dir(dir, e);
}

int
init_check_conf(const struct conf *conf, struct err *e)
{
	struct err wrong = ERR_INIT, why = ERR_INIT;
	int rc = 0;

	if (!access(conf->key_dir, F_OK) && check_dir(conf->key_dir, &why))
		rc |= conf_wrong(conf, "key_dir", &wrong, "%s", why.msg);
	return rc ? err_set(e, ERR_CONFIG, "%s", wrong.msg) : 0;
}

/* The name of a file is durable after this: a record that gives a key's public half must never be there
 * without the key. */
static int
sync_folder(const char *file)
{
	const char *slash = strrchr(file, '/');
	AUTO(str) folder = slash ? xstrndup(file, slash == file ? 1 : (size_t)(slash - file)) : xstrdup(".");
	AUTO(fd) fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fsync(fd);
}

int
init_write_file(const char *file, const char *text, mode_t mode, struct err *e)
{
	AUTO(fd) fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	size_t n = strlen(text);

	if (fd < 0 && errno == EEXIST)
		return err_set(e, ERR_CONFLICT, "%s is there already and is left as it is", file);
	if (fd < 0 || write(fd, text, n) != (ssize_t)n || fsync(fd) || sync_folder(file))
		return err_set(e, ERR_CONFIG, "%s cannot be written: %s", file, strerror(errno));
	return 0;
}

static int
make_keys(const struct conf *conf, char **vkey, struct err *e)
{
	AUTO(str) scram = key_path(conf, SCRAM_KEY);
	AUTO(str) log = key_path(conf, SEAL_KEY);
	AUTO(str) pub = key_path(conf, SEAL_VKEY);
	AUTO(str) skey = NULL;
	AUTO(buf) hex = BUF_INIT;
	AUTO(buf) line = BUF_INIT;
	struct note_key log_key;
	uint8_t key[32];
	int rc;

	if (make_dir(conf->key_dir, e))
		return -1;
	digest_random(key, sizeof(key));
	buf_hex(&hex, key, sizeof(key));
	buf_char(&hex, '\n');
	explicit_bzero(key, sizeof(key));
	note_key_make(&log_key, conf->instance, NOTE_ED25519);
	skey = note_key_skey(&log_key);
	*vkey = note_key_vkey(&log_key);
	note_key_wipe(&log_key);
	buf_printf(&line, "%s\n", skey);
	rc = init_write_file(scram, hex.data, 0600, e) || init_write_file(log, line.data, 0600, e) ? -1 : 0;
	explicit_bzero(skey, strlen(skey));
	explicit_bzero(line.data, line.len);
	explicit_bzero(hex.data, hex.len);
	buf_clear(&line);
	buf_printf(&line, "%s\n", *vkey);
	return rc || init_write_file(pub, line.data, 0644, e) ? -1 : 0;
}

int
init_read_scram_key(const struct conf *conf, uint8_t key[32], struct err *e)
{
	AUTO(str) file = key_path(conf, SCRAM_KEY);
	char *hex = conf_read_secret(file, e);
	int rc;

	if (!hex)
		return -1;
	rc = digest_from_hex(hex, key);
	secret_free(hex);
	return !rc ? 0 : err_set(e, ERR_CONFIG, "%s is not a key of 64 hex digits: `hopthud --init` "
				     "made it, restore it from the backup", file);
}

static int
genesis(struct flow *f, const char *vkey, struct err *e)
{
	struct evidence ev = { .ev = EVENT_GENESIS, .actor = actor_daemon,
			       .target = f->conf->instance, .key = vkey };
	uint8_t cfg[32];

	conf_digest(f->conf, cfg);
	ev.cfg = cfg;
	if (store_begin(f->store, e))
		return -1;
	if (store_set_meta(f->store, "instance", f->conf->instance, e) || flow_make_plan_key(f, e) ||
	    store_set_meta(f->store, "vkey", vkey, e) || evidence_append(f, &ev, NULL, e)) {
		store_abort(f->store);
		return -1;
	}
	return store_end(f->store, e);
}

static void
on_committed(void *arg, const struct err *failure)
{
	if (failure)
		*(struct err *)arg = *failure;
}

static int
fill(struct flow *f, const char *vkey, const struct init_order *o, struct err *e)
{
	struct operator admin = { .name = o->admin, .full_name = o->admin, .roles = ROLE_ADMIN,
				  .uid = o->uid, .created_at = (int64_t)clock_wall_us() };
	struct err failure = ERR_INIT;

	if (genesis(f, vkey, e) || order_operator_add(f, &admin, &actor_daemon, e))
		return -1;
	store_after_commit(f->store, on_committed, &failure);
	store_commit(f->store);
	if (failure.class == ERR_NONE)
		return 0;
	*e = failure;
	return -1;
}

int
init_run(const struct conf *conf, const struct init_order *o, struct err *e)
{
	struct flow f = { .conf = conf };
	AUTO(str) vkey = NULL;
	int rc;

	if (!access(conf->database, F_OK))
		return err_set(e, ERR_CONFLICT, "the database %s is there already and is left as it is",
			       conf->database);
	if (make_keys(conf, &vkey, e))
		return -1;
	f.store = store_create(conf->database, e);
	if (!f.store)
		return -1;
	rc = fill(&f, vkey, o, e);
	store_close(f.store);
	if (rc)
		unlink(conf->database); /* nothing was promised yet */
	return rc;
}
