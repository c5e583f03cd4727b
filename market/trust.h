/*
 * How far a mail's sender is believed (DESIGN.md, "Who may do what"): headers are claims, a link was mailed to its
 * holder, and a filter in front of us may have looked at the domain (DMARC, RFC 7489).
 */
#ifndef POSTERN_MARKET_TRUST_H
#define POSTERN_MARKET_TRUST_H

#include "market/incoming.h"

enum trust {
    TRUST_ACT,        /* acts; what cannot be taken back is confirmed */
    TRUST_CONFIRM,    /* its message passes, what matters is confirmed as well */
    TRUST_QUARANTINE, /* a filter says that From is a lie */
};

/* Of a mail whose From is registered. `link`: it came through a valid link of its side. */
enum trust trust_of(const struct conf *conf, const struct incoming *in, gboolean link);

/* A filter says that From is a lie. */
gboolean trust_is_lie(const struct conf *conf, const struct incoming *in);
/* Nobody vouches for From, and the settings do not say that it suffices: its message is marked. */
gboolean trust_is_unverified(const struct conf *conf, const struct incoming *in);
/* A filter vouches for From: its sender may be told what is known of that address. */
gboolean trust_is_proven(const struct conf *conf, const struct incoming *in);

#endif
