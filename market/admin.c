#include "market/admin.h"

#include "market/perform.h"

struct ordered {
    const struct market *market;
    const struct admin_order *order;
    gint64 now;
    json_t *items;
    gboolean done;
    gboolean rehearsed; /* a dry run came to its end and failed on purpose */
};

static gboolean
find(struct act *act, const struct admin_order *order, struct organisation **o, struct conversation **c, GError **error)
{
    if (order->conversation_id && !conversation_load(act, order->conversation_id, c, error))
        return FALSE;
    if (order->conversation_id && !*c) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "there is no conversation %" G_GINT64_FORMAT,
                    order->conversation_id);
        return FALSE;
    }
    if (order->organisation ? !organisation_by_slug(act, order->organisation, o, error)
                            : !organisation_by_id(act, *c ? (*c)->organisation_id : 0, o, error))
        return FALSE;
    if (!*o)
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "there is no organisation %s",
                    order->organisation ? order->organisation : "");
    return *o != NULL;
}

static gboolean
perform(struct ordered *ordered, struct performing *p, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    g_autofree char *line = g_strdup_printf("/%s %s", command_name(ordered->order->command), ordered->order->argument);
    struct command command = {ordered->order->command, (char *)ordered->order->argument, g_strchomp(line)};
    struct commands commands = {list, (char *)""};
    g_ptr_array_add(list, &command);
    return perform_commands(p, &commands, NULL, NULL, &ordered->done, error);
}

static gboolean
perform_in_transaction(store_tx *tx, gpointer arg, GError **error)
{
    struct ordered *ordered = arg;
    struct act act = {.market = ordered->market, .tx = tx, .now = ordered->now};
    const struct incoming nothing = {.key = (char *)"admin"};
    g_autoptr(organisation) o = NULL;
    g_autoptr(conversation) c = NULL;
    json_array_clear(ordered->items);
    if (!find(&act, ordered->order, &o, &c, error))
        return FALSE;
    struct performing p = {
        .act = &act,
        .in = &nothing,
        .side = SIDE_PARTNER,
        .conversation = c,
        .organisation = o,
        .actor = "admin",
        .actor_name = "",
        .trust = TRUST_ACT,
        .confirmed = TRUE,
        .items = ordered->items,
    };
    if (!perform(ordered, &p, error))
        return FALSE;
    ordered->rehearsed = ordered->order->dry_run;
    if (ordered->rehearsed) /* failing is how a function leaves no row behind */
        g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED, "a dry run");
    return !ordered->rehearsed;
}

gboolean
admin_perform(const struct market *market, const struct admin_order *order, gint64 now, json_t **items, gboolean *done,
              GError **error)
{
    struct ordered ordered = {market, order, now, json_array(), FALSE, FALSE};
    g_autoptr(GError) local = NULL;
    gboolean written = store_write(market->store, perform_in_transaction, &ordered, &local);
    *items = ordered.items;
    *done = ordered.done;
    if (written || (ordered.rehearsed && g_error_matches(local, POSTERN_ERROR, POSTERN_ERROR_REFUSED)))
        return TRUE;
    json_decref(*items);
    *items = NULL;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}
