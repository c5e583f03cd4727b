#include "market/answer.h"

#include "market/block.h"
#include "market/comment.h"
#include "market/quarantine.h"
#include "market/reading.h"
#include "market/relay.h"
#include "market/request.h"
#include "market/transcript.h"

/* ---- the message of a mail, after its commands ---- */

static int
next_of_partner(struct act *act, const struct conversation *c)
{
    return job_next(job_effective(c->state, c->due_at, act->now), JOB_PARTNER_WRITES);
}

/* A line that looks like an internal comment stays inside, wherever it stands (R21). */
static gboolean
partner_says(struct performing *p, const struct answer *a, GError **error)
{
    g_autoptr(conversation) c = NULL;
    g_autofree char *full = NULL;
    gboolean blocked = FALSE;
    if (!conversation_load(p->act, a->conversation->id, &c, error) || /* its commands may have changed it */
        !block_has_conversation(p->act, a->conversation->id, &blocked, error))
        return FALSE;
    if (blocked)
        return perform_fail(p, "cannot.blocked", NULL);
    if (p->full && !reading_full_text(p, &full, error))
        return FALSE;
    if (p->failed)
        return TRUE;
    if (full)
        p->message = full;
    gboolean done =
        comment_is_in(p->message) ? perform_fail(p, "cannot.note_in_text", NULL) : relay_message(p, c, error);
    p->message = a->in->commands.message;
    return done;
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

/* Files are words too; but a mail of commands alone relays nothing, and what is attached to a note stays inside. */
static gboolean
says_something(const struct incoming *in)
{
    return *in->commands.message || (in->files->len && !in->commands.list->len);
}

/* What worked and is its own answer needs no transcript. */
static gboolean
take(struct performing *p, const struct answer *a, GError **error)
{
    gboolean done = FALSE;
    return perform_commands(p, &a->in->commands, says_something(a->in) ? say_message : NULL, (gpointer)a, &done,
                            error) &&
           (done ||
            quarantine_add(a->act, a->in, a->raw_id, "a command said no", a->recipient, a->conversation->id, error)) &&
           ((done && !json_array_size(p->items)) || transcript_send(p, done, error));
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
        .request = a->request,
        .again = a->again,
        .message = in->commands.message,
        .items = json_array(),
    };
    gboolean done = (a->side == SIDE_MERCHANT || performing_find_member(&p, error)) && take(&p, a, error);
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
