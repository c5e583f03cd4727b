#include "market/hold.h"

#include <string.h>

#include "lib/text.h"
#include "lib/worker.h"
#include "market/audit.h"
#include "market/notify.h"
#include "mime/read.h"

enum { HELD_TIME = 14 * 86400, INDEX_BITS = 4, CHOICES_MAX = 10 /* below HOLD_NO_CHOICE */ };

static const char kind[] = "which-conversation";
const char hold_reason[] = "held: which conversation is meant?";

/* ---- asking ---- */

/* One a conversation; a matched request's once. */
static json_t *
choices_of(const struct route *route)
{
    json_t *choices = json_array();
    g_autoptr(GHashTable) requests = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    for (guint i = 0; i < route->choices->len && json_array_size(choices) < CHOICES_MAX; i++) {
        const struct route_named *named = &g_array_index(route->choices, struct route_named, i);
        if (named->request_id && !g_hash_table_add(requests, g_memdup2(&named->request_id, sizeof named->request_id)))
            continue;
        json_array_append_new(choices, json_pack("{s:I, s:b}", "conversation", (json_int_t)named->conversation_id,
                                                 "whole", named->request_id != 0));
    }
    return choices;
}

static gboolean
add_rows(struct act *act, const struct incoming *in, json_t *data, gint64 raw_id, const char *recipient,
         gint64 *held_id, GError **error)
{
    gint64 expires_at = act->now + HELD_TIME;
    g_autoptr(store_rows) kept = store_query(
        act->tx, STMT_QUARANTINE_ADD, error, store_int(raw_id), store_text(hold_reason), store_text(in->author_address),
        store_text(recipient), store_text(in->subject), store_null(), store_int(act->now));
    if (!kept)
        return FALSE;
    json_object_set_new(data, "quarantine", json_integer(store_rows_int(kept, 0, "id")));
    char *json = json_dumps(data, JSON_COMPACT | JSON_SORT_KEYS);
    g_autoptr(store_rows) held = store_query(act->tx, STMT_HELD_ADD, error, store_text(kind), store_int(raw_id),
                                             store_text(in->delivery->sender), store_text(recipient), store_null(),
                                             store_text(json), store_int(act->now), store_int(expires_at));
    free(json); /* jansson's, from malloc */
    if (!held)
        return FALSE;
    *held_id = store_rows_int(held, 0, "id");
    return store_run(act->tx, STMT_TIMER_SET, error, store_text("held"), store_int(*held_id),
                     store_int(expires_at + 1));
}

/* The language of the side that is asked, as its other mails have it. */
static gboolean
find_language(struct act *act, gint64 conversation_id, enum side side, char **language, GError **error)
{
    g_autoptr(conversation) c = NULL;
    g_autoptr(organisation) organisation = NULL;
    g_autoptr(merchant) merchant = NULL;
    if (!conversation_load(act, conversation_id, &c, error) ||
        !organisation_by_id(act, c->organisation_id, &organisation, error) ||
        !merchant_by_id(act, c->merchant_id, &merchant, error))
        return FALSE;
    *language = g_strdup(side == SIDE_PARTNER ? organisation->language : merchant->language);
    return TRUE;
}

static enum side
side_of(const json_t *data)
{
    return g_strcmp0(json_string_value(json_object_get(data, "side")), side_name(SIDE_PARTNER)) == 0 ? SIDE_PARTNER
                                                                                                     : SIDE_MERCHANT;
}

static gboolean
tell(struct act *act, gint64 held_id, const json_t *data, gboolean over, GError **error)
{
    const json_t *first = json_array_get(json_object_get(data, "choices"), 0);
    g_autofree char *language = NULL;
    g_autofree char *cause = g_strdup_printf("held-%" G_GINT64_FORMAT "%s", held_id, over ? "-over" : "");
    if (!find_language(act, json_integer_value(json_object_get(first, "conversation")), side_of(data), &language,
                       error))
        return FALSE;
    json_t *about =
        json_pack("{s:I, s:O, s:O, s:b}", "held", (json_int_t)held_id, "mail_subject", json_object_get(data, "subject"),
                  "at_time", json_object_get(data, "at_time"), "over", over);
    const struct addressee to = {json_string_value(json_object_get(data, "author")),
                                 json_string_value(json_object_get(data, "name")), language,
                                 "other"}; /* of no conversation: nothing threads with it */
    return notify_one(act, kind, &to, 0, about, cause, error);
}

