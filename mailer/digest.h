/*
 * An overview as a multipart/digest: each message a mail of its own, which every client can open and answer.
 */
#ifndef POSTERN_MAILER_DIGEST_H
#define POSTERN_MAILER_DIGEST_H

#include "market/outbox.h"

/* GBytes, one for each of the notice's items; NULL without an error when the reader did not ask for them. */
GPtrArray *digest_mails(const struct notice *notice, GError **error);

#endif
