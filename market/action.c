#include "market/action.h"

#include <string.h>

enum { LINK_MOST = 2000 }; /* Windows hands on 2,083 characters of a link; some clients cut it without a word */

#define STATE(state) (1u << (state))
#define UNANSWERED (STATE(JOB_NEW) | STATE(JOB_OPENED))
#define RUNNING (STATE(JOB_RESPONDED) | STATE(JOB_AWAITING_RESPONSE))
#define OVER (STATE(JOB_DECLINED) | STATE(JOB_EXPIRED) | STATE(JOB_COMPLETED))

static const struct {
    enum command_id id;
    enum side reader;
    guint states;
    gboolean me;     /* its argument is the reader */
    const char *say; /* NULL: "action.NAME" */
} actions[] = {
    {COMMAND_ASSIGN, SIDE_PARTNER, UNANSWERED, TRUE, NULL},
    {COMMAND_DECLINE, SIDE_PARTNER, UNANSWERED | RUNNING, FALSE, NULL},
    {COMMAND_COMPLETE, SIDE_PARTNER, RUNNING, FALSE, NULL},
    {COMMAND_INACTIVE, SIDE_PARTNER, RUNNING, FALSE, NULL},
    {COMMAND_ACTIVE, SIDE_PARTNER, STATE(JOB_INACTIVE), FALSE, NULL},
    {COMMAND_SHOW, SIDE_PARTNER, UNANSWERED | RUNNING | OVER | STATE(JOB_INACTIVE), FALSE, NULL},
    {COMMAND_HELP, SIDE_PARTNER, UNANSWERED | RUNNING | OVER | STATE(JOB_INACTIVE), FALSE, NULL},
    {COMMAND_REMATCH, SIDE_MERCHANT, STATE(JOB_DECLINED) | STATE(JOB_EXPIRED), FALSE, NULL},
    /* Below an invoice of running work the button would be a trap; the command remains. */
    {COMMAND_DECLINE, SIDE_MERCHANT, UNANSWERED, FALSE, "action.over"},
};

/* RFC 6068 5: a line ends in %0D%0A. */
char *
action_mailto(const char *address, const char *body)
{
    g_auto(GStrv) lines = g_strsplit(body, "\n", -1);
    g_autofree char *wire = g_strjoinv("\r\n", lines);
    g_autofree char *escaped = g_uri_escape_string(wire, NULL, FALSE);
    return g_strdup_printf("mailto:%s?body=%s", address, escaped);
}

char *
action_draft(const char *address, const char *words)
{
    g_autofree char *mailto = action_mailto(address, words);
    return strlen(mailto) <= LINK_MOST ? g_steal_pointer(&mailto) : action_mailto(address, "");
}

void
action_add(json_t *list, const char *address, enum command_id id, const char *argument, const char *language)
{
    g_autofree char *key = g_strdup_printf("action.%s", command_name(id));
    g_autofree char *command =
        g_strdup_printf("/%s%s%s", command_word(id, language), argument ? " " : "", argument ? argument : "");
    g_autofree char *mailto = action_mailto(address, command);
    json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "say", key, "command", command, "argument",
                                          argument ? argument : "", "mailto", mailto));
}

json_t *
actions_for(const struct conversation *c, enum side reader, const char *address, const char *language, gint64 now)
{
    json_t *list = json_array();
    guint state = STATE(job_effective(c->state, c->due_at, now));
    for (guint i = 0; i < G_N_ELEMENTS(actions); i++)
        if (actions[i].reader == reader && actions[i].states & state) {
            action_add(list, address, actions[i].id, actions[i].me ? command_me(language) : NULL, language);
            if (actions[i].say)
                json_object_set_new(json_array_get(list, json_array_size(list) - 1), "say",
                                    json_string(actions[i].say));
        }
    return list;
}

json_t *
actions_of_item(const struct conversation *c, const char *address, const char *language, gint64 now)
{
    json_t *list = json_array();
    if (STATE(job_effective(c->state, c->due_at, now)) & (UNANSWERED | RUNNING))
        action_add(list, address, COMMAND_DECLINE, NULL, language);
    action_add(list, address, COMMAND_READ, NULL, language);
    return list;
}
