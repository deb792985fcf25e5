/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_SECRET_H
#define HOPTHU_SECRET_H

#include "common/err.h"

/*
 * Passwords: from a file or from the terminal, never from the command line, where every user of the
 * machine could read them.  Brought into NFC, so that the same letters typed by another input
 * method are the same password.  Free with secret_free.
 */

/* First line of a file that is ours (or root's) and that nobody else may read. ERR_CONFIG. */
char *secret_from_file(const char *file, struct err *e);
/* Asked on the terminal, without echo.  option: what to give when there is no terminal. */
char *secret_ask(const char *prompt, const char *option, struct err *e);
/* Puts the terminal's echo back; safe in a signal handler. */
void secret_restore_terminal(void);
#endif
