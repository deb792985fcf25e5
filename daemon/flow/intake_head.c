/* SPDX-License-Identifier: BSD-2-Clause */
/* What a letter says of itself, against agencies, domains and the policy. */
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/flow/intake_private.h"

/* A check looks at the rows also while the letter has no number or signature yet. */
static void
fill_head(struct letter_head *h, const char *today)
{
	char **const text[] = { &h->number, &h->signer, &h->reason };

	for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++)
		if (!*text[i])
			*text[i] = xstrdup("-");
	if (!h->date)
		h->date = xstrdup(today);
}

/* Not an error: what is said of a letter that is there cannot be changed, and somebody decides. */
static void
note_channel(struct intake *in)
{
	AUTO(str) text = xasprintf("by %s letters do not come by %s: whoever approves should know why "
				   "this one does", policy_document(in->letter.rules.policy),
				   in->o.head.channel);

	intake_rows_note(in, &(struct letter_error){ .column = "channel", .value = in->o.head.channel,
						     .message = text });
}

static void
note_date(struct intake *in, const char *today)
{
	AUTO(str) text = xasprintf("the letter is dated later than today, which is %s", today);

	intake_rows_note(in, &(struct letter_error){ .column = "date", .value = in->o.head.date,
						     .message = text });
}

/* The letter's own words: whose it is, and that it is whole. */
int
intake_head_check(struct intake *in)
{
	struct letter_head *h = &in->o.head;
	char day[11];

	if (!h->agency && in->only_agency)
		h->agency = xstrdup(in->only_agency);
	date_text(clock_today(), day);
	if (in->o.check_only)
		fill_head(h, day);
	if (letter_head_check(h, &in->err) ||
	    rules_find(in->flow, h->agency, h->domain, &in->letter.rules, in->arena, &in->err))
		return -1;
	if (in->only_agency && strcmp(in->only_agency, h->agency))
		return err_set(&in->err, ERR_DENIED,
			       "%s may send letters of agency %s only, and this one is of %s",
			       in->o.actor.name, in->only_agency, h->agency);
	if (rules_check_role(in->flow, &in->letter.rules, RULE_REQUEST_ROLES, in->o.actor.name,
			     &in->err))
		return -1;
	if (strcmp(h->date, day) > 0)
		note_date(in, day);
	if (!rules_channel_usual(&in->letter.rules, h->channel))
		note_channel(in);
	in->letter.flow = in->flow;
	in->letter.head = h;
	in->letter.who = &in->o.actor;
	in->letter.dry = choose_dry_new();
	return 0;
}
