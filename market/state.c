#include "market/state.h"

#include <string.h>

#include "market/assign.h"
#include "market/event.h"
#include "market/expiry.h"
#include "market/notify.h"
#include "market/proposal.h"
#include "market/rank.h"
#include "market/review.h"
#include "market/undo.h"

/* ---- declining ---- */

static char *
job_cause(const struct conversation *c)
{
    return g_strdup_printf("job-%" G_GINT64_FORMAT, c->job_id);
}

/* Of a matched request the merchant hears only when none of those asked is left, and not who they were (R7): then no
 * reason either. */
static gboolean
tell_merchant(struct act *act, const struct conversation *c, const char *reason, GError **error)
{
    gboolean nobody = TRUE, quiet = c->matched && !c->answered;
    g_autofree char *cause =
        quiet ? g_strdup_printf("request-%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, c->request_id, c->due_at)
              : job_cause(c);
    if (quiet && !expiry_leaves_nobody(act, c, &nobody, error))
        return FALSE;
    if (!nobody)
        return TRUE;
    json_t *data = json_pack("{s:s}", "reason", quiet ? "" : reason);
    gboolean done = notify_side_held(act, "declined-merchant", c, SIDE_MERCHANT, data, cause, error);
    json_decref(data);
    return done;
}

static gboolean
tell_partner(struct act *act, const struct conversation *c, const char *reason, GError **error)
{
    g_autofree char *cause = job_cause(c);
    json_t *data = json_pack("{s:s}", "reason", reason);
    gboolean done = notify_side(act, "declined-partner", c, SIDE_PARTNER, data, cause, error) &&
                    assign_tell(act, "declined-partner", c, NULL, data, cause, error);
    json_decref(data);
    return done;
}

gboolean
state_decline(struct act *act, const struct conversation *c, enum side by, const char *actor, const char *reason,
              int *next, GError **error)
{
    gboolean partner = by == SIDE_PARTNER;
    const struct event event = {partner ? JOB_PARTNER_DECLINES : JOB_MERCHANT_DECLINES, actor, reason};
    enum job_state before = job_effective(c->state, c->due_at, act->now);
    if (!event_apply(act, c, &event, next, error))
        return FALSE;
    if (*next == JOB_REFUSED || before == JOB_DECLINED)
        return TRUE;
    if (!partner)
        return tell_partner(act, c, reason, error);
    return rank_declined(act, c, error) && undo_note_decline(act, error) && tell_merchant(act, c, reason, error);
}

/* The link of a matched request speaks to all whom it was sent to and who have not answered yet. */
static gboolean
decline_request(struct performing *p, const char *reason, GError **error)
{
    int next = JOB_REFUSED;
    guint count = 0;
    g_autoptr(store_rows) rows =
        store_query(p->act->tx, STMT_CONVERSATIONS_OF_REQUEST, error, store_int(p->conversation->request_id));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        g_autoptr(conversation) c = NULL;
        if (!job_is_unanswered(conversation_state_at(rows, i, p->act->now)))
            continue;
        if (!conversation_load(p->act, store_rows_int(rows, i, "id"), &c, error) ||
            !state_decline(p->act, c, SIDE_MERCHANT, p->actor, reason, &next, error))
            return FALSE;
        count++;
    }
    if (!count)
        return perform_fail(p, "cannot.nobody_waits", NULL);
    perform_said(p, "said.request_declined", NULL);
    return TRUE;
}

gboolean
state_perform_decline(struct performing *p, const struct command *command, GError **error)
{
    const struct conversation *c = p->conversation;
    enum job_state before = job_effective(c->state, c->due_at, p->act->now);
    int next = JOB_REFUSED;
    gboolean taken = FALSE;
    if (p->request)
        return decline_request(p, command->argument, error);
    if (p->side == SIDE_MERCHANT && !proposal_decline(p, command, &taken, error)) /* Decisions 9 */
        return FALSE;
    if (taken)
        return TRUE;
    if ((p->side == SIDE_PARTNER && !undo_open(p->act, c, p->raw_id, error)) ||
        !state_decline(p->act, c, p->side, p->actor, command->argument, &next, error))
        return FALSE;
    if (next == JOB_REFUSED)
        return perform_fail(
            p, job_refusal(before, p->side == SIDE_PARTNER ? JOB_PARTNER_DECLINES : JOB_MERCHANT_DECLINES), NULL);
    perform_said(p, before == JOB_DECLINED ? "said.declined_already" : "said.declined", NULL);
    return TRUE;
}

