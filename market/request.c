#include "market/request.h"

#include <string.h>

#include "lib/text.h"
#include "market/audit.h"
#include "market/expiry.h"
#include "market/match.h"
#include "market/notify.h"
#include "market/overview.h"

static const char no_subject[] = "(no subject)";

static const char *
subject_of(const struct incoming *in)
{
    return *in->subject ? in->subject : no_subject;
}

/* The form's own service field first, then the subject, then the words: the nearer to a label the surer. */
static gboolean
find_service(struct act *act, const struct incoming *in, char **service, GError **error)
{
    const char *places[] = {in->form ? in->form->lead.service : NULL, in->subject, in->whole};
    *service = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(places) && !*service; i++)
        if (places[i] && !match_service(act, places[i], service, error))
            return FALSE;
    return TRUE;
}

static gboolean
is_contact(const struct form *form, const char *value)
{
    return strchr(value, '@') || (form->lead.phone && strcmp(form->lead.phone, value) == 0);
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
    char *whole = g_string_free(text, FALSE);
    return g_strchomp(whole);
}

/* A registered merchant stays masked, also in what a form repeats. */
static char *
first_words(const struct incoming *in, const struct merchant *merchant)
{
    if (!in->form || !in->form->fields->len)
        return g_strdup(in->whole);
    if (merchant->registered && in->form->lead.message)
        return g_strdup(in->form->lead.message);
    return form_text(in->form, merchant->registered);
}

/* One conversation with its first message and the notification of a first contact. */
static gboolean
open_one(struct act *act, const struct incoming *in, const struct merchant *merchant,
         const struct organisation *organisation, gint64 request_id, gboolean matched, const char *service,
         gint64 raw_id, gint64 *conversation_id, gint64 *message_id, GError **error)
{
    g_autofree char *text = first_words(in, merchant);
    const struct words words = {"in", text, in->lead_name, in->lead_address, TRUE};
    if (!conversation_open(act, organisation, merchant, request_id, matched, service, subject_of(in), conversation_id,
                           error) ||
        !conversation_add_message(act, *conversation_id, in, &words, raw_id, message_id, error))
        return FALSE;
    return notify_first_contact(act, organisation, merchant, *conversation_id, *message_id, error) &&
           audit_add(act, in->lead_address, "conversation_opened", *conversation_id, text, error);
}

static gboolean
add_request(struct act *act, const struct incoming *in, const struct merchant *merchant, const char *kind,
            const char *service, gint64 *id, GError **error)
{
    g_autoptr(store_rows) rows =
        store_query(act->tx, STMT_REQUEST_ADD, error, store_int(merchant->id), store_text(kind), store_text(service),
                    store_text(subject_of(in)), store_int(act->now));
    if (!rows)
        return FALSE;
    *id = store_rows_int(rows, 0, "id");
    return TRUE;
}

/* RFC 3834: never to a machine, never to a list. A form's sender is a machine, but the lead behind it a person who
 * asked. */
static gboolean
acknowledge(struct act *act, const struct incoming *in, const struct merchant *merchant, gint64 conversation_id,
            gint64 message_id, GError **error)
{
    if (!in->form && !in->nature.may_answer)
        return TRUE;
    return notify_ack(act, merchant, conversation_id, message_id, error);
}

static gboolean
continue_by_id(struct act *act, const struct incoming *in, gint64 id, gint64 raw_id, GError **error)
{
    g_autoptr(conversation) conversation = NULL;
    return conversation_load(act, id, &conversation, error) &&
           request_continue(act, in, conversation, in->lead_address, raw_id, error);
}

gboolean
request_direct(struct act *act, const struct incoming *in, const struct merchant *merchant,
               const struct organisation *organisation, gint64 raw_id, GError **error)
{
    gint64 request_id = 0, conversation_id = 0, message_id = 0;
    g_autofree char *service = NULL;
    g_autoptr(store_rows) open = store_query(act->tx, STMT_CONVERSATION_UNANSWERED, error, store_int(organisation->id),
                                             store_int(merchant->id), store_int(act->now));
    if (!open)
        return FALSE;
    if (store_rows_count(open))
        return continue_by_id(act, in, store_rows_int(open, 0, "id"), raw_id, error);
    if (!find_service(act, in, &service, error) ||
        !add_request(act, in, merchant, "direct", service, &request_id, error))
        return FALSE;
    return open_one(act, in, merchant, organisation, request_id, FALSE, service, raw_id, &conversation_id, &message_id,
                    error) &&
           acknowledge(act, in, merchant, conversation_id, message_id, error);
}

static gboolean
tell_nobody_fits(struct act *act, const struct incoming *in, const struct merchant *merchant, gint64 request_id,
                 GError **error)
{
    g_autofree char *cause = g_strdup_printf("request-%" G_GINT64_FORMAT, request_id);
    g_autofree char *text = g_strdup_printf(
        "No organisation fits request %" G_GINT64_FORMAT " (\"%s\"). See: postern org list", request_id, in->subject);
    json_t *data = json_pack("{s:s, s:{s:s}}", "subject", subject_of(in), "merchant", "name", merchant->name);
    const struct notification n = {
        .kind = "no-match",
        .recipient = merchant->address,
        .recipient_name = merchant->name,
        .language = merchant->language,
        .side = "other",
        .data = data,
        .cause = cause,
        .due_at = act->now,
    };
    gboolean done = ((!in->form && !in->nature.may_answer) || notify_add(act, &n, error)) &&
                    notify_admin(act, "A request found nobody", text, cause, error);
    json_decref(data);
    return done;
}

