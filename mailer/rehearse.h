/*
 * Every kind of mail in every language, rendered with the sample data that lies beside the templates, before anybody
 * waits for one: for `postern check` and tests.
 */
#ifndef POSTERN_MAILER_REHEARSE_H
#define POSTERN_MAILER_REHEARSE_H

#include "mailer/render.h"

/* One rendering. `trouble` is NULL, or what is wrong: names that the data lacks, strings that the language lacks, or
 * the error; `rendered` is then incomplete. */
typedef void (*rehearse_fn)(const char *kind, const char *language, const json_t *data, const struct rendered *rendered,
                            const char *trouble, gpointer arg);

/* Calls `fn` for each sample of the first of `folders` (ended by NULL) that has a samples.json, in each language.
 * NOT_FOUND: none has; INVALID: it is no samples file, or a kind has no sample. */
gboolean rehearse(const templates *templates, const char *const *folders, rehearse_fn fn, gpointer arg, GError **error);

/* A session as the mailer makes it, and no mail: greeting, TLS with the certificate verified, AUTH. `timeout`: seconds
 * for each answer. INVALID and REFUSED for what the admin has to mend, TEMP. */
gboolean rehearse_relay(const struct conf *conf, gint64 timeout, GError **error);

#endif
