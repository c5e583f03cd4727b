#include "market/request.h"

#include <string.h>

#include "lib/text.h"
#include "market/action.h"
#include "market/assign.h"
#include "market/audit.h"
#include "market/block.h"
#include "market/expiry.h"
#include "market/lead.h"
#include "market/notify.h"
#include "market/overview.h"
#include "market/relay.h"
#include "market/search.h"
#include "market/trust.h"

/* A few more than go out: some may have closed, or have been reached already, when the transaction looks again. */
enum { SPARE_MATCHES = 10, SERVICE_TEXT_BYTES = 64 << 10 };

/* ---- the plan ---- */

struct planning {
    const struct market *market;
    const struct incoming *in;
    const struct request_from *from;
    gboolean match;
    gint64 now;
    struct request_plan *plan;
};

/* The form's own service field first, then the subject, then the words: the nearer to a label the surer. */
static gboolean
find_service(struct act *act, const struct planning *p, GError **error)
{
    g_autofree char *start = g_strndup(p->in->whole, SERVICE_TEXT_BYTES);
    const char *places[] = {p->from->form ? p->from->form->lead.service : NULL, p->in->subject, start};
    for (guint i = 0; i < G_N_ELEMENTS(places) && !p->plan->service; i++)
        if (places[i] && !match_service(act, places[i], &p->plan->service, error))
            return FALSE;
    return TRUE;
}

/* What is kept of the request, so that its match can be explained and made again. */
static gboolean
find_facts(struct act *act, const struct planning *p, GError **error)
{
    const struct form *form = p->from->form;
    const char *language = form && form->lead.language ? form->lead.language : p->in->language;
    g_autoptr(merchant) merchant = NULL;
    if (p->from->address && !merchant_by_address(act, p->from->address, &merchant, error))
        return FALSE;
    p->plan->language = g_strdup(merchant && merchant->language ? merchant->language : language);
    p->plan->dropshipping = p->in->dropshipping;
    p->plan->priorities = priority_of(p->in->subject, p->in->whole, form);
    return find_service(act, p, error);
}

static gboolean
find_matches(struct act *act, const struct planning *p, GError **error)
{
    const struct match_request request = {
        .service = p->plan->service,
        .language = p->plan->language,
        .dropshipping = p->plan->dropshipping,
        .priorities = p->plan->priorities,
        .author = p->from->address,
    };
    p->plan->matches = match_find(act, &request, (guint)act->market->conf->match_count + SPARE_MATCHES, error);
    return p->plan->matches != NULL;
}

static gboolean
plan_in_snapshot(store_tx *tx, gpointer arg, GError **error)
{
    const struct planning *p = arg;
    struct act act = {.market = p->market, .tx = tx, .now = p->now};
    request_plan_clear(p->plan);
    return find_facts(&act, p, error) && (!p->match || find_matches(&act, p, error));
}

gboolean
request_plan(const struct market *market, const struct incoming *in, const struct request_from *from, gboolean match,
             gint64 now, struct request_plan *plan, GError **error)
{
    struct planning planning = {market, in, from, match, now, plan};
    return store_read(market->store, plan_in_snapshot, &planning, error);
}

void
request_plan_clear(struct request_plan *plan)
{
    g_clear_pointer(&plan->service, g_free);
    g_clear_pointer(&plan->language, g_free);
    g_clear_pointer(&plan->matches, g_ptr_array_unref);
}

/* ---- words ---- */

/* A field that is nothing but how to reach somebody. What stands in a person's words is that person's choice. */
static gboolean
is_contact(const struct form *form, const char *value)
{
    g_autofree char *address = text_address(value);
    return address || (form->lead.phone && strcmp(form->lead.phone, value) == 0);
}

/* A form's fields as a person reads them; unknown labels are kept. Of a registered merchant all but how to reach it. */
static char *
form_text(const struct form *form, gboolean masked)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < form->fields->len; i++) {
        const struct form_field *field = g_ptr_array_index(form->fields, i);
        if (masked && is_contact(form, field->value))
            continue;
        gboolean block = strchr(field->value, '\n') != NULL || strlen(field->value) > 60;
        g_string_append_printf(text, block ? "%s:\n%s\n\n" : "%s: %s\n", field->label, field->value);
    }
    return incoming_bounded(g_strchomp(g_string_free(text, FALSE)));
}

