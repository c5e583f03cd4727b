/*
 * What became of a mail's commands, to whoever sent them.
 */
#ifndef POSTERN_MARKET_TRANSCRIPT_H
#define POSTERN_MARKET_TRANSCRIPT_H

#include "market/perform.h"

/* To the registered address that acts, never to a Reply-To. One a mail. */
gboolean transcript_send(struct performing *p, gboolean done, GError **error);

#endif
