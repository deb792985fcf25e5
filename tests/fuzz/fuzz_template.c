/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <string.h>

#include "common/text.h"
#include "daemon/policy/name.h"
#include "tests/fuzz/fuzz.h"

/*
 * A template and, each after a line end, what it is filled with: name, year and month of birth,
 * end of the ID, unit, agency.  What lacks at the end is not known.
 */
enum line { TEMPLATE, NAME, YEAR, MONTH, TAIL, UNIT, AGENCY, LINES };

static void
check_error(const struct err *e)
{
	BUG_ON(e->class == ERR_NONE || !*e->msg);
	BUG_ON(text_invalid(e->msg, strlen(e->msg)) >= 0);
	for (const char *p = e->msg; *p; p++)
		BUG_ON((unsigned char)*p < 0x20);
}

static void
check_column(const char *column)
{
	static const char *const columns[] = { "full_name", "birth_year", "birth_month",
					       "id_tail",   "unit",       NULL };
	size_t i = 0;

	BUG_ON(!column);
	while (columns[i] && strcmp(columns[i], column))
		i++;
	BUG_ON(!columns[i]);
}

static void
check_make(const char *template, const struct name_facts *f, unsigned seq)
{
	struct err e = ERR_INIT;
	const char *column = NULL;
	AUTO(buf) out = BUF_INIT;

	switch (name_make(template, f, seq, &out, &column, &e)) {
	case NAME_MADE:
		BUG_ON(e.class != ERR_NONE || column);
		BUG_ON(name_check_local(out.data, NULL) || strlen(out.data) != out.len);
		return;
	case NAME_NEEDS:
		check_error(&e);
		check_column(column);
		BUG_ON(out.len);
		return;
	case NAME_UNFIT:
		check_error(&e);
		BUG_ON(out.len || column);
		return;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(str) text = xmalloc(size + 1);
	const char *line[LINES] = { "", "", "", "", "", "", "" };
	char *rest = text;
	struct name name = { 0 };
	struct name_facts f = { 0 };
	struct err e = ERR_INIT;

	memcpy(text, data, size);
	text[size] = '\0';
	for (int i = 0; i < LINES && rest; i++)
		line[i] = strsep(&rest, "\n");
	if (!name_parse(&name, line[NAME], NULL))
		f.name = &name;
	f.birth_year = line[YEAR];
	f.birth_month = line[MONTH];
	f.id_tail = line[TAIL];
	f.unit = line[UNIT];
	f.agency = line[AGENCY];
	if (name_check_template(line[TEMPLATE], &e)) {
		check_error(&e);
		BUG_ON(e.class != ERR_CONFIG);
	}
	/* one that was refused makes nothing wrong either */
	check_make(line[TEMPLATE], &f, 0);
	check_make(line[TEMPLATE], &f, (unsigned)size);
	name_release(&name);
	return 0;
}
