/*
 * What a text says in words that no table foresaw: two classes of words that stand in the same sentence. Words are
 * stems, folded as the text is; lists end in NULL. Linear in the text.
 */
#ifndef POSTERN_MIME_SENTENCE_H
#define POSTERN_MIME_SENTENCE_H

#include <glib.h>

/* text_fold(), with Hangul's syllables whole. Kana have lost their marks (ド is ト), a Greek ς is σ. Caller frees. */
char *sentence_fold(const char *text);

/* One of `words` stands in the first `length` bytes. */
gboolean sentence_any(const char *folded, gsize length, const char *const *words);
/* One of `words` stands somewhere in a text. */
gboolean sentence_contains(const char *folded, const char *const *words);
/* Bytes of one of `words` at the start, which a colon or the end follows, blanks before it aside; 0. */
gsize sentence_label(const char *folded, const char *const *words);
/* Some sentence has one of each list. A `|` ends a sentence too. */
gboolean sentence_has(const char *folded, const char *const *one, const char *const *other);

#endif
