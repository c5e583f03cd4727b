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
    if (s[0] == 0xe2 && s[1] == 0x80 && ((s[2] >= 0x80 && s[2] <= 0x8f) || s[2] == 0xaf)) /* U+2000–200F, 202F */
        return 3;
    if (s[0] == 0xe2 && s[1] == 0x81 && (s[2] == 0xa0 || s[2] == 0x9f)) /* U+2060, 205F */
        return 3;
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

static void
measure(struct line *line)
{
    const char *end = line->text + line->length;
    const char *p = skip_blanks(line->text, end);
    while (p < end && *p == '>') {
        line->depth++;
        p = skip_blanks(p + 1, end);
    }
    line->body = p;
    line->body_length = (gsize)(trim_blanks(p, end) - p);
}

GArray *
lines_split(const char *text)
{
    GArray *lines = g_array_new(FALSE, FALSE, sizeof(struct line));
    while (*text) {
        const char *lf = strchrnul(text, '\n');
        gsize length = (gsize)(lf - text);
        if (length && text[length - 1] == '\r')
            length--;
        struct line line = {.text = text, .length = length};
        measure(&line);
        g_array_append_val(lines, line);
        text = *lf ? lf + 1 : lf;
    }
    return lines;
}

void
lines_append(GString *out, const GArray *lines, guint from, guint to)
{
    for (guint i = from; i < to; i++) {
        const struct line *line = &g_array_index(lines, struct line, i);
        g_string_append_len(out, line->text, (gssize)line->length);
        g_string_append_c(out, '\n');
    }
}
