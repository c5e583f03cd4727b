/*
 * Receiving a mail, for those who do it once more: to look what would come of it, or to repeat it. market_receive() is
 * the same with nobody looking on.
 */
#ifndef POSTERN_MARKET_INBOUND_H
#define POSTERN_MARKET_INBOUND_H

#include "market/route.h"

struct inbound_watch {
    gboolean again; /* take it also where it was seen before */
    gboolean all;   /* look up all evidence of where it belongs, not only what is needed */
    /* All inside the transaction, which may be run again; each may be NULL. A FALSE takes everything back. */
    gboolean (*begin)(struct act *act, gpointer arg, GError **error);
    void (*routed)(const struct route *route, gpointer arg);
    gboolean (*end)(struct act *act, const struct verdict *verdict, gpointer arg, GError **error);
    gpointer arg;
};

gboolean inbound_receive(const struct market *market, const struct delivery *delivery, gint64 now,
                         const struct inbound_watch *watch, struct verdict *verdict, gboolean *wake, GError **error);

#endif
