/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdio.h>

#include "common/text.h"
#include "daemon/policy/letter_row.h"
#include "daemon/policy/letter_words.h"
#include "daemon/policy/name.h"

#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool
digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isdigit((unsigned char)s[i]))
			return false;
	return n > 0;
}

/* --- what tells people of one name apart ------------------------------------------------------ */
static void
check_birth_year(struct check *c)
{
	const char *s = c->row.cell[LETTER_birth_year];
	long year = digits(s, strlen(s)) && strlen(s) == 4 ? strtol(s, NULL, 10) : 0;

	if (year < 1900 || year > 2100)
		letter_wrong(c, LETTER_birth_year, "write the year of birth in four digits, from 1900 on, "
			     "such as 1985");
}

static void
check_birth_month(struct check *c)
{
	const char *s = c->row.cell[LETTER_birth_month];
	long month = digits(s, strlen(s)) ? strtol(s, NULL, 10) : 0;

	if (month < 1 || month > 12)
		letter_wrong(c, LETTER_birth_month, "the month of birth is a number from 1 to 12");
	else if (strlen(s) == 1)
		letter_own(c, LETTER_birth_month, xasprintf("%02ld", month));
}

static void
check_id_tail(struct check *c)
{
	const char *s = c->row.cell[LETTER_id_tail];
	size_t n = strlen(s);

	if (digits(s, n) && n < 3)
		letter_wrong(c, LETTER_id_tail,
			     "give the last 3 or 4 digits of the ID number; the spreadsheet may "
			     "have eaten zeros at their beginning: format the column as text");
	else if (!digits(s, n) || n > 4)
		letter_wrong(c, LETTER_id_tail,
			     "give the last 3 or 4 digits of the ID number, such as 079");
}

/* --- telephone and quota ---------------------------------------------------------------------- */
static void
check_phone(struct check *c)
{
	const char *s = c->row.cell[LETTER_phone];
	char phone[LETTER_PHONE];
	struct err e = ERR_INIT;
	bool mended;

	if (letter_phone(s, phone, &mended, &e)) {
		letter_wrong(c, LETTER_phone, "%s", e.msg);
		return;
	}
	if (mended)
		letter_mended(c, LETTER_phone,
			      "the leading 0 of the phone number was missing: it was taken as %s; "
			      "format the column as text", phone);
	if (strcmp(s, phone))
		letter_own(c, LETTER_phone, xstrdup(phone));
}

#define QUOTA_UNITS "KMGT"
#define QUOTA_MIN (1L << 20)
#define QUOTA_MAX (1L << 40)

/* Digits without a unit.  What is proposed would be taken. */
static void
quota_without_unit(struct check *c, const char *s)
{
	const long mega = 1L << 20, giga = 1L << 30;
	long n = strlen(s) <= 15 ? strtol(s, NULL, 10) : 0;

	if (n >= 1 && n <= QUOTA_MAX / giga)
		letter_wrong(c, LETTER_quota, "a quota needs its unit: write %ldM or %ldG", n, n);
	else if (n >= 1 && n < mega)
		letter_wrong(c, LETTER_quota, "a quota needs its unit: write %ldM", n);
	else if (n >= mega && n <= QUOTA_MAX && n % mega == 0)
		letter_wrong(c, LETTER_quota, "a quota needs its unit: %ld bytes are %ld%c", n,
		      n % giga ? n / mega : n / giga, n % giga ? 'M' : 'G');
	else
		letter_wrong(c, LETTER_quota,
			     "a quota needs its unit, such as 10G for ten gigabytes");
}

static void
check_quota(struct check *c, bool in_bytes)
{
	const char *s = c->row.cell[LETTER_quota];
	size_t n = strspn(s, "0123456789");
	const char *unit = s[n] ? strchr(QUOTA_UNITS, toupper((unsigned char)s[n])) : NULL;
	long value;
	int shift;

	if (n && !s[n] && !in_bytes) {
		quota_without_unit(c, s);
		return;
	}
	if (!n || (!unit && !in_bytes) || (unit && s[n + 1])) {
		letter_wrong(c, LETTER_quota,
		      "write a quota as a whole number and K, M, G or T, such as 500M or 5G");
		return;
	}
	shift = unit ? 10 * (int)(unit - QUOTA_UNITS + 1) : 0;
	value = n > 16 ? QUOTA_MAX : strtol(s, NULL, 10); /* more digits: more than 1T anyhow */
	if (value > QUOTA_MAX >> shift || value << shift < QUOTA_MIN)
		letter_wrong(c, LETTER_quota, "a quota is between 1M and 1T%s",
		      in_bytes ? "; a number without quotation marks is in bytes" : "");
	else
		c->row.quota_bytes = value << shift;
}

