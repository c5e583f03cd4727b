#include "market/proposal.h"

#include <string.h>

#include "lib/text.h"
#include "market/action.h"
#include "market/audit.h"
#include "market/cell.h"
#include "market/draft.h"
#include "market/invoice.h"
#include "market/lead.h"
#include "market/money.h"
#include "market/notify.h"
#include "market/relay.h"
#include "market/tell.h"

/* ---- rows ---- */

void
proposal_free(struct proposal *proposal)
{
    if (!proposal)
        return;
    g_free(proposal->state);
    g_free(proposal->currency);
    g_free(proposal);
}

static struct proposal *
proposal_from(const store_rows *rows, guint i)
{
    if (i >= store_rows_count(rows))
        return NULL;
    struct proposal *proposal = g_new0(struct proposal, 1);
    proposal->id = store_rows_int(rows, i, "id");
    proposal->conversation_id = store_rows_int(rows, i, "conversation_id");
    proposal->job_id = store_rows_int(rows, i, "job_id");
    proposal->number = store_rows_int(rows, i, "number");
    proposal->version = store_rows_int(rows, i, "version");
    proposal->state = g_strdup(store_rows_text(rows, i, "state"));
    proposal->total = store_rows_int(rows, i, "total");
    proposal->currency = g_strdup(store_rows_text(rows, i, "currency"));
    proposal->decided_at = store_rows_int(rows, i, "decided_at");
    return proposal;
}

static gboolean
take(store_rows *rows, struct proposal **proposal)
{
    if (!rows)
        return FALSE;
    *proposal = proposal_from(rows, 0);
    store_rows_free(rows);
    return TRUE;
}

/* `*proposal` NULL with TRUE: there is none. */
static gboolean
load(struct act *act, gint64 id, struct proposal **proposal, GError **error)
{
    return take(store_query(act->tx, STMT_PROPOSAL_BY_ID, error, store_int(id)), proposal);
}

gboolean
proposal_accepted(struct act *act, gint64 conversation_id, const char *currency, struct proposal **proposal,
                  GError **error)
{
    return take(store_query(act->tx, STMT_PROPOSAL_ACCEPTED, error, store_int(conversation_id), store_text(currency)),
                proposal);
}

/* The newest of a conversation, or (`number` not 0) the newest version of that number. */
static gboolean
load_newest(struct act *act, gint64 conversation_id, gint64 number, struct proposal **proposal, GError **error)
{
    return take(store_query(act->tx, STMT_PROPOSAL_NEWEST, error, store_int(conversation_id), store_int(number)),
                proposal);
}

static gboolean
is(const struct proposal *proposal, const char *state)
{
    return strcmp(proposal->state, state) == 0;
}

/* May still be accepted, declined, withdrawn. */
static gboolean
is_open(const struct proposal *proposal)
{
    return is(proposal, "sent") || is(proposal, "change_requested");
}

/* "#1.2", for links: the row's of version 2 of proposal 1. */
static char *
reference_of(const struct proposal *proposal)
{
    return g_strdup_printf("#%" G_GINT64_FORMAT ".%" G_GINT64_FORMAT, proposal->number, proposal->version);
}

/* What is said of one wherever it is named. */
static json_t *
brief(const struct proposal *proposal)
{
    g_autofree char *reference = reference_of(proposal);
    return json_pack("{s:s, s:I, s:I, s:o}", "reference", reference, "number", (json_int_t)proposal->number, "version",
                     (json_int_t)proposal->version, "total_money", money_json(proposal->total, proposal->currency));
}

/* ---- facts ---- */

static json_t *
lines_of(const char *text)
{
    json_t *lines = json_array();
    g_auto(GStrv) split = g_strsplit(text, "\n", -1);
    for (char **line = split; *line && *text; line++)
        json_array_append_new(lines, json_pack("{s:s}", "line", *line));
    return lines;
}

