/*
 * The line above a quoted mail that says who wrote it and when, in any language: by its shape (a date, a time, an
 * address in brackets, a colon at the end) as much as by its words.
 */
#ifndef POSTERN_MIME_ATTRIBUTION_H
#define POSTERN_MIME_ATTRIBUTION_H

#include <glib.h>

enum attribution {
    ATTRIBUTION_NO,
    ATTRIBUTION_WEAK,   /* believed only when a quote follows */
    ATTRIBUTION_STRONG, /* certain by itself */
};

/* How much of it there is: whether lines above may belong to it. */
enum attribution_extent {
    ATTRIBUTION_TAIL, /* it may have begun above */
    ATTRIBUTION_NAME, /* begins with a name and an address; a date may stand above */
    ATTRIBUTION_WHOLE,
};

/* `text` is one line, or several joined by a blank. `quoted`: a quote follows, so that a weak one counts. `extent` may
 * be NULL. */
enum attribution attribution_weigh(const char *text, gsize length, gboolean quoted, enum attribution_extent *extent);

/* Where in the line an attribution begins that shares it with somebody's words ("thanks On Monday, Bob wrote:"), or 0.
 */
gsize attribution_column(const char *text, gsize length);

#endif
