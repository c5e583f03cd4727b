/*
 * A mail → what happens. RCPT and end of message ask the same judges, so that what the one lets in the other does not
 * refuse for another reason.
 */
#include <string.h>

#include "lib/log.h"
#include "lib/text.h"
#include "market/absence.h"
#include "market/address.h"
#include "market/adopt.h"
#include "market/answer.h"
#include "market/audit.h"
#include "market/block.h"
#include "market/bounce.h"
#include "market/confirmation.h"
#include "market/desk.h"
#include "market/hold.h"
#include "market/inbound.h"
#include "market/match.h"
#include "market/notify.h"
#include "market/overview-reply.h"
#include "market/quarantine.h"
#include "market/receipt.h"
#include "market/rematch.h"
#include "market/request.h"
#include "market/verdict.h"

/* ---- judges ---- */

/* R16: an organisation that has shut itself to this sender. */
static gboolean
judge_block(struct act *act, gint64 organisation_id, const char *address, struct verdict *verdict, GError **error)
{
    gboolean blocked = FALSE;
    if (address && !block_has_address(act, organisation_id, address, &blocked, error))
        return FALSE;
    if (blocked)
        verdict_refuse(verdict, WHY_BLOCKED, NULL);
    return TRUE;
}

/* May a closed organisation still be written to? `*running` is the conversation that lets the author in (Decisions 7),
 * else 0. At RCPT (`author` NULL) any running conversation does, so that nobody can probe for whose it is. */
static gboolean
find_running(struct act *act, const struct organisation *o, const char *author, gint64 *running, GError **error)
{
    g_autoptr(store_rows) rows =
        author ? store_query(act->tx, STMT_CONVERSATION_RUNNING, error, store_int(o->id), store_text(author),
                             store_int(act->now))
               : store_query(act->tx, STMT_ORG_RUNNING, error, store_int(o->id), store_int(act->now));
    if (!rows)
        return FALSE;
    *running = store_rows_count(rows) ? store_rows_int(rows, 0, "id") : 0;
    return TRUE;
}

/* May `author` write to SLUG@? Taken with `*organisation` set; see find_running(). */
static gboolean
judge_organisation(struct act *act, const char *slug, const char *author, struct organisation **organisation,
                   gint64 *running, struct verdict *verdict, GError **error)
{
    *running = 0;
    verdict_take(verdict);
    if (!organisation_by_slug(act, slug, organisation, error))
        return FALSE;
    const struct organisation *o = *organisation;
    if (!o) {
        verdict_refuse(verdict, WHY_UNKNOWN, NULL);
        return TRUE;
    }
    if (organisation_is_open(o))
        return TRUE;
    if (!find_running(act, o, author, running, error))
        return FALSE;
    if (*running)
        return TRUE;
    if (o->published && o->services > 0)
        verdict_refuse(verdict, WHY_CLOSED, o->name);
    else
        verdict_refuse(verdict, WHY_UNKNOWN, NULL);
    return TRUE;
}

/* R2, Decisions 11: only a merchant starts a conversation; an organisation does not write to itself. */
static gboolean
judge_author(struct act *act, const struct organisation *organisation, const char *author, struct verdict *verdict,
             GError **error)
{
    gboolean own = FALSE;
    if (author && !organisation_has_address(act, organisation->id, author, &own, error))
        return FALSE;
    if (own)
        verdict_refuse(verdict, WHY_OWN, NULL);
    return TRUE;
}

/* The merchant's side of a conversation, or (`whole`) of all of its request: is it shut? */
static gboolean
judge_shut(struct act *act, gint64 conversation_id, gboolean whole, struct verdict *verdict, GError **error)
{
    gboolean blocked = FALSE;
    gint64 other = 0;
    g_autoptr(conversation) c = NULL;
    if (!block_has_conversation(act, conversation_id, &blocked, error))
        return FALSE;
    if (blocked && whole &&
        (!conversation_load(act, conversation_id, &c, error) ||
         !block_open_of_request(act, c->request_id, &other, error)))
        return FALSE;
    if (blocked && !other)
        verdict_refuse(verdict, WHY_BLOCKED, NULL);
    return TRUE;
}

/* Is the row behind a reply link there and in date? `*conversation_id`, `*side` when taken. */
static gboolean
judge_link(struct act *act, const struct link_token *token, gint64 *conversation_id, enum side *side,
           struct verdict *verdict, GError **error)
{
    verdict_take(verdict);
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_LINK_BY_ID, error, store_int(token->id));
    if (!rows)
        return FALSE;
    if (!store_rows_count(rows) || conversation_link_purpose(rows) != token->purpose) {
        verdict_refuse(verdict, WHY_FORGED, NULL);
        return TRUE;
    }
    /* A token's own date is when it was written into a mail; the row knows of later use. */
    if (MAX(token->expires_at, store_rows_int(rows, 0, "expires_at")) < act->now) {
        verdict_refuse(verdict, WHY_OLD, NULL);
        return TRUE;
    }
    *conversation_id = store_rows_int(rows, 0, "conversation_id");
    *side = strcmp(store_rows_text(rows, 0, "side"), side_name(SIDE_PARTNER)) == 0 ? SIDE_PARTNER : SIDE_MERCHANT;
    return *side == SIDE_PARTNER || judge_shut(act, *conversation_id, token->purpose == LINK_REQUEST, verdict, error);
}

