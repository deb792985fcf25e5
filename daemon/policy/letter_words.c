/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/text.h"
#include "common/vocab.h"
#include "daemon/policy/letter_words.h"

const struct letter_word letter_op_words[] = {
	{ "create", "create" },	      { "update", "update" },
	{ "suspend", "suspend" },     { "resume", "resume" },
	{ "close", "close" },	      { "restore", "restore" },
	{ "purge", "purge" },	      { "rename", "rename" },
	{ "transfer", "transfer" },
	{ "cap", "create" },	      /* cấp */
	{ "capmoi", "create" },	      /* cấp mới */
	{ "caphopthu", "create" },    /* cấp hộp thư */
	{ "caphopthumoi", "create" },
	{ "capmoihopthu", "create" },
	{ "tao", "create" },	      /* tạo */
	{ "taomoi", "create" },	      /* tạo mới */
	{ "them", "create" },	      /* thêm */
	{ "themmoi", "create" },      /* thêm mới */
	{ "dangkymoi", "create" },    /* đăng ký mới */
	{ "capnhat", "update" },      /* cập nhật */
	{ "thaydoi", "update" },      /* thay đổi */
	{ "thaydoithongtin", "update" },
	{ "capnhatthongtin", "update" },
	{ "dieuchinh", "update" },    /* điều chỉnh */
	{ "sua", "update" },	      /* sửa */
	{ "suadoi", "update" },	      /* sửa đổi */
	{ "khoa", "suspend" },	      /* khóa */
	{ "tamkhoa", "suspend" },     /* tạm khóa */
	{ "tamngung", "suspend" },    /* tạm ngưng */
	{ "tamngungsudung", "suspend" },
	{ "mokhoa", "resume" },	      /* mở khóa */
	{ "molai", "resume" },	      /* mở lại */
	{ "thuhoi", "close" },	      /* thu hồi */
	{ "dong", "close" },	      /* đóng */
	{ "huy", "close" },	      /* hủy */
	{ "huybo", "close" },	      /* hủy bỏ */
	{ "xoa", "close" },	      /* xóa */
	{ "khoiphuc", "restore" },    /* khôi phục */
	{ "xoahan", "purge" },	      /* xóa hẳn */
	{ "xoavinhvien", "purge" },   /* xóa vĩnh viễn */
	{ "doidiachi", "rename" },    /* đổi địa chỉ */
	{ "doidiachithu", "rename" },
	{ "doidiachihopthu", "rename" },
	{ "doitenhopthu", "rename" }, /* đổi tên hộp thư */
	{ "dieuchuyen", "transfer" }, /* điều chuyển */
	{ "chuyendonvi", "transfer" }, /* chuyển đơn vị */
	{ "luanchuyen", "transfer" }, /* luân chuyển */
	{ NULL, NULL },
};

const struct letter_word letter_kind_words[] = {
	{ "person", "person" },	    { "agency", "agency" },
	{ "unit", "unit" },	    { "position", "position" },
	{ "shared", "shared" },
	{ "canhan", "person" },	    /* cá nhân */
	{ "hopthucanhan", "person" },
	{ "coquan", "agency" },	    /* cơ quan */
	{ "tochuc", "agency" },	    /* tổ chức */
	{ "coquantochuc", "agency" },
	{ "hopthucoquan", "agency" },
	{ "donvi", "unit" },	    /* đơn vị */
	{ "phongban", "unit" },	    /* phòng ban */
	{ "phong", "unit" },	    /* phòng */
	{ "bophan", "unit" },	    /* bộ phận */
	{ "chucdanh", "position" }, /* chức danh */
	{ "chucvu", "position" },   /* chức vụ */
	{ "vitri", "position" },    /* vị trí */
	{ "dungchung", "shared" },  /* dùng chung */
	{ "hopthudungchung", "shared" },
	{ NULL, NULL },
};

const struct letter_word letter_channel_words[] = {
	{ "document", "document" },	 { "dms", "dms" },
	{ "mail", "mail" },		 { "phone", "phone" },
	{ "web", "web" },
	{ "congvan", "document" },	 /* công văn */
	{ "vanban", "document" },	 /* văn bản */
	{ "giay", "document" },		 /* giấy */
	{ "truc", "dms" },		 /* trục */
	{ "truclienthong", "dms" },	 /* trục liên thông */
	{ "truclienthongvanban", "dms" },
	{ "hethongquanlyvanban", "dms" }, /* hệ thống quản lý văn bản */
	{ "quanlyvanban", "dms" },
	{ "qlvb", "dms" },
	{ "thu", "mail" },		 /* thư */
	{ "thudientu", "mail" },	 /* thư điện tử */
	{ "email", "mail" },
	{ "dienthoai", "phone" },	 /* điện thoại */
	{ "telephone", "phone" },
	{ "trang", "web" },		 /* trang */
	{ "trangweb", "web" },
	{ "trangthongtin", "web" },	 /* trang thông tin */
	{ NULL, NULL },
};

