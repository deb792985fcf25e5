/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "daemon/policy/authz.h"

int
authz_four_eyes(const struct request *r, const char *approver, struct err *e)
{
	AUTO(str) mark = xasprintf(",%s,", approver);

	if (strstr(r->namers, mark))
		return err_set(e, ERR_DENIED, "%s proposed an address for request %" PRId64
			       ": somebody else must decide about it", approver, r->id);
	if (strcmp(r->submitter, approver))
		return 0;
	return err_set(e, ERR_DENIED,
		       "request %" PRId64 " was submitted by %s: somebody else must decide about it",
		       r->id, approver);
}

int
authz_second(const struct request *r, const char *approver, struct err *e)
{
	if (r->needs < 2 || strcmp(r->first_approver, approver))
		return 0;
	return err_set(e, ERR_DENIED,
		       "request %" PRId64 " takes away or moves so many mailboxes that it needs two "
		       "approvers, and %s is the first: somebody else must be the second", r->id,
		       approver);
}

int
authz_roles(const struct operator *o, int wanted, const char *what, struct err *e)
{
	AUTO(str) has = NULL;
	AUTO(str) needs = NULL;

	if (o->roles & wanted)
		return 0;
	has = roles_text(o->roles);
	needs = roles_text(wanted);
	return err_set(e, ERR_DENIED, "%s may not do this (%s): it takes the role %s, and %s has %s",
		       o->name, what, needs, o->name, *has ? has : "none");
}

int
authz_agency(const struct operator *o, const char *agency, struct err *e)
{
	if (!o->agency || !strcmp(o->agency, agency))
		return 0;
	return err_set(e, ERR_DENIED, "%s belongs to agency %s and may not see or do things of others",
		       o->name, o->agency);
}
