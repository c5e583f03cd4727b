#include "market/receipt.h"

#include <string.h>

#include "market/bounce.h"
#include "market/event.h"
#include "market/link.h"
#include "market/trust.h"

/* A reader's own word: from an address of the organisation that had the mail. */
static gboolean
is_readers(struct act *act, const struct incoming *in, gint64 organisation_id, gboolean *is, GError **error)
{
    *is = FALSE;
    return !in->author_address || organisation_has_address(act, organisation_id, in->author_address, is, error);
}

static gboolean
opened(struct act *act, const struct conversation *c, gint64 up_to_message, const char *reader, GError **error)
{
    const struct event event = {JOB_PARTNER_OPENS, reader, NULL};
    int next;
    return event_apply(act, c, &event, &next, error) &&
           (!up_to_message || conversation_mark_read(act, c->id, up_to_message, error));
}

static gboolean
opened_one(struct act *act, const struct incoming *in, gint64 id, gint64 up_to_message, GError **error)
{
    g_autoptr(conversation) c = NULL;
    gboolean is = FALSE;
    if (!conversation_load(act, id, &c, error) || (c && !is_readers(act, in, c->organisation_id, &is, error)))
        return FALSE;
    return !is || opened(act, c, up_to_message, in->author_address, error);
}

/* All that an overview told of. */
static gboolean
opened_overview(struct act *act, const struct incoming *in, gint64 overview_id, GError **error)
{
    g_autoptr(store_rows) items = store_query(act->tx, STMT_OVERVIEW_ITEMS, error, store_int(overview_id));
    if (!items)
        return FALSE;
    for (guint i = 0; i < store_rows_count(items); i++)
        if (!opened_one(act, in, store_rows_int(items, i, "conversation_id"), store_rows_int(items, i, "id"), error))
            return FALSE;
    return TRUE;
}

gboolean
receipt_take(struct act *act, const struct incoming *in, GError **error)
{
    if (!in->receipt_of || !link_message_id_is_ours(act->market, in->receipt_of) || trust_is_lie(act->market->conf, in))
        return TRUE;
    g_autoptr(store_rows) sent = store_query(act->tx, STMT_OUTBOX_BY_MESSAGE_ID, error, store_text(in->receipt_of));
    if (!sent)
        return FALSE;
    if (!store_rows_count(sent))
        return TRUE;
    if (!bounce_forget(act, store_rows_text(sent, 0, "recipient"), error))
        return FALSE;
    if (strcmp(store_rows_text(sent, 0, "side"), side_name(SIDE_PARTNER)) != 0)
        return TRUE;
    gint64 overview = store_rows_int(sent, 0, "overview_id"), id = store_rows_int(sent, 0, "conversation_id");
    if (overview)
        return opened_overview(act, in, overview, error);
    return !id || opened_one(act, in, id, store_rows_int(sent, 0, "message_ref"), error);
}
