/*
 * Invoices (R22): an amount due on accepted work. sent → paid or withdrawn, by the partner; a block closes what was
 * sent. The merchant answers in words. Their sum may exceed what was accepted; the partner is warned.
 */
#ifndef POSTERN_MARKET_INVOICE_H
#define POSTERN_MARKET_INVOICE_H

#include "market/perform.h"

/* "/withdraw invoice 3"; `number` as written, "": the only one that is open. */
gboolean invoice_withdraw(struct performing *p, const char *number, GError **error);

/* A conversation's, oldest first: [{id, conversation, organisation, number, state, amount:{amount,currency},
 * description, proposal, created_at, decided_at}]. A new reference, NULL on error. */
json_t *invoice_list(store_tx *tx, gint64 conversation_id, GError **error);
/* The same of rows of LIST_INVOICES. */
json_t *invoice_rows(store_tx *tx, const store_rows *rows, GError **error);

command_fn invoice_perform_invoice, invoice_perform_paid;

#endif
