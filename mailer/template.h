/*
 * Templates: Mustache over JSON, the core of the official specification (interpolation, sections, inverted sections,
 * comments, partials, delimiters). No lambdas: a template is words, never code.
 *
 *     {{name}}         escaped in HTML, as it is in text; `a.b.c` goes into objects, `.` is the item itself
 *     {{{name}}}       as it is in both, and so is {{&name}}: for markup of our own only, never for foreign words
 *     {{#name}}…{{/name}}   once for each item of an array, once for anything else that is true
 *     {{^name}}…{{/name}}   when there is nothing: false, null, "", 0, an empty array, no such key
 *     {{>name}}        another template, its lines indented like the tag when that stands alone on its line
 *     {{! words }}     nothing            {{=<% %>=}}   other delimiters for the rest of this template
 *
 * A line with nothing but one tag other than an interpolation leaves no line behind.
 *
 * Control bytes other than TAB, LF and CR never reach the output: data comes from hostile mails.
 *
 * A compiled template is immutable: any number of threads may render it at the same time, and no reference count of the
 * data is touched.
 */
#ifndef POSTERN_MAILER_TEMPLATE_H
#define POSTERN_MAILER_TEMPLATE_H

#include <glib.h>
#include <jansson.h>

typedef struct template template;

/* `file` is named in errors: INVALID, `FILE:LINE: what is wrong`. The source is copied. */
template *template_compile(const char *file, const char *source, gsize length, GError **error);
void template_free(template *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(template, template_free)

enum template_mode { TEMPLATE_TEXT, TEMPLATE_HTML };

#define TEMPLATE_MAX_OUTPUT (16u << 20)
#define TEMPLATE_MAX_DEPTH 64          /* sections and partials inside each other */
#define TEMPLATE_MAX_STEPS (10u << 20) /* tags and texts gone through; ends what neither depth nor output would */

/* What a rendering sees. All borrowed. */
struct template_view {
    const json_t *data;
    enum template_mode mode;
    gsize max_output; /* bytes added to the output; 0: TEMPLATE_MAX_OUTPUT */
    /* Finds a partial; NULL when there is none (it then renders as nothing). May be NULL. */
    const template *(*partial)(const char *name, gpointer arg);
    /* Told about each name that the data does not have, for tests and for people who write templates. May be NULL. */
    void (*missing)(const char *file, guint line, const char *name, gpointer arg);
    gpointer arg;
};

/* Appends to `out`. INVALID with file and line when a limit is hit; `out` then holds a part. */
gboolean template_render(const template *self, const struct template_view *view, GString *out, GError **error);

/* Calls `fn` for each partial tag, in order. */
void template_partials(const template *self, void (*fn)(const char *name, guint line, gpointer arg), gpointer arg);
const char *template_file(const template *self);

#endif
