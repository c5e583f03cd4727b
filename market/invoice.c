#include "market/invoice.h"

#include <string.h>

#include "lib/text.h"
#include "market/audit.h"
#include "market/cell.h"
#include "market/money.h"
#include "market/tell.h"
#include "market/proposal.h"
#include "market/relay.h"

enum { TEXT_BYTES = 1000 };

/* ---- writing one ---- */

struct invoice {
    gint64 id, number, proposal_id;
    gint64 amount;
    const char *currency;
    const char *text;
};

static json_t *
facts_of(const struct invoice *invoice)
{
    return json_pack("{s:I, s:o, s:s}", "number", (json_int_t)invoice->number, "amount_money",
                     money_json(invoice->amount, invoice->currency), "description", invoice->text);
}

static gboolean
tell_merchant(struct performing *p, const char *kind, const struct invoice *invoice, GError **error)
{
    g_autofree char *cause = g_strdup_printf("invoice-%" G_GINT64_FORMAT, invoice->id);
    json_t *data = facts_of(invoice);
    gboolean done = tell_merchants(p->act, kind, p->conversation, data, cause, error);
    json_decref(data);
    return done;
}

/* More than was accepted is allowed; the partner hears of it. */
static gboolean
report(struct performing *p, const struct invoice *invoice, GError **error)
{
    g_autoptr(store_rows) sums = store_query(p->act->tx, STMT_INVOICE_SUMS, error, store_int(p->conversation->id),
                                             store_text(invoice->currency));
    if (!sums)
        return FALSE;
    gint64 invoiced = store_rows_int(sums, 0, "invoiced"), accepted = store_rows_int(sums, 0, "accepted");
    json_t *data = facts_of(invoice);
    json_object_set_new(data, "invoiced_money", money_json(invoiced, invoice->currency));
    json_object_set_new(data, "accepted_money", money_json(accepted, invoice->currency));
    perform_said(p, invoiced > accepted ? "said.invoice_sent_beyond" : "said.invoice_sent", data);
    return TRUE;
}

static gboolean
put(struct performing *p, const struct conversation *c, struct invoice *invoice, enum job_state next, GError **error)
{
    struct act *act = p->act;
    g_autoptr(store_rows) rows = store_query(
        act->tx, STMT_INVOICE_ADD, error, store_int(c->id), store_int(invoice->proposal_id), store_int(invoice->amount),
        store_text(invoice->currency), store_text(invoice->text), store_int(act->now));
    if (!rows)
        return FALSE;
    invoice->id = store_rows_int(rows, 0, "id");
    invoice->number = store_rows_int(rows, 0, "number");
    return conversation_set_state(act, c, next, error) && relay_mark_answered(p, c, error) &&
           tell_merchant(p, "invoice", invoice, error) &&
           store_run(act->tx, STMT_CONVERSATION_STIR, error, store_int(c->id), store_int(act->now)) &&
           audit_add(act, p->actor, "invoice_sent", invoice->id, invoice->text, error) && report(p, invoice, error);
}

/* The accepted proposal that it is for: of its currency, which is what it has where none is written. */
static gboolean
find_proposal(struct performing *p, const char *currency, struct proposal **proposal, gboolean *refused, GError **error)
{
    *refused = FALSE;
    if (!proposal_accepted(p->act, p->conversation->id, currency, proposal, error))
        return FALSE;
    if (*proposal)
        return TRUE;
    g_autoptr(proposal) other = NULL;
    if (!proposal_accepted(p->act, p->conversation->id, NULL, &other, error))
        return FALSE;
    *refused = TRUE;
    if (!other)
        return perform_fail(p, "cannot.invoice_before_acceptance", NULL);
    return perform_fail(p, "cannot.invoice_currency",
                        json_pack("{s:s, s:s}", "written", currency, "currency", other->currency));
}

/* What stands behind the amount, as the merchant may see it. */
static char *
text_behind(struct act *act, const char *rest)
{
    while (*rest && strchr(" \t:;,-", *rest))
        rest++;
    g_autofree char *line = text_one_line(rest, TEXT_BYTES);
    return link_scrub(act->market, line, NULL, "[address]");
}

static gboolean
write_it(struct performing *p, const struct conversation *c, const struct amount *amount, const char *rest,
         enum job_state next, GError **error)
{
    g_autoptr(proposal) proposal = NULL;
    gboolean refused = FALSE;
    g_autofree char *text = text_behind(p->act, rest);
    if (!find_proposal(p, amount->currency, &proposal, &refused, error))
        return FALSE;
    if (refused)
        return TRUE;
    struct invoice invoice = {0, 0, proposal->id, amount->minor, amount->currency, text};
    return put(p, c, &invoice, next, error);
}

