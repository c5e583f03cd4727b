/*
 * A mail of ours → bytes. Built new, never edited: nothing of a sender's header goes out.
 *
 * The result is 7-bit, CRLF line ends, lines ≤ 998 octets, text as UTF-8 in quoted-printable or base64, headers in RFC
 * 2047. Every string is made safe first (text_one_line), so no caller can inject a header. INVALID when an address is
 * not one that text_address() takes.
 */
#ifndef POSTERN_MIME_WRITE_H
#define POSTERN_MIME_WRITE_H

#include "mime/mail.h"

struct outgoing_file {
    char *name;
    char *type;      /* message/rfc822 and multipart/… are sent as application/octet-stream */
    GBytes *content; /* decoded */
};

struct outgoing_header {
    const char *name; /* ASCII, ours */
    const char *value;
};

/* All pointers are borrowed. */
struct outgoing {
    struct mail_address from, to, reply_to; /* reply_to.address "" leaves it out */
    const char *subject;
    const char *message_id;      /* with no angle brackets; ours */
    const GPtrArray *references; /* char *, oldest first; the last is In-Reply-To; NULL or empty: none */
    gint64 date;
    gboolean automatic;                    /* Auto-Submitted: auto-generated (RFC 3834) */
    const struct outgoing_header *headers; /* ended by name NULL; may be NULL */
    const char *text;
    const char *html;                       /* NULL: text alone */
    const GPtrArray *files;                 /* struct outgoing_file; may be NULL */
    const char *calendar, *calendar_method; /* text/calendar (RFC 5545) and its METHOD; NULL: none */
    const GPtrArray *digest;                /* GBytes: whole mails, for a multipart/digest (RFC 2046 5.1.5); NULL */
};

GBytes *mail_write(const struct outgoing *mail, GError **error);

#endif
