#include "market/perform.h"

#include "market/assign.h"
#include "market/access.h"
#include "market/audit.h"
#include "market/block.h"
#include "market/comment.h"
#include "market/confirmation.h"
#include "market/event.h"
#include "market/help.h"
#include "market/lead.h"
#include "market/reading.h"
#include "market/rematch.h"
#include "market/member.h"
#include "market/notify.h"
#include "market/offer.h"
#include "market/prefs.h"
#include "market/results.h"
#include "market/state.h"
#include "market/tag.h"
#include "market/undo.h"
#include "market/invoice.h"
#include "market/proposal.h"
#include "market/review.h"

/* How bad it is when somebody else's mail did it. */
enum risk {
    RISK_LOW,
    RISK_MATTERS,      /* confirmed where the sender is not certain */
    RISK_IRREVERSIBLE, /* always confirmed */
};

enum { PARTNER = 1 << SIDE_PARTNER, MERCHANT = 1 << SIDE_MERCHANT, BOTH = PARTNER | MERCHANT };
enum place { ANYWHERE, IN_CONVERSATION };

#define STATE(state) (1u << (state))
#define UNANSWERED (STATE(JOB_NEW) | STATE(JOB_OPENED))
#define RUNNING (STATE(JOB_RESPONDED) | STATE(JOB_AWAITING_RESPONSE))
#define OPEN (UNANSWERED | RUNNING | STATE(JOB_INACTIVE))

