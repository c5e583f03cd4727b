#include "market/rematch.h"

#include <string.h>

#include "market/audit.h"
#include "market/match.h"
#include "market/notify.h"

enum { SPARE_MATCHES = 10 };

/* ---- the plan ---- */

/* The organisations that had it, whether asked first or again (gint64). NULL on error. `*over`: nobody of them answered
 * or still may. */
static GArray *
family_of(struct act *act, const struct conversation *c, gboolean *over, GError **error)
{
    g_autoptr(GArray) had = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_REQUEST_FAMILY, error, store_int(c->request_id));
    if (!rows)
        return NULL;
    *over = TRUE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        enum job_state state = conversation_state_at(rows, i, act->now);
        gint64 organisation_id = store_rows_int(rows, i, "organisation_id");
        g_array_append_val(had, organisation_id);
        *over = *over && (state == JOB_DECLINED || state == JOB_EXPIRED);
    }
    return g_steal_pointer(&had);
}

static gboolean
find_others(struct act *act, const struct conversation *c, struct request_plan *plan, GError **error)
{
    gboolean over;
    g_autoptr(merchant) merchant = NULL;
    g_autoptr(GArray) had = family_of(act, c, &over, error);
    g_autoptr(store_rows) asked =
        had ? store_query(act->tx, STMT_REQUEST_BY_ID, error, store_int(c->request_id)) : NULL;
    if (!asked || !merchant_by_id(act, c->merchant_id, &merchant, error))
        return FALSE;
    struct match_request request = {.author = merchant->address, .had = had};
    match_request_read(asked, merchant->language, &request);
    request.service = c->service;
    plan->service = g_strdup(c->service);
    plan->matches = match_find(act, &request, (guint)act->market->conf->match_count + SPARE_MATCHES, error);
    return plan->matches != NULL;
}

struct planning {
    const struct market *market;
    const struct link_token *token;
    gint64 now;
    struct request_plan *plan;
};

static gboolean
plan_in_snapshot(store_tx *tx, gpointer arg, GError **error)
{
    const struct planning *p = arg;
    struct act act = {.market = p->market, .tx = tx, .now = p->now};
    g_autoptr(conversation) c = NULL;
    request_plan_clear(p->plan);
    g_autoptr(store_rows) link = store_query(tx, STMT_LINK_BY_ID, error, store_int(p->token->id));
    if (!link || !store_rows_count(link))
        return link != NULL;
    return conversation_load(&act, store_rows_int(link, 0, "conversation_id"), &c, error) &&
           (!c || find_others(&act, c, p->plan, error));
}

gboolean
rematch_plan(const struct market *market, const struct link_token *token, gint64 now, struct request_plan *plan,
             GError **error)
{
    struct planning planning = {market, token, now, plan};
    return store_read(market->store, plan_in_snapshot, &planning, error);
}

/* ---- asking the others ---- */

/* The request as it was first written, with its files: rows of the same raw mail. */
static gboolean
copy_first_message(struct act *act, const struct conversation *from, gint64 to, gint64 *message_id, GError **error)
{
    g_autoptr(store_rows) first = store_query(act->tx, STMT_MESSAGE_FIRST_IN, error, store_int(from->id));
    if (!first)
        return FALSE;
    gint64 id = store_rows_int(first, 0, "id");
    g_autoptr(store_rows) copy =
        store_query(act->tx, STMT_MESSAGE_COPY, error, store_int(to), store_int(id), store_int(act->now));
    if (!copy)
        return FALSE;
    *message_id = store_rows_int(copy, 0, "id");
    return store_run(act->tx, STMT_ATTACHMENTS_COPY, error, store_int(*message_id), store_int(id)) &&
           store_run(act->tx, STMT_COPIES_COPY, error, store_int(to), store_int(from->id)) &&
           store_run(act->tx, STMT_CONVERSATION_TOUCH, error, store_int(to), store_int(1), store_int(act->now));
}

