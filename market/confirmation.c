#include "market/confirmation.h"

#include <string.h>

#include "market/action.h"
#include "market/answer.h"
#include "market/audit.h"
#include "market/notify.h"
#include "market/proposal.h"
#include "market/quarantine.h"
#include "market/transcript.h"

enum { LIFETIME = 24 * 3600 };

/* What it was asked in. A job that went on since is another question; that somebody looked, as asking does, is not. */
static char *
state_now(struct act *act, const struct conversation *c)
{
    if (!c)
        return g_strdup("");
    enum job_state state = job_effective(c->state, c->due_at, act->now);
    if (state == JOB_NEW)
        state = JOB_OPENED;
    return g_strdup_printf("job %" G_GINT64_FORMAT " %s", c->job_id, job_state_name(state));
}

/* ---- asking ---- */

static gboolean
mail_question(struct performing *p, const struct command *command, const char *address, json_t *would, GError **error)
{
    const char *language = performing_language(p);
    json_t *data = json_pack("{s:s, s:O, s:s, s:I, s:s, s:o, s:I}", "line", command->line, "would", would, "subject",
                             p->in->subject, "until_time", (json_int_t)(p->act->now + LIFETIME), "own_address", address,
                             "own_actions", json_array(), "organisation_id", (json_int_t)p->organisation->id);
    action_add(json_object_get(data, "own_actions"), address, COMMAND_CONFIRM, NULL, language);
    return performing_tell(p, "confirm", p->conversation ? p->conversation->id : 0, data, address, error);
}

char *
confirmation_add(struct act *act, const struct question *q, GError **error)
{
    gint64 id = secret_random_id(), conversation_id = q->conversation ? q->conversation->id : 0;
    g_autofree char *state = state_now(act, q->conversation);
    struct link_token token = {LINK_CONFIRM, id, act->now + LIFETIME};
    if (!store_run(act->tx, STMT_CONFIRMATION_ADD, error, store_int(id), store_ref(q->organisation_id),
                   store_ref(conversation_id), store_text(side_name(q->side)), store_text(q->actor),
                   store_text(q->command), store_text(state), store_int(act->now), store_int(act->now + LIFETIME),
                   store_int(q->whole), store_ref(q->raw_id)) ||
        (q->raw_id && !store_run(act->tx, STMT_TIMER_SET, error, store_text("confirm"), store_int(id),
                                 store_int(act->now + LIFETIME + 1))) ||
        !audit_add(act, q->actor, "confirmation_asked", conversation_id, q->command, error))
        return NULL;
    return link_address(act->market, &token);
}

/* One of several answers in a mail has no files of its own. */
gboolean
confirmation_keeps_mail(const struct performing *p, enum command_id command)
{
    gboolean sends = command == COMMAND_PROPOSE || command == COMMAND_INVOICE || command == COMMAND_CHANGE;
    return sends && p->conversation && p->in->files->len && p->reading != READING_PART;
}

gboolean
confirmation_ask(struct performing *p, const struct command *command, json_t *would, GError **error)
{
    g_autofree char *argument = proposal_bound_argument(p, command, error);
    if (!argument)
        return FALSE;
    g_autofree char *text = g_strdup_printf("/%s %s", command_name(command->id), argument);
    const struct question question = {.organisation_id = p->organisation->id,
                                      .conversation = p->conversation,
                                      .side = p->side,
                                      .actor = p->actor,
                                      .command = text,
                                      .whole = p->request,
                                      .raw_id = confirmation_keeps_mail(p, command->id) ? p->raw_id : 0};
    g_autofree char *address = confirmation_add(p->act, &question, error);
    return address && mail_question(p, command, address, would, error);
}

/* What came of it. Caller frees; NULL on error. */
static char *
state_reloaded(struct performing *p, GError **error)
{
    g_autoptr(conversation) c = NULL;
    return conversation_load(p->act, p->conversation->id, &c, error) ? state_now(p->act, c) : NULL;
}

gboolean
confirmation_settle(struct performing *p, GError **error)
{
    if (!p->conversation)
        return TRUE;
    g_autofree char *state = state_reloaded(p, error);
    return state && store_run(p->act->tx, STMT_CONFIRMATION_SETTLE, error, store_int(p->conversation->id),
                              store_text(p->actor), store_int(p->act->now), store_text(state));
}

/* ---- the answer ---- */

/* Whoever acted when it was asked must still act for that side. */
static gboolean
still_speaks(struct performing *p, gboolean *speaks, GError **error)
{
    if (p->side == SIDE_PARTNER)
        return organisation_has_address(p->act, p->organisation->id, p->actor, speaks, error);
    *speaks = FALSE;
    return !p->conversation || merchant_has_address(p->act, p->conversation->merchant_id, p->actor, speaks, error);
}

