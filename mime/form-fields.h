/*
 * A form's fields out of the mail that it sent: from its text, its HTML, its JSON or its XML. What the fields mean is
 * form.c's affair. Every value is written by a stranger: structure alone (cells, marks, the order of lines) says where
 * one ends.
 */
#ifndef POSTERN_MIME_FORM_FIELDS_H
#define POSTERN_MIME_FORM_FIELDS_H

#include "mime/form-map.h"
#include "mime/form.h"
#include "mime/lines.h"

/* What a label asks for, in the languages of Europe and some more. */
enum lead_member form_label(const char *label, gsize length);
/* The same, by what a map (may be NULL) says before. */
enum lead_member form_label_in(const struct form_map *map, const char *label, gsize length);
/* A label as it is compared: folded, without number, punctuation and what stands in brackets. */
char *form_label_key(const char *label, gsize length);

#define FORM_FIELDS 200     /* a form has at most so many */
#define FORM_LABEL_BYTES 90 /* longer ones are somebody's words */

/* The line where what the tool appends begins, or the number of lines. */
guint form_fields_end(const GArray *lines);

/* A line in which the tool speaks: of its own mail, or of what can be done with the entry. */
gboolean form_is_notice(const struct line *line);
/* A line that speaks of a form, a site or a shop. */
gboolean form_names_site(const struct line *line);

/* Arrays of struct form_field, never NULL. `map` may be NULL. */
GPtrArray *form_fields_from_text(const char *text, const struct form_map *map);
GPtrArray *form_fields_from_questions(const char *text, const struct form_map *map);
/* The first label that is known stands above its value, set apart and without a colon: questions are to be looked for.
 */
gboolean form_text_has_headings(const char *text, const struct form_map *map);
GPtrArray *form_fields_from_html(const char *html, const struct form_map *map);
GPtrArray *form_fields_from_json(const char *json, gsize length); /* an object with plain keys; empty if it is none */
GPtrArray *form_fields_from_adf(const char *xml);                 /* Auto-lead Data Format 1.0 */

/* What form_read() reads the fields from: HTML, text, JSON or ADF, whichever says most. `tool` as form_tool(). */
GPtrArray *form_fields_of(const struct mail *mail, const char *tool, const struct form_map *map);
/* The address in a value: alone, in brackets, or in the links that HTML left; NULL. */
char *form_address_in(const char *value);

/* A sentence that names the writer, and the words below. */
GPtrArray *form_fields_from_letter(const struct mail *mail);
/* The label is a header's that names the sender, in any language. */
gboolean form_is_from(const struct form_field *field);
/* The mail shows itself to be a form's, of whatever tool. Cheap for what people write. */
gboolean form_is_generic(const struct mail *mail);

/* The field with the most words of those whose label says nothing; NULL: none has a sentence. */
const struct form_field *form_longest(const GPtrArray *fields, const struct form_map *map);

GPtrArray *form_fields_new(void);
/* Trims both; nothing is added when the label is empty or the form is full. */
void form_fields_add(GPtrArray *fields, const char *label, gsize label_length, const char *value);

#endif
