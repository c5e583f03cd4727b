/*
 * Matching (R7, R9): which organisations a request goes to, and why.
 *
 * A score is the sum of its factors' points; the same facts give the same scores. Ties go to whoever was matched
 * longest ago, then to the older organisation, so that equals take turns.
 */
#ifndef POSTERN_MARKET_MATCH_H
#define POSTERN_MARKET_MATCH_H

#include "market/party.h"

struct match_request {
    const char *service;  /* NULL: unspecified */
    const char *language; /* NULL: not known */
    gboolean dropshipping;
    const char *author; /* who asks: an organisation is not matched to itself (R2) */
};

struct match {
    gint64 organisation_id;
    gint64 score;
    char *reasons; /* "service +40, language +15, …" */
    gint64 last_matched_at;
};

/* At most `limit` matches, best first: struct match. NULL on error; empty: nobody fits. */
GPtrArray *match_find(struct act *act, const struct match_request *request, guint limit, GError **error);

/* Which of the services on offer does a text name? Whole words, accents and hyphens aside; the earliest wins.
 * `*service` NULL: none. */
gboolean match_service(struct act *act, const char *text, char **service, GError **error);

#endif
