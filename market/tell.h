/*
 * What a whole side is told of a conversation's records: proposals, invoices, access, reviews.
 */
#ifndef POSTERN_MARKET_TELL_H
#define POSTERN_MARKET_TELL_H

#include <jansson.h>

#include "market/command.h"
#include "market/conversation.h"

/* To everybody of the merchant's side who wrote in it and still may, else to the merchant (Decisions 5). `cause` as in
 * struct notification; `data` borrowed, may be NULL. */
gboolean tell_merchants(struct act *act, const char *kind, const struct conversation *conversation, json_t *data,
                        const char *cause, GError **error);

/* The same, answered at an address that is bound to one record: `about` is "proposal 12", "access 3" …; `commands`
 * (ended by COMMAND_UNKNOWN) can be given there with one tap. Adds to `data`. */
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
