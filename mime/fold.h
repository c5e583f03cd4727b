/*
 * Folding for comparing words that mail clients wrote: lower case, without accents, typographic quotes, dashes and
 * blanks as their plain ASCII kin, all digits as 0–9, bidi and zero-width marks gone, white space runs as one blank,
 * trimmed.
 *
 * Unlike text_fold() it needs no memory of its own and leaves scripts without accents alone; it is for a line, not a
 * text.
 */
#ifndef POSTERN_MIME_FOLD_H
#define POSTERN_MIME_FOLD_H

#include <glib.h>

#define FOLD_MAX 512

struct folded {
    char text[FOLD_MAX]; /* NUL-terminated */
    gsize length;
    gboolean cut; /* the input was longer than what fits */
};

void fold(struct folded *out, const char *text, gsize length);

/* Letters and digits that words are made of; scripts that write without blanks are not. */
gboolean is_word_char(gunichar c);

#endif
