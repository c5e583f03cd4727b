/*
 * A mail came through somebody's link from an address that does not act for that side: nothing of it is passed on; the
 * registered address hears of it once a day, and may make the new address its own with one tap.
 */
#ifndef POSTERN_MARKET_ADOPT_H
#define POSTERN_MARKET_ADOPT_H

#include "market/perform.h"

/* `cause`: names link and day. An address that acts for anybody else is neither named nor offered. */
gboolean adopt_ask(struct act *act, const struct incoming *in, gint64 raw_id, const char *recipient,
                   const struct conversation *conversation, enum side side, const char *cause, GError **error);

/* `/alias add ADDRESS` of the merchant's side: a further address of the merchant. */
gboolean adopt_perform_merchant(struct performing *p, const char *address, GError **error);

#endif
