#include "market/access.h"

#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "market/audit.h"
#include "market/cell.h"
#include "market/notify.h"
#include "market/tell.h"
#include "market/proposal.h"
#include "market/relay.h"

enum { QUOTE_BYTES = 300 };

/* ---- what it rests on ---- */

struct basis {
    char *kept;        /* "proposal 12", "message 34" */
    gint64 message_id; /* 0: an accepted proposal */
};

static void
basis_clear(struct basis *basis)
{
    g_free(basis->kept);
}
typedef struct basis basis;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(basis, basis_clear)

/* A date as people write it, as the second at which that day begins (UTC). FALSE: it is none. */
static gboolean
read_date(const char *text, gint64 *day)
{
    int a = 0, b = 0, c = 0, length = 0;
    char mark = 0;
    if (sscanf(text, "%4d%c%2d%*c%4d%n", &a, &mark, &b, &c, &length) < 4 || text[length] || !strchr("-./", mark))
        return FALSE;
    gboolean year_first = a > 31;
    g_autoptr(GDateTime) date = g_date_time_new_utc(year_first ? a : c, b, year_first ? c : a, 0, 0, 0);
    if (date)
        *day = g_date_time_to_unix(date);
    return date != NULL;
}

/* The merchant's message that the mail in In-Reply-To told of. */
static gboolean
answered_message(struct performing *p, gint64 *message_id, GError **error)
{
    *message_id = 0;
    for (guint i = 0; i < p->in->references->len && !*message_id; i++) {
        const struct incoming_reference *reference = g_ptr_array_index(p->in->references, i);
        if (!reference->ours || !reference->direct)
            continue;
        g_autoptr(store_rows) sent =
            store_query(p->act->tx, STMT_OUTBOX_BY_MESSAGE_ID, error, store_text(reference->id));
        if (!sent)
            return FALSE;
        gint64 overview = store_rows_count(sent) ? store_rows_int(sent, 0, "overview_id") : 0;
        if (overview) {
            g_autoptr(store_rows) item = store_query(p->act->tx, STMT_OVERVIEW_LAST_ITEM, error, store_int(overview),
                                                     store_int(p->conversation->id));
            if (!item)
                return FALSE;
            *message_id = store_rows_int(item, 0, "id");
        } else if (store_rows_count(sent) && store_rows_int(sent, 0, "conversation_id") == p->conversation->id)
            *message_id = store_rows_int(sent, 0, "message_ref");
    }
    return TRUE;
}

/* The message that an argument names: its place, or the merchant's last one of a day. 0: none. */
static gboolean
named_message(struct performing *p, const char *argument, gint64 *message_id, GError **error)
{
    gint64 day = 0, place = 0;
    const char *number = argument + strspn(argument, "#");
    gboolean date = read_date(argument, &day);
    *message_id = 0;
    if (!date && !g_ascii_string_to_signed(number, 10, 1, G_MAXINT32, &place, NULL))
        return TRUE;
    g_autoptr(store_rows) rows = store_query(p->act->tx, STMT_LIST_MESSAGES, error, store_int(p->conversation->id));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        gint64 at = store_rows_int(rows, i, "received_at");
        gboolean inward = strcmp(store_rows_text(rows, i, "direction"), "in") == 0;
        if (date ? inward && at >= day && at < day + 86400 : (gint64)i + 1 == place)
            *message_id = store_rows_int(rows, i, "id");
    }
    return TRUE;
}

/* It is the merchant's, and not from before the partner wrote. */
static gboolean
may_agree(struct performing *p, gint64 message_id, gboolean *may, GError **error)
{
    g_autoptr(store_rows) rows =
        store_query(p->act->tx, STMT_ACCESS_AGREEMENT, error, store_int(p->conversation->id), store_int(message_id));
    if (rows)
        *may = store_rows_count(rows) > 0;
    return rows != NULL;
}

static gboolean
find_basis(struct performing *p, const char *argument, struct basis *basis, GError **error)
{
    g_autoptr(proposal) accepted = NULL;
    gboolean may = FALSE;
    if (!proposal_accepted(p->act, p->conversation->id, NULL, &accepted, error))
        return FALSE;
    if (accepted) {
        basis->kept = g_strdup_printf("proposal %" G_GINT64_FORMAT, accepted->id);
        return TRUE;
    }
    if (*argument ? !named_message(p, argument, &basis->message_id, error)
                  : !answered_message(p, &basis->message_id, error))
        return FALSE;
    if (!basis->message_id || !may_agree(p, basis->message_id, &may, error))
        return !basis->message_id;
    if (may)
        basis->kept = g_strdup_printf("message %" G_GINT64_FORMAT, basis->message_id);
    return TRUE;
}

/* ---- asking ---- */

static json_t *
quote_of(struct performing *p, const store_rows *message)
{
    g_autofree char *line = text_one_line(store_rows_text(message, 0, "text"), QUOTE_BYTES);
    g_autofree char *quote = link_scrub(p->act->market, line, NULL, "[address]");
    return json_pack("{s:b, s:s, s:I}", "agreed", TRUE, "quote", quote, "at_time",
                     (json_int_t)store_rows_int(message, 0, "received_at"));
}