/* A link that answers "which conversation?". */
static gboolean
judge_choice(struct act *act, const struct link_token *token, struct hold_choice *choice, struct verdict *verdict,
             GError **error)
{
    verdict_take(verdict);
    if (!hold_look(act, token, choice, error))
        return FALSE;
    switch (choice->state) {
    case HOLD_OPEN:
        break;
    case HOLD_UNKNOWN:
        verdict_refuse(verdict, WHY_FORGED, NULL);
        break;
    case HOLD_OVER:
        verdict_refuse(verdict, WHY_CHOICE_LATE, NULL);
        break;
    case HOLD_ANSWERED:
        verdict_refuse(verdict, WHY_CHOICE_MADE, NULL);
        break;
    case HOLD_UNCHOSEN:
        verdict_refuse(verdict, WHY_CHOICE_OTHER, NULL);
        break;
    }
    return TRUE;
}

static gboolean
judge_token(struct act *act, const struct link_token *token, struct verdict *verdict, GError **error)
{
    gint64 conversation_id = 0;
    enum side side;
    struct hold_choice choice;
    switch (token->purpose) {
    case LINK_CHOICE:
        return judge_choice(act, token, &choice, verdict, error);
    case LINK_REPLY:
    case LINK_REQUEST:
    case LINK_ABOUT:
        return judge_link(act, token, &conversation_id, &side, verdict, error);
    case LINK_OVERVIEW:
    case LINK_DESK:
        verdict_take(verdict);
        if (token->expires_at < act->now)
            verdict_refuse(verdict, WHY_OLD, NULL);
        return TRUE;
    case LINK_BOUNCE:  /* a late bounce is still news */
    case LINK_CONFIRM: /* one that is too late gets its answer in words */
        verdict_take(verdict);
        return TRUE;
    }
    verdict_refuse(verdict, WHY_FORGED, NULL);
    return TRUE;
}

/* ---- what is said of it ---- */

/* The language of the side whose reply link it is: to whoever has the link that is no secret. NULL: of nobody's, or not
 * known. Caller frees. */
static gboolean
language_of_holder(struct act *act, const struct link_token *token, char **language, GError **error)
{
    g_autoptr(conversation) c = NULL;
    g_autoptr(organisation) organisation = NULL;
    g_autoptr(merchant) merchant = NULL;
    *language = NULL;
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_LINK_BY_ID, error, store_int(token->id));
    if (!rows || !store_rows_count(rows) || conversation_link_purpose(rows) != token->purpose)
        return rows != NULL;
    if (!conversation_load(act, store_rows_int(rows, 0, "conversation_id"), &c, error) ||
        !organisation_by_id(act, c->organisation_id, &organisation, error) ||
        !merchant_by_id(act, c->merchant_id, &merchant, error))
        return FALSE;
    gboolean partner = strcmp(store_rows_text(rows, 0, "side"), side_name(SIDE_PARTNER)) == 0;
    *language = g_strdup(partner ? organisation->language : merchant->language);
    return TRUE;
}

/* `otherwise` (may be NULL) is what the mail is written in. A sender's own language is not looked up: it would tell
 * whose address is known. */
static gboolean
speak(struct act *act, const struct target *target, const char *otherwise, struct verdict *verdict, GError **error)
{
    g_autofree char *language = NULL;
    if (verdict->kind == VERDICT_REFUSED && target->kind == TARGET_LINK &&
        !language_of_holder(act, &target->token, &language, error))
        return FALSE;
    verdict_speak(verdict, act->market->conf, language ? language : otherwise);
    return TRUE;
}

/* ---- RCPT ---- */

struct rcpt {
    const struct market *market;
    const char *sender; /* text_address(); NULL: null or unusable */
    const struct target *target;
    gint64 now;
    struct verdict *verdict;
};

static gboolean
rcpt_in_snapshot(store_tx *tx, gpointer arg, GError **error)
{
    const struct rcpt *rcpt = arg;
    struct act act = {.market = rcpt->market, .tx = tx, .now = rcpt->now};
    g_autoptr(organisation) organisation = NULL;
    gint64 running;

    if (rcpt->target->kind == TARGET_LINK)
        return judge_token(&act, &rcpt->target->token, rcpt->verdict, error) &&
               speak(&act, rcpt->target, NULL, rcpt->verdict, error);
    /* Who the sender is to the organisation is asked at the end of the mail: here it would tell everybody its members'
     * addresses, and who has a conversation with it. */
    return judge_organisation(&act, rcpt->target->slug, NULL, &organisation, &running, rcpt->verdict, error) &&
           (rcpt->verdict->kind != VERDICT_TAKEN ||
            judge_block(&act, organisation->id, rcpt->sender, rcpt->verdict, error)) &&
           speak(&act, rcpt->target, NULL, rcpt->verdict, error);
}

gboolean
market_recipient(const struct market *market, const char *sender, const char *recipient, gint64 now,
                 struct verdict *verdict, GError **error)
{
    struct target target;
    target_parse(market, recipient, &target);
    verdict_take(verdict);
    switch (target.kind) {
    case TARGET_FOREIGN:
    case TARGET_RESERVED:
        verdict->kind = VERDICT_NOT_OURS;
        return TRUE;
    case TARGET_FORGED:
        verdict_refuse(verdict, WHY_FORGED, NULL);
        verdict_speak(verdict, market->conf, NULL);
        return TRUE;
    case TARGET_DESK: /* who may write there is judged at the end: here it would tell whose address is known */
    case TARGET_JOBS:
    case TARGET_LEADS:
    case TARGET_EXPERTS:
        return TRUE;
    case TARGET_ORGANISATION:
    case TARGET_LINK:
        break;
    }
    g_autofree char *author = text_address(sender);
    struct rcpt rcpt = {market, author, &target, now, verdict};
    return store_read(market->store, rcpt_in_snapshot, &rcpt, error);
}