static gboolean
ask_one(struct performing *p, const struct merchant *merchant, gint64 request_id, const struct match *match,
        guint place, gboolean *asked, GError **error)
{
    struct act *act = p->act;
    gint64 id = 0, message_id = 0;
    g_autoptr(organisation) organisation = NULL;
    *asked = FALSE;
    g_autoptr(store_rows) still =
        store_query(act->tx, STMT_MATCH_STILL, error, store_int(match->organisation_id), store_int(act->now));
    if (!still || !store_rows_count(still))
        return still != NULL;
    *asked = TRUE;
    return organisation_by_id(act, match->organisation_id, &organisation, error) &&
           conversation_open(act, organisation, merchant, request_id, TRUE, p->conversation->service,
                             p->conversation->subject, &id, error) &&
           copy_first_message(act, p->conversation, id, &message_id, error) &&
           notify_first_contact(act, organisation, merchant, id, message_id, error) &&
           match_note(act, request_id, match, place, error) &&
           audit_add(act, p->actor, "conversation_opened", id, NULL, error);
}

static gboolean
ask_others(struct performing *p, const struct request_plan *plan, gint64 request_id, guint *count, GError **error)
{
    gboolean over;
    g_autoptr(merchant) merchant = NULL;
    g_autoptr(GArray) had = family_of(p->act, p->conversation, &over, error);
    *count = 0;
    if (!had || !merchant_by_id(p->act, p->conversation->merchant_id, &merchant, error))
        return FALSE;
    for (guint i = 0; i < plan->matches->len && *count < p->act->market->conf->match_count; i++) {
        const struct match *match = g_ptr_array_index(plan->matches, i);
        gboolean asked = FALSE;
        if (match_had(had, match->organisation_id)) /* since the plan was made */
            continue;
        if (!ask_one(p, merchant, request_id, match, *count, &asked, error))
            return FALSE;
        *count += asked;
    }
    return TRUE;
}

/* Decisions 8. What found nobody may be tried again later. */
static gboolean
nobody_fits(struct performing *p, gint64 request_id, GError **error)
{
    g_autofree char *cause =
        g_strdup_printf("again-%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, p->conversation->id, p->act->now / 86400);
    perform_said(p, "said.rematch_nobody", NULL);
    return store_run(p->act->tx, STMT_REQUEST_DROP, error, store_int(request_id)) &&
           notify_admin(p->act, "admin.nobody_else_fits",
                        json_pack("{s:I, s:s}", "id", (json_int_t)p->conversation->id, "subject",
                                  p->conversation->subject ? p->conversation->subject : ""),
                        cause, error);
}

static gboolean
send_again(struct performing *p, const struct request_plan *plan, GError **error)
{
    guint count = 0;
    g_autoptr(store_rows) added =
        store_query(p->act->tx, STMT_REQUEST_AGAIN, error, store_int(p->conversation->request_id),
                    store_int(p->conversation->job_id), store_int(p->act->now));
    if (!added)
        return FALSE;
    if (!store_rows_count(added)) {
        perform_said(p, "said.rematched_already", NULL);
        return TRUE;
    }
    gint64 request_id = store_rows_int(added, 0, "id");
    if (!ask_others(p, plan, request_id, &count, error))
        return FALSE;
    if (!count)
        return nobody_fits(p, request_id, error);
    perform_said(p, "said.rematched", json_pack("{s:i}", "count", (int)count));
    return TRUE;
}

gboolean
rematch_perform(struct performing *p, const struct command *command, GError **error)
{
    const struct conversation *c = p->conversation;
    gboolean over = FALSE;
    (void)command;
    g_autoptr(GArray) had = family_of(p->act, c, &over, error);
    if (!had)
        return FALSE;
    if (!over && (p->request || job_effective(c->state, c->due_at, p->act->now) != JOB_DECLINED))
        return perform_fail(p, "cannot.rematch_running", NULL);
    if (p->again && p->again->matches)
        return send_again(p, p->again, error);
    struct request_plan plan = {0}; /* a confirmation, or a mail that threads without a link: rare */
    gboolean done = find_others(p->act, c, &plan, error) && send_again(p, &plan, error);
    request_plan_clear(&plan);
    return done;
}
