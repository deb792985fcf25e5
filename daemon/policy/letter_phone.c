/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "daemon/policy/letter_reader.h"

/* From short numbers and extensions (113) to the longest of E.164. */
#define LEAST 3
#define MOST 15

/* Shown to nobody: it may be an ID number. */
#define ID_NUMBER "12 digits that begin with 0 are the number of an ID card, not of a telephone; take " \
		  "it away"
#define NATIONAL_LEAST 8 /* with the leading 0; and the most */
#define NATIONAL_MOST 11

/* Where a second number begins, or an extension: "… (113)", "… - 113"; NULL: nowhere. */
static const char *
second_number(const char *s)
{
	size_t digits = 0;

	for (const char *p = s; *p; p++) {
		digits += isdigit((unsigned char)*p) != 0;
		if (digits >= NATIONAL_LEAST && strpbrk(p, "0123456789") &&
		    (*p == '(' || (*p == '-' && (p[-1] == ' ' || p[1] == ' '))))
			return p;
	}
	return NULL;
}

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

/* What neither + nor its form says to be of Viet Nam: short numbers, those of an office, and 1800 and
 * 1900.  Longer ones are mistakes, or ID numbers whose 0 a spreadsheet lost. */
static int
check_plain(const char *digits, struct err *e)
{
	size_t n = strlen(digits);

	if (*digits == '0' && n == 12)
		return err_set(e, ERR_USAGE, ID_NUMBER);
	if (*digits == '0' && (n < NATIONAL_LEAST || n > NATIONAL_MOST))
		return err_set(e, ERR_USAGE,
			       "a number of Viet Nam has %d to %d digits with its leading 0; this one "
			       "has %zu", NATIONAL_LEAST, NATIONAL_MOST, n);
	if (*digits != '0' && n > NATIONAL_LEAST && strncmp(digits, "1800", 4) != 0 &&
	    strncmp(digits, "1900", 4) != 0)
		return err_set(e, ERR_USAGE,
			       "%zu digits that begin neither with 0 nor with + are no phone number: "
			       "write one of Viet Nam with its leading 0, one from abroad with +", n);
	return 0;
}

int
letter_phone(const char *s, char out[LETTER_PHONE], bool *mended, struct err *e)
{
	char digits[MOST + 1] = "";
	const char *d = digits;
	bool plus = *s == '+';

	*mended = false;
	if (second_number(s))
		return err_set(e, ERR_USAGE,
			       "there is a second number or an extension behind the number; write one "
			       "number");
	if (take_digits(s, digits, e))
		return -1;
	if (!plus && !strncmp(d, "00", 2) && d[2] != '0') { /* as one dials abroad */
		plus = true;
		d += 2;
	}
	if (!strncmp(d, "84", 2) && national(d + 2 + (d[2] == '0'))) {
		snprintf(out, LETTER_PHONE, "0%s", d + 2 + (d[2] == '0'));
		return 0;
	}
	if (plus && *d == '0') {
		if (!national(d + 1))
			return err_set(e, ERR_USAGE,
				       "no number from abroad begins with +0; write the code of the "
				       "country behind the +, or no +");
		plus = false;
	}
	*mended = !plus && national(d);
	if (!plus && !*mended && check_plain(d, e))
		return -1;
	snprintf(out, LETTER_PHONE, "%s%s", plus ? "+" : *mended ? "0" : "", d);
	return 0;
}
