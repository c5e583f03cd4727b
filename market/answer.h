/*
 * A mail through a reply link, or one that threads: commands, then the message below them. Its author speaks for its
 * side; that was looked at before.
 */
#ifndef POSTERN_MARKET_ANSWER_H
#define POSTERN_MARKET_ANSWER_H

#include "market/conversation.h"
#include "market/trust.h"

struct request_plan;

/* All borrowed. */
struct answer {
    struct act *act;
    const struct incoming *in;
    const struct conversation *conversation;
    enum side side;
    gboolean request; /* through the link of a matched request: words are for all its conversations */
    enum trust trust;
    const char *recipient;
    gint64 raw_id;
    const struct request_plan *again; /* for /rematch; NULL */
    gint64 about; /* the row of the link that it came through, where that is about one record (LINK_ABOUT); 0 */
};

/* A partner's words to a job whose time is over, without a command: refused in SMTP before anything is stored. */
gboolean answer_is_too_late(struct act *act, const struct incoming *in, const struct conversation *conversation);

gboolean answer_take(const struct answer *answer, GError **error);

struct performing;
/* What a mail of the partner's that waited (`in`, `raw_id`) says below its commands, as a part of what `p` performs. */
gboolean answer_say(struct performing *p, const struct incoming *in, gint64 raw_id, GError **error);

/* The partner's answer to one of several conversations in the same mail, inside the attempt that `whole` is: what comes
 * of it, and whether it failed, is added there. */
gboolean answer_part(const struct answer *answer, struct performing *whole, GError **error);

#endif