/* Why it does not act; NULL: it may. */
static const char *
obstacle(struct performing *p, const store_rows *row)
{
    g_autofree char *state = state_now(p->act, p->conversation);
    const GPtrArray *list = p->in->commands.list;
    if (!list->len || ((const struct command *)g_ptr_array_index(list, 0))->id != COMMAND_CONFIRM)
        return "cannot.confirm_without_word";
    if (!store_rows_is_null(row, 0, "used_at"))
        return "cannot.confirmation_used";
    if (store_rows_int(row, 0, "expires_at") < p->act->now)
        return "cannot.confirmation_expired";
    if (strcmp(store_rows_text(row, 0, "state"), state) != 0)
        return "cannot.confirmation_moved";
    return NULL;
}

/* What the mail that asked said to the merchant goes with the first of its commands that is confirmed. Taken back by
 * the mail that confirms. */
static gboolean
say_asked(struct performing *p, gpointer arg, GError **error)
{
    const struct held_mail *asked = arg;
    g_autoptr(store_rows) said =
        store_query(p->act->tx, STMT_MESSAGE_OF_MAIL, error, store_int(p->conversation->id), store_int(asked->raw_id));
    if (!said || store_rows_count(said))
        return said != NULL;
    return answer_say(p, &asked->in, asked->raw_id, error);
}

/* That one command of a mail moved the job, or its words did, is no reason to refuse the others. */
static gboolean
move_others(struct performing *p, const store_rows *row, GError **error)
{
    if (!p->conversation)
        return TRUE;
    g_autofree char *state = state_reloaded(p, error);
    return state && store_run(p->act->tx, STMT_CONFIRMATION_MOVE, error, store_int(p->conversation->id),
                              store_text(p->actor), store_int(store_rows_int(row, 0, "created_at")),
                              store_text(store_rows_text(row, 0, "state")), store_text(state));
}

/* Spent before it acts: whatever comes of it, it was used. */
static gboolean
act_once(struct performing *p, const store_rows *row, const struct held_mail *asked, gboolean *done, GError **error)
{
    g_auto(commands_read_words) commands = {0};
    const struct performing confirming = *p;
    g_autoptr(store_rows) mine = store_query(p->act->tx, STMT_CONFIRMATION_USE, error,
                                             store_int(store_rows_int(row, 0, "id")), store_int(p->act->now));
    if (!mine)
        return FALSE;
    if (!store_rows_count(mine))
        return perform_fail(p, "cannot.confirmation_used", NULL);
    commands_read(store_rows_text(row, 0, "command"), &commands);
    p->confirmed = TRUE;
    if (asked && p->side == SIDE_MERCHANT) { /* its words are the command's own, and so are its files */
        p->in = &asked->in;
        p->raw_id = asked->raw_id;
    }
    gboolean ok = perform_commands(p, &commands, asked && p->side == SIDE_PARTNER ? say_asked : NULL, (gpointer)asked,
                                   done, error);
    p->in = confirming.in;
    p->raw_id = confirming.raw_id;
    p->message = ""; /* what it pointed to ends here */
    return ok;
}

static gboolean
answer_question(struct performing *p, const store_rows *row, const char *recipient, const struct held_mail *asked,
                GError **error)
{
    gboolean done = FALSE;
    const char *why = obstacle(p, row);
    if (why ? !perform_fail(p, why, NULL) : !act_once(p, row, asked, &done, error))
        return FALSE;
    if (done && !move_others(p, row, error))
        return FALSE;
    if (!done && !quarantine_add(p->act, p->in, p->raw_id, "a confirmation that did not act", recipient,
                                 p->conversation ? p->conversation->id : 0, error))
        return FALSE;
    return transcript_send(p, done, error);
}

/* ---- the mail that waits with it ---- */

struct asking {
    gint64 id;
    struct held_mail *asked;
};

static gboolean
load_asked(store_tx *tx, gpointer arg, GError **error)
{
    struct asking *asking = arg;
    const struct link_token asks = {LINK_CONFIRM, asking->id, 0};
    held_mail_free(g_steal_pointer(&asking->asked));
    g_autoptr(store_rows) row = store_query(tx, STMT_CONFIRMATION_BY_ID, error, store_int(asking->id));
    if (!row)
        return FALSE;
    if (!store_rows_count(row) || store_rows_is_null(row, 0, "raw_id") || !store_rows_is_null(row, 0, "used_at"))
        return TRUE;
    asking->asked =
        held_mail_load(tx, &asks, store_rows_int(row, 0, "raw_id"), store_rows_text(row, 0, "actor"), "", error);
    return asking->asked != NULL;
}

gboolean
confirmation_read(const struct market *market, gint64 id, struct held_mail **asked, GError **error)
{
    struct asking asking = {id, NULL};
    *asked = NULL;
    if (!store_read(market->store, load_asked, &asking, error) ||
        (asking.asked && !held_mail_read(market, asking.asked, error))) {
        held_mail_free(asking.asked);
        return FALSE;
    }
    *asked = asking.asked;
    return TRUE;
}