/* `money` names the price's member: facts for a mail have another shape than a listing's. */
static json_t *
milestones_of(store_tx *tx, gint64 id, const char *currency, const char *money, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_MILESTONES, error, store_int(id));
    if (!rows)
        return NULL;
    json_t *list = json_array();
    for (guint i = 0; i < store_rows_count(rows); i++)
        json_array_append_new(list, json_pack("{s:i, s:s, s:o, s:s}", "number", i + 1, "description",
                                              store_rows_text(rows, i, "description"), money,
                                              money_json(store_rows_int(rows, i, "price"), currency), "duration",
                                              store_rows_text(rows, i, "duration")));
    return list;
}

json_t *
proposal_facts(store_tx *tx, gint64 id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_PROPOSAL_BY_ID, error, store_int(id));
    if (!rows)
        return NULL;
    g_autoptr(proposal) proposal = proposal_from(rows, 0);
    if (!proposal) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "proposal %" G_GINT64_FORMAT " is gone", id);
        return NULL;
    }
    json_t *milestones = milestones_of(tx, id, proposal->currency, "price_money", error);
    if (!milestones)
        return NULL;
    const char *service = store_rows_text(rows, 0, "service"), *terms = store_rows_text(rows, 0, "terms");
    json_t *facts = brief(proposal);
    json_object_set_new(facts, "state", json_string(proposal->state));
    json_object_set_new(facts, "service", json_string(service ? service : ""));
    json_object_set_new(facts, "lines", lines_of(store_rows_text(rows, 0, "description")));
    json_object_set_new(facts, "has_terms", json_boolean(*terms));
    json_object_set_new(facts, "terms", lines_of(terms));
    json_object_set_new(facts, "has_milestones", json_boolean(json_array_size(milestones)));
    json_object_set_new(facts, "milestones", milestones);
    json_object_set_new(facts, "revised", json_boolean(proposal->version > 1));
    return facts;
}

static json_t *
list_entry(store_tx *tx, const store_rows *rows, guint i, GError **error)
{
    const char *currency = store_rows_text(rows, i, "currency");
    gint64 id = store_rows_int(rows, i, "id");
    json_t *milestones = milestones_of(tx, id, currency, "price", error);
    if (!milestones)
        return NULL;
    return json_pack("{s:I, s:I, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", (json_int_t)id,
                     "conversation", (json_int_t)store_rows_int(rows, i, "conversation_id"), "organisation",
                     cell_text(rows, i, "organisation"), "number", (json_int_t)store_rows_int(rows, i, "number"),
                     "version", (json_int_t)store_rows_int(rows, i, "version"), "state", cell_text(rows, i, "state"),
                     "service", cell_text(rows, i, "service"), "description", cell_text(rows, i, "description"),
                     "terms", cell_text(rows, i, "terms"), "total",
                     money_json(store_rows_int(rows, i, "total"), currency), "milestones", milestones, "created_at",
                     cell_time(rows, i, "created_at"), "decided_at", cell_time(rows, i, "decided_at"), "decided_by",
                     cell_text(rows, i, "decided_by"));
}

json_t *
proposal_list(store_tx *tx, gint64 conversation_id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_PROPOSALS, error, store_int(conversation_id));
    return rows ? proposal_rows(tx, rows, error) : NULL;
}

json_t *
proposal_rows(store_tx *tx, const store_rows *rows, GError **error)
{
    json_t *list = json_array();
    for (guint i = 0; i < store_rows_count(rows); i++) {
        json_t *entry = list_entry(tx, rows, i, error);
        if (!entry) {
            json_decref(list);
            return NULL;
        }
        json_array_append_new(list, entry);
    }
    return list;
}

json_t *
proposal_said(store_tx *tx, gint64 conversation_id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_PROPOSALS, error, store_int(conversation_id));
    if (!rows)
        return NULL;
    json_t *list = json_array();
    for (guint i = 0; i < store_rows_count(rows); i++) {
        g_autoptr(proposal) proposal = proposal_from(rows, i);
        g_autofree char *key = g_strdup_printf("conversation.proposal_%s", proposal->state);
        json_t *item = brief(proposal);
        json_object_set_new(item, "say", json_string(key));
        json_array_append_new(list, item);
    }
    return list;
}

/* ---- proposing ---- */

/* A draft's text as the other side may see it. */
static char *
shown(struct act *act, const char *text)
{
    return link_scrub(act->market, text, NULL, "[address]");
}

