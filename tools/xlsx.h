/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_XLSX_H
#define HOPTHU_XLSX_H

#include <stdbool.h>

#include <xlsxwriter.h>

#include "common/buf.h"
#include "common/err.h"
#include "tools/viet.h"

/*
 * Spreadsheets.  They are written by libxlsxwriter, and read by Debian's xlsx2csv in a process of
 * its own.  Neither leaves a file behind: both ends are files in memory.
 */

/* --- writing: of each, 0 or -1 and e --- */

struct xlsx_file {
	int fd; /* a file in memory */
	lxw_workbook *book;
};
/* streaming: rows leave memory once a later one begins; no comments on them then. */
int xlsx_begin(struct xlsx_file *f, bool streaming, struct err *e) MUST_USE;
/* Finishes the book and, when `to` is not NULL, writes it there.  f is over in any case. */
int xlsx_end(struct xlsx_file *f, FILE *to, struct err *e) MUST_USE;
/* Always text, so never a formula; an empty cell when it is "". */
void xlsx_text(lxw_worksheet *sheet, size_t row, size_t column, const char *text, lxw_format *format);
/* The look of the first row. */
lxw_format *xlsx_head_format(lxw_workbook *book);

/* One column of a form, and what stands in its example row. */
struct xlsx_cell {
	const struct viet_column *column;
	const char *example; /* "": nothing */
};
/* A form to fill in: notes, drop-down lists, the example, and a sheet that explains it. */
int xlsx_form(const struct xlsx_cell *cells, size_t n, FILE *to, struct err *e) MUST_USE;

/* --- reading --- */

enum xlsx_kind {
	XLSX_NONE,   /* some text, probably */
	XLSX_SHEET,  /* a spreadsheet to convert */
	XLSX_OLD,    /* OLE2: .xls, or a .xlsx behind a password */
	XLSX_OTHER,  /* a zip archive of something else */
};
enum xlsx_kind xlsx_kind(const char *data, size_t len);

/*
 * The first sheet that is not hidden as CSV, UTF-8, dates as YYYY-MM-DD; a line for each row, so that lines count as the
 * spreadsheet's own rows do.  name is for the sentences.
 * ERR_CONFIG: xlsx2csv is not there; ERR_USAGE: the file, ERR_PERM: the machine is to blame.
 */
int xlsx_to_csv(const char *name, const struct buf *file, struct buf *csv, unsigned timeout_ms,
		struct err *e) MUST_USE;
#endif
