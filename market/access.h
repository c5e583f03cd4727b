/*
 * Collaborator access to the merchant's shop (R23): asked → approved or denied. It may be asked once a proposal was
 * accepted, or where the merchant has agreed in a mail that the partner's /access names: the mail that it answers, a
 * message's number as /show counts, or a date (2026-11-24). What it rests on is kept, and shown to the merchant. What
 * the merchant wrote before the partner's first words cannot be an agreement to them.
 */
#ifndef POSTERN_MARKET_ACCESS_H
#define POSTERN_MARKET_ACCESS_H

#include "market/perform.h"

/* A conversation's, oldest first: [{id, conversation, organisation, state, basis, created_at, decided_at, decided_by}].
 * A new reference, NULL on error. */
json_t *access_list(store_tx *tx, gint64 conversation_id, GError **error);
/* The same of rows of LIST_ACCESS. */
json_t *access_rows(store_tx *tx, const store_rows *rows, GError **error);

command_fn access_perform_access, access_perform_approve, access_perform_deny;

#endif