const struct letter_word letter_basis_words[] = {
	{ "recruitment", "recruitment" }, { "reception", "reception" },
	{ "contract", "contract" },	  { "appointment", "appointment" },
	{ "transfer", "transfer" },	  { "secondment", "secondment" },
	{ "leave", "leave" },		  { "retirement", "retirement" },
	{ "resignation", "resignation" }, { "departure", "departure" },
	{ "dismissal", "dismissal" },	  { "death", "death" },
	{ "creation", "creation" },	  { "merger", "merger" },
	{ "dissolution", "dissolution" }, { "incident", "incident" },
	{ "other", "other" },
	{ "tuyendung", "recruitment" },	  /* tuyển dụng */
	{ "tuyendungmoi", "recruitment" },
	{ "tiepnhan", "reception" },	  /* tiếp nhận */
	{ "hopdong", "contract" },	  /* hợp đồng */
	{ "hopdonglaodong", "contract" },
	{ "kyhopdong", "contract" },	  /* ký hợp đồng */
	{ "bonhiem", "appointment" },	  /* bổ nhiệm */
	{ "bonhiemlai", "appointment" },
	{ "bonhiemmoi", "appointment" },
	{ "dieudong", "transfer" },	  /* điều động */
	{ "dieuchuyen", "transfer" },	  /* điều chuyển */
	{ "luanchuyen", "transfer" },	  /* luân chuyển */
	{ "dieudongbonhiem", "transfer" },
	{ "chuyencongtactrongtinh", "transfer" }, /* chuyển công tác trong tỉnh */
	{ "bietphai", "secondment" },	  /* biệt phái */
	{ "cubietphai", "secondment" },
	{ "nghidaihan", "leave" },	  /* nghỉ dài hạn */
	{ "nghithaisan", "leave" },	  /* nghỉ thai sản */
	{ "thaisan", "leave" },
	{ "nghisinh", "leave" },	  /* nghỉ sinh */
	{ "dihoc", "leave" },		  /* đi học */
	{ "cudihoc", "leave" },
	{ "om", "leave" },		  /* ốm */
	{ "nghiom", "leave" },
	{ "nghiomdaingay", "leave" },
	{ "nghiphep", "leave" },	  /* nghỉ phép */
	{ "nghikhongluong", "leave" },	  /* nghỉ không lương */
	{ "nghihuu", "retirement" },	  /* nghỉ hưu */
	{ "huutri", "retirement" },	  /* hưu trí */
	{ "nghihuutruoctuoi", "retirement" },
	{ "thoiviec", "resignation" },	  /* thôi việc */
	{ "nghiviec", "resignation" },	  /* nghỉ việc */
	{ "hethopdong", "resignation" },  /* hết hợp đồng */
	{ "chamduthopdong", "resignation" },
	{ "chamduthopdonglaodong", "resignation" },
	{ "chuyencongtacngoaitinh", "departure" }, /* chuyển công tác ngoài tỉnh */
	{ "chuyenngoaitinh", "departure" },
	{ "chuyencongtacrangoaitinh", "departure" },
	{ "kyluat", "dismissal" },	  /* kỷ luật */
	{ "buocthoiviec", "dismissal" },  /* buộc thôi việc */
	{ "kyluatbuocthoiviec", "dismissal" },
	{ "sathai", "dismissal" },	  /* sa thải */
	{ "tutran", "death" },		  /* từ trần */
	{ "chet", "death" },		  /* chết */
	{ "quadoi", "death" },		  /* qua đời */
	{ "thanhlap", "creation" },	  /* thành lập */
	{ "thanhlapmoi", "creation" },
	{ "sapnhap", "merger" },	  /* sáp nhập */
	{ "satnhap", "merger" },	  /* sát nhập: a common misspelling */
	{ "hopnhat", "merger" },	  /* hợp nhất */
	{ "giaithe", "dissolution" },	  /* giải thể */
	{ "chamduthoatdong", "dissolution" }, /* chấm dứt hoạt động */
	{ "suco", "incident" },		  /* sự cố */
	{ "sucoantoanthongtin", "incident" },
	{ "lomatkhau", "incident" },	  /* lộ mật khẩu */
	{ "lolotmatkhau", "incident" },
	{ "madoc", "incident" },	  /* mã độc */
	{ "vipham", "incident" },	  /* vi phạm */
	{ "trolailamviec", "other" },	  /* trở lại làm việc */
	{ "khac", "other" },		  /* khác */
	{ "lydokhac", "other" },
	{ NULL, NULL },
};

void
letter_key(const char *text, struct buf *out)
{
	AUTO(str) fold = text_fold(text);

	buf_clear(out);
	for (const char *p = fold ? fold : ""; *p; p++)
		if ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9'))
			buf_char(out, *p);
}

const char *
letter_word(const struct letter_word *table, const char *text)
{
	AUTO(buf) key = BUF_INIT;

	for (const struct letter_word *w = table; w->key; w++)
		if (!strcmp(w->key, text))
			return w->word;
	letter_key(text, &key);
	for (const struct letter_word *w = table; w->key; w++)
		if (!strcmp(w->key, key.data))
			return w->word;
	return NULL;
}

const char *
letter_word_near(const struct letter_word *table, const char *text)
{
	AUTO(buf) key = BUF_INIT;
	const char *keys[128] = { NULL }, *near;
	size_t n = 0;

	for (const struct letter_word *w = table; w->key; w++) {
		BUG_ON(n + 1 >= sizeof(keys) / sizeof(*keys));
		keys[n++] = w->key;
	}
	letter_key(text, &key);
	near = nearest_word(key.data, keys);
	return near ? letter_word(table, near) : NULL;
}

void
letter_words_list(const struct letter_word *table, struct buf *out)
{
	size_t n = 0;

	while (table[n].key && !strcmp(table[n].key, table[n].word)) /* ours come first */
		n++;
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%s", i ? i + 1 < n ? ", " : " or " : "", table[i].word);
}
