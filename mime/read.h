/*
 * Bytes → struct mail. gmime's reading half lives behind this file and nowhere else.
 *
 * mail_read() never fails: whatever the bytes are, there is a mail, with its `defects`. Work and memory are bounded by the
 * guard: headers beyond its limits (one header ≤ 64 KiB at the top and 16 KiB in parts, ≤ 1,000 headers, ≤ 256 KiB of
 * headers, ≤ 500 parts, depth ≤ 20, ≤ 2,000 ':' and ';' in an address or parameter header) are left out of the copy that is
 * parsed and named in `defects`; nothing is refused for its shape. Offsets in `parts` always refer to `raw`.
 *
 * Call mail_init() once, first, and mail_read() on a thread with WORKER_STACK_BYTES of stack (lib/worker.h).
 */
#ifndef POSTERN_MIME_READ_H
#define POSTERN_MIME_READ_H

#include "mime/mail.h"

void mail_init(void);
struct mail *mail_read(gconstpointer raw, gsize length);

/* Decodes a leaf's content as cut from the raw mail. Charsets are not touched. Never fails (broken encodings give what can
 * be decoded). Needs no mail_init() and no large stack. */
GBytes *mail_decode(gconstpointer content, gsize length, enum mail_encoding encoding);

/* SHA-256 over what neither a filter nor a requeue changes: envelope sender, unfolded Date, From, To, Cc, Subject, Message-ID,
 * MIME-Version, Content-* and the body with LF line ends. The key of "the same mail again". */
void mail_fingerprint(const char *envelope_sender, gconstpointer raw, gsize length, guint8 digest[32]);

#endif
