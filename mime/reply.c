#include "config.h"

#include "mime/reply.h"

#include "mime/lines.h"

#include <string.h>

static const struct line *
at(const GArray *lines, guint i)
{
    return &g_array_index(lines, struct line, i);
}

static gboolean
contains(const char *text, gsize length, const char *needle)
{
    return memmem(text, length, needle, strlen(needle)) != NULL;
}

/* Says who wrote what follows: an address or a date, and a verb or a colon at the end. */
static gboolean
is_attribution(const struct line *line)
{
    static const char *const verbs[] = {"wrote",   "schreef",  "écrit",      "napisał",
                                        "schrieb", "escribió", "ha scritto", "escreveu"};
    if (line->depth || line->body_length < 12 || line->body_length > 300 || line->body[line->body_length - 1] != ':')
        return FALSE;
    gboolean digits = FALSE;
    for (gsize i = 0; i < line->body_length; i++)
        digits = digits || g_ascii_isdigit(line->body[i]);
    if (!digits && !memchr(line->body, '@', line->body_length))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++)
        if (contains(line->body, line->body_length, verbs[i]))
            return TRUE;
    return FALSE;
}

static gboolean
is_delimiter(const struct line *line)
{
    return line->depth == 0 && (line->length == 2 || line->length == 3) && memcmp(line->text, "--", 2) == 0 &&
           (line->length == 2 || line->text[2] == ' ');
}

/* Everything from `start` on is quoted or blank. */
static gboolean
is_quoted_tail(const GArray *lines, guint start)
{
    gboolean quoted = FALSE;
    for (guint i = start; i < lines->len; i++) {
        if (at(lines, i)->depth)
            quoted = TRUE;
        else if (!line_is_blank(at(lines, i)))
            return FALSE;
    }
    return quoted;
}

/* Where the quoted conversation that ends the mail begins. */
static guint
quote_start(const GArray *lines)
{
    guint start = lines->len;
    while (start > 0 && (at(lines, start - 1)->depth || line_is_blank(at(lines, start - 1))))
        start--;
    if (!is_quoted_tail(lines, start))
        start = lines->len;
    for (guint i = 0; i < start; i++) {
        guint next = i + 1;
        while (next < lines->len && line_is_blank(at(lines, next)))
            next++;
        if (is_attribution(at(lines, i)) && (next >= start || at(lines, next)->depth == 0))
            return i;
    }
    return start;
}

static guint
signature_start(const GArray *lines, guint end)
{
    for (guint i = end; i-- > 0;)
        if (is_delimiter(at(lines, i)))
            return i;
    return end;
}

static char *
piece(const GArray *lines, guint from, guint to)
{
    while (to > from && line_is_blank(at(lines, to - 1)))
        to--;
    GString *out = g_string_new(NULL);
    lines_append(out, lines, from, to);
    return g_string_free(out, FALSE);
}

void
reply_trim(const struct mail *m, struct reply *reply)
{
    g_autoptr(GArray) lines = lines_split(m->text);
    guint quote = quote_start(lines);
    guint signature = signature_start(lines, quote);
    reply->text = piece(lines, 0, signature);
    reply->signature = piece(lines, signature, quote);
    reply->elided = piece(lines, quote, lines->len);
}

void
reply_clear(struct reply *reply)
{
    g_clear_pointer(&reply->text, g_free);
    g_clear_pointer(&reply->signature, g_free);
    g_clear_pointer(&reply->elided, g_free);
}