/* Which one it is: a new one, or the next version of one that is not settled. */
static gboolean
number_it(struct act *act, gint64 conversation_id, struct proposal *next, GError **error)
{
    g_autoptr(proposal) last = NULL;
    if (!load_newest(act, conversation_id, 0, &last, error))
        return FALSE;
    gboolean goes_on = last && (is_open(last) || is(last, "declined"));
    next->number = !last ? 1 : goes_on ? last->number : last->number + 1;
    next->version = goes_on ? last->version + 1 : 1;
    return !goes_on || store_run(act->tx, STMT_PROPOSAL_SUPERSEDE, error, store_int(last->id), store_int(act->now));
}

static gboolean
add_milestones(struct act *act, gint64 id, const struct draft *draft, GError **error)
{
    for (guint i = 0; i < draft->milestones->len; i++) {
        const struct draft_milestone *m = g_ptr_array_index(draft->milestones, i);
        g_autofree char *description = shown(act, m->description), *duration = shown(act, m->duration);
        if (!store_run(act->tx, STMT_MILESTONE_ADD, error, store_int(id), store_int(i + 1), store_text(description),
                       store_int(m->price), store_text(duration)))
            return FALSE;
    }
    return TRUE;
}

static gboolean
add(struct act *act, const struct conversation *c, const struct draft *draft, struct proposal *next, GError **error)
{
    g_autofree char *description = shown(act, draft->description), *terms = shown(act, draft->terms);
    g_autofree char *service = draft->service ? shown(act, draft->service) : g_strdup(c->service);
    if (!number_it(act, c->id, next, error))
        return FALSE;
    g_autoptr(store_rows) rows =
        store_query(act->tx, STMT_PROPOSAL_ADD, error, store_int(c->id), store_int(c->job_id), store_int(next->number),
                    store_int(next->version), store_text(service), store_text(description), store_int(draft->total),
                    store_text(draft->currency), store_text(terms), store_int(act->now));
    if (!rows)
        return FALSE;
    next->id = store_rows_int(rows, 0, "id");
    next->total = draft->total;
    next->currency = g_strdup(draft->currency);
    next->state = g_strdup("sent");
    return add_milestones(act, next->id, draft, error);
}

/* The mail that shows one version, to everybody of the merchant's side; its reply address is bound to that version. */
static gboolean
show(struct act *act, const struct conversation *c, const struct proposal *proposal, const char *again, GError **error)
{
    g_autofree char *about = g_strdup_printf("proposal %" G_GINT64_FORMAT, proposal->id);
    g_autofree char *cause = g_strdup_printf("proposal-%" G_GINT64_FORMAT "%s", proposal->id, again);
    static const enum command_id commands[] = {COMMAND_ACCEPT, COMMAND_DECLINE, COMMAND_CHANGE, COMMAND_UNKNOWN};
    json_t *data = json_pack("{s:I}", "proposal_id", (json_int_t)proposal->id);
    gboolean done = tell_about(act, "proposal", c, about, commands, data, cause, error);
    json_decref(data);
    return done;
}

static gboolean
put(struct performing *p, const struct conversation *c, const struct draft *draft, enum job_state next, GError **error)
{
    g_autoptr(proposal) proposal = g_new0(struct proposal, 1);
    if (!add(p->act, c, draft, proposal, error) || !conversation_set_state(p->act, c, next, error) ||
        !relay_mark_answered(p, c, error) || !show(p->act, c, proposal, "", error) ||
        !store_run(p->act->tx, STMT_CONVERSATION_STIR, error, store_int(c->id), store_int(p->act->now)) ||
        !audit_add(p->act, p->actor, "proposal_sent", proposal->id, draft->description, error))
        return FALSE;
    perform_said(p, "said.proposal_sent", brief(proposal));
    return TRUE;
}

/* What one looks like, for who wrote none. */
static json_t *
example(void)
{
    static const char *const lines[] = {"example.description", "example.milestone_1", "example.milestone_2",
                                        "example.total", "example.terms"};
    json_t *list = json_array();
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++)
        json_array_append_new(list, json_pack("{s:s}", "say", lines[i]));
    return json_pack("{s:o}", "example", list);
}

