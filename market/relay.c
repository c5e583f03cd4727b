#include "market/relay.h"

#include <string.h>

#include "lib/text.h"
#include "market/assign.h"
#include "market/audit.h"
#include "market/event.h"
#include "market/lead.h"
#include "market/notify.h"
#include "market/overview.h"
#include "market/tell.h"
#include "market/undo.h"

enum { COPIES_MOST = 20, NAME_BYTES = 200 };

/* ---- what it answers ---- */

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

gboolean
relay_mark_answered(struct performing *p, const struct conversation *c, GError **error)
{
    gint64 answered = 0;
    if (p->confirmed) /* this mail answers a question of ours: what came since the command is unread */
        return TRUE;
    return answered_message(p->act, p->in, c, &answered, error) &&
           conversation_mark_read(p->act, c->id, answered, error);
}

/* ---- whom it goes to ---- */

gboolean
relay_send(struct act *act, const struct conversation *c, gint64 message_id, const char *author, GError **error)
{
    return tell_words(act, c, message_id, error) && assign_tell_message(act, c, message_id, author, TRUE, error);
}

static gboolean
note_copy(struct act *act, const struct conversation *c, const struct mail_address *named, GError **error)
{
    gboolean speaks = FALSE;
    g_autofree char *address = text_address(named->address);
    g_autofree char *name = text_one_line(named->name ? named->name : "", NAME_BYTES);
    if (!address)
        return TRUE;
    if (!merchant_has_address(act, c->merchant_id, address, &speaks, error))
        return FALSE;
    return !speaks ||
           store_run(act->tx, STMT_CONVERSATION_COPY, error, store_int(c->id), store_text(address), store_text(name));
}

gboolean
relay_note_copies(struct act *act, const struct conversation *c, const struct incoming *in, GError **error)
{
    const GPtrArray *lists[] = {in->delivery->mail->to, in->delivery->mail->cc};
    guint seen = 0;
    for (guint k = 0; k < G_N_ELEMENTS(lists); k++)
        for (guint i = 0; i < lists[k]->len && seen < COPIES_MOST; i++, seen++)
            if (!note_copy(act, c, g_ptr_array_index(lists[k], i), error))
                return FALSE;
    return TRUE;
}

/* ---- the message ---- */

/* R19: words of refusal change nothing, and the partner hears that the job has still to be declined. Taken back with
 * the words. */
static gboolean
remind_to_decline(struct performing *p, const struct conversation *c, gint64 message_id, enum job_state state,
                  GError **error)
{
    g_autofree char *cause = g_strdup_printf("message-%" G_GINT64_FORMAT, message_id);
    gboolean open = state == JOB_RESPONDED || state == JOB_AWAITING_RESPONSE;
    return !p->in->refuses || !open ||
           notify_member_held(p->act, "reminder-decline", c, p->actor, p->actor_name, cause, error);
}

static gboolean
add_and_send(struct performing *p, const struct conversation *c, const struct words *words, enum job_state next,
             GError **error)
{
    struct act *act = p->act;
    gint64 answered = 0, message_id = 0;
    return undo_open(act, c, p->raw_id, error) && answered_message(act, p->in, c, &answered, error) &&
           conversation_add_message(act, c->id, p->in, words, p->raw_id, &message_id, error) &&
           undo_note_read(act, answered, error) && conversation_mark_read(act, c->id, answered, error) &&
           conversation_set_state(act, c, next, error) && relay_send(act, c, message_id, p->actor, error) &&
           remind_to_decline(p, c, message_id, next, error) &&
           (words->notified || overview_expect(act, c->organisation_id, 0, FALSE, error)) &&
           audit_add(act, p->actor, "partner_wrote", message_id, words->text, error);
}

gboolean
relay_message(struct performing *p, const struct conversation *c, GError **error)
{
    gboolean assigned = FALSE, kept = FALSE;
    enum job_state state = job_effective(c->state, c->due_at, p->act->now);
    int next = job_next(state, JOB_PARTNER_WRITES);
    if (next == JOB_REFUSED)
        return perform_fail(p, job_refusal(state, JOB_PARTNER_WRITES), NULL);
    if (!assign_is_assigned(p->act, c, &assigned, error))
        return FALSE;
    /* Decisions 10: of an assigned job the notification address hears who answered. */
    gboolean notified = !assigned || strcmp(p->actor, p->organisation->notify) == 0;
    const struct words words = {"out", p->message, p->in->author_name, p->actor, notified, p->reading};
    if (!lead_keep(p, c, &words, &kept, error))
        return FALSE;
    return kept || add_and_send(p, c, &words, (enum job_state)next, error);
}
