#include "market/oversee.h"

#include <string.h>

#include "market/audit.h"
#include "market/block.h"
#include "market/event.h"
#include "market/expiry.h"
#include "market/notify.h"
#include "market/state.h"
#include "market/undo.h"

static const char actor[] = "admin";

/* Where a verb is an event and no more. */
static const struct {
    const char *verb;
    enum job_event event;
} events[] = {
    {"complete", JOB_COMPLETE}, {"inactive", JOB_INACTIVE_SET}, {"active", JOB_ACTIVE_SET},
    {"answered", JOB_ANSWERED}, {"renew", JOB_RENEW},
};

const char *const oversee_verbs[] = {"expire",   "decline", "complete", "inactive", "active",
                                     "answered", "renew",   "spam",     NULL};

struct overseeing {
    const struct market *market;
    struct oversight *oversight;
    gboolean dry_run;
};

static gboolean
refuse(const struct oversight *o, GError **error)
{
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED, "job %" G_GINT64_FORMAT " is %s: %s is not possible",
                o->job_id, job_state_name(o->before), o->verb);
    return FALSE;
}

static gboolean
expire(struct act *act, const struct conversation *c, int *next, GError **error)
{
    *next = job_next(c->state, JOB_TIME_OUT);
    return *next == JOB_REFUSED ||
           (expiry_run(act, c, TRUE, error) && audit_add(act, actor, "job_expired_by_admin", c->job_id, NULL, error));
}

/* A new first contact's clock: the partner hears of it as of one that runs. */
static gboolean
tell_renewed(struct act *act, const struct conversation *c, GError **error)
{
    g_autofree char *cause = g_strdup_printf("renewed-%" G_GINT64_FORMAT, c->job_id);
    return notify_side(act, "reminder", c, SIDE_PARTNER, NULL, cause, error);
}

static gboolean
happen(struct act *act, const struct conversation *c, const struct oversight *o, int *next, GError **error)
{
    if (strcmp(o->verb, "expire") == 0)
        return expire(act, c, next, error);
    if (strcmp(o->verb, "decline") == 0)
        return undo_open(act, c, 0, error) &&
               state_decline(act, c, SIDE_PARTNER, actor, o->reason ? o->reason : "", next, error);
    if (strcmp(o->verb, "spam") == 0)
        return state_void(act, c, actor, next, error);
    for (guint i = 0; i < G_N_ELEMENTS(events); i++) {
        const struct event event = {events[i].event, actor, NULL};
        if (strcmp(events[i].verb, o->verb) == 0)
            return event_apply(act, c, &event, next, error);
    }
    g_assert_not_reached();
}

static gboolean
load_job(struct act *act, struct oversight *o, struct conversation **c, GError **error)
{
    g_autoptr(store_rows) job = store_query(act->tx, STMT_JOB_BY_ID, error, store_int(o->job_id));
    if (!job)
        return FALSE;
    if (store_rows_count(job) && !conversation_load(act, store_rows_int(job, 0, "conversation_id"), c, error))
        return FALSE;
    if (!*c) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "there is no job %" G_GINT64_FORMAT, o->job_id);
        return FALSE;
    }
    if ((*c)->job_id != o->job_id) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED,
                    "job %" G_GINT64_FORMAT " is over: its conversation has job %" G_GINT64_FORMAT " now", o->job_id,
                    (*c)->job_id);
        return FALSE;
    }
    return TRUE;
}

static gboolean
oversee(store_tx *tx, gpointer arg, GError **error)
{
    struct overseeing *overseeing = arg;
    struct oversight *o = overseeing->oversight;
    struct act act = {.market = overseeing->market, .tx = tx, .now = o->now};
    g_autoptr(conversation) c = NULL, after = NULL;
    int next = JOB_REFUSED;
    gboolean blocked = FALSE;
    if (!load_job(&act, o, &c, error))
        return FALSE;
    o->before = job_effective(c->state, c->due_at, act.now);
    if (!block_has_conversation(&act, c->id, &blocked, error))
        return FALSE;
    if (blocked && strcmp(o->verb, "renew") == 0)
        return refuse(o, error);
    if (!happen(&act, c, o, &next, error))
        return FALSE;
    if (next == JOB_REFUSED)
        return refuse(o, error);
    if (!conversation_load(&act, c->id, &after, error))
        return FALSE;
    o->after = after->state;
    o->new_job_id = after->job_id != o->job_id ? after->job_id : 0;
    if (o->new_job_id && !tell_renewed(&act, after, error))
        return FALSE;
    if (overseeing->dry_run)
        g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_DUPLICATE, "tried out");
    return !overseeing->dry_run;
}

gboolean
oversee_job(const struct market *market, struct oversight *oversight, gboolean dry_run, GError **error)
{
    struct overseeing overseeing = {market, oversight, dry_run};
    g_autoptr(GError) why = NULL;
    if (store_write(market->store, oversee, &overseeing, &why))
        return TRUE;
    if (dry_run && g_error_matches(why, POSTERN_ERROR, POSTERN_ERROR_DUPLICATE))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}
