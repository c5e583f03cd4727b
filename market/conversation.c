#include "market/conversation.h"

#include <string.h>

#include "lib/text.h"
#include "market/rank.h"
#include "market/search.h"
#include "market/deadline.h"
#include "market/reminder.h"
#include "market/trust.h"

const char *
side_name(enum side side)
{
    return side == SIDE_PARTNER ? "partner" : "merchant";
}

const char *const reading_names[READINGS] = {[READING_WORDS] = "words",
                                             [READING_WHOLE] = "whole",
                                             [READING_FULL] = "full",
                                             [READING_FORM] = "form",
                                             [READING_PART] = "part"};

static const char *
purpose_name(enum link_purpose purpose)
{
    return purpose == LINK_REQUEST ? "request" : "reply";
}

enum link_purpose
conversation_link_purpose(const store_rows *rows)
{
    const char *purpose = store_rows_text(rows, 0, "purpose");
    return strcmp(purpose, "reply") == 0 ? LINK_REPLY : strcmp(purpose, "request") == 0 ? LINK_REQUEST : LINK_ABOUT;
}

void
conversation_free(struct conversation *conversation)
{
    if (!conversation)
        return;
    g_free(conversation->kind);
    g_free(conversation->subject);
    g_free(conversation->service);
    g_free(conversation);
}

static struct conversation *
conversation_from(const store_rows *rows)
{
    struct conversation *c = g_new0(struct conversation, 1);
    c->id = store_rows_int(rows, 0, "id");
    c->organisation_id = store_rows_int(rows, 0, "organisation_id");
    c->merchant_id = store_rows_int(rows, 0, "merchant_id");
    c->request_id = store_rows_int(rows, 0, "request_id");
    c->kind = g_strdup(store_rows_text(rows, 0, "kind"));
    c->matched = strcmp(store_rows_text(rows, 0, "request_kind"), "matched") == 0;
    c->subject = g_strdup(store_rows_text(rows, 0, "subject"));
    c->job_id = store_rows_int(rows, 0, "job_id");
    c->service = g_strdup(store_rows_text(rows, 0, "service"));
    c->due_at = store_rows_int(rows, 0, "due_at");
    c->answered = !store_rows_is_null(rows, 0, "answered_at");
    c->listed = store_rows_int(rows, 0, "listed") != 0;
    c->is_void = store_rows_int(rows, 0, "void") != 0;
    gboolean known = job_state_parse(store_rows_text(rows, 0, "state"), &c->state);
    g_assert(known);
    return c;
}

enum job_state
conversation_state_at(const store_rows *rows, guint row, gint64 now)
{
    enum job_state state;
    gboolean known = job_state_parse(store_rows_text(rows, row, "state"), &state);
    g_assert(known);
    return job_effective(state, store_rows_int(rows, row, "due_at"), now);
}

gboolean
conversation_load(struct act *act, gint64 id, struct conversation **conversation, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_CONVERSATION_BY_ID, error, store_int(id));
    if (!rows)
        return FALSE;
    *conversation = store_rows_count(rows) ? conversation_from(rows) : NULL;
    return TRUE;
}

gboolean
conversation_speaks(struct act *act, const struct conversation *c, enum side side, const char *address,
                    gboolean *registered, GError **error)
{
    *registered = FALSE;
    if (!address)
        return TRUE;
    return side == SIDE_PARTNER ? organisation_has_address(act, c->organisation_id, address, registered, error)
                                : merchant_has_address(act, c->merchant_id, address, registered, error);
}

static gboolean
add_link(struct act *act, gint64 id, enum side side, enum link_purpose purpose, GError **error)
{
    return store_run(act->tx, STMT_LINK_ADD, error, store_int(secret_random_id()), store_int(id),
                     store_text(side_name(side)), store_text(purpose_name(purpose)), store_int(act->now),
                     store_int(act->now + act->market->conf->link_lifetime));
}

/* An answer in the 72nd hour's last second is in time; the timer comes a second after. */
gboolean
conversation_start_timers(struct act *act, gint64 job_id, gint64 due_at, GError **error)
{
    gint64 remind_at = reminder_next(due_at, act->now);
    return store_run(act->tx, STMT_TIMER_SET, error, store_text("expire"), store_int(job_id), store_int(due_at + 1)) &&
           (!remind_at ||
            store_run(act->tx, STMT_TIMER_SET, error, store_text("remind"), store_int(job_id), store_int(remind_at)));
}

gboolean
conversation_open_job(struct act *act, gint64 id, const char *service, gboolean listed, GError **error)
{
    gint64 due_at = act->now + act->market->conf->answer_time;
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_JOB_ADD, error, store_int(id), store_text(service),
                                             store_int(listed), store_int(due_at), store_int(act->now));
    return rows && conversation_start_timers(act, store_rows_int(rows, 0, "id"), due_at, error) &&
           (!listed || rank_opened(act, id, error));
}

gboolean
conversation_open(struct act *act, const struct organisation *organisation, const struct merchant *merchant,
                  gint64 request_id, gboolean matched, const char *service, const char *subject, gint64 *id,
                  GError **error)
{
    const char *kind = !merchant->registered ? "lead" : matched ? "matched" : "direct";
    g_autoptr(store_rows) rows =
        store_query(act->tx, STMT_CONVERSATION_ADD, error, store_int(organisation->id), store_int(merchant->id),
                    store_ref(merchant->shop_id), store_int(request_id), store_text(kind), store_text(subject),
                    store_int(act->now));
    if (!rows)
        return FALSE;
    *id = store_rows_int(rows, 0, "id");
    /* A lead's job is not listed among the organisation's jobs (R8). */
    return conversation_open_job(act, *id, service, merchant->registered, error) &&
           add_link(act, *id, SIDE_PARTNER, LINK_REPLY, error) &&
           add_link(act, *id, SIDE_MERCHANT, LINK_REPLY, error) &&
           (!matched || add_link(act, *id, SIDE_MERCHANT, LINK_REQUEST, error)) &&
           search_index_text(act, *id, subject, error) && (!service || search_index_text(act, *id, service, error)) &&
           search_index_names(act, *id, error);
}