char *
request_words(const struct request *r, const struct merchant *merchant)
{
    const struct form *form = r->from.form;
    if (!form || !form->fields->len)
        return g_strdup(r->in->whole);
    return form_text(form, merchant->registered);
}

/* ---- opening ---- */

/* A form's subject is the tool's, and may name whom it is from. "": mails name the merchant, in their language. */
static const char *
subject_for(const struct request *r, const struct merchant *merchant)
{
    const struct form *form = r->from.form;
    if (!form || !merchant->registered || !strchr(r->in->subject, '@'))
        return r->in->subject;
    return form->lead.service ? form->lead.service : "";
}

static enum reading
reading_of(const struct request *r)
{
    return r->from.form ? READING_FORM : READING_WHOLE;
}

/* A form's recipients are the tool's. */
static gboolean
note_copies(struct act *act, const struct request *r, gint64 conversation_id, GError **error)
{
    g_autoptr(conversation) c = NULL;
    return r->from.form ||
           (conversation_load(act, conversation_id, &c, error) && relay_note_copies(act, c, r->in, error));
}

/* One conversation with its first message and the notification of a first contact. */
static gboolean
open_one(struct act *act, const struct request *r, const struct merchant *merchant,
         const struct organisation *organisation, gint64 request_id, gboolean matched, gint64 *conversation_id,
         gint64 *message_id, GError **error)
{
    g_autofree char *text = request_words(r, merchant);
    const struct words words = {"in", text, r->from.name, r->from.address, TRUE, reading_of(r)};
    return conversation_open(act, organisation, merchant, request_id, matched, r->plan->service,
                             subject_for(r, merchant), conversation_id, error) &&
           conversation_add_message(act, *conversation_id, r->in, &words, r->raw_id, message_id, error) &&
           search_index_text(act, *conversation_id, text, error) && note_copies(act, r, *conversation_id, error) &&
           notify_first_contact(act, organisation, merchant, *conversation_id, *message_id, error) &&
           overview_expect(act, organisation->id, *message_id, TRUE, error) &&
           audit_add(act, r->from.address, "conversation_opened", *conversation_id, text, error);
}

static gboolean
add_request(struct act *act, const struct request *r, const struct merchant *merchant, const char *kind, gint64 *id,
            GError **error)
{
    g_autofree char *priorities = priority_text(r->plan->priorities);
    g_autoptr(store_rows) rows =
        store_query(act->tx, STMT_REQUEST_ADD, error, store_int(merchant->id), store_text(kind),
                    store_text(r->plan->service), store_text(subject_for(r, merchant)), store_int(act->now),
                    store_text(r->plan->language), store_int(r->plan->dropshipping), store_text(priorities));
    if (!rows)
        return FALSE;
    *id = store_rows_int(rows, 0, "id");
    return TRUE;
}

/* RFC 3834: never to a machine, never to a list; nor to whom the mail is known not to be from. A form's sender is a
 * machine, but the lead behind it a person who asked. */
static gboolean
may_answer(const struct act *act, const struct request *r)
{
    return r->from.form || (r->in->nature.may_answer && !trust_is_lie(act->market->conf, r->in));
}

static gboolean
acknowledge(struct act *act, const struct request *r, const struct merchant *merchant, gint64 conversation_id,
            gint64 message_id, GError **error)
{
    return !may_answer(act, r) || notify_ack(act, merchant, r->in->key, conversation_id, message_id, error);
}

/* A second mail before any answer (Decisions 2). */
static gboolean
join(struct act *act, const struct request *r, const struct merchant *merchant, gint64 id, GError **error)
{
    g_autoptr(conversation) conversation = NULL;
    g_autofree char *text = request_words(r, merchant);
    return conversation_load(act, id, &conversation, error) && search_index_text(act, id, text, error) &&
           request_continue(act, r->in, conversation, r->from.address, text, reading_of(r), r->raw_id, error);
}

gboolean
request_direct(struct act *act, const struct request *r, const struct merchant *merchant,
               const struct organisation *organisation, GError **error)
{
    gint64 request_id = 0, conversation_id = 0, message_id = 0;
    g_autoptr(store_rows) open = store_query(act->tx, STMT_CONVERSATION_UNANSWERED, error, store_int(organisation->id),
                                             store_int(merchant->id), store_int(act->now));
    if (!open)
        return FALSE;
    if (store_rows_count(open))
        return join(act, r, merchant, store_rows_int(open, 0, "id"), error);
    if (act_reaches(act, organisation->id))
        return TRUE;
    return add_request(act, r, merchant, "direct", &request_id, error) &&
           open_one(act, r, merchant, organisation, request_id, FALSE, &conversation_id, &message_id, error) &&
           acknowledge(act, r, merchant, conversation_id, message_id, error);
}

