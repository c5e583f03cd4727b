/*
 * Reading by mail: marks, the whole conversation, what was trimmed.
 */
#ifndef POSTERN_MARKET_READING_H
#define POSTERN_MARKET_READING_H

#include "market/perform.h"

command_fn reading_perform_read, reading_perform_unread, reading_perform_show, reading_perform_full;

/* With /full: the message and below it what was trimmed. NULL: it quotes what is nobody else's to see, and the mail was
 * told so. Caller frees. */
gboolean reading_full_text(struct performing *p, char **text, GError **error);

#endif
