/* What `postern explain` knows about one mail, for its two faces. */
#ifndef POSTERN_CTL_EXPLAIN_H
#define POSTERN_CTL_EXPLAIN_H

#include <stdio.h>

#include "market/explain.h"
#include "mime/automatic.h"
#include "mime/form.h"
#include "mime/forward.h"
#include "mime/language.h"
#include "mime/mail.h"
#include "mime/read.h"
#include "mime/reply.h"
#include "mime/report.h"

struct explained {
    const char *path;  /* borrowed */
    GByteArray *bytes; /* borrowed: the raw mail */
    struct mail *mail;
    struct mail_nature nature;
    struct reply reply, reply_html;
    struct forward *forward; /* NULL */
    GPtrArray *bounces;      /* struct report_recipient */
    struct form *form;       /* NULL */
    const char *language;    /* NULL */
    /* What would come of it in the database; both NULL where none was asked. */
    struct market_explained market;
};

/* The page for people. */
void explain_page(const struct explained *explained, FILE *out);

#endif
