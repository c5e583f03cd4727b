/*
 * `/rematch` (Decisions 3): a merchant's request goes to other experts, never to one that had it, once it was declined
 * or nobody is left who could still answer. The end of a job is followed by it once, however often it is asked for.
 */
#ifndef POSTERN_MARKET_REMATCH_H
#define POSTERN_MARKET_REMATCH_H

#include "market/perform.h"
#include "market/request.h"

/* Whom it could go to, found in a snapshot: matching is too slow for a write transaction. `plan->matches` NULL: the
 * link is nobody's who could ask. */
gboolean rematch_plan(const struct market *market, const struct link_token *token, gint64 now,
                      struct request_plan *plan, GError **error);

command_fn rematch_perform;

#endif
