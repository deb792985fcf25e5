/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_VERIFY_WORD_H
#define HOPTHU_VERIFY_WORD_H
/*
 * Every sentence about a copy, once, in both languages.  FAULT: tampered with.  LACK: not whole, or not
 * shown.  TELL: no fault.  {n} is the record, {a} and {b} numbers, {s} and {t} texts.
 * X(NAME, "code for machines", CLASS, "English", "Vietnamese")
 */
#define VERIFY_SAYINGS(X) \
	/* files */ \
	X(FILE_KIND, "file-kind", FAULT, "{s} is no regular file: it was not opened", \
	  "{s} không phải là tệp thường: không mở") \
	X(FILE_LARGE, "file-large", FAULT, "{s} is larger than such a file can be", \
	  "{s} lớn hơn mức mà một tệp như vậy có thể có") \
	X(FILE_SIZE, "file-size", FAULT, "{s} has {a} bytes instead of {b}", \
	  "{s} có {a} byte, đúng ra là {b}") \
	X(FILE_SURPLUS, "file-surplus", FAULT, "{s} does not belong to a copy of this size", \
	  "{s} không thuộc về một bản sao cỡ này") \
	X(FILE_STRANGE, "file-strange", TELL, "{s} is no part of a copy and was not looked at", \
	  "{s} không phải là phần của bản sao, không xem xét") \
	X(FILE_MISSING, "file-missing", LACK, "{s} is not there", "thiếu {s}") \
	X(FILE_UNREADABLE, "file-unreadable", LACK, "{s} cannot be read: {t}", "không đọc được {s}: {t}") \
	X(BUNDLE, "bundle", FAULT, "{s} does not hold {a} records, each after its length", \
	  "{s} không chứa đúng {a} bản ghi, mỗi bản ghi sau độ dài của nó") \
	X(EXPORT_FORM, "export-form", FAULT, "export.json is not what such a file is: {s}", \
	  "export.json không đúng dạng: {s}") \
	X(EXPORT_DIFFERS, "export-differs", FAULT, "export.json does not agree with the checkpoint: {s}", \
	  "export.json không khớp với điểm chốt: {s}") \
	/* the tree */ \
	X(LEAF, "leaf", FAULT, "the bytes of record {n} do not give the hash that stands in {s}", \
	  "các byte của bản ghi {n} không cho ra mã băm ghi trong {s}") \
	X(TILE, "tile", FAULT, "{s}: hash {a} is not that of the hashes below it", \
	  "{s}: mã băm thứ {a} không phải là của các mã băm bên dưới") \
	X(ROOT, "root", FAULT, "the first {a} records do not give the root of the checkpoint in {s}; up to record {b} " \
	  "they gave the right one", \
	  "{a} bản ghi đầu không cho ra mã gốc của điểm chốt trong {s}; đến bản ghi {b} thì còn đúng") \
	/* checkpoints */ \
	X(NO_CHECKPOINT, "no-checkpoint", LACK, "there is no checkpoint: this copy was not finished", \
	  "không có điểm chốt: bản sao này chưa làm xong") \
	X(NOTE_FORM, "note-form", FAULT, "{s}: this is no signed checkpoint: {t}", \
	  "{s}: đây không phải là điểm chốt có chữ ký: {t}") \
	X(POINT_ORDER, "checkpoint-order", FAULT, "{s} is for {a} records, and the one before it for {b}: they must grow", \
	  "{s} tính {a} bản ghi, điểm trước đó tính {b}: số phải tăng dần") \
	X(POINT_BEYOND, "checkpoint-beyond", FAULT, "{s} counts {a} records, and the copy has {b}: the end was cut off", \
	  "{s} tính {a} bản ghi mà bản sao chỉ có {b}: phần cuối đã bị cắt") \
	X(POINT_LAST, "checkpoint-last", FAULT, "the checkpoint this copy ends with is not the last line of checkpoints.ndjson", \
	  "điểm chốt kết thúc bản sao không phải là dòng cuối của checkpoints.ndjson") \
	X(POINT_ORIGIN, "checkpoint-origin", FAULT, "{s} is a checkpoint of {t}, which this log was not when it had {a} records", \
	  "{s} là điểm chốt của {t}, nhưng khi có {a} bản ghi nhật ký này không mang tên đó") \
	X(POINT_LOST, "checkpoint-lost", TELL, "{s}, for {a} records, is of the history that was lost before record {n}", \
	  "{s}, tính {a} bản ghi, thuộc phần lịch sử đã mất trước bản ghi {n}") \
	X(UNSIGNED, "unsigned", FAULT, "{s} is not signed with the key of the log, {t}", \
	  "{s} không được ký bằng khóa của nhật ký, {t}") \
	X(SIGNATURE, "signature", FAULT, "{s}: the signature of {t} is not right", "{s}: chữ ký của {t} không đúng") \
	X(KEY_UNTRUSTED, "key-untrusted", FAULT, "the key of this log, {s}, is none that you trust", \
	  "khóa của nhật ký này, {s}, không nằm trong các khóa được tin cậy") \
	X(POLICY_FORM, "policy-form", FAULT, "the policy in the copy cannot be read: {s}", \
	  "không đọc được tệp policy trong bản sao: {s}") \
	X(QUORUM, "quorum", LACK, "no checkpoint was confirmed by the witnesses that the policy asks for", \
	  "không có điểm chốt nào được đủ số bên làm chứng mà chính sách yêu cầu xác nhận") \
	X(AGE, "age", LACK, "the newest confirmed checkpoint is {a} hours old; at most {b} were asked for", \
	  "điểm chốt được xác nhận mới nhất đã {a} giờ; yêu cầu không quá {b} giờ") \
	X(AGE_UNKNOWN, "age-unknown", LACK, "no witness says when this copy was made: its age cannot be shown", \
	  "không bên làm chứng nào cho biết bản sao làm lúc nào: không xác định được tuổi") \
	X(PAPER_ROOT, "paper-root", FAULT, "the checkpoint in {s} has another root for {a} records: this log is not the one it was " \
	  "then", "điểm chốt trong {s} có mã gốc khác cho {a} bản ghi: nhật ký này không còn là nhật ký khi đó") \
	X(PAPER_SHORT, "paper-short", FAULT, "truncated: the checkpoint in {s} counts {a} records, this copy {b}", \
	  "bị cắt bớt: điểm chốt trong {s} tính {a} bản ghi, bản sao này chỉ có {b}") \
	X(PAPER_ORIGIN, "paper-origin", FAULT, "the checkpoint in {s} is of another log, {t}", \
	  "điểm chốt trong {s} là của nhật ký khác, {t}") \
	X(PAPER_TYPED, "paper-typed", LACK, "the root in {s} is typed wrong: this copy's root for {a} records is the same but for " \
	  "these places (as typed/as in the copy): {t}; look at the paper again", \
	  "mã gốc trong {s} bị gõ sai: mã gốc của bản sao này cho {a} bản ghi giống hệt, chỉ khác ở các vị trí (đã gõ/trong " \
	  "bản sao): {t}; hãy xem lại tờ giấy") \
	X(PAPER_LOST, "paper-lost", LACK, "the checkpoint in {s} counts {a} records; the log was put back to an older copy before " \
	  "record {n}, and what came after record {b} is lost", \
	  "điểm chốt trong {s} tính {a} bản ghi; nhật ký đã được khôi phục về bản cũ trước bản ghi {n}, các bản ghi sau {b} đã mất") \
	X(RECEIPT, "receipt", FAULT, "the receipt {s} was given for another record {n} than stands here, whose hash begins with {t}", \
	  "biên nhận {s} được cấp cho bản ghi {n} khác với bản ghi ở đây, có mã băm bắt đầu bằng {t}") \
	X(RECEIPT_SHORT, "receipt-short", FAULT, "truncated: the receipt {s} was given when the log had {a} records; this copy has {b}", \
	  "bị cắt bớt: biên nhận {s} được cấp khi nhật ký có {a} bản ghi; bản sao này có {b}") \
	X(RECEIPT_LOST, "receipt-lost", LACK, "the receipt {s} is of records that were lost when the log was put back to an older " \
	  "copy before record {n}", "biên nhận {s} thuộc về các bản ghi đã mất khi nhật ký được khôi phục về bản cũ trước bản ghi {n}") \
	X(RECEIPT_TYPED, "receipt-typed", LACK, "the receipt {s} is typed wrong: the hash of record {a} begins with {t}; look at the " \
	  "paper again", "biên nhận {s} bị gõ sai: mã băm của bản ghi {a} bắt đầu bằng {t}; hãy xem lại tờ giấy") \
	X(RECEIPT_NUMBER, "receipt-number", LACK, "the number in the receipt {s} is typed wrong: record {a} has this hash; look at the " \
	  "paper again", "số bản ghi trong biên nhận {s} bị gõ sai: mã băm đó là của bản ghi {a}; hãy xem lại tờ giấy") \
	X(RECEIPT_OTHER, "receipt-other", LACK, "the receipt {s} is not of record {n}, of which this is the proof", \
	  "biên nhận {s} không phải của bản ghi {n}, là bản ghi của bằng chứng này") \
	/* proofs and pairs */ \
	X(PROOF_FORM, "proof-form", FAULT, "this is no proof: {s}", "đây không phải là bằng chứng: {s}") \
	X(PROOF_WRONG, "proof-wrong", FAULT, "record {n} is not in the log that the checkpoint is of: the hashes do not lead to its root", \
	  "bản ghi {n} không nằm trong nhật ký của điểm chốt: các mã băm không dẫn đến mã gốc") \
	X(PROOF_KEYS, "proof-keys", LACK, "nobody's key was given: who signed this is not shown (--policy, or --checkpoint from paper)", \
	  "không có khóa nào: không rõ ai đã ký (dùng --policy, hoặc --checkpoint chép từ giấy)") \
	X(FORK, "fork", FAULT, "the two copies differ from record {n} on", "hai bản sao khác nhau từ bản ghi {n}") \
	X(FORK_ORIGIN, "fork-origin", FAULT, "these are copies of two logs: {s} and {t}", "đây là bản sao của hai nhật ký: {s} và {t}") \
	X(ONE_BAD, "one-bad", FAULT, "{s} was tampered with by itself, see there", "riêng {s} đã bị sửa, xem bên dưới") \
	X(ONE_LACKS, "one-lacks", LACK, "{s} is not complete by itself, see there", "riêng {s} chưa đủ, xem bên dưới") \
	/* records */ \
	X(REC_LONG, "record-long", FAULT, "record {n} has {a} bytes; 16384 are the limit", \
	  "bản ghi {n} có {a} byte; giới hạn là 16384") \
	X(REC_CANON, "record-canonical", FAULT, "record {n} is not in the canonical form, at byte {a}: {s}", \
	  "bản ghi {n} không ở dạng chuẩn, tại byte {a}: {s}") \
	X(REC_TYPE, "record-type", FAULT, "record {n} has a value of the wrong kind at byte {a}", \
	  "bản ghi {n} có giá trị sai kiểu tại byte {a}") \
	X(REC_LACKS, "record-lacks", FAULT, "record {n} lacks what every record has", \
	  "bản ghi {n} thiếu những gì bản ghi nào cũng có") \
	X(REC_VERSION, "record-version", FAULT, "record {n} is of a form (v) that this program does not know", \
	  "bản ghi {n} ở dạng (v) mà chương trình này không biết") \
	X(REC_UNKNOWN, "record-unknown", TELL, "there are keys that this program does not know: get a newer one", \
	  "có khóa mà chương trình này không biết: hãy dùng bản mới hơn") \
	X(REC_EVENT, "record-event", FAULT, "record {n} is of an event that there is not: {s}", \
	  "bản ghi {n} có sự kiện không tồn tại: {s}") \
	X(REC_FIELDS, "record-fields", FAULT, "record {n} ({s}) lacks {t}", "bản ghi {n} ({s}) thiếu {t}") \
	/* rule 1 and 2 */ \
	X(SEQ, "seq", FAULT, "record {n} says that it is record {a}", "bản ghi {n} tự ghi là bản ghi {a}") \
	X(TIME_BACK, "time", FAULT, "record {n} is of an earlier time than the one before it: {s}", \
	  "bản ghi {n} có thời gian sớm hơn bản ghi trước: {s}") \
	X(MONO_BACK, "mono", FAULT, "record {n} was written before the one that stands before it, by the machine's own count", \
	  "theo bộ đếm của máy, bản ghi {n} được viết trước bản ghi đứng trước nó") \
	X(CLOCK_STEP, "clock-step", TELL, "the clock of the machine was set", "đồng hồ của máy bị chỉnh") \
	X(CLOCK_BEHIND, "clock-behind", TELL, "the clock of the machine was behind a witness's by more than five minutes", \
	  "đồng hồ của máy chậm hơn đồng hồ bên làm chứng quá năm phút") \
	X(CLOCK_AHEAD, "clock-ahead", TELL, "the clock of the machine was ahead of a witness's by more than five minutes", \
	  "đồng hồ của máy nhanh hơn đồng hồ bên làm chứng quá năm phút") \
	X(BOOT_NEW, "boot", TELL, "the machine was started anew, and hopthud did not say that it was", \
	  "máy khởi động lại mà hopthud không ghi là đã khởi động") \
	X(GENESIS, "genesis", FAULT, "record {n} is {s}: the first record, and no other, is genesis", \
	  "bản ghi {n} là {s}: bản ghi đầu tiên và chỉ bản ghi đó là genesis") \
	X(KEY_FORM, "key-form", FAULT, "record {n} has no public key of a log", "bản ghi {n} không có khóa công khai của nhật ký") \
	X(CRASH, "crash", TELL, "hopthud ended without a stop", "hopthud kết thúc mà không dừng đúng cách") \
	X(GAP, "gap", TELL, "nothing was written for more than 26 hours", "không có bản ghi nào trong hơn 26 giờ") \
	/* rule 3 */ \
	X(OUTCOME_NONE, "outcome", FAULT, "record {n} ({s}) names record {a}, which is no intent that is open", \
	  "bản ghi {n} ({s}) nêu bản ghi {a}, không phải là ý định còn mở") \
	X(OUTCOME_DIFFERS, "outcome-differs", FAULT, "record {n} has another {s} than its intent, record {a}", \
	  "bản ghi {n} có {s} khác với ý định của nó, bản ghi {a}") \
	X(OUTCOME_RESULT, "outcome-result", FAULT, "record {n} has the result \"{s}\", which is none", \
	  "bản ghi {n} có kết quả \"{s}\" không hợp lệ") \
	X(OPEN, "open", TELL, "intents without an outcome at the end of the copy", "ý định chưa có kết quả ở cuối bản sao") \
	/* rule 4 and 5 */ \
	X(REQ_AGAIN, "request-again", FAULT, "record {n} begins request {a}, and request {b} came before: numbers grow", \
	  "bản ghi {n} bắt đầu yêu cầu {a}, nhưng yêu cầu {b} đã có trước: số phải tăng") \
	X(REQ_NONE, "request-none", FAULT, "record {n} ({s}) is about request {a}, which is not open", \
	  "bản ghi {n} ({s}) nói về yêu cầu {a} không còn mở") \
	X(ROW_NONE, "row-none", FAULT, "record {n} ({s}) is about row {b} of request {a}, which is not open", \
	  "bản ghi {n} ({s}) nói về dòng {b} của yêu cầu {a} không còn mở") \
	X(ROW_STATE, "row-state", FAULT, "record {n} ({s}) is about row {b} of request {a}, which is {t}", \
	  "bản ghi {n} ({s}) nói về dòng {b} của yêu cầu {a}, dòng đó đang: {t}") \
	X(ROW_ORDER, "row-order", FAULT, "record {n}: row {b} of request {a} came out of its place", \
	  "bản ghi {n}: dòng {b} của yêu cầu {a} không đúng thứ tự") \
	X(ROW_DIFFERS, "row-differs", FAULT, "record {n} ({s}) has another {t} than row {b} of request {a} had when it was planned", \
	  "bản ghi {n} ({s}) có {t} khác với dòng {b} của yêu cầu {a} khi lập kế hoạch") \
	X(PLAN_DIGEST, "plan-digest", FAULT, "record {n}: the digest is not that of the rows of request {a}", \
	  "bản ghi {n}: mã kế hoạch không phải là của các dòng trong yêu cầu {a}") \
	X(PLAN_ROUND, "plan-round", FAULT, "record {n}: request {a} goes back to round {b}", \
	  "bản ghi {n}: yêu cầu {a} lùi về vòng {b}") \
	X(APPROVE_DIGEST, "approve-digest", FAULT, "record {n} approves another plan than request {a} has", \
	  "bản ghi {n} duyệt một kế hoạch khác với kế hoạch của yêu cầu {a}") \
	X(APPROVE_STATE, "approve-state", FAULT, "record {n} approves request {a}, which waits for no approval", \
	  "bản ghi {n} duyệt yêu cầu {a} vốn không chờ duyệt") \
	X(FOUR_EYES, "four-eyes", FAULT, "record {n}: {s} approves request {a} and asked for it", \
	  "bản ghi {n}: {s} vừa yêu cầu vừa duyệt yêu cầu {a}") \
	X(NAMED_IT, "four-eyes-name", FAULT, "record {n}: {s} approves request {a} and proposed an address of it", \
	  "bản ghi {n}: {s} duyệt yêu cầu {a} mà mình đã đề xuất địa chỉ") \
	X(UNAPPROVED, "unapproved", FAULT, "record {n} ({s}) begins row {b} of request {a}, which nobody approved, or too few", \
	  "bản ghi {n} ({s}) bắt đầu dòng {b} của yêu cầu {a} chưa được duyệt, hoặc chưa đủ người duyệt") \
	X(NOT_IN_PLAN, "not-in-plan", FAULT, "record {n} ({s}) begins row {b} of request {a}, which is not in the plan that was approved", \
	  "bản ghi {n} ({s}) bắt đầu dòng {b} của yêu cầu {a} không có trong kế hoạch đã duyệt") \
	X(WRONG_NAME, "wrong-name", FAULT, "record {n} ({s}) is done in the name of {t}, who did not allow request {a}", \
	  "bản ghi {n} ({s}) thực hiện nhân danh {t}, người không cho phép yêu cầu {a}") \
	/* rule 6 */ \
	X(CLOSED, "closed", FAULT, "record {n}: a mailbox that was closed or purged by record {b} is changed by request {a}, which was " \
	  "planned before that", "bản ghi {n}: hộp thư đã đóng hoặc xóa bởi bản ghi {b} lại bị thay đổi theo yêu cầu {a}, lập kế " \
	  "hoạch trước đó") \
	/* rule 7 */ \
	X(OPENING_FORM, "opening-form", FAULT, "openings.ndjson, line {a}: not in its form: {s}", \
	  "openings.ndjson, dòng {a}: sai dạng: {s}") \
	X(OPENING_ORDER, "opening-order", FAULT, "openings.ndjson, line {a}: not after the line before it", \
	  "openings.ndjson, dòng {a}: không đứng sau dòng trước") \
	X(OPENING_NONE, "opening-none", FAULT, "openings.ndjson opens {s} of record {n}, which commits to no such value", \
	  "openings.ndjson mở {s} của bản ghi {n}, nhưng bản ghi không cam kết giá trị đó") \
	X(OPENING_WRONG, "opening-wrong", FAULT, "the value of {s} in openings.ndjson is not the one that record {n} commits to", \
	  "giá trị {s} trong openings.ndjson không phải là giá trị mà bản ghi {n} cam kết") \
	X(OPENING_MISSING, "opening-missing", FAULT, "a value that record {n} commits to is not there, and no erasure covers it", \
	  "thiếu một giá trị mà bản ghi {n} cam kết, và không có lần xóa nào bao gồm nó") \
	X(ALSO_WRONG, "erase-also", FAULT, "record {n} erases values of record {a}, which such a record may not", \
	  "bản ghi {n} xóa giá trị của bản ghi {a}, việc đó không được phép") \
	/* rule 8 */ \
	X(ANCHOR_ROOT, "anchor-root", FAULT, "a witness confirmed another root for {a} records than this log has, as an anchor in the log says", \
	  "bên làm chứng đã xác nhận mã gốc khác cho {a} bản ghi, như bản ghi neo trong nhật ký cho biết") \
	X(ANCHOR_SIZE, "anchor-size", FAULT, "record {n}: a witness confirmed {a} records, more than there were", \
	  "bản ghi {n}: bên làm chứng xác nhận {a} bản ghi, nhiều hơn số đã có") \
	X(ANCHOR_WRONG, "anchor-signature", FAULT, "record {n}: the signature of the witness {s} is not right", \
	  "bản ghi {n}: chữ ký của bên làm chứng {s} không đúng") \
	X(ANCHOR_KEY, "anchor-key", TELL, "confirmations of witnesses whose keys are not in the policy: not looked at", \
	  "xác nhận của bên làm chứng không có khóa trong chính sách: không kiểm tra") \
	X(ROOT_SAID, "root-said", FAULT, "record {n} ({s}) says another root for {a} records than this log has", \
	  "bản ghi {n} ({s}) ghi mã gốc khác cho {a} bản ghi") \
	X(INCARNATION_OLD, "incarnation-old", FAULT, "record {n} says that the log was {s}; it was {t}", \
	  "bản ghi {n} nói nhật ký từng là {s}; thực ra là {t}") \
	/* rule 9 */ \
	X(CONFIG, "config", TELL, "the configuration or the policies were changed", "cấu hình hoặc quy định bị thay đổi") \
	X(POLICY_NEW, "policy", TELL, "a policy came into force", "một quy định có hiệu lực") \
	X(DRIFT, "drift", TELL, "the directory was changed by others than hopthu", "thư mục bị thay đổi không phải do hopthu") \
	X(ACCEPT, "accept", TELL, "such a change was let stand", "thay đổi như vậy được chấp nhận") \
	X(ERASE, "erase", TELL, "values of a person were erased", "dữ liệu của một người bị xóa") \
	X(EXPORT, "export", TELL, "a copy of the log was given out", "một bản sao nhật ký được giao ra") \
	X(OPERATOR, "operator", TELL, "an operator was added, revoked or got a password", \
	  "một người vận hành được thêm, bị thu hồi hoặc đổi mật khẩu") \
	X(INCARNATION, "incarnation", TELL, "the log was put back to an older copy and goes on as {s}", \
	  "nhật ký được khôi phục về bản cũ và tiếp tục dưới tên {s}")

enum say {
#define X(N, code, class, en, vi) SAY_##N,
	VERIFY_SAYINGS(X)
#undef X
	SAY_COUNT
};

enum lang { LANG_EN, LANG_VI, LANG_COUNT };
enum say_class { SAY_FAULT, SAY_LACK, SAY_TELL };

const char *say_code(enum say what);
enum say_class say_class(enum say what);
const char *say_text(enum say what, enum lang lang);
#endif