static gboolean
open_matches(struct act *act, const struct incoming *in, const struct merchant *merchant, const GPtrArray *matches,
             gint64 request_id, const char *service, gint64 raw_id, GError **error)
{
    gint64 first = 0, first_message = 0;
    for (guint i = 0; i < matches->len; i++) {
        const struct match *match = g_ptr_array_index(matches, i);
        g_autoptr(organisation) organisation = NULL;
        gint64 id = 0, message_id = 0;
        if (!organisation_by_id(act, match->organisation_id, &organisation, error) ||
            !open_one(act, in, merchant, organisation, request_id, TRUE, service, raw_id, &id, &message_id, error) ||
            !store_run(act->tx, STMT_MATCH_ADD, error, store_int(request_id), store_int(organisation->id),
                       store_int(match->score), store_text(match->reasons)) ||
            !store_run(act->tx, STMT_ORG_MATCHED, error, store_int(organisation->id), store_int(act->now)))
            return FALSE;
        if (!first) {
            first = id;
            first_message = message_id;
        }
    }
    return acknowledge(act, in, merchant, first, first_message, error);
}

static gboolean
match_anew(struct act *act, const struct incoming *in, const struct merchant *merchant, gint64 raw_id, GError **error)
{
    gint64 request_id = 0;
    g_autofree char *service = NULL;
    g_autofree char *folded = text_fold(in->whole);
    if (!find_service(act, in, &service, error) ||
        !add_request(act, in, merchant, "matched", service, &request_id, error))
        return FALSE;
    const struct match_request request = {
        .service = service,
        .language = merchant->language ? merchant->language : in->language,
        .dropshipping = strstr(folded, "dropship") != NULL,
        .author = in->lead_address,
    };
    g_autoptr(GPtrArray) matches = match_find(act, &request, (guint)act->market->conf->match_count, error);
    if (!matches)
        return FALSE;
    if (!matches->len)
        return store_run(act->tx, STMT_QUARANTINE_ADD, error, store_int(raw_id), store_text("no organisation fits"),
                         store_text(in->lead_address), store_text(act->market->conf->jobs), store_text(in->subject),
                         store_null(), store_int(act->now)) &&
               tell_nobody_fits(act, in, merchant, request_id, error);
    return open_matches(act, in, merchant, matches, request_id, service, raw_id, error);
}

gboolean
request_matched(struct act *act, const struct incoming *in, const struct merchant *merchant, gint64 raw_id,
                GError **error)
{
    g_autoptr(store_rows) open =
        store_query(act->tx, STMT_CONVERSATIONS_MATCHED_OPEN, error, store_int(merchant->id), store_int(act->now));
    if (!open)
        return FALSE;
    for (guint i = 0; i < store_rows_count(open); i++)
        if (!continue_by_id(act, in, store_rows_int(open, i, "id"), raw_id, error))
            return FALSE;
    return store_rows_count(open) || match_anew(act, in, merchant, raw_id, error);
}

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
           notify_first_contact(act, organisation, merchant, c->id, message_id, error);
}

gboolean
request_continue(struct act *act, const struct incoming *in, const struct conversation *c, const char *author,
                 gint64 raw_id, GError **error)
{
    g_autoptr(organisation) organisation = NULL;
    gint64 message_id = 0;
    int next = job_next(job_effective(c->state, c->due_at, act->now), JOB_MERCHANT_WRITES);
    gboolean anew = next == JOB_ANEW;
    const struct words words = {"in", *in->words ? in->words : in->whole, in->author_name, author, anew};

    if (!organisation_by_id(act, c->organisation_id, &organisation, error) ||
        !conversation_add_message(act, c->id, in, &words, raw_id, &message_id, error) ||
        !audit_add(act, author, "merchant_wrote", message_id, words.text, error))
        return FALSE;
    if (anew)
        return renew(act, c, organisation, message_id, error);
    return conversation_set_state(act, c, (enum job_state)next, error) && overview_expect(act, organisation, error);
}

static gboolean
is_over(const store_rows *rows, guint i, gint64 now)
{
    enum job_state state;
    gboolean known = job_state_parse(store_rows_text(rows, i, "state"), &state);
    g_assert(known);
    state = job_effective(state, store_rows_int(rows, i, "due_at"), now);
    return state == JOB_EXPIRED || state == JOB_DECLINED;
}

gboolean
request_add(struct act *act, const struct incoming *in, const struct conversation *first, const char *author,
            gint64 raw_id, GError **error)
{
    guint taken = 0;
    g_autoptr(store_rows) rows =
        store_query(act->tx, STMT_CONVERSATIONS_OF_REQUEST, error, store_int(first->request_id));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        g_autoptr(conversation) c = NULL;
        if (is_over(rows, i, act->now))
            continue;
        if (!conversation_load(act, store_rows_int(rows, i, "id"), &c, error) ||
            !request_continue(act, in, c, author, raw_id, error))
            return FALSE;
        taken++;
    }
    /* All over: the words are not lost, they open the first one's job anew or stay with the declined. */
    return taken || request_continue(act, in, first, author, raw_id, error);
}