gboolean
conversation_set_state(struct act *act, const struct conversation *conversation, enum job_state state, GError **error)
{
    gboolean answered = job_is_unanswered(conversation->state) && !job_is_unanswered(state);
    gboolean by_partner = answered && state == JOB_RESPONDED;
    if (answered && !store_run(act->tx, STMT_TIMER_DROP, error, store_text("expire"), store_int(conversation->job_id)))
        return FALSE;
    if (state == conversation->state)
        return TRUE;
    if (by_partner && !rank_answered(act, conversation, error))
        return FALSE;
    if (answered && state != JOB_EXPIRED && !deadline_take_back(act, conversation, error))
        return FALSE;
    return store_run(act->tx, STMT_JOB_SET, error, store_int(conversation->job_id), store_text(job_state_name(state)),
                     store_int(act->now), by_partner ? store_int(act->now) : store_null());
}

static gboolean
add_files(struct act *act, const struct incoming *in, gint64 message_id, GError **error)
{
    for (guint i = 0; i < in->files->len; i++) {
        const struct mail_part *part = g_ptr_array_index(in->files, i);
        g_autofree char *name = text_file_name(part->name, "attachment");
        if (!store_run(act->tx, STMT_ATTACHMENT_ADD, error, store_int(message_id), store_text(part->path),
                       store_text(name), store_text(part->type), store_int((gint64)part->offset),
                       store_int((gint64)part->length), store_int(part->encoding), store_int((gint64)part->size),
                       store_text(part->sha256)))
            return FALSE;
    }
    return TRUE;
}

static gboolean
prolong_links(struct act *act, gint64 id, GError **error)
{
    gint64 lifetime = act->market->conf->link_lifetime;
    return store_run(act->tx, STMT_LINKS_PROLONG, error, store_int(id), store_int(act->now + lifetime),
                     store_int(act->now), store_int(act->now + lifetime * 3 / 4));
}

gboolean
conversation_add_message(struct act *act, gint64 id, const struct incoming *in, const struct words *words,
                         gint64 raw_id, gint64 *message_id, GError **error)
{
    gboolean inward = strcmp(words->direction, "in") == 0;
    g_autoptr(store_rows) rows = store_query(
        act->tx, STMT_MESSAGE_ADD, error, store_int(id), store_int(raw_id), store_text(words->direction),
        store_text(words->author_name), store_text(words->author_address), store_text(in->subject),
        store_text(words->text), store_text(words->reading == READING_FORM ? NULL : in->delivery->mail->message_id),
        store_int(act->now), store_int(words->notified), store_int(!trust_is_unverified(act->market->conf, in)),
        store_text(reading_names[words->reading]), store_ref(inward ? 0 : act->undo_id));
    if (!rows)
        return FALSE;
    *message_id = store_rows_int(rows, 0, "id");
    return add_files(act, in, *message_id, error) &&
           (!inward || search_index_writer(act, id, words->author_name, error)) &&
           store_run(act->tx, STMT_CONVERSATION_TOUCH, error, store_int(id), store_int(inward), store_int(act->now)) &&
           prolong_links(act, id, error);
}

gboolean
conversation_mark_read(struct act *act, gint64 id, gint64 up_to_message, GError **error)
{
    return store_run(act->tx, STMT_MESSAGES_READ, error, store_int(id), store_int(up_to_message),
                     store_int(act->now)) &&
           store_run(act->tx, STMT_CONVERSATION_READ, error, store_int(id));
}

char *
conversation_thread(struct act *act, gint64 id, enum side side, enum link_purpose purpose, char **thread_index,
                    GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_LINK_OF, error, store_int(id), store_text(side_name(side)),
                                             store_text(purpose_name(purpose)));
    if (!rows)
        return NULL;
    if (!store_rows_count(rows)) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND,
                    "conversation %" G_GINT64_FORMAT " has no %s link for the %s", id, purpose_name(purpose),
                    side_name(side));
        return NULL;
    }
    struct link_token token = {purpose, store_rows_int(rows, 0, "id"), store_rows_int(rows, 0, "expires_at")};
    if (thread_index)
        *thread_index = link_thread_index(act->market, token.id, store_rows_int(rows, 0, "created_at"));
    return link_address(act->market, &token);
}

char *
conversation_link(struct act *act, gint64 id, enum side side, enum link_purpose purpose, GError **error)
{
    return conversation_thread(act, id, side, purpose, NULL, error);
}

char *
conversation_about_link(struct act *act, gint64 id, enum side side, const char *about, GError **error)
{
    struct link_token token = {LINK_ABOUT, secret_random_id(), act->now + act->market->conf->link_lifetime};
    g_autoptr(store_rows) rows =
        store_query(act->tx, STMT_LINK_OF, error, store_int(id), store_text(side_name(side)), store_text(about));
    if (!rows)
        return NULL;
    if (store_rows_count(rows)) {
        token.id = store_rows_int(rows, 0, "id");
        token.expires_at = store_rows_int(rows, 0, "expires_at");
    } else if (!store_run(act->tx, STMT_LINK_ADD, error, store_int(token.id), store_int(id),
                          store_text(side_name(side)), store_text(about), store_int(act->now),
                          store_int(token.expires_at)))
        return NULL;
    return link_address(act->market, &token);
}
