/*
 * A text as lines, with what every reader of quoted mail asks about them. Nothing is copied: a line points into the
 * text, which must outlive it.
 */
#ifndef POSTERN_MIME_LINES_H
#define POSTERN_MIME_LINES_H

#include <glib.h>

struct line {
    const char *text; /* not NUL-terminated, without the line end */
    gsize length;
    const char *body;  /* after quote marks and leading blanks */
    gsize body_length; /* without trailing blanks */
    guint depth;       /* quote marks (`>`) before the body; for HTML how many quoted mails it is in */
    guint marks;       /* enum html_mark, where the text was HTML */
};

/* Lines of `text`, split at LF (a CR before it goes). Freed with g_array_unref(). */
GArray *lines_split(const char *text);

static inline const struct line *
line_at(const GArray *lines, guint i)
{
    return &g_array_index(lines, struct line, i);
}

static inline gboolean
line_is_blank(const struct line *line)
{
    return line->body_length == 0;
}

/* The first line from `i` on (before `end`) that is not blank, or `end`. */
guint lines_skip_blank(const GArray *lines, guint i, guint end);

/* White space as mail has it: ASCII blanks, NBSP, zero-width marks, BOM. Length in bytes of the one at `p`, or 0. */
gsize blank_width(const char *p, const char *end);

/* The lines [from, to) as they stand, each ended by LF. */
void lines_append(GString *out, const GArray *lines, guint from, guint to);

/* The line is a rule: three or more of one of `-_=*~#` and nothing else. */
gboolean line_is_rule(const struct line *line);

#endif
