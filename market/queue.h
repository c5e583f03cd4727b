/*
 * The outbox as a queue: how much waits, since when, for whom, and why mail is not there yet. For the admin.
 */
#ifndef POSTERN_MARKET_QUEUE_H
#define POSTERN_MARKET_QUEUE_H

#include <jansson.h>

#include "market/market.h"

/* {states:{due,sending,sent,failed,cancelled,bounced}, overdue, oldest_due_at, next_due_at, sent_hour, sent_day,
 *  reasons:[{reason,state,count,reply}], waiting:[{domain,count,tried,oldest_at}]}. `overdue`: rows whose time has
 * come, `oldest_due_at` the first of them. `reason` is an enhanced status code, a reply code or the words, `reply` an
 * example. Reasons and domains are the ten with the most. */
json_t *queue_stats(const struct market *market, gint64 now, GError **error);

/* What is wrong with the way out, for `postern check`. */
struct queue_trouble {
    gint64 overdue, oldest_due_at; /* rows whose time has come; G_MAXINT64: none */
    gint64 marked;                 /* addresses */
    json_t *kept;                  /* [{reason, count}]: mails in quarantine since `since`; the caller's */
};
gboolean queue_trouble(store *store, gint64 now, gint64 since, struct queue_trouble *trouble, GError **error);

#endif
