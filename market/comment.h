/*
 * Internal comments (R21): `/note` and all that follows in the mail. Nothing of it can ever leave the organisation.
 */
#ifndef POSTERN_MARKET_COMMENT_H
#define POSTERN_MARKET_COMMENT_H

#include "market/perform.h"

/* Does a line of a text look like a note that was meant to stay inside: a note's word or something near it in any of
 * the languages, behind any kind of slash? Such a text is never relayed: rather a mail too few than a comment too
 * many. */
gboolean comment_is_in(const char *text);

/* A text's letters and digits alone, folded: quoting and wrapping change the rest. Too slow for a write transaction
 * where the text is a mail's. Caller frees. */
char *comment_letters(const char *text);
/* Does a text, given by its letters, quote one of the conversation's comments? */
gboolean comment_is_quoted(struct act *act, gint64 conversation_id, const char *letters, gboolean *quoted,
                           GError **error);

command_fn comment_perform;

#endif