/* --- dates and words -------------------------------------------------------------------------- */
static void
check_date(struct check *c, enum letter_column col)
{
	struct err e = ERR_INIT;
	char iso[11];

	if (!*c->row.cell[col])
		return;
	if (letter_read_date(c->row.cell[col], iso, &e))
		letter_wrong(c, col, "%s", e.msg);
	else if (strcmp(c->row.cell[col], iso))
		letter_own(c, col, xstrdup(iso));
}

/* Puts our word in place of the clerk's. */
static void
check_word(struct check *c, enum letter_column col, const struct letter_word *table)
{
	const char *word = letter_word(table, c->row.cell[col]), *near;
	AUTO(buf) all = BUF_INIT;

	if (word || !*c->row.cell[col]) {
		c->row.cell[col] = word ? word : "";
		return;
	}
	near = letter_word_near(table, c->row.cell[col]);
	letter_words_list(table, &all);
	letter_wrong(c, col, "there is no such %s%s%s%s; write %s", letter_column_words[col],
		     near ? " (did you mean " : "", near ? near : "", near ? "?)" : "", all.data);
}

/* --- addresses -------------------------------------------------------------------------------- */
/* The local part, and a domain of the usual characters; which domain is not asked here.  Kept in
 * lower case. */
static void
check_mailbox(struct check *c, enum letter_column col)
{
	const char *s = c->row.cell[col], *at;
	struct err e = ERR_INIT;
	char local[256];

	if (s[strcspn(s, UPPER)]) {
		char *lower = xstrdup(s);

		for (char *p = lower; *p; p++)
			*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
		letter_own(c, col, lower);
		s = lower;
	}
	at = strchr(s, '@');
	snprintf(local, sizeof(local), "%.*s", (int)(at ? at - s : (long)strlen(s)), s);
	if (name_check_local(local, &e))
		letter_wrong(c, col, "%s", e.msg);
	else if (at && (!at[1] || at[1 + strspn(at + 1, "abcdefghijklmnopqrstuvwxyz0123456789.-")]))
		letter_wrong(c, col, "what stands after the @ is not a domain");
}

static void
check_address(struct check *c)
{
	if (*c->row.cell[LETTER_address])
		check_mailbox(c, LETTER_address);
	else if (c->row.op != OP_CREATE && letter_cell_empty(c, LETTER_address))
		letter_wrong(c, LETTER_address, "%s needs the address of the mailbox",
			     op_word(c->row.op));
}

/* Without one the policy names the mailbox anew, a transferred one if the agency is part of names. */
static void
check_new_address(struct check *c)
{
	if (!*c->row.cell[LETTER_new_address])
		return;
	if (c->row.op == OP_RENAME || c->row.op == OP_TRANSFER)
		check_mailbox(c, LETTER_new_address);
	else if (c->row.op == OP_CREATE)
		letter_wrong(c, LETTER_new_address,
			     "only rename and transfer take a new address; in a create an address is asked for "
			     "in the column address");
	else
		letter_wrong(c, LETTER_new_address, "only rename and transfer take a new address, not %s",
			     op_word(c->row.op));
}

/* All but a person's mailbox have somebody who answers for them. */
static void
check_custodian(struct check *c)
{
	const char *kind = c->row.cell[LETTER_kind];

	if (*c->row.cell[LETTER_custodian])
		check_mailbox(c, LETTER_custodian);
	else if (c->row.op == OP_CREATE && *kind && strcmp(kind, kind_word(KIND_PERSON)) &&
		 letter_cell_empty(c, LETTER_custodian))
		letter_wrong(c, LETTER_custodian,
			     "a mailbox of kind %s needs a custodian: the address of the person "
			     "who answers for it", kind);
}

void
letter_check_values(struct check *c, const struct letter_cell cell[LETTER_COLUMN_COUNT])
{
	check_word(c, LETTER_kind, letter_kind_words);
	if (*c->row.cell[LETTER_birth_year])
		check_birth_year(c);
	if (*c->row.cell[LETTER_birth_month])
		check_birth_month(c);
	if (*c->row.cell[LETTER_id_tail])
		check_id_tail(c);
	if (*c->row.cell[LETTER_phone] && !letter_cell_cleared(c, LETTER_phone))
		check_phone(c);
	if (letter_cell_cleared(c, LETTER_quota))
		c->row.quota_bytes = 0;
	else if (*c->row.cell[LETTER_quota])
		check_quota(c, cell[LETTER_quota].number);
	check_date(c, LETTER_effective);
	check_date(c, LETTER_basis_date);
	check_word(c, LETTER_basis_kind, letter_basis_words);
	if (c->row.op == OP_COUNT)
		return;
	check_address(c);
	check_new_address(c);
	check_custodian(c);
}
