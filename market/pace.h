/*
 * How many mails a minute go to one recipient and to one domain: a limit is kept by all mailers of a database together
 * (GCRA, the virtual scheduling of ITU-T I.371).
 *
 * A row over a limit is not looked at again and again: it books its turn, once, and its due_at becomes that time. What
 * goes elsewhere passes it by; what goes to the same recipient books behind it, so that the order is kept.
 *
 * Where both limits apply a row takes its turn with its recipient first, then with the domain, so that one that waits
 * for its recipient keeps nothing of the domain's from others. What the domain holds up may reach its recipient closer
 * together.
 */
#ifndef POSTERN_MARKET_PACE_H
#define POSTERN_MARKET_PACE_H

#include "market/party.h"

gboolean pace_is_set(const struct conf *conf);

/* In the claim's transaction, before it: of the first `limit` rows that are due, those over a limit are due later.
 * `*left`: how many of them are due still, and these now come first; `*seen`: how many there were. */
gboolean pace_due(struct act *act, guint limit, guint *left, guint *seen, GError **error);

/* FALSE in `*holds`: the turns that are booked are nobody's any more. The limits are others than they were booked under
 * (asked only when the settings are `fresh`: mailers that disagree must not renew each other's without end), or a clock
 * that was fast has been put right. Reads only. */
gboolean pace_holds(struct act *act, gboolean fresh, gboolean *holds, GError **error);

/* All that waits for a turn takes another one, in the order that it had; without limits it is due now. Nothing is known
 * then of what went before, so that a burst may come once more. */
gboolean pace_renew(struct act *act, GError **error);

#endif
