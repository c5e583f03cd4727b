/*
 * Out-of-office mail (R18): it stops no clock. Where a partner's mailbox answers a notification with one, the
 * organisation is offered to set itself unavailable, at most once a day; nothing is done by itself.
 */
#ifndef POSTERN_MARKET_ABSENCE_H
#define POSTERN_MARKET_ABSENCE_H

#include "market/incoming.h"
#include "market/link.h"
#include "market/party.h"

/* "24 december", "2026-12-24": until when its words say that somebody is away; "": they do not tell. Caller frees. */
char *absence_until(const char *text);

/* An automatic answer came to a link of ours. Offers where it is a partner's answer to one of our mails. */
gboolean absence_offer(struct act *act, const struct incoming *in, const struct link_token *token, GError **error);

#endif
