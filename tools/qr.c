/* SPDX-License-Identifier: BSD-2-Clause */
#include <qrencode.h>
#include <stdbool.h>

#include "tools/qr.h"

#define QUIET 4 /* modules of white around it, as the standard wants */

/* One path for all: a run of dark modules in a row is one rectangle. */
static void
add_row(struct buf *out, const QRcode *code, int y)
{
	const unsigned char *row = code->data + (size_t)y * (size_t)code->width;

	for (int x = 0, n; x < code->width; x += n) {
		bool dark = row[x] & 1;

		for (n = 1; x + n < code->width && (row[x + n] & 1) == dark; n++)
			;
		if (dark)
			buf_printf(out, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, n, n);
	}
}

int
qr_svg(const void *data, size_t n, struct buf *out, struct err *e)
{
	QRcode *code = n > 2000 ? NULL : QRcode_encodeData((int)n, data, 0, QR_ECLEVEL_M);
	int side;

	if (!code)
		return err_set(e, ERR_USAGE, "%zu bytes do not fit into a QR code", n);
	side = code->width + 2 * QUIET;
	buf_printf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
		   "shape-rendering=\"crispEdges\"><rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>"
		   "<path d=\"", side, side, side, side);
	for (int y = 0; y < code->width; y++)
		add_row(out, code, y);
	buf_str(out, "\"/></svg>");
	QRcode_free(code);
	return 0;
}
