/*
 * HTML as a stream of tags and text, the way browsers cut it (WHATWG HTML 13.2.5), with no tree.
 *
 * Ours and not libxml2's, because its SAX parser is quadratic: an end tag that closes nothing is looked for in the
 * whole stack of open elements (100,000 `<div>` and 100,000 `</b>`: 8.7 s). Here every byte is looked at a fixed number
 * of times. What a broken or cut-off construct would swallow up to the end of the document (a comment, a quoted
 * attribute, a script) is shown as text instead, so that no words are lost.
 */
#ifndef POSTERN_MIME_MARKUP_H
#define POSTERN_MIME_MARKUP_H

#include <glib.h>

enum markup_kind { MARKUP_END, MARKUP_TEXT, MARKUP_OPEN, MARKUP_CLOSE };

/* Attributes that the renderer asks for. */
enum markup_attribute {
    MARKUP_CLASS,
    MARKUP_ID,
    MARKUP_STYLE,
    MARKUP_TYPE,
    MARKUP_CITE,
    MARKUP_HREF,
    MARKUP_ALT,
    MARKUP_NAME,
    MARKUP_MARKER,    /* data-marker */
    MARKUP_SMARTMAIL, /* data-smartmail */
    MARKUP_HIDDEN,
    MARKUP_START,
    MARKUP_COLOR,
    MARKUP_ATTRIBUTES,
};

struct markup_slice {
    const char *at; /* NULL: not there */
    gsize length;
};

struct markup {
    /* The token; slices point into the document, text into `character` where it was a character reference. */
    enum markup_kind kind;
    struct markup_slice text;
    char name[16]; /* of the tag, lower case, cut */
    gboolean self_closing;
    struct markup_slice attributes[MARKUP_ATTRIBUTES];

    /* private */
    const char *p, *end;
    char character[8];
    gboolean no_comment_end, no_tag_end, no_quote[2];
    guint no_raw_end;
};

/* `html` must be UTF-8 and outlive `markup`. */
void markup_init(struct markup *markup, const char *html, gsize length);
/* Goes to the next token. */
void markup_next(struct markup *markup);

/* An attribute's value with character references decoded, cut to `max` bytes of the source; "" when it is not there. */
char *markup_value(const struct markup *markup, enum markup_attribute attribute, gsize max);

#endif
