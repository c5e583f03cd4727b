/*
 * A partner's words on their way to the merchant's side, and to the colleagues whom the job is assigned to.
 *
 * Whom they go to is market/tell.h's. An address in To or Cc that is not of the shop's registered staff is not added:
 * it is nobody we know, it did not ask, and the partner would not know who reads along. It is told to nobody either.
 */
#ifndef POSTERN_MARKET_RELAY_H
#define POSTERN_MARKET_RELAY_H

#include "market/perform.h"

/* Takes the mail's message: adds it, marks read what it answers, and sends it after the hold time; a lead's third
 * unanswered one is kept instead (market/lead.h). `c`, as it is after the mail's commands. */
gboolean relay_message(struct performing *p, const struct conversation *c, GError **error);

/* Marks read what the mail answers, for a command that is the partner's word to the merchant without any message. */
gboolean relay_mark_answered(struct performing *p, const struct conversation *c, GError **error);

/* Sends a message that is there, after the hold time. `author`: its address, who needs no copy. */
gboolean relay_send(struct act *act, const struct conversation *c, gint64 message_id, const char *author,
                    GError **error);

/* Notes those of the shop's staff who were named in a mail of the merchant's side. */
gboolean relay_note_copies(struct act *act, const struct conversation *c, const struct incoming *in, GError **error);

#endif
