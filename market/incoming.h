/*
 * A mail as the rules see it: read once, before any transaction, from the delivery alone. Nothing in here is believed
 * yet.
 */
#ifndef POSTERN_MARKET_INCOMING_H
#define POSTERN_MARKET_INCOMING_H

#include "market/command.h"
#include "market/link.h"
#include "market/market.h"
#include "mime/authres.h"
#include "mime/automatic.h"
#include "mime/form.h"

/* A Message-ID that the mail says it answers. */
struct incoming_reference {
    char *id;
    gboolean ours;   /* we made it (its MAC says so); else it may be one that its sender's side sent us */
    gboolean direct; /* from In-Reply-To; else from References */
};

struct incoming {
    const struct delivery *delivery;
    struct mail_nature nature;
    guint8 fingerprint[32];
    char *key; /* 32 hex digits made from the fingerprint: names this mail in causes */

    char *author_address; /* From, as text_address() has it; the envelope sender where From has none; NULL: neither, or
                           * one of  the gateway's own addresses: an answer to it would come back in as somebody else's
                           * words */
    char *author_name;    /* one line, "" */
    char *subject;        /* one line without Re: and the like, "" */
    char *words;          /* the new words alone; like `whole` at most 256 KiB, the raw mail has the rest */
    char *trimmed;        /* what was taken off them: the signature, what is quoted; at most 256 KiB */
    char *letters;        /* of `trimmed`, for comment_is_quoted(); "" where no /full asks for it */
    gboolean refuses;     /* they read like a refusal (market/refusal.h) */
    char *whole;          /* for a first contact: all readable text without the signature */
    struct commands commands;   /* that the new words begin with, and the message below them */
    enum authres_verdict dmarc; /* by the filter that the settings name */
    GPtrArray *references; /* struct incoming_reference: In-Reply-To's, then References', each latest first; of ours
                            * and of others at most 20 each */
    gint64 thread_link;    /* the link row that its Thread-Index names; 0 */
    GArray *addressed;     /* struct link_token: links among To and Cc */
    GArray *quoted;        /* struct link_token: links in its body, at most 20 */
    GPtrArray *files;      /* const struct mail_part *, borrowed: what goes on to the other side */
    guint left_out;        /* files that are not: signatures, visiting cards, winmail.dat, mails of ours */
    const char *language;  /* guessed, two letters; NULL */
    gboolean dropshipping; /* it speaks of dropshipping */

    char *receipt_of; /* the Message-ID of a mail that it says was displayed; NULL */
    char *away_until; /* an automatic answer's day; "": none, or it is no such answer */

    gboolean failed; /* a delivery status notification says that some recipient's delivery failed for good */
    char *failure;   /* in the other server's words; NULL */
    gboolean hard;   /* the address will never work */

    struct form *form;  /* of a lead form's mail; only looked at for `leads@`; NULL */
    char *form_address; /* whom the form is from; NULL when it does not tell */
    char *form_name;
};

/* As whom a mail speaks: its author, or, to leads@, whoever the form names. All borrowed from the incoming. */
struct request_from {
    const char *address, *name; /* address NULL: nobody can be told */
    const struct form *form;    /* NULL: the author wrote it */
};
struct request_from incoming_author(const struct incoming *incoming);
struct request_from incoming_form(const struct incoming *incoming);

/* A machine wrote it (RFC 3834). What merely has a form's shape may be a person's answer that quotes one. */
gboolean incoming_is_by_machine(const struct incoming *incoming);

/* At most 256 KiB of a text, with a note where it was cut. Takes and gives ownership. */
char *incoming_bounded(char *text);

/* Its new words and below them what was trimmed. Caller frees. */
char *incoming_full(const struct incoming *incoming);

/* `to_leads`: one of the recipients is where forms mail to. */
void incoming_read(const struct market *market, const struct delivery *delivery, gboolean to_leads,
                   struct incoming *incoming);
void incoming_clear(struct incoming *incoming);

#endif
