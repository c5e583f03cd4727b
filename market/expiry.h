/*
 * The end of the time for a first answer (R18).
 */
#ifndef POSTERN_MARKET_EXPIRY_H
#define POSTERN_MARKET_EXPIRY_H

#include "market/conversation.h"

/* Marks the job Expired and counts it against the organisation (never a lead's, R8). `tell`: both sides get a notice.
 * Nothing happens to a job that was answered. */
gboolean expiry_run(struct act *act, const struct conversation *conversation, gboolean tell, GError **error);

/* Of a matched request: nobody else is left of those asked who answered or still may (R7). */
gboolean expiry_leaves_nobody(struct act *act, const struct conversation *conversation, gboolean *nobody,
                              GError **error);

#endif