/* A command without a function is refused. */
static const struct rule {
    command_fn *perform;
    guint8 sides; /* of enum side, as bits */
    enum place place;
    enum risk risk;
    guint states;     /* of enum job_state, as bits: where `/help` offers it; 0: in all */
    gboolean history; /* works behind a block too: it changes nothing between the two sides */
} rules[COMMAND_COUNT] = {
    [COMMAND_TAG] = {tag_perform_add, PARTNER, IN_CONVERSATION, RISK_LOW, 0, TRUE},
    [COMMAND_UNTAG] = {tag_perform_take, PARTNER, IN_CONVERSATION, RISK_LOW, 0, TRUE},
    [COMMAND_TAG_RENAME] = {tag_perform_rename, PARTNER, ANYWHERE, RISK_LOW, 0},
    [COMMAND_TAG_DELETE] = {tag_perform_delete, PARTNER, ANYWHERE, RISK_IRREVERSIBLE, 0},
    [COMMAND_TAGS] = {tag_perform_list, PARTNER, ANYWHERE, RISK_LOW, 0},
    [COMMAND_BLOCK] = {block_perform, PARTNER, IN_CONVERSATION, RISK_IRREVERSIBLE, 0, TRUE},
    [COMMAND_LIST] = {results_perform_list, PARTNER, ANYWHERE, RISK_LOW, 0},
    [COMMAND_SEARCH] = {results_perform_search, PARTNER, ANYWHERE, RISK_LOW, 0},
    [COMMAND_JOBS] = {results_perform_jobs, PARTNER, ANYWHERE, RISK_LOW, 0},
    [COMMAND_MORE] = {results_perform_more, PARTNER, ANYWHERE, RISK_LOW, 0},
    [COMMAND_DECLINE] = {state_perform_decline, BOTH, IN_CONVERSATION, RISK_MATTERS, OPEN},
    [COMMAND_COMPLETE] = {state_perform_complete, PARTNER, IN_CONVERSATION, RISK_MATTERS,
                          RUNNING | STATE(JOB_INACTIVE)},
    [COMMAND_INACTIVE] = {state_perform_inactive, PARTNER, IN_CONVERSATION, RISK_MATTERS, RUNNING},
    [COMMAND_ACTIVE] = {state_perform_active, PARTNER, IN_CONVERSATION, RISK_LOW, STATE(JOB_INACTIVE)},
    [COMMAND_SPAM] = {state_perform_spam, PARTNER, IN_CONVERSATION, RISK_MATTERS, OPEN},
    [COMMAND_ANSWERED] = {state_perform_answered, PARTNER, IN_CONVERSATION, RISK_MATTERS, UNANSWERED},
    [COMMAND_SEND] = {lead_perform_send, PARTNER, IN_CONVERSATION, RISK_MATTERS, RUNNING},
    [COMMAND_ASSIGN] = {assign_perform, PARTNER, IN_CONVERSATION, RISK_LOW, 0},
    [COMMAND_UNASSIGN] = {assign_perform_take, PARTNER, IN_CONVERSATION, RISK_LOW, 0},
    [COMMAND_NOTE] = {comment_perform, PARTNER, IN_CONVERSATION, RISK_LOW, 0, TRUE},
    [COMMAND_READ] = {reading_perform_read, PARTNER, IN_CONVERSATION, RISK_LOW, 0, TRUE},
    [COMMAND_UNREAD] = {reading_perform_unread, PARTNER, IN_CONVERSATION, RISK_LOW, 0, TRUE},
    [COMMAND_SHOW] = {reading_perform_show, PARTNER, IN_CONVERSATION, RISK_LOW, 0, TRUE},
    [COMMAND_FULL] = {reading_perform_full, PARTNER, IN_CONVERSATION, RISK_LOW, OPEN | STATE(JOB_COMPLETED)},
    [COMMAND_UNDO] = {undo_perform, PARTNER, IN_CONVERSATION, RISK_LOW, 0},
    [COMMAND_REMATCH] = {rematch_perform, MERCHANT, IN_CONVERSATION, RISK_MATTERS,
                         STATE(JOB_DECLINED) | STATE(JOB_EXPIRED)},
    [COMMAND_PREFS] = {prefs_perform, PARTNER, ANYWHERE, RISK_MATTERS, 0},
    [COMMAND_AWAY] = {prefs_perform_away, PARTNER, ANYWHERE, RISK_MATTERS, 0},
    [COMMAND_SERVICE] = {offer_perform, PARTNER, ANYWHERE, RISK_MATTERS, 0},
    [COMMAND_ALIAS] = {member_perform_alias, BOTH, ANYWHERE, RISK_MATTERS, 0},
    [COMMAND_MEMBER] = {member_perform, PARTNER, ANYWHERE, RISK_MATTERS, 0},
    [COMMAND_PROPOSE] = {proposal_perform_propose, PARTNER, IN_CONVERSATION, RISK_MATTERS, 0},
    [COMMAND_INVOICE] = {invoice_perform_invoice, PARTNER, IN_CONVERSATION, RISK_MATTERS, 0},
    [COMMAND_WITHDRAW] = {proposal_perform_withdraw, PARTNER, IN_CONVERSATION, RISK_MATTERS, 0},
    [COMMAND_PAID] = {invoice_perform_paid, PARTNER, IN_CONVERSATION, RISK_MATTERS, 0},
    [COMMAND_ACCESS] = {access_perform_access, PARTNER, IN_CONVERSATION, RISK_MATTERS, 0},
    [COMMAND_REVIEW] = {review_perform_review, BOTH, IN_CONVERSATION, RISK_MATTERS, 0},
    [COMMAND_ACCEPT] = {proposal_perform_accept, MERCHANT, IN_CONVERSATION, RISK_MATTERS, 0},
    [COMMAND_CHANGE] = {proposal_perform_change, MERCHANT, IN_CONVERSATION, RISK_MATTERS, 0},
    [COMMAND_APPROVE] = {access_perform_approve, MERCHANT, IN_CONVERSATION, RISK_MATTERS, 0},
    [COMMAND_DENY] = {access_perform_deny, MERCHANT, IN_CONVERSATION, RISK_MATTERS, 0},
    [COMMAND_HELP] = {help_perform, BOTH, ANYWHERE, RISK_LOW, 0},
};

gboolean
perform_is_possible(const struct performing *p, enum command_id id)
{
    const struct rule *rule = &rules[id];
    if (!rule->perform || !(rule->sides & 1 << p->side) || (rule->place == IN_CONVERSATION && !p->conversation))
        return FALSE;
    if (!p->conversation || !rule->states)
        return TRUE;
    return rule->states & 1u << job_effective(p->conversation->state, p->conversation->due_at, p->act->now);
}

/* ---- what is told ---- */

