/*
 * Why a mail was not delivered, from what mail servers say: enhanced status codes (RFC 3463), reply codes, and the
 * words.
 */
#ifndef POSTERN_MIME_DIAGNOSIS_H
#define POSTERN_MIME_DIAGNOSIS_H

#include "mime/prose.h"
#include "mime/report.h"

struct diagnosis {
    char status[16]; /* the enhanced status code, "" when none is told */
    enum report_kind kind;
    enum report_reason reason;
    gboolean certain; /* words or a telling code, not the fallback */
};

/* `words` is what was said, any length; `status` the report's own Status field ("" if none); `stage` when it was said.
 */
void diagnose(const char *words, const char *status, enum prose_stage stage, struct diagnosis *diagnosis);

/* The first enhanced status code in the text → `status`; returns where it stands, or NULL. */
const char *enhanced_status(const char *text, char status[16]);

/* A reply of an SMTP server begins here: "550 5.1.1 …", "421-…". */
gboolean is_smtp_reply(const char *text);

#endif
