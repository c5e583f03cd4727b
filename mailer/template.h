/*
 * Templates: Mustache over JSON, the core of the official specification (interpolation, sections, inverted sections,
 * comments, partials, delimiters). No lambdas: a template is words, never code.
 *
 *     {{name}}         escaped in HTML, as it is in text; `a.b.c` goes into objects, `.` is the item itself
 *     {{{name}}}       as it is in both, and so is {{&name}}: for markup of our own only, never for foreign words
 *     {{#name}}…{{/name}}   once for each item of an array, once for anything else that is true
 *     {{^name}}…{{/name}}   when there is nothing: false, null, "", 0, an empty array, no such key
 *     {{>name}}        another template, its lines indented like the tag when that stands alone on its line
 *     {{@key}}         a string of the language, see words.h: itself a template, rendered in the same place; its own
 *                      letters are escaped in HTML as the values in it are
 *     {{! words }}     nothing            {{=<% %>=}}   other delimiters for the rest of this template
 *
 * An object that has a member "said" (see speak.h) is printed as that.
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

/* Where a rendering is. */
typedef struct template_place template_place;
/* The value of a name there, its parts ended by NULL; NULL when there is none. */
const json_t *template_value(const template_place *place, char *const *path);

/* What a rendering sees. All borrowed. */
struct template_view {
    const json_t *data;
    const json_t *outer; /* asked for what `data` does not have; NULL: nothing */
    enum template_mode mode;
    gsize max_output; /* bytes added to the output; 0: TEMPLATE_MAX_OUTPUT */
    /* Finds a partial; NULL when there is none (it then renders as nothing). May be NULL. */
    const template *(*partial)(const char *name, gpointer arg);
    /* Finds a string of the language; NULL when there is none (it then renders as nothing). May be NULL. */
    const template *(*string)(const char *key, const template_place *place, gpointer arg);
    /* Told about each name that the data does not have, for tests and for people who write templates. May be NULL. */
    void (*missing)(const char *file, guint line, const char *name, gpointer arg);
    gpointer arg;
};

/* Appends to `out`. INVALID with file and line when a limit is hit; `out` then holds a part. */
gboolean template_render(const template *self, const struct template_view *view, GString *out, GError **error);

/* The string for a key alone. FALSE with no error: there is none. */
gboolean template_render_string(const char *key, const struct template_view *view, GString *out, GError **error);

enum template_tag { TEMPLATE_VALUE, TEMPLATE_RAW, TEMPLATE_SECTION, TEMPLATE_PARTIAL, TEMPLATE_STRING };

/* Calls `fn` for each tag that names something, in order. */
void template_tags(const template *self, void (*fn)(enum template_tag tag, const char *name, guint line, gpointer arg),
                   gpointer arg);
const char *template_file(const template *self);

#endif