gboolean
proposal_perform_propose(struct performing *p, const struct command *command, GError **error)
{
    g_autoptr(conversation) c = NULL;
    g_auto(draft) draft = {0};
    json_t *variables = NULL;
    if (!conversation_load(p->act, p->conversation->id, &c, error))
        return FALSE;
    int next = job_next(job_effective(c->state, c->due_at, p->act->now), JOB_PARTNER_WRITES);
    if (next == JOB_REFUSED)
        return perform_fail(p, "cannot.job_expired", NULL);
    g_autofree char *stray = draft_stray_label(p->message);
    if (stray)
        return perform_fail(p, "cannot.proposal_stray", json_pack("{s:s}", "label", stray));
    const char *key = draft_read(command->argument, &draft, &variables);
    if (key)
        return perform_fail(p, key, strcmp(key, "cannot.proposal_empty") == 0 ? example() : variables);
    return put(p, c, &draft, (enum job_state)next, error);
}

/* ---- which one is meant ---- */

/* Reads "#1.2" or, where `bare`, "1.2" at the start of an argument. `*rest`: what follows. */
static gboolean
read_reference(const char *argument, gboolean bare, gint64 *number, gint64 *version, const char **rest)
{
    const char *p = argument;
    char *end;
    if (*p == '#')
        p++;
    else if (!bare)
        return FALSE;
    if (!g_ascii_isdigit(*p))
        return FALSE;
    *number = g_ascii_strtoll(p, &end, 10);
    if (*end != '.' || !g_ascii_isdigit(end[1]))
        return FALSE;
    *version = g_ascii_strtoll(end + 1, &end, 10);
    if (*end && !g_ascii_isspace(*end) && *end != ':')
        return FALSE;
    *rest = end + strspn(end, ": \t\n");
    return TRUE;
}

/* The version that a mail decides on: named behind the command, or the one that its reply address is bound to. NULL:
 * neither. */
static gboolean
find_meant(struct performing *p, const char *argument, gboolean bare, struct proposal **proposal, const char **rest,
           GError **error)
{
    gint64 number = 0, version = 0;
    *proposal = NULL;
    *rest = argument;
    if (read_reference(argument, bare, &number, &version, rest))
        return take(store_query(p->act->tx, STMT_PROPOSAL_FIND, error, store_int(p->conversation->id),
                                store_int(number), store_int(version)),
                    proposal);
    return !p->proposal_id || load(p->act, p->proposal_id, proposal, error);
}

char *
proposal_bound_argument(struct performing *p, const struct command *command, GError **error)
{
    g_autoptr(proposal) proposal = NULL;
    gint64 number = 0, version = 0;
    const char *rest = NULL;
    gboolean decides = command->id == COMMAND_ACCEPT || command->id == COMMAND_DECLINE || command->id == COMMAND_CHANGE;
    if (!decides || !p->proposal_id || read_reference(command->argument, TRUE, &number, &version, &rest))
        return g_strdup(command->argument);
    if (!load(p->act, p->proposal_id, &proposal, error))
        return NULL;
    g_autofree char *reference = reference_of(proposal);
    return g_strdup_printf("%s %s", reference, command->argument);
}

/* Which one is not guessed: another version may be on its way. */
static gboolean
ask_which(struct performing *p, GError **error)
{
    g_autoptr(proposal) newest = NULL;
    if (!load_newest(p->act, p->conversation->id, 0, &newest, error))
        return FALSE;
    if (!newest || !is_open(newest))
        return perform_fail(p, "cannot.no_proposal", NULL);
    return perform_fail(p, "cannot.proposal_which", brief(newest));
}

/* Refused, and the current one is shown: not a failure, which would take back the mail that shows it. */
static gboolean
show_current(struct performing *p, const struct proposal *old, GError **error)
{
    g_autoptr(proposal) current = NULL;
    g_autoptr(conversation) c = NULL;
    g_autofree char *again = g_strdup_printf("-%s", p->in->key);
    if (!load_newest(p->act, old->conversation_id, old->number, &current, error) ||
        !conversation_load(p->act, old->conversation_id, &c, error))
        return FALSE;
    if (!is_open(current))
        return perform_fail(p, "cannot.no_proposal", NULL);
    perform_said(p, "said.proposal_superseded", brief(current));
    return show(p->act, c, current, again, error);
}