gboolean
hold_ask(struct act *act, const struct incoming *in, enum side side, const struct route *route, gint64 raw_id,
         const char *recipient, GError **error)
{
    gint64 held_id = 0;
    json_t *data = json_pack("{s:s, s:s, s:s, s:s, s:I, s:o}", "author", in->author_address, "name", in->author_name,
                             "side", side_name(side), "subject", in->subject, "at_time", (json_int_t)act->now,
                             "choices", choices_of(route));
    gboolean done = add_rows(act, in, data, raw_id, recipient, &held_id, error) &&
                    audit_add(act, in->author_address, "mail_held", held_id, route->why, error) &&
                    (!in->nature.may_answer || tell(act, held_id, data, FALSE, error));
    json_decref(data);
    return done;
}

/* ---- choosing ---- */

static gint64
held_of(const struct link_token *token)
{
    return token->id >> INDEX_BITS;
}

static char *
address_of(const struct market *market, gint64 held_id, guint place, gint64 created_at)
{
    const struct link_token token = {LINK_CHOICE, held_id << INDEX_BITS | place, created_at + HELD_TIME};
    return link_address(market, &token);
}

char *
hold_address(const struct market *market, gint64 held_id, gint64 created_at)
{
    return address_of(market, held_id, HOLD_NO_CHOICE, created_at);
}

/* The row's data; NULL with no error when there is no such row of ours. */
static json_t *
load_row(struct act *act, gint64 held_id, store_rows **rows, GError **error)
{
    *rows = store_query(act->tx, STMT_HELD_BY_ID, error, store_int(held_id));
    if (!*rows || !store_rows_count(*rows) || !g_str_equal(store_rows_text(*rows, 0, "kind"), kind))
        return NULL;
    return json_loads(store_rows_text(*rows, 0, "data"), 0, NULL);
}

static void
read_choice(const store_rows *row, const json_t *data, guint place, gint64 now, struct hold_choice *choice)
{
    const json_t *chosen = json_array_get(json_object_get(data, "choices"), place);
    choice->raw_id = store_rows_int(row, 0, "raw_id");
    choice->quarantine_id = json_integer_value(json_object_get(data, "quarantine"));
    choice->conversation_id = json_integer_value(json_object_get(chosen, "conversation"));
    choice->whole = json_is_true(json_object_get(chosen, "whole"));
    choice->side = side_of(data);
    if (!store_rows_is_null(row, 0, "released_at"))
        choice->state = HOLD_ANSWERED;
    else if (store_rows_int(row, 0, "expires_at") < now)
        choice->state = HOLD_OVER;
    else
        choice->state = chosen ? HOLD_OPEN : HOLD_UNCHOSEN;
}

gboolean
hold_look(struct act *act, const struct link_token *token, struct hold_choice *choice, GError **error)
{
    g_autoptr(store_rows) row = NULL;
    *choice = (struct hold_choice){.state = HOLD_UNKNOWN, .held_id = held_of(token)};
    json_t *data = load_row(act, choice->held_id, &row, error);
    if (data)
        read_choice(row, data, token->id & ((1 << INDEX_BITS) - 1), act->now, choice);
    json_decref(data);
    return row != NULL;
}

