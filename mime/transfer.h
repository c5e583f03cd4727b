/*
 * Content-Transfer-Encoding: base64, quoted-printable, uuencode → bytes (RFC 2045 6), as forgiving as mail clients are.
 */
#ifndef POSTERN_MIME_TRANSFER_H
#define POSTERN_MIME_TRANSFER_H

#include "mime/mail.h"

/* What a Content-Transfer-Encoding header names; anything unknown is identity. */
enum mail_encoding transfer_encoding(const char *name);
gboolean transfer_known(const char *name);

/* Appends the decoded bytes to `out`. Linear, never fails; what cannot be decoded is skipped (base64, uuencode) or kept
 * as it stands (quoted-printable). Line ends may be LF, CRLF or CR. */
void transfer_decode(const char *content, gsize length, enum mail_encoding encoding, GByteArray *out);

/* Whether a body that claims to be base64 is. Plain words under a base64 header are shown as they stand by mail
 * clients. */
gboolean transfer_looks_base64(const char *content, gsize length);

/* A uuencoded file among words: the first "begin 644 name" line behind `from` that is followed by nothing but encoded
 * lines up to "end". */
struct transfer_file {
    gsize start, end; /* offsets of the whole block, lines included */
    gsize name, name_length;
};
gboolean transfer_find_file(const char *content, gsize length, gsize from, struct transfer_file *file);

#endif
