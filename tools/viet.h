/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_VIET_H
#define HOPTHU_VIET_H

#include "common/buf.h"

/*
 * Letters as clerks read and write them: the Vietnamese names of columns, and the Vietnamese words
 * of vocabularies.  The reader of letters takes every one of them; what is shown here and not taken
 * there would be a trap.
 */
struct viet_word {
	const char *word; /* of common/vocab.h */
	const char *viet;
};
/* Each ends with word NULL. */
extern const struct viet_word viet_ops[], viet_kinds[], viet_bases[], viet_states[];
/* The Vietnamese word; the word itself where there is none. */
const char *viet(const struct viet_word *words, const char *word);

/* Appends why a row was not done, in Vietnamese: hopthud's own sentences by a table, and whatever
 * the directory said behind "Lỗi kỹ thuật". */
void viet_reason(const char *reason, struct buf *out);

struct viet_column {
	const char *name;   /* as letters name it: "full_name" */
	const char *header; /* "Họ và tên" */
	const char *note;   /* what to write there */
	double width;       /* of a spreadsheet's column, in characters */
	const struct viet_word *words; /* the cell is one of these; NULL: anything */
};
/* All columns of letters, in the order of letters; ends with name NULL. */
extern const struct viet_column viet_columns[];
#define VIET_COLUMNS 20
/* NULL when there is none. */
const struct viet_column *viet_column(const char *name);
#endif
