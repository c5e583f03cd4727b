/*
 * Tags (R14): an organisation's own names for its conversations, shared by all its members.
 *
 * A name is one line of at most 50 characters without comma, equals sign or double quote (they separate and quote names
 * in commands) and without characters that cannot be seen. Two names are the same when text_fold() says so; the first
 * spelling stays until it is renamed. Renaming onto another tag's name is refused: a merge could not be taken back.
 */
#ifndef POSTERN_MARKET_TAG_H
#define POSTERN_MARKET_TAG_H

#include "market/perform.h"

enum {
    TAG_CHARACTERS = 50,
    TAGS_MOST = 500, /* an organisation */
    TAGS_MOST_A_CONVERSATION = 50,
};

/* Why a change was not made. */
enum tag_refusal {
    TAG_DONE,
    TAG_BAD_NAME,
    TAG_UNKNOWN,
    TAG_TAKEN,    /* another tag has the name */
    TAG_TOO_MANY, /* in the organisation */
    TAG_CONVERSATION_FULL,
};

/* Each changes rows or says in `*refusal` why not; FALSE is a store's error. */
gboolean tag_attach(struct act *act, gint64 organisation_id, gint64 conversation_id, const char *name,
                    enum tag_refusal *refusal, GError **error);
gboolean tag_detach(struct act *act, gint64 organisation_id, gint64 conversation_id, const char *name,
                    enum tag_refusal *refusal, GError **error);
gboolean tag_rename(struct act *act, gint64 organisation_id, const char *from, const char *to,
                    enum tag_refusal *refusal, GError **error);
/* `*conversations`: how many had it. */
gboolean tag_delete(struct act *act, gint64 organisation_id, const char *name, gint64 *conversations,
                    enum tag_refusal *refusal, GError **error);

/* The id of a tag by its name, 0: there is none. */
gboolean tag_find(struct act *act, gint64 organisation_id, const char *name, gint64 *id, GError **error);
/* ["urgent", …] of a conversation, by name; NULL on error. */
json_t *tag_names(store_tx *tx, gint64 conversation_id, GError **error);
/* [{name, count}] of an organisation, by name; NULL on error. */
json_t *tag_list(store_tx *tx, gint64 organisation_id, GError **error);

command_fn tag_perform_add, tag_perform_take, tag_perform_rename, tag_perform_delete, tag_perform_list;

#endif
