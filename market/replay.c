#include "market/replay.h"

#include <string.h>

#include "market/address.h"
#include "market/audit.h"
#include "market/hold.h"
#include "market/inbound.h"
#include "market/request.h"
#include "mime/read.h"

/* ---- which ---- */

struct listing {
    const struct replay_filter *filter;
    GArray *items;
};

static gboolean
add_items(store_tx *tx, struct listing *l, enum store_statement statement, gboolean quarantined, gint64 only,
          GError **error)
{
    const struct replay_filter *f = l->filter;
    g_autoptr(store_rows) rows = store_query(tx, statement, error, store_int(f->since),
                                             store_int(f->until ? f->until : G_MAXINT64), store_int(only));
    for (guint i = 0; rows && i < store_rows_count(rows); i++) {
        const struct replay_item item = {quarantined, store_rows_int(rows, i, "id")};
        g_array_append_val(l->items, item);
    }
    return rows != NULL;
}

static gboolean
list_items(store_tx *tx, gpointer arg, GError **error)
{
    struct listing *l = arg;
    const struct replay_filter *f = l->filter;
    g_array_set_size(l->items, 0);
    return (f->quarantine_id || add_items(tx, l, STMT_REPLAY_MESSAGES, FALSE, f->message_id, error)) &&
           (f->message_id || add_items(tx, l, STMT_REPLAY_QUARANTINE, TRUE, f->quarantine_id, error));
}

GArray *
replay_list(const struct market *market, const struct replay_filter *filter, GError **error)
{
    struct listing l = {filter, g_array_new(FALSE, FALSE, sizeof(struct replay_item))};
    if (store_read(market->store, list_items, &l, error))
        return l.items;
    g_array_unref(l.items);
    return NULL;
}

/* ---- the mail ---- */

struct replay {
    const struct market *market;
    const struct replay_item *item;
    gint64 now;
    gboolean apply;
    json_t *change;
    /* as stored */
    GBytes *raw;
    char *sender, *recipients[2], *text, *reason;
    gint64 conversation_id;
    enum side side;
    int reading; /* enum reading; -1: not known */
    gboolean first;
    /* as read now */
    struct mail *mail;
    struct delivery delivery;
    struct incoming in;
    char *now_text;
    /* quarantine */
    gint64 quarantined_at, last_message, last_outbox;
    gboolean released;
};

static void
forget(struct replay *r)
{
    g_clear_pointer(&r->raw, g_bytes_unref);
    g_clear_pointer(&r->sender, g_free);
    g_clear_pointer(&r->recipients[0], g_free);
    g_clear_pointer(&r->text, g_free);
    g_clear_pointer(&r->reason, g_free);
}

static int
reading_of(const char *name)
{
    for (int i = 0; name && i < READINGS; i++)
        if (strcmp(reading_names[i], name) == 0)
            return i;
    return -1;
}

static gboolean
load_message(store_tx *tx, struct replay *r, GError **error)
{
    g_autoptr(store_rows) row = store_query(tx, STMT_MESSAGE_BY_ID, error, store_int(r->item->id));
    if (!row || !store_rows_count(row))
        return row != NULL;
    r->conversation_id = store_rows_int(row, 0, "conversation_id");
    g_autoptr(store_rows) first = store_query(tx, STMT_MESSAGE_FIRST, error, store_int(r->conversation_id));
    if (!first)
        return FALSE;
    r->first = store_rows_int(first, 0, "id") == r->item->id;
    r->reading = reading_of(store_rows_text(row, 0, "reading"));
    r->side = strcmp(store_rows_text(row, 0, "direction"), "out") == 0 ? SIDE_PARTNER : SIDE_MERCHANT;
    r->sender = g_strdup(store_rows_text(row, 0, "author_address"));
    r->text = g_strdup(store_rows_text(row, 0, "text"));
    r->raw = store_raw_get(tx, store_rows_int(row, 0, "raw_id"), 0, G_MAXSIZE, error);
    return r->raw != NULL;
}

static gboolean
load_quarantined(store_tx *tx, struct replay *r, GError **error)
{
    g_autoptr(store_rows) row = store_query(tx, STMT_QUARANTINE_BY_ID, error, store_int(r->item->id));
    if (!row || !store_rows_count(row))
        return row != NULL;
    const char *recipient = store_rows_text(row, 0, "recipient");
    r->sender = g_strdup(store_rows_text(row, 0, "sender"));
    r->reason = g_strdup(store_rows_text(row, 0, "reason"));
    r->quarantined_at = store_rows_int(row, 0, "at");
    r->recipients[0] =
        strchr(recipient, '@') ? g_strdup(recipient) : g_strdup_printf("%s@%s", recipient, r->market->conf->domain);
    r->raw = store_raw_get(tx, store_rows_int(row, 0, "raw_id"), 0, G_MAXSIZE, error);
    return r->raw != NULL;
}