/* One tap writes the same request again; clients cut longer links. */
static json_t *
ask_again(struct act *act, const struct request *r)
{
    const struct conf *conf = act->market->conf;
    g_autofree char *jobs = g_strdup_printf("%s@%s", conf->jobs, conf->domain);
    g_autofree char *mailto = action_draft(jobs, r->in->whole);
    return json_pack("[{s:s, s:s, s:s}]", "say", "action.again", "command", jobs, "mailto", mailto);
}

/* Once an hour each: whom it is from may be forged. */
static gboolean
tell_nobody_fits(struct act *act, const struct request *r, const struct merchant *merchant, gint64 request_id,
                 GError **error)
{
    g_autofree char *cause = g_strdup_printf("hour-%" G_GINT64_FORMAT, act->now / 3600);
    json_t *facts = json_pack("{s:I, s:s}", "id", (json_int_t)request_id, "subject", r->in->subject);
    if (!notify_admin(act, "admin.nobody_fits", facts, cause, error))
        return FALSE;
    if (!may_answer(act, r))
        return TRUE;
    const struct addressee to = {merchant->address, merchant->name, merchant->language, "other"};
    json_t *data = json_pack("{s:s, s:o}", "subject", r->in->subject, "actions", ask_again(act, r));
    return notify_one(act, "no-match", &to, 0, data, cause, error);
}

/* Opens one with a match if it is still open for work. `*opened` FALSE: it is not. */
static gboolean
open_match(struct act *act, const struct request *r, const struct merchant *merchant, const struct match *match,
           guint place, gint64 request_id, gint64 *conversation_id, gint64 *message_id, gboolean *opened,
           GError **error)
{
    g_autoptr(organisation) organisation = NULL;
    gboolean blocked = FALSE;
    *opened = FALSE;
    g_autoptr(store_rows) still =
        store_query(act->tx, STMT_MATCH_STILL, error, store_int(match->organisation_id), store_int(act->now));
    if (!still || !block_has_merchant(act, match->organisation_id, merchant->id, &blocked, error))
        return FALSE;
    if (!store_rows_count(still) || blocked || act_reaches(act, match->organisation_id))
        return TRUE;
    *opened = TRUE;
    return organisation_by_id(act, match->organisation_id, &organisation, error) &&
           open_one(act, r, merchant, organisation, request_id, TRUE, conversation_id, message_id, error) &&
           match_note(act, request_id, match, place, error);
}

static gboolean
open_matches(struct act *act, const struct request *r, const struct merchant *merchant, gint64 request_id, guint *count,
             GError **error)
{
    gint64 first = 0, first_message = 0;
    *count = 0;
    for (guint i = 0; i < r->plan->matches->len && *count < act->market->conf->match_count; i++) {
        gint64 id = 0, message_id = 0;
        gboolean opened = FALSE;
        if (!open_match(act, r, merchant, g_ptr_array_index(r->plan->matches, i), *count, request_id, &id, &message_id,
                        &opened, error))
            return FALSE;
        if (opened && (*count)++ == 0) {
            first = id;
            first_message = message_id;
        }
    }
    return *count == 0 || acknowledge(act, r, merchant, first, first_message, error);
}

static gboolean
match_anew(struct act *act, const struct request *r, const struct merchant *merchant, GError **error)
{
    gint64 request_id = 0;
    guint count = 0;
    if (!add_request(act, r, merchant, "matched", &request_id, error) ||
        !open_matches(act, r, merchant, request_id, &count, error))
        return FALSE;
    if (count || (act->reached && act->reached->len)) /* whom it was sent to directly has it */
        return TRUE;
    return store_run(act->tx, STMT_QUARANTINE_ADD, error, store_int(r->raw_id), store_text("no organisation fits"),
                     store_text(r->from.address), store_text(act->market->conf->jobs), store_text(r->in->subject),
                     store_null(), store_int(act->now)) &&
           tell_nobody_fits(act, r, merchant, request_id, error);
}

