/*
 * Mails that are kept raw and shown to the admin: nothing that was taken is dropped.
 */
#ifndef POSTERN_MARKET_QUARANTINE_H
#define POSTERN_MARKET_QUARANTINE_H

#include "market/conversation.h"

/* `reason`: for the admin, plain English. `conversation_id`: 0: none. */
gboolean quarantine_add(struct act *act, const struct incoming *in, gint64 raw_id, const char *reason,
                        const char *recipient, gint64 conversation_id, GError **error);

/* The same, and the side whose link was used is told why nothing was passed on. `words`: why, a string's key. */
gboolean quarantine_and_tell(struct act *act, const struct incoming *in, gint64 raw_id, const char *recipient,
                             const struct conversation *conversation, enum side side, const char *reason,
                             const char *words, const char *cause, GError **error);

/* A key for quarantine_and_tell(): an answer with nothing new in it. */
extern const char quarantine_no_words[];
/* A reason for quarantine_add(): DMARC (RFC 7489) says that From is not who wrote it. */
extern const char quarantine_lie[];

#endif