static gboolean
load(store_tx *tx, gpointer arg, GError **error)
{
    struct replay *r = arg;
    forget(r);
    return r->item->quarantined ? load_quarantined(tx, r, error) : load_message(tx, r, error);
}

static void
read_anew(struct replay *r)
{
    gsize length = 0;
    gconstpointer bytes = g_bytes_get_data(r->raw, &length);
    r->mail = mail_read(bytes, length);
    r->delivery = (struct delivery){
        .sender = r->sender,
        .recipients = (const char *const *)r->recipients,
        .raw = bytes,
        .length = length,
        .mail = r->mail,
        .trace = "replay",
    };
    incoming_read(r->market, &r->delivery, TRUE, &r->in);
}

static void
set_change(struct replay *r, const char *what, const char *before, const char *after)
{
    json_object_set_new(r->change, what, json_pack("{s:s?, s:s?}", "before", before, "after", after));
}

/* ---- a message ---- */

/* A form's fields, as they are shown of its merchant; NULL: the mail is no form any more. */
static gboolean
form_text(struct act *act, struct replay *r, char **text, GError **error)
{
    const struct request request = {.in = &r->in, .from = incoming_form(&r->in)};
    g_autoptr(conversation) c = NULL;
    g_autoptr(merchant) merchant = NULL;
    if (!conversation_load(act, r->conversation_id, &c, error) ||
        !merchant_by_id(act, c->merchant_id, &merchant, error))
        return FALSE;
    *text = request.from.form ? request_words(&request, merchant) : NULL;
    return TRUE;
}

/* The same of its words as when it came. What cannot be told stays as it is. */
static gboolean
find_text(struct act *act, struct replay *r, GError **error)
{
    const struct incoming *in = &r->in;
    char *text = NULL;
    if (r->reading == READING_FORM && !form_text(act, r, &text, error))
        return FALSE;
    if (r->reading == READING_WORDS)
        text = g_strdup(in->commands.message);
    else if (r->reading == READING_WHOLE)
        text = g_strdup(in->whole);
    else if (r->reading == READING_FULL)
        text = incoming_full(in);
    g_free(r->now_text);
    r->now_text = text ? text : g_strdup(r->text);
    return TRUE;
}

/* The link that it came to is not kept either; the conversation that it is in stands for it. */
static gboolean
find_route(struct act *act, struct replay *r, GError **error)
{
    g_auto(route) route;
    const struct link_token link = {LINK_REPLY, 0, 0};
    const struct route_question question = {
        .in = &r->in, .side = r->side, .link = &link, .conversation_id = r->conversation_id, .all = TRUE};
    route_init(&route);
    if (!route_find(act, &question, &route, error))
        return FALSE;
    if (route.decision == ROUTE_HELD) {
        set_change(r, "route", "found", "held");
        json_object_set_new(json_object_get(r->change, "route"), "why", json_string(route.why));
    }
    return TRUE;
}

static gboolean
compare_message(store_tx *tx, gpointer arg, GError **error)
{
    struct replay *r = arg;
    struct act act = {.market = r->market, .tx = tx, .now = r->now};
    json_object_clear(r->change);
    gboolean form = r->reading == READING_FORM;
    if (!find_text(&act, r, error) || (!form && !r->first && !find_route(&act, r, error)))
        return FALSE;
    if (strcmp(r->text, r->now_text) != 0)
        set_change(r, "text", r->text, r->now_text);
    if (!form && incoming_is_by_machine(&r->in))
        set_change(r, "class", "a person's", mail_class_name(r->in.nature.class));
    return TRUE;
}

static gboolean
put_text(store_tx *tx, gpointer arg, GError **error)
{
    struct replay *r = arg;
    struct act act = {.market = r->market, .tx = tx, .now = r->now};
    gint64 changed = 0;
    const struct store_value values[] = {
        store_int(r->item->id), store_text(r->now_text), store_text(r->text), {.type = STORE_END}};
    return store_run_values(tx, STMT_MESSAGE_REREAD, values, &changed, error) &&
           (!changed || audit_add(&act, "admin", "message_reread", r->item->id, r->now_text, error));
}

static gboolean
replay_message(struct replay *r, gboolean *applied, GError **error)
{
    if (!store_read(r->market->store, compare_message, r, error))
        return FALSE;
    *applied = r->apply && *r->now_text && json_object_get(r->change, "text");
    return !*applied || store_write(r->market->store, put_text, r, error);
}

/* ---- quarantine ---- */

