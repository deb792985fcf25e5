/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"

int
err_set(struct err *e, enum err_class class, const char *fmt, ...)
{
	char msg[ERR_MSG_MAX]; /* an argument may be e->msg itself */
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	e->class = class;
	memcpy(e->msg, msg, sizeof(msg));
	return -1;
}

int
err_wrap(struct err *e, const char *fmt, ...)
{
	char context[ERR_MSG_MAX / 2];
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
	return err_set(e, e->class, "%s: %.*s", context, ERR_MSG_MAX / 2 - 3, e->msg);
}
