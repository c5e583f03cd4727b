/*
 * A mail to an overview of several conversations: numbered answers go each to its item, anything else comes back with
 * one link an item. Never guessed.
 */
#ifndef POSTERN_MARKET_OVERVIEW_REPLY_H
#define POSTERN_MARKET_OVERVIEW_REPLY_H

#include "market/conversation.h"

struct overview_mail {
    struct act *act;
    const struct incoming *in;
    gint64 overview_id;
    const char *recipient;
    gint64 raw_id;
};

gboolean overview_reply_take(const struct overview_mail *mail, GError **error);

#endif
