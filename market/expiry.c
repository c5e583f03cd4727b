#include "market/expiry.h"

#include "market/audit.h"
#include "market/notify.h"
#include "market/rank.h"

gboolean
expiry_leaves_nobody(struct act *act, const struct conversation *c, gboolean *nobody, GError **error)
{
    *nobody = TRUE;
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_CONVERSATIONS_OF_REQUEST, error, store_int(c->request_id));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        enum job_state state = conversation_state_at(rows, i, act->now);
        if (store_rows_int(rows, i, "id") != c->id && state != JOB_EXPIRED && state != JOB_DECLINED)
            *nobody = FALSE;
    }
    return TRUE;
}

/* Of a matched request the merchant hears once. */
static gboolean
tell_merchant(struct act *act, const struct conversation *c, GError **error)
{
    gboolean last = TRUE;
    gboolean quiet = c->matched && !c->answered;
    g_autofree char *cause =
        quiet ? g_strdup_printf("request-%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, c->request_id, c->due_at)
              : g_strdup_printf("job-%" G_GINT64_FORMAT, c->job_id);
    if (quiet && !expiry_leaves_nobody(act, c, &last, error))
        return FALSE;
    return !last || notify_side(act, "expired-merchant", c, SIDE_MERCHANT, NULL, cause, error);
}

static gboolean
tell_both(struct act *act, const struct conversation *c, GError **error)
{
    g_autofree char *cause = g_strdup_printf("job-%" G_GINT64_FORMAT, c->job_id);
    return tell_merchant(act, c, error) && notify_side(act, "expired-partner", c, SIDE_PARTNER, NULL, cause, error);
}

gboolean
expiry_run(struct act *act, const struct conversation *c, gboolean tell, GError **error)
{
    if (job_next(c->state, JOB_TIME_OUT) != JOB_EXPIRED)
        return TRUE;
    return conversation_set_state(act, c, JOB_EXPIRED, error) && rank_expired(act, c, error) &&
           store_run(act->tx, STMT_CONVERSATION_STIR, error, store_int(c->id), store_int(act->now)) &&
           audit_add(act, "gateway", "job_expired", c->job_id, NULL, error) && (!tell || tell_both(act, c, error));
}
