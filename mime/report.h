/*
 * What a mail system says about a mail of ours: delivery status notifications (RFC 3464) in every dialect, bounces in
 * prose, abuse reports (RFC 5965).
 */
#ifndef POSTERN_MIME_REPORT_H
#define POSTERN_MIME_REPORT_H

#include "mime/mail.h"

enum report_kind {
    REPORT_SOFT, /* failed or delayed; may work another day */
    REPORT_HARD, /* the address or its domain will never work: unknown user or host, moved */
    REPORT_DELIVERED,
};

enum report_reason {
    REASON_OTHER,
    REASON_USER_UNKNOWN,
    REASON_MAILBOX_FULL,
    REASON_HOST_UNKNOWN,
    REASON_POLICY_VIOLATION,
    REASON_SPAM_DETECTED,
    REASON_TOO_BIG,
    REASON_EXPIRED,
    REASON_FEEDBACK,
    REASON_DELIVERED,
};

struct report_recipient {
    char *recipient; /* "" when the report does not tell */
    char *status;    /* enhanced status code (RFC 3463), "" */
    enum report_kind kind;
    enum report_reason reason;
    char *reply;      /* what the other server said, one line, "" */
    gboolean delayed; /* still being tried (RFC 3464 2.3.3) */
};

/* Array of struct report_recipient, one a failed, delayed or delivered recipient; empty when the mail is no report.
 * `raw` is the mail that `mail` was read from. */
GPtrArray *report_read(const struct mail *mail, gconstpointer raw, gsize length);

/* The Message-ID, without angle brackets, of the mail that a disposition notification (RFC 8098) says was displayed;
 * NULL: it says something else, or is none. Caller frees. */
char *report_displayed(const struct mail *mail, gconstpointer raw, gsize length);

const char *report_kind_name(enum report_kind kind);
const char *report_reason_name(enum report_reason reason);

#endif
