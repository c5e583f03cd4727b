#include "market/rank.h"

/* What a job adds to its organisation's facts. */
struct counts {
    gint64 jobs, expired, answers, seconds;
};

static gboolean
add(struct act *act, gint64 organisation_id, const struct counts *counts, GError **error)
{
    return store_run(act->tx, STMT_RANK_ADD, error, store_int(organisation_id), store_int(counts->jobs),
                     store_int(counts->expired), store_int(counts->answers), store_int(counts->seconds));
}

/* From the job's opening to its first answer; to now where it has none. */
static gboolean
answer_time(struct act *act, const struct conversation *c, gboolean *answered, gint64 *seconds, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_RANK_JOB, error, store_int(c->job_id));
    if (!rows)
        return FALSE;
    *answered = !store_rows_is_null(rows, 0, "answered_at");
    gint64 end = *answered ? store_rows_int(rows, 0, "answered_at") : act->now;
    *seconds = MAX(end - store_rows_int(rows, 0, "created_at"), 0);
    return TRUE;
}

gboolean
rank_opened(struct act *act, gint64 conversation_id, GError **error)
{
    return store_run(act->tx, STMT_RANK_OPENED, error, store_int(conversation_id));
}

gboolean
rank_answered(struct act *act, const struct conversation *c, GError **error)
{
    struct counts counts = {.answers = 1};
    gboolean before = FALSE;
    if (!c->listed)
        return TRUE;
    return answer_time(act, c, &before, &counts.seconds, error) &&
           (before || add(act, c->organisation_id, &counts, error));
}

gboolean
rank_answer_undone(struct act *act, const struct conversation *c, GError **error)
{
    gboolean answered = FALSE;
    gint64 seconds = 0;
    if (!c->listed)
        return TRUE;
    if (!answer_time(act, c, &answered, &seconds, error))
        return FALSE;
    const struct counts counts = {.answers = -1, .seconds = -seconds};
    return !answered || add(act, c->organisation_id, &counts, error);
}

gboolean
rank_expired(struct act *act, const struct conversation *c, GError **error)
{
    const struct counts counts = {.expired = 1};
    return !c->listed || add(act, c->organisation_id, &counts, error);
}

gboolean
rank_declined(struct act *act, const struct conversation *c, GError **error)
{
    return !c->listed || !c->service ||
           store_run(act->tx, STMT_RANK_DECLINED, error, store_int(c->organisation_id), store_text(c->service));
}

gboolean
rank_decline_undone(struct act *act, const struct conversation *c, GError **error)
{
    return !c->listed || !c->service ||
           store_run(act->tx, STMT_RANK_DECLINE_UNDONE, error, store_int(c->organisation_id), store_text(c->service));
}

gboolean
rank_void(struct act *act, const struct conversation *c, GError **error)
{
    gboolean answered = FALSE;
    gint64 seconds = 0;
    if (!c->listed)
        return TRUE;
    if (!answer_time(act, c, &answered, &seconds, error))
        return FALSE;
    const struct counts counts = {
        .jobs = -1,
        .expired = c->state == JOB_EXPIRED ? -1 : 0,
        .answers = answered ? -1 : 0,
        .seconds = answered ? -seconds : 0,
    };
    return add(act, c->organisation_id, &counts, error);
}

gboolean
rank_reviewed(struct act *act, gint64 organisation_id, gint64 reviews, gint64 points, GError **error)
{
    return store_run(act->tx, STMT_RANK_REVIEWED, error, store_int(organisation_id), store_int(reviews),
                     store_int(points));
}