static void
add_item(struct performing *p, gboolean ok, const char *key, json_t *variables)
{
    json_t *item = variables ? variables : json_object();
    json_object_set_new(item, "say", json_string(key));
    json_object_set_new(item, "line", json_string(p->line ? p->line : ""));
    json_object_set_new(item, "ok", json_boolean(ok));
    if (!ok && !json_object_get(item, "example"))
        json_object_set_new(item, "example", json_array());
    json_array_append_new(p->items, item);
}

void
perform_said(struct performing *p, const char *key, json_t *variables)
{
    add_item(p, TRUE, key, variables);
}

gboolean
perform_fail(struct performing *p, const char *key, json_t *variables)
{
    p->failed = TRUE;
    add_item(p, FALSE, key, variables);
    return TRUE;
}

gboolean
performing_find_member(struct performing *p, GError **error)
{
    g_autoptr(store_rows) rows =
        store_query(p->act->tx, STMT_MEMBER_BY_ADDRESS, error, store_int(p->organisation->id), store_text(p->actor));
    if (!rows)
        return FALSE;
    p->member_id = store_rows_count(rows) ? store_rows_int(rows, 0, "id") : 0;
    const char *chosen = p->member_id ? store_rows_text(rows, 0, "language") : NULL;
    g_strlcpy(p->language, chosen ? chosen : "", sizeof p->language);
    return TRUE;
}

const char *
performing_language(const struct performing *p)
{
    if (*p->language)
        return p->language;
    return p->side == SIDE_PARTNER && p->organisation ? p->organisation->language : p->in->language;
}

gboolean
performing_tell(struct performing *p, const char *kind, gint64 conversation_id, json_t *data, const char *cause,
                GError **error)
{
    const struct addressee to = {p->actor, p->actor_name, performing_language(p), side_name(p->side)};
    return notify_one(p->act, kind, &to, conversation_id, data, cause, error);
}

/* ---- asking first ---- */

/* Without a word behind them these only show. One more address that acts opens a door: always asked. */
static enum risk
risk_of(const struct rule *rule, const struct command *command)
{
    static const enum command_id showing[] = {COMMAND_PREFS, COMMAND_SERVICE, COMMAND_ALIAS, COMMAND_MEMBER};
    for (guint i = 0; i < G_N_ELEMENTS(showing); i++)
        if (command->id == showing[i] && !*command->argument)
            return RISK_LOW;
    if ((command->id == COMMAND_ALIAS || command->id == COMMAND_MEMBER) && member_address_is_added(command))
        return RISK_IRREVERSIBLE;
    return rule->risk;
}

static gboolean
is_to_be_confirmed(const struct performing *p, const struct rule *rule, const struct command *command)
{
    enum risk risk = risk_of(rule, command);
    return !p->confirmed && (risk == RISK_IRREVERSIBLE || (risk == RISK_MATTERS && p->trust == TRUST_CONFIRM));
}

struct trial {
    struct performing *p;
    const struct rule *rule;
    const struct command *command;
};

/* Performs it to see what it would do, and refuses itself. */
static gboolean
try_out(store_tx *tx, gpointer arg, GError **error)
{
    struct trial *trial = arg;
    (void)tx; /* p->act has it */
    if (!trial->rule->perform(trial->p, trial->command, error))
        return FALSE;
    g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED, "tried out");
    return FALSE;
}

/* What would fail is not asked. Of what was tried out nothing stays, but that it failed. */
static gboolean
ask_first(struct performing *p, const struct rule *rule, const struct command *command, GError **error)
{
    struct trial trial = {p, rule, command};
    const struct performing before = *p;
    const struct act act = *p->act;
    g_autoptr(GError) refusal = NULL;
    gboolean done = FALSE, failed;
    json_t *items = p->items, *would = json_array();
    p->items = would;
    gboolean tried = store_attempt(p->act->tx, try_out, &trial, &done, &refusal, error);
    failed = p->failed;
    *p = before;
    *p->act = act;
    p->failed = failed;
    if (tried && !g_error_matches(refusal, POSTERN_ERROR, POSTERN_ERROR_REFUSED)) {
        g_propagate_error(error, g_steal_pointer(&refusal));
        tried = FALSE;
    }
    if (tried && p->failed)
        json_array_extend(items, would);
    else if (tried && (tried = confirmation_ask(p, command, would, error)))
        perform_said(p, "said.confirmation_asked", NULL);
    p->asks = p->asks || (tried && !p->failed);
    p->waits = p->waits || (p->asks && confirmation_keeps_mail(p, command->id));
    json_decref(would);
    return tried;
}

