/*
 * What a whole side is told of a conversation: the partner's words, and the records of proposals, invoices, access,
 * reviews.
 *
 * The merchant's side is everybody who wrote in it, and registered staff of the shop who were named in To or Cc of a
 * mail in it, as far as they still may (Decisions 5): who left the shop hears no more. Where none of them is left, the
 * merchant.
 */
#ifndef POSTERN_MARKET_TELL_H
#define POSTERN_MARKET_TELL_H

#include <jansson.h>

#include "market/command.h"
#include "market/conversation.h"

/* To the merchant's side. `cause` as in struct notification; `data` borrowed, may be NULL. */
gboolean tell_merchants(struct act *act, const char *kind, const struct conversation *conversation, json_t *data,
                        const char *cause, GError **error);

/* A partner's message to the merchant's side, after the hold time. */
gboolean tell_words(struct act *act, const struct conversation *conversation, gint64 message_id, GError **error);

/* As tell_merchants(), answered at an address that is bound to one record: `about` is "proposal 12", "access 3" …;
 * `commands` (ended by COMMAND_UNKNOWN) can be given there with one tap. Adds to `data`. */
gboolean tell_about(struct act *act, const char *kind, const struct conversation *conversation, const char *about,
                    const enum command_id *commands, json_t *data, const char *cause, GError **error);
/* The same with /review and each of `ratings` (ended by NULL). */
gboolean tell_rating(struct act *act, const char *kind, const struct conversation *conversation, const char *about,
                     const char *const *ratings, const char *cause, GError **error);

/* To the partner and the job's assignees. */
gboolean tell_partner(struct act *act, const char *kind, const struct conversation *conversation, json_t *data,
                      const char *cause, GError **error);
/* A mail that carries a message of the merchant's side to the partner. */
gboolean tell_message(struct act *act, const char *kind, const struct conversation *conversation, gint64 message_id,
                      json_t *data, const char *cause, GError **error);

#endif
