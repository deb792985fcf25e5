/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <string.h>

#include "common/digest.h"
#include "common/model.h"
#include "tools/request.h"

/*
 * Plans: shown so that a person can judge them, and their digest computed here again, so that what
 * is approved is what was seen.
 */

static void
hex_of(const uint8_t hash[DIGEST_LEN], char hex[65])
{
	for (size_t i = 0; i < DIGEST_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
}

/* "<row> <sha256 of line>\n" into the digest.  -1: the line is not the one that was promised. */
static int
add_item(struct digest *d, const json_t *item)
{
	const char *line = ctl_text(item, "line");
	uint8_t hash[DIGEST_LEN];
	char hex[65];
	AUTO(buf) b = BUF_INIT;

	digest_sha256(line, strlen(line), hash);
	hex_of(hash, hex);
	if (!strcmp(line, ERASED)) /* of a row that has ended; only its hash is left */
		snprintf(hex, sizeof(hex), "%s", ctl_text(item, "sha256"));
	buf_printf(&b, "%ld %s\n", ctl_integer(item, "row"), hex);
	digest_add(d, b.data, b.len);
	return strcmp(hex, ctl_text(item, "sha256")) ? -1 : 0;
}

static int
page_of(struct ctl *c, long id, long offset, json_t **page)
{
	AUTO(buf) b = BUF_INIT;

	request_path(&b, id, "/plan");
	buf_printf(&b, "?offset=%ld&limit=1000", offset);
	return ctl_get(c, b.data, page);
}

/* Pages that belong to another plan than the first are a change under our feet. */
static int
walk_pages(struct ctl *c, long id, void (*each)(void *arg, const json_t *item), void *arg,
	   json_t *hashed, char digest[65])
{
	long offset = 0;
	int status = 0;

	digest[0] = '\0';
	do {
		AUTO(json) page = NULL;
		const json_t *items;

		status = page_of(c, id, offset, &page);
		if (status)
			return status;
		if (offset && strcmp(digest, ctl_text(page, "digest")) != 0)
			return ctl_fail(LEAVE_CONFLICT, "request %ld was planned again just now; look at the "
					"plan again", id);
		snprintf(digest, 65, "%s", ctl_text(page, "digest"));
		items = json_object_get(page, "items");
		for (size_t i = 0; i < json_array_size(items); i++) {
			json_t *item = json_array_get(items, i);

			json_array_append_new(hashed, json_pack("{s:O, s:O, s:O}", "row",
								json_object_get(item, "row"), "line",
								json_object_get(item, "line"), "sha256",
								json_object_get(item, "sha256")));
			each(arg, item);
		}
		offset = ctl_integer(page, "next_offset");
	} while (offset);
	return 0;
}

static int
check_digest(long id, const json_t *hashed, const char *digest)
{
	struct digest *d = digest_new();
	uint8_t hash[DIGEST_LEN];
	char hex[65];
	AUTO(buf) b = BUF_INIT;
	long wrong = 0;

	buf_printf(&b, "hopthu-plan/2 %zu\n", json_array_size(hashed));
	digest_add(d, b.data, b.len);
	for (size_t i = 0; i < json_array_size(hashed); i++)
		if (add_item(d, json_array_get(hashed, i)) && !wrong)
			wrong = ctl_integer(json_array_get(hashed, i), "row");
	digest_final(d, hash);
	hex_of(hash, hex);
	if (wrong)
		return ctl_fail(LEAVE_VERIFY, "the plan of request %ld is not what it says: the line of row "
				"%ld has another SHA-256; approve nothing and tell the administrator", id, wrong);
	if (*digest && strcmp(hex, digest) != 0)
		return ctl_fail(LEAVE_VERIFY, "the plan of request %ld is not what it says: its lines make "
				"the digest %s, not %s; approve nothing and tell the administrator", id, hex,
				digest);
	return 0;
}

int
plan_walk(struct ctl *c, long id, void (*each)(void *arg, const json_t *item), void *arg,
	  char digest[65])
{
	AUTO(json) hashed = json_array();
	int status = walk_pages(c, id, each, arg, hashed, digest);

	return status ? status : check_digest(id, hashed, digest);
}

/* --- showing ------------------------------------------------------------------------------------ */

static void
values(struct buf *b, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (i)
			buf_str(b, ", ");
		out_safe(b, s ? s : "?");
	}
}

