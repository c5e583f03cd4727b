/*
 * The commands that set a job's state: declined, completed, inactive, active, spam, answered elsewhere. Their admin's
 * twins are in market/oversee.h.
 */
#ifndef POSTERN_MARKET_STATE_H
#define POSTERN_MARKET_STATE_H

#include "market/perform.h"

/* The partner declines, or the merchant: the job's event, what it counts for, and who hears of it. `reason`: in its
 * author's words, "". The partner's: after undo_open(). `*next` as event_apply() has it. */
gboolean state_decline(struct act *act, const struct conversation *c, enum side by, const char *actor,
                       const char *reason, int *next, GError **error);
/* Voids it as spam. */
gboolean state_void(struct act *act, const struct conversation *c, const char *actor, int *next, GError **error);

command_fn state_perform_decline, state_perform_complete, state_perform_inactive, state_perform_active,
    state_perform_spam, state_perform_answered;

#endif