/* ---- end of message ---- */

struct receive {
    const struct market *market;
    const struct incoming *in;
    const struct store_raw *raw;
    const struct target *targets;
    const struct request_plan *author_plan, *form_plan;
    const struct request_plan *again;
    const GPtrArray *held; /* struct held_mail: what links among the recipients may release or confirm */
    const struct inbound_watch *watch;
    gint64 now;
    /* results */
    struct verdict verdict;
    gboolean wake;
    /* inside */
    struct act act;
    gint64 raw_id; /* 0: not yet stored; all recipients share one */
    GArray *reached;
};

static gboolean
store_raw_once(struct receive *r, GError **error)
{
    return r->raw_id || store_raw_put(r->act.tx, r->raw, r->now, &r->raw_id, error);
}

static gboolean
keep(struct receive *r, const char *reason, const char *recipient, gint64 conversation_id, GError **error)
{
    return store_raw_once(r, error) &&
           quarantine_add(&r->act, r->in, r->raw_id, reason, recipient, conversation_id, error);
}

/* Kept, and the side whose link was used is told why nothing was relayed: `words` is a string's key. */
static gboolean
keep_and_tell(struct receive *r, const char *recipient, const struct conversation *c, enum side side,
              const char *reason, const char *words, const char *cause, GError **error)
{
    return store_raw_once(r, error) &&
           quarantine_and_tell(&r->act, r->in, r->raw_id, recipient, c, side, reason, words, cause, error);
}

/* The merchant behind an address, or a new lead. */
static gboolean
find_merchant(struct receive *r, const struct request_from *from, struct merchant **merchant, GError **error)
{
    const struct form *form = from->form;
    if (!merchant_by_address(&r->act, from->address, merchant, error))
        return FALSE;
    if (*merchant)
        return TRUE;
    return merchant_add_lead(&r->act, from->address, from->name,
                             form && form->lead.language ? form->lead.language : r->in->language,
                             form ? form->lead.phone : NULL, merchant, error);
}

/* See market/route.h. */
static gboolean
find_route(struct receive *r, struct route_question question, struct route *route, GError **error)
{
    question.all = r->watch->all;
    route_init(route);
    if (!route_find(&r->act, &question, route, error))
        return FALSE;
    if (r->watch->routed)
        r->watch->routed(route, r->watch->arg);
    return TRUE;
}

static gboolean
ask_which(struct receive *r, enum side side, const struct route *route, const char *recipient, GError **error)
{
    return store_raw_once(r, error) && hold_ask(&r->act, r->in, side, route, r->raw_id, recipient, error);
}

static gboolean
is_lie(const struct receive *r)
{
    return trust_is_lie(r->market->conf, r->in);
}

static gboolean
keep_distrusted(struct receive *r, const char *recipient, GError **error)
{
    return store_raw_once(r, error) && quarantine_distrusted(&r->act, r->in, r->raw_id, recipient, error);
}

/* Is its author's address anybody's whom we know? */
static gboolean
is_known(struct receive *r, gboolean *known, GError **error)
{
    const char *address = r->in->author_address;
    g_autoptr(merchant) merchant = NULL;
    *known = FALSE;
    if (!address)
        return TRUE;
    g_autoptr(store_rows) partners = store_query(r->act.tx, STMT_ORG_OF_ADDRESS, error, store_text(address));
    if (!partners || !merchant_by_address(&r->act, address, &merchant, error))
        return FALSE;
    *known = store_rows_count(partners) || merchant;
    return TRUE;
}

/* Machines start nothing; a form's sender is a machine, but its mail a real request. */
static const char *
why_no_request(const struct incoming *in, const struct request_from *from)
{
    if (incoming_is_by_machine(in) && !from->form)
        return "automatic mail";
    if (!from->address)
        return from->form ? "a form that does not tell whom to answer" : "no usable sender address";
    return NULL;
}

/* How a mail came into a conversation. */
struct way {
    enum side side;
    gboolean whole; /* into all of its matched request */
    gint64 about;   /* the row of a link about one record; 0 */
    enum trust trust;
    const char *recipient;
};

static gboolean
answer(struct receive *r, const struct conversation *c, const struct way *way, GError **error)
{
    if (!store_raw_once(r, error))
        return FALSE;
    const struct answer answer = {.act = &r->act,
                                  .in = r->in,
                                  .conversation = c,
                                  .side = way->side,
                                  .request = way->whole,
                                  .trust = way->trust,
                                  .recipient = way->recipient,
                                  .raw_id = r->raw_id,
                                  .again = r->again,
                                  .about = way->about};
    return answer_take(&answer, error);
}

/* A mail of the merchant's side that answers by what it refers to. `request`: it goes on in all of its request. */
static gboolean
merchant_answers(struct receive *r, const struct conversation *c, gboolean request, const char *recipient,
                 GError **error)
{
    const struct way way = {SIDE_MERCHANT, request, 0, TRUST_CONFIRM, recipient};
    return answer(r, c, &way, error);
}

/* By whom it claims to be: only to who need not be believed on that alone. Another hears of it at the registered
 * address, so that SMTP does not tell whose addresses are known. */
