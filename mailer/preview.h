/*
 * Looking at templates: a mail made from a JSON object rather than from the outbox, for those who write templates and
 * for tests.
 */
#ifndef POSTERN_MAILER_PREVIEW_H
#define POSTERN_MAILER_PREVIEW_H

#include "mailer/render.h"

/* `json` is {kind, data} and, where the defaults do not do, language, recipient, recipient_name, from_name,
 * from_address, message_id, references, automatic, timezone. NULL and INVALID for what cannot be rendered. */
GBytes *preview_mail(const templates *templates, const struct conf *conf, const char *json, gsize length, gint64 now,
                     GError **error);

#endif
