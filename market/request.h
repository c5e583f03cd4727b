/*
 * A merchant's request: to one organisation, or to those that matching chose; or more words to one that nobody has
 * answered yet.
 */
#ifndef POSTERN_MARKET_REQUEST_H
#define POSTERN_MARKET_REQUEST_H

#include "market/conversation.h"

/* A mail to SLUG@ without a thread. Joins the pair's unanswered conversation (Decisions 2), else opens one. */
gboolean request_direct(struct act *act, const struct incoming *in, const struct merchant *merchant,
                        const struct organisation *organisation, gint64 raw_id, GError **error);

/* A mail to jobs@ or leads@. Joins all the merchant's unanswered matched conversations, else matches. Nobody fits: the
 * sender is told, the admin alerted (Decisions 8). */
gboolean request_matched(struct act *act, const struct incoming *in, const struct merchant *merchant, gint64 raw_id,
                         GError **error);

/* More words from the merchant's side in a conversation: the next state, the overview, or a new job after an expired
 * one (Decisions 6). */
gboolean request_continue(struct act *act, const struct incoming *in, const struct conversation *conversation,
                          const char *author, gint64 raw_id, GError **error);

/* More words to a matched request, through the link of its acknowledgement: to all its conversations that are not over.
 */
gboolean request_add(struct act *act, const struct incoming *in, const struct conversation *first, const char *author,
                     gint64 raw_id, GError **error);

#endif
