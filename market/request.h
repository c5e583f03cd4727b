/*
 * A merchant's request: to one organisation, or to those that matching chose; or more words to one that nobody has
 * answered yet.
 */
#ifndef POSTERN_MARKET_REQUEST_H
#define POSTERN_MARKET_REQUEST_H

#include "market/conversation.h"
#include "market/match.h"

/* What a request needs that costs too much inside a write transaction: found in a snapshot before it, checked again
 * inside. */
struct request_plan {
    char *service;  /* what it names; NULL: unspecified */
    char *language; /* its merchant's or its own; NULL: not known */
    gboolean dropshipping;
    guint priorities;   /* a set of enum priority */
    GPtrArray *matches; /* struct match, best first, a few more than are chosen; NULL: no matching was asked for */
};
gboolean request_plan(const struct market *market, const struct incoming *in, const struct request_from *from,
                      gboolean match, gint64 now, struct request_plan *plan, GError **error);
void request_plan_clear(struct request_plan *plan);

/* One mail as a request. All borrowed. */
struct request {
    const struct incoming *in;
    struct request_from from;
    const struct request_plan *plan;
    gint64 raw_id;
};

/* Its first message's text: all readable words, or a form's fields. Caller frees. */
char *request_words(const struct request *request, const struct merchant *merchant);

/* A mail to SLUG@ without a thread. Joins the pair's unanswered conversation (Decisions 2), else opens one. */
gboolean request_direct(struct act *act, const struct request *request, const struct merchant *merchant,
                        const struct organisation *organisation, GError **error);

/* A mail to jobs@ or leads@. Joins all the merchant's unanswered matched conversations, else opens one with each match.
 * Nobody fits: the sender is told, the admin alerted (Decisions 8). */
gboolean request_matched(struct act *act, const struct request *request, const struct merchant *merchant,
                         GError **error);

/* More words from the merchant's side in a conversation: the next state, the overview, or a new job after an expired
 * one (Decisions 6). `author` is the address that wrote them. */
gboolean request_continue(struct act *act, const struct incoming *in, const struct conversation *conversation,
                          const char *author, const char *text, enum reading reading, gint64 raw_id, GError **error);

/* More words to a matched request, through the link of its acknowledgement: to all its conversations that are not over.
 */
gboolean request_add(struct act *act, const struct incoming *in, const struct conversation *first, const char *author,
                     const char *text, gint64 raw_id, GError **error);

#endif
