/*
 * Reviews (R24): asked once a job, when it is completed or, for a lead's work, by the partner's /review. The merchant
 * answers with 1 to 5 on the first line ("5", "4/5", "★★★★") and words, or by /review; the answer may be changed for
 * seven days. It is told to the partner and weighed in matching; a lead's is told only, for a lead's job never harms.
 */
#ifndef POSTERN_MARKET_REVIEW_H
#define POSTERN_MARKET_REVIEW_H

#include "market/perform.h"

/* Asks the merchant; once a job, so that it may be called again. */
gboolean review_ask(struct act *act, const struct conversation *conversation, GError **error);

/* Does a text begin with a rating? `*rest`: the words behind it. 0: it does not. */
int review_rating(const char *text, const char **rest);

/* A conversation's: [{id, conversation, organisation, job, state, rating, text, asked_at, given_at}]. A new reference,
 * NULL on error. */
json_t *review_list(store_tx *tx, gint64 conversation_id, GError **error);
/* The same of rows of LIST_REVIEWS. */
json_t *review_rows(store_tx *tx, const store_rows *rows, GError **error);

/* The partner's /review asks, the merchant's gives. */
command_fn review_perform_review;

#endif
