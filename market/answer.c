#include "market/answer.h"

#include "market/audit.h"
#include "market/block.h"
#include "market/notify.h"
#include "market/perform.h"
#include "market/quarantine.h"
#include "market/request.h"
#include "market/transcript.h"

/* ---- the partner's words ---- */

/* The message of the merchant's that one of our mails, which is answered, told of; 0: it told of none. */
static gboolean
told_of(struct act *act, const struct conversation *c, const char *message_id, gint64 *told, GError **error)
{
    g_autoptr(store_rows) sent = store_query(act->tx, STMT_OUTBOX_BY_MESSAGE_ID, error, store_text(message_id));
    if (!sent || !store_rows_count(sent))
        return sent != NULL;
    gint64 overview = store_rows_int(sent, 0, "overview_id");
    if (store_rows_int(sent, 0, "conversation_id") == c->id)
        *told = store_rows_int(sent, 0, "message_ref");
    if (!overview)
        return TRUE;
    g_autoptr(store_rows) item =
        store_query(act->tx, STMT_OVERVIEW_LAST_ITEM, error, store_int(overview), store_int(c->id));
    if (item)
        *told = store_rows_int(item, 0, "id");
    return item != NULL;
}

/* Up to it all is read (Decisions 1). Where the mail does not tell, the last one that came. */
static gboolean
answered_message(struct act *act, const struct incoming *in, const struct conversation *c, gint64 *message_id,
                 GError **error)
{
    *message_id = 0;
    for (guint i = 0; i < in->references->len && !*message_id; i++) {
        const struct incoming_reference *reference = g_ptr_array_index(in->references, i);
        if (reference->ours && !told_of(act, c, reference->id, message_id, error))
            return FALSE;
    }
    if (*message_id)
        return TRUE;
    g_autoptr(store_rows) last = store_query(act->tx, STMT_MESSAGE_LAST_IN, error, store_int(c->id));
    if (last)
        *message_id = store_rows_int(last, 0, "id");
    return last != NULL;
}

/* To everybody of the merchant's side who wrote in it and still may (Decisions 5): who left the shop hears no more. */
static gboolean
relay_to_merchant(struct act *act, const struct conversation *c, gint64 message_id, GError **error)
{
    guint told = 0;
    g_autoptr(merchant) merchant = NULL;
    g_autoptr(store_rows) writers = store_query(act->tx, STMT_MESSAGE_WRITERS, error, store_int(c->id));
    if (!writers || !merchant_by_id(act, c->merchant_id, &merchant, error))
        return FALSE;
    for (guint i = 0; i < store_rows_count(writers); i++) {
        const char *address = store_rows_text(writers, i, "address");
        gboolean speaks = FALSE;
        if (!merchant_has_address(act, c->merchant_id, address, &speaks, error))
            return FALSE;
        if (!speaks)
            continue;
        if (!notify_relay(act, merchant, address, store_rows_text(writers, i, "name"), c->id, message_id, error))
            return FALSE;
        told++;
    }
    return told || notify_relay(act, merchant, merchant->address, merchant->name, c->id, message_id, error);
}

static gboolean
relay(const struct answer *a, const struct conversation *c, const char *text, enum job_state next, GError **error)
{
    struct act *act = a->act;
    const struct incoming *in = a->in;
    gint64 answered = 0, message_id = 0;
    const struct words words = {"out", text, in->author_name, in->author_address, TRUE, FALSE};
    return answered_message(act, in, c, &answered, error) &&
           conversation_add_message(act, c->id, in, &words, a->raw_id, &message_id, error) &&
           conversation_mark_read(act, c->id, answered, error) && conversation_set_state(act, c, next, error) &&
           relay_to_merchant(act, c, message_id, error) &&
           audit_add(act, in->author_address, "partner_wrote", message_id, text, error);
}

/* ---- the message of a mail, after its commands ---- */

static int
next_of_partner(struct act *act, const struct conversation *c)
{
    return job_next(job_effective(c->state, c->due_at, act->now), JOB_PARTNER_WRITES);
}

