#include "config.h"

#include "mime/form-fields.h"

#include <string.h>

/*
 * Three ways in which text forms write:
 *   Label: value            the value may go on in the next lines
 *   Label:                  the value in the next line (Formspree)
 *   Label:  blank  VALUE    (Shopify's partner directory)
 * and a fourth without colons, a paragraph for each question (Typeform), which is read where those say nothing.
 * The long free text comes last in nearly every form and may hold lines that look like fields.
 */

/* ---- footers ---- */

static gboolean
body_is(const struct line *line, const char *text)
{
    return line->body_length == strlen(text) && g_ascii_strncasecmp(line->body, text, line->body_length) == 0;
}

static gboolean
body_starts(const struct line *line, const char *text)
{
    gsize length = strlen(text);
    return line->body_length >= length && g_ascii_strncasecmp(line->body, text, length) == 0;
}

static gboolean
any_of(const GArray *lines, guint from, guint to, const char *const *starts)
{
    for (guint i = from; i < to && i < lines->len; i++)
        for (const char *const *start = starts; *start; start++)
            if (body_starts(line_at(lines, i), *start))
                return TRUE;
    return FALSE;
}

/* What the tools append: behind `-- ` (Contact Form 7), behind `---` (Elementor, Formspree), or in a sentence of its
 * own. */
guint
form_fields_end(const GArray *lines)
{
    static const char *const appended[] = {"Page URL",
                                           "User Agent",
                                           "Remote IP",
                                           "Powered by",
                                           "Date:",
                                           "Time:",
                                           "URL de la page",
                                           "Agent utilisateur",
                                           "IP distante",
                                           "Adres URL strony",
                                           "Zdalny adres",
                                           "Seiten-URL",
                                           "Benutzer-Agent",
                                           "Pagina-URL",
                                           "Datum:",
                                           "Data:",
                                           "Sent from",
                                           "This message was sent",
                                           "This email was sent",
                                           "This e-mail was sent",
                                           "Diese Nachricht wurde",
                                           "Ce message a ",
                                           "Dit bericht is ",
                                           "Ta wiadomo",
                                           NULL};
    static const char *const sentences[] = {"This e-mail was sent from a contact form",
                                            "This email was sent from a contact form",
                                            "This form was submitted at",
                                            "This is a notification that a contact form",
                                            "You are receiving this because",
                                            "You are receiving this mail because",
                                            "You are receiving this email because",
                                            "You received this email because",
                                            "View your form submissions",
                                            "Edit your form settings",
                                            "Manage submissions",
                                            "Does this submission look like spam",
                                            "Sent from your website",
                                            "Log in to view",
                                            "Access all submissions",
                                            NULL};
    for (guint i = 0; i < lines->len; i++) {
        const struct line *line = line_at(lines, i);
        if (line->body == line->text && body_is(line, "--"))
            return i;
        if (body_is(line, "---") && any_of(lines, i + 1, i + 8, appended))
            return i;
        if (any_of(lines, i, i + 1, sentences))
            return i;
    }
    return lines->len;
}

/* ---- labels ---- */

static guint
count_words(const char *p, gsize length)
{
    guint words = 0;
    for (gsize i = 0; i < length; i++)
        words += p[i] != ' ' && (i == 0 || p[i - 1] == ' ');
    return words;
}

/* Bytes of the label at the start of a line; 0: none. No scheme (`https:`), no clock time, no sentence. */
static gsize
label_length(const struct line *line)
{
    const char *p = line->body;
    const char *colon = memchr(p, ':', MIN(line->body_length, FORM_LABEL_BYTES));
    if (line->depth || !colon || colon == p || line->body_length > 4000)
        return 0;
    gsize length = (gsize)(colon - p);
    if (length + 2 < line->body_length && colon[1] == '/' && colon[2] == '/')
        return 0;
    if (g_ascii_isdigit(colon[-1]) && length + 1 < line->body_length && g_ascii_isdigit(colon[1]))
        return 0;
    if (memchr(p, '@', length) || memchr(p, '?', length ? length - 1 : 0) || count_words(p, length) > 9)
        return 0;
    return length;
}

/* "Label::" where the label itself ends in a colon (Elementor). */
static const char *
value_start(const struct line *line, gsize label)
{
    const char *p = line->body + label, *end = line->body + line->body_length;
    while (p < end && (*p == ':' || *p == ' ' || *p == '\t'))
        p++;
    return p;
}

static gboolean
stands_alone(const struct line *line, gsize label)
{
    return label && value_start(line, label) == line->body + line->body_length;
}

