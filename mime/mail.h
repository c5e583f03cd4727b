/*
 * One mail as a plain record: what a person's mail client would show and what a gateway has to know. No gmime types.
 *
 * Made by mail_read() (mime/read.h), freed by mail_free(). Strings are valid UTF-8 without NULs, decoded (RFC 2047,
 * 2231, charsets), never NULL unless said so. Arrays are never NULL. Everything in here is a claim by whoever wrote the
 * mail: addresses are not verified, names may hold anything printable.
 */
#ifndef POSTERN_MIME_MAIL_H
#define POSTERN_MIME_MAIL_H

#include <glib.h>

struct mail_address {
    char *name;    /* display name, "" when there is none */
    char *address; /* addr-spec as written, decoded; "" when there is none */
};

/* One header as it stood, in order. `value` is unfolded, decoded to UTF-8 for reading; `raw` is unfolded only. */
struct mail_header {
    char *name;
    char *value;
    char *raw;
};

enum mail_encoding {                         /* RFC 2045 6 */
                     MAIL_ENCODING_IDENTITY, /* 7bit, 8bit, binary, unknown */
                     MAIL_ENCODING_BASE64,
                     MAIL_ENCODING_QUOTED_PRINTABLE,
                     MAIL_ENCODING_UUENCODE,
};

/* A leaf, in order. `offset` and `length` cut the still encoded content out of the raw mail, so that a file can be sent
 * on from the stored mail with mail_decode() and no parser. */
struct mail_part {
    char *path;        /* "1.2"; the single body of a mail without parts is "1" */
    char *type;        /* lower case, "text/plain" */
    char *charset;     /* as named, lower case; NULL */
    char *disposition; /* "inline", "attachment"; NULL */
    char *name;        /* file name, decoded, made safe (text_file_name); NULL */
    char *content_id;  /* without angle brackets; NULL */
    gsize offset, length;
    enum mail_encoding encoding;
    gsize size;          /* decoded bytes */
    char *sha256;        /* of the decoded bytes, hex */
    gboolean attachment; /* a person would call it a file */
    gboolean nested;     /* stands inside a message/rfc822 part */
    /* A file written into the words of a text part (uuencode), as which it is listed right behind that part and with
     * its path. Clients show it as a file, but it is no leaf of the mail. */
    gboolean in_text;
    /* NULL, or the path of the message/rfc822 part that it stands in where that one is itself encoded (base64). Then
     * `offset` and `length` cut that part's decoded content and not the raw mail. */
    char *inside;
};

struct mail {
    GPtrArray *headers; /* struct mail_header */

    char *subject;    /* NULL when there is none */
    char *message_id; /* without angle brackets; NULL */
    gint64 date;      /* Unix seconds; meaningless unless has_date */
    gboolean has_date;
    GPtrArray *from, *to, *cc, *reply_to; /* struct mail_address, groups flattened */
    char *sender;                         /* addr-spec of Sender; NULL */
    GPtrArray *in_reply_to, *references;  /* char *, without angle brackets, oldest first */

    char *text; /* the readable body: text/plain parts, or HTML rendered where that is all there is; LF line ends */
    char *html; /* the HTML body as UTF-8, as sent (hostile!); NULL */
    gboolean text_from_html; /* `text` was rendered from `html` */

    GPtrArray *parts;   /* struct mail_part, every leaf */
    GPtrArray *defects; /* char *: what was malformed and how it was read, one sentence each */
};

void mail_free(struct mail *mail);
typedef struct mail mail;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mail, mail_free)

/* First header of that name (ASCII case ignored), decoded; NULL. Owned by the mail. */
const char *mail_header(const struct mail *mail, const char *name);
/* First From address or NULL. */
const struct mail_address *mail_author(const struct mail *mail);

struct mail_address *mail_address_new(const char *name, const char *address);
void mail_address_free(struct mail_address *address);

#endif
