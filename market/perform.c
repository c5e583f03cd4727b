#include "market/perform.h"

#include "market/audit.h"
#include "market/tag.h"

/* How bad it is when somebody else's mail did it. */
enum risk {
    RISK_LOW,
    RISK_MATTERS,      /* confirmed where the sender is not certain */
    RISK_IRREVERSIBLE, /* always confirmed */
};

enum { PARTNER = 1 << SIDE_PARTNER, MERCHANT = 1 << SIDE_MERCHANT, BOTH = PARTNER | MERCHANT };
enum place { ANYWHERE, IN_CONVERSATION };

/* A command without a function is refused. */
static const struct rule {
    command_fn *perform;
    guint8 sides; /* of enum side, as bits */
    enum place place;
    enum risk risk;
} rules[COMMAND_COUNT] = {
    [COMMAND_UNKNOWN] = {NULL, BOTH, ANYWHERE, RISK_LOW},
    [COMMAND_TAG] = {tag_perform_add, PARTNER, IN_CONVERSATION, RISK_LOW},
    [COMMAND_UNTAG] = {tag_perform_take, PARTNER, IN_CONVERSATION, RISK_LOW},
    [COMMAND_TAG_RENAME] = {tag_perform_rename, PARTNER, ANYWHERE, RISK_LOW},
    [COMMAND_TAG_DELETE] = {tag_perform_delete, PARTNER, ANYWHERE, RISK_IRREVERSIBLE},
    [COMMAND_TAGS] = {tag_perform_list, PARTNER, ANYWHERE, RISK_LOW},
};

/* ---- what is told ---- */

static void
add_item(struct performing *p, gboolean ok, const char *key, json_t *variables)
{
    json_t *item = variables ? variables : json_object();
    json_object_set_new(item, "say", json_string(key));
    json_object_set_new(item, "line", json_string(p->line ? p->line : ""));
    json_object_set_new(item, "ok", json_boolean(ok));
    json_array_append_new(p->items, item);
}

void
perform_said(struct performing *p, const char *key, json_t *variables)
{
    add_item(p, TRUE, key, variables);
}

void
perform_tell(struct performing *p, const char *key, json_t *variables)
{
    p->tells = TRUE;
    add_item(p, TRUE, key, variables);
}

gboolean
perform_fail(struct performing *p, const char *key, json_t *variables)
{
    p->failed = TRUE;
    add_item(p, FALSE, key, variables);
    return TRUE;
}

/* ---- one after the other ---- */

static gboolean
perform_one(struct performing *p, const struct command *command, GError **error)
{
    const struct rule *rule = &rules[command->id];
    if (command->id == COMMAND_UNKNOWN)
        return perform_fail(p, "cannot.unknown_command", NULL);
    if (!rule->perform || !(rule->sides & 1 << p->side))
        return perform_fail(p, "cannot.not_yours", json_pack("{s:s}", "command", command_name(command->id)));
    if (rule->place == IN_CONVERSATION && !p->conversation)
        return perform_fail(p, "cannot.no_conversation", json_pack("{s:s}", "command", command_name(command->id)));
    return rule->perform(p, command, error) &&
           (p->failed ||
            audit_add(p->act, p->actor, "command", p->conversation ? p->conversation->id : 0, command->line, error));
}

struct attempt {
    struct performing *p;
    const struct commands *commands;
    perform_message_fn *message;
    gpointer arg;
};

static gboolean
perform_all(store_tx *tx, gpointer arg, GError **error)
{
    struct attempt *a = arg;
    struct performing *p = a->p;
    (void)tx; /* p->act has it */
    for (guint i = 0; i < a->commands->list->len && !p->failed; i++) {
        const struct command *command = g_ptr_array_index(a->commands->list, i);
        p->line = command->line;
        if (!perform_one(p, command, error))
            return FALSE;
    }
    p->line = NULL;
    if (!p->failed && a->message && *p->message && !a->message(p, a->arg, error))
        return FALSE;
    if (p->failed)
        g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED, "a command said no");
    return !p->failed;
}

gboolean
perform_commands(struct performing *p, const struct commands *commands, perform_message_fn *message, gpointer arg,
                 gboolean *done, GError **error)
{
    struct attempt attempt = {p, commands, message, arg};
    g_autoptr(GError) refusal = NULL;
    gboolean wake = p->act->wake;
    p->message = commands->message;
    if (!store_attempt(p->act->tx, perform_all, &attempt, done, &refusal, error))
        return FALSE;
    if (*done)
        return TRUE;
    p->act->wake = wake;
    if (p->failed)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&refusal));
    return FALSE;
}
