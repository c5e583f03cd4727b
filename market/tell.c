#include "market/tell.h"

#include "market/action.h"
#include "market/assign.h"
#include "market/notify.h"

/* ---- the merchant's side ---- */

static gboolean
tell_one(struct act *act, const struct notification *news, const char *address, const char *name, GError **error)
{
    struct notification n = *news;
    n.to.address = address;
    n.to.name = name;
    return notify_add(act, &n, error);
}

static gboolean
tell_readers(struct act *act, const struct conversation *c, const struct notification *news, guint *told,
             GError **error)
{
    g_autoptr(store_rows) readers = store_query(act->tx, STMT_MERCHANT_READERS, error, store_int(c->id));
    *told = 0;
    if (!readers)
        return FALSE;
    for (guint i = 0; i < store_rows_count(readers); i++) {
        const char *address = store_rows_text(readers, i, "address");
        gboolean speaks = FALSE;
        if (!merchant_has_address(act, c->merchant_id, address, &speaks, error) ||
            (speaks && !tell_one(act, news, address, store_rows_text(readers, i, "name"), error)))
            return FALSE;
        *told += speaks;
    }
    return TRUE;
}

static gboolean
tell_side(struct act *act, const struct conversation *c, struct notification *news, GError **error)
{
    g_autoptr(merchant) merchant = NULL;
    guint told = 0;
    if (!merchant_by_id(act, c->merchant_id, &merchant, error))
        return FALSE;
    news->to = addressee_merchant(merchant);
    news->conversation_id = c->id;
    return tell_readers(act, c, news, &told, error) && (told || notify_add(act, news, error));
}

gboolean
tell_merchants(struct act *act, const char *kind, const struct conversation *c, json_t *data, const char *cause,
               GError **error)
{
    struct notification news = {.kind = kind, .data = data, .cause = cause, .due_at = act->now};
    return tell_side(act, c, &news, error);
}

gboolean
tell_words(struct act *act, const struct conversation *c, gint64 message_id, GError **error)
{
    g_autofree char *cause = g_strdup_printf("message-%" G_GINT64_FORMAT, message_id);
    struct notification news = {.kind = "relay-partner", .message_ref = message_id, .cause = cause, .held = TRUE};
    return tell_side(act, c, &news, error);
}

/* ---- about one record ---- */

/* `*address`, `*language`: what links are made of. */
static gboolean
begin_about(struct act *act, const struct conversation *c, const char *about, json_t *data, char **language,
            GError **error)
{
    g_autoptr(merchant) merchant = NULL;
    g_autofree char *address = conversation_about_link(act, c->id, SIDE_MERCHANT, about, error);
    if (!address || !merchant_by_id(act, c->merchant_id, &merchant, error))
        return FALSE;
    *language = g_strdup(merchant->language ? merchant->language : act->market->conf->language);
    json_object_set_new(data, "own_address", json_string(address));
    json_object_set_new(data, "own_actions", json_array());
    return TRUE;
}

static void
add_action(json_t *data, enum command_id command, const char *argument, const char *language)
{
    action_add(json_object_get(data, "own_actions"), json_string_value(json_object_get(data, "own_address")), command,
               argument, language);
}

gboolean
tell_about(struct act *act, const char *kind, const struct conversation *c, const char *about,
           const enum command_id *commands, json_t *data, const char *cause, GError **error)
{
    g_autofree char *language = NULL;
    if (!begin_about(act, c, about, data, &language, error))
        return FALSE;
    for (; *commands != COMMAND_UNKNOWN; commands++)
        add_action(data, *commands, NULL, language);
    return tell_merchants(act, kind, c, data, cause, error);
}

gboolean
tell_rating(struct act *act, const char *kind, const struct conversation *c, const char *about,
            const char *const *ratings, const char *cause, GError **error)
{
    g_autofree char *language = NULL;
    json_t *data = json_object();
    gboolean done = begin_about(act, c, about, data, &language, error);
    for (; done && *ratings; ratings++)
        add_action(data, COMMAND_REVIEW, *ratings, language);
    done = done && tell_merchants(act, kind, c, data, cause, error);
    json_decref(data);
    return done;
}

/* ---- the partner ---- */

gboolean
tell_partner(struct act *act, const char *kind, const struct conversation *c, json_t *data, const char *cause,
             GError **error)
{
    return notify_side(act, kind, c, SIDE_PARTNER, data, cause, error) &&
           assign_tell(act, kind, c, NULL, data, cause, error);
}

gboolean
tell_message(struct act *act, const char *kind, const struct conversation *c, gint64 message_id, json_t *data,
             const char *cause, GError **error)
{
    json_object_set_new(data, "message_id", json_integer(message_id));
    return tell_partner(act, kind, c, data, cause, error);
}