static gboolean
show(struct performing *p, const struct conversation *c, gint64 id, const struct basis *basis, GError **error)
{
    static const enum command_id commands[] = {COMMAND_APPROVE, COMMAND_DENY, COMMAND_UNKNOWN};
    g_autofree char *about = g_strdup_printf("access %" G_GINT64_FORMAT, id);
    g_autofree char *cause = g_strdup_printf("access-%" G_GINT64_FORMAT, id);
    g_autoptr(store_rows) message = store_query(p->act->tx, STMT_MESSAGE_BY_ID, error, store_int(basis->message_id));
    if (!message)
        return FALSE;
    json_t *data = store_rows_count(message) ? quote_of(p, message) : json_pack("{s:b}", "agreed", FALSE);
    gboolean done = tell_about(p->act, "access", c, about, commands, data, cause, error);
    json_decref(data);
    return done;
}

static gboolean
ask(struct performing *p, const struct conversation *c, const struct basis *basis, enum job_state next, GError **error)
{
    struct act *act = p->act;
    g_autoptr(store_rows) rows =
        store_query(act->tx, STMT_ACCESS_ADD, error, store_int(c->id), store_text(basis->kept), store_int(act->now));
    if (!rows)
        return FALSE;
    gint64 id = store_rows_int(rows, 0, "id");
    if (!show(p, c, id, basis, error) || !conversation_set_state(act, c, next, error) ||
        !relay_mark_answered(p, c, error) || !audit_add(act, p->actor, "access_asked", id, basis->kept, error))
        return FALSE;
    perform_said(p, "said.access_asked", NULL);
    return TRUE;
}

/* The newest request of the conversation in that state. 0: none. */
static gboolean
newest(struct performing *p, const char *state, gint64 *id, GError **error)
{
    g_autoptr(store_rows) rows =
        store_query(p->act->tx, STMT_ACCESS_NEWEST, error, store_int(p->conversation->id), store_text(state));
    if (rows)
        *id = store_rows_int(rows, 0, "id");
    return rows != NULL;
}

gboolean
access_perform_access(struct performing *p, const struct command *command, GError **error)
{
    g_autoptr(conversation) c = NULL;
    g_auto(basis) basis = {0};
    gint64 pending = 0;
    if (!conversation_load(p->act, p->conversation->id, &c, error) || !newest(p, "asked", &pending, error) ||
        !find_basis(p, command->argument, &basis, error))
        return FALSE;
    int next = job_next(job_effective(c->state, c->due_at, p->act->now), JOB_PARTNER_WRITES);
    if (next == JOB_REFUSED)
        return perform_fail(p, "cannot.job_expired", NULL);
    if (pending)
        return perform_fail(p, "cannot.access_asked", NULL);
    if (!basis.kept)
        return perform_fail(p, "cannot.access_without_agreement", NULL);
    return ask(p, c, &basis, (enum job_state)next, error);
}

/* ---- answering ---- */

static gboolean
tell(struct performing *p, const struct conversation *c, gint64 id, const char *kind, GError **error)
{
    g_autofree char *cause = g_strdup_printf("access-%" G_GINT64_FORMAT, id);
    return tell_partner(p->act, kind, c, NULL, cause, error);
}

static gboolean
decide(struct performing *p, const char *state, const char *kind, const char *said, GError **error)
{
    g_autoptr(conversation) c = NULL;
    g_autofree char *event = g_strdup_printf("access_%s", state);
    gint64 id = 0;
    if (!newest(p, "asked", &id, error) || !conversation_load(p->act, p->conversation->id, &c, error))
        return FALSE;
    if (!id)
        return perform_fail(p, "cannot.no_access_request", NULL);
    int next = job_next(job_effective(c->state, c->due_at, p->act->now), JOB_MERCHANT_WRITES);
    if (!store_run(p->act->tx, STMT_ACCESS_DECIDE, error, store_int(id), store_text(state), store_int(p->act->now),
                   store_text(p->actor)) ||
        (next < JOB_STATES && !conversation_set_state(p->act, c, (enum job_state)next, error)) ||
        !tell(p, c, id, kind, error) || !audit_add(p->act, p->actor, event, id, NULL, error))
        return FALSE;
    perform_said(p, said, NULL);
    return TRUE;
}

gboolean
access_perform_approve(struct performing *p, const struct command *command, GError **error)
{
    (void)command;
    return decide(p, "approved", "access-approved", "said.access_approved", error);
}

gboolean
access_perform_deny(struct performing *p, const struct command *command, GError **error)
{
    (void)command;
    return decide(p, "denied", "access-denied", "said.access_denied", error);
}

/* ---- listing ---- */

json_t *
access_list(store_tx *tx, gint64 conversation_id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_ACCESS_REQUESTS, error, store_int(conversation_id));
    return rows ? access_rows(tx, rows, error) : NULL;
}

json_t *
access_rows(store_tx *tx, const store_rows *rows, GError **error)
{
    (void)tx;
    (void)error;
    json_t *list = json_array();
    for (guint i = 0; i < store_rows_count(rows); i++)
        json_array_append_new(
            list, json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "id", (json_int_t)store_rows_int(rows, i, "id"),
                            "conversation", (json_int_t)store_rows_int(rows, i, "conversation_id"), "organisation",
                            cell_text(rows, i, "organisation"), "state", cell_text(rows, i, "state"), "basis",
                            cell_text(rows, i, "basis"), "created_at", cell_time(rows, i, "created_at"), "decided_at",
                            cell_time(rows, i, "decided_at"), "decided_by", cell_text(rows, i, "decided_by")));
    return list;
}
