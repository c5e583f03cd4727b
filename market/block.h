/*
 * Blocks (R16): an organisation shuts itself to a merchant, for good. The block covers the merchant, everybody of its
 * shop (who joins it later too) and every address that any of them had. Nothing takes it back, and no import, merge or
 * new shop does: it goes along with whoever it was about.
 *
 * Everything that is open between the two is closed in the same transaction; what was said stays and can be searched.
 */
#ifndef POSTERN_MARKET_BLOCK_H
#define POSTERN_MARKET_BLOCK_H

#include "market/perform.h"

/* Is the organisation shut to this address, this merchant, the merchant of this conversation? */
gboolean block_has_address(struct act *act, gint64 organisation_id, const char *address, gboolean *blocked,
                           GError **error);
gboolean block_has_merchant(struct act *act, gint64 organisation_id, gint64 merchant_id, gboolean *blocked,
                            GError **error);
gboolean block_has_conversation(struct act *act, gint64 conversation_id, gboolean *blocked, GError **error);
/* Of a matched request the first conversation that is not behind a block; 0: all are. */
gboolean block_open_of_request(struct act *act, gint64 request_id, gint64 *conversation_id, GError **error);

/* The merchant became another one (a lead who turned out to be registered): so do its blocks. */
gboolean block_move(struct act *act, gint64 from_merchant_id, gint64 to_merchant_id, GError **error);
/* The merchant changed: closes what it has open with those whose blocks cover it now. */
gboolean block_enforce(struct act *act, gint64 merchant_id, GError **error);

command_fn block_perform;

#endif
