/*
 * Read receipts (MDN, RFC 8098): one from the partner's side that names a Message-ID of ours that went there says that
 * what it told of was opened and read (Decisions 1), and nothing else. An id is no secret (it stands in what is
 * forwarded), and From alone no proof against a filter's word: both count.
 */
#ifndef POSTERN_MARKET_RECEIPT_H
#define POSTERN_MARKET_RECEIPT_H

#include "market/incoming.h"
#include "market/party.h"

/* Does nothing with a mail that is no receipt. */
gboolean receipt_take(struct act *act, const struct incoming *in, GError **error);

#endif