/* Why a version cannot be decided on any more. */
static gboolean
refuse_settled(struct performing *p, const struct proposal *proposal, GError **error)
{
    static const struct {
        const char *state, *key;
    } reasons[] = {{"accepted", "cannot.proposal_accepted"},
                   {"declined", "cannot.proposal_declined"},
                   {"withdrawn", "cannot.proposal_withdrawn"},
                   {"closed", "cannot.proposal_closed"}};
    if (is(proposal, "superseded"))
        return show_current(p, proposal, error);
    for (guint i = 0; i < G_N_ELEMENTS(reasons); i++)
        if (is(proposal, reasons[i].state))
            return perform_fail(p, reasons[i].key, brief(proposal));
    g_assert_not_reached();
}

/* ---- deciding ---- */

static gboolean
set_state(struct performing *p, const struct proposal *proposal, const char *state, GError **error)
{
    g_autofree char *event = g_strdup_printf("proposal_%s", state);
    return store_run(p->act->tx, STMT_PROPOSAL_DECIDE, error, store_int(proposal->id), store_text(state),
                     store_int(p->act->now), store_text(p->actor)) &&
           store_run(p->act->tx, STMT_CONVERSATION_STIR, error, store_int(proposal->conversation_id),
                     store_int(p->act->now)) &&
           audit_add(p->act, p->actor, event, proposal->id, NULL, error);
}

/* The merchant answered: the job waits for the partner, and what waited for a lead's answer goes (R8). */
static gboolean
merchant_moves(struct performing *p, const struct conversation *c, GError **error)
{
    int next = job_next(job_effective(c->state, c->due_at, p->act->now), JOB_MERCHANT_WRITES);
    return (next >= JOB_STATES || conversation_set_state(p->act, c, (enum job_state)next, error)) &&
           lead_release(p->act, c, error);
}

/* What both sides, or one, are told of a decision. */
static gboolean
tell(struct performing *p, const struct conversation *c, const struct proposal *proposal, const char *kind, guint sides,
     const char *reason, GError **error)
{
    g_autofree char *cause = g_strdup_printf("proposal-%" G_GINT64_FORMAT, proposal->id);
    json_t *data = brief(proposal);
    json_object_set_new(data, "reason", json_string(reason));
    gboolean done = (!(sides & 1 << SIDE_PARTNER) || tell_partner(p->act, kind, c, data, cause, error)) &&
                    (!(sides & 1 << SIDE_MERCHANT) || tell_merchants(p->act, kind, c, data, cause, error));
    json_decref(data);
    return done;
}

enum { TO_PARTNER = 1 << SIDE_PARTNER, TO_MERCHANT = 1 << SIDE_MERCHANT };

static gboolean
accept(struct performing *p, const struct proposal *proposal, GError **error)
{
    g_autoptr(conversation) c = NULL;
    if (!conversation_load(p->act, proposal->conversation_id, &c, error) ||
        !set_state(p, proposal, "accepted", error) || !merchant_moves(p, c, error) ||
        !tell(p, c, proposal, "proposal-accepted", TO_PARTNER | TO_MERCHANT, "", error))
        return FALSE;
    perform_said(p, "said.proposal_accepted", brief(proposal));
    return TRUE;
}

gboolean
proposal_perform_accept(struct performing *p, const struct command *command, GError **error)
{
    g_autoptr(proposal) proposal = NULL;
    const char *rest = NULL;
    if (!find_meant(p, command->argument, TRUE, &proposal, &rest, error))
        return FALSE;
    if (!proposal)
        return ask_which(p, error);
    if (is_open(proposal))
        return accept(p, proposal, error);
    if (!is(proposal, "accepted"))
        return refuse_settled(p, proposal, error);
    perform_said(p, "said.proposal_already_accepted", brief(proposal)); /* tapped twice, or by two of the staff */
    return TRUE;
}

/* A reason as it is told: one line, with no address of ours. */
static char *
reason_of(struct act *act, const char *words)
{
    g_autofree char *line = text_one_line(words, 1000);
    return shown(act, line);
}

