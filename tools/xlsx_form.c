/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tools/xlsx.h"

/* Rows that have the drop-down lists. */
#define FORM_ROWS 10000
#define CHOICES_MAX 20

static const char *const steps[] = {
	"Mỗi dòng là một yêu cầu về một hộp thư. Dòng 2 là ví dụ: xóa đi rồi ghi các dòng của mình; để "
	"nguyên thì văn bản bị trả lại.",
	"Giữ nguyên dòng tiêu đề ở dòng đầu tiên, không thêm dòng nào lên trên. Cột không dùng thì để "
	"trống hoặc xóa cả cột.",
	"Ô có danh sách thì chọn trong danh sách. Chỉ con trỏ vào ô tiêu đề để đọc ghi chú của cột.",
	"Ngày ghi theo ngày/tháng/năm, ví dụ 20/11/2026. Số điện thoại, mã và ngày là ô văn bản, giữ "
	"nguyên chữ số 0 ở đầu.",
	"Không dùng công thức, không ghi mật khẩu, không ghi dữ liệu cá nhân ngoài các cột đã có.",
	"Kiểm tra trước khi gửi: hopthuctl request check TỆP.xlsx --agency MÃ-CƠ-QUAN",
	"Gửi: hopthuctl request submit TỆP.xlsx --agency MÃ-CƠ-QUAN --letter SỐ-VĂN-BẢN --date NĂM-THÁNG-NGÀY "
	"--signer NGƯỜI-KÝ --reason LÝ-DO",
	"Chỉ trang tính đầu tiên không bị ẩn được đọc; trang hướng dẫn này không ảnh hưởng gì. Dòng bị ẩn hoặc "
	"bị lọc vẫn được đọc: không gửi thì xóa hẳn dòng đó.",
};

/* What Excel asks for: texts of the list, 255 characters in all at most. */
static void
offer_choices(lxw_worksheet *sheet, size_t column, const struct viet_column *c)
{
	char *choices[CHOICES_MAX + 1] = { NULL };
	lxw_data_validation v = { .validate = LXW_VALIDATION_TYPE_LIST, .value_list = choices };
	size_t n = 0;

	for (const struct viet_word *w = c->words; w->word; w++) {
		BUG_ON(n == CHOICES_MAX);
		choices[n++] = (char *)w->viet;
	}
	v.ignore_blank = LXW_VALIDATION_ON;
	v.dropdown = LXW_VALIDATION_ON;
	v.show_error = LXW_VALIDATION_ON;
	v.error_title = (char *)"Không có trong danh sách";
	v.error_message = (char *)"Hãy chọn một mục trong danh sách của ô này.";
	/* Of decisions there are more than a list can name: the reader knows some others. */
	v.error_type = c->words == viet_bases ? LXW_VALIDATION_ERROR_TYPE_WARNING :
						LXW_VALIDATION_ERROR_TYPE_STOP;
	BUG_ON(worksheet_data_validation_range(sheet, 1, (lxw_col_t)column, FORM_ROWS, (lxw_col_t)column,
					       &v));
}

static void
list_sheet(lxw_workbook *book, const struct xlsx_cell *cells, size_t n)
{
	lxw_worksheet *sheet = workbook_add_worksheet(book, "Danh sách");
	lxw_format *head = xlsx_head_format(book), *text = workbook_add_format(book);
	lxw_comment_options comment = { .width = 260, .height = 110, .author = (char *)"hopthu" };

	/* Text, all of it: no leading zero is lost, no date is turned round. */
	format_set_num_format(text, "@");
	for (size_t i = 0; i < n; i++) {
		const struct viet_column *c = cells[i].column;

		worksheet_set_column(sheet, (lxw_col_t)i, (lxw_col_t)i, c->width, text);
		xlsx_text(sheet, 0, i, c->header, head);
		worksheet_write_comment_opt(sheet, 0, (lxw_col_t)i, c->note, &comment);
		if (c->words)
			offer_choices(sheet, i, c);
		if (*cells[i].example)
			xlsx_text(sheet, 1, i, cells[i].example, text);
	}
	worksheet_freeze_panes(sheet, 1, 0);
	worksheet_activate(sheet);
}

static void
help_sheet(lxw_workbook *book, const struct xlsx_cell *cells, size_t n)
{
	lxw_worksheet *sheet = workbook_add_worksheet(book, "Hướng dẫn");
	lxw_format *head = xlsx_head_format(book), *wrap = workbook_add_format(book);
	size_t row = 0;

	format_set_text_wrap(wrap);
	format_set_align(wrap, LXW_ALIGN_VERTICAL_TOP);
	worksheet_set_column(sheet, 0, 0, 18, NULL);
	worksheet_set_column(sheet, 1, 1, 100, NULL);
	xlsx_text(sheet, row, 0, "Bước", head);
	xlsx_text(sheet, row++, 1, "Cách làm", head);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++, row++) {
		worksheet_write_number(sheet, (lxw_row_t)row, 0, (double)(i + 1), wrap);
		xlsx_text(sheet, row, 1, steps[i], wrap);
	}
	row++;
	xlsx_text(sheet, row, 0, "Cột", head);
	xlsx_text(sheet, row++, 1, "Nội dung", head);
	for (size_t i = 0; i < n; i++, row++) {
		xlsx_text(sheet, row, 0, cells[i].column->header, wrap);
		xlsx_text(sheet, row, 1, cells[i].column->note, wrap);
	}
}

int
xlsx_form(const struct xlsx_cell *cells, size_t n, FILE *to, struct err *e)
{
	struct xlsx_file f;

	if (xlsx_begin(&f, false, e))
		return -1;
	list_sheet(f.book, cells, n);
	help_sheet(f.book, cells, n);
	return xlsx_end(&f, to, e);
}
