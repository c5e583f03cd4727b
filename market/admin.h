/*
 * The admin does what partners do by mail: a command, performed for an organisation or in one of its conversations, by
 * nobody but "admin" in the audit, and not asked twice.
 */
#ifndef POSTERN_MARKET_ADMIN_H
#define POSTERN_MARKET_ADMIN_H

#include <jansson.h>

#include "market/command.h"
#include "market/market.h"

struct admin_order {
    const char *organisation; /* slug; NULL: that of the conversation */
    gint64 conversation_id;   /* 0: none */
    enum command_id command;
    const char *argument; /* what would stand behind it in a mail */
    gboolean dry_run;     /* does it, tells, and takes it back */
};

/* `*items`: the transcript (market/perform.h), caller frees; `*done` FALSE: a command said no and nothing happened.
 * NOT_FOUND: no such organisation or conversation. */
gboolean admin_perform(const struct market *market, const struct admin_order *order, gint64 now, json_t **items,
                       gboolean *done, GError **error);

#endif
