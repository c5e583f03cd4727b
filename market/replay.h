/*
 * Stored mails through today's code: what it would read and do differently from what it did when they came, and, where
 * the admin says so, the better reading put in place.
 *
 *   a message    its text (enum reading says which of the mail's), whether a machine wrote it, whether it would be held
 *                (market/route.h)
 *                applied: the text, unless nothing would be left of it
 *   quarantine   whether it would go into a conversation now
 *                applied: it goes, with all that a mail that comes now causes, and leaves quarantine
 *   not released: what still waits for its sender's word (market/hold.h), mails with commands, whose sender was told
 *                that nothing happened, and mails whose sender has sent the same words again since
 *
 * Nothing that was sent is sent again: what is told has a key made of the mail (outbox, dedupe), and a message whose
 * text changes tells nobody.
 */
#ifndef POSTERN_MARKET_REPLAY_H
#define POSTERN_MARKET_REPLAY_H

#include <jansson.h>

#include "market/market.h"

struct replay_filter {
    gint64 since, until;              /* when it came, both included; 0: open */
    gint64 message_id, quarantine_id; /* this one alone; 0: all */
};
struct replay_item {
    gboolean quarantined; /* else a message */
    gint64 id;
};
/* Array of struct replay_item, oldest first. */
GArray *replay_list(const struct market *market, const struct replay_filter *filter, GError **error);

/*
 * `*change` NULL: nothing changes. Else a new reference of {kind, id, conversation, applied,
 * text:{before,after}, class:{before,after}, route:{before,after,why}, quarantine:{before,after,conversations,mails}},
 * with the changes alone. Runs the mail parser: call it in a worker (lib/worker.h).
 */
gboolean replay_one(const struct market *market, const struct replay_item *item, gint64 now, gboolean apply,
                    json_t **change, GError **error);

#endif
