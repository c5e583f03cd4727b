/*
 * The facts that matching weighs (R9), kept as they happen, so that a match never reads history. A lead's job counts
 * for nothing: it never harms, and the partner may answer from elsewhere.
 */
#ifndef POSTERN_MARKET_RANK_H
#define POSTERN_MARKET_RANK_H

#include "market/conversation.h"

/* A listed job was opened for the conversation's organisation. */
gboolean rank_opened(struct act *act, gint64 conversation_id, GError **error);
/* The partner answered it for the first time, now; or took that answer back (before the job forgets when it was). */
gboolean rank_answered(struct act *act, const struct conversation *conversation, GError **error);
gboolean rank_answer_undone(struct act *act, const struct conversation *conversation, GError **error);
/* Its time went by. */
gboolean rank_expired(struct act *act, const struct conversation *conversation, GError **error);
/* The partner (not the merchant) declined it by the command: matching steers to other types of job. */
gboolean rank_declined(struct act *act, const struct conversation *conversation, GError **error);
gboolean rank_decline_undone(struct act *act, const struct conversation *conversation, GError **error);
/* It was spam (Decisions 12): takes back what it counted for. `conversation` as it was before. */
gboolean rank_void(struct act *act, const struct conversation *conversation, GError **error);
/* A review came, or changed: by how many, and how many points. */
gboolean rank_reviewed(struct act *act, gint64 organisation_id, gint64 reviews, gint64 points, GError **error);

#endif
