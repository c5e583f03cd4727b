/*
 * The hourly overview (R12), for each of an organisation's readers: its notification address, and each member who asked
 * for one (`/prefs digest`). A reader has at most one open overview; it is due an interval after the first unread
 * message that none of theirs covers, and never within an interval of the one before, so that an idle reader costs
 * nothing. What it holds is fixed when the mailer claims it: each message still unread then is in exactly one, one read
 * or answered before in none.
 *
 * While the notification address takes no mail, its overview goes to another member; who has overviews of their own is
 * told of all that in those. A clock that ran ahead and was put right makes nobody wait for longer than an interval.
 *
 * The notification address's covers are marked in message.overview_id; what was told at once is in none of them. A
 * member's are rows of overview_item behind a mark in member.overview_upto; what was assigned to that member is in
 * none of theirs, for it came at once. What one told of that was sent and came back stays in overview_item, for some
 * may have it and answer by its numbers.
 */
#ifndef POSTERN_MARKET_OVERVIEW_H
#define POSTERN_MARKET_OVERVIEW_H

#include "market/party.h"

/* Unread message `message_id` came: makes sure that overviews will tell of it. `told`: a mail of its own told the
 * notification address at once. */
gboolean overview_expect(struct act *act, gint64 organisation_id, gint64 message_id, gboolean told, GError **error);

/* The mailer claimed outbox row `outbox_id` of overview `id` (any try). `*send` FALSE: nothing to send now: it was
 * empty, nobody wants it any more, or the one before is still under way and this one was put off. */
gboolean overview_claim(struct act *act, gint64 id, gint64 outbox_id, gboolean *send, GError **error);

/* It cannot be delivered: what it told of belongs to the next one. */
gboolean overview_failed(struct act *act, gint64 id, GError **error);

/* The admin wants it not sent: the same, and where it told of nothing yet the next one may open. */
gboolean overview_cancelled(struct act *act, gint64 id, GError **error);

/* It went out: the reader's next is not due before an interval from now. */
gboolean overview_sent(struct act *act, gint64 id, GError **error);

#endif
