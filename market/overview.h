/*
 * The hourly overview (R12). An organisation has at most one open overview; it is due an interval after the first
 * unread message that no overview covers, and never within an interval of the one before. What it holds is fixed when
 * the mailer claims it: each message still unread then is in exactly one, one read or answered before in none.
 */
#ifndef POSTERN_MARKET_OVERVIEW_H
#define POSTERN_MARKET_OVERVIEW_H

#include "market/party.h"

/* An unread message came: makes sure that an overview will tell of it. */
gboolean overview_expect(struct act *act, const struct organisation *organisation, GError **error);

/* The mailer claimed outbox row `outbox_id` of overview `id` (any try). `*send` FALSE: nothing to send now: it was
 * empty, or the one before is still under way and this one was put off. */
gboolean overview_claim(struct act *act, gint64 id, gint64 outbox_id, gboolean *send, GError **error);

/* It cannot be delivered: what it told of belongs to the next one. */
gboolean overview_failed(struct act *act, gint64 id, GError **error);

/* It went out: the next is not due before an interval from now. */
gboolean overview_sent(struct act *act, gint64 id, GError **error);

#endif
