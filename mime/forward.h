/*
 * A mail that a person sent on inside the text of another: who wrote it, to whom, and what.
 */
#ifndef POSTERN_MIME_FORWARD_H
#define POSTERN_MIME_FORWARD_H

#include "mime/mail.h"

struct forward {   /* strings never NULL, "" when the mail does not tell */
    char *message; /* what the sender wrote above it */
    struct mail_address *from;
    GPtrArray *to, *cc; /* struct mail_address */
    char *subject;
    char *date; /* as written */
    char *body;
};

/* NULL when the mail forwards nothing in its text (an answer that quotes is no forward). */
struct forward *forward_read(const struct mail *mail);
void forward_free(struct forward *forward);

#endif
