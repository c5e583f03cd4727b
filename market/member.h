/*
 * Members of an organisation (R4) by mail: `/member add ADDRESS [NAME]`, `remove ADDRESS`, `owner ADDRESS`, `list`, by
 * an owner; where there is none, the notification address is one. And a member's own further addresses: `/alias add
 * ADDRESS`, `remove ADDRESS`, `list`; they act everywhere as the member does.
 *
 * An address belongs to one side and to one organisation only (party_is_free). Of a new member the notification address
 * hears.
 */
#ifndef POSTERN_MARKET_MEMBER_H
#define POSTERN_MARKET_MEMBER_H

#include "market/perform.h"

enum { MEMBERS_MOST = 500, MEMBER_ALIASES_MOST = 10 };

/* Takes a member away with all that refers to it: assignments, further addresses. */
gboolean member_drop(struct act *act, gint64 id, GError **error);

command_fn member_perform, member_perform_alias;
/* An address more that acts, one's own or a colleague's, is always asked for at the registered address. */
gboolean member_address_is_added(const struct command *command);

#endif
