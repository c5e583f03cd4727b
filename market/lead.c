#include "market/lead.h"

#include <string.h>

#include "market/audit.h"
#include "market/notify.h"
#include "market/relay.h"
#include "market/undo.h"

enum { UNANSWERED_MOST = 2, KEPT_SECONDS = 7 * 86400 };

static gboolean
is_lead(const struct conversation *c)
{
    return strcmp(c->kind, "lead") == 0;
}

/* How many of the partner's mails went out since the lead last wrote, those that wait among them. */
static gboolean
unanswered(struct act *act, gint64 conversation_id, gint64 *count, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_LEAD_UNANSWERED, error, store_int(conversation_id));
    if (rows)
        *count = store_rows_int(rows, 0, "count");
    return rows != NULL;
}

static gboolean
tell_kept(struct performing *p, const struct conversation *c, gint64 held_id, gint64 until, GError **error)
{
    g_autofree char *cause = g_strdup_printf("held-%" G_GINT64_FORMAT, held_id);
    json_t *data = json_pack("{s:I}", "until_time", (json_int_t)until);
    gboolean done = notify_member(p->act, "lead-held", c, p->actor, p->actor_name, data, cause, error);
    json_decref(data);
    return done;
}

static gboolean
keep(struct performing *p, const struct conversation *c, const struct words *words, GError **error)
{
    struct act *act = p->act;
    gint64 message_id = 0, until = act->now + KEPT_SECONDS;
    if (!undo_open(act, c, p->raw_id, error) ||
        !conversation_add_message(act, c->id, p->in, words, p->raw_id, &message_id, error))
        return FALSE;
    g_autofree char *data = g_strdup_printf("{\"message\":%" G_GINT64_FORMAT "}", message_id);
    g_autoptr(store_rows) held =
        store_query(act->tx, STMT_HELD_ADD, error, store_text("lead"), store_int(p->raw_id), store_text(p->actor),
                    store_text(""), store_int(c->id), store_text(data), store_int(act->now), store_int(until));
    if (!held)
        return FALSE;
    gint64 id = store_rows_int(held, 0, "id");
    return store_run(act->tx, STMT_TIMER_SET, error, store_text("lead"), store_int(id), store_int(until)) &&
           tell_kept(p, c, id, until, error) &&
           audit_add(act, p->actor, "partner_mail_kept", message_id, words->text, error);
}

gboolean
lead_keep(struct performing *p, const struct conversation *c, const struct words *words, gboolean *kept, GError **error)
{
    gint64 count = 0;
    *kept = FALSE;
    if (!is_lead(c) || p->send)
        return TRUE;
    if (!unanswered(p->act, c->id, &count, error))
        return FALSE;
    *kept = count >= UNANSWERED_MOST;
    return !*kept || keep(p, c, words, error);
}

/* ---- what becomes of them ---- */

static gint64
message_of(const store_rows *held, guint i)
{
    json_t *data = json_loads(store_rows_text(held, i, "data"), 0, NULL);
    gint64 id = json_integer_value(json_object_get(data, "message"));
    json_decref(data);
    return id;
}

static gboolean
finish(struct act *act, gint64 held_id, GError **error)
{
    return store_run(act->tx, STMT_HELD_FINISH, error, store_int(held_id), store_int(act->now)) &&
           store_run(act->tx, STMT_TIMER_DROP, error, store_text("lead"), store_int(held_id));
}

/* Under the hold time again: who sent it may still take it back. */
static gboolean
send_late(struct act *act, const struct conversation *c, gint64 message_id, const char *sender, GError **error)
{
    gint64 undo_id = act->undo_id;
    g_autoptr(store_rows) undo = store_query(act->tx, STMT_UNDO_OF_MESSAGE, error, store_int(message_id));
    if (!undo)
        return FALSE;
    act->undo_id = store_rows_count(undo) ? store_rows_int(undo, 0, "id") : 0;
    gboolean done = relay_send(act, c, message_id, sender, error);
    act->undo_id = undo_id;
    return done;
}

static gboolean
release_all(struct act *act, const struct conversation *c, gint64 *count, GError **error)
{
    g_autoptr(store_rows) held = store_query(act->tx, STMT_HELD_OF, error, store_int(c->id), store_text("lead"));
    if (!held)
        return FALSE;
    *count = store_rows_count(held);
    for (guint i = 0; i < store_rows_count(held); i++) {
        gint64 message_id = message_of(held, i);
        if (!finish(act, store_rows_int(held, i, "id"), error) ||
            !send_late(act, c, message_id, store_rows_text(held, i, "sender"), error) ||
            !audit_add(act, "gateway", "partner_mail_released", message_id, NULL, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
lead_release(struct act *act, const struct conversation *c, GError **error)
{
    gint64 count = 0;
    return !is_lead(c) || release_all(act, c, &count, error);
}

/* Of a message that is kept the row; none otherwise. */
static store_rows *
find_kept(struct act *act, gint64 conversation_id, gint64 message_id, GError **error)
{
    g_autofree char *data = g_strdup_printf("{\"message\":%" G_GINT64_FORMAT "}", message_id);
    return store_query(act->tx, STMT_HELD_BY_DATA, error, store_int(conversation_id), store_text("lead"),
                       store_text(data));
}

gboolean
lead_waits(struct act *act, const struct conversation *c, gint64 message_id, gboolean *waits, GError **error)
{
    *waits = FALSE;
    if (!is_lead(c))
        return TRUE;
    g_autoptr(store_rows) held = find_kept(act, c->id, message_id, error);
    *waits = held && store_rows_count(held);
    return held != NULL;
}

gboolean
lead_withdraw(struct act *act, gint64 conversation_id, gint64 message_id, gboolean *waits, GError **error)
{
    *waits = FALSE;
    g_autoptr(store_rows) held = find_kept(act, conversation_id, message_id, error);
    if (!held || !store_rows_count(held))
        return held != NULL;
    *waits = TRUE;
    return finish(act, store_rows_int(held, 0, "id"), error);
}

gboolean
lead_drop(struct act *act, gint64 held_id, GError **error)
{
    g_autoptr(conversation) c = NULL;
    g_autoptr(store_rows) held = store_query(act->tx, STMT_HELD_BY_ID, error, store_int(held_id));
    if (!held || !store_rows_count(held) || !store_rows_is_null(held, 0, "released_at"))
        return held != NULL;
    gint64 message_id = message_of(held, 0);
    g_autofree char *cause = g_strdup_printf("held-%" G_GINT64_FORMAT, held_id);
    return conversation_load(act, store_rows_int(held, 0, "conversation_id"), &c, error) &&
           finish(act, held_id, error) &&
           store_run(act->tx, STMT_MESSAGE_WITHDRAW, error, store_int(message_id), store_int(act->now)) &&
           notify_member(act, "lead-dropped", c, store_rows_text(held, 0, "sender"), "", NULL, cause, error) &&
           audit_add(act, "gateway", "partner_mail_dropped", message_id, NULL, error);
}

/* What waits, and this mail's own words if it has any. */
gboolean
lead_perform_send(struct performing *p, const struct command *command, GError **error)
{
    gint64 count = 0;
    (void)command;
    if (!is_lead(p->conversation))
        return perform_fail(p, "cannot.not_a_lead", NULL);
    p->send = TRUE;
    if (!release_all(p->act, p->conversation, &count, error))
        return FALSE;
    if (!count && !*p->message)
        return perform_fail(p, "cannot.nothing_held", NULL);
    perform_said(p, "said.sent", json_pack("{s:I}", "count", (json_int_t)count));
    return TRUE;
}
