/*
 * Timers are rows: `now >= due_at` decides, the tick only carries out.
 */
#include <string.h>

#include "market/confirmation.h"
#include "market/expiry.h"
#include "market/hold.h"
#include "market/lead.h"
#include "market/outbox.h"
#include "market/prefs.h"
#include "market/search.h"
#include "market/reminder.h"

enum { PURGE_ROWS = 1000 };

struct tick {
    const struct market *market;
    gint64 now;
    guint limit;
    guint ran;
};

/* The time for a job's first answer is over. */
static gboolean
run_expire(struct act *act, gint64 job_id, GError **error)
{
    g_autoptr(conversation) c = NULL;
    g_autoptr(store_rows) job = store_query(act->tx, STMT_JOB_BY_ID, error, store_int(job_id));
    if (!job || !store_rows_count(job))
        return job != NULL;
    if (!conversation_load(act, store_rows_int(job, 0, "conversation_id"), &c, error))
        return FALSE;
    return c->job_id != job_id || expiry_run(act, c, TRUE, error);
}

/* Mails that came longer ago than a sender tries again. */
static gboolean
run_purge(struct act *act, gint64 subject_id, GError **error)
{
    gint64 gone = 0;
    const struct store_value values[] = {
        store_int(act->now - act->market->conf->seen_lifetime), store_int(PURGE_ROWS), {.type = STORE_END}};
    if (!store_run_values(act->tx, STMT_SEEN_PURGE, values, &gone, error))
        return FALSE;
    /* More of them: again at once, so that no writer waits for a whole hour's rows. */
    return gone < PURGE_ROWS ||
           store_run(act->tx, STMT_TIMER_SET, error, store_text("purge"), store_int(subject_id), store_int(act->now));
}

static const struct {
    const char *kind;
    gboolean (*run)(struct act *act, gint64 subject_id, GError **error);
} timers[] = {
    {"expire", run_expire},   {"held", hold_run},
    {"purge", run_purge},     {"index", search_index_older},
    {"lead", lead_drop},      {"remind", reminder_run},
    {"away", prefs_run_away}, {"confirm", confirmation_run}, /* in any order */
};

static gboolean
run_one(struct act *act, const char *kind, gint64 subject_id, GError **error)
{
    if (!store_run(act->tx, STMT_TIMER_DROP, error, store_text(kind), store_int(subject_id)))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(timers); i++)
        if (strcmp(timers[i].kind, kind) == 0)
            return timers[i].run(act, subject_id, error);
    return TRUE; /* a newer version's timer: nothing of ours */
}

static gboolean
run_due(store_tx *tx, gpointer arg, GError **error)
{
    struct tick *tick = arg;
    struct act act = {.market = tick->market, .tx = tx, .now = tick->now};
    g_autoptr(store_rows) due = store_query(tx, STMT_TIMERS_DUE, error, store_int(tick->now), store_int(tick->limit));
    if (!due)
        return FALSE;
    tick->ran = store_rows_count(due);
    for (guint i = 0; i < tick->ran; i++)
        if (!run_one(&act, store_rows_text(due, i, "kind"), store_rows_int(due, i, "subject_id"), error))
            return FALSE;
    return TRUE;
}

gboolean
timers_run(const struct market *market, gint64 now, guint limit, guint *ran, GError **error)
{
    struct tick tick = {market, now, limit, 0};
    gint64 due_at = 0;
    *ran = 0;
    if (!outbox_next_due(market, &due_at, error))
        return FALSE;
    if (due_at > now) /* a write transaction is a wait for the disk: none for nothing */
        return TRUE;
    if (!store_write(market->store, run_due, &tick, error))
        return FALSE;
    *ran = tick.ran;
    return TRUE;
}
