#include "market/event.h"

#include <string.h>

#include "market/audit.h"
#include "market/expiry.h"

static const char *const names[JOB_EVENTS] = {
    [JOB_PARTNER_WRITES] = "job_answered",
    [JOB_MERCHANT_WRITES] = "job_asked",
    [JOB_TIME_OUT] = "job_expired",
    [JOB_PARTNER_OPENS] = "job_opened",
    [JOB_PARTNER_DECLINES] = "job_declined_by_partner",
    [JOB_MERCHANT_DECLINES] = "job_declined_by_merchant",
    [JOB_COMPLETE] = "job_completed",
    [JOB_INACTIVE_SET] = "job_inactive",
    [JOB_ACTIVE_SET] = "job_active",
    [JOB_RENEW] = "job_renewed",
    [JOB_SPAM] = "job_void",
    [JOB_BLOCK] = "job_blocked",
    [JOB_ANSWERED] = "job_answered_elsewhere",
    [JOB_UNDO] = "job_undone",
};

/* Who wrote last decides who waits. */
static gboolean
from_last(struct act *act, gint64 conversation_id, int *next, GError **error)
{
    g_autoptr(store_rows) last = store_query(act->tx, STMT_MESSAGE_LAST, error, store_int(conversation_id));
    if (!last)
        return FALSE;
    gboolean out = store_rows_count(last) && strcmp(store_rows_text(last, 0, "direction"), "out") == 0;
    *next = out ? JOB_RESPONDED : JOB_AWAITING_RESPONSE;
    return TRUE;
}

static gboolean
write_down(struct act *act, const struct conversation *c, const struct event *event, int next, GError **error)
{
    if (next == JOB_ANEW) {
        if (!conversation_open_job(act, c->id, c->service, c->listed, error))
            return FALSE;
    } else if (!conversation_set_state(act, c, (enum job_state)next, error)) {
        return FALSE;
    }
    if (event->reason && *event->reason &&
        !store_run(act->tx, STMT_JOB_REASON, error, store_int(c->job_id), store_text(event->reason)))
        return FALSE;
    /* That somebody looked is no news: lists have the latest change first. */
    return (event->event == JOB_PARTNER_OPENS ||
            store_run(act->tx, STMT_CONVERSATION_STIR, error, store_int(c->id), store_int(act->now))) &&
           audit_add(act, event->actor, names[event->event], c->job_id, event->reason, error);
}

/* A state that stays is no change, and leaves no trace. */
static gboolean
changes(const struct conversation *c, int next)
{
    return next != JOB_REFUSED && next != (int)c->state;
}

gboolean
event_apply(struct act *act, const struct conversation *c, const struct event *event, int *next, GError **error)
{
    g_autoptr(conversation) expired = NULL;
    if (job_effective(c->state, c->due_at, act->now) != c->state) {
        if (!expiry_run(act, c, TRUE, error) || !conversation_load(act, c->id, &expired, error))
            return FALSE;
        c = expired;
    }
    *next = job_next(c->state, event->event);
    if (*next == JOB_FROM_LAST && !from_last(act, c->id, next, error))
        return FALSE;
    return !changes(c, *next) || write_down(act, c, event, *next, error);
}
