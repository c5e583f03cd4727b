/*
 * The desk: where partners send commands that are about no conversation, by its standing address or by a member's own
 * signed one.
 */
#ifndef POSTERN_MARKET_DESK_H
#define POSTERN_MARKET_DESK_H

#include "market/conversation.h"

struct desk_mail {
    struct act *act;
    const struct incoming *in;
    gint64 holder; /* of a LINK_DESK: the member's row, negative: the organisation's; 0: the standing address */
    const char *recipient;
    gint64 raw_id;
};

/* Whose desk the author may write to; `*organisation` NULL: nobody's. */
gboolean desk_find(struct act *act, const struct incoming *in, gint64 holder, struct organisation **organisation,
                   GError **error);
gboolean desk_take(const struct desk_mail *mail, const struct organisation *organisation, GError **error);

/* A member's own desk address (member_id 0: the notification address's). Caller frees. */
char *desk_address(struct act *act, gint64 organisation_id, gint64 member_id);

#endif