gboolean
hold_release(struct act *act, const struct hold_choice *choice, gint64 answer_raw_id, GError **error)
{
    g_autoptr(store_rows) row = NULL;
    json_t *data = load_row(act, choice->held_id, &row, error);
    if (!data)
        return row != NULL;
    json_object_set_new(data, "answer", json_integer(answer_raw_id));
    char *json = json_dumps(data, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(data);
    gboolean done = store_run(act->tx, STMT_HELD_RELEASE, error, store_int(choice->held_id), store_int(act->now),
                              store_int(choice->conversation_id), store_text(json)) &&
                    store_run(act->tx, STMT_QUARANTINE_DROP, error, store_int(choice->quarantine_id)) &&
                    store_run(act->tx, STMT_TIMER_DROP, error, store_text("held"), store_int(choice->held_id));
    free(json); /* jansson's, from malloc */
    return done;
}

/* ---- reading it anew ---- */

void
held_mail_free(struct held_mail *held)
{
    if (!held)
        return;
    if (held->in.delivery)
        incoming_clear(&held->in);
    mail_free(held->mail);
    g_clear_pointer(&held->raw, g_bytes_unref);
    g_free(held->sender);
    g_free(held->recipients[0]);
    g_free(held);
}

struct held_mail *
held_mail_load(store_tx *tx, const struct link_token *asks, gint64 raw_id, const char *sender, const char *recipient,
               GError **error)
{
    g_autoptr(GBytes) raw = store_raw_get(tx, raw_id, 0, G_MAXSIZE, error);
    if (!raw)
        return NULL;
    struct held_mail *held = g_new0(struct held_mail, 1);
    held->purpose = asks->purpose;
    held->id = asks->id;
    held->raw_id = raw_id;
    held->raw = g_steal_pointer(&raw);
    held->sender = g_strdup(sender);
    held->recipients[0] = g_strdup(recipient);
    return held;
}

static void
parse(gpointer arg)
{
    struct held_mail *held = arg;
    gsize length = 0;
    gconstpointer bytes = g_bytes_get_data(held->raw, &length);
    held->mail = mail_read(bytes, length);
    held->delivery = (struct delivery){
        .sender = held->sender,
        .recipients = (const char *const *)held->recipients,
        .raw = bytes,
        .length = length,
        .mail = held->mail,
        .trace = "held",
    };
}

gboolean
held_mail_read(const struct market *market, struct held_mail *held, GError **error)
{
    g_autoptr(worker_pool) pool = worker_pool_new(1, error); /* gmime needs a large stack */
    if (!pool)
        return FALSE;
    worker_pool_run(pool, parse, held);
    incoming_read(market, &held->delivery, FALSE, &held->in);
    return TRUE;
}

struct holding {
    const struct market *market;
    const struct link_token *token;
    gint64 now;
    struct held_mail *held;
};

static gboolean
load_held(store_tx *tx, gpointer arg, GError **error)
{
    struct holding *holding = arg;
    struct act act = {.market = holding->market, .tx = tx, .now = holding->now};
    struct hold_choice choice;
    held_mail_free(g_steal_pointer(&holding->held));
    if (!hold_look(&act, holding->token, &choice, error))
        return FALSE;
    if (choice.state != HOLD_OPEN)
        return TRUE;
    const struct link_token asks = {LINK_CHOICE, choice.held_id, 0};
    g_autoptr(store_rows) row = store_query(tx, STMT_HELD_BY_ID, error, store_int(choice.held_id));
    holding->held = row ? held_mail_load(tx, &asks, choice.raw_id, store_rows_text(row, 0, "sender"),
                                         store_rows_text(row, 0, "recipient"), error)
                        : NULL;
    return holding->held != NULL;
}

gboolean
hold_read(const struct market *market, const struct link_token *token, gint64 now, struct held_mail **held,
          GError **error)
{
    struct holding holding = {market, token, now, NULL};
    *held = NULL;
    if (!store_read(market->store, load_held, &holding, error) ||
        (holding.held && !held_mail_read(market, holding.held, error))) {
        held_mail_free(holding.held);
        return FALSE;
    }
    *held = holding.held;
    return TRUE;
}

/* ---- nobody answered ---- */

gboolean
hold_run(struct act *act, gint64 held_id, GError **error)
{
    g_autoptr(store_rows) row = NULL;
    json_t *data = load_row(act, held_id, &row, error);
    gboolean done = row != NULL;
    if (data && store_rows_is_null(row, 0, "released_at"))
        done = store_run(act->tx, STMT_QUARANTINE_REASON, error,
                         store_int(json_integer_value(json_object_get(data, "quarantine"))),
                         store_text("nobody said which conversation is meant")) &&
               audit_add(act, "gateway", "hold_over", held_id, NULL, error) && tell(act, held_id, data, TRUE, error);
    json_decref(data);
    return done;
}

/* ---- the question's words ---- */

/* R7: the merchant does not learn who was chosen until one of them writes. */
static gboolean
add_choice(struct act *act, const struct hold_choice *choice, guint place, gint64 created_at, json_t *choices,
           GError **error)
{
    g_autoptr(conversation) c = NULL;
    g_autoptr(organisation) organisation = NULL;
    g_autoptr(merchant) merchant = NULL;
    if (!conversation_load(act, choice->conversation_id, &c, error) ||
        !organisation_by_id(act, c->organisation_id, &organisation, error) ||
        !merchant_by_id(act, c->merchant_id, &merchant, error))
        return FALSE;
    gboolean partner = choice->side == SIDE_PARTNER;
    gboolean hidden = !partner && (choice->whole || (c->matched && !c->answered));
    g_autofree char *name = partner ? party_public_name(merchant->name, "") : NULL;
    g_autofree char *link = address_of(act->market, choice->held_id, place, created_at);
    json_array_append_new(choices, json_pack("{s:i, s:s, s:s, s:s}", "number", (int)place + 1, "link", link, "subject",
                                             c->subject, "name",
                                             partner  ? name
                                             : hidden ? ""
                                                      : organisation->name));
    return TRUE;
}

json_t *
hold_choices(struct act *act, gint64 held_id, GError **error)
{
    g_autoptr(store_rows) row = NULL;
    json_t *choices = json_array(), *data = load_row(act, held_id, &row, error);
    gboolean done = row != NULL;
    gsize count = data ? json_array_size(json_object_get(data, "choices")) : 0;
    for (guint i = 0; done && i < count; i++) {
        struct hold_choice choice = {.held_id = held_id};
        read_choice(row, data, i, act->now, &choice);
        done = add_choice(act, &choice, i, store_rows_int(row, 0, "created_at"), choices, error);
    }
    json_decref(data);
    if (done)
        return choices;
    json_decref(choices);
    return NULL;
}
