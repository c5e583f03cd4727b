/*
 * A mail as the rules see it: read once, before any transaction, from the delivery alone. Nothing in here is believed
 * yet.
 */
#ifndef POSTERN_MARKET_INCOMING_H
#define POSTERN_MARKET_INCOMING_H

#include "market/market.h"
#include "mime/automatic.h"
#include "mime/form.h"

struct incoming {
    const struct delivery *delivery;
    struct mail_nature nature;
    guint8 fingerprint[32];

    char *author_address; /* From, as text_address() has it; the envelope sender where From has none; NULL: neither */
    char *author_name;    /* one line, "" */
    char *subject;        /* one line without Re: and the like, "" */
    char *words;          /* the new words alone; like `whole` at most 1 MiB, the raw mail has the rest */
    char *whole;          /* for a first contact: all readable text without the signature */
    gboolean has_command; /* the new words begin with a line that begins with '/' */
    GPtrArray *ours;      /* char *: our own Message-IDs that it answers or refers to, latest first */
    GPtrArray *files;     /* const struct mail_part *, borrowed: what goes on to the other side */

    struct form *form;              /* a lead form's mail; NULL */
    char *lead_address, *lead_name; /* whom it is from: the form's, or the author's; NULL when nobody can be told */
    const char *language;           /* guessed, two letters; NULL */
};

/* `to_leads`: one of the recipients is where forms mail to. */
void incoming_read(const struct market *market, const struct delivery *delivery, gboolean to_leads,
                   struct incoming *incoming);
void incoming_clear(struct incoming *incoming);

#endif
