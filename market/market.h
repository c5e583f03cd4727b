/*
 * The marketplace's rules. market/ knows no SQL text, no gmime and no socket; the clock is an argument (`now`, Unix
 * seconds).
 *
 * This file: the handle that every rule works with, and the two questions that SMTP asks.
 */
#ifndef POSTERN_MARKET_MARKET_H
#define POSTERN_MARKET_MARKET_H

#include <glib.h>

#include "lib/conf.h"
#include "lib/error.h"
#include "lib/secret.h"
#include "mime/form-map.h"
#include "mime/mail.h"
#include "store/store.h"

/* Borrowed parts; immutable; shared by threads. */
struct market {
    store *store;
    const struct conf *conf;
    const keyring *keys;
    gint64 audit_chain; /* secret_random_id() at start where several processes write at once; 0 with one writer at a
                           time (SQLite) */
    const struct form_maps *forms; /* field maps of lead forms; NULL: none */
};

/* ---- what SMTP is told ---- */

/* A business verdict. Text is one plain sentence of ASCII. */
struct verdict {
    enum {
        VERDICT_TAKEN,    /* ours: 250, and Postfix need not keep it */
        VERDICT_NOT_OURS, /* none of our business */
        VERDICT_REFUSED,  /* 5yz as below */
        VERDICT_TEMP,     /* 4yz as below */
    } kind;
    int code;             /* 550 */
    const char *enhanced; /* "5.1.1" (RFC 3463); static */
    char text[200];
    /* Inside: why it was refused (market/verdict.h). */
    guint why;
    char name[100];
};

/* RCPT: may this recipient be written to? `sender` is the envelope sender ("" null), both as SMTP gave them without
 * angle brackets. FALSE: the store failed; answer 451 4.3.0. */
gboolean market_recipient(const struct market *market, const char *sender, const char *recipient, gint64 now,
                          struct verdict *verdict, GError **error);

/* A mail at the end of its data. Everything borrowed. */
struct delivery {
    const char *sender;            /* envelope sender, "" null */
    const char *const *recipients; /* ours, as RCPT took them; ended by NULL */
    gconstpointer raw;
    gsize length;
    const struct mail *mail; /* mail_read(raw) */
    gboolean shared;   /* it has recipients that are not ours as well: a refusal at this point would hit them too, so it
                        * becomes a   mail back and the verdict is TAKEN */
    const char *trace; /* for the log: queue id, or "ingest" */
};

/* Takes a mail for all its recipients in one write transaction: raw mail, messages, conversations, jobs, outbox,
 * timers, audit. The verdict is TAKEN (stored, or seen before: a duplicate gets the first answer) or REFUSED when the
 * refusal holds for every recipient. FALSE: nothing was written; TEMPFAIL (TEMP), or our bug (anything else): TEMPFAIL
 * too.
 * `*wake`: something is due at once (wake the mailer). */
gboolean market_receive(const struct market *market, const struct delivery *delivery, gint64 now,
                        struct verdict *verdict, gboolean *wake, GError **error);

#endif
