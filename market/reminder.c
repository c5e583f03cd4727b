#include "market/reminder.h"

#include "market/assign.h"
#include "market/notify.h"

static const gint64 before[] = {24 * 3600, 4 * 3600};

gint64
reminder_next(gint64 due_at, gint64 now)
{
    for (guint i = 0; i < G_N_ELEMENTS(before); i++)
        if (due_at - before[i] > now)
            return due_at - before[i];
    return 0;
}

/* A daemon that was down for long reminds once, of what is left. */
static gboolean
remind(struct act *act, const struct conversation *c, gboolean wanted, GError **error)
{
    g_autofree char *cause =
        g_strdup_printf("job-%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, c->job_id, reminder_next(c->due_at, act->now));
    return (!wanted || notify_side(act, "reminder", c, SIDE_PARTNER, NULL, cause, error)) &&
           assign_tell(act, "reminder", c, NULL, NULL, cause, error);
}

gboolean
reminder_run(struct act *act, gint64 job_id, GError **error)
{
    g_autoptr(conversation) c = NULL;
    g_autoptr(store_rows) job = store_query(act->tx, STMT_JOB_BY_ID, error, store_int(job_id));
    g_autoptr(store_rows) row = job ? store_query(act->tx, STMT_REMINDER, error, store_int(job_id)) : NULL;
    if (!row || !store_rows_count(row))
        return row != NULL;
    if (!conversation_load(act, store_rows_int(job, 0, "conversation_id"), &c, error))
        return FALSE;
    gint64 next = reminder_next(c->due_at, act->now);
    if (c->job_id != job_id || !job_is_unanswered(job_effective(c->state, c->due_at, act->now)))
        return TRUE;
    return remind(act, c, store_rows_int(row, 0, "reminders") != 0, error) &&
           (!next ||
            store_run(act->tx, STMT_TIMER_SET, error, store_text("remind"), store_int(job_id), store_int(next)));
}