static gboolean
refuse_author(struct receive *r, const struct organisation *o, const char *recipient, struct verdict *verdict,
              gboolean *kept, GError **error)
{
    const char *author = r->in->author_address;
    if (!judge_author(&r->act, o, author, verdict, error))
        return FALSE;
    if (verdict->kind == VERDICT_TAKEN)
        return judge_block(&r->act, o->id, author, verdict, error);
    *kept = trust_is_unverified(r->market->conf, r->in);
    if (!*kept)
        return TRUE;
    verdict_take(verdict);
    return store_raw_once(r, error) &&
           quarantine_and_tell_author(&r->act, r->in, r->raw_id, recipient, "a partner writes to its own organisation",
                                      "not-relayed.only-merchants", error);
}

/* A mail to SLUG@ as a request or more words to one; `running` as in find_running(). */
static gboolean
ask_organisation(struct receive *r, const struct organisation *organisation, gint64 running, const char *recipient,
                 GError **error)
{
    const struct incoming *in = r->in;
    const struct request_from from = incoming_author(in);
    g_autoptr(conversation) thread = NULL;
    g_autoptr(merchant) merchant = NULL;
    g_auto(route) route = {0};
    const struct route_question question = {.in = in, .side = SIDE_MERCHANT, .organisation_id = organisation->id};
    if (!store_raw_once(r, error) || !find_route(r, question, &route, error))
        return FALSE;
    if (route.decision != ROUTE_NONE && is_lie(r))
        return keep_distrusted(r, recipient, error);
    if (route.decision == ROUTE_HELD)
        return ask_which(r, SIDE_MERCHANT, &route, recipient, error);
    if (route.decision == ROUTE_FOUND)
        return conversation_load(&r->act, route.conversation_id, &thread, error) &&
               merchant_answers(r, thread, FALSE, recipient, error);
    if (running)
        return conversation_load(&r->act, running, &thread, error) &&
               request_continue(&r->act, in, thread, from.address, in->whole, READING_WHOLE, r->raw_id, error);
    const struct request request = {in, from, r->author_plan, r->raw_id};
    return find_merchant(r, &from, &merchant, error) &&
           request_direct(&r->act, &request, merchant, organisation, error);
}

static gboolean
to_organisation(struct receive *r, const struct target *target, const char *recipient, struct verdict *verdict,
                GError **error)
{
    const struct request_from from = incoming_author(r->in);
    g_autoptr(organisation) organisation = NULL;
    const char *author = from.address ? from.address : "";
    gint64 running = 0;
    gboolean lie = is_lie(r), known = FALSE, kept = FALSE;

    /* Of whom a lie names nothing is asked but what RCPT asked. */
    if (!judge_organisation(&r->act, target->slug, lie ? NULL : author, &organisation, &running, verdict, error))
        return FALSE;
    if (verdict->kind == VERDICT_TAKEN && !lie && !refuse_author(r, organisation, recipient, verdict, &kept, error))
        return FALSE;
    if (verdict->kind != VERDICT_TAKEN || kept)
        return TRUE;
    const char *why = why_no_request(r->in, &from);
    if (why)
        return keep(r, why, recipient, 0, error);
    if (lie && !is_known(r, &known, error))
        return FALSE;
    if (lie && (known || !organisation_is_open(organisation)))
        return keep_distrusted(r, recipient, error);
    return ask_organisation(r, organisation, running, recipient, error);
}

static gboolean
to_matching(struct receive *r, const struct target *target, const char *recipient, GError **error)
{
    const struct incoming *in = r->in;
    const struct request_from from = target->kind == TARGET_LEADS ? incoming_form(in) : incoming_author(in);
    const struct route_question question = {.in = in, .side = SIDE_MERCHANT};
    g_autoptr(conversation) thread = NULL;
    g_autoptr(merchant) merchant = NULL;
    g_auto(route) route = {0};
    gboolean lie = !from.form && is_lie(r), known = FALSE;
    const char *why = why_no_request(in, &from);

    if (why)
        return keep(r, why, recipient, 0, error);
    if (!store_raw_once(r, error) || (!from.form && !find_route(r, question, &route, error)) ||
        (lie && !is_known(r, &known, error)))
        return FALSE;
    if (lie && (known || route.decision != ROUTE_NONE))
        return keep_distrusted(r, recipient, error);
    if (route.decision == ROUTE_HELD)
        return ask_which(r, SIDE_MERCHANT, &route, recipient, error);
    gboolean shut = FALSE; /* behind a block: it asks the others, then */
    if (route.decision == ROUTE_FOUND && !block_has_conversation(&r->act, route.conversation_id, &shut, error))
        return FALSE;
    if (route.decision == ROUTE_FOUND && !shut)
        return conversation_load(&r->act, route.conversation_id, &thread, error) &&
               merchant_answers(r, thread, route.request_id != 0, recipient, error);
    const struct request request = {in, from, from.form ? r->form_plan : r->author_plan, r->raw_id};
    return find_merchant(r, &from, &merchant, error) && request_matched(&r->act, &request, merchant, error);
}