/* ---- nobody confirmed ---- */

/* One a mail, however many of its commands waited; at the address that asked. */
static gboolean
tell_over(struct act *act, const struct conversation *c, const store_rows *row, GError **error)
{
    const char *actor = store_rows_text(row, 0, "actor");
    g_autoptr(merchant) merchant = NULL;
    gboolean partner = strcmp(store_rows_text(row, 0, "side"), side_name(SIDE_PARTNER)) == 0, speaks = FALSE;
    if (!(partner ? organisation_has_address(act, c->organisation_id, actor, &speaks, error)
                  : merchant_has_address(act, c->merchant_id, actor, &speaks, error)) ||
        !merchant_by_id(act, c->merchant_id, &merchant, error))
        return FALSE;
    if (!speaks)
        return TRUE;
    g_autofree char *cause = g_strdup_printf("unconfirmed-%" G_GINT64_FORMAT, store_rows_int(row, 0, "raw_id"));
    json_t *data = json_pack("{s:{s:s}, s:s, s:I}", "reason", "say", "not-relayed.unconfirmed", "mail_subject", "",
                             "at_time", (json_int_t)store_rows_int(row, 0, "created_at"));
    const struct addressee to = {actor, NULL, merchant->language, side_name(SIDE_MERCHANT)};
    if (!partner)
        return notify_one(act, "not-relayed", &to, c->id, data, cause, error);
    gboolean done = notify_member(act, "not-relayed", c, actor, "", data, cause, error);
    json_decref(data);
    return done;
}

gboolean
confirmation_run(struct act *act, gint64 id, GError **error)
{
    g_autoptr(conversation) c = NULL;
    g_autoptr(store_rows) row = store_query(act->tx, STMT_CONFIRMATION_BY_ID, error, store_int(id));
    if (!row || !store_rows_count(row) || !store_rows_is_null(row, 0, "used_at"))
        return row != NULL;
    gint64 conversation_id = store_rows_int(row, 0, "conversation_id"), raw_id = store_rows_int(row, 0, "raw_id");
    g_autoptr(store_rows) said =
        store_query(act->tx, STMT_MESSAGE_OF_MAIL, error, store_int(conversation_id), store_int(raw_id));
    if (!said || store_rows_count(said)) /* it went with another of its commands */
        return said != NULL;
    return conversation_load(act, conversation_id, &c, error) && tell_over(act, c, row, error);
}

/* ---- all of it ---- */

static gboolean
load_question(struct act *act, const store_rows *row, struct conversation **c, struct organisation **organisation,
              GError **error)
{
    gint64 conversation_id = store_rows_int(row, 0, "conversation_id");
    return (!conversation_id || conversation_load(act, conversation_id, c, error)) &&
           organisation_by_id(act, store_rows_int(row, 0, "organisation_id"), organisation, error);
}

gboolean
confirmation_take(struct act *act, const struct incoming *in, gint64 id, const char *recipient, gint64 raw_id,
                  const struct held_mail *asked, GError **error)
{
    g_autoptr(conversation) c = NULL;
    g_autoptr(organisation) organisation = NULL;
    gboolean speaks = FALSE;
    g_autoptr(store_rows) row = store_query(act->tx, STMT_CONFIRMATION_BY_ID, error, store_int(id));
    if (!row)
        return FALSE;
    if (incoming_is_by_machine(in) || !store_rows_count(row))
        return quarantine_add(act, in, raw_id, "automatic mail", recipient, 0, error);
    if (!load_question(act, row, &c, &organisation, error))
        return FALSE;
    const char *actor = store_rows_text(row, 0, "actor");
    gboolean partner = strcmp(store_rows_text(row, 0, "side"), side_name(SIDE_PARTNER)) == 0;
    struct performing p = {
        .act = act,
        .in = in,
        .side = partner ? SIDE_PARTNER : SIDE_MERCHANT,
        .conversation = c,
        .organisation = organisation,
        .actor = actor,
        .actor_name = in->author_name,
        .raw_id = raw_id,
        .trust = trust_of(act->market->conf, in, TRUE),
        .request = store_rows_int(row, 0, "whole") != 0,
        .message = "",
        .items = json_array(),
    };
    gboolean done = still_speaks(&p, &speaks, error) && (!partner || performing_find_member(&p, error));
    if (done && (!speaks || p.trust == TRUST_QUARANTINE || g_strcmp0(in->author_address, actor) != 0))
        done = quarantine_add(act, in, raw_id, "a confirmation from somebody else", recipient, 0, error);
    else if (done)
        done = answer_question(&p, row, recipient, asked, error);
    json_decref(p.items);
    return done;
}
