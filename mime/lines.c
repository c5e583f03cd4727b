#include "config.h"

#include "mime/lines.h"

#include <string.h>

gsize
blank_width(const char *p, const char *end)
{
    const guchar *s = (const guchar *)p;
    gsize left = (gsize)(end - p);
    if (left == 0)
        return 0;
    if (s[0] == ' ' || (s[0] >= '\t' && s[0] <= '\r'))
        return 1;
    if (left >= 2 && s[0] == 0xc2 && s[1] == 0xa0) /* NBSP */
        return 2;
    if (left < 3)
        return 0;
    if (s[0] == 0xe2 && s[1] == 0x80 && ((s[2] >= 0x80 && s[2] <= 0x8f) || (s[2] >= 0xaa && s[2] <= 0xaf)))
        return 3; /* U+2000–200F, 202A–202F: blanks and marks of direction */
    if (s[0] == 0xe2 && s[1] == 0x81 && (s[2] == 0xa0 || s[2] == 0x9f || (s[2] >= 0xa6 && s[2] <= 0xa9)))
        return 3;                                     /* U+2060, 205F, 2066–2069 */
    if (s[0] == 0xe3 && s[1] == 0x80 && s[2] == 0x80) /* ideographic space */
        return 3;
    if (s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf) /* BOM */
        return 3;
    return 0;
}

static const char *
skip_blanks(const char *p, const char *end)
{
    for (gsize width; (width = blank_width(p, end)) != 0;)
        p += width;
    return p;
}

/* Backwards: a blank is at most three bytes wide, so three looks a step are enough. */
static const char *
trim_blanks(const char *start, const char *end)
{
    for (;;) {
        const char *before = end;
        for (gsize width = 1; width <= 3 && end == before; width++)
            if ((gsize)(end - start) >= width && blank_width(end - width, end) == width)
                end -= width;
        if (end == before)
            return end;
    }
}

/* After quote marks and blanks. */
static void
measure(struct line *line)
{
    const char *end = line->text + line->length;
    const char *p = skip_blanks(line->text, end);
    line->depth = 0;
    while (p < end && *p == '>') {
        line->depth++;
        p = skip_blanks(p + 1, end);
    }
    line->body = p;
    line->body_length = (gsize)(trim_blanks(p, end) - p);
}

static gboolean
ends_with(const char *text, gsize length, const char *end)
{
    gsize bytes = strlen(end);
    return length >= bytes && memcmp(text + length - bytes, end, bytes) == 0;
}

/* The last `<` of the line was not closed in it: a wrapped address. */
static gboolean
leaves_bracket_open(const struct line *line)
{
    const char *open = memrchr(line->body, '<', line->body_length);
    return open && !memchr(open, '>', line->body_length - (gsize)(open - line->body));
}

/* Marks that are none: the bracket of an address wrapped to a new line (`… <bob@example.com` / `>:`), the verb behind
 * it, and ornaments (`>>> click here <<<`). */
static gboolean
is_no_quote(const struct line *line, const struct line *before)
{
    if (line->body_length && ends_with(line->body, line->body_length, "<<"))
        return TRUE;
    if (line->depth == 3 && ends_with(line->body, line->body_length, ">>>"))
        return TRUE; /* GroupWise's attribution */
    if (line->depth > 3 && line->body_length < 300 && memmem(line->body, line->body_length, "\" == ", 5))
        return TRUE; /* `>>>>> "Bob" == Bob Jones <bob@…> writes:` introduces one */
    if (line->depth != 1 || !before || before->depth || !before->body_length || line->body_length > 24)
        return FALSE;
    if (!ends_with(line->body, line->body_length, ":") && !ends_with(line->body, line->body_length, "：") &&
        !ends_with(line->body, line->body_length, "wrote"))
        return FALSE;
    return leaves_bracket_open(before) || before->body[before->body_length - 1] == '>';
}

GArray *
lines_split(const char *text)
{
    GArray *lines = g_array_new(FALSE, FALSE, sizeof(struct line));
    for (const char *end = text + strlen(text); text < end;) {
        const char *lf = memchr(text, '\n', (gsize)(end - text));
        gsize length = (gsize)((lf ? lf : end) - text);
        if (length && text[length - 1] == '\r')
            length--;
        struct line line = {.text = text, .length = length};
        measure(&line);
        if (line.depth && is_no_quote(&line, lines->len ? line_at(lines, lines->len - 1) : NULL)) {
            line.depth = 0;
            line.body = skip_blanks(text, text + length);
            line.body_length = (gsize)(trim_blanks(line.body, text + length) - line.body);
        }
        g_array_append_val(lines, line);
        text = lf ? lf + 1 : end;
    }
    return lines;
}

guint
lines_skip_blank(const GArray *lines, guint i, guint end)
{
    while (i < end && line_is_blank(line_at(lines, i)))
        i++;
    return i;
}

void
lines_append(GString *out, const GArray *lines, guint from, guint to)
{
    for (guint i = from; i < to; i++) {
        const struct line *line = line_at(lines, i);
        g_string_append_len(out, line->text, (gssize)line->length);
        g_string_append_c(out, '\n');
    }
}

gboolean
line_is_rule(const struct line *line)
{
    const char *p = line->body;
    gsize n = line->body_length;
    if (n > 6 && memcmp(p, "\xe2\x80\x94", 3) == 0) {
        p += 3;
        n -= 3;
    }
    if (n < 3 || !strchr("-_=*~#", *p))
        return n >= 6 && n % 3 == 0 && memcmp(p, "\xe2\x94\x80", 3) == 0 && memcmp(p + n - 3, "\xe2\x94\x80", 3) == 0;
    for (gsize i = 1; i < n; i++) {
        gboolean dash = *p == '-' && n - i >= 3 && memcmp(p + i, "\xe2\x80\x94", 3) == 0; /* both kinds of dashes */
        if (p[i] != *p && p[i] != ' ' && !dash)
            return FALSE;
        i += dash ? 2 : 0;
    }
    return TRUE;
}
