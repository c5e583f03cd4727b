#include "market/expiry.h"

#include "market/audit.h"
#include "market/notify.h"

static gboolean
tell_both(struct act *act, const struct conversation *c, GError **error)
{
    g_autofree char *cause = g_strdup_printf("job-%" G_GINT64_FORMAT, c->job_id);
    return notify_side(act, "expired-merchant", c, SIDE_MERCHANT, NULL, cause, error) &&
           notify_side(act, "expired-partner", c, SIDE_PARTNER, NULL, cause, error);
}

gboolean
expiry_run(struct act *act, const struct conversation *c, gboolean tell, GError **error)
{
    if (job_next(c->state, JOB_TIME_OUT) != JOB_EXPIRED)
        return TRUE;
    return conversation_set_state(act, c, JOB_EXPIRED, error) &&
           (!c->listed || store_run(act->tx, STMT_ORG_EXPIRED, error, store_int(c->organisation_id))) &&
           store_run(act->tx, STMT_CONVERSATION_STIR, error, store_int(c->id), store_int(act->now)) &&
           audit_add(act, "gateway", "job_expired", c->job_id, NULL, error) && (!tell || tell_both(act, c, error));
}