gboolean
request_matched(struct act *act, const struct request *r, const struct merchant *merchant, GError **error)
{
    /* Anybody can write a registered merchant's address into a form, and who is not the tool that it claims to be any:
     * that may open a request, whose answers go to the merchant, but never speaks in a conversation that is under
     * way. */
    if (r->from.form && (merchant->registered || trust_is_lie(act->market->conf, r->in)))
        return match_anew(act, r, merchant, error);
    g_autoptr(store_rows) open =
        store_query(act->tx, STMT_CONVERSATIONS_MATCHED_OPEN, error, store_int(merchant->id), store_int(act->now));
    if (!open)
        return FALSE;
    for (guint i = 0; i < store_rows_count(open); i++)
        if (!join(act, r, merchant, store_rows_int(open, i, "id"), error))
            return FALSE;
    return store_rows_count(open) || match_anew(act, r, merchant, error);
}

/* ---- going on ---- */

/* An expired job takes no answer any more; the merchant is never refused and gets a new one (Decisions 6). */
static gboolean
renew(struct act *act, const struct conversation *c, const struct organisation *organisation, gint64 message_id,
      GError **error)
{
    g_autoptr(merchant) merchant = NULL;
    if (!expiry_run(act, c, FALSE, error)) /* its time is over and the timer has not run yet */
        return FALSE;
    return merchant_by_id(act, c->merchant_id, &merchant, error) &&
           conversation_open_job(act, c->id, c->service, c->listed, error) &&
           notify_first_contact(act, organisation, merchant, c->id, message_id, error) &&
           overview_expect(act, organisation->id, message_id, TRUE, error);
}

gboolean
request_continue(struct act *act, const struct incoming *in, const struct conversation *c, const char *author,
                 const char *text, enum reading reading, gint64 raw_id, GError **error)
{
    g_autoptr(organisation) organisation = NULL;
    gint64 message_id = 0;
    int next = job_next(job_effective(c->state, c->due_at, act->now), JOB_MERCHANT_WRITES);
    gboolean anew = next == JOB_ANEW, at_once = FALSE;

    if (act_reaches(act, c->organisation_id))
        return TRUE;
    if (!organisation_by_id(act, c->organisation_id, &organisation, error) ||
        !assign_has(act, c, organisation->notify, &at_once, error))
        return FALSE;
    const struct words words = {"in", text, in->author_name, author, anew || at_once, reading};
    if (!conversation_add_message(act, c->id, in, &words, raw_id, &message_id, error) ||
        !relay_note_copies(act, c, in, error) ||
        !audit_add(act, author, "merchant_wrote", message_id, words.text, error))
        return FALSE;
    if (anew)
        return renew(act, c, organisation, message_id, error);
    return conversation_set_state(act, c, (enum job_state)next, error) && lead_release(act, c, error) &&
           assign_tell_message(act, c, message_id, NULL, FALSE, error) &&
           overview_expect(act, c->organisation_id, message_id, words.notified, error);
}

/* Adds to those that are under way, or (`expired`) to those whose time is over. `*taken`: how many. */
static gboolean
add_to(struct act *act, const struct incoming *in, const store_rows *rows, gboolean expired, const char *author,
       const char *text, gint64 raw_id, guint *taken, GError **error)
{
    *taken = 0;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        g_autoptr(conversation) c = NULL;
        enum job_state state = conversation_state_at(rows, i, act->now);
        gboolean blocked = FALSE;
        if (!block_has_conversation(act, store_rows_int(rows, i, "id"), &blocked, error))
            return FALSE;
        if (blocked || state == JOB_DECLINED || (state == JOB_EXPIRED) != expired)
            continue;
        if (!conversation_load(act, store_rows_int(rows, i, "id"), &c, error) ||
            !request_continue(act, in, c, author, text, READING_WORDS, raw_id, error))
            return FALSE;
        (*taken)++;
    }
    return TRUE;
}

gboolean
request_add(struct act *act, const struct incoming *in, const struct conversation *first, const char *author,
            const char *text, gint64 raw_id, GError **error)
{
    guint taken = 0;
    g_autoptr(store_rows) rows =
        store_query(act->tx, STMT_CONVERSATIONS_OF_REQUEST, error, store_int(first->request_id));
    if (!rows || !add_to(act, in, rows, FALSE, author, text, raw_id, &taken, error))
        return FALSE;
    if (!taken && !add_to(act, in, rows, TRUE, author, text, raw_id, &taken, error)) /* all are over: asked anew */
        return FALSE;
    return taken || request_continue(act, in, first, author, text, READING_WORDS, raw_id, error);
}
