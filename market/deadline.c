#include "market/deadline.h"

#include <string.h>

#include "market/notify.h"

enum { LATER = 60 };

void
deadline_add(struct act *act, const struct organisation *organisation, const struct conversation *c, const char *method,
             const char *link, json_t *data)
{
    gboolean cancel = strcmp(method, "CANCEL") == 0;
    if (!organisation->calendar)
        return;
    g_autofree char *uid = g_strdup_printf("job-%" G_GINT64_FORMAT "@%s", c->job_id, act->market->conf->domain);
    json_object_set_new(data, "calendar",
                        json_pack("{s:s, s:s, s:i, s:s, s:I, s:{s:s}}", "method", method, "uid", uid, "sequence",
                                  cancel ? 1 : 0, "organizer", link, "due_time", (json_int_t)c->due_at, "title", "say",
                                  "calendar.title"));
}

/* A minute later, so that it does not stand between an answer and what else came of it. */
gboolean
deadline_take_back(struct act *act, const struct conversation *c, GError **error)
{
    g_autoptr(organisation) organisation = NULL;
    if (!organisation_by_id(act, c->organisation_id, &organisation, error))
        return FALSE;
    if (!organisation->calendar)
        return TRUE;
    g_autofree char *cause = g_strdup_printf("job-%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, c->job_id, act->now);
    const struct notification n = {
        .kind = "calendar-cancel",
        .to = addressee_organisation(organisation),
        .conversation_id = c->id,
        .cause = cause,
        .due_at = act->now + LATER,
        .held = TRUE, /* an answer that is taken back leaves the entry where it is */
    };
    return notify_add(act, &n, error);
}
