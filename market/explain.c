#include "market/explain.h"

#include "lib/text.h"

struct looking {
    const struct market *market;
    gint64 now;
    gint64 outbox, message, quarantine; /* the last rows before */
    gboolean looked;
    struct verdict ended;
    json_t *route, *mails, *conversations, *quarantined;
};

static void
forget(struct looking *l)
{
    json_t **parts[] = {&l->route, &l->mails, &l->conversations, &l->quarantined};
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        json_decref(*parts[i]);
        *parts[i] = i ? json_array() : json_null();
    }
}

static gboolean
begin(struct act *act, gpointer arg, GError **error)
{
    struct looking *l = arg;
    forget(l);
    g_autoptr(store_rows) last = store_query(act->tx, STMT_LAST_ROWS, error);
    if (!last)
        return FALSE;
    l->outbox = store_rows_int(last, 0, "outbox");
    l->message = store_rows_int(last, 0, "message");
    l->quarantine = store_rows_int(last, 0, "quarantine");
    return TRUE;
}

static void
routed(const struct route *route, gpointer arg)
{
    struct looking *l = arg;
    json_decref(l->route);
    l->route = route_json(route);
}

static json_t *
id_or_null(const store_rows *rows, guint i, const char *column)
{
    return store_rows_is_null(rows, i, column) ? json_null() : json_integer(store_rows_int(rows, i, column));
}

static gboolean
look_at_mails(struct act *act, struct looking *l, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_OUTBOX_SINCE, error, store_int(l->outbox));
    for (guint i = 0; rows && i < store_rows_count(rows); i++) {
        g_autofree char *due = text_time(store_rows_int(rows, i, "due_at"));
        json_array_append_new(
            l->mails, json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "kind", store_rows_text(rows, i, "kind"), "recipient",
                                store_rows_text(rows, i, "recipient"), "side", store_rows_text(rows, i, "side"),
                                "language", store_rows_text(rows, i, "language"), "conversation",
                                id_or_null(rows, i, "conversation_id"), "due_at", due));
    }
    return rows != NULL;
}

static gboolean
look_at_messages(struct act *act, struct looking *l, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_MESSAGES_SINCE, error, store_int(l->message));
    for (guint i = 0; rows && i < store_rows_count(rows); i++) {
        g_autoptr(conversation) c = NULL;
        g_autoptr(organisation) o = NULL;
        if (!conversation_load(act, store_rows_int(rows, i, "conversation_id"), &c, error) ||
            !organisation_by_id(act, c->organisation_id, &o, error))
            return FALSE;
        const char *state = job_state_name(job_effective(c->state, c->due_at, act->now));
        json_array_append_new(l->conversations,
                              json_pack("{s:I, s:s, s:b, s:n, s:s, s:s, s:s}", "id", (json_int_t)c->id, "organisation",
                                        o->slug, "new", TRUE, "state_before", "state_after", state, "direction",
                                        store_rows_text(rows, i, "direction"), "text",
                                        store_rows_text(rows, i, "text")));
    }
    return rows != NULL;
}

static gboolean
look_at_quarantine(struct act *act, struct looking *l, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_QUARANTINE_SINCE, error, store_int(l->quarantine));
    for (guint i = 0; rows && i < store_rows_count(rows); i++)
        json_array_append_new(l->quarantined, json_pack("{s:s}", "reason", store_rows_text(rows, i, "reason")));
    return rows != NULL;
}

/* Looks, and takes everything back. */
static gboolean
end(struct act *act, const struct verdict *verdict, gpointer arg, GError **error)
{
    struct looking *l = arg;
    l->ended = *verdict;
    if (!look_at_mails(act, l, error) || !look_at_messages(act, l, error) || !look_at_quarantine(act, l, error))
        return FALSE;
    l->looked = TRUE;
    g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED, "it was only looked at");
    return FALSE;
}

/* What the conversations are now that it is taken back. */
static gboolean
compare(store_tx *tx, gpointer arg, GError **error)
{
    struct looking *l = arg;
    struct act act = {.market = l->market, .tx = tx, .now = l->now};
    json_t *entry;
    size_t i;
    json_array_foreach(l->conversations, i, entry)
    {
        g_autoptr(conversation) c = NULL;
        if (!conversation_load(&act, json_integer_value(json_object_get(entry, "id")), &c, error))
            return FALSE;
        json_object_set_new(entry, "new", json_boolean(!c));
        json_object_set_new(entry, "state_before",
                            c ? json_string(job_state_name(job_effective(c->state, c->due_at, l->now))) : json_null());
    }
    return TRUE;
}

static json_t *
verdict_json(const struct verdict *verdict)
{
    return json_pack("{s:b, s:s?, s:s}", "taken", verdict->kind == VERDICT_TAKEN, "status", verdict->enhanced, "text",
                     verdict->kind == VERDICT_NOT_OURS ? "not an address of the gateway" : verdict->text);
}

static gboolean
look(struct looking *l, const struct delivery *delivery, GError **error)
{
    const struct inbound_watch watch = {TRUE, TRUE, begin, routed, end, l};
    g_autoptr(GError) local = NULL;
    struct verdict verdict;
    gboolean wake = FALSE;
    inbound_receive(l->market, delivery, l->now, &watch, &verdict, &wake, &local);
    if (!l->looked) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    return store_read(l->market->store, compare, l, error);
}

gboolean
market_explain(const struct market *market, const struct delivery *delivery, gint64 now,
               struct market_explained *explained, GError **error)
{
    struct looking l = {.market = market, .now = now};
    struct verdict rcpt;
    gboolean done = market_recipient(market, delivery->sender, delivery->recipients[0], now, &rcpt, error);
    *explained = (struct market_explained){NULL, NULL};
    forget(&l);
    if (done && rcpt.kind == VERDICT_TAKEN)
        done = look(&l, delivery, error);
    else
        l.ended = rcpt;
    if (done) {
        explained->route = json_incref(l.route);
        explained->plan =
            json_pack("{s:s, s:s, s:o, s:o, s:O, s:O, s:O}", "recipient", delivery->recipients[0], "sender",
                      delivery->sender, "rcpt", verdict_json(&rcpt), "end", verdict_json(&l.ended), "mails", l.mails,
                      "conversations", l.conversations, "quarantine", l.quarantined);
    }
    json_decref(l.route);
    json_decref(l.mails);
    json_decref(l.conversations);
    json_decref(l.quarantined);
    return done;
}

void
market_explained_clear(struct market_explained *explained)
{
    g_clear_pointer(&explained->route, json_decref);
    g_clear_pointer(&explained->plan, json_decref);
}
