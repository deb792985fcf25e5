/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tools/page.h"
#include "tools/qr.h"

/* --- paper -------------------------------------------------------------------------------------- */

static const char style[] =
	"@page{size:A4;margin:15mm}*{box-sizing:border-box}"
	"body{font:10.5pt/1.35 'Noto Sans','DejaVu Sans',sans-serif;max-width:180mm;margin:0 auto;color:#000}"
	"h1{font-size:15pt;margin:0 0 1mm}h1 small,dt small,p small{font-weight:normal;font-size:9pt;color:#333}"
	"dl{margin:3mm 0}dt{font-weight:bold;margin-top:2.5mm}dd{margin:0}"
	"code,pre{font:10pt/1.4 'DejaVu Sans Mono',monospace;overflow-wrap:anywhere;white-space:pre-wrap;"
	"margin:0}.root{font-size:12.5pt;letter-spacing:.02em}pre{font-size:8pt}"
	"figure{float:right;width:52mm;margin:0 0 2mm 5mm}figure svg{width:52mm;height:52mm;display:block}"
	"figcaption{font-size:8pt;text-align:center}"
	"table{width:100%;border-collapse:collapse;margin-top:4mm;clear:both}"
	"td,th{border:.3mm solid #000;padding:1.5mm;text-align:left;font-size:9.5pt}td{height:13mm}";

static void
escaped(struct buf *out, const char *s)
{
	for (; *s; s++) {
		switch (*s) {
		case '&':
			buf_str(out, "&amp;");
			break;
		case '<':
			buf_str(out, "&lt;");
			break;
		case '>':
			buf_str(out, "&gt;");
			break;
		case '"':
			buf_str(out, "&quot;");
			break;
		default:
			buf_char(out, *s);
		}
	}
}

static void
entry(struct buf *out, const char *viet, const char *english, const char *class, const char *value)
{
	buf_printf(out, "<dt>%s <small>%s</small></dt><dd><code%s%s%s>", viet, english,
		   *class ? " class=\"" : "", class, *class ? "\"" : "");
	escaped(out, value);
	buf_str(out, "</code></dd>\n");
}

/* Sixteen groups of four: what can be read aloud and heard without losing the place. */
static void
grouped(const uint8_t root[DIGEST_LEN], struct buf *out)
{
	AUTO(buf) hex = BUF_INIT;

	buf_hex(&hex, root, DIGEST_LEN);
	for (int i = 0; i < 16; i++)
		buf_printf(out, "%s%.4s", !i ? "" : i == 8 ? "\n" : " ", hex.data + 4 * (size_t)i);
}

/* 1 234 567: spaces between thousands. */
static void
thousands(uint64_t n, struct buf *out)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%" PRIu64, n);

	for (int i = 0; i < len; i++)
		buf_printf(out, "%s%c", i && (len - i) % 3 == 0 ? " " : "", text[i]);
}

static void
signatures(struct buf *out)
{
	buf_str(out, "<table><tr><th>Họ và tên <small>Name</small></th><th>Chức vụ, đơn vị "
		"<small>Office</small></th><th>Ngày <small>Date</small></th><th>Chữ ký "
		"<small>Signature</small></th></tr>\n");
	for (int i = 0; i < 3; i++)
		buf_str(out, "<tr><td></td><td></td><td></td><td></td></tr>\n");
	buf_str(out, "</table>\n");
}

