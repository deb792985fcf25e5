/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_VERIFY_FILE_H
#define HOPTHU_VERIFY_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/buf.h"
#include "common/err.h"
#include "tools/verify/verify_report.h"

/*
 * Files of a copy that somebody else made: no link is followed below its folder, only regular files
 * are read, and no more of one than it may have.
 */
struct folder {
	int fd;
	int inner;          /* of the folder opened last, below */
	char inner_path[128];
};
int folder_open(struct folder *f, const char *path, struct err *e) MUST_USE;
void folder_close(struct folder *f);

enum file_fate { FILE_GOOD, FILE_ABSENT, FILE_BAD /* *what and *why say how */ };
struct file_fault {
	enum say what; /* SAY_FILE_* */
	char why[128];
};
/* fd and size are the caller's when it is good; max: bytes. */
enum file_fate file_open(struct folder *f, const char *path, uint64_t max, int *fd, uint64_t *size,
			 struct file_fault *fault);
/* All of a file, after what out has. */
enum file_fate file_load(struct folder *f, const char *path, uint64_t max, struct buf *out,
			 struct file_fault *fault);
/* Says it: record is the first that the file covers. */
void file_say(struct report *r, enum file_fate fate, const struct file_fault *fault, const char *path,
	      int64_t record);

/* Lines of a file, one after the other. */
#define LINE_MAX_BYTES (1024 * 1024)
struct lines {
	int fd;
	char *data;
	size_t from, to, size;
	bool end;
};
void lines_init(struct lines *l, int fd); /* takes the fd */
void lines_release(struct lines *l);
/* 1: the next, without its line end; 0: there is none; -1: too long, no line end, or not readable.
 * Valid until the next call. */
int lines_next(struct lines *l, const char **line, size_t *n);

/* Calls each for everything in a folder, "." and ".." left out; kind: of DT_*.  path "" is the top. */
typedef void folder_cb(void *arg, const char *name, unsigned char kind);
int folder_list(struct folder *f, const char *path, folder_cb *each, void *arg);
#endif
