#include "market/notify.h"

#include <string.h>

#include "lib/text.h"
#include "market/bounce.h"
#include "market/block.h"
#include "market/overview.h"

/* Nothing goes to a merchant's side that the organisation is shut to. */
static gboolean
is_blocked(struct act *act, const struct notification *n, gboolean *blocked, GError **error)
{
    *blocked = FALSE;
    return !n->conversation_id || strcmp(n->to.side, side_name(SIDE_MERCHANT)) != 0 ||
           block_has_conversation(act, n->conversation_id, blocked, error);
}

/* Of whom no language is known reads that of the organisation (R25), once it is no secret which one that is (R7).
 * Caller frees; NULL on error. */
static char *
language_of(struct act *act, const struct notification *n, GError **error)
{
    g_autoptr(conversation) c = NULL;
    g_autoptr(organisation) organisation = NULL;
    if (n->to.language)
        return g_strdup(n->to.language);
    if (n->conversation_id && !conversation_load(act, n->conversation_id, &c, error))
        return NULL;
    if (!c || (c->matched && !c->answered))
        return g_strdup(act->market->conf->language);
    return organisation_by_id(act, c->organisation_id, &organisation, error) ? g_strdup(organisation->language) : NULL;
}

static gboolean
add_row(struct act *act, const struct notification *n, GError **error)
{
    g_autofree char *language = language_of(act, n, error);
    if (!language)
        return FALSE;
    g_autofree char *message_id = link_message_id(act->market, secret_random_id());
    g_autofree char *dedupe = g_strdup_printf("%s:%s:%s", n->kind, n->cause, n->to.address);
    char *json = n->data ? json_dumps(n->data, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    gint64 due_at = n->held ? MAX(act->now, n->due_at) + act->market->conf->hold_time : n->due_at;
    gboolean done = store_run(act->tx, STMT_OUTBOX_ADD, error, store_text(n->kind), store_text(n->to.address),
                              store_text(n->to.name ? n->to.name : ""), store_text(language),
                              store_ref(n->conversation_id), store_ref(n->message_ref), store_ref(n->overview_id),
                              store_text(n->to.side), store_text(json), store_text(message_id), store_text(dedupe),
                              store_int(due_at), store_int(act->now), store_ref(n->held ? act->undo_id : 0));
    free(json); /* jansson's, from malloc */
    if (done && due_at <= act->now)
        act->wake = TRUE;
    return done;
}

/* What a colleague may get in its reader's place: all but a question, which is its actor's alone. */
static gboolean
is_for_the_organisation(const char *side, const char *kind)
{
    return strcmp(side, side_name(SIDE_PARTNER)) == 0 && strcmp(kind, "confirm") != 0;
}

/* Who was added to an organisation is not the one to tell of it. NULL: about nobody. */
static const char *
about_whom(const json_t *data)
{
    return json_string_value(json_object_get(data, "address"));
}

/* What an organisation's marked address would not get goes to another member; when there is none the address is tried
 * all the same, for nothing may be lost in silence. */
static gboolean
find_reader(struct act *act, const struct notification *n, struct bounce_other *other, GError **error)
{
    gboolean marked = FALSE;
    return !is_for_the_organisation(n->to.side, n->kind) ||
           (bounce_is_marked(act, n->to.address, &marked, error) &&
            (!marked || bounce_find_other(act, n->to.address, about_whom(n->data), other, error)));
}

/* The mail says in whose place its reader has it, in that reader's language. */
static gboolean
add_instead(struct act *act, const struct notification *given, const struct bounce_other *other, GError **error)
{
    struct notification n = *given;
    json_t *data = given->data ? json_copy(given->data) : json_object();
    json_object_set_new(data, "instead_of", json_string(given->to.address));
    n.data = data;
    n.to = (struct addressee){other->address, other->name, other->language, given->to.side};
    gboolean done = add_row(act, &n, error);
    json_decref(data);
    return done;
}

gboolean
notify_add(struct act *act, const struct notification *n, GError **error)
{
    g_auto(bounce_other) other = {0};
    gboolean blocked = FALSE;
    if (!is_blocked(act, n, &blocked, error))
        return FALSE;
    return blocked || (find_reader(act, n, &other, error) &&
                       (other.address ? add_instead(act, n, &other, error) : add_row(act, n, error)));
}

struct addressee
addressee_organisation(const struct organisation *o)
{
    return (struct addressee){o->notify, o->name, o->language, side_name(SIDE_PARTNER)};
}

struct addressee
addressee_merchant(const struct merchant *m)
{
    return (struct addressee){m->address, m->name, m->language, side_name(SIDE_MERCHANT)};
}

gboolean
notify_one(struct act *act, const char *kind, const struct addressee *to, gint64 conversation_id, json_t *data,
           const char *cause, GError **error)
{
    const struct notification n = {
        .kind = kind, .to = *to, .conversation_id = conversation_id, .data = data, .cause = cause, .due_at = act->now};
    gboolean done = notify_add(act, &n, error);
    json_decref(data);
    return done;
}

static char *
cause_of(const char *what, gint64 id)
{
    return g_strdup_printf("%s-%" G_GINT64_FORMAT, what, id);
}

/* To whom a message is told; each hears of one `cause` once. */
static gboolean
notify_of_message(struct act *act, const char *kind, const struct addressee *to, gint64 conversation_id,
                  gint64 message_id, const char *cause, GError **error)
{
    const struct notification n = {.kind = kind,
                                   .to = *to,
                                   .conversation_id = conversation_id,
                                   .message_ref = message_id,
                                   .cause = cause,
                                   .due_at = act->now};
    return notify_add(act, &n, error);
}

gboolean
notify_first_contact(struct act *act, const struct organisation *organisation, const struct merchant *merchant,
                     gint64 conversation_id, gint64 message_id, GError **error)
{
    const struct addressee to = addressee_organisation(organisation);
    g_autofree char *cause = cause_of("message", message_id);
    return notify_of_message(act, merchant->registered ? "first-contact" : "lead", &to, conversation_id, message_id,
                             cause, error);
}

gboolean
notify_ack(struct act *act, const struct merchant *merchant, const char *cause, gint64 conversation_id,
           gint64 message_id, GError **error)
{
    const struct addressee to = addressee_merchant(merchant);
    return notify_of_message(act, "ack", &to, conversation_id, message_id, cause, error);
}

/* A member's own language, else the organisation's. Caller frees; NULL on error. */
static char *
language_of_member(struct act *act, gint64 organisation_id, const char *address, GError **error)
{
    g_autoptr(organisation) organisation = NULL;
    g_autoptr(store_rows) member =
        store_query(act->tx, STMT_MEMBER_BY_ADDRESS, error, store_int(organisation_id), store_text(address));
    if (!member || !organisation_by_id(act, organisation_id, &organisation, error))
        return NULL;
    const char *own = store_rows_count(member) ? store_rows_text(member, 0, "language") : NULL;
    return g_strdup(own ? own : organisation->language);
}

static gboolean
add_for_member(struct act *act, struct notification *n, const struct conversation *c, GError **error)
{
    g_autofree char *language = language_of_member(act, c->organisation_id, n->to.address, error);
    n->to.language = language;
    n->to.side = side_name(SIDE_PARTNER);
    n->conversation_id = c->id;
    n->due_at = act->now;
    return language && notify_add(act, n, error);
}

gboolean
notify_member(struct act *act, const char *kind, const struct conversation *conversation, const char *address,
              const char *name, json_t *data, const char *cause, GError **error)
{
    struct notification n = {.kind = kind, .to = {address, name}, .data = data, .cause = cause};
    return add_for_member(act, &n, conversation, error);
}

gboolean
notify_member_held(struct act *act, const char *kind, const struct conversation *conversation, const char *address,
                   const char *name, const char *cause, GError **error)
{
    struct notification n = {.kind = kind, .to = {address, name}, .cause = cause, .held = TRUE};
    return add_for_member(act, &n, conversation, error);
}

gboolean
notify_colleague(struct act *act, const struct conversation *conversation, const char *address, const char *name,
                 gint64 message_id, gboolean held, GError **error)
{
    g_autofree char *cause = cause_of("message", message_id);
    struct notification n = {
        .kind = "message-assignee", .to = {address, name}, .message_ref = message_id, .cause = cause, .held = held};
    return add_for_member(act, &n, conversation, error);
}

gboolean
notify_assigned(struct act *act, const struct conversation *conversation, const char *address, const char *name,
                const char *by, const char *cause, GError **error)
{
    g_autoptr(store_rows) last = store_query(act->tx, STMT_MESSAGE_LAST_IN, error, store_int(conversation->id));
    if (!last)
        return FALSE;
    json_t *data = json_pack("{s:s}", "by", by);
    struct notification n = {.kind = "assigned",
                             .to = {address, name},
                             .message_ref = store_rows_int(last, 0, "id"),
                             .data = data,
                             .cause = cause};
    gboolean done = add_for_member(act, &n, conversation, error);
    json_decref(data);
    return done;
}

static gboolean
add_for_side(struct act *act, const char *kind, const struct conversation *conversation, enum side side, json_t *data,
             const char *cause, gboolean held, GError **error)
{
    g_autoptr(organisation) organisation = NULL;
    g_autoptr(merchant) merchant = NULL;
    if (!organisation_by_id(act, conversation->organisation_id, &organisation, error) ||
        !merchant_by_id(act, conversation->merchant_id, &merchant, error))
        return FALSE;
    const struct notification n = {
        .kind = kind,
        .to = side == SIDE_PARTNER ? addressee_organisation(organisation) : addressee_merchant(merchant),
        .conversation_id = conversation->id,
        .data = data,
        .cause = cause,
        .due_at = act->now,
        .held = held,
    };
    return notify_add(act, &n, error);
}

gboolean
notify_side(struct act *act, const char *kind, const struct conversation *conversation, enum side side, json_t *data,
            const char *cause, GError **error)
{
    return add_for_side(act, kind, conversation, side, data, cause, FALSE, error);
}

gboolean
notify_side_held(struct act *act, const char *kind, const struct conversation *conversation, enum side side,
                 json_t *data, const char *cause, GError **error)
{
    return add_for_side(act, kind, conversation, side, data, cause, TRUE, error);
}

gboolean
notify_organisation(struct act *act, const struct organisation *organisation, const char *kind, json_t *data,
                    const char *cause, GError **error)
{
    const struct addressee to = addressee_organisation(organisation);
    return notify_one(act, kind, &to, 0, data, cause, error);
}

gboolean
notify_admin(struct act *act, const char *key, json_t *facts, const char *cause, GError **error)
{
    g_autofree char *subject_key = g_strconcat(key, ".subject", NULL);
    json_t *subject = json_copy(facts), *data = json_pack("{s:o, s:o}", "text", facts, "subject", subject);
    json_object_set_new(facts, "say", json_string(key));
    json_object_set_new(subject, "say", json_string(subject_key));
    const struct addressee to = {act->market->conf->admin, NULL, NULL, "other"};
    return notify_one(act, "admin-alert", &to, 0, data, cause, error);
}

/* Each failure is told once; what is tried again by hand may fail again, under another fence. An address that is dead
 * for good fails with each overview: the admin hears of it once a day. */
static char *
failure_cause(struct act *act, const store_rows *row)
{
    if (store_rows_is_null(row, 0, "overview_id"))
        return g_strdup_printf("outbox-%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, store_rows_int(row, 0, "id"),
                               store_rows_int(row, 0, "fence"));
    return g_strdup_printf("%s-day-%" G_GINT64_FORMAT, store_rows_text(row, 0, "recipient"), act->now / 86400);
}

/* The same mail to another member of the organisation. The cause is the message's, not the row's, so that each member
 * gets it once, however many addresses fail. */
static gboolean
send_to_other(struct act *act, const store_rows *row, gboolean *found, GError **error)
{
    const char *json = store_rows_text(row, 0, "data");
    g_auto(bounce_other) other = {0};
    json_t *data = json ? json_loads(json, 0, NULL) : NULL;
    gboolean done = bounce_find_other(act, store_rows_text(row, 0, "recipient"), about_whom(data), &other, error);
    *found = other.address != NULL;
    gint64 message = store_rows_int(row, 0, "message_ref");
    g_autofree char *cause =
        message ? cause_of("instead-message", message) : cause_of("instead", store_rows_int(row, 0, "id"));
    const struct notification n = {
        .kind = store_rows_text(row, 0, "kind"),
        .to = {store_rows_text(row, 0, "recipient"), NULL, store_rows_text(row, 0, "language"),
               store_rows_text(row, 0, "side")},
        .conversation_id = store_rows_int(row, 0, "conversation_id"),
        .message_ref = message,
        .data = data,
        .cause = cause,
        .due_at = act->now,
    };
    done = done && (!*found || add_instead(act, &n, &other, error));
    json_decref(data);
    return done;
}

/* A partner who cannot be reached: another member has it, or the merchant knows that nobody has. */
static gboolean
partner_unreached(struct act *act, const store_rows *row, const char *cause, GError **error)
{
    static const char *const new_work[] = {"first-contact", "lead", NULL};
    const char *kind = store_rows_text(row, 0, "kind");
    gboolean found = FALSE;
    g_autoptr(conversation) c = NULL;
    if (!send_to_other(act, row, &found, error))
        return FALSE;
    if (found || !g_strv_contains(new_work, kind))
        return TRUE;
    if (!conversation_load(act, store_rows_int(row, 0, "conversation_id"), &c, error))
        return FALSE;
    json_t *data = json_pack("{s:s, s:s, s:b}", "kind", kind, "recipient_role", "partner", "unreached", TRUE);
    gboolean done = notify_side(act, "undeliverable", c, SIDE_MERCHANT, data, cause, error);
    json_decref(data);
    return done;
}

gboolean
notify_failure(struct act *act, const store_rows *row, const char *reply, GError **error)
{
    gint64 overview = store_rows_int(row, 0, "overview_id");
    if (overview && !overview_failed(act, overview, error)) /* what it told of belongs to the next one */
        return FALSE;
    const char *kind = store_rows_text(row, 0, "kind");
    g_autofree char *cause = failure_cause(act, row);
    g_autoptr(conversation) c = NULL;
    if (g_str_equal(kind, "admin-alert") || g_str_equal(kind, "undeliverable") || g_str_equal(kind, "refused"))
        return TRUE;
    json_t *facts = json_pack("{s:s, s:s, s:s}", "kind", kind, "recipient", store_rows_text(row, 0, "recipient"),
                              "reply", reply ? reply : "-");
    if (!notify_admin(act, "admin.undeliverable", facts, cause, error))
        return FALSE;
    if (!overview && is_for_the_organisation(store_rows_text(row, 0, "side"), kind))
        return partner_unreached(act, row, cause, error);
    if (!g_str_equal(kind, "relay-partner"))
        return TRUE;
    if (!conversation_load(act, store_rows_int(row, 0, "conversation_id"), &c, error))
        return FALSE;
    json_t *data = json_pack("{s:s, s:s}", "kind", kind, "recipient_role", "merchant");
    gboolean done = notify_side(act, "undeliverable", c, SIDE_PARTNER, data, cause, error);
    json_decref(data);
    return done;
}
