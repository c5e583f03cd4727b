/*
 * Patience with leads (R8): the third mail that a lead has not answered is kept. It goes when the lead answers, or on
 * `/send`; after a week it is dropped, and the partner told.
 */
#ifndef POSTERN_MARKET_LEAD_H
#define POSTERN_MARKET_LEAD_H

#include "market/perform.h"

/* `*kept`: the message is stored and waits. */
gboolean lead_keep(struct performing *p, const struct conversation *c, const struct words *words, gboolean *kept,
                   GError **error);
/* The lead answered: what waits goes. */
gboolean lead_release(struct act *act, const struct conversation *c, GError **error);
/* Is a message one that waits? */
gboolean lead_waits(struct act *act, const struct conversation *c, gint64 message_id, gboolean *waits, GError **error);
/* A message that waits is taken back; `*waits`: it was one. */
gboolean lead_withdraw(struct act *act, gint64 conversation_id, gint64 message_id, gboolean *waits, GError **error);
/* The timer of a kept mail. */
gboolean lead_drop(struct act *act, gint64 held_id, GError **error);

command_fn lead_perform_send;

#endif