/* R6a: the list of those who can be found. One an hour an address, for the request may be forged. */
static gboolean
to_experts(struct receive *r, const char *recipient, GError **error)
{
    const struct incoming *in = r->in;
    const char *service = r->author_plan->service;
    g_autofree char *cause = g_strdup_printf("hour-%" G_GINT64_FORMAT, r->now / 3600);
    if (!in->nature.may_answer || !in->author_address)
        return keep(r, "automatic mail", recipient, 0, error);
    if (is_lie(r))
        return keep(r, quarantine_lie, recipient, 0, error);
    const struct addressee to = {in->author_address, in->author_name, in->language, "other"};
    return store_raw_once(r, error) &&
           notify_one(&r->act, "experts", &to, 0, json_pack("{s:s}", "service", service ? service : ""), cause,
                      error) &&
           audit_add(&r->act, in->author_address, "experts_asked", r->raw_id, service, error);
}

static gboolean
partner_answers(struct receive *r, const struct conversation *c, const struct way *way, struct verdict *verdict,
                GError **error)
{
    gboolean blocked = FALSE;
    if (!block_has_conversation(&r->act, c->id, &blocked, error))
        return FALSE;
    if (blocked && !r->in->commands.list->len) {
        verdict_refuse(verdict, WHY_BLOCKER, NULL);
        return TRUE;
    }
    if (answer_is_too_late(&r->act, r->in, c)) {
        verdict_refuse(verdict, WHY_EXPIRED, NULL);
        return TRUE;
    }
    return answer(r, c, way, error);
}

