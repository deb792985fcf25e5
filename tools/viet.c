/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <string.h>

#include "common/buf.h"
#include "tools/viet.h"

const struct viet_word viet_ops[] = {
	{ "create", "Cấp mới" },       { "update", "Cập nhật" },
	{ "suspend", "Tạm khóa" },     { "resume", "Mở khóa" },
	{ "close", "Thu hồi" },	       { "restore", "Khôi phục" },
	{ "rename", "Đổi địa chỉ" },   { "transfer", "Điều chuyển" },
	{ NULL, NULL },
};

const struct viet_word viet_kinds[] = {
	{ "person", "Cá nhân" },     { "agency", "Cơ quan" }, { "unit", "Đơn vị" },
	{ "position", "Chức danh" }, { "shared", "Dùng chung" }, { NULL, NULL },
};

const struct viet_word viet_bases[] = {
	{ "recruitment", "Tuyển dụng" },
	{ "reception", "Tiếp nhận" },
	{ "contract", "Hợp đồng" },
	{ "appointment", "Bổ nhiệm" },
	{ "transfer", "Điều động" },
	{ "secondment", "Biệt phái" },
	{ "leave", "Nghỉ dài hạn" },
	{ "retirement", "Nghỉ hưu" },
	{ "resignation", "Thôi việc" },
	{ "departure", "Chuyển công tác ngoài tỉnh" },
	{ "dismissal", "Kỷ luật" },
	{ "death", "Từ trần" },
	{ "creation", "Thành lập" },
	{ "merger", "Sáp nhập" },
	{ "dissolution", "Giải thể" },
	{ "incident", "Sự cố" },
	{ "other", "Khác" },
	{ NULL, NULL },
};

const struct viet_word viet_states[] = {
	{ "done", "Đã thực hiện" },
	{ "failed", "Không thực hiện được" },
	{ "refused", "Bị từ chối" },
	{ "cancelled", "Đã rút" },
	{ "planned", "Đang chờ duyệt" },
	{ "name-needed", "Chờ đặt địa chỉ" },
	{ "approved", "Đã duyệt, chờ thực hiện" },
	{ "scheduled", "Chờ đến ngày hiệu lực" },
	{ "running", "Đang thực hiện" },
	{ "unknown", "Đang kiểm tra lại" },
	{ "held", "Đang chờ xử lý" },
	{ "checked", "Đang lập lại kế hoạch" },
	{ "received", "Đang tiếp nhận" },
	{ NULL, NULL },
};

const struct viet_column viet_columns[] = {
	{ "op", "Thao tác", "Bắt buộc. Chọn trong danh sách: việc cần làm với hộp thư của dòng này.", 14,
	  viet_ops },
	{ "full_name", "Họ và tên",
	  "Bắt buộc khi cấp mới. Ghi đủ họ, chữ đệm và tên, có dấu, như trong quyết định. Với hộp thư "
	  "không phải của cá nhân thì ghi tên cơ quan, đơn vị hoặc chức danh.",
	  28, NULL },
	{ "kind", "Loại hộp thư", "Chọn trong danh sách; để trống là hộp thư của cá nhân.", 14, viet_kinds },
	{ "birth_year", "Năm sinh",
	  "Bốn chữ số, ví dụ 1990. Cần khi trong tỉnh có người trùng họ tên.", 10, NULL },
	{ "birth_month", "Tháng sinh", "Số từ 1 đến 12. Chỉ cần khi trùng cả họ tên và năm sinh.", 11,
	  NULL },
	{ "id_tail", "Số cuối CCCD",
	  "Chỉ ghi bốn số cuối của căn cước công dân, và chỉ khi quy định của tỉnh cần đến. Không ghi cả "
	  "số căn cước.",
	  13, NULL },
	{ "title", "Chức vụ", "Chức vụ hoặc chức danh, ví dụ: Chuyên viên.", 20, NULL },
	{ "unit", "Phòng ban", "Phòng, ban hoặc đơn vị công tác trong cơ quan.", 22, NULL },
	{ "phone", "Điện thoại",
	  "Một số điện thoại. Ô này có định dạng văn bản để giữ chữ số 0 ở đầu.", 15, NULL },
	{ "rank", "Ngạch", "Ngạch hoặc bậc, nếu dung lượng hộp thư tùy theo ngạch.", 12, NULL },
	{ "quota", "Dung lượng", "Số kèm đơn vị, ví dụ 5G hoặc 500M; để trống là theo quy định chung.", 12,
	  NULL },
	{ "address", "Hộp thư",
	  "Địa chỉ của hộp thư đã có. Bắt buộc với mọi thao tác, trừ cấp mới (để trống: địa chỉ do hệ "
	  "thống đặt theo quy định).",
	  30, NULL },
	{ "new_address", "Địa chỉ mới", "Chỉ khi đổi địa chỉ; địa chỉ cũ vẫn nhận được thư.", 30, NULL },
	{ "custodian", "Người quản lý",
	  "Hộp thư của người chịu trách nhiệm. Bắt buộc với hộp thư không phải của cá nhân.", 30, NULL },
	{ "effective", "Ngày hiệu lực",
	  "Ngày bắt đầu thực hiện, ngày/tháng/năm, ví dụ 20/11/2026; để trống là ngay sau khi được "
	  "duyệt.",
	  14, NULL },
	{ "basis_no", "Số quyết định", "Số, ký hiệu của quyết định làm căn cứ, ví dụ 12/QĐ-SNV.", 16, NULL },
	{ "basis_date", "Ngày quyết định", "Ngày của quyết định, ngày/tháng/năm, ví dụ 20/11/2026.", 16,
	  NULL },
	{ "basis_kind", "Căn cứ", "Chọn trong danh sách: quyết định về việc gì.", 24, viet_bases },
	{ "reason", "Lý do", "Ghi thêm nếu cần.", 24, NULL },
	{ "ref", "Mã",
	  "Mã của cơ quan cho dòng này (mã nhân sự, số thứ tự). Một mã chỉ đứng ở một dòng; gửi lại cùng "
	  "mã thì không làm hai lần.",
	  12, NULL },
	{ NULL, NULL, NULL, 0, NULL },
};
_Static_assert(sizeof(viet_columns) / sizeof(*viet_columns) == VIET_COLUMNS + 1, "VIET_COLUMNS");

