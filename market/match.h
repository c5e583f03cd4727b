/*
 * Matching (R7, R9): which organisations a request goes to, and why.
 *
 * A score is the sum of its factors' points; the same facts give the same scores. The facts are kept as they happen
 * (market/rank.h): what a lead's job or a spam's did is not among them, nor are words of refusal. Ties go to whoever
 * was matched longest ago, then to the older organisation, so that equals take turns.
 *
 * A factor says how well an organisation does in thousandths: 0 to 1000, or 0 to -1000 where it takes off. Where there
 * is nothing to go by (no answer, no review, no rate yet) it says 500, and few facts weigh little. The factor's points
 * are that share of its weight in the settings ([match]).
 */
#ifndef POSTERN_MARKET_MATCH_H
#define POSTERN_MARKET_MATCH_H

#include <jansson.h>

#include "market/party.h"
#include "market/priority.h"

struct match_request {
    const char *service;  /* NULL: unspecified */
    const char *language; /* NULL: not known */
    gboolean dropshipping;
    guint priorities;   /* a set of enum priority */
    const char *author; /* who asks: an organisation is not matched to itself (R2), nor past a block (R16); NULL */
    const GArray *had;  /* organisations (gint64) that had it already; NULL: none */
};

/* What is weighed of an organisation. */
struct match_facts {
    const char *language;
    gboolean dropshipping;
    gint64 rate_place; /* thousandths of those with a rate in the same currency whose rate is higher; 500: unknown */
    gint64 listed, expired;
    gint64 answers, answer_seconds;
    gint64 reviews, review_points; /* 1 to 5 each */
    gint64 declined;               /* jobs of the request's type */
};

enum match_factor {
    MATCH_BY_SERVICE,
    MATCH_BY_LANGUAGE,
    MATCH_BY_DROPSHIPPING,
    MATCH_BY_RATE,
    MATCH_BY_SPEED,
    MATCH_BY_REVIEWS,
    MATCH_BY_EXPIRED,
    MATCH_BY_DECLINED,
    MATCH_FACTORS,
};
const char *match_factor_name(enum match_factor factor);
/* Its most points for such a request. */
gint64 match_factor_weight(enum match_factor factor, const struct match_request *request, const struct conf *conf);
/* Each factor's points; their sum. */
gint64 match_weigh(const struct match_facts *facts, const struct match_request *request, const struct conf *conf,
                   gint64 points[MATCH_FACTORS]);

struct match {
    gint64 organisation_id;
    char *slug;
    gint64 score, points[MATCH_FACTORS];
    char *reasons; /* "service +40, language +15, …" */
    gint64 last_matched_at, turn;
};

/* At most `limit` matches, best first: struct match. NULL on error; empty: nobody fits. */
GPtrArray *match_find(struct act *act, const struct match_request *request, guint limit, GError **error);

/* Keeps that a request went to a match, as its `place`-th (from 0; at most 31). */
gboolean match_note(struct act *act, gint64 request_id, const struct match *match, guint place, GError **error);
gboolean match_had(const GArray *had, gint64 organisation_id);

/* What a row of REQUEST_BY_ID asked for, borrowed from it; `language` where it does not say. */
void match_request_read(const store_rows *asked, const char *language, struct match_request *request);

/* Which of the services on offer does a text name? Whole words, accents and hyphens aside; the earliest wins.
 * `*service` NULL: none. */
gboolean match_service(struct act *act, const char *text, char **service, GError **error);

/* {request, service, language, dropshipping, priorities, candidates:[{organisation, total, scores:[{factor, points,
 * most}], last_matched_at}], left_out:[{organisation, reasons}], chosen:[{organisation, total, reasons}]} for the admin
 * (match-explain.c): as it would be matched at `now`; `chosen` is what was chosen then. Of a stored request, whose
 * facts are used, or, with `request_id` 0, of `request`. NOT_FOUND. */
json_t *match_explain(const struct market *market, gint64 request_id, const struct match_request *request, gint64 now,
                      GError **error);

#endif