static gboolean
decline(struct performing *p, const struct proposal *proposal, const char *words, GError **error)
{
    g_autoptr(conversation) c = NULL;
    g_autofree char *reason = reason_of(p->act, words);
    if (!conversation_load(p->act, proposal->conversation_id, &c, error) ||
        !set_state(p, proposal, "declined", error) || !merchant_moves(p, c, error) ||
        !tell(p, c, proposal, "proposal-declined", TO_PARTNER, reason, error))
        return FALSE;
    perform_said(p, "said.proposal_declined", brief(proposal));
    return TRUE;
}

gboolean
proposal_decline(struct performing *p, const struct command *command, gboolean *taken, GError **error)
{
    g_autoptr(proposal) proposal = NULL;
    const char *rest = NULL;
    if (!find_meant(p, command->argument, FALSE, &proposal, &rest, error))
        return FALSE;
    *taken = proposal != NULL;
    if (!proposal)
        return TRUE;
    return is_open(proposal) ? decline(p, proposal, rest, error) : refuse_settled(p, proposal, error);
}

/* The merchant's words are a message of the conversation; the partner's mail carries them. */
static gboolean
change(struct performing *p, const struct proposal *proposal, const char *text, GError **error)
{
    g_autoptr(conversation) c = NULL;
    gint64 message_id = 0;
    g_autofree char *cause = g_strdup_printf("proposal-%" G_GINT64_FORMAT "-%s", proposal->id, p->in->key);
    const struct words words = {"in", text, p->actor_name, p->actor, TRUE, READING_PART};
    if (!conversation_load(p->act, proposal->conversation_id, &c, error) ||
        !conversation_add_message(p->act, c->id, p->in, &words, p->raw_id, &message_id, error) ||
        !set_state(p, proposal, "change_requested", error) || !merchant_moves(p, c, error))
        return FALSE;
    json_t *data = brief(proposal);
    gboolean done = tell_message(p->act, "proposal-change", c, message_id, data, cause, error);
    json_decref(data);
    perform_said(p, "said.proposal_change", brief(proposal));
    return done;
}

gboolean
proposal_perform_change(struct performing *p, const struct command *command, GError **error)
{
    g_autoptr(proposal) proposal = NULL;
    const char *rest = NULL;
    if (!find_meant(p, command->argument, FALSE, &proposal, &rest, error))
        return FALSE;
    if (!proposal)
        return ask_which(p, error);
    if (!is_open(proposal))
        return refuse_settled(p, proposal, error);
    if (!*rest)
        return perform_fail(p, "cannot.change_without_words", NULL);
    return change(p, proposal, rest, error);
}

/* ---- taking back ---- */

static gboolean
withdraw(struct performing *p, gint64 number, GError **error)
{
    g_autoptr(proposal) proposal = NULL;
    g_autoptr(conversation) c = NULL;
    if (!load_newest(p->act, p->conversation->id, number, &proposal, error) ||
        !conversation_load(p->act, p->conversation->id, &c, error))
        return FALSE;
    if (!proposal || !is_open(proposal))
        return perform_fail(p, "cannot.no_proposal", NULL);
    if (!set_state(p, proposal, "withdrawn", error) ||
        !tell(p, c, proposal, "proposal-withdrawn", TO_MERCHANT, "", error))
        return FALSE;
    perform_said(p, "said.proposal_withdrawn", brief(proposal));
    return TRUE;
}

/* "/withdraw", "/withdraw 2", "/withdraw invoice 3" in any language. */
gboolean
proposal_perform_withdraw(struct performing *p, const struct command *command, GError **error)
{
    const char *argument = command->argument;
    gsize word = strcspn(argument, " #0123456789");
    if (word) {
        g_autofree char *name = g_strndup(argument, word);
        enum command_id id = command_of_word(name);
        const char *number = argument + word + strspn(argument + word, " #");
        if (id == COMMAND_INVOICE)
            return invoice_withdraw(p, number, error);
        if (id != COMMAND_PROPOSE)
            return perform_fail(p, "cannot.withdraw_what", NULL);
        argument = number;
    }
    argument += strspn(argument, "#");
    return withdraw(p, g_ascii_strtoll(argument, NULL, 10), error);
}
