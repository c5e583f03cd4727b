/*
 * A notice → the bytes of a mail: its subject, text and HTML from templates, its files from the store.
 *
 * A kind's layouts are files FOLDER/KIND.{subject,text,html}.mustache, partials FOLDER/NAME.text.mustache for text and
 * NAME.html.mustache for HTML; none has words: these are strings, FOLDER/LANGUAGE.words. For each file, and for each
 * string, the folders are asked in order, so that an admin's folder may hold a single changed layout or string. What a
 * language lacks is said in English.
 *
 * A set of templates is immutable and may be used from any thread.
 */
#ifndef POSTERN_MAILER_RENDER_H
#define POSTERN_MAILER_RENDER_H

#include "market/outbox.h"

typedef struct templates templates;

/* Loads and checks all layouts and strings: `folders` ended by NULL, those that are not there are passed over.
 * NOT_FOUND names the first file that is missing, INVALID what is wrong in one, with file and line. */
templates *templates_load(const char *const *folders, GError **error);
void templates_free(templates *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(templates, templates_free)

/* The languages that have strings, sorted, ended by NULL; the caller frees. */
char **templates_languages(const templates *self);

/* The files of layouts that no mail asks for, sorted, ended by NULL; the caller frees. Most likely a name has a typing
 * error. */
char **templates_unused(const templates *self);

/* Who reads. `timezone` is IANA's name. */
struct reader {
    const char *language, *timezone;
};

/* Renders the words alone; what is said is added to `data`, see speak.h, and so are `language` and `direction` (of what
 * is rendered) and `teaser`, the beginning of `text`. `missing` (may be NULL) is told about names
 * that the data lacks and strings that the language lacks, see template.h. INVALID: no such kind, or a limit was hit.
 */
struct rendered {
    GString *subject, *text, *html;
};
void rendered_clear(struct rendered *rendered);
gboolean render_words(const templates *self, const char *kind, const struct reader *reader, json_t *data,
                      void (*missing)(const char *file, guint line, const char *name, gpointer arg), gpointer arg,
                      struct rendered *rendered, GError **error);

/* The whole mail, dated `now`. TEMP when files cannot be read now, anything else will not get better by waiting. */
GBytes *render_notice(const templates *self, const struct market *market, const struct notice *notice, gint64 now,
                      GError **error);

#endif
