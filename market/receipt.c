#include "market/receipt.h"

#include <string.h>

#include "market/bounce.h"
#include "market/event.h"
#include "market/link.h"

static gboolean
opened(struct act *act, gint64 conversation_id, gint64 up_to_message, const char *reader, GError **error)
{
    const struct event event = {JOB_PARTNER_OPENS, reader, NULL};
    g_autoptr(conversation) c = NULL;
    int next;
    return conversation_load(act, conversation_id, &c, error) &&
           (!c || (event_apply(act, c, &event, &next, error) &&
                   (!up_to_message || conversation_mark_read(act, c->id, up_to_message, error))));
}

/* All that an overview told of. */
static gboolean
opened_overview(struct act *act, gint64 overview_id, const char *reader, GError **error)
{
    g_autoptr(store_rows) items = store_query(act->tx, STMT_OVERVIEW_ITEMS, error, store_int(overview_id));
    if (!items)
        return FALSE;
    for (guint i = 0; i < store_rows_count(items); i++)
        if (!opened(act, store_rows_int(items, i, "conversation_id"), store_rows_int(items, i, "id"), reader, error))
            return FALSE;
    return TRUE;
}

gboolean
receipt_take(struct act *act, const struct incoming *in, GError **error)
{
    if (!in->receipt_of || !link_message_id_is_ours(act->market, in->receipt_of))
        return TRUE;
    g_autoptr(store_rows) sent = store_query(act->tx, STMT_OUTBOX_BY_MESSAGE_ID, error, store_text(in->receipt_of));
    if (!sent)
        return FALSE;
    if (!store_rows_count(sent))
        return TRUE;
    const char *reader = store_rows_text(sent, 0, "recipient");
    if (!bounce_forget(act, reader, error))
        return FALSE;
    if (strcmp(store_rows_text(sent, 0, "side"), side_name(SIDE_PARTNER)) != 0)
        return TRUE;
    gint64 overview = store_rows_int(sent, 0, "overview_id"), id = store_rows_int(sent, 0, "conversation_id");
    if (overview)
        return opened_overview(act, overview, reader, error);
    return !id || opened(act, id, store_rows_int(sent, 0, "message_ref"), reader, error);
}
