#include "market/block.h"

#include "market/audit.h"

/* ---- is it? ---- */

static gboolean
any_row(store_rows *rows, gboolean *any)
{
    *any = rows && store_rows_count(rows) > 0;
    store_rows_free(rows);
    return rows != NULL;
}

gboolean
block_has_address(struct act *act, gint64 organisation_id, const char *address, gboolean *blocked, GError **error)
{
    return any_row(store_query(act->tx, STMT_BLOCK_OF_ADDRESS, error, store_int(organisation_id), store_text(address)),
                   blocked);
}

gboolean
block_has_merchant(struct act *act, gint64 organisation_id, gint64 merchant_id, gboolean *blocked, GError **error)
{
    return any_row(
        store_query(act->tx, STMT_BLOCK_OF_MERCHANT, error, store_int(organisation_id), store_int(merchant_id)),
        blocked);
}

gboolean
block_has_conversation(struct act *act, gint64 conversation_id, gboolean *blocked, GError **error)
{
    return any_row(store_query(act->tx, STMT_BLOCK_OF_CONVERSATION, error, store_int(conversation_id)), blocked);
}

gboolean
block_open_of_request(struct act *act, gint64 request_id, gint64 *conversation_id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_CONVERSATIONS_OF_REQUEST, error, store_int(request_id));
    *conversation_id = 0;
    for (guint i = 0; rows && !*conversation_id && i < store_rows_count(rows); i++) {
        gint64 id = store_rows_int(rows, i, "id");
        gboolean blocked = FALSE;
        if (!block_has_conversation(act, id, &blocked, error))
            return FALSE;
        *conversation_id = blocked ? 0 : id;
    }
    return rows != NULL;
}

/* ---- closing ---- */

/* In this order: what is cancelled is looked for by the conversations of the block, the rest by what is still open. */
static const enum store_statement closing[] = {
    STMT_BLOCK_ADDRESSES, STMT_BLOCK_WRITERS, STMT_BLOCK_TIMERS,          STMT_BLOCK_JOBS,      STMT_BLOCK_PROPOSALS,
    STMT_BLOCK_INVOICES,  STMT_BLOCK_ACCESS,  STMT_BLOCK_REVIEWS,         STMT_BLOCK_HELD,      STMT_BLOCK_OUTBOX,
    STMT_BLOCK_READ,      STMT_BLOCK_UNCOVER, STMT_BLOCK_UNCOVER_MEMBERS, STMT_BLOCK_OVERVIEWS, STMT_BLOCK_UNREAD,
};

static gboolean
close_all(struct act *act, gint64 block_id, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(closing); i++)
        if (!store_run(act->tx, closing[i], error, store_int(block_id), store_int(act->now)))
            return FALSE;
    return TRUE;
}

gboolean
block_enforce(struct act *act, gint64 merchant_id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_BLOCKS_OVER, error, store_int(merchant_id));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++)
        if (!close_all(act, store_rows_int(rows, i, "id"), error))
            return FALSE;
    return TRUE;
}

gboolean
block_move(struct act *act, gint64 from, gint64 to, GError **error)
{
    return store_run(act->tx, STMT_BLOCK_MOVE, error, store_int(from), store_int(to)) &&
           store_run(act->tx, STMT_BLOCK_MOVE_ADDRESSES, error, store_int(from), store_int(to)) &&
           store_run(act->tx, STMT_BLOCK_DROP, error, store_int(from));
}

/* ---- the command ---- */

static gboolean
shut(struct performing *p, const struct merchant *merchant, GError **error)
{
    g_autoptr(store_rows) added =
        store_query(p->act->tx, STMT_BLOCK_ADD, error, store_int(p->organisation->id), store_int(merchant->id),
                    store_ref(merchant->shop_id), store_text(p->actor), store_int(p->act->now));
    if (!added)
        return FALSE;
    gint64 id = store_rows_int(added, 0, "id");
    g_autofree char *payload = g_strdup_printf("merchant %" G_GINT64_FORMAT, merchant->id);
    return close_all(p->act, id, error) && audit_add(p->act, p->actor, "merchant_blocked", id, payload, error);
}

gboolean
block_perform(struct performing *p, const struct command *command, GError **error)
{
    g_autoptr(merchant) merchant = NULL;
    gboolean already = FALSE;
    (void)command;
    if (!merchant_by_id(p->act, p->conversation->merchant_id, &merchant, error) ||
        !block_has_conversation(p->act, p->conversation->id, &already, error))
        return FALSE;
    if (already)
        return perform_fail(p, "cannot.blocked_already", NULL);
    g_autofree char *name = party_public_name(merchant->name, "");
    json_t *about = merchant->shop_name ? json_pack("{s:s, s:s}", "merchant", name, "shop", merchant->shop_name)
                                        : json_pack("{s:s}", "merchant", name);
    if (!shut(p, merchant, error)) {
        json_decref(about);
        return FALSE;
    }
    perform_said(p, merchant->shop_name ? "said.blocked_shop" : *name ? "said.blocked" : "said.blocked_someone", about);
    return TRUE;
}
