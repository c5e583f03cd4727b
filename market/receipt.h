/*
 * Read receipts (MDN, RFC 8098): one that names a Message-ID of ours that went to a partner says that what it told of
 * was opened and read (Decisions 1), and nothing else. Who sent it does not matter: only who had the mail knows its id.
 */
#ifndef POSTERN_MARKET_RECEIPT_H
#define POSTERN_MARKET_RECEIPT_H

#include "market/incoming.h"
#include "market/party.h"

/* Does nothing with a mail that is no receipt. */
gboolean receipt_take(struct act *act, const struct incoming *in, GError **error);

#endif
