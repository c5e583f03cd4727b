#include "market/reading.h"

#include <string.h>

#include "market/comment.h"
#include "market/notify.h"

static gboolean
mark_all(struct performing *p, GError **error)
{
    return conversation_mark_read(p->act, p->conversation->id, G_MAXINT64, error);
}

gboolean
reading_perform_read(struct performing *p, const struct command *command, GError **error)
{
    (void)command;
    perform_said(p, "said.read", NULL);
    return mark_all(p, error);
}

/* The message that came last. An overview that told of it does not tell again (R12). */
gboolean
reading_perform_unread(struct performing *p, const struct command *command, GError **error)
{
    (void)command;
    struct act *act = p->act;
    g_autoptr(store_rows) last = store_query(act->tx, STMT_MESSAGE_LAST_IN, error, store_int(p->conversation->id));
    if (!last)
        return FALSE;
    perform_said(p, "said.unread", NULL);
    return store_run(act->tx, STMT_MESSAGE_UNREAD, error, store_int(store_rows_int(last, 0, "id"))) &&
           store_run(act->tx, STMT_CONVERSATION_READ, error, store_int(p->conversation->id));
}

/* The mail is its answer: no line of a transcript. */
gboolean
reading_perform_show(struct performing *p, const struct command *command, GError **error)
{
    (void)command;
    g_autofree char *cause = act_cause(p->act, p->in->key);
    return mark_all(p, error) &&
           notify_member(p->act, "conversation", p->conversation, p->actor, p->actor_name, NULL, cause, error);
}

/* ---- /full ---- */

gboolean
reading_perform_full(struct performing *p, const struct command *command, GError **error)
{
    (void)command;
    (void)error;
    p->full = TRUE;
    return TRUE;
}

/* Of our mails, those hold nothing but what this merchant knows. */
static gboolean
is_harmless(const char *kind)
{
    static const char *const kinds[] = {"first-contact", "lead", "message-assignee", "assigned"};
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(kinds[i], kind) == 0)
            return TRUE;
    return FALSE;
}

/* It answers or refers to a mail of ours that has more in it than this conversation's messages: an overview, a list,
 * the conversation with its comments. */
static gboolean
refers_inside(struct performing *p, gboolean *inside, GError **error)
{
    *inside = FALSE;
    for (guint i = 0; i < p->in->references->len && !*inside; i++) {
        const struct incoming_reference *reference = g_ptr_array_index(p->in->references, i);
        if (!reference->ours)
            continue;
        g_autoptr(store_rows) sent =
            store_query(p->act->tx, STMT_OUTBOX_BY_MESSAGE_ID, error, store_text(reference->id));
        if (!sent)
            return FALSE;
        *inside = store_rows_count(sent) && (!is_harmless(store_rows_text(sent, 0, "kind")) ||
                                             store_rows_int(sent, 0, "conversation_id") != p->conversation->id);
    }
    return TRUE;
}

gboolean
reading_full_text(struct performing *p, char **text, GError **error)
{
    gboolean inside = FALSE, quoted = FALSE;
    *text = NULL;
    if (!refers_inside(p, &inside, error) ||
        !comment_is_quoted(p->act, p->conversation->id, p->in->letters, &quoted, error))
        return FALSE;
    if (inside || quoted)
        return perform_fail(p, "cannot.full_quotes", NULL);
    *text = incoming_full(p->in);
    return TRUE;
}