/* One attribute: "+" comes, "-" goes, "~" changes. */
static void
print_change(const struct out *o, const char *name, const json_t *before, const json_t *after)
{
	AUTO(buf) old = BUF_INIT;
	AUTO(buf) new = BUF_INIT;
	const char *colour = before ? after ? "33" : "31" : "32";
	const char *on = o->colour ? "\033[" : "", *off = o->colour ? "\033[0m" : "";

	values(&old, before);
	values(&new, after);
	fprintf(o->file, "    %s%s%s", on, o->colour ? colour : "", o->colour ? "m" : "");
	if (before && after)
		fprintf(o->file, "~ %-22s %s -> %s", name, old.len ? old.data : "(none)",
			new.len ? new.data : "(none)");
	else
		fprintf(o->file, "%c %-22s %s", before ? '-' : '+', name, before ? old.data : new.data);
	fprintf(o->file, "%s\n", off);
}

/* On what the row rests, in the letter's own words: a person cannot judge the change without. */
static void
print_basis(FILE *out, const json_t *input)
{
	static const char *const columns[] = { "basis_no", "basis_date", "basis_kind", "reason",
					       "birth_year" };

	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		AUTO(buf) b = BUF_INIT;

		out_safe(&b, ctl_text(input, columns[i]));
		if (b.len)
			fprintf(out, "      %-22s %s\n", columns[i], b.data);
	}
}

static void
print_item(void *arg, const json_t *item)
{
	struct ctl *c = arg;
	const char *line = ctl_text(item, "line"), *name;
	AUTO(json) j = json_from_bytes(line, strlen(line), NULL);
	AUTO(buf) address = BUF_INIT;
	const json_t *before = json_object_get(j, "before"), *after = json_object_get(j, "after");
	json_t *v;

	out_safe(&address, ctl_text(item, "address"));
	fprintf(c->out.file, "%srow %ld  %s  %s%s\n", c->out.colour ? "\033[1m" : "",
		ctl_integer(item, "row"), ctl_text(item, "op"), address.data,
		c->out.colour ? "\033[0m" : "");
	if (*ctl_text(j, "effective"))
		fprintf(c->out.file, "      %-22s %s\n", "from", ctl_text(j, "effective"));
	print_basis(c->out.file, json_object_get(item, "input"));
	json_object_foreach((json_t *)before, name, v) {
		const json_t *now = json_object_get(after, name);

		if (!now || !json_equal(v, now))
			print_change(&c->out, name, v, now);
	}
	json_object_foreach((json_t *)after, name, v)
		if (!json_object_get(before, name))
			print_change(&c->out, name, NULL, v);
}

static void
print_line(void *arg, const json_t *item)
{
	struct ctl *c = arg;

	fprintf(c->out.file, "%s\n", ctl_text(item, "line"));
}

static void
print_row(void *arg, const json_t *item)
{
	struct ctl *c = arg;

	out_row(&c->out, item);
}

static void
collect(void *arg, const json_t *item)
{
	json_array_append(arg, (json_t *)item);
}

static int
plan_json(struct ctl *c, long id)
{
	char digest[65];
	AUTO(json) items = json_array();
	AUTO(json) o = NULL;
	int status = plan_walk(c, id, collect, items, digest);

	if (status && status != LEAVE_VERIFY)
		return status;
	o = json_pack("{s:I, s:s, s:O, s:n}", "id", (json_int_t)id, "digest", digest, "items", items,
		      "next_offset");
	out_object(&c->out, NULL, o);
	return status;
}

static int
plan_csv(struct ctl *c, long id)
{
	static const struct out_column columns[] = {
		{ "row", "", OUT_NUMBER, 0 },  { "op", "", OUT_TEXT, 0 },   { "address", "", OUT_TEXT, 0 },
		{ "sha256", "", OUT_TEXT, 0 }, { "line", "", OUT_TEXT, 0 }, { .key = NULL },
	};
	char digest[65];
	int status;

	out_begin(&c->out, "items", columns);
	status = plan_walk(c, id, print_row, c, digest);
	out_end(&c->out);
	return status;
}