/* Most labels stand alone: then the values are below them, and a colon inside of a line is somebody's. */
static gboolean
values_below(const GArray *lines, guint end)
{
    guint alone = 0, with_value = 0;
    for (guint i = 0; i < end; i++) {
        gsize label = label_length(line_at(lines, i));
        gboolean apart = i == 0 || line_is_blank(line_at(lines, i - 1));
        if (!label)
            continue;
        if (stands_alone(line_at(lines, i), label))
            alone += apart && i + 1 < end;
        else
            with_value++;
    }
    return alone >= 2 && alone >= with_value;
}

struct reader {
    const struct form_map *map; /* NULL */
    GPtrArray *fields;
    const struct line *label; /* NULL: none open */
    gsize label_bytes;
    GString *value;
    enum lead_member member;
    guint seen;      /* bits of enum lead_member */
    gboolean loose;  /* blank lines stand between the fields */
    gboolean to_end; /* the open field goes on to the end, whatever stands in it */
};

static void
close_field(struct reader *r)
{
    if (r->label)
        form_fields_add(r->fields, r->label->body, r->label_bytes, r->value->str);
    r->label = NULL;
    g_string_truncate(r->value, 0);
}

static void
open_field(struct reader *r, const struct line *line, gsize label, gboolean below)
{
    close_field(r);
    const char *value = value_start(line, label);
    r->label = line;
    r->label_bytes = label;
    r->member = form_label_in(r->map, line->body, label);
    r->seen |= 1u << r->member;
    r->to_end = r->member == LEAD_MESSAGE && !below && stands_alone(line, label);
    g_string_append_len(r->value, value, line->body + line->body_length - value);
}

/* The long text under a label of its own ("Message Body:", Contact Form 7) is the last field where the others have
 * their values beside them. Does a field begin here? In the free text only a label that is known and was not there yet.
 */
static gboolean
begins_field(const struct reader *r, const GArray *lines, guint i, gboolean below)
{
    const struct line *line = line_at(lines, i);
    gsize label = r->to_end ? 0 : label_length(line);
    gboolean apart = i == 0 || line_is_blank(line_at(lines, i - 1));
    if (!label || (below && !(apart && stands_alone(line, label))))
        return FALSE;
    if (!r->label || r->member != LEAD_MESSAGE)
        return TRUE;
    if (apart != (r->loose || below)) /* the tool parts its fields otherwise: somebody's paragraph */
        return FALSE;
    enum lead_member member = form_label_in(r->map, line->body, label);
    return member != LEAD_NONE && member != LEAD_MESSAGE && !(r->seen & (1u << member));
}

GPtrArray *
form_fields_from_text(const char *text, const struct form_map *map)
{
    g_autoptr(GArray) lines = lines_split(text);
    guint end = form_fields_end(lines);
    gboolean below = values_below(lines, end);
    struct reader r = {.map = map, .fields = form_fields_new(), .value = g_string_new(NULL)};
    for (guint i = 0; i < end; i++) {
        const struct line *line = line_at(lines, i);
        if (begins_field(&r, lines, i, below)) {
            r.loose = r.label && line_is_blank(line_at(lines, i - 1));
            open_field(&r, line, label_length(line), below);
        } else if (r.label) {
            g_string_append_c(r.value, '\n');
            g_string_append_len(r.value, line->text, (gssize)line->length);
        }
    }
    close_field(&r);
    g_string_free(r.value, TRUE);
    return r.fields;
}

/* ---- questions without a colon ---- */

/* "What is your name?" or a label that is known, alone in the first line of its paragraph. */
static gboolean
is_question(const GArray *lines, guint i, guint end, const struct form_map *map)
{
    const struct line *line = line_at(lines, i);
    gsize length = line->body_length;
    if (line->depth || !length || length > FORM_LABEL_BYTES || i + 1 >= end || line_is_blank(line_at(lines, i + 1)))
        return FALSE;
    if ((i > 0 && !line_is_blank(line_at(lines, i - 1))) || memchr(line->body, ':', length) ||
        memchr(line->body, '@', length))
        return FALSE;
    return line->body[length - 1] == '?' || form_label_in(map, line->body, length) != LEAD_NONE;
}

GPtrArray *
form_fields_from_questions(const char *text, const struct form_map *map)
{
    g_autoptr(GArray) lines = lines_split(text);
    guint end = form_fields_end(lines);
    struct reader r = {.map = map, .fields = form_fields_new(), .value = g_string_new(NULL)};
    for (guint i = 0; i < end; i++) {
        const struct line *line = line_at(lines, i);
        if (is_question(lines, i, end, map)) {
            close_field(&r);
            r.label = line;
            r.label_bytes = line->body_length;
        } else if (r.label) {
            g_string_append_len(r.value, line->text, (gssize)line->length);
            g_string_append_c(r.value, '\n');
        }
    }
    close_field(&r);
    g_string_free(r.value, TRUE);
    return r.fields;
}
