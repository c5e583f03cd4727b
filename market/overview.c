#include "market/overview.h"

#include "market/notify.h"

enum { ITEMS = 50 };

static gboolean
next_due(struct act *act, gint64 organisation_id, gint64 *due_at, GError **error)
{
    gint64 interval = act->market->conf->overview_interval;
    g_autoptr(store_rows) last = store_query(act->tx, STMT_OVERVIEW_LAST, error, store_int(organisation_id));
    if (!last)
        return FALSE;
    *due_at = MAX(act->now, store_rows_int(last, 0, "at")) + interval;
    return TRUE;
}

gboolean
overview_expect(struct act *act, const struct organisation *organisation, GError **error)
{
    gint64 due_at = 0;
    g_autoptr(store_rows) open = store_query(act->tx, STMT_OVERVIEW_OPEN, error, store_int(organisation->id));
    if (!open)
        return FALSE;
    if (store_rows_count(open))
        return TRUE;
    if (!next_due(act, organisation->id, &due_at, error))
        return FALSE;
    g_autoptr(store_rows) added =
        store_query(act->tx, STMT_OVERVIEW_ADD, error, store_int(organisation->id), store_int(due_at));
    if (!added)
        return FALSE;
    gint64 id = store_rows_int(added, 0, "id");
    g_autofree char *cause = g_strdup_printf("overview-%" G_GINT64_FORMAT, id);
    const struct notification n = {
        .kind = "overview",
        .recipient = organisation->notify,
        .recipient_name = organisation->name,
        .language = organisation->language,
        .side = side_name(SIDE_PARTNER),
        .overview_id = id,
        .cause = cause,
        .due_at = due_at,
    };
    return notify_add(act, &n, error);
}

/* The one before is claimed and not through: two might leave together when the relay comes back. */
static gboolean
put_off_behind_another(struct act *act, gint64 id, gint64 organisation_id, gboolean *put_off, GError **error)
{
    g_autoptr(store_rows) underway =
        store_query(act->tx, STMT_OVERVIEW_UNDERWAY, error, store_int(id), store_int(organisation_id));
    if (!underway)
        return FALSE;
    *put_off = store_rows_count(underway) > 0;
    return !*put_off || store_run(act->tx, STMT_OVERVIEW_OUTBOX_POSTPONE, error, store_int(id),
                                  store_int(act->now + act->market->conf->overview_interval));
}

static gboolean
expect_again(struct act *act, gint64 organisation_id, GError **error)
{
    g_autoptr(organisation) organisation = NULL;
    return organisation_by_id(act, organisation_id, &organisation, error) && overview_expect(act, organisation, error);
}

/* Fixes the content: at most ITEMS messages, the oldest; the rest opens the next overview. */
static gboolean
cover(struct act *act, gint64 id, gint64 organisation_id, gint64 *covered, GError **error)
{
    const struct store_value values[] = {
        store_int(id), store_int(organisation_id), store_int(ITEMS), {.type = STORE_END}};
    return store_run(act->tx, STMT_OVERVIEW_CLAIM, error, store_int(id), store_int(act->now)) &&
           store_run_values(act->tx, STMT_OVERVIEW_COVER, values, covered, error) &&
           (*covered < ITEMS || expect_again(act, organisation_id, error));
}

gboolean
overview_claim(struct act *act, gint64 id, gint64 outbox_id, gboolean *send, GError **error)
{
    gboolean put_off = FALSE;
    gint64 covered = 0;
    *send = TRUE;
    g_autoptr(store_rows) overview = store_query(act->tx, STMT_OVERVIEW_BY_ID, error, store_int(id));
    if (!overview)
        return FALSE;
    if (!store_rows_is_null(overview, 0, "claimed_at")) /* a retry: its content stays what it was */
        return TRUE;
    gint64 organisation_id = store_rows_int(overview, 0, "organisation_id");
    if (!put_off_behind_another(act, id, organisation_id, &put_off, error))
        return FALSE;
    if (put_off) {
        *send = FALSE;
        return TRUE;
    }
    if (!cover(act, id, organisation_id, &covered, error) ||
        !store_run(act->tx, STMT_OVERVIEW_RECIPIENT, error, store_int(outbox_id), store_int(organisation_id)))
        return FALSE;
    *send = covered > 0;
    return *send || store_run(act->tx, STMT_OUTBOX_CANCEL, error, store_int(outbox_id));
}

gboolean
overview_failed(struct act *act, gint64 id, GError **error)
{
    gint64 released = 0;
    const struct store_value values[] = {store_int(id), {.type = STORE_END}};
    g_autoptr(store_rows) overview = store_query(act->tx, STMT_OVERVIEW_BY_ID, error, store_int(id));
    if (!overview || !store_run_values(act->tx, STMT_OVERVIEW_RELEASE, values, &released, error))
        return FALSE;
    return !released || expect_again(act, store_rows_int(overview, 0, "organisation_id"), error);
}

gboolean
overview_sent(struct act *act, gint64 id, GError **error)
{
    gint64 due_at = act->now + act->market->conf->overview_interval;
    g_autoptr(store_rows) sent = store_query(act->tx, STMT_OVERVIEW_SENT, error, store_int(id), store_int(act->now));
    if (!sent || !store_rows_count(sent))
        return sent != NULL;
    g_autoptr(store_rows) next = store_query(act->tx, STMT_OVERVIEW_POSTPONE, error,
                                             store_int(store_rows_int(sent, 0, "organisation_id")), store_int(due_at));
    if (!next || !store_rows_count(next))
        return next != NULL;
    return store_run(act->tx, STMT_OVERVIEW_OUTBOX_POSTPONE, error, store_int(store_rows_int(next, 0, "id")),
                     store_int(due_at));
}