int
page_html(const struct page *p, struct buf *out, struct err *e)
{
	AUTO(buf) text = BUF_INIT;
	AUTO(buf) size = BUF_INIT;
	AUTO(buf) root = BUF_INIT;
	AUTO(buf) base64 = BUF_INIT;
	AUTO(buf) code = BUF_INIT;

	checkpoint_text(p->point, &text);
	if (qr_svg(text.data, text.len, &code, e))
		return -1;
	thousands(p->point->size, &size);
	grouped(p->point->root, &root);
	base64_add(&base64, p->point->root, DIGEST_LEN);
	buf_printf(out, "<!DOCTYPE html>\n<html lang=\"vi\"><head><meta charset=\"utf-8\">"
		   "<title>Điểm chốt %" PRIu64 "</title><style>%s</style></head><body>\n",
		   p->point->size, style);
	buf_str(out, "<h1>Điểm chốt nhật ký hộp thư<br><small>Checkpoint of the mailbox log"
		"</small></h1>\n<figure>");
	buf_add(out, code.data, code.len);
	buf_str(out, "<figcaption>Ba dòng của điểm chốt<br>The checkpoint's three lines</figcaption>"
		"</figure>\n<dl>\n");
	entry(out, "Nhật ký", "Log (origin)", "", p->point->origin);
	entry(out, "Số bản ghi", "Records", "root", size.data);
	entry(out, "Giá trị gốc, đọc từng nhóm", "Root, in groups to read aloud", "root", root.data);
	entry(out, "Giá trị gốc như trong tệp", "Root as in the file", "", base64.data);
	entry(out, "Ký lúc (UTC)", "Signed at", "", p->at);
	buf_str(out, "<dt>Khóa công khai của nhật ký và bên làm chứng: tệp cho hopthu-verify --policy <small>Public "
		"keys of the log and of the witnesses: the file for hopthu-verify --policy</small></dt><dd><pre>");
	escaped(out, p->policy);
	buf_str(out, "</pre></dd>\n</dl>\n<p>Ai giữ tờ giấy này có thể chứng minh rằng các bản ghi đầu tiên của nhật ký, "
		"đúng số lượng ghi trên, không bị sửa, xóa hay thêm bớt kể từ ngày ký. "
		"<small>Whoever keeps this sheet can prove that this many first records of the log were not "
		"changed, removed or added to since it was signed: type its three lines into a file "
		"for hopthu-verify --checkpoint.</small></p>\n");
	signatures(out);
	buf_str(out, "<p><small>Toàn văn có chữ ký số. The whole note with its signatures:</small></p>\n<pre>");
	escaped(out, p->note);
	buf_str(out, "</pre>\n</body></html>\n");
	return 0;
}

/* --- mail --------------------------------------------------------------------------------------- */

/* One address as it may stand in a header: nothing that could begin another header or recipient. */
static bool
is_address(const char *s)
{
	const char *at = strchr(s, '@');

	for (const char *p = s; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f || strchr("<>()[],;:\\\"", *p))
			return false;
	return at && at != s && at[1] && !strchr(at + 1, '@') && *s != '-' && strlen(s) <= 254;
}

static void
add_date(struct buf *out)
{
	static const char *const day[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const month[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
					     "Oct", "Nov", "Dec" };
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	buf_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", day[tm.tm_wday], tm.tm_mday,
		   month[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* Lines end with CR LF in a message; sendmail takes bare LF as well, other programs may not. */
static void
add_lines(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			buf_char(out, '\r');
		buf_char(out, *text);
	}
}

int
page_mail(const struct page *p, const char *address, struct buf *out, struct err *e)
{
	if (!is_address(address))
		return err_set(e, ERR_USAGE, "\"%.80s\" is no mail address such as auditor@example.gov.vn",
			       address);
	buf_printf(out, "To: %s\r\nSubject: hopthu checkpoint %" PRIu64 "\r\n", address, p->point->size);
	add_date(out);
	buf_str(out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
	add_lines(out, "Điểm chốt nhật ký hộp thư. Xin lưu lại: về sau dùng để chứng minh nhật ký không "
		  "bị sửa.\nCheckpoint of the mailbox log. Keep it: later it proves that the log was not "
		  "rewritten.\n\nKhóa công khai / public keys (hopthu-verify --policy):\n");
	add_lines(out, p->policy);
	add_lines(out, "\n");
	add_lines(out, p->note);
	return 0;
}
