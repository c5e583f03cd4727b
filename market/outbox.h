/*
 * The outbox: what is to be sent. Rows are written by the rules in the transaction that causes them (outbox_add,
 * market/ only); the mailer claims due rows, renders, sends and reports.
 *
 * Delivery: at least once. A claim writes the row as `sending` under a lease before anything goes on the wire; a crash
 * or a stalled worker lets the lease run out and the row is claimed again, with the same Message-ID. Better to deliver
 * twice than to lose mail. A report under an older claim (fence) than the row's is ignored.
 */
#ifndef POSTERN_MARKET_OUTBOX_H
#define POSTERN_MARKET_OUTBOX_H

#include <jansson.h>

#include "market/market.h"

/* A file to send on: cut it from the stored raw mail and decode it (store_raw_get, mail_decode). */
struct notice_file {
    char *name; /* safe */
    char *type;
    gint64 raw_id;
    gint64 offset, length;
    int encoding; /* enum mail_encoding */
    gint64 size;  /* decoded */
};

/* A claimed row with all that its rendering needs. */
struct notice {
    gint64 id;       /* outbox row */
    gint64 fence;    /* this claim; give it back in the report */
    gint64 attempts; /* failed tries so far */
    gint64 created_at;

    char *kind;     /* names the template: templates/LANGUAGE/KIND.{subject,text,html}.mustache */
    char *language; /* "en" */
    char *timezone; /* its reader's, IANA's name; NULL: the gateway's */

    char *envelope_sender; /* signed bounce link: r+TOKEN@DOMAIN */
    char *recipient;       /* envelope recipient */
    char *recipient_name;
    char *from_name, *from_address; /* From, and Reply-To the same when `answerable` */
    gboolean answerable;
    gboolean automatic;    /* Auto-Submitted: auto-generated; FALSE for a person's relayed words */
    char *message_id;      /* fixed for ever, no angle brackets */
    char *reason;          /* "partner", "merchant", "other": in what role its reader gets it */
    char *list_id;         /* RFC 2919: the organisation's mails; NULL */
    char *unsubscribe;     /* RFC 2369: how its reader switches this kind off, "<mailto:…>"; NULL: it cannot be */
    char *thread_index;    /* Outlook's Thread-Index: the same in all mails with this From; NULL: none */
    GPtrArray *references; /* char *, the recipient's own copies, oldest first */

    json_t *data;     /* what the template sees; see market/notice.c for each kind's keys */
    GPtrArray *files; /* struct notice_file */
};
void notice_free(struct notice *notice);
typedef struct notice notice;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(notice, notice_free)

/* A claim on a row. */
struct outbox_claim {
    gint64 id;
    gint64 fence;    /* of this claim */
    gint64 attempts; /* failed tries so far */
};

/* Claims up to `limit` due rows for conf->lease seconds: an array of struct outbox_claim, empty when nothing is due.
 * `*more`: there may be more, come again at once. What is over a limit on mails a minute is due later (market/pace.h).
 */
GArray *outbox_claim(const struct market *market, gint64 now, guint limit, gboolean *more, GError **error);

/* Before asking what is due: what waits for its turn takes another one where the limits on mails a minute have changed
 * (`fresh`: after a start or a change of settings), or where a clock was fast that is right now. */
gboolean outbox_keep_turns(const struct market *market, gboolean fresh, gint64 now, GError **error);

/* Loads claimed rows, all in one snapshot; any thread, for this is where the time goes. `notices` has room for `count`:
 * NULL where there is nothing to send, for a row that somebody else has claimed since and for one that cannot be
 * loaded, which is then marked failed and logged. */
gboolean outbox_load(const struct market *market, const struct outbox_claim *claims, guint count, gint64 now,
                     struct notice **notices, GError **error);

/* A row as it would be sent now, whatever its state. NOT_FOUND: no such row, or what it speaks of is gone. */
struct notice *outbox_peek(const struct market *market, gint64 id, gint64 now, GError **error);

/* Content of one file of a notice, decoded. */
GBytes *notice_file_load(const struct market *market, const struct notice_file *file, GError **error);

struct outbox_result {
    gint64 id, fence;
    enum {
        OUTBOX_SENT,
        OUTBOX_TEMPORARY,
        OUTBOX_PERMANENT,
        OUTBOX_REFUSED, /* our own relay does not serve us: temporary, and the admin is told once a day */
    } result;
    const char *reply; /* the server's words, or why we could not; borrowed; may be NULL */
};

/* Records results in one transaction. Temporary failures are due again after a backoff with jitter, until
 * conf->retry_lifetime has passed since the row was made, and half of it in tries; then, as for permanent ones, the row
 * is failed and whoever needs to know is told. */
gboolean outbox_report(const struct market *market, const struct outbox_result *results, guint count, gint64 now,
                       GError **error);

/* By the admin's hand, in the audit: a row that waits, has failed or came back is due now, its tries forgotten and its
 * address no longer marked; or one that waits or has failed is never sent. `dry`: only whether it could be. CONFLICT:
 * it is in another state. */
gboolean outbox_retry(const struct market *market, gint64 id, gint64 now, gboolean dry, GError **error);
gboolean outbox_cancel(const struct market *market, gint64 id, gint64 now, gboolean dry, GError **error);

/* The same for all rows that it can be done to, those left out that only wait for their time (an hour for an overview,
 * the time for an undo) where they are to be sent now. Returns their ids (gint64). */
struct outbox_order {
    gboolean again;        /* send them now; else never */
    gboolean dry;          /* only say which */
    const char *state;     /* "due", "failed" or "bounced"; NULL: any of these */
    const char *recipient; /* an address or "@DOMAIN"; NULL: all */
    gint64 last;           /* none with a higher id; 0: none that is added from now on */
};
GArray *outbox_change_all(const struct market *market, const struct outbox_order *order, gint64 now, GError **error);

/* Runs due timers (expire, …), at most `limit`; `*ran` says how many. */
gboolean timers_run(const struct market *market, gint64 now, guint limit, guint *ran, GError **error);

/* When the next outbox row or timer is due; G_MAXINT64 when none is. */
gboolean outbox_next_due(const struct market *market, gint64 *due_at, GError **error);

#endif
