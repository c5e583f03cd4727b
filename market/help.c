#include "market/help.h"

#include "market/action.h"
#include "market/desk.h"

/* Where a command of this mail's sender goes: the conversation's link, else the member's own desk. */
static char *
own_address(struct performing *p, GError **error)
{
    if (p->conversation)
        return conversation_link(p->act, p->conversation->id, p->side, LINK_REPLY, error);
    return desk_address(p->act, p->organisation->id, p->member_id);
}

gboolean
help_perform(struct performing *p, const struct command *command, GError **error)
{
    const char *language = performing_language(p);
    g_autofree char *address = own_address(p, error);
    (void)command;
    if (!address)
        return FALSE;
    json_t *list = json_array();
    for (guint id = COMMAND_UNKNOWN + 1; id < COMMAND_COUNT; id++) {
        if (!perform_is_possible(p, id))
            continue;
        g_autofree char *key = g_strdup_printf("help.%s", command_name(id));
        g_autofree char *line = g_strdup_printf("/%s", command_word(id, language));
        g_autofree char *mailto = action_mailto(address, line);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "say", key, "command", line, "mailto", mailto));
    }
    perform_said(p, "said.help", json_pack("{s:o}", "commands", list));
    return TRUE;
}