/* ---- one after the other ---- */

static gboolean
perform_one(struct performing *p, const struct command *command, GError **error)
{
    const struct rule *rule = &rules[command->id];
    if (command->id == COMMAND_UNKNOWN)
        return perform_fail(p, "cannot.unknown_command", NULL);
    if (!rule->perform || !(rule->sides & 1 << p->side))
        return perform_fail(p, "cannot.not_yours", json_pack("{s:s}", "command", command_name(command->id)));
    if (rule->place == IN_CONVERSATION && !p->conversation)
        return perform_fail(p, "cannot.no_conversation", json_pack("{s:s}", "command", command_name(command->id)));
    gboolean blocked = FALSE;
    if (rule->place == IN_CONVERSATION && !rule->history &&
        !block_has_conversation(p->act, p->conversation->id, &blocked, error))
        return FALSE;
    if (blocked)
        return perform_fail(p, "cannot.blocked", NULL);
    if (is_to_be_confirmed(p, rule, command))
        return ask_first(p, rule, command, error);
    return rule->perform(p, command, error) &&
           (p->failed ||
            audit_add(p->act, p->actor, "command", p->conversation ? p->conversation->id : 0, command->line, error));
}

/* Who commands has seen it (R17); who takes a mail back undoes that it was seen. */
static gboolean
open_job(struct performing *p, const struct commands *commands, GError **error)
{
    const struct event opened = {JOB_PARTNER_OPENS, p->actor, NULL};
    g_autoptr(conversation) c = NULL;
    int next;
    if (p->side != SIDE_PARTNER || !p->conversation || !commands->list->len || commands_have(commands, COMMAND_UNDO))
        return TRUE;
    return conversation_load(p->act, p->conversation->id, &c, error) && event_apply(p->act, c, &opened, &next, error);
}

struct attempt {
    struct performing *p;
    const struct commands *commands;
    perform_message_fn *message;
    gpointer arg;
};

/* Each finds the conversation as the one before left it. */
static gboolean
perform_each(struct performing *p, const struct commands *commands, GError **error)
{
    const struct conversation *before = p->conversation;
    g_autoptr(conversation) now = NULL;
    gboolean ok = TRUE;
    for (guint i = 0; ok && i < commands->list->len && !p->failed; i++) {
        const struct command *command = g_ptr_array_index(commands->list, i);
        if (i > 0 && before) {
            g_clear_pointer(&now, conversation_free);
            ok = conversation_load(p->act, before->id, &now, error);
            p->conversation = now;
        }
        p->line = command->line;
        ok = ok && perform_one(p, command, error);
    }
    p->line = NULL;
    p->conversation = before;
    return ok;
}

static gboolean
perform_all(store_tx *tx, gpointer arg, GError **error)
{
    struct attempt *a = arg;
    struct performing *p = a->p;
    (void)tx; /* p->act has it */
    if (!perform_each(p, a->commands, error))
        return FALSE;
    if (!p->failed && !open_job(p, a->commands, error))
        return FALSE;
    if (!p->failed && !p->waits && a->message && !a->message(p, a->arg, error))
        return FALSE;
    if (!p->failed && p->asks && !confirmation_settle(p, error))
        return FALSE;
    if (p->failed)
        g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED, "a command said no");
    return !p->failed;
}

gboolean
perform_commands(struct performing *p, const struct commands *commands, perform_message_fn *message, gpointer arg,
                 gboolean *done, GError **error)
{
    struct attempt attempt = {p, commands, message, arg};
    g_autoptr(GError) refusal = NULL;
    const struct act before = *p->act;
    p->message = commands->message;
    if (!store_attempt(p->act->tx, perform_all, &attempt, done, &refusal, error))
        return FALSE;
    if (*done)
        return TRUE;
    *p->act = before;
    if (p->failed)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&refusal));
    return FALSE;
}
