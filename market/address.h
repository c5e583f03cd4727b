/*
 * Which of our addresses is it? Nothing here asks the database: a name that could be an organisation's is just that.
 */
#ifndef POSTERN_MARKET_ADDRESS_H
#define POSTERN_MARKET_ADDRESS_H

#include "market/link.h"

struct target {
    enum {
        TARGET_FOREIGN,      /* another domain */
        TARGET_RESERVED,     /* postmaster, abuse …: never ours, Postfix has an alias (Decisions 12, RFC 2142) */
        TARGET_ORGANISATION, /* SLUG@, if there is one */
        TARGET_JOBS,
        TARGET_LEADS,
        TARGET_EXPERTS,
        TARGET_DESK,
        TARGET_LINK,   /* a link whose HMAC is right */
        TARGET_FORGED, /* the shape of a link, not made by us */
    } kind;
    char slug[65];           /* TARGET_ORGANISATION: lower case */
    struct link_token token; /* TARGET_LINK */
};

void target_parse(const struct market *market, const char *recipient, struct target *target);

/* May an organisation have this slug? Letters, digits and inner hyphens, 2–40, no reserved name and none of conf's
 * special ones. */
gboolean address_slug_is_free(const struct conf *conf, const char *slug);

#endif
