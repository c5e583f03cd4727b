/*
 * Bytes → struct mail.
 *
 * mail_read() never fails: whatever the bytes are, there is a mail, with its `defects`. Work is linear in the length
 * and bounded by the guard (mime/structure.h): headers beyond its limits (one header ≤ 64 KiB at the top and 16 KiB in
 * parts, ≤ 1,000 headers, ≤ 256 KiB of headers, ≤ 500 parts, depth ≤ 20, ≤ 2,000 ':' and ';' in an address or parameter
 * header) are left out of the reading and named in `defects`; nothing is refused for its shape. Offsets in `parts`
 * always refer to `raw`, whatever its line ends are (but for parts `inside` an encoded message, see mime/mail.h).
 *
 * The structure is found by our own scanner, which recurses at most 20 deep; of gmime only the reading of dates is
 * used. Call mail_init() once, first. Mails may be read by several threads at a time.
 */
#ifndef POSTERN_MIME_READ_H
#define POSTERN_MIME_READ_H

#include "mime/mail.h"

void mail_init(void);
struct mail *mail_read(gconstpointer raw, gsize length);

/* Decodes a leaf's content as cut from the raw mail. Charsets are not touched. Never fails (broken encodings give what
 * can be decoded). Needs no mail_init() and no large stack. */
GBytes *mail_decode(gconstpointer content, gsize length, enum mail_encoding encoding);

/* SHA-256 over what neither a filter nor a requeue changes: envelope sender, unfolded Date, From, To, Cc, Subject,
 * Message-ID, MIME-Version, Content-* and the body with LF line ends. The key of "the same mail again". */
void mail_fingerprint(const char *envelope_sender, gconstpointer raw, gsize length, guint8 digest[32]);

#endif
