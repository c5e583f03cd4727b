/*
 * What would come of a mail if it came now, without a trace: it is received in a transaction that is taken back.
 */
#ifndef POSTERN_MARKET_EXPLAIN_H
#define POSTERN_MARKET_EXPLAIN_H

#include "market/inbound.h"

/* `route`: route_json() of the decision, null where the recipient leaves none to take. `plan`:
 * {recipient, sender, rcpt:{taken,status,text}, end:{taken,status,text},
 *  mails:[{kind,recipient,side,language,conversation,due_at}],
 *  conversations:[{id,organisation,new,state_before,state_after,direction,text}], quarantine:[{reason}]}
 * New references. The delivery has one recipient. Where RCPT refuses, the rest is empty. */
struct market_explained {
    json_t *route, *plan;
};
gboolean market_explain(const struct market *market, const struct delivery *delivery, gint64 now,
                        struct market_explained *explained, GError **error);
void market_explained_clear(struct market_explained *explained);

#endif
