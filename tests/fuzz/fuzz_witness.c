/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "tools/witness/witness_file.h"
#include "tools/witness/witness_log.h"

/*
 * A body for add-checkpoint, at a witness that confirmed four records of a log.  The log's
 * key is this one, so that requests of the corpus are signed; when one can be read and is not signed,
 * it is signed here and asked again.  Confirmed is only what continues those four records.
 */
#define LOG_KEY "PRIVATE+KEY+log.example/1+7d721d33+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
#define NOW 1800000000

static struct witness_state state;
static struct note_key log_key;
static struct merkle four; /* the tree that was confirmed */
static char dir[64];

static void
clean(void)
{
	static const char *const names[] = { "key", "vkey", "logs", "refused", "state", "" };
	AUTO(str) file = xasprintf("%s/state/%s", dir, state.logs[0].hash);

	unlink(file);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		AUTO(str) path = xasprintf("%s/%s", dir, names[i]);

		if (remove(path))
			perror(path);
	}
	witness_state_close(&state);
}

static void
set_up(void)
{
	struct err e = ERR_INIT;
	AUTO(str) vkey = NULL;
	AUTO(str) own = NULL;

	if (note_key_read(&log_key, LOG_KEY, &e))
		fprintf(stderr, "%s\n", e.msg);
	snprintf(dir, sizeof(dir), "%s/hopthu-fuzz-XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	BUG_ON(!log_key.has_secret || !mkdtemp(dir));
	vkey = note_key_vkey(&log_key);
	BUG_ON(witness_state_init(dir, "witness.example", &own, &e));
	BUG_ON(witness_state_open(&state, dir, WITNESS_MEND, &e) || witness_state_trust(&state, vkey, &e));
	for (uint8_t i = 0; i < 4; i++) {
		uint8_t leaf[DIGEST_LEN];

		merkle_leaf(&i, 1, leaf);
		merkle_append(&four, leaf);
	}
	atexit(clean);
}

/* Back to four records; plain writing, because nothing here must outlive a crash. */
static void
confirm_four(void)
{
	struct checkpoint c = { .size = 4 };
	AUTO(str) file = xasprintf("%s/state/%s", dir, state.logs[0].hash);
	AUTO(fd) fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	AUTO(buf) text = BUF_INIT;
	AUTO(buf) note = BUF_INIT;

	memcpy(c.origin, log_key.name, strlen(log_key.name) + 1);
	merkle_root(&four, c.root);
	checkpoint_text(&c, &text);
	buf_printf(&note, "%s\n", text.data);
	note_sign(&log_key, text.data, text.len, 0, &note);
	note_sign(&state.key, text.data, text.len, NOW - 1, &note);
	BUG_ON(fd < 0 || write(fd, note.data, note.len) != (ssize_t)note.len);
}

/* What it knows now: those four, or what it said 200 to. */
static void
check_state(int status)
{
	struct witness_seen seen = WITNESS_SEEN_INIT;
	struct err e = ERR_INIT;
	uint8_t root[DIGEST_LEN];

	BUG_ON(witness_state_read(&state, &state.logs[0], &seen, &e) || !seen.any);
	BUG_ON(seen.at.size < 4 || (status != 200 && seen.at.size != 4));
	BUG_ON(seen.time != (status == 200 ? NOW : NOW - 1));
	merkle_root(&four, root);
	BUG_ON(seen.at.size == 4 && memcmp(root, seen.at.root, sizeof(root)));
	witness_seen_release(&seen);
}

static int
ask(const char *body, size_t n)
{
	struct witness_reply r = WITNESS_REPLY_INIT;
	int status;

	confirm_four();
	witness_log_add(&state, body, n, NOW, &r);
	status = r.status;
	BUG_ON(status != 200 && status != 400 && status != 403 && status != 404 && status != 409 &&
	       status != 422);
	BUG_ON(!r.type || !r.body.len || r.body.data[r.body.len - 1] != '\n');
	witness_reply_release(&r);
	check_state(status);
	return status;
}

/* Evidence would pile up and make everything slow. */
static void
forget_refused(void)
{
	AUTO(str) folder = xasprintf("%s/refused", dir);
	DIR *d = opendir(folder);
	struct dirent *entry;

	BUG_ON(!d);
	while ((entry = readdir(d)))
		if (entry->d_name[0] != '.')
			BUG_ON(unlinkat(dirfd(d), entry->d_name, 0));
	closedir(d);
}

/* What is asked, signed by the log whatever it was signed by. */
static void
sign_request(const struct witness_request *q, struct buf *out)
{
	struct checkpoint c = q->at;
	AUTO(buf) text = BUF_INIT;

	memcpy(c.origin, log_key.name, strlen(log_key.name) + 1);
	checkpoint_text(&c, &text);
	buf_printf(out, "old %llu\n", (unsigned long long)q->old);
	proof_write(&q->proof, out);
	buf_printf(out, "\n%s\n", text.data);
	note_sign(&log_key, text.data, text.len, 0, out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *body = (const char *)data;
	AUTO(buf) again = BUF_INIT;
	struct witness_request q;
	struct err e = ERR_INIT;
	int status;

	if (!dir[0])
		set_up();
	status = ask(body, size);
	if (status == 403 || status == 404) {
		BUG_ON(witness_request_read(&q, body, size, &e));
		sign_request(&q, &again);
		status = ask(again.data, again.len);
		BUG_ON(status == 403 || status == 404);
	}
	if (status == 409 || status == 422)
		forget_refused();
	return 0;
}