gboolean
invoice_perform_invoice(struct performing *p, const struct command *command, GError **error)
{
    g_autoptr(conversation) c = NULL;
    g_autoptr(proposal) accepted = NULL;
    struct amount amount;
    const char *rest = "";
    if (!conversation_load(p->act, p->conversation->id, &c, error) ||
        !proposal_accepted(p->act, c->id, NULL, &accepted, error))
        return FALSE;
    int next = job_next(job_effective(c->state, c->due_at, p->act->now), JOB_PARTNER_WRITES);
    if (next == JOB_REFUSED)
        return perform_fail(p, "cannot.job_expired", NULL);
    if (!accepted)
        return perform_fail(p, "cannot.invoice_before_acceptance", NULL);
    enum amount_problem problem = amount_read(command->argument, accepted->currency, &amount, &rest);
    if (problem)
        return perform_fail(p, money_key(problem), money_variables(command->argument, &amount));
    if (!amount.minor)
        return perform_fail(p, "cannot.amount_zero", NULL);
    return write_it(p, c, &amount, rest, (enum job_state)next, error);
}

/* ---- what becomes of it ---- */

/* The open one of that number; without a number the only open one. `*row`: which; -1: none, which was told. */
static gboolean
find_open(struct performing *p, const char *written, store_rows **rows, int *row, GError **error)
{
    char *end = NULL;
    gint64 number = g_ascii_strtoll(written + strspn(written, " #"), &end, 10);
    guint open = 0;
    *row = -1;
    *rows = store_query(p->act->tx, STMT_INVOICES, error, store_int(p->conversation->id));
    if (!*rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(*rows); i++) {
        gboolean meant = !number || store_rows_int(*rows, i, "number") == number;
        if (!meant || strcmp(store_rows_text(*rows, i, "state"), "sent") != 0)
            continue;
        *row = (int)i;
        open++;
    }
    if (open == 1)
        return TRUE;
    *row = -1;
    return perform_fail(p, open ? "cannot.invoice_which" : "cannot.no_invoice", NULL);
}

static gboolean
settle(struct performing *p, const char *written, const char *state, GError **error)
{
    g_autoptr(store_rows) rows = NULL;
    int row = -1;
    if (!find_open(p, written, &rows, &row, error) || row < 0)
        return rows != NULL;
    const struct invoice invoice = {
        .id = store_rows_int(rows, (guint)row, "id"),
        .number = store_rows_int(rows, (guint)row, "number"),
        .amount = store_rows_int(rows, (guint)row, "amount"),
        .currency = store_rows_text(rows, (guint)row, "currency"),
        .text = store_rows_text(rows, (guint)row, "description"),
    };
    g_autofree char *kind = g_strdup_printf("invoice-%s", state), *event = g_strdup_printf("invoice_%s", state);
    g_autofree char *said = g_strdup_printf("said.invoice_%s", state);
    if (!store_run(p->act->tx, STMT_INVOICE_SETTLE, error, store_int(invoice.id), store_text(state),
                   store_int(p->act->now), store_text(p->actor)) ||
        !tell_merchant(p, kind, &invoice, error) || !audit_add(p->act, p->actor, event, invoice.id, NULL, error))
        return FALSE;
    perform_said(p, said, facts_of(&invoice));
    return TRUE;
}

gboolean
invoice_withdraw(struct performing *p, const char *number, GError **error)
{
    return settle(p, number, "withdrawn", error);
}

gboolean
invoice_perform_paid(struct performing *p, const struct command *command, GError **error)
{
    return settle(p, command->argument, "paid", error);
}

/* ---- listing ---- */

json_t *
invoice_list(store_tx *tx, gint64 conversation_id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_INVOICES, error, store_int(conversation_id));
    return rows ? invoice_rows(tx, rows, error) : NULL;
}

json_t *
invoice_rows(store_tx *tx, const store_rows *rows, GError **error)
{
    (void)tx;
    (void)error;
    json_t *list = json_array();
    for (guint i = 0; i < store_rows_count(rows); i++) {
        json_array_append_new(
            list,
            json_pack(
                "{s:I, s:I, s:s, s:I, s:s, s:o, s:s, s:I, s:o, s:o}", "id", (json_int_t)store_rows_int(rows, i, "id"),
                "conversation", (json_int_t)store_rows_int(rows, i, "conversation_id"), "organisation",
                store_rows_text(rows, i, "organisation"), "number", (json_int_t)store_rows_int(rows, i, "number"),
                "state", store_rows_text(rows, i, "state"), "amount",
                money_json(store_rows_int(rows, i, "amount"), store_rows_text(rows, i, "currency")), "description",
                store_rows_text(rows, i, "description"), "proposal", (json_int_t)store_rows_int(rows, i, "proposal_id"),
                "created_at", cell_time(rows, i, "created_at"), "decided_at", cell_time(rows, i, "decided_at")));
    }
    return list;
}
