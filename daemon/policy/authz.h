/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_AUTHZ_H
#define HOPTHU_AUTHZ_H

#include "common/err.h"
#include "common/model.h"

/* Who may.  Roles and scope of a route are in common/routes.h; this is the rest.  Pure. */

/* Four eyes, the only place: nobody decides about an own letter, nor about one for which they
 * proposed an address.  ERR_DENIED. */
int authz_four_eyes(const struct request *r, const char *approver, struct err *e) MUST_USE;
/* The second of two approvers is another person than the first.  ERR_DENIED. */
int authz_second(const struct request *r, const char *approver, struct err *e) MUST_USE;
/* ERR_DENIED: none of the roles; the sentence names the roles that could. */
int authz_roles(const struct operator *o, int wanted, const char *what, struct err *e) MUST_USE;
/* ERR_DENIED: the operator is confined to another agency. */
int authz_agency(const struct operator *o, const char *agency, struct err *e) MUST_USE;
#endif
