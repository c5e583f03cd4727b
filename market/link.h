/*
 * Reply addresses and Message-IDs that only we can make.
 *
 * `r+TOKEN@DOMAIN`: base32 of purpose (1 byte), key id (1), row id (8), expiry (4, Unix seconds), HMAC (16) = 48
 * characters; lower case, case does not matter, the local part stays under 64 octets (RFC 5321 4.5.3.1.1). The row
 * behind a token binds conversation, side and purpose; a bounce link's row is the outbox row, an overview link's the
 * overview.
 */
#ifndef POSTERN_MARKET_LINK_H
#define POSTERN_MARKET_LINK_H

#include "market/market.h"

enum link_purpose {                     /* the byte in the token */
                    LINK_REPLY = 'r',   /* one conversation, one side */
                    LINK_REQUEST = 'q', /* a merchant's matched request: all its conversations */
                    LINK_BOUNCE = 'b',  /* the return path of one mail of ours */
                    LINK_OVERVIEW =
                        'o',            /* an overview of several conversations: a plain reply to it is never guessed */
                    LINK_CONFIRM = 'c', /* a command that waits for its confirmation */
                    LINK_DESK = 'd',    /* a member's own address at the desk (id: the member's row; negative: the
                                         * organisation's, for its notification address) */
};

struct link_token {
    enum link_purpose purpose;
    gint64 id;
    gint64 expires_at;
};

/* "r+TOKEN@DOMAIN"; caller frees. */
char *link_address(const struct market *market, const struct link_token *token);
/* Reads TOKEN and checks its HMAC. FALSE: forged or broken. Expiry is the caller's affair: the row may know better. */
gboolean link_parse(const struct market *market, const char *text, gsize length, struct link_token *token);

/* "p.XXXX@DOMAIN" from 8 random bytes; without angle brackets. */
char *link_message_id(const struct market *market, gint64 random);
/* Did we make it? Says nothing about which row. */
gboolean link_message_id_is_ours(const struct market *market, const char *message_id);

/* Does a mail of ours stand in it: one of our Message-IDs or reply addresses? */
gboolean link_is_in(const struct market *market, const char *text);

/* Replaces every `r+TOKEN@DOMAIN` in `text`, and each of `addresses` (char *; NULL: none) where it stands in angle
 * brackets or in a quoted line, by `instead`: what a client's quoting adds must not carry an address of one side to the
 * other. What a person types stays. */
char *link_scrub(const struct market *market, const char *text, const GPtrArray *addresses, const char *instead);

#endif
