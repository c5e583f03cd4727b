#include "market/answer.h"

#include <string.h>

#include "lib/text.h"
#include "market/block.h"
#include "market/comment.h"
#include "market/quarantine.h"
#include "market/reading.h"
#include "market/relay.h"
#include "market/request.h"
#include "market/review.h"
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
    const enum reading reading = p->reading;
    if (full) {
        p->message = full;
        p->reading = READING_FULL;
    }
    gboolean done =
        comment_is_in(p->message) ? perform_fail(p, "cannot.note_in_text", NULL) : relay_message(p, c, error);
    p->message = a->in->commands.message;
    p->reading = reading;
    return done;
}

gboolean
answer_say(struct performing *p, const struct incoming *in, gint64 raw_id, GError **error)
{
    const struct answer answer = {
        .act = p->act, .in = in, .conversation = p->conversation, .side = SIDE_PARTNER, .raw_id = raw_id};
    struct performing said = *p;
    said.in = in;
    said.raw_id = raw_id;
    said.message = in->commands.message;
    said.full = commands_have(&in->commands, COMMAND_FULL);
    gboolean done = partner_says(&said, &answer, error);
    p->failed = said.failed;
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
    return request_continue(p->act, a->in, c, a->in->author_address, p->message, READING_WORDS, a->raw_id, error);
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

/* What comes with a proposal or an invoice is meant for the merchant. */
static gboolean
sends_files(const struct commands *commands)
{
    return commands_have(commands, COMMAND_PROPOSE) || commands_have(commands, COMMAND_INVOICE);
}

/* Files are words too; but a mail of commands alone relays nothing, and what is attached to a note stays inside. */
static gboolean
says_something(const struct incoming *in, const struct commands *commands)
{
    return *commands->message || (in->files->len && (!commands->list->len || sends_files(commands)));
}

/* What worked and is its own answer needs no transcript. */
static gboolean
take(struct performing *p, const struct answer *a, const struct commands *commands, GError **error)
{
    gboolean done = FALSE;
    return perform_commands(p, commands, says_something(a->in, commands) ? say_message : NULL, (gpointer)a, &done,
                            error) &&
           (done ||
            quarantine_add(a->act, a->in, a->raw_id, "a command said no", a->recipient, a->conversation->id, error)) &&
           ((done && !json_array_size(p->items)) || transcript_send(p, done, error));
}

/* What its reply address is about: "proposal 12", "review 3". */
static gboolean
find_about(struct performing *p, gint64 link_id, GError **error)
{
    if (!link_id)
        return TRUE;
    g_autoptr(store_rows) link = store_query(p->act->tx, STMT_LINK_BY_ID, error, store_int(link_id));
    if (!link)
        return FALSE;
    const char *about = store_rows_text(link, 0, "purpose"), *id = strchr(about, ' ');
    if (g_str_has_prefix(about, "proposal "))
        p->proposal_id = g_ascii_strtoll(id, NULL, 10);
    else if (g_str_has_prefix(about, "review "))
        p->review_id = g_ascii_strtoll(id, NULL, 10);
    return TRUE;
}

/* Words to the address of a review that begin with a rating are that review. */
static void
read_review(const struct incoming *in, struct commands *commands)
{
    const char *rest;
    if (in->commands.list->len || !review_rating(in->words, &rest))
        return;
    g_autofree char *line = text_one_line(in->words, G_MAXSIZE);
    g_autofree char *command = g_strdup_printf("/%s %s", command_name(COMMAND_REVIEW), line);
    commands_read(command, commands);
}

static gboolean
take_words(struct performing *p, const struct answer *a, GError **error)
{
    g_auto(commands_read_words) review = {0};
    if (p->review_id)
        read_review(a->in, &review);
    return take(p, a, review.list ? &review : &a->in->commands, error);
}

gboolean
answer_take(const struct answer *a, GError **error)
{
    const struct incoming *in = a->in;
    g_autoptr(organisation) organisation = NULL;
    if (!in->commands.list->len && !says_something(in, &in->commands)) {
        g_autofree char *cause = act_cause(a->act, in->key);
        return quarantine_and_tell(a->act, in, a->raw_id, a->recipient, a->conversation, a->side, "no new words",
                                   quarantine_no_words, cause, error);
    }
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
    gboolean done = (a->side == SIDE_MERCHANT || performing_find_member(&p, error)) &&
                    find_about(&p, a->about, error) && take_words(&p, a, error);
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
    p.reading = READING_PART;
    if (a->in->commands.list->len)
        done = perform_commands(&p, &a->in->commands, says_something(a->in, &a->in->commands) ? say_message : NULL,
                                (gpointer)a, &said, error);
    else if ((done = say_message(&p, (gpointer)a, error)) && !p.failed)
        perform_said(&p, "said.item_answered", json_pack("{s:s}", "subject", a->conversation->subject));
    /* Whose the files of several answers are is not certain: they cannot wait, and nothing goes unasked. */
    if (done && !p.failed && p.asks && whole->in->files->len && sends_files(&a->in->commands))
        perform_fail(&p, "cannot.files_of_several", NULL);
    whole->failed = p.failed;
    return done;
}