const char *
viet(const struct viet_word *words, const char *word)
{
	for (; words->word; words++)
		if (!strcmp(words->word, word))
			return words->viet;
	return word;
}

const struct viet_column *
viet_column(const char *name)
{
	for (const struct viet_column *c = viet_columns; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

/* What stands in hopthud's sentences about a row (daemon/flow, daemon/directory/dir_error.c). */
static const struct {
	const char *part, *viet;
} reasons[] = {
	{ "every address that the policy gives is taken",
	  "Mọi địa chỉ đặt theo quy chế đã có người dùng; đề nghị cơ quan chọn một địa chỉ khác" },
	{ "the entry is not in the directory any more",
	  "Hộp thư không còn trong danh bạ và không phải do hệ thống xóa" },
	{ "the directory takes it again and again",
	  "Danh bạ nhận lệnh nhiều lần nhưng không thực hiện" },
	{ "another request changed this mailbox",
	  "Một đề nghị khác đã thay đổi hộp thư này; kế hoạch được lập lại và chờ duyệt lại" },
	{ "the entry was changed again since",
	  "Hộp thư lại bị thay đổi trực tiếp trong danh bạ; cần đề nghị hoàn lại một lần nữa" },
	{ "what puts back a change in the directory is asked",
	  "Việc hoàn lại thay đổi trong danh bạ cần được đề nghị lại" },
	{ "the entry was changed in the directory",
	  "Hộp thư đã bị thay đổi trực tiếp trong danh bạ; kế hoạch được lập lại và chờ duyệt lại" },
	{ "the directory has an entry of this name",
	  "Danh bạ đã có mục trùng tên không do hệ thống cấp; chờ cấp địa chỉ khác và duyệt lại" },
	{ "the address went to another mailbox since",
	  "Địa chỉ đã dự kiến không còn dành cho dòng này; kế hoạch được lập lại và chờ duyệt lại" },
	{ "its approver was revoked",
	  "Người duyệt không còn quyền duyệt; kế hoạch được lập lại và chờ duyệt lại" },
	{ "is promised by request", "Địa chỉ đã được dự kiến cấp theo đề nghị khác" },
	{ "was given out by request", "Địa chỉ đã cấp cho hộp thư khác" },
	{ "was given out once and purged", "Địa chỉ đã từng được cấp và không cấp lại" },
	{ "is a further address of the mailbox", "Địa chỉ là địa chỉ phụ của hộp thư khác" },
	{ "is in the directory, but not by hopthu",
	  "Địa chỉ đã có trong danh bạ, không do hệ thống cấp" },
	{ "nothing about it can be changed", "Hộp thư đã đóng, không thay đổi được nữa" },
	{ "are kept here: `hopthuctl policy list`", "Hệ thống không còn quản lý tên miền này" },
	{ "there is no mailbox", "Không có hộp thư này" },
	{ "the access rules do not allow it", "Quyền truy cập của danh bạ không cho phép" },
	{ "a value breaks a rule of the directory", "Một giá trị trái quy tắc của danh bạ" },
	{ "the entry breaks the schema", "Dữ liệu không đúng lược đồ của danh bạ" },
	{ "slapd had an internal error", "Danh bạ gặp lỗi nội bộ" },
};

void
viet_reason(const char *reason, struct buf *out)
{
	if (!*reason)
		return;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (strstr(reason, reasons[i].part)) {
			buf_str(out, reasons[i].viet);
			return;
		}
	buf_printf(out, "Lỗi kỹ thuật, đề nghị liên hệ đơn vị vận hành: %s", reason);
}