/* A filter says that From is a lie: kept, and the registered address hears of it once a day. */
static gboolean
distrust(struct receive *r, const struct link_token *token, const struct conversation *c, enum side side,
         const char *recipient, GError **error)
{
    g_autofree char *cause =
        g_strdup_printf("distrust-%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, token->id, r->now / 86400);
    return keep_and_tell(r, recipient, c, side, quarantine_lie, quarantine_distrusted_words, cause, error);
}

/* Of a matched request one that is not behind a block, when this one is. */
static gboolean
find_open(struct receive *r, const struct conversation *c, struct conversation **other, GError **error)
{
    gboolean blocked = FALSE;
    gint64 id = 0;
    if (!block_has_conversation(&r->act, c->id, &blocked, error) ||
        (blocked && !block_open_of_request(&r->act, c->request_id, &id, error)))
        return FALSE;
    return !id || conversation_load(&r->act, id, other, error);
}

static gboolean
to_conversation(struct receive *r, const struct conversation *c, const struct way *way, struct verdict *verdict,
                GError **error)
{
    if (way->side == SIDE_PARTNER)
        return partner_answers(r, c, way, verdict, error);
    g_autoptr(conversation) other = NULL;
    if (!judge_shut(&r->act, c->id, way->whole, verdict, error) || (way->whole && !find_open(r, c, &other, error)))
        return FALSE;
    return verdict->kind != VERDICT_TAKEN || answer(r, other ? other : c, way, error);
}

/* A reply link: From must be registered for its side, else nothing is relayed and the registered address is told (once
 * a day). */
static gboolean
to_reply_link(struct receive *r, const struct link_token *token, const char *recipient, struct verdict *verdict,
              GError **error)
{
    const struct incoming *in = r->in;
    g_autoptr(conversation) c = NULL;
    gint64 id = 0;
    enum side side = SIDE_PARTNER;
    gboolean registered = FALSE;
    g_auto(route) route = {0};

    if (!judge_link(&r->act, token, &id, &side, verdict, error))
        return FALSE;
    if (verdict->kind != VERDICT_TAKEN)
        return TRUE;
    if (!conversation_load(&r->act, id, &c, error) ||
        !conversation_speaks(&r->act, c, side, in->author_address, &registered, error))
        return FALSE;
    if (incoming_is_by_machine(in))
        return keep(r, "automatic mail", recipient, id, error);
    if (!registered) {
        g_autofree char *cause =
            g_strdup_printf("link-%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, token->id, r->now / 86400);
        return store_raw_once(r, error) && adopt_ask(&r->act, in, r->raw_id, recipient, c, side, cause, error);
    }
    enum trust trust = trust_of(r->market->conf, in, TRUE);
    if (trust == TRUST_QUARANTINE)
        return distrust(r, token, c, side, recipient, error);
    const struct route_question question = {.in = in, .side = side, .link = token, .conversation_id = id};
    if (!find_route(r, question, &route, error))
        return FALSE;
    if (route.decision == ROUTE_HELD)
        return ask_which(r, side, &route, recipient, error);
    const struct way way = {side, token->purpose == LINK_REQUEST, token->purpose == LINK_ABOUT ? token->id : 0, trust,
                            recipient};
    return to_conversation(r, c, &way, verdict, error);
}

static const struct held_mail *
held_mail_of(const struct receive *r, enum link_purpose purpose, gint64 id)
{
    for (guint i = 0; i < r->held->len; i++) {
        const struct held_mail *held = g_ptr_array_index(r->held, i);
        if (held->purpose == purpose && held->id == id)
            return held;
    }
    return NULL;
}

/* The held mail takes its way, as it would have with this conversation's link. */
static gboolean
release(struct receive *r, const struct hold_choice *choice, const struct conversation *c, struct verdict *verdict,
        GError **error)
{
    const struct held_mail *held = held_mail_of(r, LINK_CHOICE, choice->held_id);
    struct receive released = *r;
    struct target target;
    if (!held) { /* it was there a moment ago */
        g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "a held mail changed while it was read");
        return FALSE;
    }
    /* Another mail than the one that releases it: that reached nobody yet. */
    g_autoptr(GArray) reached = g_array_new(FALSE, FALSE, sizeof(gint64));
    released.act.reached = reached;
    released.in = &held->in;
    released.raw_id = choice->raw_id;
    target_parse(r->market, held->recipients[0], &target);
    enum trust trust = target.kind == TARGET_LINK ? trust_of(r->market->conf, &held->in, TRUE) : TRUST_CONFIRM;
    const struct way way = {choice->side, choice->whole, 0, trust, held->recipients[0]};
    if (!to_conversation(&released, c, &way, verdict, error))
        return FALSE;
    r->act.wake = r->act.wake || released.act.wake;
    return verdict->kind != VERDICT_TAKEN ||
           (store_raw_once(r, error) && hold_release(&r->act, choice, r->raw_id, error) &&
            audit_add(&r->act, r->in->author_address, "mail_released", choice->held_id, NULL, error));
}

static gboolean
to_choice_link(struct receive *r, const struct link_token *token, const char *recipient, struct verdict *verdict,
               GError **error)
{
    struct hold_choice choice;
    g_autoptr(conversation) c = NULL;
    gboolean registered = FALSE;
    if (!judge_choice(&r->act, token, &choice, verdict, error))
        return FALSE;
    if (verdict->kind != VERDICT_TAKEN)
        return TRUE;
    if (incoming_is_by_machine(r->in))
        return keep(r, "automatic mail", recipient, choice.conversation_id, error);
    if (!conversation_load(&r->act, choice.conversation_id, &c, error) ||
        !conversation_speaks(&r->act, c, choice.side, r->in->author_address, &registered, error))
        return FALSE;
    if (!registered)
        return keep(r, "the sender is not registered for this reply address", recipient, c->id, error);
    if (trust_of(r->market->conf, r->in, TRUE) == TRUST_QUARANTINE)
        return distrust(r, token, c, choice.side, recipient, error);
    return release(r, &choice, c, verdict, error);
}

/* An attempt of ours came back: as good as the relay's own refusal, and told as that. Of an earlier attempt than the
 * row's, or of one that is not known while the row waits or is under way, it says something of the address alone: the
 * row has another chance, and a report of its own. */
static gboolean
came_back(struct receive *r, const struct link_token *token, GError **error)
{
    const struct incoming *in = r->in;
    g_autoptr(store_rows) bounced = store_query(r->act.tx, STMT_OUTBOX_BOUNCED, error, store_int(token->id),
                                                store_int(r->now), store_text(in->failure), store_int(token->attempt));
    g_autoptr(store_rows) row = bounced ? store_query(r->act.tx, STMT_OUTBOX_BY_ID, error, store_int(token->id)) : NULL;
    if (!row || !store_rows_count(row))
        return row != NULL;
    gboolean silent = !store_rows_count(bounced);
    if (silent && !store_rows_is_null(row, 0, "bounced_at"))
        return TRUE;
    return bounce_note(&r->act, store_rows_text(row, 0, "recipient"), in->hard, in->failure, error) &&
           (silent || notify_failure(&r->act, row, in->failure, error));
}

static gboolean
to_bounce_link(struct receive *r, const struct link_token *token, const char *recipient, GError **error)
{
    const struct incoming *in = r->in;
    const char *what = in->failed                        ? "bounce of our mail"
                       : in->nature.class == MAIL_BOUNCE ? "delay of our mail"
                                                         : "automatic mail";
    return keep(r, what, recipient, 0, error) && (!in->failed || came_back(r, token, error));
}

static gboolean
to_overview_link(struct receive *r, gint64 overview_id, const char *recipient, GError **error)
{
    if (!store_raw_once(r, error))
        return FALSE;
    const struct overview_mail mail = {&r->act, r->in, overview_id, recipient, r->raw_id};
    return overview_reply_take(&mail, error);
}

/* Commands without a conversation. Only partners have something to say there; who that is hears only who is proven, and
 * nobody is mailed. */
static gboolean
to_desk(struct receive *r, gint64 holder, const char *recipient, struct verdict *verdict, GError **error)
{
    g_autoptr(organisation) organisation = NULL;
    if (!desk_find(&r->act, r->in, holder, &organisation, error))
        return FALSE;
    if (!organisation && !trust_is_proven(r->market->conf, r->in))
        return keep(r, "not from a partner", recipient, 0, error);
    if (!organisation) {
        verdict_refuse(verdict, WHY_DESK, NULL);
        return TRUE;
    }
    if (!store_raw_once(r, error))
        return FALSE;
    const struct desk_mail mail = {&r->act, r->in, holder, recipient, r->raw_id};
    return desk_take(&mail, organisation, error);
}

static gboolean
to_confirmation(struct receive *r, gint64 id, const char *recipient, GError **error)
{
    return store_raw_once(r, error) &&
           confirmation_take(&r->act, r->in, id, recipient, r->raw_id, held_mail_of(r, LINK_CONFIRM, id), error);
}

static gboolean
to_link(struct receive *r, const struct link_token *token, const char *recipient, struct verdict *verdict,
        GError **error)
{
    if (!receipt_take(&r->act, r->in, error) || !absence_offer(&r->act, r->in, token, error))
        return FALSE;
    switch (token->purpose) {
    case LINK_REPLY:
    case LINK_REQUEST:
    case LINK_ABOUT:
        return to_reply_link(r, token, recipient, verdict, error);
    case LINK_BOUNCE:
        return to_bounce_link(r, token, recipient, error);
    case LINK_OVERVIEW:
        return to_overview_link(r, token->id, recipient, error);
    case LINK_CONFIRM:
        return to_confirmation(r, token->id, recipient, error);
    case LINK_DESK:
        return to_desk(r, token->id, recipient, verdict, error);
    case LINK_CHOICE:
        return to_choice_link(r, token, recipient, verdict, error);
    }
    verdict_refuse(verdict, WHY_FORGED, NULL);
    return TRUE;
}

static gboolean
to_target(struct receive *r, const struct target *target, const char *recipient, struct verdict *verdict,
          GError **error)
{
    verdict_take(verdict);
    switch (target->kind) {
    case TARGET_ORGANISATION:
        return to_organisation(r, target, recipient, verdict, error);
    case TARGET_JOBS:
    case TARGET_LEADS:
        return to_matching(r, target, recipient, error);
    case TARGET_EXPERTS:
        return to_experts(r, recipient, error);
    case TARGET_LINK:
        return to_link(r, &target->token, recipient, verdict, error);
    case TARGET_FORGED:
        verdict_refuse(verdict, WHY_FORGED, NULL);
        return TRUE;
    case TARGET_DESK:
        return to_desk(r, 0, recipient, verdict, error);
    case TARGET_FOREIGN:
    case TARGET_RESERVED:
        break; /* RCPT does not let them in; kept should one come all the same */
    }
    return keep(r, "no rule for this address", recipient, 0, error);
}

/* What stands for a recipient in `seen`: a link's tokens differ from mail to mail, its row does not. */
static char *
seen_key(const struct market *market, const struct target *target, const char *recipient)
{
    if (target->kind == TARGET_LINK)
        return g_strdup_printf("%c%" G_GINT64_FORMAT, target->token.purpose, target->token.id);
    if (target->kind == TARGET_ORGANISATION)
        return g_strdup_printf("%s@%s", target->slug, market->conf->domain);
    return g_ascii_strdown(recipient, -1);
}

/* A recipient once: a mail seen before gets its first answer, a refusal is judged anew each time. */
static gboolean
receive_one(struct receive *r, const struct target *target, const char *recipient, struct verdict *verdict,
            GError **error)
{
    g_autofree char *key = seen_key(r->market, target, recipient);
    const struct store_value digest = store_blob(r->in->fingerprint, sizeof r->in->fingerprint);
    g_autoptr(store_rows) fresh =
        store_query(r->act.tx, STMT_SEEN_ADD, error, store_text(key), digest, store_int(r->now));
    if (!fresh)
        return FALSE;
    if (!store_rows_count(fresh) && !r->watch->again) {
        verdict_take(verdict);
        return TRUE;
    }
    if (!to_target(r, target, recipient, verdict, error) || !speak(&r->act, target, r->in->language, verdict, error))
        return FALSE;
    return verdict->kind == VERDICT_TAKEN || store_run(r->act.tx, STMT_SEEN_DROP, error, store_text(key), digest);
}

/* Refused for one recipient while others took it: the sender gets it in a mail. */
static gboolean
mail_back(struct receive *r, const char *recipient, const struct verdict *verdict, GError **error)
{
    const struct incoming *in = r->in;
    g_autofree char *sender = text_address(in->delivery->sender);
    if (!store_raw_once(r, error))
        return FALSE;
    const struct conf *conf = r->market->conf;
    gboolean answers = sender && in->nature.may_answer; /* what is kept instead is for the admin */
    const char *language = !answers ? NULL : in->language ? in->language : conf->language;
    g_autofree char *words = verdict_words(verdict, conf, language);
    if (!answers)
        return keep(r, words, recipient, 0, error);
    g_autofree char *text = g_strdup_printf("%s: %s", recipient, words);
    g_autofree char *cause = g_strdup_printf("%s-%s", in->key, recipient);
    json_t *data = json_pack("{s:s, s:s}", "text", text, "subject", in->subject);
    const struct addressee to = {sender, in->author_name, in->language, "other"};
    return notify_one(&r->act, "refused", &to, 0, data, cause, error);
}

static gboolean
answer_all(struct receive *r, const struct verdict *verdicts, guint count, GError **error)
{
    guint refused = 0;
    for (guint i = 0; i < count; i++)
        if (verdicts[i].kind != VERDICT_TAKEN) {
            refused++;
            r->verdict = verdicts[i];
        }
    if (!refused || (refused == count && !r->in->delivery->shared))
        return TRUE;
    for (guint i = 0; i < count; i++)
        if (verdicts[i].kind != VERDICT_TAKEN && !mail_back(r, r->in->delivery->recipients[i], &verdicts[i], error))
            return FALSE;
    verdict_take(&r->verdict);
    return TRUE;
}

/* Matching comes last: it leaves out whom the mail reaches anyway. */
static gboolean
is_matching(const struct target *target)
{
    return target->kind == TARGET_JOBS || target->kind == TARGET_LEADS;
}

static gboolean
receive_those(struct receive *r, gboolean matching, guint count, struct verdict *verdicts, GError **error)
{
    for (guint i = 0; i < count; i++)
        if (is_matching(&r->targets[i]) == matching &&
            !receive_one(r, &r->targets[i], r->in->delivery->recipients[i], &verdicts[i], error))
            return FALSE;
    return TRUE;
}

/* Whoever writes has a mailbox again, unless a filter says that it was somebody else. */
static gboolean
hear_from(struct receive *r, GError **error)
{
    const struct incoming *in = r->in;
    return !in->author_address || in->nature.automatic || in->dmarc == AUTHRES_FAIL ||
           bounce_forget(&r->act, in->author_address, error);
}

static gboolean
receive_in_transaction(store_tx *tx, gpointer arg, GError **error)
{
    struct receive *r = arg;
    guint count = g_strv_length((GStrv)r->in->delivery->recipients);
    g_autofree struct verdict *verdicts = g_new0(struct verdict, count);

    g_array_set_size(r->reached, 0);
    r->act = (struct act){.market = r->market, .tx = tx, .now = r->now, .reached = r->reached};
    r->raw_id = 0;
    verdict_take(&r->verdict);
    if (r->watch->begin && !r->watch->begin(&r->act, r->watch->arg, error))
        return FALSE;
    if (!hear_from(r, error) || !receive_those(r, FALSE, count, verdicts, error) ||
        !receive_those(r, TRUE, count, verdicts, error) || !answer_all(r, verdicts, count, error) ||
        !store_run(tx, STMT_TIMER_ONCE, error, store_text("purge"), store_int(0), store_int(r->now + 3600)))
        return FALSE;
    r->wake = r->act.wake;
    return !r->watch->end || r->watch->end(&r->act, &r->verdict, r->watch->arg, error);
}

static gboolean
plan_again(const struct market *market, const struct incoming *in, const struct target *targets, guint count,
           gint64 now, struct request_plan *plan, GError **error)
{
    return !commands_have(&in->commands, COMMAND_REMATCH) || count != 1 || targets[0].kind != TARGET_LINK ||
           (targets[0].token.purpose != LINK_REPLY && targets[0].token.purpose != LINK_REQUEST) ||
           rematch_plan(market, &targets[0].token, now, plan, error);
}

/* What is too slow for a write transaction, found before it. */
static gboolean
plan_all(const struct market *market, const struct incoming *in, const struct target *targets, guint count, gint64 now,
         struct request_plan *by_author, struct request_plan *by_form, struct request_plan *again, GError **error)
{
    gboolean links_only = TRUE, matched = FALSE;
    const struct request_from author = incoming_author(in), form = incoming_form(in);
    for (guint i = 0; i < count; i++) {
        links_only = links_only && targets[i].kind == TARGET_LINK;
        matched = matched || targets[i].kind == TARGET_JOBS || (targets[i].kind == TARGET_LEADS && !in->form);
    }
    return plan_again(market, in, targets, count, now, again, error) &&
           (links_only || request_plan(market, in, &author, matched, now, by_author, error)) &&
           (!in->form || request_plan(market, in, &form, TRUE, now, by_form, error));
}

static gboolean
read_for(const struct market *market, const struct target *target, gint64 now, struct held_mail **held, GError **error)
{
    *held = NULL;
    if (target->kind != TARGET_LINK)
        return TRUE;
    if (target->token.purpose == LINK_CONFIRM)
        return confirmation_read(market, target->token.id, held, error);
    return target->token.purpose != LINK_CHOICE || hold_read(market, &target->token, now, held, error);
}

/* Reading is too slow for a write transaction as well. */
static gboolean
read_held(const struct market *market, const struct target *targets, guint count, gint64 now, GPtrArray *held,
          GError **error)
{
    for (guint i = 0; i < count; i++) {
        struct held_mail *one;
        if (!read_for(market, &targets[i], now, &one, error))
            return FALSE;
        if (one)
            g_ptr_array_add(held, one);
    }
    return TRUE;
}

gboolean
inbound_receive(const struct market *market, const struct delivery *delivery, gint64 now,
                const struct inbound_watch *watch, struct verdict *verdict, gboolean *wake, GError **error)
{
    guint count = g_strv_length((GStrv)delivery->recipients);
    g_autofree struct target *targets = g_new0(struct target, count);
    gboolean to_leads = FALSE;
    struct incoming in;

    for (guint i = 0; i < count; i++) {
        target_parse(market, delivery->recipients[i], &targets[i]);
        to_leads = to_leads || targets[i].kind == TARGET_LEADS;
    }
    incoming_read(market, delivery, to_leads, &in);
    g_autoptr(store_raw) raw = store_raw_new(delivery->raw, delivery->length);
    g_autoptr(GArray) reached = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autoptr(GPtrArray) held = g_ptr_array_new_with_free_func((GDestroyNotify)held_mail_free);
    struct request_plan by_author = {0}, by_form = {0}, again = {0};
    struct receive r = {.market = market,
                        .in = &in,
                        .raw = raw,
                        .targets = targets,
                        .author_plan = &by_author,
                        .form_plan = &by_form,
                        .again = &again,
                        .held = held,
                        .watch = watch,
                        .now = now,
                        .reached = reached};
    gboolean done = read_held(market, targets, count, now, held, error) &&
                    plan_all(market, &in, targets, count, now, &by_author, &by_form, &again, error) &&
                    store_write(market->store, receive_in_transaction, &r, error);
    if (done) {
        *verdict = r.verdict;
        *wake = r.wake && r.verdict.kind == VERDICT_TAKEN;
    }
    request_plan_clear(&by_author);
    request_plan_clear(&by_form);
    request_plan_clear(&again);
    incoming_clear(&in);
    return done;
}

gboolean
market_receive(const struct market *market, const struct delivery *delivery, gint64 now, struct verdict *verdict,
               gboolean *wake, GError **error)
{
    const struct inbound_watch nobody = {0};
    return inbound_receive(market, delivery, now, &nobody, verdict, wake, error);
}
