/*
 * Reply addresses and Message-IDs that only we can make.
 *
 * `r+TOKEN@DOMAIN`: base32 of purpose (1 byte), key id (1), row id (8), expiry (4, Unix seconds), HMAC (16) = 48
 * characters; lower case, case does not matter, the local part stays under 64 octets (RFC 5321 4.5.3.1.1). The row
 * behind a token binds conversation, side and purpose; a bounce link's row is the outbox row (6 bytes, behind 2 of the
 * attempt), an overview link's the overview.
 */
#ifndef POSTERN_MARKET_LINK_H
#define POSTERN_MARKET_LINK_H

#include "market/market.h"

enum link_purpose {                     /* the byte in the token */
                    LINK_REPLY = 'r',   /* one conversation, one side */
                    LINK_REQUEST = 'q', /* a merchant's matched request: all its conversations */
                    LINK_ABOUT = 'a',   /* one record of a conversation: a version of a proposal, a review … */
                    LINK_BOUNCE = 'b',  /* the return path of one mail of ours */
                    LINK_OVERVIEW =
                        'o',            /* an overview of several conversations: a plain reply to it is never guessed */
                    LINK_CONFIRM = 'c', /* a command that waits for its confirmation */
                    LINK_DESK = 'd',    /* a member's own address at the desk (id: the member's row; negative: the
                                         * organisation's, for its notification address) */
                    LINK_CHOICE = 'h',  /* one answer to "which conversation?"; see market/hold.h */
};

struct link_token {
    enum link_purpose purpose;
    gint64 id;
    gint64 expires_at;
    guint16 attempt; /* of a bounce link: link_attempt() of the claim that sent the mail; 0: not known */
};

/* An outbox row's fence as its return path carries it, so that a bounce is that attempt's and no later one's. */
guint16 link_attempt(gint64 fence);

/* "r+TOKEN@DOMAIN"; caller frees. */
char *link_address(const struct market *market, const struct link_token *token);
/* Reads TOKEN and checks its HMAC. FALSE: forged or broken. Expiry is the caller's affair: the row may know better. */
gboolean link_parse(const struct market *market, const char *text, gsize length, struct link_token *token);

/* "p.XXXX@DOMAIN" from 8 random bytes; without angle brackets. */
char *link_message_id(const struct market *market, gint64 random);
/* Did we make it? Says nothing about which row. */
gboolean link_message_id_is_ours(const struct market *market, const char *message_id);

/*
 * Outlook's Thread-Index (MS-OXOMSG 2.2.1.3): base64 of 6 bytes of time, a GUID of 16 and 5 bytes for each reply. Every
 * reply keeps the GUID, also where a server takes In-Reply-To and References away. Ours holds key id (1), link row id
 * (8) and HMAC (7), so that nobody else can make one. `since`: Unix seconds, the same for all mails of a thread.
 */
char *link_thread_index(const struct market *market, gint64 link_id, gint64 since);
/* The link row that a Thread-Index header's root names. FALSE: not ours, or broken. */
gboolean link_thread_root(const struct market *market, const char *header, gint64 *link_id);

/* All our tokens in a text, each once, at most `max`: in plain words, in HTML, in a URL (`r%2B…`), broken by wrapping,
 * quoting or short tags. Each has a right HMAC. Appends struct link_token. */
void link_find(const struct market *market, const char *text, guint max, GArray *tokens);

/* Does a mail of ours stand in it: one of our Message-IDs or reply addresses? */
gboolean link_is_in(const struct market *market, const char *text);

/* Replaces every `r+TOKEN@DOMAIN` in `text`, whole or broken by wrapping or quoting, and each of `addresses` (char *;
 * NULL: none) where it stands in angle brackets or in a quoted line, by `instead`: what a client's quoting adds must
 * not carry an address of one side to the other. What a person types stays. */
char *link_scrub(const struct market *market, const char *text, const GPtrArray *addresses, const char *instead);

#endif
