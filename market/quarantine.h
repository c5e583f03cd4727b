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

/* The same without a link: whom the author's address is registered for hears why, at that address, once a day, and a
 * lead that a filter has vouched for before, whose mail may have lost that on its way (RFC 7960). Nobody else: of
 * another lead no more is known than what came in its name, and a stranger never wrote to us. */
gboolean quarantine_and_tell_author(struct act *act, const struct incoming *in, gint64 raw_id, const char *recipient,
                                    const char *reason, const char *words, GError **error);
/* The same, because From is a lie. */
gboolean quarantine_distrusted(struct act *act, const struct incoming *in, gint64 raw_id, const char *recipient,
                               GError **error);

/* A key for quarantine_and_tell(): an answer with nothing new in it. */
extern const char quarantine_no_words[];
/* The same: From is not who wrote it. */
extern const char quarantine_distrusted_words[];
/* A reason for quarantine_add(): DMARC (RFC 7489) says that From is not who wrote it. */
extern const char quarantine_lie[];

#endif
