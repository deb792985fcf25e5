/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/xlsx.h"

/* libxlsxwriter wants a path. */
#define OWN_FD "/proc/self/fd/%d"

int
xlsx_begin(struct xlsx_file *f, bool streaming, struct err *e)
{
	lxw_workbook_options options = { .constant_memory = streaming };
	AUTO(str) path = NULL;

	f->fd = memfd_create("hopthuctl", MFD_CLOEXEC);
	if (f->fd < 0)
		return err_set(e, ERR_PERM, "cannot make a file in memory: %s", strerror(errno));
	path = xasprintf(OWN_FD, f->fd);
	f->book = workbook_new_opt(path, &options);
	if (!f->book) {
		close(f->fd);
		return err_set(e, ERR_PERM, "libxlsxwriter cannot begin a spreadsheet");
	}
	return 0;
}

static int
copy(int fd, FILE *to, struct err *e)
{
	char part[65536];
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET))
		return err_set(e, ERR_PERM, "cannot go back in a file in memory: %s", strerror(errno));
	while ((n = read(fd, part, sizeof(part))) > 0)
		fwrite(part, 1, (size_t)n, to); /* what went wrong there is told at the end */
	if (n < 0)
		return err_set(e, ERR_PERM, "cannot read from a file in memory: %s", strerror(errno));
	return 0;
}

int
xlsx_end(struct xlsx_file *f, FILE *to, struct err *e)
{
	lxw_error error = workbook_close(f->book);
	int rc = 0;

	if (error)
		rc = err_set(e, ERR_PERM, "libxlsxwriter cannot write the spreadsheet: %s (its temporary files "
			     "lie in $TMPDIR or /tmp)", lxw_strerror(error));
	else if (to)
		rc = copy(f->fd, to, e);
	close(f->fd);
	*f = (struct xlsx_file){ .fd = -1 };
	return rc;
}

void
xlsx_text(lxw_worksheet *sheet, size_t row, size_t column, const char *text, lxw_format *format)
{
	worksheet_write_string(sheet, (lxw_row_t)row, (lxw_col_t)column, text, format);
}

lxw_format *
xlsx_head_format(lxw_workbook *book)
{
	lxw_format *f = workbook_add_format(book);

	format_set_bold(f);
	format_set_bg_color(f, 0xDDEBF7);
	format_set_border(f, LXW_BORDER_THIN);
	format_set_align(f, LXW_ALIGN_VERTICAL_CENTER);
	return f;
}
