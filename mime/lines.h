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
    guint depth;       /* quote marks (`>`) before the body */
};

/* Lines of `text`, split at LF (a CR before it goes). Freed with g_array_unref(). */
GArray *lines_split(const char *text);

static inline gboolean
line_is_blank(const struct line *line)
{
    return line->body_length == 0;
}

/* White space as mail has it: ASCII blanks, NBSP, zero-width marks, BOM. Length in bytes of the one at `p`, or 0. */
gsize blank_width(const char *p, const char *end);

/* The lines [from, to) as they stand, each ended by LF. */
void lines_append(GString *out, const GArray *lines, guint from, guint to);

#endif
