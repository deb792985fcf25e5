/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/json.h"
#include "common/trust.h"
#include "daemon/flow/export.h"
#include "daemon/flow/seal.h"
#include "daemon/store/store_search.h"

/* The policy file of a copy: whom to believe.  Addresses of witnesses are nothing for a stranger. */

static int
read_file(const char *file, struct buf *out, struct err *e)
{
	AUTO(fd) fd = open(file, O_RDONLY | O_CLOEXEC);
	char data[4096];
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, data, sizeof(data))) > 0 && out->len <= TRUST_BYTES_MAX)
		buf_add(out, data, (size_t)n);
	return fd < 0 || n < 0 ? err_set(e, ERR_CONFIG, "evidence.policy_file %s cannot be read: %s", file,
					 strerror(errno)) : 0;
}

static const char *
member(const struct trust *t, int bit)
{
	return bit < TRUST_MAX ? t->witnesses[bit].name : t->groups[bit - TRUST_MAX].name;
}

static void
add_witnesses(const struct trust *t, struct buf *out)
{
	buf_char(out, '\n');
	for (int i = 0; i < t->witness_count; i++) {
		AUTO(str) vkey = note_key_vkey(&t->witnesses[i].key);

		buf_printf(out, "witness %s %s\n", t->witnesses[i].name, vkey);
	}
	for (int i = 0; i < t->group_count; i++) {
		buf_printf(out, "group %s %d", t->groups[i].name, t->groups[i].needs);
		for (int bit = 0; bit < 2 * TRUST_MAX; bit++)
			if (t->groups[i].members >> bit & 1)
				buf_printf(out, " %s", member(t, bit));
		buf_char(out, '\n');
	}
	for (int bit = 0; bit < 2 * TRUST_MAX; bit++)
		if (t->quorum >> bit & 1)
			buf_printf(out, "quorum %s\n", member(t, bit));
	if (!t->quorum)
		buf_str(out, "quorum none\n");
}

/* Each key once, the oldest first. */
static void
add_log(struct buf *out, const char *vkey)
{
	AUTO(str) line = vkey ? xasprintf("log %s\n", vkey) : NULL;

	if (line && !strstr(out->data, line))
		buf_str(out, line);
}

static bool
take_key(void *arg, const struct stored_record *r)
{
	AUTO(json) rec = json_loadb(r->rec, r->len, 0, NULL);

	add_log(arg, json_str(rec, "key"));
	return false;
}

static int
add_incarnations(struct flow *f, struct buf *out, struct err *e)
{
	struct search *q = search_new(f->store, 1, INT64_MAX, true);
	bool over = false;
	int rc = 0;

	search_want(q, SEARCH_EVENT, event_word(EVENT_INCARNATION));
	while (!over && !rc) {
		int64_t seq;
		size_t found = 0;

		rc = search_step(q, &seq, 1, &found, &over, e);
		if (!rc && found)
			rc = store_records(f->store, seq - 1, 1, take_key, out, e);
	}
	search_free(q);
	return rc < 0 ? -1 : 0;
}

int
export_policy(struct flow *f, struct buf *out, struct err *e)
{
	const char *file = f->conf->evidence.policy_file;
	AUTO(str) now = note_key_vkey(seal_key(f));
	AUTO(buf) text = BUF_INIT;
	struct trust t;

	if (store_records(f->store, 0, 1, take_key, out, e) < 0 || /* genesis */
	    add_incarnations(f, out, e))
		return -1;
	add_log(out, now);
	if (!file || !*file) {
		buf_str(out, "\nquorum none\n");
		return 0;
	}
	if (read_file(file, &text, e) || trust_read(&t, text.data, text.len, file, e))
		return -1;
	add_witnesses(&t, out);
	trust_release(&t);
	return 0;
}