static gboolean
begin(struct act *act, gpointer arg, GError **error)
{
    struct replay *r = arg;
    r->released = FALSE;
    json_object_clear(r->change);
    g_autoptr(store_rows) still = store_query(act->tx, STMT_QUARANTINE_BY_ID, error, store_int(r->item->id));
    g_autoptr(store_rows) last = still ? store_query(act->tx, STMT_LAST_ROWS, error) : NULL;
    if (!last)
        return FALSE;
    r->last_message = store_rows_int(last, 0, "message");
    r->last_outbox = store_rows_int(last, 0, "outbox");
    if (store_rows_count(still))
        return TRUE;
    g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_CONFLICT, "it has left quarantine by now");
    return FALSE;
}

/* It went into conversations, where nobody has sent it again meanwhile: then it stays so, if that is wanted. */
static gboolean
end(struct act *act, const struct verdict *verdict, gpointer arg, GError **error)
{
    struct replay *r = arg;
    g_autoptr(store_rows) messages = store_query(act->tx, STMT_MESSAGES_SINCE, error, store_int(r->last_message));
    g_autoptr(store_rows) mails =
        messages ? store_query(act->tx, STMT_OUTBOX_SINCE, error, store_int(r->last_outbox)) : NULL;
    g_autoptr(store_rows) twice =
        mails ? store_query(act->tx, STMT_REPLAY_TWICE, error, store_int(r->last_message), store_int(r->quarantined_at))
              : NULL;
    if (!twice)
        return FALSE;
    r->released = verdict->kind == VERDICT_TAKEN && store_rows_count(messages) && !store_rows_count(twice);
    if (r->released) {
        json_t *conversations = json_array();
        for (guint i = 0; i < store_rows_count(messages); i++)
            json_array_append_new(conversations, json_integer(store_rows_int(messages, i, "conversation_id")));
        set_change(r, "quarantine", r->reason, NULL);
        json_object_set_new(json_object_get(r->change, "quarantine"), "conversations", conversations);
        json_object_set_new(json_object_get(r->change, "quarantine"), "mails", json_integer(store_rows_count(mails)));
    }
    if (r->released && r->apply)
        return store_run(act->tx, STMT_QUARANTINE_DROP, error, store_int(r->item->id)) &&
               audit_add(act, "admin", "quarantine_released", r->item->id, r->reason, error);
    g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED, "it was only looked at");
    return FALSE;
}

/* What a word of its sender's, or its own commands, would do is not for others to repeat. */
static gboolean
may_be_released(const struct replay *r)
{
    struct target target;
    target_parse(r->market, r->recipients[0], &target);
    gboolean reply =
        target.kind == TARGET_LINK && (target.token.purpose == LINK_REPLY || target.token.purpose == LINK_REQUEST);
    gboolean request = target.kind == TARGET_ORGANISATION || target.kind == TARGET_JOBS || target.kind == TARGET_LEADS;
    return (reply || request) && !r->in.commands.list->len && strcmp(r->reason, hold_reason) != 0;
}

static gboolean
replay_quarantined(struct replay *r, gboolean *applied, GError **error)
{
    const struct inbound_watch watch = {.again = TRUE, .begin = begin, .end = end, .arg = r};
    g_autoptr(GError) local = NULL;
    struct verdict verdict;
    gboolean wake = FALSE;
    if (!may_be_released(r))
        return TRUE;
    *applied = inbound_receive(r->market, &r->delivery, r->now, &watch, &verdict, &wake, &local);
    if (*applied || g_error_matches(local, POSTERN_ERROR, POSTERN_ERROR_REFUSED) ||
        g_error_matches(local, POSTERN_ERROR, POSTERN_ERROR_CONFLICT))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

/* ---- one ---- */

static gboolean
replay_read(struct replay *r, gboolean *applied, GError **error)
{
    read_anew(r);
    gboolean done = r->item->quarantined ? replay_quarantined(r, applied, error) : replay_message(r, applied, error);
    incoming_clear(&r->in);
    mail_free(r->mail);
    g_free(r->now_text);
    return done;
}

gboolean
replay_one(const struct market *market, const struct replay_item *item, gint64 now, gboolean apply, json_t **change,
           GError **error)
{
    struct replay r = {.market = market, .item = item, .now = now, .apply = apply, .change = json_object()};
    gboolean applied = FALSE;
    *change = NULL;
    gboolean done = store_read(market->store, load, &r, error) && (!r.raw || replay_read(&r, &applied, error));
    if (done && json_object_size(r.change)) {
        json_object_set_new(r.change, "kind", json_string(item->quarantined ? "quarantine" : "message"));
        json_object_set_new(r.change, "id", json_integer(item->id));
        json_object_set_new(r.change, "conversation",
                            r.conversation_id ? json_integer(r.conversation_id) : json_null());
        json_object_set_new(r.change, "applied", json_boolean(applied));
        *change = json_incref(r.change);
    }
    json_decref(r.change);
    forget(&r);
    return done;
}
