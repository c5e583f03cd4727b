#include "market/undo.h"

#include "market/audit.h"
#include "market/lead.h"
#include "market/overview.h"
#include "market/rank.h"

/* ---- remembering ---- */

/* The row of this mail in this conversation: it may have spoken in another in between (market/numbered.h). */
static store_rows *
find_or_add(struct act *act, const struct conversation *c, gint64 raw_id, GError **error)
{
    store_rows *row = store_query(act->tx, STMT_UNDO_OF_MAIL, error, store_int(c->id), store_ref(raw_id));
    if (!row || store_rows_count(row))
        return row;
    store_rows_free(row);
    return store_query(act->tx, STMT_UNDO_ADD, error, store_int(c->id), store_int(c->job_id),
                       store_text(job_state_name(job_effective(c->state, c->due_at, act->now))), store_int(act->now),
                       store_int(act->now + act->market->conf->hold_time), store_ref(raw_id));
}

gboolean
undo_open(struct act *act, const struct conversation *c, gint64 raw_id, GError **error)
{
    if (act->undo_id && act->undo_conversation_id == c->id)
        return TRUE;
    g_autoptr(store_rows) row = find_or_add(act, c, raw_id, error);
    if (row) {
        act->undo_id = store_rows_int(row, 0, "id");
        act->undo_conversation_id = c->id;
    }
    return row != NULL;
}

gboolean
undo_note_read(struct act *act, gint64 read_to, GError **error)
{
    return store_run(act->tx, STMT_UNDO_READ, error, store_int(act->undo_id), store_int(read_to));
}

gboolean
undo_note_decline(struct act *act, GError **error)
{
    return store_run(act->tx, STMT_UNDO_DECLINE, error, store_int(act->undo_id));
}

/* ---- taking back ---- */

/* Cancels what waits; `*gone`: something of it is on its way already. Without any mail the time decides. */
static gboolean
cancel_mails(struct act *act, const store_rows *undo, gboolean waits, gboolean *gone, GError **error)
{
    gint64 id = store_rows_int(undo, 0, "id");
    if (!store_run(act->tx, STMT_OUTBOX_TAKE_BACK, error, store_int(id)))
        return FALSE;
    g_autoptr(store_rows) left = store_query(act->tx, STMT_OUTBOX_OF_UNDO, error, store_int(id));
    if (!left)
        return FALSE;
    *gone = store_rows_int(left, 0, "gone") > 0 ||
            (!store_rows_int(left, 0, "mails") && !waits && store_rows_int(undo, 0, "until") < act->now);
    return TRUE;
}

static gboolean
withdraw_messages(struct performing *p, const store_rows *undo, const store_rows *messages, GError **error)
{
    struct act *act = p->act;
    if (!store_rows_count(messages))
        return TRUE;
    for (guint i = 0; i < store_rows_count(messages); i++)
        if (!store_run(act->tx, STMT_MESSAGE_WITHDRAW, error, store_int(store_rows_int(messages, i, "id")),
                       store_int(act->now)))
            return FALSE;
    return store_run(act->tx, STMT_MESSAGES_UNREAD_AGAIN, error, store_int(p->conversation->id),
                     store_int(store_rows_int(undo, 0, "read_to")), store_int(store_rows_int(undo, 0, "created_at"))) &&
           store_run(act->tx, STMT_CONVERSATION_READ, error, store_int(p->conversation->id)) &&
           overview_expect(act, p->organisation->id, 0, FALSE, error);
}

/* What the merchant wrote meanwhile happens to the state of before. */
static gboolean
state_before(struct act *act, const struct conversation *c, const store_rows *undo, const store_rows *messages,
             enum job_state *state, GError **error)
{
    gboolean known = job_state_parse(store_rows_text(undo, 0, "state"), state);
    g_assert(known);
    if (!store_rows_count(messages))
        return TRUE;
    g_autoptr(store_rows) since = store_query(act->tx, STMT_MESSAGES_IN_SINCE, error, store_int(c->id),
                                              store_int(store_rows_int(messages, 0, "id")));
    if (!since)
        return FALSE;
    if (store_rows_int(since, 0, "count")) {
        int next = job_next(*state, JOB_MERCHANT_WRITES);
        if (next < JOB_STATES)
            *state = (enum job_state)next;
    }
    return TRUE;
}

/* A later command's word stands. */
static gboolean
was_changed_since(const struct conversation *c, const store_rows *undo)
{
    return c->job_id != store_rows_int(undo, 0, "job_id") || c->state == JOB_COMPLETED || c->state == JOB_INACTIVE ||
           c->is_void;
}

static gboolean
restore_job(struct performing *p, const store_rows *undo, const store_rows *messages, GError **error)
{
    struct act *act = p->act;
    const struct conversation *c = p->conversation;
    enum job_state state;
    if (was_changed_since(c, undo))
        return TRUE;
    if (!state_before(act, c, undo, messages, &state, error) ||
        (store_rows_is_null(undo, 0, "answered_at") && !rank_answer_undone(act, c, error)) ||
        (store_rows_int(undo, 0, "declined") && !rank_decline_undone(act, c, error)) ||
        !store_run(act->tx, STMT_JOB_RESTORE, error, store_int(c->job_id), store_text(job_state_name(state)),
                   store_rows_is_null(undo, 0, "answered_at") ? store_null()
                                                              : store_int(store_rows_int(undo, 0, "answered_at")),
                   store_int(act->now)))
        return FALSE;
    return !job_is_unanswered(state) || conversation_start_timers(act, c->job_id, c->due_at, error);
}

/* `*waits`: some of its words wait for a lead, who has not had them. */
static gboolean
withdraw_kept(struct performing *p, const store_rows *messages, gboolean *waits, GError **error)
{
    *waits = FALSE;
    for (guint i = 0; i < store_rows_count(messages); i++) {
        gboolean kept = FALSE;
        if (!lead_withdraw(p->act, p->conversation->id, store_rows_int(messages, i, "id"), &kept, error))
            return FALSE;
        *waits = *waits || kept;
    }
    return TRUE;
}

static gboolean
take_back(struct performing *p, const store_rows *undo, GError **error)
{
    struct act *act = p->act;
    gint64 id = store_rows_int(undo, 0, "id");
    gboolean gone = FALSE, waits = FALSE;
    g_autoptr(store_rows) messages = store_query(act->tx, STMT_MESSAGES_OF_UNDO, error, store_int(id));
    if (!messages || !withdraw_kept(p, messages, &waits, error) || !cancel_mails(act, undo, waits, &gone, error))
        return FALSE;
    if (gone)
        return perform_fail(p, "cannot.undo_late", NULL);
    if (!withdraw_messages(p, undo, messages, error) || !restore_job(p, undo, messages, error) ||
        !store_run(act->tx, STMT_UNDO_DONE, error, store_int(id), store_int(act->now)) ||
        !audit_add(act, p->actor, "taken_back", id, NULL, error))
        return FALSE;
    perform_said(p, store_rows_count(messages) ? "said.undone" : "said.undone_decline", NULL);
    return TRUE;
}

gboolean
undo_perform(struct performing *p, const struct command *command, GError **error)
{
    (void)command;
    g_autoptr(store_rows) undo = store_query(p->act->tx, STMT_UNDO_LAST, error, store_int(p->conversation->id));
    if (!undo)
        return FALSE;
    if (!store_rows_count(undo) || !store_rows_is_null(undo, 0, "done_at"))
        return perform_fail(p, "cannot.undo_nothing", NULL);
    return take_back(p, undo, error);
}
