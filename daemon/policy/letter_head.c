/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/text.h"
#include "daemon/policy/letter_reader.h"
#include "daemon/policy/letter_words.h"

#define HEX "0123456789abcdef"
#define LABEL "abcdefghijklmnopqrstuvwxyz0123456789-"

void
letter_head_release(struct letter_head *h)
{
	free(h->agency);
	free(h->number);
	free(h->date);
	free(h->signer);
	free(h->reason);
	free(h->signer_title);
	free(h->requester);
	free(h->requester_phone);
	free(h->channel);
	free(h->contact);
	free(h->attachment);
	free(h->domain);
	memset(h, 0, sizeof(*h));
	h->declared = -1;
}

/* The field, cleaned in place. */
static int
clean_text(const char *field, char **value, size_t max, struct err *e)
{
	char *clean;

	for (const char *p = *value; *p; p++)
		if ((unsigned char)*p < 0x20)
			return err_set(e, ERR_USAGE,
				       "the letter's %s has a line break, a tab or another control "
				       "character in it", field);
	clean = text_clean(*value, strlen(*value), e);
	if (!clean)
		return err_wrap(e, "the letter's %s", field);
	free(*value);
	*value = clean;
	if (text_length(clean, strlen(clean)) > max)
		return err_set(e, ERR_USAGE, "the letter's %s is longer than %zu characters",
			       field, max);
	return 0;
}

static int
required(const char *field, char **value, size_t max, struct err *e)
{
	if (!*value)
		return err_set(e, ERR_USAGE, "the letter's %s is missing", field);
	if (clean_text(field, value, max, e))
		return -1;
	return **value ? 0 : err_set(e, ERR_USAGE, "the letter's %s is empty", field);
}

/* Empty is the same as not there. */
static int
optional(const char *field, char **value, size_t max, struct err *e)
{
	if (*value && clean_text(field, value, max, e))
		return -1;
	if (*value && !**value) {
		free(*value);
		*value = NULL;
	}
	return 0;
}

static void
lower_ascii(char *s)
{
	for (; *s; s++)
		*s = (char)(*s >= 'A' && *s <= 'Z' ? *s + 32 : *s);
}

static void
replace(char **value, const char *with)
{
	char *copy = xstrdup(with);

	free(*value);
	*value = copy;
}

static int
check_channel(struct letter_head *h, struct err *e)
{
	const char *word;
	AUTO(buf) all = BUF_INIT, shown = BUF_INIT;

	if (optional("channel", &h->channel, 64, e))
		return -1;
	word = letter_word(letter_channel_words, h->channel ? h->channel : "document");
	if (!word) {
		letter_words_list(letter_channel_words, &all);
		text_show(h->channel, strlen(h->channel), LETTER_VALUE_SHOWN, &shown);
		return err_set(e, ERR_USAGE, "the letter's channel \"%s\" is none; write %s",
			       shown.data, all.data);
	}
	replace(&h->channel, word);
	if (optional("contact", &h->contact, 128, e))
		return -1;
	if (!strcmp(word, "phone") && !h->contact)
		return err_set(e, ERR_USAGE,
			       "by telephone only a verified contact may ask: name the contact");
	return 0;
}

static int
check_requester(struct letter_head *h, struct err *e)
{
	char phone[LETTER_PHONE];
	bool mended;

	if (optional("requester", &h->requester, 128, e) ||
	    optional("requester_phone", &h->requester_phone, 32, e))
		return -1;
	if (!h->requester_phone)
		return 0;
	if (letter_phone(h->requester_phone, phone, &mended, e))
		return err_wrap(e, "the letter's requester_phone");
	replace(&h->requester_phone, phone);
	return 0;
}

static int
check_attachment(struct letter_head *h, struct err *e)
{
	if (optional("attachment", &h->attachment, 128, e))
		return -1;
	if (!h->attachment)
		return 0;
	lower_ascii(h->attachment);
	if (strlen(h->attachment) != 64 || strspn(h->attachment, HEX) != 64)
		return err_set(e, ERR_USAGE,
			       "the letter's attachment is the SHA-256 of the file, 64 digits of "
			       "0 to 9 and a to f, as sha256sum writes it");
	return 0;
}

/* At least two labels, none of them empty or with a hyphen at an end (RFC 1123). */
static bool
is_domain(const char *s)
{
	size_t labels = 0;

	for (;; s++) {
		size_t n = strspn(s, LABEL);

		if (n < 1 || n > 63 || *s == '-' || s[n - 1] == '-')
			return false;
		labels++;
		s += n;
		if (*s != '.')
			return !*s && labels > 1;
	}
}

static int
check_domain(struct letter_head *h, struct err *e)
{
	if (optional("domain", &h->domain, 253, e))
		return -1;
	if (!h->domain)
		return 0;
	lower_ascii(h->domain);
	if (!is_domain(h->domain))
		return err_set(e, ERR_USAGE,
			       "the letter's domain is no domain; write one such as "
			       "binhduong.gov.vn");
	return 0;
}

int
letter_head_check(struct letter_head *h, struct err *e)
{
	char iso[11];

	if (required("agency", &h->agency, 64, e) || required("number", &h->number, 64, e) ||
	    required("date", &h->date, 32, e))
		return -1;
	if (letter_read_date(h->date, iso, e))
		return err_wrap(e, "the letter's date");
	replace(&h->date, iso);
	if (required("signer", &h->signer, 128, e) || required("reason", &h->reason, 512, e) ||
	    optional("signer_title", &h->signer_title, 128, e))
		return -1;
	if (check_requester(h, e) || check_channel(h, e) || check_attachment(h, e))
		return -1;
	return check_domain(h, e);
}
