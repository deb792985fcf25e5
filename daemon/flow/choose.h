/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_CHOOSE_H
#define HOPTHU_CHOOSE_H

#include "daemon/flow/flow.h"

/*
 * First free login by the templates of the configuration.  Caller frees; NULL and e when none.
 * keep: the name will be taken, so the next person of this name need not be tried against all
 * before (a thousandth "huongnt" would otherwise cost a thousand look-ups).
 */
char *choose_login(struct flow *f, const char *full_name, bool keep, struct err *e);
/* "anh.bt@tinh.gov.vn" or "anh.bt" -> login; ERR_USAGE when the domain is another. Caller frees. */
char *choose_login_of(const struct flow *f, const char *address, struct err *e);
/* Sentence about why a login is not free, for errors. */
int choose_check_free(struct flow *f, const char *login, struct err *e) MUST_USE;
#endif