/* ---- the others ---- */

/* `said`: of a job that this sets; a state that stays is said too. */
static gboolean
set_by(struct performing *p, enum job_event event, const char *said, int *next, GError **error)
{
    const struct event happens = {event, p->actor, NULL};
    enum job_state before = job_effective(p->conversation->state, p->conversation->due_at, p->act->now);
    if (!event_apply(p->act, p->conversation, &happens, next, error))
        return FALSE;
    if (*next == JOB_REFUSED)
        return perform_fail(p, job_refusal(before, event), NULL);
    perform_said(p, said, NULL);
    return TRUE;
}

gboolean
state_perform_complete(struct performing *p, const struct command *command, GError **error)
{
    int next;
    (void)command;
    return set_by(p, JOB_COMPLETE, "said.completed", &next, error) &&
           (next != JOB_COMPLETED || review_ask(p->act, p->conversation, error));
}

gboolean
state_perform_inactive(struct performing *p, const struct command *command, GError **error)
{
    int next;
    (void)command;
    return set_by(p, JOB_INACTIVE_SET, "said.inactive", &next, error);
}

gboolean
state_perform_active(struct performing *p, const struct command *command, GError **error)
{
    int next;
    (void)command;
    return set_by(p, JOB_ACTIVE_SET, "said.active", &next, error);
}

gboolean
state_perform_answered(struct performing *p, const struct command *command, GError **error)
{
    int next;
    (void)command;
    if (strcmp(p->conversation->kind, "lead") != 0)
        return perform_fail(p, "cannot.not_a_lead", NULL);
    return set_by(p, JOB_ANSWERED, "said.answered", &next, error);
}

static gboolean
warn_admin(struct act *act, const struct conversation *c, const char *actor, GError **error)
{
    g_autofree char *cause = g_strdup_printf("spam-%" G_GINT64_FORMAT, c->job_id);
    return notify_admin(
        act, "admin.spam",
        json_pack("{s:s, s:I, s:s}", "actor", actor, "id", (json_int_t)c->id, "subject", c->subject ? c->subject : ""),
        cause, error);
}

/* One that the partner had declined before it said what it was. */
static gboolean
forget_decline(struct act *act, const struct conversation *c, GError **error)
{
    g_autoptr(store_rows) declines =
        store_query(act->tx, STMT_JOB_DECLINES, error, store_int(c->id), store_int(c->job_id));
    return declines && (!store_rows_int(declines, 0, "count") || rank_decline_undone(act, c, error));
}

gboolean
state_void(struct act *act, const struct conversation *c, const char *actor, int *next, GError **error)
{
    g_autoptr(conversation) now = NULL;
    const struct event event = {JOB_SPAM, actor, NULL};
    if (!event_apply(act, c, &event, next, error) || !conversation_load(act, c->id, &now, error))
        return FALSE;
    if (*next == JOB_REFUSED || now->is_void)
        return TRUE;
    return store_run(act->tx, STMT_JOB_VOID, error, store_int(c->job_id)) && rank_void(act, now, error) &&
           forget_decline(act, c, error) && warn_admin(act, c, actor, error);
}

gboolean
state_perform_spam(struct performing *p, const struct command *command, GError **error)
{
    int next;
    (void)command;
    if (!state_void(p->act, p->conversation, p->actor, &next, error))
        return FALSE;
    if (next == JOB_REFUSED)
        return perform_fail(p, job_refusal(JOB_COMPLETED, JOB_SPAM), NULL);
    perform_said(p, "said.spam", NULL);
    return TRUE;
}