static int
plan_show(struct ctl *c, long id, char digest[65])
{
	int status = plan_walk(c, id, print_item, c, digest);

	if (!status)
		fprintf(c->out.file, "plan digest  %s\n", digest);
	return status;
}

int
cmd_request_plan(struct ctl *c)
{
	char digest[65];
	long id;
	int status = request_id(c, &id);

	if (status)
		return status;
	switch (c->out.format) {
	case OUT_TABLE:
		return plan_show(c, id, digest);
	case OUT_CSV:
		return plan_csv(c, id);
	case OUT_JSON:
		return plan_json(c, id);
	case OUT_JSONL:
		return plan_walk(c, id, print_line, c, digest);
	case OUT_XLSX:
		break;
	}
	return LEAVE_BUG;
}

/* --- approving ---------------------------------------------------------------------------------- */

static void
ignore_item(void *arg, const json_t *item)
{
	(void)arg;
	(void)item;
}

/* Without a digest: on a terminal the plan is shown and judged; a script must name what it saw. */
static int
judge(struct ctl *c, long id, char digest[65])
{
	struct out keep = c->out;
	AUTO(buf) path = BUF_INIT;
	AUTO(json) request = NULL;
	AUTO(str) question = NULL;
	int status;

	if (ctl_opt(c, OPT_YES))
		return plan_walk(c, id, ignore_item, NULL, digest);
	if (!ctl_interactive()) {
		request_path(&path, id, "?limit=1");
		status = ctl_get(c, path.data, &request);
		if (status)
			return status;
		return ctl_fail(LEAVE_USAGE, "say which plan you approve: --digest %s (`hopthuctl request plan "
				"%ld` shows it)", ctl_text(request, "digest"), id);
	}
	if (c->out.format != OUT_TABLE)
		out_init(&c->out, OUT_TABLE, stderr);
	status = plan_show(c, id, digest);
	c->out = keep;
	if (status || ctl_opt(c, OPT_DRY_RUN))
		return status;
	question = xasprintf("Approve request %ld?", id);
	return ctl_ask(question) ? 0 : ctl_fail(LEAVE_PARTLY, "not approved");
}

static int
check_hex(const char *digest)
{
	size_t n = 0;

	while (isxdigit((unsigned char)digest[n]))
		n++;
	if (n == 64 && !digest[n])
		return 0;
	return ctl_fail(LEAVE_USAGE, "--digest wants the 64 hexadecimal digits that `hopthuctl request plan` "
			"prints");
}

int
cmd_request_approve(struct ctl *c)
{
	const char *given = ctl_opt(c, OPT_DIGEST);
	char digest[65];
	AUTO(json) answer = NULL;
	AUTO(buf) path = BUF_INIT;
	json_t *body;
	long id;
	int status = request_id(c, &id);

	if (!status)
		status = given ? check_hex(given) : judge(c, id, digest);
	if (status)
		return status;
	body = json_pack("{s:s}", "digest", given ? given : digest);
	if (ctl_opt(c, OPT_REASON))
		json_object_set_new(body, "reason", json_string(ctl_opt(c, OPT_REASON)));
	request_path(&path, id, "/approve");
	if (ctl_opt(c, OPT_DRY_RUN) && (status = request_try(c, id, given ? given : digest))) {
		json_decref(body);
		return status;
	}
	status = ctl_change(c, path.data, body, &answer);
	if (status || !answer || (status = request_fill(c, answer)))
		return status;
	if (!ctl_machine(c))
		json_object_del(answer, "items");
	request_print(c, answer);
	if (!strcmp(ctl_text(answer, "state"), "planned")) {
		ctl_say("this was the first of two approvals: somebody else has to give the second");
		return LEAVE_ACCEPTED;
	}
	if (c->out.format == OUT_TABLE)
		ctl_say("`hopthuctl request wait %ld` waits until it is done", id);
	return 0;
}
