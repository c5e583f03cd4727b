/*
 * Commands that wait for a word more: those that cannot be taken back, and those that matter from a sender who is not
 * certain. The question goes to the registered address only; its link is single use, lives a day, and is bound to the
 * command and to the state it was asked in. A mail is the only way to use it: no scanner can press it.
 */
#ifndef POSTERN_MARKET_CONFIRMATION_H
#define POSTERN_MARKET_CONFIRMATION_H

#include "market/perform.h"

/* Asks. `would`: what the command would do, as transcript items (borrowed). */
gboolean confirmation_ask(struct performing *p, const struct command *command, json_t *would, GError **error);

/* A mail to a confirmation's link. Acts once, for the one it was mailed to, in the state it was asked in; tells
 * otherwise why not. */
gboolean confirmation_take(struct act *act, const struct incoming *in, gint64 id, const char *recipient, gint64 raw_id,
                           GError **error);

#endif
