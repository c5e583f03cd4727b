/*
 * Members of an organisation (R4) by mail: `/member add ADDRESS [NAME]`, `remove ADDRESS`, `owner ADDRESS`, `list`, by
 * an owner; where there is none, the notification address is one. And a member's own further addresses: `/alias add
 * ADDRESS`, `remove ADDRESS`, `list`; they act everywhere as the member does.
 *
 * An address belongs to one side and to one organisation only.
 */
#ifndef POSTERN_MARKET_MEMBER_H
#define POSTERN_MARKET_MEMBER_H

#include "market/perform.h"

enum { MEMBERS_MOST = 500, MEMBER_ALIASES_MOST = 10 };

/* Takes a member away with all that refers to it: assignments, further addresses. */
gboolean member_drop(struct act *act, gint64 id, GError **error);

command_fn member_perform, member_perform_alias;
/* Adding an address of one's own is always asked at the registered address. */
gboolean member_alias_is_added(const struct command *command);

#endif
