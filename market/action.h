/*
 * `mailto:` links that open a reply with the command already written (RFC 6068): what can be done with one tap.
 */
#ifndef POSTERN_MARKET_ACTION_H
#define POSTERN_MARKET_ACTION_H

#include <jansson.h>

#include "market/command.h"
#include "market/conversation.h"

/* "mailto:ADDRESS?body=…"; caller frees. */
char *action_mailto(const char *address, const char *body);
/* The same with a person's own words, to be sent once more; without them where clients would cut the link. */
char *action_draft(const char *address, const char *words);

/* Adds {"say":"action.decline", "command":"/afwijzen", "mailto":…} to an array. `argument` NULL: none. */
void action_add(json_t *actions, const char *address, enum command_id id, const char *argument, const char *language);

/* What its reader can do now in a conversation: a new array, perhaps empty. */
json_t *actions_for(const struct conversation *conversation, enum side reader, const char *address,
                    const char *language, gint64 now);
/* The few that stand beside one of many messages, for the partner: a new array. */
json_t *actions_of_item(const struct conversation *conversation, const char *address, const char *language, gint64 now);

#endif
