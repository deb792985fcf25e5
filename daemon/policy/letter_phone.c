/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "daemon/policy/letter_reader.h"

/* From short numbers and extensions (113) to the longest of E.164. */
#define LEAST 3
#define MOST 15

/* The digits of s; ERR_USAGE shows what cannot stand in a number. */
static int
take_digits(const char *s, char digits[MOST + 1], struct err *e)
{
	int count = 0;
	char shown[32];

	for (const char *p = s; *p; p++) {
		bool digit = isdigit((unsigned char)*p);

		if (digit && count < MOST)
			digits[count] = *p;
		count += digit;
		if (digit || strchr(" .-()", *p) || (*p == '+' && p == s))
			continue;
		text_show_char(p, shown, sizeof(shown));
		return err_set(e, ERR_USAGE,
			       "%s cannot stand in a phone number; write one number with digits, "
			       "spaces, dots, hyphens, brackets and a leading + only", shown);
	}
	if (count < LEAST || count > MOST)
		return err_set(e, ERR_USAGE, "a phone number has 3 to 15 digits; this one has %d",
			       count);
	digits[count] = '\0';
	return 0;
}

/* Nine digits of a mobile number, or ten of one with an area code (2xx), as they stand behind 0 or
 * +84 (numbering plan of Circular 22/2014/TT-BTTTT, mobile numbers of ten digits since 2018). */
static bool
national(const char *digits)
{
	size_t n = strlen(digits);

	return (n == 9 && strchr("35789", *digits)) || (n == 10 && *digits == '2');
}

int
letter_phone(const char *s, char out[LETTER_PHONE], bool *mended, struct err *e)
{
	char digits[MOST + 1] = "";
	const char *d = digits;
	bool plus = *s == '+';

	*mended = false;
	if (take_digits(s, digits, e))
		return -1;
	if (!plus && !strncmp(d, "0084", 4)) {
		plus = true;
		d += 2;
	}
	if (!strncmp(d, "84", 2) && national(d + 2 + (d[2] == '0'))) {
		snprintf(out, LETTER_PHONE, "0%s", d + 2 + (d[2] == '0'));
		return 0;
	}
	*mended = !plus && national(d);
	snprintf(out, LETTER_PHONE, "%s%s", plus ? "+" : *mended ? "0" : "", d);
	return 0;
}
