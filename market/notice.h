/*
 * What an outbox row means when it is rendered: from the rows that it speaks of to a struct notice (market/outbox.h).
 * The data's keys, kind by kind, stand at the top of notice.c.
 */
#ifndef POSTERN_MARKET_NOTICE_H
#define POSTERN_MARKET_NOTICE_H

#include "market/conversation.h"
#include "market/outbox.h"

/* The kinds of mail there are, ended by NULL. */
const char *const *notice_kinds(void);

/* Reads a claimed row's rendering data. NOT_FOUND when what it speaks of is gone. */
struct notice *notice_load(struct act *act, gint64 outbox_id, GError **error);

/* The words of message `i` of rows with text, direction and author_address, as the other side may see them: without the
 * addresses of the side that wrote them and without links of ours. A lead's address is the partner's to have. Caller
 * frees; NULL on error. */
char *notice_words(struct act *act, const struct conversation *c, const store_rows *message, guint i, GError **error);

#endif
