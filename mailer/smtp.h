/*
 * Handing mail to the relay: one persistent connection, SMTP (RFC 5321, RFC 2920) or LMTP (RFC 2033). The only user of
 * libetpan.
 *
 * To another machine mail goes under TLS with the relay's certificate verified, or not at all; a password is said to
 * nobody else, but for this machine.
 *
 * A handle belongs to one thread at a time. It connects when it has to, keeps the session over many mails, ends it
 * after some hundred or when anything is not as it should be, and takes a session that the server ended between two
 * mails for what it is: nothing was handed over, so the mail is offered again on a new one.
 *
 * Never less than once: whatever happens between the end of the data and the server's answer is TEMPORARY, for the
 * server may or may not have taken the mail. Only a 2yz answer to the end of the data is SENT.
 *
 * SIGPIPE is never raised. Every answer must come within the timeout, however slowly it drips, and within 64 KiB.
 */
#ifndef POSTERN_MAILER_SMTP_H
#define POSTERN_MAILER_SMTP_H

#include "mailer/relay.h"
#include "mailer/tls.h"

#define SMTP_RETIRE 500 /* mails a session */
#define SMTP_REPLY_BYTES 512

struct smtp_options {
    const char *relay; /* as relay_check() takes it */
    enum relay_tls tls;
    const tls_trust *trust;      /* borrowed for the handle's life; NULL: nobody is believed, for relays without TLS */
    const char *user, *password; /* NULL or "" as user: no AUTH */
    const char *hello;           /* the name that EHLO gives */
    gint64 timeout;              /* seconds for each answer */
    guint retire;                /* mails a session; 0: SMTP_RETIRE */
};

/* Everything borrowed. */
struct smtp_mail {
    const char *sender; /* envelope sender; "" is the null reverse path */
    const char *recipient;
    gconstpointer data; /* line ends and leading dots are put right on the way */
    gsize length;
    const char *envelope_id; /* for the DSN, where the relay offers that; NULL: ask for none */
    gint64 not_after;        /* g_get_real_time() from which on it must not be handed over any more; 0: any time */
};

enum smtp_outcome {
    SMTP_SENT,
    SMTP_TEMPORARY,   /* try again later */
    SMTP_PERMANENT,   /* never again */
    SMTP_UNREACHABLE, /* no session could be made: nothing of the mail was offered, nothing is known about it */
    SMTP_LATE,        /* `not_after` came first: it was not handed over */
};

struct smtp_result {
    enum smtp_outcome outcome;
    gboolean our_fault; /* TEMPORARY or UNREACHABLE: the relay refuses us, and waiting alone will not mend that */
    char reply[SMTP_REPLY_BYTES]; /* the server's words or what went wrong, one line of UTF-8 */
};

typedef struct smtp smtp;

/* Does not connect. The strings are copied; the relay has passed relay_check(). */
smtp *smtp_new(const struct smtp_options *options);
/* Says QUIT. */
void smtp_free(smtp *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(smtp, smtp_free)

/* Makes a session unless there is one that looks alive. TEMP, and REFUSED for what the admin has to mend. */
gboolean smtp_open(smtp *self, GError **error);
/* Ends the session, if any; the next mail makes a new one. */
void smtp_close(smtp *self);

/* Sends `mail`. `next`, when not NULL, is the mail that the next call will send: its envelope then goes out together
 * with the end of this one's data, which saves a round trip. If another one is sent after all the session is given up,
 * no more. */
void smtp_send(smtp *self, const struct smtp_mail *mail, const struct smtp_mail *next, struct smtp_result *result);

/* Sessions made so far, for tests and benchmarks. */
guint smtp_sessions(const smtp *self);

#endif