static gboolean
partner_says(struct performing *p, const struct answer *a, GError **error)
{
    g_autoptr(conversation) c = NULL;
    gboolean blocked = FALSE;
    if (!conversation_load(p->act, a->conversation->id, &c, error) || /* its commands may have changed it */
        !block_has_conversation(p->act, a->conversation->id, &blocked, error))
        return FALSE;
    if (blocked)
        return perform_fail(p, "cannot.blocked", NULL);
    int next = next_of_partner(p->act, c);
    if (next == JOB_REFUSED)
        return perform_fail(p, "cannot.job_expired", NULL);
    return relay(a, c, p->message, (enum job_state)next, error);
}

static gboolean
merchant_says(struct performing *p, const struct answer *a, GError **error)
{
    g_autoptr(conversation) c = NULL;
    if (!conversation_load(p->act, a->conversation->id, &c, error))
        return FALSE;
    if (a->request)
        return request_add(p->act, a->in, c, a->in->author_address, p->message, a->raw_id, error);
    return request_continue(p->act, a->in, c, a->in->author_address, p->message, a->raw_id, error);
}

static gboolean
say_message(struct performing *p, gpointer arg, GError **error)
{
    const struct answer *a = arg;
    return p->side == SIDE_PARTNER ? partner_says(p, a, error) : merchant_says(p, a, error);
}

/* ---- all of it ---- */

gboolean
answer_is_too_late(struct act *act, const struct incoming *in, const struct conversation *c)
{
    return !in->commands.list->len && next_of_partner(act, c) == JOB_REFUSED;
}

/* Files are words too; a mail of commands alone relays nothing. */
static gboolean
says_something(const struct incoming *in)
{
    return *in->commands.message || in->files->len;
}

static gboolean
take_commands(struct performing *p, const struct answer *a, GError **error)
{
    gboolean done = FALSE;
    return perform_commands(p, &a->in->commands, says_something(a->in) ? say_message : NULL, (gpointer)a, &done,
                            error) &&
           (done ||
            quarantine_add(a->act, a->in, a->raw_id, "a command said no", a->recipient, a->conversation->id, error)) &&
           transcript_send(p, done, error);
}

gboolean
answer_take(const struct answer *a, GError **error)
{
    const struct incoming *in = a->in;
    g_autoptr(organisation) organisation = NULL;
    if (!in->commands.list->len && !says_something(in))
        return quarantine_and_tell(a->act, in, a->raw_id, a->recipient, a->conversation, a->side, "no new words",
                                   quarantine_no_words, in->key, error);
    if (!organisation_by_id(a->act, a->conversation->organisation_id, &organisation, error))
        return FALSE;
    struct performing p = {
        .act = a->act,
        .in = in,
        .side = a->side,
        .conversation = a->conversation,
        .organisation = organisation,
        .actor = in->author_address,
        .actor_name = in->author_name,
        .raw_id = a->raw_id,
        .trust = a->trust,
        .message = in->commands.message,
        .items = json_array(),
    };
    gboolean done = (a->side == SIDE_MERCHANT || performing_find_member(&p, error)) &&
                    (in->commands.list->len ? take_commands(&p, a, error) : say_message(&p, (gpointer)a, error));
    json_decref(p.items);
    return done;
}

gboolean
answer_part(const struct answer *a, struct performing *whole, GError **error)
{
    struct performing p = *whole;
    gboolean done = TRUE, said = FALSE;
    p.in = a->in;
    p.conversation = a->conversation;
    p.message = a->in->commands.message;
    if (a->in->commands.list->len)
        done = perform_commands(&p, &a->in->commands, says_something(a->in) ? say_message : NULL, (gpointer)a, &said,
                                error);
    else if ((done = say_message(&p, (gpointer)a, error)) && !p.failed)
        perform_said(&p, "said.item_answered", json_pack("{s:s}", "subject", a->conversation->subject));
    whole->failed = p.failed;
    whole->tells = whole->tells || p.tells;
    return done;
}
